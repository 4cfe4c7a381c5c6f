"""A table as it comes: numbers, categories, a truth value, a tenth of it missing. From file to saved model and back.

python examples/table_with_gaps.py
"""

import tempfile
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.metrics import mean_absolute_percentage_error
from sklearn.model_selection import train_test_split

from clearprop import TabularRegressor

DATA = Path(__file__).parent / "data" / "diamonds.parquet"
ROWS, MISSING = 2_000, 0.1


def table_with_gaps():
    """Some of the diamonds, a tenth of all values taken away at random, and their prices."""
    random = np.random.default_rng(0)
    frame = pd.read_parquet(DATA).sample(ROWS, random_state=0).reset_index(drop=True)
    price = frame.pop("price")
    frame["is ideal"] = frame["cut"] == "Ideal"
    return frame.mask(random.random(frame.shape) < MISSING), price


def main():
    X, y = table_with_gaps()
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.25, random_state=0)
    model = TabularRegressor(log_target=True, quantiles=(0.05, 0.95), random_state=0).fit(X, y)

    print(f"{X.isna().to_numpy().mean():.0%} of {X.size:,} values are missing")
    for step in model.model_.encoder.steps[:3]:
        print(f"  {step.column}: {step.describe()}")
    print(f"{model.ensemble_} networks {model.model_.network.widths}, training {model.stopping_reason_}")

    low, high = model.predict_quantiles(X_test).T
    trees = HistGradientBoostingRegressor(random_state=0).fit(_codes(X), np.log(y))
    print(f"mean relative error:   {mean_absolute_percentage_error(y_test, model.predict(X_test)):.1%}")
    print(f"  of boosted trees:    {mean_absolute_percentage_error(y_test, np.exp(trees.predict(_codes(X_test)))):.1%}")
    print(f"inside the interval:   {np.mean((low <= y_test) & (y_test <= high)):.1%} of the prices (90 % wanted)")

    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "prices.clearprop"
        model.save(path)
        again = TabularRegressor.load(path)
        print(f"loaded again from {path.name}: {again.predict(X_test[:3]).round().astype(int).tolist()} dollars")


def _codes(X):
    """Categories as the trees want them: each word a number of its column, −1 where it is missing."""
    words = X.select_dtypes(exclude="number").columns
    return X.assign(**{name: pd.Categorical(X[name].astype(str)).codes for name in words})


if __name__ == "__main__":
    main()
