"""Qualities from 1 to 5: what is taken for the settings that are not given, for how long, and which recipes stay."""

from dataclasses import replace

import numpy as np
import pytest

from clearprop import TabularClassifier, TabularRegressor
from clearprop.cli.app import exit_code
from clearprop.errors import DivergenceError, InputError, ModelFileError
from clearprop.job.saving import jobs_from_json, jobs_to_json
from clearprop.tables import Reading
from clearprop.tabular import TableSettings, planning, quantiles
from clearprop.tabular.choosing import VARIANTS, Variant, chosen, variants, varied
from clearprop.tabular.fit import train
from clearprop.tabular.learning import validation_targets
from clearprop.tabular.members import _loss
from clearprop.tabular.model import TableModel
from clearprop.tabular.preparation import prepare
from clearprop.tabular.quality import LEVELS
from clearprop.tabular.quantiles import expected_seconds
from sample_tables import flats, pets, write


def ready(table, **settings):
    return prepare(Reading(table), TableSettings(**settings))


def test_each_quality_does_more_than_the_one_before():
    levels = [LEVELS[k] for k in sorted(LEVELS)]
    work = [level.networks * level.most_epochs * level.recipes for level in levels]
    assert work == sorted(set(work))
    assert LEVELS[3] == (4, 1, 3000, 40, 128, 1)  # the default since record 0010


@pytest.mark.parametrize("quality", [0, 6, 2.5, True, "3", None])
def test_other_qualities_are_refused_in_a_sentence(quality):
    with pytest.raises(InputError, match="quality must be a whole number from 1, the quickest, to 5, the best, not "):
        TableSettings(quality=quality)


def test_what_is_given_wins_over_the_quality():
    plain = ready(flats(300), target="rent", quality=1)
    assert (len(plain.plan.folds), plain.job.epochs) == (1, 32)
    given = ready(flats(300), target="rent", quality=1, ensemble=2, epochs=3)
    assert (len(given.plan.folds), given.job.epochs) == (2, 3)
    assert variants("regression", TableSettings(quality=5, ensemble=2)) == (Variant(),)


def test_what_is_given_stays_in_every_recipe():
    job = ready(pets(300), target="kind").job
    given = TableSettings(learning_rate=0.01, dropout=0.2, weight_decay=0.3, epochs=4)
    asked = ready(pets(300), target="kind", learning_rate=0.01, dropout=0.2, weight_decay=0.3, epochs=4).job
    for recipe in VARIANTS["classification"][1:]:
        assert varied(job, recipe, TableSettings()) != job
        smoothing = asked.label_smoothing if recipe.smoothing is None else recipe.smoothing
        assert varied(asked, recipe, given) == replace(asked, label_smoothing=smoothing)


@pytest.mark.parametrize("task", list(VARIANTS))
def test_the_first_recipe_is_the_default_and_no_two_are_the_same(task):
    assert VARIANTS[task][0] == Variant()
    assert len(set(VARIANTS[task])) == len(VARIANTS[task]) == LEVELS[5].recipes


def test_recipes_are_chosen_until_no_other_helps():
    truth = np.array([1.0, -1.0, 2.0])
    outputs = [truth + 1, truth - 1, truth + 5]
    assert chosen(outputs, lambda mean: float(np.square(mean - truth).sum())) == [0, 1]
    assert chosen([truth, truth + 1], lambda mean: float(np.square(mean - truth).sum())) == [0]
    assert chosen([truth], lambda mean: float("nan")) == [0]


@pytest.mark.parametrize(("table", "target"), [(flats(200), "rent"), (pets(200), "kind")])
def test_the_networks_that_stay_are_no_worse_on_validation_rows_than_the_default(table, target, monkeypatch):
    seen = []
    monkeypatch.setattr(
        quantiles, "of_recipes", lambda *given, of=quantiles.of_recipes: seen.append(given) or of(*given)
    )
    asked = ready(table, target=target, quality=4, epochs=6)
    done = train(asked)
    main, found, recipes = seen[0]
    assert (len(found), len(recipes)) == (3, 3)
    taken = [said.startswith("taken: ") for said in done.model.settings["recipes"]]
    assert len(done.model.thetas) == len(done.model.jobs) == 4 * sum(taken) == done.model.settings["ensemble"]
    loss = _loss(main, *validation_targets(main))
    mean = np.mean([one.outputs for one, is_taken in zip(found, taken, strict=True) if is_taken], axis=0)
    assert loss(mean) <= loss(found[0].outputs)


def test_a_model_of_several_recipes_is_saved_with_what_each_was_asked(tmp_path):
    model = train(ready(flats(200), target="rent", quality=5, epochs=4, quantiles=(0.1, 0.9))).model
    model.save(tmp_path / "m.clearprop")
    again = TableModel.load(tmp_path / "m.clearprop")
    assert again.jobs == model.jobs
    assert [len(each.thetas) for each in (again, *again.quantiles)] == [len(model.thetas), 4, 4]
    assert np.array_equal(again.thetas, model.thetas)
    assert again.settings["recipes"] == model.settings["recipes"]


def test_a_file_whose_networks_do_not_add_up_is_refused():
    job = ready(flats(100), target="rent").job
    found = jobs_to_json([job, replace(job, epochs=9)])
    assert jobs_from_json(job.network, found, 2) == (job, replace(job, epochs=9))
    with pytest.raises(ModelFileError, match="it says how 1 networks were trained, and has 2"):
        jobs_from_json(job.network, found, 3)


def test_a_recipe_that_diverges_is_left_out_and_told(monkeypatch):
    def carried(plan, name, *rest, of=quantiles._carried_out):
        if name == "recipe 2":
            raise DivergenceError("the loss is not finite", epoch=1, step=1, layer=None)
        return of(plan, name, *rest)

    monkeypatch.setattr(quantiles, "_carried_out", carried)
    with pytest.warns(UserWarning, match="recipe 2 of 3 diverged and is left out"):
        done = train(ready(flats(200), target="rent", quality=4, epochs=3))
    assert len(done.model.settings["recipes"]) == 2


def test_a_cosine_is_planned_for_the_time_that_there_is(monkeypatch):
    monkeypatch.setattr(planning, "seconds_per_epoch", lambda *given: 0.1)
    limited = ready(flats(300), target="rent", time_limit=5.0)
    assert {job.epochs for job in limited.plan.jobs} == {46}
    assert {job.epochs for job in ready(flats(300), target="rent", time_limit=5.0, epochs=99).plan.jobs} == {99}
    shared = ready(flats(300), target="rent", time_limit=6.0, quality=4, quantiles=(0.5,))
    assert shared.job.epochs == 13  # a quarter of the time
    assert expected_seconds(shared.plan) == pytest.approx(6.0)  # the recipe of twice the epochs has no more time


def test_the_expected_time_is_that_of_all_networks(monkeypatch):
    monkeypatch.setattr(planning, "seconds_per_epoch", lambda *given: 0.1)
    plan = ready(flats(300), target="rent", quality=4, quantiles=(0.5,)).plan
    assert expected_seconds(plan) == pytest.approx(0.1 * 128 * (1 + 1 + 2 + 1))
    monkeypatch.setattr(planning, "seconds_per_epoch", lambda *given: None)
    assert expected_seconds(plan) is None


def test_a_trial_measures_an_epoch_of_this_machine():
    plan = ready(pets(300), target="kind").plan
    assert 0 < plan.seconds_per_epoch() < 5
    assert replace(plan, stream=object()).seconds_per_epoch() is None


@pytest.mark.parametrize("kind", [TabularClassifier, TabularRegressor])
def test_estimators_have_a_quality(kind, capsys):
    X, y = np.arange(160.0).reshape(80, 2), np.repeat([0.0, 1.0], 40)
    model = kind(quality=4, max_iter=9, random_state=0, verbose=True).fit(X, y)
    assert model.ensemble_ == len(model.model_.thetas) >= 4
    assert "training will take about " in capsys.readouterr().out
    with pytest.raises(InputError, match="not 9"):
        kind(quality=9).fit(X, y)


def test_inspect_says_which_recipes_were_taken(tmp_path, capsys):
    write(tmp_path / "flats.csv", flats(150))
    given = ["--target", "rent", "--quality", "4", "--epochs", "3", "--output", str(tmp_path / "m.clearprop")]
    assert exit_code(["train", str(tmp_path / "flats.csv"), *given]) == 0
    said = capsys.readouterr().out
    assert "quality 4 of 5" in said
    assert "the networks of 3 recipes" in said
    assert exit_code(["inspect", str(tmp_path / "m.clearprop")]) == 0
    said = capsys.readouterr().out
    assert "quality 4" in said
    assert "taken: " in said


def test_a_fit_with_a_time_limit_goes_on_though_its_machine_seems_slower_now(tmp_path, monkeypatch):
    def seeming(seconds):
        monkeypatch.setattr(planning.EnsemblePlan, "seconds_per_epoch", lambda plan: seconds)
        return TabularRegressor(max_seconds=100, ensemble=2, random_state=0)

    X = flats(200).to_pandas()
    y = X.pop("rent")
    kept = {"checkpoint": tmp_path, "checkpoint_seconds": 0}
    first = seeming(9.0).fit(X, y, **kept)
    assert first.n_iter_ == 10
    again = seeming(18.0).fit(X, y, **kept, resume=True)
    assert (again.n_iter_, again.model_.thetas.tolist()) == (10, first.model_.thetas.tolist())
    assert seeming(18.0).fit(X, y).n_iter_ == 5
