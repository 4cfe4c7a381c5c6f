"""What the report is made of: tables, lists of facts and pictures as HTML, every text escaped."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Sequence
from html import escape
from itertools import count
from typing import Any

from clearprop.cli.html_report.words import Words
from clearprop.errors import shortened

LONGEST = 300  # letters of a cell: names and texts come from files


class Markup:
    """Writes the parts of one page.

    Parameters
    ----------
    words : Words
    """

    def __init__(self, words: Words) -> None:
        self.words = words
        self._tables = count(1)

    def say(self, key: str, **fields: Any) -> str:
        """A paragraph of one sentence."""
        return f"<p>{text(self.words[key].format(**fields))}</p>"

    def foreign(self, sentences: Iterable[str]) -> str:
        """Sentences that are in English whatever the language of the page."""
        items = "".join(f"<li>{text(sentence)}</li>" for sentence in sentences)
        return f"<ul{self.english}>{items}</ul>" if items else ""

    @property
    def english(self) -> str:
        """The attribute that says that a part is in English, where the page is not."""
        return "" if self.words["lang"] == "en" else ' lang="en"'

    def table(self, head: Sequence[str], rows: Iterable[Sequence[str]], *, words_in: Sequence[int] = (0,)) -> str:
        """A table that can be scrolled by itself; columns of words stand on the left, the others on the right."""
        sides = ["" if place in words_in else ' class="e"' for place in range(len(head))]
        top = "".join(f'<th scope="col"{side}>{text(cell)}</th>' for cell, side in zip(head, sides, strict=True))
        body = "".join(f"<tr>{self._row(row, sides)}</tr>" for row in rows)
        label = escape(self.words["scroll"].format(n=next(self._tables)))
        inside = f"<table><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>"
        return f'<div class="t" tabindex="0" role="region" aria-label="{label}">{inside}</div>'

    def _row(self, row: Sequence[str], sides: Sequence[str]) -> str:
        first, *rest = zip(row, sides, strict=True)
        head = f'<th scope="row"{first[1]}>{text(first[0])}</th>'
        return head + "".join(f"<td{side}>{text(cell)}</td>" for cell, side in rest)

    def picture(self, made: Any, said: str, table: str = "") -> str:
        """A picture with its caption, and folded below it the numbers that it shows.

        Parameters
        ----------
        made : clearprop.plots.pictures.Pictured
        said : str
        table : str
            HTML.
        """
        light, dark = (f"data:image/svg+xml;base64,{base64.b64encode(svg).decode()}" for svg in made[:2])
        image = f'<img src="{light}" alt="{escape(said)}" width="{made.width}" height="{made.height}">'
        shown = f'<picture><source media="screen and (prefers-color-scheme: dark)" srcset="{dark}">{image}</picture>'
        below = f"<details><summary>{text(self.words['numbers'])}</summary>{table}</details>" if table else ""
        return f"<figure>{shown}<figcaption>{text(said)}</figcaption></figure>{below}"

    def facts(self, pairs: Iterable[tuple[str, str]]) -> str:
        """Names and what they are."""
        items = "".join(f"<dt>{text(name)}</dt><dd{self.english}>{text(value)}</dd>" for name, value in pairs)
        return f"<dl>{items}</dl>"


def text(given: str) -> str:
    """A text of HTML; what cannot be seen in it is written out."""
    return escape(shortened(given, LONGEST), quote=False)
