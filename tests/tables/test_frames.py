import datetime

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop.errors import TableError
from clearprop.tables import from_frame, spelling
from clearprop.tables.frames import is_frame, one_column
from clearprop.tables.spelling import of_object


def test_what_is_a_frame():
    assert is_frame(pd.DataFrame({"x": [1]}))
    assert is_frame(pa.table({"x": [1]}))
    assert not any(map(is_frame, (np.zeros((2, 2)), [[1]], pd.Series([1]), None)))


def test_declared_categories_are_text_whatever_they_are_made_of():
    table = from_frame(pd.DataFrame({"a": pd.Categorical([2, 1, None]), "b": pd.Categorical(["x", "y", "x"]), "c": 1}))
    assert [pa.types.is_dictionary(field.type) for field in table.schema] == [True, True, False]
    assert table.column("a").to_pylist() == ["2", "1", None]


def test_columns_may_be_named_by_numbers():
    assert from_frame(pd.DataFrame([[1, 2], [3, 4]])).column_names == ["0", "1"]


def test_two_columns_of_one_name_are_refused():
    with pytest.raises(TableError, match="two columns named '1'"):
        from_frame(pd.DataFrame([[1, 2]], columns=[1, "1"]))


@given(st.lists(st.one_of(st.none(), st.text(max_size=3), st.integers(), st.floats(), st.booleans()), min_size=1))
def test_values_of_several_types_are_kept_or_become_their_text(values):
    found = one_column(values, "x")
    assert len(found) == len(values)
    for value, kept in zip(values, found.to_pylist(), strict=True):
        if value is None or value != value:
            assert kept is None
        elif isinstance(kept, str):
            assert kept in (value, of_object(value))
        else:
            assert kept == value or float(kept) == float(value)


def test_what_no_column_can_hold_is_named_by_its_row():
    with pytest.raises(TableError, match="column 'x' holds an object in row 3"):
        one_column([1, "a", object()], "x")
    assert one_column([datetime.date(2024, 1, 1), None], "x").type == pa.timestamp("us")


def test_a_name_may_hold_any_letter():
    name = "a\0b"  # of which Polars 2.1 makes no C string for Arrow
    assert from_frame(pl.DataFrame({name: [1, 2]})).to_pydict() == {name: [1, 2]}


def test_a_number_in_its_own_precision_is_spelled_without_a_warning():
    assert [spelling.number(np.float32(x)) for x in (1e30, 2.0, 0.1)] == ["1e+30", "2", "0.1"]
