import copy
import json

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop.errors import ModelFileError, TableError
from clearprop.tables import Category, Encoder, Moment, Number, Truth, Vector, fit_encoder
from clearprop.tables.columns import LARGEST

ENCODER = Encoder(
    (
        Number("n", 10.0, 2.0, (8.0, 10.0, 14.0)),
        Number("gaps", 0.0, 1.0, missing=True, missing_words=("gone",)),
        Truth("t"),
        Category("k", ("a", "b", "c"), missing=True),
        Category("pair", ("no", "yes")),
        Category("many", ("x", "y", "z"), rare=True),
        Moment("w", 0.0, 86400.0, (86400.0,)),
        Vector("v", 2, (1.0, 0.0), (1.0, 2.0)),
    ),
    {"id": "it numbers the rows"},
)


def rows(**changes):
    given = {
        "n": [10.0, 14.0],
        "gaps": [None, 0.0],
        "t": [True, False],
        "k": ["b", None],
        "pair": ["no", "yes"],
        "many": ["x", "q"],
        "w": ["1970-01-01 06:00:00", "1970-01-01"],
        "v": [[1.0, 2.0], [None, 0.0]],
    }
    return pa.table({**given, **changes})


def test_every_step_makes_the_inputs_it_names():
    X, remarks = ENCODER.encode(rows())
    assert X.dtype == np.float32
    made = dict(zip(ENCODER.names, X.T.tolist(), strict=True))
    clip = lambda x: float(np.float32(x / np.sqrt(1 + (x / 3) ** 2)))  # noqa: E731
    assert made["n"] == [0, clip(2)]
    assert made["n from 8 to 10"] == [1, 1]
    assert made["n from 10 to 14"] == [-1, 1]
    assert made["gaps"] == [0, 0]
    assert made["gaps is missing"] == [1, 0]
    assert made["t"] == [1, -1]
    assert (made["k: a"], made["k: b"], made["k: c"], made["k is missing"]) == ([0, 0], [1, 0], [0, 0], [0, 1])
    assert made["pair: yes (or no)"] == [-1, 1]
    assert (made["many: x"], made["many: another"]) == ([1, 0], [0, 1])
    np.testing.assert_allclose(made["w: sine of its day"], [1, 0], atol=1e-6)
    np.testing.assert_allclose(made["w: cosine of its day"], [0, 1], atol=1e-6)
    assert made["v[0]"] == [0, 0]
    assert made["v[1]"] == [clip(1), 0]
    assert [(remark.column, remark.kind) for remark in remarks] == [("many", "rare")]


def test_order_and_further_columns_make_no_difference():
    table = rows()
    turned = table.select(table.column_names[::-1]).append_column("more", pa.array(["?", "?"]))
    np.testing.assert_array_equal(ENCODER.encode(turned).X, ENCODER.encode(table).X)


def test_unseen_categories_are_handled_and_counted():
    X, remarks = ENCODER.encode(rows(k=["d", "e"], pair=["no", "perhaps"]))
    assert [(remark.column, remark.n_values, remark.first_row, remark.example) for remark in remarks] == [
        ("k", 2, 1, "d"),
        ("pair", 1, 2, "perhaps"),
        ("many", 1, 2, "q"),
    ]
    assert str(remarks[1]) == (
        "column 'pair': 1 value that training did not have (the first is 'perhaps' in row 2), "
        "treated as an unknown category"
    )
    made = dict(zip(ENCODER.names, X.T.tolist(), strict=True))
    assert made["k: a"] == made["k: b"] == made["k is missing"] == [0, 0]
    assert made["pair: yes (or no)"] == [-1, 0]


def test_values_missing_for_the_first_time_are_handled_and_counted():
    X, remarks = ENCODER.encode(rows(n=[None, None], t=[None, True], w=[None, None]))
    found = {remark.column: remark for remark in remarks if remark.kind == "missing"}
    assert {name: remark.n_values for name, remark in found.items()} == {"n": 2, "t": 1, "w": 2}
    assert str(found["n"]) == (
        "column 'n': 2 values missing, though none was in training (the first in row 1); the median, 10, stands in"
    )
    made = dict(zip(ENCODER.names, X.T.tolist(), strict=True))
    assert made["n"] == made["w: sine of its day"] == made["w: cosine of its day"] == [0, 0]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"n": ["1", "x"]}, "column 'n' holds 'x' in row 2, where a number is expected"),
        ({"t": ["yes", "x"]}, "column 't' holds 'x' in row 2"),
        ({"w": ["1970-01-01", "x"]}, "column 'w' holds 'x' in row 2"),
        ({"v": [[1.0], [2.0]]}, "vectors of 1 numbers; training had 2"),
        ({"gaps": ["gone", "lost"]}, "column 'gaps' holds 'lost' in row 2"),
    ],
)
def test_values_that_do_not_fit_are_named_with_column_and_row(changes, words):
    with pytest.raises(TableError, match=words):
        ENCODER.encode(rows(**changes))


def test_a_missing_column_offers_the_nearest():
    table = rows().drop_columns(["pair"]).append_column("pairs", pa.array([1, 2]))
    with pytest.raises(TableError, match="no column 'pair'; did you mean 'pairs'"):
        ENCODER.encode(table)


def test_json_and_back_is_the_same_encoder():
    assert Encoder.from_json(json.loads(json.dumps(ENCODER.to_json()))) == ENCODER


def _broken():
    spec = json.loads(json.dumps(ENCODER.to_json()))
    yield None
    yield {}
    yield {"steps": [], "left_out": {}}
    for place, step in enumerate(spec["steps"]):
        for name in step:
            for wrong in (None, [[]], {}, "?", -1.0, True, float("nan"), [float("inf")]):
                changed = copy.deepcopy(spec)
                changed["steps"][place][name] = wrong
                yield changed
            changed = copy.deepcopy(spec)
            del changed["steps"][place][name]
            yield changed


def test_a_damaged_description_is_refused_or_harmless():
    """Each part of it replaced or left out: it ends in ModelFileError, or in an encoder that still works."""
    refused = 0
    for spec in _broken():
        try:
            encoder = Encoder.from_json(spec)
        except ModelFileError:
            refused += 1
            continue
        try:
            encoder.encode(rows())
        except TableError:
            continue
    assert refused > 200


JSON = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(),
    lambda inner: (
        st.lists(inner) | st.dictionaries(st.sampled_from(["steps", "left_out", "kind", "column", "scale"]), inner)
    ),
)


@given(JSON)
def test_anything_else_is_refused(spec):
    with pytest.raises(ModelFileError):
        Encoder.from_json(spec)


values = st.lists(
    st.one_of(st.none(), st.floats(width=64), st.integers(-(2**63), 2**63 - 1).map(float)), min_size=3, max_size=30
)


@given(values, values)
def test_what_one_table_taught_is_finite_on_another(known, new):
    """Any numbers: after fitting, inputs are bounded, or the value is refused."""
    table = pa.table({"n": pa.array(known, pa.float64()), "other": pa.array([str(i % 3) for i in range(len(known))])})
    encoder = fit_encoder(table).encoder
    other = pa.table({"n": pa.array(new, pa.float64()), "other": pa.array(["0"] * len(new))})
    if any(value is not None and abs(value) > LARGEST for value in new):
        with pytest.raises(TableError, match="more than can be computed with"):
            encoder.encode(other)
        return
    assert (abs(encoder.encode(other).X) <= 3).all()
