"""Make the small mathematics font that explanations in HTML carry, from STIX Two Math.

A browser stretches brackets, roots and sums only with a font that has a MATH table, and uses one only where the style
names it. Few machines have one installed, so pages bring their own: the letters and signs that explanations write, with
the sizes and pieces that brackets and sums grow by. The font is under the SIL Open Font License 1.1, which stands
beside it.

Run it with fonttools and brotli installed (neither is needed by the package or its tests)::

    pip download --no-deps --dest build ziamath==0.13      # a package that brings STIXTwoMath-Regular.ttf
    unzip -j -d build build/ziamath-0.13-py3-none-any.whl ziamath/fonts/STIXTwoMath-Regular.ttf
    python tools/make_math_font.py build/STIXTwoMath-Regular.ttf
"""

from __future__ import annotations

import hashlib
import sys
from pathlib import Path

from fontTools.subset import Options, Subsetter
from fontTools.ttLib import TTFont

TARGET = Path(__file__).parents[1] / "src/clearprop/explain/renderers/fonts/math.woff2"
SOURCE_HASH = "8f42cb183a85043a4dc3f8e41ac3821eb27bf178d68ace929ba439523622323c"  # version 2.11
NAME = "Clearprop Math"  # a changed font goes by a name of its own
GREEK = "αβγδεηθκλμπρσφωΔΣΩ∂∇"
SIGNS = "−×·⋅÷±=≠≈≤≥<>+∑∏√∞′″⊙⊘⊤ᵀ‖|½…⋯⋮⋱⌊⌋∥→⟦⟧–—∈∣ˆ˜^~¯\u0302\u0303\u0304"
INVISIBLE = "\u00a0\u2061\u2062\u2063\u2009\u200a\u2002\u2003"


def letters() -> set[int]:
    """The characters of the font: ASCII, Greek, signs, and the slanted and bold letters that MathML makes of them."""
    found = {*range(0x20, 0x7F), *map(ord, GREEK + SIGNS + INVISIBLE)}
    for start in (0x1D434, 0x1D468):  # italic; bold italic
        found |= set(range(start, start + 52))
    found.add(0x210E)  # italic h stands apart from the others
    found.add(0x1D7CF)  # bold 1, the vector of ones
    for start in (0x1D6E2, 0x1D71C):  # Greek: italic; bold italic, each in the order Α … Ω ∇ α … ω ∂ ϵ ϑ ϰ ϕ ϱ ϖ
        found |= {start + at for at in (3, 18, 23, 25, *range(26, 52))}
    return found


def main(source: Path) -> None:
    """Write the font."""
    if hashlib.sha256(source.read_bytes()).hexdigest() != SOURCE_HASH:
        raise SystemExit(f"{source} is not STIX Two Math 2.11, from which the committed font was made")
    font = TTFont(source, recalcTimestamp=False)
    options = Options()
    options.flavor = "woff2"
    options.hinting = options.glyph_names = False
    options.layout_features = []
    options.name_IDs = [0, 1, 2, 3, 4, 5, 6, 13, 14]
    options.drop_tables += ["DSIG", "gasp"]
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=letters())
    subsetter.subset(font)
    for record in font["name"].names:
        if record.nameID in (1, 3, 4, 6):
            record.string = NAME.replace(" ", "") if record.nameID == 6 else NAME
    font.flavor = "woff2"
    font.save(TARGET)
    sys.stderr.write(f"{TARGET}: {TARGET.stat().st_size:,} bytes, {len(font.getGlyphOrder())} glyphs\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
