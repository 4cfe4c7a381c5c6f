"""Every public name is documented, and shown in an example that runs as a doctest or exempt for a stated reason."""

import ast
import dataclasses
import doctest
import inspect
from pathlib import Path

import pytest

import clearprop
from clearprop import formulas, network
from clearprop.formulas.formula import Formula, kind_of
from clearprop.formulas.vocabulary import FUNCTIONS

PACKAGE = Path(clearprop.__file__).parent
FILES = sorted(PACKAGE.rglob("*.py"))
EXEMPT = {
    "Expression": "made by operators on a Symbol, whose docstring shows them",
    "Formula": "the module's docstring and those of Activation and Loss show how one is written",
    "load": "shown in the example of save",
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
    if inspect.isclass(item) and (dataclasses.is_dataclass(item) or hasattr(item, "_fields")) and is_a_result(item):
        return "a record that other functions return"
    return "an elementwise function of that name" if name in FUNCTIONS else None


def is_a_result(cls):
    return cls.__name__ in {
        "Block", "Clock", "Epoch", "Gradient", "GradientCheck", "Parameters", "Tape", "Trained",
    }  # fmt: skip


def public_names():
    for room in (clearprop, formulas, network):
        for name in room.__all__:
            item = getattr(room, name)
            if inspect.isclass(item) or inspect.isroutine(item):
                yield pytest.param(name, item, id=f"{room.__name__}.{name}")


@pytest.mark.parametrize(("name", "item"), list(public_names()))
def test_every_public_name_has_an_example_or_a_reason_to_have_none(name, item):
    examples = doctest.DocTestParser().get_examples(inspect.getdoc(item) or "")
    assert inspect.getdoc(item)
    assert examples or reason_to_be_exempt(name, item) is not None, f"{name} needs an example"


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.relative_to(PACKAGE).as_posix())
def test_every_module_and_every_public_class_and_function_has_a_docstring(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    if tree.body:
        assert ast.get_docstring(tree), "the module has no docstring"
    for node in tree.body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef) and not node.name.startswith("_"):
            assert ast.get_docstring(node), f"{node.name} has no docstring"
