"""scikit-learn's own checks of the two estimators for tables, in six configurations, with no failure expected.

All checks run, except the one that holds a weight of k against a row repeated k times: which rows judge which network,
and what lies in a batch, are drawn from rows and not from weights. `test_what_is_left_out` holds us to that one.
"""

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator

from clearprop import TabularClassifier, TabularRegressor

pytestmark = pytest.mark.filterwarnings("ignore:No better than always saying:UserWarning")  # theirs are often noise
BY_WEIGHT = {"check_sample_weight_equivalence_on_dense_data"}
SMALL = {"ensemble": 2, "hidden_layer_sizes": (16,), "max_iter": 40}
CONFIGURATIONS = [
    TabularClassifier(**SMALL, n_threads=1),
    TabularClassifier(**{**SMALL, "ensemble": 1, "max_iter": 100}, class_weight="balanced"),
    TabularClassifier(**SMALL, probabilities=True, engine="reference"),
    TabularRegressor(**SMALL, n_threads=1),
    TabularRegressor(**{**SMALL, "ensemble": 1, "hidden_layer_sizes": 16}, engine="reference"),
    TabularRegressor(**{**SMALL, "max_iter": 30}, quantiles=(0.1, 0.9)),
]


def checks():
    for estimator in CONFIGURATIONS:
        for instance, check in estimator_checks_generator(estimator):
            if check.func.__name__ not in BY_WEIGHT:
                yield pytest.param(instance, check, id=f"{estimator}-{check.func.__name__}".replace("\n", ""))


@pytest.mark.parametrize(("estimator", "check"), list(checks()))
def test_every_check(estimator, check):
    check(estimator)


def test_what_is_left_out():
    for estimator in CONFIGURATIONS:
        every = {check.func.__name__ for _, check in estimator_checks_generator(estimator)}
        assert every & BY_WEIGHT == BY_WEIGHT
        assert len(every) > 45
