"""Documents as a part of a notebook, which shows them whether it trusts them or not."""

from __future__ import annotations

from html import escape

from clearprop.explain.drawings.image import as_image
from clearprop.explain.renderers.blocks import Blocks
from clearprop.explain.renderers.flat import flat
from clearprop.explain.renderers.markdown import boxed
from clearprop.explain.writing.document import Piece


class NotebookBlocks(Blocks):
    """Blocks whose formulas, drawings and boxes still read rightly without styles, MathML and SVG.

    The formula in TeX, which a page has as an annotation, would be left as text; it stands in an attribute.
    """

    def math(self, markup: str, tex: str = "", *, display: bool = True) -> str:
        style = ' displaystyle="true"' if display else ""
        source = f' data-tex="{escape(boxed(tex))}"' if tex else ""
        return f"<math{style}{source}>{flat(markup)}</math>"

    def boxed(self, inside: str, label: str) -> str:
        opening, equals, closing = (f'<span class="flat">{sign}</span>' for sign in ("[", " = ", "]"))
        return f'<span class="in">{opening}{inside}</span><span class="of">{equals}{label}{closing}</span>'

    def drawn(self, svg: str) -> str:
        return as_image(svg)

    def headed(self, cell: Piece) -> str:
        """The head of a column; a second form of a formula, for readers of screens, would be left beside the first."""
        return self.sentence((cell,))
