"""Every public name of every room is documented, and shown in an example that runs, or exempt for a stated reason."""

import ast
import dataclasses
import doctest
import inspect
import re
from functools import cache
from pathlib import Path

import pytest

import clearprop
from clearprop import (
    distributed,
    engines,
    estimators,
    explain,
    files,
    formulas,
    job,
    network,
    plots,
    search,
    tables,
    tabular,
    training,
)
from clearprop.formulas.formula import Formula, kind_of
from clearprop.formulas.vocabulary import FUNCTIONS

PACKAGE = Path(clearprop.__file__).parent
PROJECT = PACKAGE.parents[1]
FILES = sorted(PACKAGE.rglob("*.py"))
ROOMS = (
    clearprop, formulas, network, job, engines, distributed, training, tables, files, tabular, plots, estimators,
    explain, search,
)  # fmt: skip
STEP = "a step of `tabular.prepare`, which docs/tabular.md shows whole"
EXEMPT = {
    "Engine": "a protocol: ReferenceEngine, which examples use, is one",
    "Source": "a protocol: OneNetwork, which examples use, is one",
    "as_kind": STEP,
    "fit_class_target": STEP,
    "fit_number_target": STEP,
    "missing_rows": STEP,
    "target_numbers": STEP,
    "missing_column": "an error, its message is what people see",
    "missing_file": "an error, its message is what people see",
    "target_from_json": "the inverse of `to_json`, for model files",
    "is_model_file": "a look at the first bytes of a file, for the command line",
    "share": "`share_out` in its docstring shows the computation, docs/explaining.md the page that comes of it",
    "Expression": "made by operators on a Symbol, whose docstring shows them",
    "Formula": "the module's docstring and those of Activation and Loss show how one is written",
    "shares": "shown by loss and backward, which it serves; backprop.py keeps to 120 lines",
}


def reason_to_be_exempt(name, item):
    """Why a public name needs no example of its own, or None."""
    if name in EXEMPT:
        return EXEMPT[name]
    if inspect.isclass(item) and issubclass(item, Formula) and item is not kind_of(item):
        return "one formula, stated in its docstring and computed in tests/formulas; its base class shows the use"
    if inspect.isclass(item) and issubclass(item, Exception):
        return "its message is what people see"
    if inspect.isclass(item) and (dataclasses.is_dataclass(item) or hasattr(item, "_fields")):
        return "a record, whose docstring says what each of its fields is"
    return "an elementwise function of that name" if name in FUNCTIONS else None


@cache
def shown():
    """All names that examples call: those of docstrings and of the pages, which all run."""
    pages = [PROJECT / "README.md", *sorted((PROJECT / "docs").glob("*.md"))]
    texts = [page.read_text(encoding="utf-8") for page in pages]
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        documented = [node for node in ast.walk(tree) if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef)]
        texts += [ast.get_docstring(node) or "" for node in documented]
    examples = [example.source for text in texts for example in doctest.DocTestParser().get_examples(text)]
    return {name for source in examples for name in re.findall(r"\w+(?=\()", source)}


def public_names():
    for room in ROOMS:
        for name in room.__all__:
            item = getattr(room, name)
            if inspect.isclass(item) or inspect.isroutine(item):
                yield pytest.param(name, item, id=f"{room.__name__}.{name}")


@pytest.mark.parametrize(("name", "item"), list(public_names()))
def test_every_public_name_has_an_example_or_a_reason_to_have_none(name, item):
    examples = doctest.DocTestParser().get_examples(inspect.getdoc(item) or "")
    assert inspect.getdoc(item)
    is_shown = examples or name in shown()
    assert is_shown or reason_to_be_exempt(name, item) is not None, f"{name} needs an example"


def test_no_reason_is_given_for_what_is_shown():
    assert not EXEMPT.keys() & shown() - {"Expression", "Formula"}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_every_module_and_every_public_class_and_function_has_a_docstring(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if tree.body:
        assert ast.get_docstring(tree), "the module has no docstring"
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{node.name} has no docstring"
