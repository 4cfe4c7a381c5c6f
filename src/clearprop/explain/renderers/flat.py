"""MathML that still reads as a formula where its elements are taken away and their text is left.

Notebooks of others are not trusted, and then JupyterLab does just that: x over y would become xy. So what its place
alone says is written out too, x/y, x_1, x^2, in text that the page's style hides; that style goes with the elements.
"""

from __future__ import annotations

import xml.etree.ElementTree as ET

ATOMS = ("mi", "mn", "msub", "msup", "msubsup", "mtext")
MARKS = {
    "msub": ("_",),
    "msup": ("^",),
    "msubsup": ("_", "^"),
    "munder": ("_",),
    "mover": ("^",),
    "munderover": ("_", "^"),
}


def flat(markup: str) -> str:
    """MathML with hidden signs.

    Parameters
    ----------
    markup : str
        What stands inside ``<math>``.

    Examples
    --------
    >>> import re
    >>> from clearprop.explain.renderers.flat import flat
    >>> fraction = "<mfrac><mn>1</mn><mrow><mi>x</mi><mo>+</mo><msup><mi>e</mi><mi>z</mi></msup></mrow></mfrac>"
    >>> re.sub("<.*?>", "", flat(fraction))
    '1/(x+e^z)'
    """
    row = _flat(ET.fromstring(f"<mrow>{markup}</mrow>"))
    return "".join(ET.tostring(child, encoding="unicode", short_empty_elements=False) for child in row)


def _flat(element: ET.Element) -> ET.Element:
    made = ET.Element(element.tag, element.attrib)
    made.text = element.text
    children = [_flat(child) for child in element]
    tag = element.tag
    if tag == "mfrac":
        children = [_within("", children[0]), _within("/", children[1])]
    elif tag == "munder" and "box" in children[0].get("class", "").split():
        children = [_row("[", children[0], ""), _row(" = ", children[1], "]")]
    elif tag in MARKS:
        base, *scripts = children
        children = [base, *(_within(mark, script) for mark, script in zip(MARKS[tag], scripts, strict=True))]
    elif tag == "msqrt":
        children = [_hidden("√("), *children, _hidden(")")]
    elif tag == "mtable":
        for n, row in enumerate(children):
            for k, cell in enumerate(row):
                if n or k:
                    cell.insert(0, _hidden(" " if k else "; "))
    made.extend(children)
    return made


def _within(sign: str, child: ET.Element) -> ET.Element:
    """A part behind a sign, in brackets where it is made of several."""
    if _is_one(child):
        return _row(sign, child, "") if sign else child
    return _row(f"{sign}(", child, ")")


def _is_one(element: ET.Element) -> bool:
    while element.tag == "mrow" and len(element) == 1:
        element = element[0]
    if element.tag == "mrow" and len(element) > 1:
        first, last = element[0], element[-1]
        inner = [child.text for child in element[1:-1]]
        return (first.text, last.text) == ("(", ")") and ")" not in inner
    return element.tag in ATOMS or (element.tag == "mo" and not len(element))


def _row(before: str, child: ET.Element, after: str) -> ET.Element:
    row = ET.Element("mrow")
    row.extend([_hidden(before), child, *([_hidden(after)] if after else [])])
    return row


def _hidden(text: str) -> ET.Element:
    made = ET.Element("mtext", {"class": "flat"})
    made.text = text
    return made
