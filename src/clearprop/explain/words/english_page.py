"""English: what pages and drawings say beside the explanation itself."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "contents": "Contents",
    "by_equations": "by {equations}",
    "wide_formula": "Wide formula {n}, can be scrolled sideways",
    "wide_table": "Table {n}, can be scrolled sideways",
    "wide_picture": "Picture {n}, can be scrolled sideways",
}
