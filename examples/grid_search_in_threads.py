"""A grid search whose fits run side by side in threads: nothing is copied to other processes, nothing is pickled.

The compiled engine computes without Python's lock, so the fits really run at once; `n_threads=1` leaves each of them
one processor.

    python examples/grid_search_in_threads.py
"""

import os
import time
import warnings

from joblib import parallel_config
from sklearn.datasets import load_digits
from sklearn.exceptions import ConvergenceWarning
from sklearn.model_selection import GridSearchCV, train_test_split

from clearprop import MLPClassifier


def main():
    X, y = load_digits(return_X_y=True)
    X, X_test, y, y_test = train_test_split(X / 16, y, stratify=y, random_state=0)
    model = MLPClassifier((100, 50), max_iter=40, learning_rate_init=0.003, random_state=0, n_threads=1)
    model.set_params(max_iter=1).fit(X, y).set_params(max_iter=40)  # compiles, once on a machine
    grid = {"dropout": [0.0, 0.2, 0.4], "alpha": [1e-4, 1e-2]}
    for jobs in sorted({1, min(2, os.cpu_count() or 1)}):
        search = GridSearchCV(model, grid, cv=3, n_jobs=jobs)
        began = time.perf_counter()
        with parallel_config("threading", n_jobs=jobs):
            search.fit(X, y)
        print(f"{jobs} at a time: {time.perf_counter() - began:.2f} s for {3 * len(search.cv_results_['params'])} fits")
    print("best:", search.best_params_)
    print(f"accuracy in the search {search.best_score_:.3f}, on the test rows {search.score(X_test, y_test):.3f}")


if __name__ == "__main__":
    warnings.simplefilter("ignore", ConvergenceWarning)
    main()
