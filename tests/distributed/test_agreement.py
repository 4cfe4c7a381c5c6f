"""What processes that train together must have alike, and what is said where they do not."""

import pytest

from clearprop import Network
from clearprop.distributed.agreement import agree
from clearprop.errors import Disagreement
from clearprop.files.checkpoints import described
from clearprop.job import Job
from threads_as_processes import played


def refused(n, given):
    """What every process says, where process k has what `given(k)` returns."""

    def one(group):
        with pytest.raises(Disagreement) as caught:
            agree(group, given(group.rank))
        return str(caught.value)

    (said,) = set(played(n, one))
    return said


def test_a_setting_is_named_with_its_values_and_the_processes():
    jobs = [described(Job(Network.mlp([2, 1]), epochs=10 if k % 2 else 20)) for k in range(4)]
    said = refused(4, lambda k: {"job": jobs[k]})
    assert said.startswith(
        "these processes cannot train together: epochs is 20 in processes 0 and 2, 10 in processes 1 and 3; "
    )


def test_a_network_is_named_by_what_differs_in_it():
    jobs = [described(Job(Network.mlp([2, 3, 1], hidden="relu" if k else "tanh"))) for k in range(2)]
    assert "activation" in refused(2, lambda k: {"job": jobs[k]})


def test_versions_rows_and_seeds_are_named():
    assert "versions.numpy is '1' in process 0, '2' in process 1;" in refused(
        2, lambda k: {"versions": {"numpy": str(k + 1)}}
    )
    rows = refused(8, lambda k: {"rows": "other" if k == 3 else "same"})
    assert "the rows, or the weights to begin with, are some in 7 others and others in process 3" in rows
    assert "name a seed" in refused(2, lambda k: {"job": {"seed": k}})


def test_those_that_are_alike_are_not_refused():
    assert played(2, lambda group: agree(group, {"job": {"seed": 1, "widths": [1, 2]}})) == [None, None]
