"""Formulas that are typed in: read by a grammar of our own, never evaluated as Python."""

import ast
import contextlib
import math
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import clearprop.lab
from asking import Asking
from clearprop.errors import ClearpropError
from clearprop.formulas import evaluate
from clearprop.lab.refusals import TypedError
from clearprop.lab.typed import LONGEST, functions, read_formula, typed_activation

Z = {"z": "z", "x": "z"}


@pytest.mark.parametrize(
    ("text", "at", "value"),
    [
        ("1 + 2*3", 0.0, 7), ("(1+2)*3", 0.0, 9), ("2^3^2", 0.0, 512), ("-z^2", 3.0, -9), ("2**-1", 0.0, 0.5),
        ("2z", 3.0, 6), ("2(z+1)", 3.0, 8), ("3 z^2", 2.0, 12), ("z/2/2", 8.0, 2), ("8 - 2 - 1", 0.0, 5),
        ("+z", 2.0, 2), ("--z", 2.0, 2), ("1e-3*z", 2.0, 0.002), (".5z", 2.0, 1), ("2e", 0.0, 2 * math.e),
        ("pi + π", 0.0, 2 * math.pi), ("max(z, 0) − min(z, 0)", -2.0, 2), ("where(z > 0, z, 0.1*z)", -2.0, -0.2),
        ("if(z <= 0, 1, 2)", 0.0, 1), ("where(z == 2, 5, 6)", 2.0, 5), ("sigmoid(0)", 0.0, 0.5),
        ("relu(z)·3", 2.0, 6), ("abs(z)", -4.0, 4), ("ln(exp(z))", 1.5, 1.5), ("sqrt(z^2)", -3.0, 3),
        ("tanh(z) + erf(0) + floor(1.5)", 0.0, 1), ("x + z", 2.0, 4),
    ],
)  # fmt: skip
def test_a_formula_means_what_it_says(text, at, value):
    assert float(evaluate(read_formula(text, Z), {"z": at})) == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("", 0), ("   ", 3), ("z +", 3), ("z + * 2", 4), ("(z", 2), ("z)", 1), ("q + 1", 0), ("z q", 2),
        ("sin z", 0), ("sin()", 4), ("max(z)", 0), ("sin(z, z)", 0), ("where(z, 1, 2)", 0), ("sin(z > 0)", 0),
        ("z > 0", 2), ("1 < z < 2", 2), ("z = 1", 2), ("z[0]", 1), ("z.real", 1), ("'a'", 0), ("z; z", 1),
        ("lambda z: z", 8), ("__import__(1)", 0), ("z if z else 1", 2), ("1e999*z", 0), ("z @ z", 2),
        ("z // 2", 3), ("z %2", 2), ("row_sum(z)", 0), ("softmax(z)", 0), ("add(z, z)", 0), ("0x10", 1),
        ("1_000", 1), ("z**", 3), ("z!", 1), ("\x00", 0), ("z\n+", 3), ("exec(z)", 0), ("open(z)", 0), ("z z", 2),
        ("1 2", 2),
    ],
)  # fmt: skip
def test_what_is_no_formula_is_refused_at_its_letter(text, at):
    with pytest.raises(TypedError) as found:
        read_formula(text, Z)
    assert found.value.at == at


def test_what_is_too_long_or_too_deep_is_refused():
    with pytest.raises(TypedError, match="letters"):
        read_formula("z" + "+z" * LONGEST, Z)
    with pytest.raises(TypedError, match="within each other"):
        read_formula("(" * 60 + "z" + ")" * 60, Z)
    with pytest.raises(TypedError, match="within each other"):
        read_formula("-" * 90 + "z", Z)
    with pytest.raises(TypedError, match="more than"):
        read_formula("mish(" * 12 + "z" + ")" * 12, Z)


@given(st.text(max_size=60))
def test_no_text_does_anything_but_be_read_or_refused(text):
    with contextlib.suppress(TypedError), np.errstate(all="ignore"):
        evaluate(read_formula(text, Z), {"z": np.array([0.5])})


@given(st.recursive(st.sampled_from(["z", "2", "0.5"]), lambda inside: st.one_of(
    st.tuples(inside, st.sampled_from("+-*"), inside).map(lambda t: f"({t[0]} {t[1]} {t[2]})"),
    inside.map(lambda t: f"tanh({t})"), inside.map(lambda t: f"-{t}")), max_leaves=6))  # fmt: skip
def test_python_reads_the_same_into_what_both_can_read(text):
    if len(text) <= LONGEST:
        value = eval(compile(ast.parse(text, mode="eval"), "t", "eval"), {"z": 0.7, "tanh": math.tanh})
        assert float(evaluate(read_formula(text, Z), {"z": 0.7})) == pytest.approx(value)


def test_nothing_in_the_room_evaluates_text():
    for path in Path(clearprop.lab.__file__).parent.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                assert node.func.id not in ("eval", "exec", "compile", "__import__", "open"), path


def test_every_function_that_is_offered_can_be_called():
    for name, (arity, _) in functions().items():
        arguments = ["z > 0", "1", "2"] if name in ("where", "if") else ["z"] * arity
        assert read_formula(f"{name}({', '.join(arguments)})", Z) is not None


def test_an_activation_that_was_typed_in_works_at_once():
    asking = Asking()
    state = asking.post("network", widths=[2, 3, 1], hidden=[{"typed": "z/(1 + abs(z))", "called": "mine"}],
                        output={"name": "logistic"}, loss="squared_error")  # fmt: skip
    layer = state["network"]["layers"][1]["activation"]
    assert layer["name"] == "mine"
    assert "z" in layer["text"]
    state = asking.post("step", grain="update")
    z, a = state["values"]["z1"], state["values"]["a1"]
    assert a == pytest.approx([v / (1 + abs(v)) for v in z])
    assert asking.get("derivation", of="W1[0,0]")["difference"]["agrees"]
    _, _, saved = asking.ask("GET", "/api/export/state")
    other = Asking()
    query = f"revision={other.workspace.revision}"
    assert other.ask("POST", "/api/load", query, saved, {"content-type": "application/octet-stream"})[0] == 200
    assert other.workspace.project.network == asking.workspace.project.network


@pytest.mark.parametrize(
    ("text", "called"),
    [
        ("1", "a"), ("log(z)", "a"), ("1/z", "a"), ("sqrt(z)", "a"), ("z", "relu"), ("z", "sigmoid"), ("z", ""),
        ("z", "a b"), ("z", "x" * 50), ("exp(exp(exp(exp(z))))", "a"), ("z", "<b>"),
    ],
)  # fmt: skip
def test_activations_that_cannot_be_trained_with_are_refused(text, called):
    with pytest.raises(TypedError):
        typed_activation(text, called)


def test_what_is_typed_is_tried_without_a_change():
    asking = Asking()
    before = asking.workspace.revision
    found = asking.post("typed", text="z*sigmoid(z)", kind="activation")
    assert found["mathml"].startswith("<math>")
    assert found["slope"].startswith("<math>")
    assert dict(map(tuple, found["samples"]))[1.0] == pytest.approx(1 / (1 + math.exp(-1)))
    assert asking.post("typed", text="sin(3*x1)*x2", kind="function")["inputs"] == 2
    assert asking.post("typed", 400, text="z*", kind="activation")["error"]["at"] == 2
    asking.post("typed", 400, text=3)
    asking.post("typed", 400, text="z", kind="program")
    assert asking.workspace.revision == before


def test_errors_of_the_grammar_are_those_of_clearprop():
    assert issubclass(TypedError, ClearpropError)
