"""Dropout on the device draws the masks that every engine draws, bit for bit."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

torch = pytest.importorskip("torch")

from clearprop.engines.torch.masks import keys_of, masks_of, mix  # noqa: E402
from clearprop.engines.torch.program import Program  # noqa: E402
from clearprop.job import Job  # noqa: E402
from clearprop.job.hashing import mix as mix_of_numpy  # noqa: E402
from clearprop.job.randomness import masks  # noqa: E402
from clearprop.network import Network  # noqa: E402


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**40), st.floats(0.01, 0.99), st.sampled_from([1, 7, 130]))
def test_masks_are_the_same_to_the_bit(seed, step, fraction, rows):
    job = Job(Network.mlp([5, 33, 2]), dropout=(fraction, 1 - fraction), seed=seed)
    for dtype, of_torch in ((np.float32, torch.float32), (np.float64, torch.float64)):
        program = Program(torch.device("cpu"), of_torch)
        keys = torch.from_numpy(keys_of(job, np.array([step])))[0]
        slots = masks_of(program, job, rows, keys)
        found = {l: program.fixed(slot) for l, slot in slots.items()}
        (calls,) = program.ready()
        for call in calls:
            call()
        expected = masks(job, step, rows, dtype)
        assert found.keys() == expected.keys()
        for l, mask in expected.items():
            assert np.array_equal(found[l].numpy(), mask)


def test_words_are_mixed_as_unsigned_ones_at_every_edge():
    words = np.array([0, 1, 2**16 - 1, 2**16, 2**31 - 1, 2**31, 2**32 - 1, 0xDEADBEEF], dtype=np.uint32)
    found = torch.from_numpy(words.view(np.int32).copy())
    mix(found, torch.empty_like(found))
    assert np.array_equal(found.numpy().view(np.uint32), mix_of_numpy(words))
