"""Searches of scikit-learn whose fits joblib sends to the workers of a Dask cluster: the scores of this process."""

import joblib
import numpy as np
import pytest
from sklearn.model_selection import GridSearchCV

from clearprop import MLPClassifier, TabularRegressor
from clearprop.search import SearchCV

pytest.importorskip("dask", reason="dask is not installed (dependency group dask)")
distributed = pytest.importorskip("dask.distributed", reason="distributed is not installed (dependency group dask)")

X = np.random.default_rng(0).normal(size=(120, 4))


@pytest.fixture(scope="module")
def client():
    with (
        distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster,
        distributed.Client(cluster) as client,
    ):
        yield client


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("kind", ["classifier", "table"])
def test_a_grid_search_on_workers_finds_what_one_process_finds(client, kind):
    if kind == "classifier":
        model, y = MLPClassifier(max_iter=4, random_state=0), X[:, 0] > 0
        grid = {"hidden_layer_sizes": [(3,), (8,)], "alpha": [0.0, 0.1]}
    else:
        model, y = TabularRegressor(ensemble=1, max_iter=2, random_state=0), X[:, 0] * X[:, 1]
        grid = {"hidden_layer_sizes": [(3,), (8,)]}
    alone = GridSearchCV(model, grid, cv=2).fit(X, y)
    with joblib.parallel_config("dask"):
        found = GridSearchCV(model, grid, cv=2).fit(X, y)
    assert found.cv_results_["mean_test_score"].tolist() == alone.cv_results_["mean_test_score"].tolist()
    np.testing.assert_array_equal(found.predict(X), alone.predict(X))


@pytest.mark.filterwarnings("ignore")
def test_a_search_of_ours_has_a_queue_of_its_own_and_stays_here(client):
    grid = {"hidden_layer_sizes": [(3,), (8,)]}
    model, y = MLPClassifier(max_iter=4, random_state=0), X[:, 0] > 0
    with joblib.parallel_config("dask"):
        ours = SearchCV(model, grid, cv=2).fit(X, y)
        theirs = GridSearchCV(model, grid, cv=2).fit(X, y)
    assert ours.cv_results_["mean_test_score"].tolist() == theirs.cv_results_["mean_test_score"].tolist()
    many = client.map(lambda seed: MLPClassifier((3,), max_iter=2, random_state=seed).fit(X, y).score(X, y), range(3))
    expected = [MLPClassifier((3,), max_iter=2, random_state=seed).fit(X, y).score(X, y) for seed in range(3)]
    assert client.gather(many) == expected
