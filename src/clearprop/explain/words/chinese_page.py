"""Chinese: what pages and drawings say beside the explanation itself."""

from __future__ import annotations

from collections.abc import Mapping

WORDS: Mapping[str, str] = {
    "contents": "目录",
    "by_equations": "由 {equations}",
    "wide_formula": "较宽的公式 {n}，可左右滚动",
    "wide_table": "表格 {n}，可左右滚动",
    "wide_picture": "图 {n}，可左右滚动",
}
