"""The models that every medium is held against: each is fitted once, small, and predicts 10,000 rows."""

import logging
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import pyarrow.parquet
import pytest
from sklearn.datasets import load_digits

from clearprop import Activation, MLPClassifier, TabularClassifier, TabularRegressor
from clearprop.estimators.exporting import program_of
from clearprop.formulas import exp, where
from clearprop.tables.target_means import TargetMeans
from evaluated_programs import answered, quantiles_of

DIAMONDS = Path(__file__).parents[1] / "examples/data/diamonds.parquet"
ROWS = 10_000
LOG = logging.getLogger(__name__)  # --log-cli-level=INFO shows the figures
QUICK = {"max_iter": 60, "n_iter_no_change": 2, "tol": 9.0, "random_state": 0}  # ends by itself after a few epochs


class Bend(Activation):
    """An activation of a user's own, with a parameter."""

    width: float = 1.0

    def value(z, width):
        return where(z > 0, z, width * z * exp(-(z**2)))


class Exported(NamedTuple):
    """A fitted model, its rows, and what it says of them.

    Attributes
    ----------
    rows : data frame or array of shape (n_rows, n_features)
    expected : array of shape (n_rows, n)
        Probabilities or numbers, of our own engine.
    """

    model: Any
    rows: Any
    expected: Any

    @property
    def program(self):
        """The model as data."""
        return program_of(self.model)

    @property
    def exact(self):
        """What a float64 evaluation of the program says of the inputs that the model has."""
        program = self.program
        if program.is_plain:
            return answered(program, np.asarray(self.rows, dtype=program.dtype))
        X = self.model.model_.encoder.encode(self.model._predicted(self.rows)).X
        more = [quantiles_of(program, X)] if program.quantiles else []
        return np.concatenate([answered(program, X), *more], axis=1)

    def check(self, found, medium=""):
        """That a medium is no farther from the exact answer than twice our own engine, and says the same classes."""
        exact = self.exact
        scale = np.maximum(1, np.abs(exact).max(axis=1, keepdims=True))
        own = float((np.abs(self.expected - exact) / scale).max())
        bound = max(2 * own, 1e-12)
        assert found.shape == exact.shape
        off = float((np.abs(found - exact) / scale).max())
        LOG.info("%s: %s rows, %.2g from float64, our own engine %.2g", medium, len(found), off, own)
        assert off <= bound
        if self.program.answer.kind == "class":
            best = np.sort(exact, axis=1)
            clear = best[:, -1] - best[:, -2] > 2 * bound
            assert clear.mean() > 0.9
            assert (found.argmax(axis=1) == exact.argmax(axis=1))[clear].all()
            LOG.info("the same class in all %s rows whose margin is above it", clear.sum())


@cache
def diamonds():
    """Numbers and categories, three networks, a logarithm."""
    frame = pyarrow.parquet.read_table(DIAMONDS).slice(0, 40_000).to_pandas()
    frame = frame.sample(ROWS, random_state=0).reset_index(drop=True)
    price = frame.pop("price")
    model = TabularRegressor(log_target=True, ensemble=3, max_iter=3, hidden_layer_sizes=(24, 12), random_state=0)
    model.fit(frame, price)
    return Exported(model, frame, model.predict(frame)[:, None])


@cache
def digits():
    """Ten classes of images."""
    X, y = load_digits(return_X_y=True)
    model = MLPClassifier((32,), **QUICK).fit(X, y)
    rows = np.tile(X, (6, 1))[:ROWS] + np.random.default_rng(0).integers(-1, 2, (ROWS, 64))
    return Exported(model, rows, model.predict_proba(rows))


@cache
def labels():
    """Three labels for each row, in float32."""
    random = np.random.default_rng(1)
    rows = random.normal(size=(ROWS, 6)).astype(np.float32)
    y = rows[:, :3] + rows[:, 3:] > 0.3
    model = MLPClassifier((16, 8), activation="tanh", **QUICK).fit(rows[:2000], y[:2000])
    return Exported(model, rows, model.predict_proba(rows))


@cache
def quantiles():
    """Quantiles of a number, with missing values, truths, dates and means of the target."""
    random = np.random.default_rng(2)
    size = random.uniform(20, 120, ROWS).round(1)
    size[random.random(ROWS) < 0.05] = np.nan
    frame = pd.DataFrame({
        "size": size,
        "balcony": random.random(ROWS) < 0.5,
        "since": pd.Timestamp("2001-02-03 04:05") + pd.to_timedelta(random.integers(0, 10**8, ROWS), unit="s"),
    })  # fmt: skip
    rent = 10 * np.nan_to_num(size, nan=50.0) + 100 * frame["balcony"] + random.normal(0, 20, ROWS)
    street = random.integers(0, 130, ROWS)
    rent += 3 * street
    frame["street"] = np.where(random.random(ROWS) < 0.02, None, [f"street {k:03}" for k in street])
    model = TabularRegressor(
        quantiles=(0.1, 0.5, 0.9), ensemble=2, max_iter=10, hidden_layer_sizes=(16,), random_state=0, target_means=50
    )
    model.fit(frame[:3000], rent[:3000])
    assert any(isinstance(step, TargetMeans) for step in model.model_.encoder.steps)
    return Exported(model, frame, np.column_stack([model.predict(frame), model.predict_quantiles(frame)]))


@cache
def own():
    """Classes of a table by an activation of a user's own, at a temperature."""
    random = np.random.default_rng(3)
    kind = random.choice(["cat", "cow", "dog"], ROWS, p=[0.5, 0.2, 0.3])
    weight = np.select([kind == "cat", kind == "dog"], [4.0, 20.0], 500.0) * np.exp(random.normal(0, 0.5, ROWS))
    says = np.where(random.random(ROWS) < 0.1, None, np.where(kind == "cow", "moo", '呼 "x"'))
    frame = pd.DataFrame({"weight": weight, "says": says})
    model = TabularClassifier(
        activation=Bend(0.5),
        probabilities=True,
        ensemble=2,
        max_iter=20,
        hidden_layer_sizes=(12,),
        random_state=0,
        engine="reference",
    )
    model.fit(frame[:2000], kind[:2000])
    return Exported(model, frame, model.predict_proba(frame))


MODELS = {"diamonds": diamonds, "digits": digits, "labels": labels, "quantiles": quantiles, "own": own}


@cache
def real_diamonds():
    """All 53,940 diamonds with the encoder and the network that `clearprop train` takes, but three of them."""
    frame = pyarrow.parquet.read_table(DIAMONDS).to_pandas()
    price = frame.pop("price")
    model = TabularRegressor(log_target=True, ensemble=3, max_iter=8, random_state=0).fit(frame, price)
    frame = frame.sample(ROWS, random_state=1).reset_index(drop=True)
    return Exported(model, frame, model.predict(frame)[:, None])


@cache
def real_digits():
    """The digits with the network of `MLPClassifier()`, trained to its end; every image up to six times, with noise."""
    X, y = load_digits(return_X_y=True)
    model = MLPClassifier(random_state=0).fit(X, y)
    rows = np.tile(X, (6, 1))[:ROWS] + np.random.default_rng(0).normal(0, 0.5, (ROWS, 64))
    return Exported(model, rows, model.predict_proba(rows))


REAL = {"real diamonds": real_diamonds, "real digits": real_digits}
TEN_THOUSAND = [*MODELS, *(pytest.param(name, marks=pytest.mark.torture) for name in REAL)]


def exported(name):
    """One of the five, or of the two that take minutes to train."""
    return (MODELS | REAL)[name]()
