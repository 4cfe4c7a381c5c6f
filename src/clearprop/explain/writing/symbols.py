"""Names as a notation writes them, in text, LaTeX and MathML: letters with scripts, σ′(z), ∂C/∂w, and code."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from html import escape

from clearprop.formulas.printers.mathml import fenced

GREEK: Mapping[str, str] = {
    "δ": r"\delta", "η": r"\eta", "σ": r"\sigma", "σ′": r"\sigma'", "θ": r"\theta", "∇": r"\nabla",
    "ω": r"\omega", "Ω": r"\Omega", "κ": r"\kappa", "λ": r"\lambda", "‖g‖": r"\|g\|", "ĝ": r"\hat{g}",
    "m̂": r"\hat{m}", "v̂": r"\hat{v}",
}  # fmt: skip
RAISED = dict(zip("0123456789+-−()lLijkmn⁺", "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁽⁾ˡᴸⁱʲᵏᵐⁿ⁺", strict=True))
LOWERED = dict(zip("0123456789+-−()ijkmn", "₀₁₂₃₄₅₆₇₈₉₊₋₋₍₎ᵢⱼₖₘₙ", strict=True))
LOWER_LETTERS: Mapping[str, str] = {"a": "ₐ"}
TILDE = "\u0303"  # above the letter before it


@dataclass(frozen=True)
class Letter:
    """A letter or short word with scripts: w²₁₁.

    Attributes
    ----------
    base, sub, sup : str
    is_array : bool
        Whether it stands for a whole vector or matrix, which is set bold.
    after : bool
        Whether it is the value after the update; its + stands at the end, w¹₁₁⁺, where it cannot be taken for a part
        of the layer's number.
    """

    base: str
    sub: str = ""
    sup: str = ""
    is_array: bool = False
    after: bool = False

    @property
    def needs_brackets(self) -> bool:
        """Whether a + would run together with the number of the layer: (w¹)⁺."""
        return bool(self.sup) and not self.sub

    def text(self) -> str:
        """Unicode where it has the scripts, w_{1,12} where not."""
        base = bold(self.base) if self.is_array and self.base.isdigit() else self.base
        name = base + raised(self.sup) + lowered(self.sub)
        if not self.after:
            return name
        return f"({name})⁺" if self.needs_brackets else f"{name}⁺"

    def runs(self) -> list[tuple[str, int]]:
        """Pieces of text for drawings, raised (1), lowered (−1) or on the line (0)."""
        after = "⁺" if self.after else ""
        pieces = ((self.base, 0), (self.sup, 1), (self.sub, -1), (after, 0))
        return [(text, shift) for text, shift in pieces if text]

    def latex(self) -> str:
        """LaTeX."""
        if self.after:
            name = replace(self, after=False).latex()
            return f"({name})^{{+}}" if self.needs_brackets else f"{{{name}}}^{{+}}"
        plain = self.base.removesuffix(TILDE)
        base = GREEK.get(plain) or (plain if len(plain) == 1 else rf"\mathit{{{_plain(plain)}}}")
        if plain != self.base:
            base = rf"\tilde{{{base}}}"
        if self.is_array:
            base = rf"\boldsymbol{{{base}}}"
        sup = f"^{{{_script(self.sup)}}}" if self.sup else ""
        sub = f"_{{{_script(self.sub)}}}" if self.sub else ""
        return f"{base}{sup}{sub}"

    def mathml(self) -> str:
        """MathML."""
        if self.after:
            name = replace(self, after=False).mathml()
            name = fenced(name) if self.needs_brackets else name
            return f"<msup>{name}<mo>+</mo></msup>"
        plain = escape(self.base.removesuffix(TILDE))
        base = f"<mi>{bold(plain) if self.is_array else plain}</mi>"
        if self.base.endswith(TILDE):
            base = f"<mover accent='true'>{base}<mo stretchy='false'>~</mo></mover>"
        if self.sup and self.sub:
            return f"<msubsup>{base}{_markup(self.sub)}{_markup(self.sup)}</msubsup>"
        if self.sup:
            return f"<msup>{base}{_markup(self.sup)}</msup>"
        return f"<msub>{base}{_markup(self.sub)}</msub>" if self.sub else base


@dataclass(frozen=True)
class Code:
    """A name as the program writes it."""

    name: str

    def text(self) -> str:
        return self.name

    def runs(self) -> list[tuple[str, int]]:
        return [(self.name, 0)]

    def latex(self) -> str:
        return rf"\mathtt{{{_plain(self.name)}}}"

    def mathml(self) -> str:
        return f"<mi class='c'>{escape(self.name)}</mi>"


@dataclass(frozen=True)
class Applied:
    """A function of a name: σ′(z²₁); what is kept of a parameter: m(w²₁₁), after the update m⁺(w²₁₁)."""

    function: str
    to: Written
    after: bool = False

    @property
    def name(self) -> Letter:
        """The letter of the function."""
        return Letter(self.function, after=self.after)

    def text(self) -> str:
        return f"{self.name.text()}({self.to.text()})"

    def runs(self) -> list[tuple[str, int]]:
        return [*self.name.runs(), ("(", 0), *self.to.runs(), (")", 0)]

    def latex(self) -> str:
        return f"{self.name.latex()}({self.to.latex()})"

    def mathml(self) -> str:
        return f"<mrow>{self.name.mathml()}{fenced(self.to.mathml())}</mrow>"


@dataclass(frozen=True)
class Ratio:
    """A partial derivative: ∂C/∂w²₁₁."""

    of: Written
    by: Written

    def text(self) -> str:
        return f"∂{self.of.text()}/∂{self.by.text()}"

    def runs(self) -> list[tuple[str, int]]:
        return [("∂", 0), *self.of.runs(), ("/∂", 0), *self.by.runs()]

    def latex(self) -> str:
        return rf"\frac{{\partial {self.of.latex()}}}{{\partial {self.by.latex()}}}"

    def mathml(self) -> str:
        return f"<mfrac><mrow><mo>∂</mo>{self.of.mathml()}</mrow><mrow><mo>∂</mo>{self.by.mathml()}</mrow></mfrac>"


@dataclass(frozen=True)
class Nabla:
    """The vector of all partial derivatives: ∇ₐC."""

    of: Written
    by: Written

    def text(self) -> str:
        by = self.by.text()
        return f"∇{LOWER_LETTERS.get(by, f'_{by}')}{self.of.text()}"

    def runs(self) -> list[tuple[str, int]]:
        return [("∇", 0), (self.by.text(), -1), *self.of.runs()]

    def latex(self) -> str:
        return rf"\nabla_{{{self.by.latex()}}} {self.of.latex()}"

    def mathml(self) -> str:
        return f"<mrow><msub><mo>∇</mo>{self.by.mathml()}</msub>{self.of.mathml()}</mrow>"


Written = Letter | Code | Applied | Ratio | Nabla


def bold(letter: str) -> str:
    """A single letter bold and slanted, as vectors and matrices are set, a digit bold; anything else as it is.

    Examples
    --------
    >>> from clearprop.explain.writing.symbols import bold
    >>> bold("w"), bold("δ"), bold("1"), bold("W_ih")
    ('𝒘', '𝜹', '𝟏', 'W_ih')
    """
    for first, last, start in (("a", "z", 0x1D482), ("A", "Z", 0x1D468), ("α", "ω", 0x1D736), ("0", "9", 0x1D7CE)):
        if len(letter) == 1 and first <= letter <= last:
            return chr(start + ord(letter) - ord(first))
    return letter


def has_superscript(name: Written) -> bool:
    """Whether a power of it needs brackets: (a²₁)², and (∂C/∂w)² too."""
    return isinstance(name, Ratio) or (isinstance(name, Letter) and bool(name.sup or name.after))


def with_tilde(name: Letter | Code) -> Letter | Code:
    """The same letter with a tilde: what dropout or label smoothing made of it."""
    return replace(name, base=name.base + TILDE) if isinstance(name, Letter) else name


def raised(script: str) -> str:
    """A script as raised letters of Unicode, or behind ^ where it has none."""
    return _translated(script, RAISED, "^")


def lowered(script: str) -> str:
    """A script as lowered letters of Unicode, or behind _ where it has none."""
    return _translated(script, LOWERED, "_")


def _translated(script: str, table: Mapping[str, str], mark: str) -> str:
    if all(letter in table for letter in script):
        return "".join(table[letter] for letter in script)
    return f"{mark}{script}" if script.isalnum() else f"{mark}{{{script}}}"


def _plain(name: str) -> str:
    return name.replace("_", r"\_")


def _script(script: str) -> str:
    """A script in LaTeX; a word of several letters stands upright."""
    if script.isalpha() and len(script) > 1:
        return rf"\mathrm{{{script}}}"
    return _plain(script).replace("⁺", "+").replace("−", "-")


def _markup(script: str) -> str:
    """A script in MathML, as one element."""
    signs = script.replace("-", "−").replace("⁺", "+")
    found = "".join(f"<{_element(piece)}>{piece}</{_element(piece)}>" for piece in _pieces(signs))
    return found if found.count("<m") == 1 else f"<mrow>{found}</mrow>"


def _element(piece: str) -> str:
    return "mn" if piece.isdigit() else "mo" if piece in "+−()," else "mi"


def _pieces(script: str) -> list[str]:
    """The script cut into numbers, words and signs."""
    pieces: list[str] = []
    for letter in script:
        together = pieces and (
            (letter.isdigit() and pieces[-1].isdigit()) or (letter.isalpha() and pieces[-1].isalpha())
        )
        if together and not (len(script) <= 3 and script.islower()):
            pieces[-1] += letter
        else:
            pieces.append(letter)
    return pieces
