from threadpoolctl import threadpool_info

from clearprop import Network
from clearprop.cli import threads
from clearprop.engines import Job


def blas_threads():
    return [found["num_threads"] for found in threadpool_info() if found["user_api"] == "blas"]


def test_small_products_get_one_thread_and_the_rest_of_the_program_its_own():
    before = blas_threads()
    with threads.suited_to(Job(Network.mlp([190, 128, 1]), batch_size=256)):
        assert set(blas_threads()) == {1}
    assert blas_threads() == before
    with threads.suited_to(Job(Network.mlp([190, 1024, 1024, 1]), batch_size=256)):
        assert blas_threads() == before
