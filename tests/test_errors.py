"""The exception tree: it is what its docstring draws, travels between processes, and offers the nearest name."""

import inspect
import pickle
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clearprop import errors
from clearprop.errors import ClearpropError, DivergenceError, UnknownNameError, nearest

ALL = [cls for _, cls in inspect.getmembers(errors, inspect.isclass) if issubclass(cls, ClearpropError)]


def test_the_tree_in_the_docstring_is_the_tree_of_the_classes():
    drawn = {}
    path = []
    for line in errors.__doc__.splitlines():
        match = re.match(r"    ([│ ├└─]*)(\w+Error|EngineRefusal|MissingExtra|Disagreement)(?: +\(also (\w+)\))?", line)
        if match:
            depth = len(match[1]) // 4
            path[depth:] = [match[2]]
            drawn[match[2]] = (path[depth - 1] if depth else "Exception", match[3])
    assert set(drawn) == {cls.__name__ for cls in ALL}
    for cls in ALL:
        base, also = drawn[cls.__name__]
        assert cls.__bases__[0].__name__ == base
        if also is not None:
            assert also in [ancestor.__name__ for ancestor in cls.__mro__[2:]]


def make(cls):
    if issubclass(cls, UnknownNameError):
        return cls("loss", "squared_eror", ["squared_error", "huber"])
    if issubclass(cls, DivergenceError):
        return cls("training diverged", epoch=3, step=40, layer=2)
    return cls("what was expected, what came, what to change")


@pytest.mark.parametrize("cls", ALL)
def test_an_error_travels_between_processes(cls):
    error = make(cls)
    back = pickle.loads(pickle.dumps(error))
    assert type(back) is cls
    assert str(back) == str(error)
    assert vars(back) == vars(error)


@pytest.mark.parametrize("cls", ALL)
def test_every_error_is_caught_as_clearprop_s(cls):
    with pytest.raises(ClearpropError):
        raise make(cls)
    assert cls.__doc__


def test_an_unknown_name_comes_with_the_nearest_and_all_known():
    assert str(UnknownNameError("loss", "squared_eror", ["squared_error", "huber"])) == (
        "there is no loss 'squared_eror'; did you mean 'squared_error'? Known: squared_error, huber"
    )
    assert str(UnknownNameError("loss", "zzz", ["huber"])) == "there is no loss 'zzz'. Known: huber"
    assert str(UnknownNameError("loss", 3, ["huber"])) == "there is no loss 3. Known: huber"


def test_a_divergence_says_where():
    error = DivergenceError("…", epoch=3, step=40, layer=None)
    assert (error.epoch, error.step, error.layer) == (3, 40, None)
    assert isinstance(error, ValueError)


@given(st.text(max_size=8), st.lists(st.text(min_size=1, max_size=8), max_size=5))
def test_the_nearest_is_one_of_the_known(name, known):
    found = nearest(name, known)
    assert found is None or found in known


def test_the_nearest_looks_past_capitals():
    assert nearest("Carat", ["CARAT", "price"]) == "CARAT"
    assert nearest("x", ["price"]) is None


def test_spaces_around_a_name_do_not_hide_it():
    assert nearest("t", ["a", " t "]) == " t "
