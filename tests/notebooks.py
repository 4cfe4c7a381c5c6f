"""What is left of a display in a notebook that nobody trusts: elements, styles and scripts taken away, their text kept.

It does what JupyterLab 4.6 does with sanitize-html: elements that are not named are taken away and their text stays,
scripts and styles go with what is in them.
"""

from html import escape
from html.parser import HTMLParser

GONE = ("script", "style", "textarea", "option")  # with all that is in them
KEPT = {
    "a", "b", "br", "caption", "code", "dd", "details", "div", "dl", "dt", "em", "figcaption", "figure", "h1", "h2",
    "h3", "hr", "i", "img", "li", "nav", "ol", "p", "pre", "section", "span", "strong", "sub", "summary", "sup",
    "table", "tbody", "td", "th", "thead", "tr", "ul", "wbr",
}  # fmt: skip
ATTRIBUTES = {"alt", "class", "colspan", "height", "href", "lang", "open", "rowspan", "src", "style", "title", "width"}
EMPTY = ("br", "hr", "img", "wbr")


class Left(HTMLParser):
    """Reads HTML and keeps what an untrusted notebook keeps."""

    def __init__(self):
        super().__init__()
        self.parts, self.gone = [], []

    def handle_starttag(self, tag, attributes):
        if tag in GONE:
            self.gone.append(tag)
        elif tag in KEPT and not self.gone:
            kept = "".join(f' {name}="{escape(value or "")}"' for name, value in attributes if name in ATTRIBUTES)
            self.parts.append(f"<{tag}{kept}>")

    def handle_endtag(self, tag):
        if self.gone and tag == self.gone[-1]:
            self.gone.pop()
        elif tag in KEPT and tag not in EMPTY and not self.gone:
            self.parts.append(f"</{tag}>")

    def handle_data(self, data):
        if not self.gone:
            self.parts.append(escape(data, quote=False))


def left_of(html):
    """The HTML that an untrusted notebook shows."""
    reader = Left()
    reader.feed(html)
    reader.close()
    return "".join(reader.parts)


class Texts(HTMLParser):
    """The text that a reader sees, a line for each block."""

    def __init__(self):
        super().__init__()
        self.parts = []

    def handle_starttag(self, tag, attributes):
        if tag in ("p", "div", "li", "tr", "h1", "h2", "h3", "figure", "summary"):
            self.parts.append("\n")

    def handle_data(self, data):
        self.parts.append(data)


def lines_left(html):
    """The lines of text that an untrusted notebook shows."""
    reader = Texts()
    reader.feed(left_of(html))
    return [" ".join(line.split()) for line in "".join(reader.parts).split("\n") if line.strip()]
