"""The choice of an engine: by name or the best there is, always with the reason."""

import pytest

from clearprop import Network
from clearprop.engines import Job, choose, choose_for_prediction, prepared
from clearprop.engines.compiled.compiler import kernel_cache
from clearprop.engines.compiled.warmup import warm_up
from clearprop.errors import InputError, UnknownNameError

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


@pytest.mark.parametrize("engine", ["auto", "compiled", "reference"])
@pytest.mark.parametrize("n_threads", [0, -1, 1.5, "2", True])
def test_a_number_of_threads_that_is_none_is_refused_by_every_engine(engine, n_threads):
    with pytest.raises(InputError, match="n_threads must be a whole number of at least 1, or None for all cores, not"):
        choose(engine, JOB, DATA, n_threads)


def test_the_number_of_threads_reaches_the_engine():
    assert choose("compiled", JOB, DATA, 1).engine.n_threads == 1
    assert choose("compiled", JOB, DATA).engine.n_threads is None


def test_nobody_waits_for_a_compiler_to_predict(tmp_path, monkeypatch):
    warm_up(["float64"])
    assert choose_for_prediction(JOB.network, "float64", 1).engine.name == "compiled"
    monkeypatch.setattr(kernel_cache, "folders", lambda: [tmp_path])
    choice = choose_for_prediction(JOB.network, "float64", 1)
    assert choice.engine.name == "reference"
    assert "clearprop warmup" in choice.reason
    with pytest.raises(InputError, match="n_threads"):
        choose_for_prediction(JOB.network, "float64", 0)
