"""From the raw row to the inputs: what is written gives what `encode` computes, in every medium and language."""

import datetime
from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from clearprop import Network
from clearprop.explain import Explanation, case, explain
from clearprop.explain.derivations.lines import Line, Omission
from clearprop.explain.sections.raw import lines_of_input
from clearprop.explain.trained import Trained
from clearprop.explain.words import LANGUAGES, words
from clearprop.explain.writing.document import Derivation
from clearprop.formulas import Symbol
from clearprop.tables import fit_encoder
from clearprop.tables.encoder import Encoder
from clearprop.tables.origins import origins
from clearprop.tables.steps import Category, Moment, Number, Truth
from clearprop.tables.vector_step import Vector

STEPS = (
    Number("size <cm>", 4.9, 2.6, (1.0, 2.0, 3.5, 9.0), True),
    Number("plain", 1.0, 1.0),
    Truth("alive", True),
    Category("kind", ("cat", "dog_2", "cow"), True, True),
    Category("member", ("no", "yes")),
    Moment("when", 1.6e9, 2.7e7, missing=True),
    Vector("v", 9, (0.5,), (0.25,)),
)
ROWS = pa.table({
    "size <cm>": [2.5, None, 1e30, 2.0], "plain": [1.0, -7.25, None, 1e-9], "alive": [True, None, False, True],
    "kind": ["dog_2", None, "newt", "cat"], "member": ["yes", "no", None, "perhaps"],
    "when": [datetime.datetime(2023, 1, 7, 12), None, datetime.datetime(1901, 3, 2), datetime.datetime(1970, 1, 1)],
    "v": pa.array([[i / 7 + k for k in range(9)] for i in range(4)], pa.list_(pa.float32(), 9)),
})  # fmt: skip


def encoded(row):
    return np.concatenate([step.encode(row.column(step.column))[0][0] for step in STEPS])


@pytest.mark.parametrize("i", range(4))
@pytest.mark.parametrize("language", sorted(LANGUAGES))
def test_every_line_gives_what_encode_computes(i, language):
    row = ROWS.slice(i, 1)
    made, found = encoded(row), origins(Encoder(STEPS, ()), row)
    assert len(made) == len(found)
    for k, (origin, value) in enumerate(zip(found, made, strict=True)):
        lines = lines_of_input(origin, Symbol(f"a0[{k}]"), float(value), words(language))
        assert 1 <= len(lines) <= 1 + (origin.kind in ("scaled", "item", "circle"))
        for line in lines:
            np.testing.assert_array_max_ulp(np.float32(line.replay()), np.float32(line.value), 1)


def explained(i, **style):
    """A network of as many inputs as the steps make, explained with a row as its origin."""
    row = ROWS.slice(i, 1)
    made = encoded(row).astype(float)
    network = Network.mlp([len(made), 2, 1], "sigmoid")
    trace = explain(network, network.initial(0), made, 0.5)
    none = np.zeros(1)
    trained = Trained(
        origins(Encoder(STEPS, ()), row), "y", 0.5, "numbers", (), none[None], 0, none, none, 1.0, 0.0, (), "known"
    )
    return Explanation(replace(trace, trained=trained), sections=("inputs",), **style)


def test_as_text():
    text = explained(0).text(width=200)
    assert "d(size <cm>) = (size <cm> − median)/interquartile range = (2.5 − 4.9)/2.6 ≈ −0.9231" in text
    assert "x₁ = d(size <cm>)/sqrt(1 + (d(size <cm>)/3)²) ≈ (−0.9231)/sqrt(1 + ((−0.9231)/3)²) ≈ −0.8823" in text
    assert "(min(max((size <cm> − lower end)/width, 0), 1) − 0.5)·2" in text
    assert "= (min(max((2.5 − 2)/1.5, 0), 1) − 0.5)·2 ≈ −0.3333" in text
    assert "{1 if kind = “dog_2”; 0 otherwise} = 1" in text
    assert "{1 if kind = another; 0 otherwise} = 0" in text
    assert "when counts as a number of seconds since the beginning of 1970: 1673092800." in text
    assert "year(when) = (when − period·⌊when/period⌋)/period = " in text
    assert "= (1673092800 − 31556952·⌊1673092800/31556952⌋)/31556952 ≈ 0.01820" in text
    assert "= sin(2·π·year(when)) ≈ sin(2·π·0.01820) ≈ 0.1141" in text


def test_what_is_missing_or_unknown():
    missing = explained(1).text(width=200)
    assert "(4.9 − 4.9)/2.6 = 0" in missing  # the median stands in
    assert "{1 if size <cm> = missing; 0 otherwise} = 1" in missing
    unknown = explained(2).text(width=200)
    assert "{1 if kind = another; 0 otherwise} = 1" in unknown


def test_names_of_columns_are_written_in_every_medium():
    page, latex = explained(0).html(), explained(0).latex()
    assert "size &lt;cm&gt;" in page
    assert "size <cm>" not in page
    assert r"\text{“dog\_2”}" in latex
    chinese = explained(0, language="zh")
    assert "(size <cm> − 中位数)/四分位距" in chinese.text(width=200)
    assert "{1，若 kind = “dog_2”; 0，否则} = 1" in chinese.text(width=200)
    assert r"\text{若 }" in chinese.latex()
    assert not {"if", "otherwise"} & set(chinese.latex().replace("{", " ").replace("}", " ").split())


def test_lines_are_numbered_and_refer_to_each_other():
    found = [line for block in explained(0).document.blocks if isinstance(block, Derivation) for line in block.lines]
    assert any(isinstance(line, Omission) for line in found)
    targets = [str(line.target) for line in found if isinstance(line, Line)]
    assert len(targets) == len(set(targets))


def test_only_a_table_has_it():
    assert len(Explanation(case("mazur").trace(), sections=("inputs",)).document.blocks) == 1


def test_every_input_of_a_fitted_table_has_its_formula():
    table = pa.table({"a": [1.0, 2.0, 4.0] * 20, "b": ["x", "y", "z"] * 20})
    found = origins(fit_encoder(table).encoder, table[:1])
    assert all(origin.formula is not None for origin in found)
