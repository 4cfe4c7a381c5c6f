"""Signs of other keyboards and word processors, one for one, so that columns stay what they were."""

from __future__ import annotations

import re
import unicodedata

SIGNS = str.maketrans({
    **{chr(code): chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)},  # ！ to ～, full width
    "–": "-", "—": "-", "‒": "-", "﹣": "-", "－": "-", "─": "-", "\u00ad": "-", "−": "−",
    "、": ",", "。": ".", "；": ";", "：": ":", "【": "[", "】": "]", "〔": "(", "〕": ")", "「": " ", "」": " ",
    "≒": "≈", "≃": "≈", "≅": "≈", "∼": "≈", "≐": "≈", "≔": "=", "＝": "=", "⇒": "=", "⟹": "=",
    "\u00a0": " ", "\u2002": " ", "\u2003": " ", "\u2007": " ", "\u2009": " ", "\u200a": " ", "\u202f": " ",
    "\u3000": " ",
    "\u200b": " ", "\u200c": " ", "\u200d": " ", "\ufeff": " ", "\u2060": " ", "\u2061": " ", "\u2062": "·",
    "“": '"', "”": '"', "‘": "'", "’": "'", "′": "'", "⋅": "·", "∙": "·", "⁄": "/", "∕": "/", "∗": "*", "✕": "×",
    "⨯": "×",
    "│": "|", "┃": "|", "║": "|", "￥": "\\",
})  # fmt: skip
OF_R = re.compile(
    r"\[\d{0,4},\](?=\s)|\[,\d{1,4}\](?=\s|$)|(?:(?<=[=:]\s)|^\s*)\[1\](?=\s+[-−]?[\d.])"
)  # where R counts
MARKUP = re.compile(
    r"[`$]|\*\*|__(?=\w)(?!_)|(?<=\w)__(?![_\w])|\\[()\[\]](?!\d)|</?(?:b|i|em|strong|p|br|code|sub|sup)\s*/?>"
)
RELATIONS = re.compile(r"\\(?:approx|simeq|cong|doteq|sim|equiv|eq)(?![A-Za-z])")
PRODUCTS = re.compile(r"\\(?:cdot|times|ast)(?![A-Za-z])")
SPACES = re.compile(
    r"\\tag\*?\{[^{}]*\}|(?<!\\)\\(?:quad|qquad|hspace\{[^{}]*\}|[,;!:> ])|&(?=\s*[=≈\\])|\\\\\s*$"
    r"|\\(?:begin|end)\{(?:align|equation|gather|split|aligned)\*?\}"
)
BETWEEN_NUMBERS = re.compile(r"(?<=[\d)\]_?])，(?=\s*[-−–－+.\d０-９\[(_?])")  # never a decimal comma
MATH_LETTERS = re.compile("[\U0001d400-\U0001d7ff\u2110-\u2113\u211b\u2130\u2131]")  # 𝐳, 𝛿, ℒ: one letter for one
ABOUT = re.compile(r"(?<!\S)~=?(?!\S)")
COMMENT = re.compile(r"(?<![\\&])#|(?<![:/\w])//(?!/)")


def plain_line(line: str) -> str:
    """A line with its signs in ASCII or the usual ones, marks of Markdown and LaTeX blanked, comments cut off.

    Every letter keeps its column.

    Examples
    --------
    >>> from clearprop.explain.checking.worksheets.signs import plain_line
    >>> plain_line("学习率：０．１  # halved"), plain_line(r"$a \\approx 0.6$")
    ('学习率:0.1  ', ' a ≈       0.6 ')
    """
    plain = BETWEEN_NUMBERS.sub(" ", line).translate(SIGNS)
    if not plain.isascii():
        plain = MATH_LETTERS.sub(lambda m: unicodedata.normalize("NFKC", m[0]), plain)
    plain = OF_R.sub(_blank, plain) if "[" in plain else plain
    comment = COMMENT.search(plain)
    if comment is not None:
        plain = plain[: comment.start()]
    plain = MARKUP.sub(_blank, plain)
    if "\\" in plain or "&" in plain:
        plain = RELATIONS.sub(lambda m: "≈".ljust(len(m[0])), plain)
        plain = PRODUCTS.sub(lambda m: "·".ljust(len(m[0])), plain)
        plain = SPACES.sub(_blank, plain)
    plain = plain.replace(" ←", "+=").replace("←", "=")
    for double in (":=", "==", "=>"):
        plain = plain.replace(double, " =")
    return ABOUT.sub(lambda m: m[0].replace("~=", "≈ ").replace("~", "≈"), plain) if "~" in plain else plain


def _blank(match: re.Match[str]) -> str:
    return " " * len(match[0])
