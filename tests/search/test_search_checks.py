"""scikit-learn's own checks of estimators that hold others, on searches over one of ours."""

import pytest
from sklearn.utils.estimator_checks import parametrize_with_checks

from clearprop import MLPClassifier, MLPRegressor
from clearprop.search import HalvingSearchCV, SearchCV

pytestmark = [
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning"),
    pytest.mark.filterwarnings("ignore:The least populated class in y:UserWarning"),
    # Rows that are spoilt: some fits fail first, and then the one to all rows, with the sentence that is looked for.
    pytest.mark.filterwarnings("ignore::sklearn.exceptions.FitFailedWarning"),
    pytest.mark.filterwarnings("ignore:Scoring failed:UserWarning"),
    pytest.mark.filterwarnings("ignore:invalid value encountered in cast:RuntimeWarning"),
    pytest.mark.filterwarnings("ignore:One or more of the test scores are non-finite:UserWarning"),
]
SMALL = {"hidden_layer_sizes": (10,), "max_iter": 40, "learning_rate_init": 0.05, "random_state": 0}
SPACE = {"alpha": [0.0, 0.01]}


@parametrize_with_checks(
    [
        SearchCV(MLPClassifier(**SMALL), SPACE, cv=2),
        HalvingSearchCV(MLPRegressor(**SMALL), SPACE, cv=2, factor=2, resource="max_iter", max_resources=40),
    ]
)
def test_every_check(estimator, check):
    check(estimator)
