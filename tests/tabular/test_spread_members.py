"""An ensemble that processes have between them: the bits of one process, all end alike, checkpoints go on."""

from dataclasses import replace

import numpy as np
import pyarrow as pa
import pytest

from clearprop.distributed.spread import Among, Spread
from clearprop.errors import DivergenceError
from clearprop.files.checkpoints import Checkpoints
from clearprop.formulas import SGD
from clearprop.tables import Reading
from clearprop.tabular import TableSettings, prepare
from clearprop.tabular.learning import carry_out, kept_as
from clearprop.training.halting import Halt
from clearprop.training.joining import kept_by_first
from clearprop.training.keeper import Keeper
from threads_as_processes import played

RNG = np.random.default_rng(0)
A, B = RNG.normal(size=(2, 90))
ROWS = Reading(pa.table({"a": A, "b": B, "y": A * B + A}))
PLAIN = {"target": "y", "ensemble": 3, "epochs": 6, "hidden": (8,), "dropout": 0.1, "engine": "compiled"}


def planned(**told):
    return prepare(ROWS, TableSettings(**{**PLAIN, **told})).plan


def learned(group, plan, callbacks=(), folder=None):
    halt = Halt()
    checkpoints = None if folder is None else Checkpoints(folder, 0.0, True)
    with Among(group) as among, halt.over_fits():
        kept = kept_by_first(among, kept_as(plan, "", checkpoints if group.rank == 0 else None))
        return carry_out(plan, callbacks, kept=kept, among=among)


def same(found, alone):
    for each in found:
        np.testing.assert_array_equal(each.thetas, alone.thetas)
        assert each.fit.reason == alone.fit.reason
        assert each.temperature == alone.temperature
        assert seen_of(each) == seen_of(alone)


def seen_of(done):
    """What the history says, NaN equal to NaN."""
    numbers = [(each.loss, *each.scores.values(), each.steps) for each in done.fit.history]
    return [[repr(float(number)) for number in each] for each in numbers]


@pytest.mark.parametrize("n", [2, 3, 5])
def test_the_bits_are_those_of_one_process(n):
    plan = planned()
    same(played(n, lambda group: learned(group, plan)), carry_out(plan))


def test_a_callback_of_one_process_ends_all_after_the_same_epoch():
    plan = planned(epochs=500)

    def one(group):
        return learned(group, plan, [lambda epoch: group.rank == 1 and epoch.n == 2])

    found = played(2, one)
    assert {each.fit.reason.split(";")[0] for each in found} == {"stopped after epoch 2: a callback asked for it"}
    same(found, carry_out(plan, [lambda epoch: epoch.n == 2]))


def test_a_network_that_diverges_does_so_for_all():
    plan = planned()
    plan = replace(plan, jobs=tuple(replace(job, update_rule=SGD(1e30)) for job in plan.jobs))

    def one(group):
        with pytest.raises(DivergenceError) as caught:
            carry_out(plan) if group is None else learned(group, plan)
        return str(caught.value), [theta.tobytes() for theta in caught.value.thetas]

    assert played(2, one) == [one(None)] * 2


@pytest.mark.filterwarnings("ignore:training diverged:UserWarning")
def test_networks_that_go_on_after_diverging_do_so_with_the_same_bits():
    plan = planned(on_divergence="retry")
    plan = replace(plan, jobs=tuple(replace(job, update_rule=SGD(1e30)) for job in plan.jobs))
    alone = carry_out(plan)
    assert alone.fit.retries
    same(played(2, lambda group: learned(group, plan)), alone)


def test_a_checkpoint_has_the_best_weights_of_all_networks(tmp_path, monkeypatch):
    monkeypatch.setattr(Keeper, "is_due", property(lambda keeper: len(keeper._progress.history) == 3))
    plan, alone = planned(epochs=40), carry_out(planned(epochs=40))
    played(3, lambda group: learned(group, plan, folder=tmp_path))
    kept = kept_as(plan, "", Checkpoints(tmp_path, resume=True))
    for ours, theirs in zip(kept.snapshot.progress.best.thetas, alone.thetas, strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_checkpoint_goes_on_to_the_same_bits_with_any_number_of_processes(tmp_path):
    plan, alone = planned(), carry_out(planned())

    class Killed(Exception):
        pass

    def killed(epoch):
        if epoch.n == 4:
            raise Killed

    with pytest.raises(Killed):
        played(2, lambda group: learned(group, plan, [killed], tmp_path))
    seen = []
    same(played(3, lambda group: learned(group, plan, [seen.append] if group.rank == 0 else [], tmp_path)), alone)
    assert Checkpoints(tmp_path, resume=True).is_begun
    kept = kept_as(plan, "", Checkpoints(tmp_path, resume=True))
    assert kept.snapshot.progress.ended[0] == alone.fit.stopped_by
    same([carry_out(plan, kept=kept, among=Spread())], alone)
