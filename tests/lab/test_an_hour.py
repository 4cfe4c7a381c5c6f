"""The memory of a lab that is used for long grows no more, once its time line and its caches are full."""

import resource

import pytest

from asking import Asking
from clearprop.lab.project import new_project

ROUND = (
    ("step", {"grain": "epoch"}), ("step", {"grain": "neuron"}), ("step", {"grain": "batch", "direction": -1}),
    ("set", {"of": "b1[0]", "value": None}), ("undo", {}), ("step", {"grain": "batch", "count": 7}),
)  # fmt: skip


def used(asking, rounds, begun):
    for n in range(rounds):
        for path, body in ROUND:
            if path == "set":
                body = {**body, "value": 0.001 * (begun + n) + 0.1}
            asking.post(path, **body)
        asking.get("derivation", of="W1[0,0]", forms="component")
        asking.get("curves")
        asking.get("surface", size=20)


def resident():
    """Kilobytes of memory at the most so far."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss


@pytest.mark.torture
def test_an_hour_of_use_takes_no_more_memory_than_its_first_minutes(figure):
    asking = Asking(new_project({"kind": "circles", "n": 100}))
    used(asking, 600, 0)
    before = resident()
    used(asking, 3000, 600)
    grown = resident() / before
    figure("memory of the lab over 3,600 rounds of use", f"{grown - 1:+.2%} after the first 600")
    assert grown < 1.01
