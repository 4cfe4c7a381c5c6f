"""The blocks of a document as HTML."""

from __future__ import annotations

from dataclasses import replace
from html import escape
from itertools import count

from clearprop.explain.derivations.lines import Line, Omission
from clearprop.explain.drawings.colours import LAWS
from clearprop.explain.renderers.markdown import boxed
from clearprop.explain.renderers.numbering import Numbering
from clearprop.explain.words import Words
from clearprop.explain.writing.breaking import Boxed, Piece, Pieces, joined
from clearprop.explain.writing.document import (
    Block,
    Bullets,
    Columns,
    Derivation,
    Document,
    Equation,
    Folded,
    Heading,
    Number,
    Paragraph,
    Picture,
    Sentence,
    Table,
)
from clearprop.explain.writing.media import spoken
from clearprop.explain.writing.pen import LATEX, TEXT, LinePart, Pen
from clearprop.formulas import Expression

CLOSING = "，。、；：！？）”,.;:!?)"  # marks that no line begins with
WIDE = 34  # letters; what cannot be broken and is wider is set smaller on a narrow page, or scrolled
VERY_WIDE = 46  # letters; a matrix with a column left out leaves out two more there
LONG = 12  # lines; a derivation that has more may be parted between two pages
TEX_SIGNS = {"": "", "=": "= ", "≈": r"\approx "}


class Blocks:
    """Writes the blocks of one document.

    Parameters
    ----------
    document : Document
    pen : Pen
        Writes MathML.
    words : Words
    prefix : str
        Stands before every name that links lead to.
    annotated : bool
        Whether every formula has its TeX beside it, to be copied; that takes as long again.
    styled : bool
        Whether what is wide says so in a style attribute, which the lab's content security policy forbids.
    """

    def __init__(
        self, document: Document, pen: Pen, words: Words, prefix: str = "", *,
        annotated: bool = True, styled: bool = True,
    ) -> None:  # fmt: skip
        self.pen, self.words, self.prefix, self.annotated, self.styled = pen, words, prefix, annotated, styled
        self.tex = replace(pen, medium=spoken(LATEX, words))
        self.numbering = Numbering(document.blocks)
        self.keys: set[str] = set()
        self.wide = count(1)

    def html(self, block: Block) -> str:
        """One block."""
        match block:
            case Heading(text, level, key):
                return f"<h{level}{self._id(key)}>{escape(text)}</h{level}>"
            case Folded(heading, blocks):
                inside = "\n".join(self.html(item) for item in blocks)
                summary = f"<summary>{escape(heading.words)}</summary>"
                return f"<details{self._id(heading.key)}>{summary}\n{inside}</details>"
            case Paragraph(pieces):
                return f"<p>{self.sentence(pieces)}</p>"
            case Bullets(items):
                return f"<ul>{''.join(f'<li>{self.sentence(item)}</li>' for item in items)}</ul>"
            case Equation():
                return self._equation(block)
            case Derivation(lines, label):
                law = label or next((item.law for item in lines if isinstance(item, Line)), "")
                return self._derivation(block, f"d {law}" if law in LAWS else "d", label)
            case Columns(parts):
                heads = [f"<p>{self._named(name)}</p>" for name, _ in parts]
                if all(name == part.lines[0].target for name, part in parts if isinstance(part.lines[0], Line)):
                    heads = [""] * len(parts)  # each begins with its name already
                columns = "".join(
                    f"<div>{head}{self._derivation(part, 'd')}</div>"
                    for head, (_, part) in zip(heads, parts, strict=True)
                )
                return f'<div class="columns">{columns}</div>'
            case Table():
                return self._table(block)
            case Picture(svg, text):
                return f"<figure>{self.drawn(svg)}<figcaption>{self.sentence(text)}</figcaption></figure>"
        raise TypeError(type(block))

    def sentence(self, pieces: Sentence) -> str:
        """Running text with its formulas and numbers."""
        found: list[str] = []
        formulas = False
        for piece in pieces:
            if not isinstance(piece, str):
                found += self._formulas(piece)
                formulas = True
                continue
            rest = piece.lstrip(CLOSING)
            if formulas and rest != piece:  # browsers may begin a line with the mark behind a formula
                marks = escape(piece.removesuffix(rest))
                found[-1], piece = f'<span class="with">{found[-1]}{marks}</span>', rest
            found.append(escape(piece))
            formulas = False
        return "".join(found)

    def math(self, markup: str, tex: str = "", *, display: bool = True) -> str:
        """A formula."""
        return math(markup, tex, display=display)

    def boxed(self, inside: str, label: str) -> str:
        """What stands in a box, and below it what the box is called."""
        return f'<span class="in">{inside}</span><span class="of">{label}</span>'

    def drawn(self, svg: str) -> str:
        """A drawing."""
        return svg

    def _formulas(self, piece: Expression | Number) -> list[str]:
        """A formula in running text, in pieces between which a line may end."""
        if isinstance(piece, Number):
            return [self.math(self.pen.number(piece.value, piece.finer))]
        return self._pieces(LinePart("", piece), display=False)

    def _named(self, piece: str | Expression | Number) -> str:
        """What stands above a derivation, at full size."""
        return self._parts([LinePart("", piece)]) if isinstance(piece, Expression) else self.sentence((piece,))

    def _id(self, key: str) -> str:
        """The name of a part, at its first heading."""
        if not key or key in self.keys:
            return ""
        self.keys.add(key)
        return f' id="{self.prefix}{key}"'

    def _scrolled(self, element: str, name: str, key: str, inside: str, letters: int = 0) -> str:
        """What may be wider than the page: on a narrow one set smaller, by its letters, and scrolled by itself."""
        label = escape(self.words[key].format(n=next(self.wide)))
        size = f' style="--letters:{letters}"' if letters and self.styled else ""
        return f'<{element} class="{name}"{size} tabindex="0" role="region" aria-label="{label}">{inside}</{element}>'

    def _equation(self, block: Equation) -> str:
        first, *rest = block.sides
        parts = [LinePart("", first), *(LinePart("=", side) for side in rest)]
        name = f'<span class="n">{block.law}</span>' if block.law else ""
        formula = escape(block.label) + self._parts(parts)
        return f'<div class="d {block.law}"><div class="l">{name}<div class="f">{formula}</div></div></div>'

    def _derivation(self, block: Derivation, name: str, label: str = "") -> str:
        lines = "".join(self._line(item, label) for item in block.lines)
        return f'<div class="{name}{" long" if len(block.lines) > LONG else ""}">{lines}</div>'

    def _line(self, item: Line | Omission, label: str) -> str:
        if isinstance(item, Omission):
            return f'<div class="o">{escape(self.words["left_out"].format(count=f"{item.count:,}"))}</div>'
        number = self.numbering[item]
        name = f'<span class="n">{escape(label)}</span>' if label else ""
        reason = f'<span class="r">{escape(item.reason)}</span>' if item.reason else ""
        formula = self._parts(self.pen.parts(item)) + reason + self._sources(item)
        if number is None:
            return f'<div class="l">{name}<div class="f">{formula}</div></div>'
        link = f'<a class="q" href="#{self.prefix}eq-{number}">({number})</a>'
        return f'<div class="l" id="{self.prefix}eq-{number}">{name}<div class="f">{formula}</div>{link}</div>'

    def _sources(self, line: Line) -> str:
        runs = self.numbering.cited(line)
        links = ["…" if run is None else "–".join(map(self._link, dict.fromkeys(run))) for run in runs]
        if not links:
            return ""
        equations = self.words["list_comma"].join(links)
        return f' <span class="u">{self.words["by_equations"].format(equations=equations)}</span>'

    def _link(self, number: int) -> str:
        return f'<a href="#{self.prefix}eq-{number}">({number})</a>'

    def _parts(self, parts: list[LinePart]) -> str:
        """The parts of a line, each of which moves to the next row as a whole if it can."""
        found = []
        for part in parts:
            pieces = self._pieces(part, display=True)
            found.append(f'<span class="{"p" if len(pieces) > 1 else "p one"}">{"<wbr>".join(pieces)}</span>')
        return " ".join(found)

    def _pieces(self, part: LinePart, *, display: bool) -> list[str]:
        sign, tex_sign = f"<mo form='infix'>{part.sign}</mo>" if part.sign else "", TEX_SIGNS[part.sign]
        pieces = self.pen.pieces(part)
        if not self.annotated:
            pieces[0] = joined(pieces[0], sign)
            return [self._markup(piece, _without_tex(piece), display=display) for piece in pieces]
        of_tex = part._replace(whole="")
        is_whole = len(pieces) == 1 and isinstance(pieces[0], Piece)
        annotations: Pieces = [Piece(self.tex.whole(of_tex), 0)] if is_whole else self.tex.cut(of_tex)
        pieces[0], annotations[0] = joined(pieces[0], sign), joined(annotations[0], tex_sign)
        return [self._markup(*pair, display=display) for pair in zip(pieces, annotations, strict=True)]

    def _markup(self, piece: Piece | Boxed, tex: Piece | Boxed, *, display: bool = True) -> str:
        if isinstance(piece, Boxed) and isinstance(tex, Boxed):
            inside = "<wbr>".join(self._markup(*pair) for pair in zip(piece.pieces, tex.pieces, strict=True))
            box = self.boxed(inside, self.math(piece.label, tex.label))
            opening, closing = (self.math(sign) if sign else "" for sign in (piece.before, piece.after))
            whole = f'<span class="box {piece.kind.replace("_", "-")}">{box}</span>'
            return f'<span class="with">{opening}{whole}{closing}</span>' if opening or closing else whole
        assert isinstance(piece, Piece)
        assert isinstance(tex, Piece)
        formula = self.math(piece.text, tex.text, display=display)
        if piece.width <= WIDE:
            return formula
        name = "w v" if piece.width > VERY_WIDE and "<mo>⋯</mo></mtd>" in piece.text else "w"
        return self._scrolled("span", name, "wide_formula", formula, piece.width)

    def headed(self, cell: str | Expression | Number) -> str:
        """The head of a column; a formula as text beside it, since formulas have no name that could be read out."""
        shown = self.sentence((cell,))
        if not isinstance(cell, Expression):
            return shown
        said = escape(replace(self.pen, medium=TEXT).formula(cell))
        return f'<span aria-hidden="true">{shown}</span><span class="said">{said}</span>'

    def _cell(self, piece: str | Expression | Number, side: str) -> str:
        return f"<td{side}>{self.sentence((piece,))}</td>"

    def _table(self, block: Table) -> str:
        title = f"<caption>{escape(block.caption)}</caption>" if block.caption else ""
        sides = [' class="e"' if of_numbers else "" for of_numbers in block.of_numbers]
        top = "".join(
            f'<th scope="col"{side}>{self.headed(cell)}</th>' for cell, side in zip(block.head, sides, strict=True)
        )
        rows = "".join(f"<tr>{''.join(map(self._cell, row, sides))}</tr>" for row in block.rows)
        table = f"<table>{title}<thead><tr>{top}</tr></thead><tbody>{rows}</tbody></table>"
        columns = zip(block.head, *block.rows, strict=True)
        letters = sum(2 + max(map(self._letters, column)) for column in columns)
        return self._scrolled("div", "t", "wide_table", table, letters)

    def _letters(self, cell: str | Expression | Number) -> int:
        """About how many letters wide a cell must be: words may go below each other."""
        if isinstance(cell, str):
            return max(map(len, cell.split()), default=0)
        pen = replace(self.pen, medium=TEXT)
        return len(pen.formula(cell) if isinstance(cell, Expression) else pen.number(cell.value, cell.finer))


def _without_tex(piece: Piece | Boxed) -> Piece | Boxed:
    """A piece in place of the one in TeX, with nothing in it."""
    if isinstance(piece, Boxed):
        return replace(piece, label="", pieces=tuple(map(_without_tex, piece.pieces)))
    return Piece("", 0)


def math(markup: str, tex: str = "", *, display: bool = True) -> str:
    """MathML in running text, with the formula in TeX beside it."""
    style = ' displaystyle="true"' if display else ""
    if not tex:
        return f"<math{style}>{markup}</math>"
    annotation = f'<annotation encoding="application/x-tex">{escape(boxed(tex), quote=False)}</annotation>'
    return f"<math{style}><semantics><mrow>{markup}</mrow>{annotation}</semantics></math>"
