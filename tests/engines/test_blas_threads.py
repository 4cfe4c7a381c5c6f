"""Small products get one BLAS thread, also when several fits come and go in any order."""

import sys
from contextlib import ExitStack

from threadpoolctl import threadpool_info

from clearprop import Network
from clearprop.engines import Job
from clearprop.engines.blas_threads import BlasThreads, suited_to

SMALL = Job(Network.mlp([190, 128, 1]), batch_size=256)
LARGE = Job(Network.mlp([190, 1024, 1024, 1]), batch_size=256)


def blas_threads():
    return [found["num_threads"] for found in threadpool_info() if found["user_api"] == "blas"]


def test_small_products_get_one_thread_and_the_rest_of_the_program_its_own():
    before = blas_threads()
    with suited_to(SMALL, 1000):
        assert set(blas_threads()) == {1}
    assert blas_threads() == before


def test_large_products_get_all_threads_unless_there_are_few_rows():
    before = blas_threads()
    with suited_to(LARGE, 1000):
        assert blas_threads() == before
    with suited_to(LARGE, 4):
        assert set(blas_threads()) == {1}


def test_fits_that_overlap_put_back_what_was_there_before_the_first():
    before = blas_threads()
    first, second = ExitStack(), ExitStack()
    first.enter_context(suited_to(SMALL, 1000))
    second.enter_context(suited_to(SMALL, 1000))
    first.close()
    assert set(blas_threads()) == {1}
    second.close()
    assert blas_threads() == before


def test_the_least_that_any_fit_wants_holds_for_all():
    before = blas_threads()
    with suited_to(LARGE, 1000, n_threads=2):
        assert max(blas_threads()) <= 2
        with suited_to(LARGE, 1000, n_threads=1):
            assert set(blas_threads()) == {1}
        assert max(blas_threads()) <= 2
    assert blas_threads() == before


def test_libraries_that_come_later_are_found():
    blas = BlasThreads()
    with blas.at_most(1):
        pass
    seen = blas._controller
    with blas.at_most(1):
        assert blas._controller is seen  # nothing was imported: not looked for again
    sys.modules["a_module_that_came_later"] = sys
    try:
        with blas.at_most(1):
            assert blas._controller is not seen
    finally:
        del sys.modules["a_module_that_came_later"]
