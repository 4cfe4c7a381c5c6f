"""Documents as one HTML file: MathML, SVG, its own style and font; no script, no request to anywhere.

Every formula carries its TeX as an annotation, so that it can be copied into a paper. Lines break before = and ≈; what
cannot be broken and is wide can be scrolled, by keyboard too.
"""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha256
from html import escape

from clearprop.explain.renderers.blocks import Blocks
from clearprop.explain.renderers.notebook import NotebookBlocks
from clearprop.explain.renderers.style import fragment_style, page_style
from clearprop.explain.words import Words
from clearprop.explain.writing.document import Block, Document, Folded, Heading
from clearprop.explain.writing.pen import Pen

LANGUAGES = {"en": "en", "zh": "zh-Hans"}
POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; font-src data:"
FEWEST_IN_CONTENTS = 3


def to_html(document: Document, pen: Pen, words: Words) -> str:
    """The document as a whole page; `pen` writes MathML."""
    inside = body(document, Blocks(document, pen, words), words)
    return (
        f'<!doctype html>\n<html lang="{LANGUAGES[document.language]}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">\n'
        f"<title>{escape(document.title)}</title>\n<style>{page_style()}</style>\n</head>\n"
        f'<body class="clearprop">\n<main>\n{inside}\n</main>\n</body>\n</html>\n'
    )


def fragment(document: Document, pen: Pen, words: Words) -> str:
    """The document as a part of a page, for notebooks; its links stay apart from those of other parts."""
    prefix = f"c{sha256(repr(document.blocks).encode()).hexdigest()[:8]}-"
    language = LANGUAGES[document.language]
    inside = body(document, NotebookBlocks(document, pen, words, prefix), words, prefix)
    return f'<div class="clearprop" lang="{language}"><style>{fragment_style()}</style>{inside}</div>'


def body(document: Document, blocks: Blocks, words: Words, prefix: str = "") -> str:
    """The blocks, and behind the title the contents."""
    found = [blocks.html(block) for block in document.blocks]
    has_title = bool(document.blocks) and isinstance(document.blocks[0], Heading) and document.blocks[0].level == 1
    found.insert(int(has_title), contents(document.blocks, words, prefix))
    return "\n".join(filter(None, found))


def contents(blocks: Sequence[Block], words: Words, prefix: str) -> str:
    """Links to the parts; "" where there are few."""
    headings = [block.heading if isinstance(block, Folded) else block for block in blocks]
    parts = [block for block in headings if isinstance(block, Heading) and block.level == 2 and block.key]
    if len(parts) < FEWEST_IN_CONTENTS:
        return ""
    links = "".join(f'<li><a href="#{prefix}{part.key}">{escape(part.words)}</a></li>' for part in parts)
    return f'<nav aria-label="{words["contents"]}"><ol>{links}</ol></nav>'
