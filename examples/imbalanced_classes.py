"""A rare class: the 741 of 53,940 diamonds of the clarity I1, whose flaws are seen by eye, told by the other columns.

Three networks that differ only in how they look at the rare class: accuracy decides when to stop; average precision
does; and besides, a row of the rare class weighs ten times as much in the loss.

    python examples/imbalanced_classes.py
"""

import warnings
from pathlib import Path

import numpy as np
import pyarrow.parquet as parquet
from sklearn.exceptions import ConvergenceWarning
from sklearn.metrics import average_precision_score, recall_score
from sklearn.model_selection import train_test_split
from sklearn.preprocessing import StandardScaler

from clearprop import MLPClassifier

DATA = Path(__file__).parent / "data" / "diamonds.parquet"
NUMBERS = ["carat", "depth", "table", "x", "y", "z"]


def rows():
    """X: measures, logarithm of the price, cut and colour as 0 and 1; y: whether the clarity is I1."""
    table = parquet.read_table(DATA)
    columns = [table[name].to_numpy() for name in NUMBERS] + [np.log(table["price"].to_numpy())]
    for name in ("cut", "color"):
        found = np.array(table[name].to_pylist())
        columns += [found == kind for kind in sorted(set(found))]
    return np.column_stack(columns).astype(np.float32), np.array(table["clarity"].to_pylist()) == "I1"


def main():
    X, y = rows()
    X, X_test, y, y_test = train_test_split(X, y, test_size=0.3, stratify=y, random_state=0)
    X, X_val, y, y_val = train_test_split(X, y, test_size=0.2, stratify=y, random_state=0)
    scaler = StandardScaler().fit(X)
    X, X_val, X_test = map(scaler.transform, (X, X_val, X_test))
    print(f"{y_test.sum()} of {len(y_test):,} test diamonds are of the rare class")
    for what, options in (
        ("stopping on accuracy", {}),
        ("stopping on average precision", {"scoring": "average_precision"}),
        ("the same and class_weight", {"scoring": "average_precision", "class_weight": {False: 1, True: 10}}),
    ):
        model = MLPClassifier((64, 32), early_stopping=True, learning_rate_init=0.001, random_state=0, **options)
        model.set_params(max_iter=60, n_iter_no_change=8).fit(X, y, X_val=X_val, y_val=y_val)
        precision = average_precision_score(y_test, model.predict_proba(X_test)[:, 1])
        found = recall_score(y_test, model.predict(X_test))
        print(f"{what:30}  average precision {precision:.3f}  found {found:4.0%}  {model.n_iter_} epochs")


if __name__ == "__main__":
    warnings.simplefilter("ignore", ConvergenceWarning)
    main()
