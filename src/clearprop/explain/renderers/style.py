"""The style of pages: colours for light and dark, the font for mathematics, and what `page.css` says."""

from __future__ import annotations

import base64
from functools import cache
from importlib.resources import files

from clearprop.explain.drawings.colours import KINDS, PALETTE

FONT_NAME = "Clearprop Math"
DARK_NOTEBOOKS = 'body[data-jp-theme-light="false"] .clearprop, body.vscode-dark .clearprop'


@cache
def page_style() -> str:
    """The style of a page by itself: dark where the reader's system is, light on paper."""
    dark = f"@media screen and (prefers-color-scheme:dark){{.clearprop{{{_variables(1)}}}}}"
    return f":root{{color-scheme:light dark}}body{{margin:0}}{_common(_embedded_font(), _variables(0))}{dark}"


@cache
def fragment_style() -> str:
    """The style of a part of a notebook: dark where the notebook is."""
    hidden = ".clearprop .flat{display:none}"
    return f"{_common(_embedded_font(), _variables(0))}{hidden}{DARK_NOTEBOOKS}{{color-scheme:dark;{_variables(1)}}}"


def linked_style(font: str) -> str:
    """The style for a page of several files: the font is a file, and each colour is light or dark as the page is."""
    colours = "".join(f"--{name}:light-dark({colour.light},{colour.dark});" for name, colour in PALETTE.items())
    return f":root{{{colours}}}{_common(f'url({font})', '')}"


def _variables(dark: int) -> str:
    return "".join(f"--{name}:{colour[dark]};" for name, colour in PALETTE.items())


def _embedded_font() -> str:
    content = (files("clearprop.explain.renderers") / "fonts" / "math.woff2").read_bytes()
    return f'url("data:font/woff2;base64,{base64.b64encode(content).decode()}")'


def _common(font: str, colours: str) -> str:
    folder = files("clearprop.explain.renderers")
    face = f'@font-face{{font-family:"{FONT_NAME}";src:{font}format("woff2")}}'
    laws = "".join(
        f".clearprop .d.{law}{{border-left-color:var(--{kind})}}.clearprop .d.{law} .n{{color:var(--{kind})}}"
        for law, kind in KINDS.items()
    )
    boxes = "".join(
        f".clearprop .box.{name}>.in{{border-color:var(--{kind});background:var(--{kind}-fill)}}"
        f".clearprop .box.{name}>.of{{color:var(--{kind})}}"
        for name, kind in (("output-delta", "output"), ("hidden-delta", "hidden"), ("weight", "weight"))
    )
    paints = "".join(f".clearprop .f-{name}{{fill:var(--{name})}}.clearprop .s-{name}{{stroke:var(--{name})}}"
                     for name in PALETTE)  # fmt: skip
    sheet = " ".join((folder / "page.css").read_text(encoding="utf-8").split())
    own = f".clearprop{{{colours}}}" if colours else ""
    return f"{face}{own}{sheet}{laws}{boxes}{paints}"
