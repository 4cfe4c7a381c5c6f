"""No two files import each other in a circle: imports inside functions and for types alone are counted too."""

import ast
from pathlib import Path

import clearprop

PACKAGE = Path(clearprop.__file__).parent
# Each exception is a file whose one import upwards is made when it is called, with the reason.
EXCEPTIONS = {
    "formulas.expressions": "`Expression.__str__` asks the printer, which reads expressions",
}


def name_of(file):
    parts = file.relative_to(PACKAGE).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


FILES = {name_of(file): file for file in PACKAGE.rglob("*.py")}


def imported_by(name):
    """The files of the package that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(ast.parse(FILES[name].read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "clearprop":
            room = node.module.removeprefix("clearprop").removeprefix(".")
            whole = [f"{room}.{alias.name}".strip(".") for alias in node.names]
            found |= {each if each in FILES else room for each in whole}
        elif isinstance(node, ast.Import):
            found |= {
                alias.name.removeprefix("clearprop.") for alias in node.names if alias.name.startswith("clearprop.")
            }
    return found - {name}


def reached(start, graph):
    """Every file that can be reached from one."""
    seen, todo = set(), [start]
    while todo:
        for other in graph[todo.pop()]:
            if other in graph and other not in seen:
                seen.add(other)
                todo.append(other)
    return seen


def circles(graph):
    """Every file that reaches itself."""
    return {name for name in graph if name in reached(name, graph)}


def test_no_files_import_each_other_in_a_circle():
    graph = {name: imported_by(name) for name in FILES}
    assert len(graph) > 300
    upwards = {name: graph[name] - ({"formulas.printers.text"} if name in EXCEPTIONS else set()) for name in graph}
    assert circles(upwards) == set()


def test_the_exceptions_are_needed():
    assert set(EXCEPTIONS) <= circles({name: imported_by(name) for name in FILES})


def test_a_circle_is_found():
    assert circles({"a": {"b"}, "b": {"c"}, "c": {"a"}, "d": {"a"}}) == {"a", "b", "c"}
