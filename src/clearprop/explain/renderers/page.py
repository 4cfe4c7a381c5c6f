"""Documents as one HTML file: MathML, SVG, its own style; no script, no request to anywhere.

Every formula carries its TeX as an annotation, so that it can be copied into a paper.
"""

from __future__ import annotations

from dataclasses import replace
from html import escape

from clearprop.explain.document import (
    Block,
    Bullets,
    Columns,
    Derivation,
    Document,
    Equation,
    Heading,
    Number,
    Paragraph,
    Picture,
    Sentence,
    Table,
)
from clearprop.explain.lines import Line, Omission
from clearprop.explain.pen import LATEX, Pen
from clearprop.explain.renderers.colours import BOXES, LAWS
from clearprop.explain.renderers.markdown import boxed, latex_line
from clearprop.explain.words import Words
from clearprop.formulas import Expression

LANGUAGES = {"en": "en", "zh": "zh-Hans"}
STYLE = """
body{font:16px/1.55 system-ui,"Noto Sans","Noto Sans CJK SC",sans-serif;max-width:62rem;margin:2rem auto;padding:0 1rem;
color:#1b1b1f;background:#fff}
h1{font-size:1.6rem}h2{font-size:1.25rem;margin-top:2rem;border-bottom:1px solid #ddd}h3{font-size:1.05rem}
math{font-size:1.08rem}mi.v{font-weight:bold}mi.c{font-family:ui-monospace,monospace;font-size:.92em}
.d{margin:.4rem 0 .8rem;padding-left:.9rem;border-left:4px solid #d8d8de;overflow-x:auto}
.l{margin:.28rem 0;white-space:nowrap}.r{color:#55555f;font-size:.9rem;margin-left:.8rem;white-space:normal}
.o{color:#55555f}.n{font-weight:bold;font-size:.85rem;margin-right:.6rem}
.columns{display:grid;grid-template-columns:repeat(auto-fit,minmax(20rem,1fr));gap:1rem;width:min(96vw,100rem);
position:relative;left:50%;transform:translateX(-50%)}.columns math{font-size:.9rem}
.l.i{margin-left:1.2rem}hr{border:0;border-top:1px solid #ddd}
.box{padding:.15em .3em;border-radius:.25em;border:1.5px solid}
table{border-collapse:collapse;margin:.6rem 0}th,td{border:1px solid #ccc;padding:.25rem .6rem;text-align:right}
mtable{margin:0}mtable mtd{border:0;padding:.1em .35em}
caption{text-align:left;padding:.3rem 0}figure{margin:1rem 0}figcaption{color:#55555f;font-size:.9rem}
svg{max-width:100%;height:auto}
"""


def style() -> str:
    """The style sheet, with the colours of the equations and boxes."""
    laws = "".join(f".d.{law}{{border-left-color:{colour}}}.{law} .n{{color:{colour}}}" for law, colour in LAWS.items())
    boxes = "".join(
        f".{kind.replace('_', '-')}{{border-color:{line};background:{fill}}}" for kind, (line, fill) in BOXES.items()
    )
    return (STYLE + laws + boxes).strip()


def to_html(document: Document, pen: Pen, words: Words) -> str:
    """The document as a whole page; `pen` writes MathML."""
    policy = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
    return (
        f'<!doctype html>\n<html lang="{LANGUAGES[document.language]}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        f"<title>{escape(document.title)}</title>\n<style>{style()}</style>\n</head>\n<body>\n<main>\n"
        f"{body(document, pen, words)}\n</main>\n</body>\n</html>\n"
    )


def fragment(document: Document, pen: Pen, words: Words) -> str:
    """The document as a part of a page, for notebooks."""
    return f"<div><style>{style()}</style>{body(document, pen, words)}</div>"


def body(document: Document, pen: Pen, words: Words) -> str:
    """The blocks."""
    return "\n".join(_block(block, pen, words) for block in document.blocks)


def _block(block: Block, pen: Pen, words: Words) -> str:
    match block:
        case Heading(text, level):
            return f"<h{level}>{escape(text)}</h{level}>"
        case Paragraph(pieces):
            return f"<p>{sentence(pieces, pen)}</p>"
        case Bullets(items):
            return f"<ul>{''.join(f'<li>{sentence(item, pen)}</li>' for item in items)}</ul>"
        case Equation(label, sides, law):
            formula = "<mo>=</mo>".join(pen.formula(side) for side in sides)
            tex = " = ".join(_tex(pen).formula(side) for side in sides)
            name = f'<span class="n">{law}</span>' if law else ""
            return f'<div class="d {law}"><div class="l">{name}{escape(label)}: {math(formula, tex)}</div></div>'
        case Derivation(lines, label):
            inside = "".join(_line(item, label, pen, words) for item in lines)
            law = label or next((item.law for item in lines if isinstance(item, Line)), "")
            return f'<div class="d {law if law in LAWS else ""}">{inside}</div>'
        case Columns(parts):
            columns = "".join(
                f'<div><p>{sentence((name,), pen)}</p><div class="d">{_stacked(part, pen)}</div></div>'
                for name, part in parts
            )
            return f'<div class="columns">{columns}</div>'
        case Table(head, rows, caption):
            title = f"<caption>{escape(caption)}</caption>" if caption else ""
            top = "".join(f"<th>{sentence((piece,), pen)}</th>" for piece in head)
            body_rows = "".join(
                f"<tr>{''.join(f'<td>{sentence((piece,), pen)}</td>' for piece in row)}</tr>" for row in rows
            )
            return f"<table>{title}<tr>{top}</tr>{body_rows}</table>"
        case Picture(svg, text):
            return f"<figure>{svg}<figcaption>{escape(text)}</figcaption></figure>"
    raise TypeError(type(block))


def _stacked(part: Derivation, pen: Pen) -> str:
    """The lines of a narrow derivation, every part of a line below the one before."""
    found = []
    for item in part.lines:
        if isinstance(item, Line):
            pairs = zip(pen.line(item), _tex(pen).line(item), strict=True)
            rows = [math(f"<mo>{sign}</mo>{text}" if sign else text, tex) for (sign, text), (_, tex) in pairs]
            found.append("".join(f'<div class="l{" i" if i else ""}">{row}</div>' for i, row in enumerate(rows)))
    return "<hr>".join(found)


def _line(item: Line | Omission, label: str, pen: Pen, words: Words) -> str:
    if isinstance(item, Omission):
        return f'<div class="l o">{escape(words["left_out"].format(count=f"{item.count:,}"))}</div>'
    formula = "".join((f"<mo>{sign}</mo>" if sign else "") + text for sign, text in pen.line(item))
    name = f'<span class="n">{escape(label)}</span>' if label else ""
    reason = f'<span class="r">{escape(item.reason)}</span>' if item.reason else ""
    return f'<div class="l">{name}{math(formula, latex_line(item, _tex(pen)))}{reason}</div>'


def math(markup: str, tex: str = "") -> str:
    """MathML in running text, with the formula in TeX beside it."""
    if not tex:
        return f'<math displaystyle="true">{markup}</math>'
    annotation = f'<annotation encoding="application/x-tex">{escape(boxed(tex), quote=False)}</annotation>'
    return f'<math displaystyle="true"><semantics><mrow>{markup}</mrow>{annotation}</semantics></math>'


def _tex(pen: Pen) -> Pen:
    """The same pen, writing TeX."""
    return replace(pen, medium=LATEX)


def sentence(pieces: Sentence, pen: Pen) -> str:
    """Running text with its formulas and numbers."""
    found = []
    for piece in pieces:
        if isinstance(piece, Expression):
            found.append(math(pen.formula(piece), _tex(pen).formula(piece)))
        else:
            found.append(math(pen.number(piece.value, piece.finer)) if isinstance(piece, Number) else escape(piece))
    return "".join(found)
