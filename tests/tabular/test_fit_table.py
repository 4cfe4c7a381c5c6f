import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest

from clearprop.engines import ReferenceEngine, TrainingState
from clearprop.errors import DivergenceError, TableError
from clearprop.formulas import ConstantSchedule
from clearprop.tables import Reading, fit_encoder, read
from clearprop.tabular import learning
from clearprop.tabular.fit import train
from clearprop.tabular.learning import stopping
from clearprop.tabular.preparation import prepare
from clearprop.tabular.settings import TableSettings
from clearprop.tabular.together import Together
from clearprop.training import OneNetwork, Stopping, fit
from sample_tables import flats, pets

DIAMONDS = Path(__file__).parents[2] / "examples" / "data" / "diamonds.parquet"


def ready(table, **settings):
    return prepare(Reading(table), TableSettings(**settings))


@pytest.mark.parametrize("ensemble", [1, 3])
def test_the_encoder_sees_training_rows_only(ensemble):
    table = flats()
    found = ready(table, target="rent", ensemble=ensemble)
    assert np.intersect1d(found.parts.train, found.parts.test).size == 0
    training = table.drop_columns(["rent"]).take(pa.array(found.parts.train))
    assert found.encoder == fit_encoder(training).encoder
    values = np.array(table.column("rent"))[found.parts.train]
    assert (found.target.centre, found.target.low) == (values.mean(), values.min())


def test_a_category_that_only_held_out_rows_have_is_unseen_and_said():
    table = flats()
    test_rows = ready(table, target="rent").parts.test
    district = table.column("district").to_pylist()
    district[test_rows[0]] = "moon"
    found = ready(table.set_column(1, "district", pa.array(district)), target="rent")
    assert "moon" not in found.encoder.steps[1].categories
    assert any("'moon'" in notice for notice in found.notices)


def test_smaller_tables_get_smaller_batches_and_more_epochs():
    small, large = (ready(flats(n), target="rent").job for n in (100, 20_000))
    assert (small.batch_size, small.epochs) == (64, 128)
    assert (large.batch_size, large.epochs) == (256, 60)
    assert small.update_rule.learning_rate == large.update_rule.learning_rate / 2


def test_small_tables_are_learned_by_several_networks_and_large_ones_by_one():
    assert len(ready(flats(100), target="rent").plan.folds) == 4
    large = ready(flats(30_000), target="rent")
    assert [(fold.learn.tolist(), fold.validation.tolist()) for fold in large.plan.folds] == [
        (large.parts.train.tolist(), large.parts.validation.tolist())
    ]


@pytest.mark.parametrize("ensemble", [1, 3])
def test_the_weights_of_the_last_of_the_best_epochs_are_put_back(ensemble):
    found = ready(pets(100), target="kind", epochs=10_000, ensemble=ensemble)
    assert stopping(found.plan).patience == 10_000
    seen = []
    done = train(found, [lambda epoch: seen.append(epoch) or len(seen) == 30])
    most = max(epoch.scores["validation_accuracy"] for epoch in seen)
    best = [epoch for epoch in seen if epoch.scores["validation_accuracy"] == most][-1]
    assert done.fit.best == best
    right = []
    for theta, fold in zip(done.model.thetas, found.plan.folds, strict=True):
        outputs = found.choice.engine.outputs(found.network, found.network.views(theta), found.X[fold.validation])
        right.extend(outputs.argmax(axis=1) == found.y[fold.validation])
    assert np.mean(right) == best.scores["validation_accuracy"]


def test_where_probabilities_count_the_best_epoch_is_that_of_the_least_loss():
    found = ready(pets(100), target="kind", epochs=30, probabilities=True)
    assert found.job.label_smoothing == 0 < ready(pets(100), target="kind").job.label_smoothing
    done = train(found).fit
    assert done.best == min(done.history, key=lambda epoch: epoch.scores["validation_loss"])


def test_the_model_is_the_mean_of_its_networks():
    found = ready(flats(100), target="rent", epochs=3)
    model = train(found).model
    each = [ReferenceEngine().outputs(model.network, model.network.views(theta), found.X) for theta in model.thetas]
    assert len(each) == 4
    np.testing.assert_allclose(model.outputs_for(found.X), np.mean(each, axis=0), rtol=1e-4, atol=1e-5)


def test_the_number_of_threads_changes_nothing():
    found = [train(ready(pets(120), target="kind", epochs=4, n_threads=n)).model.thetas for n in (1, 2, 3, 8)]
    for thetas in found[1:]:
        np.testing.assert_array_equal(thetas, found[0])


def test_a_member_learns_what_it_would_learn_alone():
    """The first network of an ensemble and a fit of its own, on its rows, from its weights, of as many epochs."""
    found = ready(pets(120), target="kind", epochs=4, ensemble=3)
    member = learning.member(found.plan, 1)
    together = Together([learning.member(found.plan, k) for k in range(3)], lambda _: {}, n_threads=2)
    fit(together, Stopping(patience=100, tolerance=0.0))
    state = TrainingState.start(member.job, member.initial)
    fit(OneNetwork(member.job, state, member.data, ReferenceEngine()), Stopping(patience=100, tolerance=0.0))
    np.testing.assert_allclose(together.thetas[1], state.theta, rtol=1e-3, atol=1e-4)


def test_a_time_limit_ends_training_within_an_epoch():
    found = ready(pets(300), target="kind", epochs=10**6, time_limit=0.3)
    began = time.perf_counter()
    done = train(found).fit
    assert done.stopped_by == "time"
    assert "time limit of 0.3 s" in done.reason
    assert time.perf_counter() - began < 60


def test_ctrl_c_keeps_the_best_weights():
    def interrupt(epoch):
        if epoch.n == 3:
            raise KeyboardInterrupt

    done = train(ready(pets(100), target="kind"), [interrupt]).fit
    assert (done.stopped_by, len(done.history)) == ("interrupt", 3)
    assert done.reason.startswith("interrupted after 3 whole epochs; the weights of epoch")


def test_divergence_is_an_error_that_names_where():
    found = ready(flats(100), target="rent", epochs=3)
    jobs = tuple(
        replace(job, update_rule=replace(job.update_rule, learning_rate=1e30), schedule=ConstantSchedule())
        for job in found.plan.jobs
    )
    with pytest.raises(DivergenceError):
        train(replace(found, plan=replace(found.plan, jobs=jobs)))


def test_the_held_out_score_is_that_of_the_saved_model(tmp_path):
    found = ready(flats(), target="rent", log_target=True)
    model = train(found, [lambda epoch: epoch.n == 5]).model
    model.save(tmp_path / "m")
    again = type(model).load(tmp_path / "m")
    held_out = flats().take(pa.array(found.parts.test))
    assert again.evaluate(held_out).scores == model.held_out == again.held_out


def test_diamonds_are_learned_beyond_the_bound_in_a_few_epochs():
    """The real job, cut short: RMSE of log price on the held-out fifth. (The default 40 epochs reach 0.088.)"""
    reading = read(DIAMONDS)
    assert reading.table.num_rows == 53_940
    found = prepare(reading, TableSettings(target="price", log_target=True, epochs=12, hidden=(64, 64)))
    assert [len(part) for part in found.parts] == [38_837, 4_315, 10_788]
    assert train(found).model.held_out.rmse_log < 0.105


def test_a_class_that_hardly_a_row_has_is_told():
    labels = ["a", "b"] * 40 + ["c"]
    reading = Reading(pa.table({"x": [float(k) for k in range(81)], "y": labels}))
    ready = prepare(reading, TableSettings(target="y"))
    assert "a class has fewer than 5 rows, too few to be learned and scored: c (1); join each with" in str(
        ready.notices
    )
    reading = Reading(reading.table.slice(0, 80))
    assert "fewer than 5 rows" not in str(prepare(reading, TableSettings(target="y")).notices)


def test_a_column_alone_leaves_nothing_to_predict():
    with pytest.raises(TableError, match="the table has the column 'x' alone, and none that could be predicted"):
        prepare(Reading(pa.table({"x": [1.0, 2.0] * 20})), TableSettings())
