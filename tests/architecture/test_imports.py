"""No two files import each other in a circle: imports inside functions and for types alone are counted too."""

import ast
from functools import cache
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


@cache
def parsed(name):
    return ast.parse(FILES[name].read_text(encoding="utf-8"))


def imported_by(name):
    """The files of the package that a file imports, wherever in it."""
    found = set()
    for node in ast.walk(parsed(name)):
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


# Where an import inside a function saves something: a file or a folder, and what.
LATE = {
    "cli": "a command imports what it needs, so that --help and Ctrl-C are answered at once",
    "engines.choose": "the compiled engine brings Numba, which need not be installed",
    "engines.torch.engine": "PyTorch need not be installed, and takes a second to import",
    "engines.compiled.compiler": "a process whose kernels are in the cache compiles nothing",
    "estimators": "training and predicting do not bring the book",
    "explain.explanation": "each renderer and its library, when something is rendered",
    "explain.checking.verdicts": "the terminal's renderer brings rich",
    "explain.exercises.exercise": "the renderers, when an exercise is printed",
    "formulas.saving": "rules of other libraries are classes that few files name",
    "tabular.fit": "tables that stay on the disk, when one does",
    "tabular.model": "the exporters, when a model is exported",
}


def late_imports(name):
    """The modules of the package that a file imports inside functions, with the line."""
    tree = parsed(name)
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            for node in ast.walk(function):
                if isinstance(node, ast.ImportFrom) and (node.module or "").startswith("clearprop"):
                    room = node.module.removeprefix("clearprop").removeprefix(".")
                    whole = [f"{room}.{alias.name}".strip(".") for alias in node.names]
                    for each in {each if each in FILES else room for each in whole}:
                        yield each, node.lineno


def imported_at_once(name):
    """The files that are imported as a file is, without what stands in functions or is for types alone."""
    tree = parsed(name)
    found, todo = set(), list(tree.body)
    while todo:
        node = todo.pop()
        if isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING":
            continue
        if isinstance(node, ast.ImportFrom) and (node.module or "").split(".")[0] == "clearprop":
            room = node.module.removeprefix("clearprop").removeprefix(".")
            whole = [f"{room}.{alias.name}".strip(".") for alias in node.names]
            found |= {each if each in FILES else room for each in whole} | {room}
        elif isinstance(node, ast.If | ast.Try | ast.With):
            todo += node.body
    return found - {name}


def is_late_for_a_reason(name):
    return any(name == room or name.startswith(f"{room}.") for room in LATE)


def test_every_import_inside_a_function_is_needed():
    """It breaks a circle, or it saves what importing the file does not bring anyway, in a place that has a reason."""
    graph = {name: imported_at_once(name) for name in FILES}
    needless = []
    for name in FILES:
        for imported, line in late_imports(name):
            makes_a_circle = name in reached(imported, graph)
            saves = imported not in reached(name, graph) and is_late_for_a_reason(name)
            if not makes_a_circle and not saves and name not in EXCEPTIONS:
                needless.append(f"{name}:{line} imports {imported}")
    assert not needless, "\n".join(needless)


def test_every_reason_for_late_imports_is_used():
    used = {room for name in FILES if any(late_imports(name)) for room in LATE if f"{name}.".startswith(f"{room}.")}
    assert used == set(LATE)
