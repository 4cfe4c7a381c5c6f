"""Intervals for the price of a diamond: three networks, one for each of the quantiles 5 %, 50 % and 95 %.

Nine of ten prices should lie between the outer two, wherever one looks: in all, and among small and large stones.

    python examples/quantile_intervals.py
"""

from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from clearprop import MLPRegressor
from clearprop.formulas import OneCycle, Quantile

DATA = Path(__file__).parent / "data" / "diamonds.parquet"
GRADES = {
    "cut": ["Fair", "Good", "Very Good", "Premium", "Ideal"],
    "color": list("JIHGFED"),
    "clarity": ["I1", "SI2", "SI1", "VS2", "VS1", "VVS2", "VVS1", "IF"],
}
ROWS = 20_000


def rows():
    """X: the logarithm of the weight, the grades as numbers, from worst to best; y: the price in dollars."""
    table = parquet.read_table(DATA)
    grades = [np.array([names.index(grade) for grade in table[name].to_pylist()]) for name, names in GRADES.items()]
    X = np.column_stack([np.log(table["carat"].to_numpy()), *grades])
    return X, table["price"].to_numpy()


def main():
    X, y = rows()
    some = np.random.default_rng(0).permutation(len(y))[:ROWS]
    X, X_test, y, y_test = train_test_split(X[some], y[some], test_size=0.25, random_state=0)
    scaler = StandardScaler().fit(X)
    found = {}
    for quantile in (0.05, 0.5, 0.95):
        model = MLPRegressor(Quantile(quantile), (64, 64), "silu", learning_rate=OneCycle(), random_state=0)
        model.set_params(learning_rate_init=0.01, max_iter=40, n_iter_no_change=np.inf, alpha=0.0)
        for _ in model.fit_epochs(scaler.transform(X), np.log(y)):
            pass
        found[quantile] = np.exp(model.predict(scaler.transform(X_test)))
    low, middle, high = found.values()
    inside = (low <= y_test) & (y_test <= high)
    print(f"median relative error of the middle one: {np.median(np.abs(middle - y_test) / y_test):.1%}")
    print(f"prices inside their interval, of {len(y_test):,}: {inside.mean():.1%} (90 % wanted)")
    weight = X_test[:, 0]
    for name, part in (
        ("lightest", weight <= np.quantile(weight, 1 / 3)),
        ("heaviest", weight > np.quantile(weight, 2 / 3)),
    ):
        width = np.median((high - low)[part])
        print(f"  among the third that is {name}: {inside[part].mean():.1%}, median width {width:,.0f} dollars")
    print(f"intervals turned round, the low end above the high one: {(low > high).sum()}")


if __name__ == "__main__":
    import warnings

    from sklearn.exceptions import ConvergenceWarning

    warnings.simplefilter("ignore", ConvergenceWarning)  # the number of epochs is the plan
    main()
