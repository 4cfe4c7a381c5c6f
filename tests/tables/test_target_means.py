"""Means of the target for categories of many values: the estimate, its step, and rows without their own target."""

import json

import numpy as np
import pyarrow as pa
import pytest

from clearprop.errors import InputError, ModelFileError
from clearprop.tables.encoder import Encoder
from clearprop.tables.fitting import fit_encoder
from clearprop.tables.numeric import before_clip
from clearprop.tables.steps import Category
from clearprop.tables.target_means import Learned, TargetMeans, with_means, without_own

RANDOM = np.random.default_rng(0)


def fitted(values, y, weight=None, fewest=3, **more):
    words = pa.array(values, pa.string())
    counts = sorted({value for value in values if value is not None})
    step = Category("c", tuple(counts[:3]), len(counts) > 3, None in values, **more)
    return with_means(step, words, Learned.of(("y",), np.asarray(y, float).reshape(len(y), -1), weight), fewest)


def many(n=600, k=40, spread=2.0, seed=0):
    random = np.random.default_rng(seed)
    code = random.integers(0, k, n)
    effect = spread * random.normal(size=k)
    return [f"v{c:02}" for c in code], effect[code] + random.normal(size=n)


def test_means_are_drawn_to_that_of_all_by_the_share_of_their_variance():
    values, y = many(n=20_000, k=40)
    step = fitted(values, y)
    found = step.of_places[:-2, 0]
    raw = np.array([y[np.array(values) == name].mean() - y.mean() for name in step.categories])
    n = np.array([values.count(name) for name in step.categories])
    between, within = raw.var(ddof=1), 1.0
    expected = raw * n / (n + within / (between - (within / n).mean()))
    scaled = np.array([before_clip(mean) for mean in found])
    np.testing.assert_allclose(scaled / scaled.std(), expected / expected.std(), rtol=1e-3, atol=1e-3)


def test_values_that_say_nothing_get_no_means():
    random = np.random.default_rng(5)
    drawn = [many(spread=0.0, seed=seed) for seed in range(40)]
    n_without = sum(type(fitted(*each)) is Category for each in drawn)
    assert n_without >= 15  # chance makes the variance between values positive in about half of the tables
    loud = max(np.abs(fitted(*each).of_places).max() for each in drawn if isinstance(fitted(*each), TargetMeans))
    assert loud <= 3.0
    assert type(fitted([f"v{k}" for k in range(100)], random.normal(size=100))) is Category  # each row its own value


def test_few_rows_say_less_than_many():
    values = ["often"] * 500 + ["once"] * 2 + ["other"] * 498 + ["fourth"] * 100
    y = np.concatenate([np.full(502, 5.0), np.zeros(598)]) + np.tile([-1, 1], 550)
    step = fitted(values, y)
    of = dict(zip(step.categories, step.of_places[:, 0], strict=False))
    assert 0 < of["once"] < of["often"]


def test_a_row_does_not_get_its_own_target():
    """Whatever a part's targets are, its rows' inputs stay, but for the common spread and m."""
    values, y = many(n=400)
    part = np.arange(0, 400, 4)
    parts = [part, np.setdiff1d(np.arange(400), part)]
    step, column = fitted(values, y), pa.chunked_array([values])
    found = without_own(step, column, Learned.of(("y",), y[:, None]), parts)[part, 0]
    moved = y.copy()
    moved[part] = RANDOM.permutation(y[part])
    again = without_own(step, column, Learned.of(("y",), moved[:, None]), parts)[part, 0]
    order = [before_clip(mean) for mean in found], [before_clip(mean) for mean in again]
    assert np.corrcoef(order)[0, 1] > 0.998  # m moves a little, and with it how far few rows are drawn
    own = step.encode(column)[0][part, step.mean_inputs].ravel()
    noise = y - np.array([y[np.array(values) == v].mean() for v in values])
    assert np.corrcoef(own, noise[part])[0, 1] > np.corrcoef(found, noise[part])[0, 1]


def test_noise_cannot_be_read_from_what_is_learned_from():
    values, y = many(n=3000, k=800, spread=0.3)
    learned = Learned.of(("y",), y[:, None])
    step = fitted(values, y)
    assert isinstance(step, TargetMeans)
    parts = [np.arange(k, 3000, 5) for k in range(5)]
    own = step.encode(pa.chunked_array([values]))[0][:, step.mean_inputs].ravel()
    others = without_own(step, pa.chunked_array([values]), learned, parts).ravel()
    new_values, new_y = many(n=3000, k=800, spread=0.3, seed=0)
    assert np.corrcoef(own, y)[0, 1] > 0.5
    assert np.corrcoef(others, y)[0, 1] < 0.35
    assert (new_values, new_y.tolist()) == (values, y.tolist())


def test_weights_count_as_rows_do():
    values, y = many(n=300)
    weight = RANDOM.integers(1, 4, 300)
    repeated = np.repeat(np.arange(300), weight)
    by_weight = fitted(values, y, weight.astype(float))
    by_rows = fitted([values[k] for k in repeated], y[repeated])
    assert by_weight.categories == by_rows.categories
    found, expected = ([before_clip(m) for m in step.means[:-1]] for step in (by_weight, by_rows))
    assert np.corrcoef(found, expected)[0, 1] > 0.999
    times = fitted(values, y, 1e-4 * weight)  # the unit of weights says nothing
    np.testing.assert_allclose(times.means, by_weight.means, rtol=1e-9)


def encoder_with_means():
    values, y = many()
    return Encoder((fitted(values, y),), {}), pa.table({"c": [*values[:5], None, "new"]})


def test_it_is_saved_under_a_version_that_older_ones_name_and_others_are_not():
    encoder, table = encoder_with_means()
    spec = json.loads(json.dumps(encoder.to_json()))
    assert spec["version"] == 3
    again = Encoder.from_json(spec)
    assert again == encoder
    np.testing.assert_array_equal(again.encode(table).X, encoder.encode(table).X)
    assert fit_encoder(table).encoder.to_json()["version"] == 2


@pytest.mark.parametrize(
    "damage",
    [
        {"means": [0.0]}, {"means": [float("nan")] * 41}, {"means": [9.0] * 41}, {"own": 0}, {"own": 99}, {"of": []},
        {"own": True},
    ],
)  # fmt: skip
def test_damaged_means_are_refused(damage):
    spec = encoder_with_means()[0].to_json()
    spec["steps"][0] |= damage
    with pytest.raises(ModelFileError, match="the description of the encoder is damaged"):
        Encoder.from_json(spec)


def test_a_step_without_its_means_is_refused():
    with pytest.raises(InputError, match="column 'c': of 3 categories at least"):
        TargetMeans("c", ("a", "b"), True, False, False, 1, ("y",), (0.0,))


def test_it_says_what_it_is():
    encoder, table = encoder_with_means()
    (step,) = encoder.steps
    assert step.describe() == (
        "category, 3 values (v00, v01, v02) and one input for all rarer ones; and the mean of y over the rows of each "
        "value, of 37 rarer ones too"
    )
    assert step.names[-2:] == ("c: another", "c: mean of y")
    assert [remark.kind for remark in encoder.encode(table).remarks] == ["unseen", "missing"]
