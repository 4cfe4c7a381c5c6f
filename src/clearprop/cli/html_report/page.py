"""The report as one HTML file: its own style, its pictures inside, no script, no request to anywhere."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from html import escape

from clearprop import __version__
from clearprop.cli.html_report import sections
from clearprop.cli.html_report.markup import Markup, text
from clearprop.cli.html_report.told import Told
from clearprop.cli.html_report.words import LANGUAGES
from clearprop.explain.drawings.colours import PALETTE

POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:"
# The key of a section's heading, which is its name in links too, and what writes it.
SECTIONS: Mapping[str, Callable[[Told, Markup], str]] = {
    "summary": sections.summary,
    "scores": sections.scores,
    "confusion": sections.mistakes,
    "residuals": sections.residuals,
    "calibration": sections.calibration,
    "curves": sections.curves,
    "importance": sections.importance,
    "dependence": sections.dependence,
    "drawn": sections.network,
    "settings": sections.settings,
    "columns": sections.columns,
    "notes": sections.notes,
}
STYLE = """
:root { color-scheme: light dark; LIGHT }
@media screen and (prefers-color-scheme: dark) { :root { DARK } }
@page { margin: 10mm; }
body { margin: 0; color: var(--ink); background: var(--paper); font-size: 16px; line-height: 1.5;
  font-family: "Segoe UI", "Helvetica Neue", Roboto, "Noto Sans", "DejaVu Sans", "PingFang SC", "Microsoft YaHei",
    "Noto Sans CJK SC", system-ui, sans-serif; }
main { max-width: 62rem; margin: 0 auto; padding: 1.5rem 1rem 3rem; }
h1 { font-size: 1.6rem; line-height: 1.25; margin: .2rem 0 .8rem; overflow-wrap: anywhere; }
h2 { font-size: 1.25rem; margin: 2.2rem 0 .6rem; border-bottom: 1px solid var(--rule); }
a { color: var(--link); }
nav ol { columns: 16rem; column-gap: 3rem; margin: .2rem 0; padding-left: 2.2rem; }
dl { display: grid; grid-template-columns: max-content minmax(0, 1fr); gap: .25rem 1rem; margin: 0; }
dt { font-weight: bold; }
dd { margin: 0; overflow-wrap: anywhere; }
.t { overflow-x: auto; max-width: 100%; }
table { border-collapse: collapse; margin: .6rem 0; font-variant-numeric: tabular-nums; }
th, td { border: 1px solid var(--rule); padding: .25rem .6rem; text-align: left; vertical-align: top; }
tbody th { font-weight: normal; }
th.e, td.e { text-align: right; }
td.e { white-space: nowrap; }
figure { margin: 1rem 0 .3rem; }
figcaption { color: var(--grey); font-size: .95rem; max-width: 44rem; overflow-wrap: anywhere; }
img { max-width: 100%; height: auto; }
details { margin: .3rem 0 1rem; }
summary { cursor: pointer; color: var(--link); }
footer { margin-top: 2.5rem; color: var(--grey); font-size: .9rem; overflow-wrap: anywhere; }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; }
@media (max-width: 36rem) { main { padding: 1rem .7rem 2rem; } dl { display: block; } dd { margin: 0 0 .5rem; } }
@media print { main { max-width: none; padding: 0; } figure, tr { break-inside: avoid; } h2 { break-after: avoid; } }
"""


def html(told: Told) -> str:
    """The whole page."""
    page = Markup(LANGUAGES[told.language])
    words = page.words
    title = text(words["title"].format(file=told.file, target=told.model.target.column))
    written = {key: write(told, page) for key, write in SECTIONS.items()}
    parts = {key: inside for key, inside in written.items() if inside}
    links = "".join(f'<li><a href="#{key}">{text(words[key])}</a></li>' for key in parts)
    body = "\n".join(
        f'<section aria-labelledby="{key}"><h2 id="{key}">{text(words[key])}</h2>\n{inside}</section>'
        for key, inside in parts.items()
    )
    made = words["made"].format(version=__version__, model=told.place.name)
    return (
        f'<!DOCTYPE html>\n<html lang="{words["lang"]}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{escape(POLICY)}">\n'
        f"<title>{title}</title>\n<style>{_style()}</style>\n</head>\n<body>\n<main>\n<h1>{title}</h1>\n"
        f'<nav aria-label="{escape(words["contents"])}"><ol>{links}</ol></nav>\n{body}\n'
        f"<footer><p>{text(made)}</p></footer>\n</main>\n</body>\n</html>\n"
    )


def _style() -> str:
    light, dark = ("".join(f"--{name}: {colour[ground]}; " for name, colour in PALETTE.items()) for ground in (0, 1))
    return STYLE.replace("LIGHT", light).replace("DARK", dark)
