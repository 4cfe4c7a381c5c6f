"""Documents for the terminal, through rich: colours, tables, and columns that count Chinese letters as two."""

from __future__ import annotations

import io
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from clearprop.errors import require
from clearprop.explain.derivations.lines import Line, Omission
from clearprop.explain.drawings.colours import TERMINAL
from clearprop.explain.renderers.wrapping import columns, wrapped
from clearprop.explain.words import Words
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
from clearprop.explain.writing.pen import Pen
from clearprop.formulas import Expression

if TYPE_CHECKING:
    from rich.console import Console

INDENT = 2
BETWEEN_COLUMNS = 3  # the rule between two columns of a table, and its margins
LEAST_ROOM = 16  # columns of the terminal, below which nothing is gained by wrapping
PLAIN = {
    "≈": "~=", "−": "-", "·": "*", "⊙": "(*)", "δ": "delta", "σ": "sigma", "η": "eta", "∂": "d", "′": "'", "Σ": "Sum_",
    "ᵀ": "^T", "θ": "theta", "β": "beta", "ε": "eps", "ρ": "rho", "γ": "gamma", "μ": "mu", "λ": "lambda", "α": "alpha",
    "½": "1/2", "…": "...", "⋮": ":", "⟦": "[[", "⟧": "]]", "‖": "||", "×": "x", "≥": ">=", "≤": "<=", "–": "-",
    "—": "-", "∞": "inf", "•": "-", "’": "'", "ω": "omega", "Ω": "Omega", "κ": "kappa", "ĝ": "g_hat", "π": "pi",
    "\u0302": "_hat",  # of m̂ and v̂
    "\u00a0": " ", "\u0303": "~", "∇": "grad", "⊘": "(/)", "⌊": "floor(", "⌋": ")", "𝟏": "ones",
}  # fmt: skip
RAISED, LOWERED = "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾ˡᴸⁱʲᵏᵐⁿ", "₀₁₂₃₄₅₆₇₈₉₊₋₍₎ₐᵢⱼₖₘₙ"
RAISED_PLAIN, LOWERED_PLAIN = "0123456789+-()lLijkmn", "0123456789+-()aijkmn"


def to_ascii(text: str) -> str:
    """The text in ASCII: δ²₁ becomes delta^2_1. Letters that have no such form stay.

    Examples
    --------
    >>> from clearprop.explain.renderers.terminal import to_ascii
    >>> to_ascii("δ²₁ ≈ (−0.1)·0.2·10⁻⁵")
    'delta^2_1 ~= (-0.1)*0.2*10^-5'
    """
    found: list[str] = []
    before = ""
    for letter in text:
        for script, plain, mark in ((RAISED, RAISED_PLAIN, "^"), (LOWERED, LOWERED_PLAIN, "_")):
            if letter in script:
                found.append(("" if before == mark else mark) + plain[script.index(letter)])
                before = mark
                break
        else:
            found.append(PLAIN.get(letter, letter))
            before = ""
    return "".join(found)


def sentence_text(pieces: Sentence, pen: Pen) -> str:
    """Running text with its formulas and numbers."""
    return "".join(piece_text(piece, pen) for piece in pieces)


def piece_text(piece: object, pen: Pen) -> str:
    """One piece of running text."""
    if isinstance(piece, Expression):
        return pen.formula(piece)
    return pen.number(piece.value, piece.finer) if isinstance(piece, Number) else str(piece)


def line_text(line: Line, pen: Pen, width: int) -> str:
    """A line of a derivation; too long for the width, every part on a line of its own."""
    from rich.cells import cell_len

    parts = pen.line(line)
    reason = f"    ({line.reason})" if line.reason else ""
    whole = " ".join(f"{sign} {text}".strip() for sign, text in parts)
    if cell_len(whole) + cell_len(reason) + INDENT <= width:
        return whole + reason
    (_, name), *rest = parts
    indent = "\n" + " " * (INDENT + 2)
    return name + "".join(f"{indent}{sign} {text}" for sign, text in rest) + (indent + reason.strip() if reason else "")


def show(document: Document, pen: Pen, words: Words, console: Console, spelled: Callable[[str], str] = str) -> None:
    """Write a document to a rich console; the cells of its tables as they are `spelled`, so that they stay aligned."""
    for block in document.blocks:
        if isinstance(block, Folded):
            show(
                Document(document.title, document.language, (block.heading, *block.blocks)),
                pen,
                words,
                console,
                spelled,
            )
            continue
        for renderable in _renderables(block, pen, words, console, spelled):
            console.print(renderable, highlight=False, markup=False, soft_wrap=isinstance(block, Derivation | Columns))


def _renderables(
    block: Block, pen: Pen, words: Words, console: Console, spelled: Callable[[str], str] = str
) -> list[Any]:
    from rich.text import Text

    match block:
        case Heading(text, level):
            style = "bold underline" if level <= 2 else "bold"
            return [Text(("\n" if level == 2 else "") + text, style=style)]
        case Paragraph(pieces):
            return [Text(wrapped(sentence_text(pieces, pen), console.width))]
        case Bullets(items):
            return [Text(wrapped("• " + sentence_text(item, pen), console.width, indent="  ")) for item in items]
        case Equation(label, sides, law):
            text = " = ".join(pen.formula(side) for side in sides)
            return [Text(label + text, style=TERMINAL.get(law, ""))]
        case Derivation(lines, label):
            return [_derivation(item, label, pen, words, console.width) for item in lines]
        case Columns(parts):
            found: list[Any] = []
            for name, derivation in parts:
                found += [Text(piece_text(name, pen) + ":"), *_renderables(derivation, pen, words, console)]
            return found
        case Table():
            return [_table(block, pen, spelled, console.width)]
        case Picture():
            return []  # a terminal shows no drawing
    raise TypeError(type(block))


def _derivation(item: Line | Omission, label: str, pen: Pen, words: Words, width: int) -> Any:
    from rich.text import Text

    if isinstance(item, Omission):
        return Text(" " * INDENT + words["left_out"].format(count=f"{item.count:,}"), style="dim")
    name = f"{label}  " if label else ""
    style = TERMINAL.get(label or item.law, "")
    return Text(" " * INDENT + name + line_text(item, pen, width - len(name)), style=style)


def _table(block: Table, pen: Pen, spelled: Callable[[str], str], width: int) -> Any:
    from rich.table import Table as RichTable

    table = RichTable(title=block.caption or None, title_justify="left", title_style="")
    rows = [[spelled(piece_text(piece, pen)) for piece in row] for row in (block.head, *block.rows)]
    for i, room in _narrowed(rows, width).items():
        rows = [[*row[:i], wrapped(row[i], room), *row[i + 1 :]] for row in rows]
    for name, of_numbers in zip(rows[0], block.of_numbers, strict=True):
        table.add_column(name, justify="right" if of_numbers else "left", overflow="fold")
    for row in rows[1:]:
        table.add_row(*row)
    return table


def _narrowed(rows: list[list[str]], width: int) -> dict[int, int]:
    """The widest column with the room that it has, where it is too wide and holds Chinese, which has no spaces."""
    widths = [max(map(columns, column)) for column in zip(*rows, strict=True)]
    widest = max(range(len(widths)), key=widths.__getitem__, default=0)
    room = width - sum(widths) + widths[widest] - BETWEEN_COLUMNS * len(widths) - 1 if widths else 0
    is_chinese = any(columns(row[widest]) > len(row[widest]) for row in rows) if widths else False
    return {widest: room} if is_chinese and LEAST_ROOM <= room < widths[widest] else {}


def to_text(document: Document, pen: Pen, words: Words, *, width: int = 110, ascii_only: bool = False) -> str:
    """The document as plain text."""
    require("an explanation as plain text needs", "cli", "rich")
    from rich.console import Console

    file = io.StringIO()
    console = Console(
        file=file, width=width, color_system=None, force_terminal=False, legacy_windows=False,
        force_jupyter=False,  # in a notebook it would show every line as an output of its own
    )  # fmt: skip
    show(document, pen, words, console, to_ascii if ascii_only else str)
    lines = [line.rstrip() for line in file.getvalue().splitlines()]
    text = "\n".join(lines).strip("\n") + "\n"
    return _ascii_boxes(to_ascii(text)) if ascii_only else text


def _ascii_boxes(text: str) -> str:
    frames = dict.fromkeys("┏┓┗┛┡┩┳┻╇┃│└┘┴┬├┤┼╈╋╀╂", "|") | dict.fromkeys("━─", "-")
    return "".join(frames.get(letter, letter) for letter in text)
