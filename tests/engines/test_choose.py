"""The choice of an engine: by name or the best there is, always with the reason."""

import pytest

from clearprop import Network
from clearprop.engines import Job, choose, prepared
from clearprop.errors import UnknownNameError

JOB = Job(Network.mlp([1, 1]))
DATA = prepared(JOB, [[1.0]], [[1.0]])


def test_an_engine_asked_for_by_name_is_taken():
    choice = choose("reference", JOB, DATA)
    assert choice.engine.name == "reference"
    assert "by name" in choice.reason


def test_auto_says_what_it_chose_and_why():
    choice = choose("auto", JOB, DATA)
    assert choice.engine.refuses(JOB, DATA) is None
    assert choice.reason


def test_a_name_that_does_not_exist_is_answered_with_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'reference'"):
        choose("referense", JOB, DATA)
