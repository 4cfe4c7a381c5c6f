"""A drawing as an image inside its page: an untrusted notebook, which throws SVG away, still shows it."""

from __future__ import annotations

import base64
import xml.etree.ElementTree as ET
from html import escape

SVG = "{http://www.w3.org/2000/svg}"


def as_image(svg: str) -> str:
    """A drawing as an ``<img>`` on white, whose text says what the drawing's title and description say.

    Examples
    --------
    >>> from clearprop.explain.drawings.image import as_image
    >>> svg = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="4"><title>a line</title></svg>'
    >>> as_image(svg).split(" src=")[0]
    '<img alt="a line" width="9" height="4" style="max-width:100%;height:auto;background:#ffffff"'
    """
    root = ET.fromstring(svg)
    said = ". ".join(filter(None, (root.findtext(f"{SVG}{name}") for name in ("title", "desc"))))
    size = " ".join(f'{name}="{root.attrib[name]}"' for name in ("width", "height"))
    data = base64.b64encode(svg.encode()).decode()
    style = "max-width:100%;height:auto;background:#ffffff"
    return f'<img alt="{escape(said)}" {size} style="{style}" src="data:image/svg+xml;base64,{data}">'
