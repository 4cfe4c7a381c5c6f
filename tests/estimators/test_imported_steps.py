"""Steps of a scikit-learn Pipeline before a network: known ones come along, others are refused by name."""

import warnings

import numpy as np
import pandas as pd
import pytest
from sklearn.compose import ColumnTransformer, TransformedTargetRegressor
from sklearn.decomposition import PCA
from sklearn.exceptions import ConvergenceWarning
from sklearn.feature_selection import SelectKBest
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import FeatureUnion, Pipeline, make_pipeline
from sklearn.preprocessing import (
    FunctionTransformer,
    MaxAbsScaler,
    MinMaxScaler,
    OneHotEncoder,
    OrdinalEncoder,
    RobustScaler,
    StandardScaler,
)

from clearprop import from_sklearn
from clearprop.errors import InputError, NotFiniteError, ShapeError

RANDOM = np.random.default_rng(7)
X = RANDOM.normal(size=(60, 4))
THREE = np.digitize(X[:, 0] + X[:, 1], [-0.5, 0.5])


def fitted(model, X=X, y=THREE):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        return model.fit(X, y)


def classifier(**settings):
    return MLPClassifier(**{"hidden_layer_sizes": (5, 4), "max_iter": 8, "random_state": 0, **settings})


def regressor(**settings):
    return MLPRegressor(**{"hidden_layer_sizes": (5,), "max_iter": 8, "random_state": 0, **settings})


FRAME = pd.DataFrame(
    {
        "age": np.where(np.arange(60) % 7 == 0, np.nan, 40 + 10 * X[:, 0]),
        "income": np.exp(X[:, 1]),
        "town": pd.Series([["Ulm", "Bonn", None][k] for k in THREE], dtype=object),
        "grade": pd.Series([["a", "b", "c"][k % 3] for k in range(60)], dtype=object),
        "children": np.arange(60.0) % 4,
        "noise": X[:, 3],
        "missing": pd.Series([["p", "q", "q", np.nan][k % 4] for k in range(60)], dtype=object),
    }
)


def of_columns(**parts):
    return ColumnTransformer([(name, *part) for name, part in parts.items()])


NUMBERS = ["age", "income", "noise"]
FILLED = make_pipeline(SimpleImputer(strategy="median"), StandardScaler())
STEPS = {
    "all kinds": of_columns(
        numbers=(make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), ["age", "income"]),
        towns=(OneHotEncoder(handle_unknown="ignore"), ["town"]),
        grades=(OrdinalEncoder(), ["grade"]),
        children=(OneHotEncoder(drop="first"), ["children"]),
        noise=("drop", ["noise"]),
    ),
    "the same column twice": of_columns(
        one=(OneHotEncoder(), ["grade"]), number=(OrdinalEncoder(), ["grade"]), rest=("passthrough", ["income"])
    ),
    "unknown and missing as numbers": of_columns(
        towns=(
            OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1, encoded_missing_value=-2),
            ["town"],
        ),
        grades=(OrdinalEncoder(categories=[["c", "a", "b"]]), ["grade"]),
    ),
    "filled text": of_columns(
        towns=(make_pipeline(SimpleImputer(strategy="most_frequent"), OneHotEncoder()), ["missing", "grade"])
    ),
    "infrequent text joined": of_columns(
        towns=(OneHotEncoder(min_frequency=19, handle_unknown="infrequent_if_exist", drop="first"), ["town", "grade"]),
        children=(OneHotEncoder(max_categories=3, handle_unknown="ignore"), ["children"]),
        p=(OneHotEncoder(min_frequency=20, handle_unknown="infrequent_if_exist"), ["missing"]),
    ),
    "filled numbers": of_columns(numbers=(FILLED, NUMBERS)),
    "robust": make_pipeline(of_columns(numbers=(FILLED, NUMBERS)), RobustScaler()),
    "min and max, clipped": make_pipeline(
        of_columns(numbers=(SimpleImputer(strategy="constant", fill_value=1.0), NUMBERS)), MinMaxScaler(clip=True)
    ),
    "max": make_pipeline(of_columns(children=("passthrough", ["children", "income"])), MaxAbsScaler()),
    "scaled before it is filled": make_pipeline(
        of_columns(n=(StandardScaler(), slice("age", "income"))), SimpleImputer()
    ),
    "by number, by mask, none": of_columns(
        first=(FILLED, [0]), second=(StandardScaler(with_mean=False), [False, True, *[False] * 5])
    ),
    "side by side": make_pipeline(
        of_columns(numbers=(FILLED, NUMBERS)), FeatureUnion([("as", "passthrough"), ("scaled", MinMaxScaler())])
    ),
    "selected": make_pipeline(of_columns(numbers=(FILLED, NUMBERS)), SelectKBest(k=2)),
    "nothing done": make_pipeline(of_columns(numbers=(FILLED, NUMBERS)), FunctionTransformer(), "passthrough"),
}


@pytest.mark.parametrize("name", STEPS)
def test_a_pipeline_comes_whole(name):
    theirs = fitted(Pipeline([("before", STEPS[name]), ("network", classifier())]), FRAME)
    ours = from_sklearn(theirs, rows=FRAME)
    assert ours.proof.passed
    assert from_sklearn(theirs).proof.passed
    model = ours.estimator()
    assert np.abs(model.predict_proba(FRAME) - theirs.predict_proba(FRAME)).max() < 1e-12
    assert ours.check_gradient(FRAME, THREE).passed
    assert ours.explain(FRAME.iloc[:1], THREE[:1])["loss"].value > 0


def test_a_pipeline_of_arrays_is_one_of_x1_x2():
    theirs = fitted(make_pipeline(StandardScaler(), regressor()), X, X[:, 0])
    ours = from_sklearn(theirs)
    assert ours.source.feature_names is None
    assert ours.proof.passed


def test_a_town_that_the_encoder_did_not_have_counts_as_infrequent():
    theirs = fitted(Pipeline([("before", STEPS["infrequent text joined"]), ("network", classifier())]), FRAME)
    ours = from_sklearn(theirs, rows=FRAME)
    strange = FRAME.assign(town="Aachen", grade=None, children=7.0, missing="z")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        expected = theirs.predict_proba(strange)
    assert np.abs(ours.outputs(strange) - expected).max() < 1e-12


def test_a_frame_is_read_by_the_names_of_its_columns():
    steps = of_columns(numbers=(FILLED, NUMBERS), grades=(OneHotEncoder(), ["grade"]))
    ours = from_sklearn(fitted(Pipeline([("before", steps), ("network", classifier())]), FRAME))
    expected = ours.outputs(FRAME)
    assert (ours.outputs(FRAME[FRAME.columns[::-1]].assign(more="text")) == expected).all()
    assert (ours.outputs(FRAME.to_numpy(dtype=object)) == expected).all()
    with pytest.raises(InputError, match="takes a column 'grade', which these rows do not have"):
        ours.outputs(FRAME.drop(columns="grade"))


def test_what_the_source_refuses_is_refused():
    steps = of_columns(grades=(OneHotEncoder(), ["grade"]), children=(OrdinalEncoder(), ["children"]))
    ours = from_sklearn(fitted(Pipeline([("before", steps), ("network", classifier())]), FRAME))
    with pytest.raises(InputError, match=r"'grade' holds 'z' in row 1.*knows 'a', 'b', 'c'"):
        ours.outputs(FRAME.assign(grade=["a", "z"] * 30))
    with pytest.raises(InputError, match=r"'children' holds .*9\.0.* in row 0"):
        ours.outputs(FRAME.assign(children=9.0))
    with pytest.raises(InputError, match="'grade' is missing in row 0"):
        ours.outputs(FRAME.assign(grade=[None, "a"] * 30))
    plain = from_sklearn(fitted(make_pipeline(StandardScaler(), regressor()), X, X[:, 0]))
    with pytest.raises(NotFiniteError, match="'x2' is missing or not finite in row 3"):
        plain.outputs(np.where(np.arange(240).reshape(60, 4) == 13, np.nan, X))
    with pytest.raises(InputError, match="'x1' holds 'two'"):
        plain.outputs(np.full((2, 4), "two", dtype=object))
    with pytest.raises(ShapeError, match="takes 4 columns, but there are 3"):
        plain.outputs(X[:, :3])


def test_the_scale_of_the_target_is_folded():
    Y = 100 + 5 * X[:, :2]
    theirs = fitted(TransformedTargetRegressor(regressor(), transformer=StandardScaler()), X, Y)
    ours = from_sklearn(theirs)
    assert ours.proof.passed
    assert "folded" in ours.report
    assert np.allclose(ours.estimator().predict(X), theirs.predict(X), rtol=1e-12)
    logs = fitted(TransformedTargetRegressor(regressor(), func=np.log, inverse_func=np.exp), X, np.exp(X[:, 0]))
    with pytest.raises(InputError, match="FunctionTransformer"):
        from_sklearn(logs)


REFUSED = {
    "is not a network of scikit-learn": lambda: LogisticRegression().fit(X, THREE),
    "'list' is not a network": lambda: [1, 2],
    "not fitted yet: it has no coefs_": classifier,
    "'pca', 'PCA', is not known .it mixes columns": lambda: fitted(make_pipeline(PCA(2), classifier())),
    "calls 'log1p'": lambda: fitted(make_pipeline(FunctionTransformer(np.log1p, validate=True), classifier()), abs(X)),
    "infrequent": lambda: fitted(make_pipeline(OrdinalEncoder(min_frequency=20), classifier()), np.round(X)),
    "ends in 'logisticregression'": lambda: fitted(make_pipeline(StandardScaler(), LogisticRegression())),
    "as text by one step and as a number by another": lambda: fitted(
        make_pipeline(
            of_columns(text=(OneHotEncoder(), [0]), number=(StandardScaler(), [0])),
            classifier(),
        ),
        np.array([[str(k % 3)] for k in range(60)], dtype=object),
    ),
    "fills in for -1": lambda: fitted(make_pipeline(SimpleImputer(missing_values=-1), classifier())),
}


@pytest.mark.parametrize("sentence", REFUSED)
def test_what_is_not_known_is_refused_by_name(sentence):
    with pytest.raises(InputError, match=sentence):
        from_sklearn(REFUSED[sentence]())
