"""The modules of the page as one module, and its styles as one sheet, for hosts that load a single file of each."""

from __future__ import annotations

import re
from functools import cache

from clearprop.explain.drawings.colours import PALETTE
from clearprop.explain.renderers.style import linked_style
from clearprop.lab.static_files import static_files

IMPORT = re.compile(r'^import (?:\{ (?P<names>[^}]*) \}|(?P<default>\w+)) from "\./(?P<module>[\w-]+)\.js";\n', re.M)
EXPORT = re.compile(r"^export (?:default (?=\{)|(?:async )?(?:function|class|const) (?P<name>\w+))", re.M)
COMMENT = re.compile(r"^\s*(?://.*|/\*\*(?:.|\n)*?\*/)\n", re.M)


@cache
def bundled(entry: str) -> str:
    """A module of the page with all that it imports, in one module that exports what it does.

    Written for the modules of this page alone: their imports stand in single lines at their head, each export in front
    of what it exports.

    Examples
    --------
    >>> from clearprop.lab.bundle import bundled
    >>> bundled("tabs").rpartition("export")[2]
    ' const { tabs } = modules["tabs"];\\n'
    """
    order: list[str] = []
    _ordered(entry, order, ())
    parts = [f'modules["{name}"] = (() => {{\n{_wrapped(_text(name))}}})();' for name in order]
    names = _exported(_text(entry))
    own = ", ".join(name for name in names if name != "default")
    ends = [f'export const {{ {own} }} = modules["{entry}"];'] if own else []
    ends += [f'export default modules["{entry}"].default;'] if "default" in names else []
    return "\n".join(["const modules = {};", *parts, *ends, ""])


def _text(name: str) -> str:
    return COMMENT.sub("", static_files()[f"{name}.js"][0].decode())


def _ordered(name: str, order: list[str], above: tuple[str, ...]) -> None:
    """Append the modules that one imports, and then itself."""
    if name in above:
        raise ValueError(f"the modules {' → '.join((*above, name))} import each other in a circle")
    for found in IMPORT.finditer(_text(name)):
        _ordered(found["module"], order, (*above, name))
    if name not in order:
        order.append(name)


def _exported(text: str) -> list[str]:
    return [found["name"] or "default" for found in EXPORT.finditer(text)]


def _wrapped(text: str) -> str:
    """The inside of a function that returns what a module exports."""
    names = ", ".join("default: own" if name == "default" else name for name in _exported(text))
    text = IMPORT.sub(_taken, text)
    text = EXPORT.sub(lambda found: found[0].removeprefix("export ").replace("default ", "const own = "), text)
    return f"{text.rstrip()}\nreturn {{ {names} }};\n"


def _taken(found: re.Match[str]) -> str:
    names = f"{{ {found['names'].replace(' as ', ': ')} }}" if found["names"] else f"{{ default: {found['default']} }}"
    return f'const {names} = modules["{found["module"]}"];\n'


@cache
def widget_style() -> str:
    """The sheet of a part of a notebook: the book's, what is drawn, and what stands around it."""
    colours = "".join(f"--{name}:light-dark({colour.light},{colour.dark});" for name, colour in PALETTE.items())
    book = re.sub(r"^:root\{[^}]*\}@font-face\{[^}]*\}", "", linked_style("none"))
    sheets = [static_files()[f"{name}.css"][0].decode() for name in ("figures", "widget")]
    return "\n".join([f".clearprop{{{colours}}}", book, *sheets])
