"""scikit-learn's own checks of an estimator, in nine configurations or more of each of ours, with no failure expected.

Which check runs where: all of them, everywhere, except the two that hold a weight of k against a row repeated k times.
Those compare a fit of weighted rows with a fit of other rows, so they can hold only where no decision depends on how
many rows there are: all rows in one batch and none held out. `WHOLE` are such configurations, and the two run there.
`IN_PARTS` are not: mini-batches and held-out parts are drawn from rows, not from weights. `test_what_is_left_out` holds
us to leaving out these two and no more.
"""

import pytest
from sklearn.utils.estimator_checks import estimator_checks_generator, parametrize_with_checks

from clearprop import MLPClassifier, MLPRegressor

BY_WEIGHT = {
    "check_sample_weight_equivalence_on_dense_data",
    "check_sample_weight_equivalence_on_sparse_data",
}
# In these checks at most 200 rows are fitted where weights are compared, so "auto" is a single batch.
WHOLE = [
    {"learning_rate_init": 0.02, "max_iter": 40},
    {"solver": "lbfgs", "alpha": 0.1, "max_iter": 45},
    {"solver": "sgd", "learning_rate": "adaptive", "learning_rate_init": 0.05, "n_iter_no_change": 3, "max_iter": 60},
    {"solver": "sgd", "learning_rate_init": 0.05, "nesterovs_momentum": False, "activation": "logistic"},
    {
        "hidden_layer_sizes": (8, 6),
        "activation": ["gelu", "tanh"],
        "learning_rate": "cosine",
        "learning_rate_init": 0.03,
        "max_iter": 40,
    },
    {"l1": 0.01, "weight_decay": 0.1, "clip_norm": 0.5, "learning_rate_init": 0.05, "n_threads": 1, "max_iter": 60},
]
OF_CLASSES = [{"class_weight": "balanced", "label_smoothing": 0.1, "solver": "lbfgs", "alpha": 0.1, "max_iter": 45}]
IN_PARTS = [
    {
        "solver": "sgd", "learning_rate_init": 0.05, "early_stopping": True, "validation_fraction": 0.25,
        "n_iter_no_change": 5,
    },
    {"batch_size": 8, "learning_rate_init": 0.02, "max_iter": 20},
    {
        "dropout": 0.2, "early_stopping": True, "validation_fraction": 0.25, "scoring": "loss",
        "learning_rate_init": 0.03, "max_iter": 60,
    },
]  # fmt: skip

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:Got `batch_size`:UserWarning"),
]


def estimators(configurations):
    return [
        kind(**{"hidden_layer_sizes": (10,), **options})
        for kind in (MLPClassifier, MLPRegressor)
        for options in configurations
    ]


def checks_in_parts():
    for estimator in estimators(IN_PARTS):
        for instance, check in estimator_checks_generator(estimator):
            if check.func.__name__ not in BY_WEIGHT:
                yield pytest.param(instance, check, id=f"{estimator}-{check.func.__name__}".replace("\n", ""))


@parametrize_with_checks(estimators(WHOLE) + [MLPClassifier((10,), **options) for options in OF_CLASSES])
def test_every_check_where_weights_can_stand_for_rows(estimator, check):
    check(estimator)


@pytest.mark.parametrize(("estimator", "check"), list(checks_in_parts()))
def test_every_other_check_where_rows_are_drawn(estimator, check):
    check(estimator)


def test_what_is_left_out():
    for whole, in_parts in zip(estimators(WHOLE[:1]), estimators(IN_PARTS[:1]), strict=True):
        every = names(estimator_checks_generator(whole))
        assert names(estimator_checks_generator(in_parts)) == every
        assert every - names((None, case.values[1]) for case in checks_in_parts()) == BY_WEIGHT
        assert len(every) > 50


def names(checks):
    return {check.func.__name__ for _, check in checks}
