"""The choice of an engine: by name or the best there is, always with the reason."""

import importlib

import numpy as np
import pytest
import scipy.sparse

from clearprop import Network
from clearprop.engines import Data, Job, ReferenceEngine, choose, choose_for_prediction, prepared
from clearprop.engines.compiled.compiler import kernel_cache
from clearprop.engines.compiled.warmup import warm_up
from clearprop.errors import EngineRefusal, InputError, UnknownNameError
from clearprop.job import Layout

module = importlib.import_module("clearprop.engines.choose")  # the package's `choose` is the function
JOB = Job(Network.mlp([1, 1]))
DATA = prepared(JOB, [[1.0]], [[1.0]])


def test_an_engine_asked_for_by_name_is_taken():
    choice = choose("reference", JOB, DATA.layout)
    assert choice.engine.name == "reference"
    assert "by name" in choice.reason


def test_auto_says_what_it_chose_and_why():
    choice = choose("auto", JOB, DATA.layout)
    assert choice.engine.refuses(JOB, DATA.layout) is None
    assert choice.reason


def test_a_name_that_does_not_exist_is_answered_with_the_nearest():
    with pytest.raises(UnknownNameError, match="did you mean 'reference'"):
        choose("referense", JOB, DATA.layout)


@pytest.mark.parametrize("engine", ["auto", "compiled", "reference"])
@pytest.mark.parametrize("n_threads", [0, -1, 1.5, "2", True])
def test_a_number_of_threads_that_is_none_is_refused_by_every_engine(engine, n_threads):
    with pytest.raises(InputError, match="n_threads must be a whole number of at least 1, or None for all cores, not"):
        choose(engine, JOB, DATA.layout, n_threads)


def test_the_number_of_threads_reaches_the_engine():
    assert choose("compiled", JOB, DATA.layout, 1).engine.n_threads == 1
    assert choose("compiled", JOB, DATA.layout).engine.n_threads is None


def test_nobody_waits_for_a_compiler_to_predict(tmp_path, monkeypatch):
    warm_up(["float64"])
    assert choose_for_prediction(JOB.network, "float64", 1).engine.name == "compiled"
    monkeypatch.setattr(kernel_cache, "folders", lambda: [tmp_path])
    monkeypatch.setattr(kernel_cache, "_addresses", {})  # as in a process that has loaded none
    monkeypatch.setattr(kernel_cache.shipped, "address", lambda full: None)
    choice = choose_for_prediction(JOB.network, "float64", 1)
    assert choice.engine.name == "reference"
    assert "clearprop warmup" in choice.reason
    with pytest.raises(InputError, match="n_threads"):
        choose_for_prediction(JOB.network, "float64", 0)


class Late(ReferenceEngine):
    """An engine whose library is not there, or that cannot do a job."""

    name = "late"
    library, refusal, first = None, None, None

    def __init__(self, n_threads=None):
        super().__init__()
        self.n_threads = n_threads

    def missing(self, dtype):
        return self.library

    def refuses(self, job, layout):
        return self.refusal

    def preparation(self, dtype):
        return self.first


@pytest.fixture
def late(monkeypatch):
    """A table with one more row, as another room would add it."""

    def add(make=Late, **attributes):
        for name, value in attributes.items():
            monkeypatch.setattr(Late, name, value)
        monkeypatch.setattr(module, "ENGINES", {"late": lambda: make, **module.ENGINES})
        monkeypatch.setattr(module, "NAMES", ("auto", *module.ENGINES))

    for cached in (module._loaded, module.why_missing, module._warn_once):
        cached.cache_clear()
    yield add
    for cached in (module._loaded, module.why_missing, module._warn_once):
        cached.cache_clear()


def test_a_new_engine_is_one_row_of_the_table(late):
    late()
    for name in ("auto", "late"):
        choice = choose(name, JOB, DATA.layout, 1)
        assert (choice.engine.name, choice.engine.n_threads) == ("late", 1)
    assert choose_for_prediction(JOB.network, "float64").engine.name == "late"


def test_an_engine_that_cannot_do_the_job_gives_way_or_raises_with_its_own_sentence(late):
    late(refusal="it does no regression")
    choice = choose("auto", JOB, DATA.layout)
    assert choice.engine.name in ("compiled", "reference")
    assert choice.reason == "the late engine cannot do this job: it does no regression"
    with pytest.raises(EngineRefusal, match="the engine 'late' cannot do this job: it does no regression"):
        choose("late", JOB, DATA.layout)


def test_an_engine_whose_library_is_missing_is_warned_of_once(late):
    late(library="torch cannot be imported")
    with pytest.warns(RuntimeWarning, match="torch cannot be imported"):
        choice = choose("auto", JOB, DATA.layout)
    assert choice.reason == "the late engine is not there: torch cannot be imported"
    assert choose("auto", JOB, DATA.layout).reason == choice.reason


def test_an_engine_that_cannot_even_be_imported_is_skipped(late):
    def broken(n_threads=None):
        raise ImportError("no module named late")

    late(broken)
    with pytest.raises(EngineRefusal, match=r"it cannot be imported \(no module named late\)"):
        choose("late", JOB, DATA.layout)
    assert choose_for_prediction(JOB.network, "float64").engine.name in ("compiled", "reference")


def test_an_engine_that_must_be_compiled_first_says_so_to_who_asks_and_does_not_predict(late):
    late(first="first it is compiled")
    told = []
    choose("late", JOB, DATA.layout, tell=told.append)
    assert told == ["engine late: first it is compiled"]
    choice = choose_for_prediction(JOB.network, "float64")
    assert choice.engine.name != "late"


def test_a_layout_is_what_the_arrays_are():
    X, Y = np.zeros((6, 2)), np.zeros((6, 1), np.float32)
    assert Data(X, Y).layout == Layout(6, np.dtype("float64"), np.dtype("float32"))
    assert not Data(np.asfortranarray(X), Y).layout.is_contiguous
    assert Data(X.astype(">f8"), Y).layout != Data(X, Y).layout
    sparse = Data(scipy.sparse.csr_array(X), Y).layout
    assert (sparse.kind, sparse.is_dense, sparse.n_samples) == ("csr_array", False, 6)
