"""A pipeline of scikit-learn that refuses what it does not know, for what is exported of it and read back."""

import warnings
from functools import cache

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.exceptions import ConvergenceWarning
from sklearn.impute import SimpleImputer
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, OrdinalEncoder, StandardScaler

from clearprop import from_sklearn

RANDOM = np.random.default_rng(5)
FRAME = pd.DataFrame(
    {
        "age": np.where(np.arange(90) % 7 == 0, np.nan, 40 + 10 * RANDOM.normal(size=90)),
        "town": pd.Series(RANDOM.choice(["Ulm", "Bonn", "Köln"], 90), dtype=object),
        "rooms": RANDOM.choice([1.0, 2.0, 3.5], 90),
        "colour": pd.Series(RANDOM.choice(["red", "blue"], 90), dtype=object),
    }
)
SORT = np.array(["a", "b", "c"])[np.digitize(FRAME.age.fillna(40) + 5 * (FRAME.town == "Ulm"), [35, 45])]
STRANGE = {  # a value of the second row, and what is said of it
    "town": "Aachen",
    "rooms": 2.5,
}


@cache
def strict():
    """The fitted pipeline, and the same here: towns and rooms must be known, colours need not."""
    steps = make_column_transformer(
        (make_pipeline(SimpleImputer(add_indicator=True), StandardScaler()), ["age"]),
        (OneHotEncoder(), ["town"]),
        (OrdinalEncoder(), ["rooms"]),
        (OneHotEncoder(handle_unknown="ignore"), ["colour"]),
    )
    model = make_pipeline(steps, MLPClassifier((5,), max_iter=30, random_state=0))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        model.fit(FRAME, SORT)
    return model, from_sklearn(model, rows=FRAME)


def with_strange(column):
    """Two rows, the second with a value that the pipeline refuses."""
    return FRAME[:2].assign(**{column: [FRAME[column][0], STRANGE[column]]})


def symbols_of(column, frame):
    """What a column of an exported program says, as media take it: x or code, and missing."""
    values = frame[column.name]
    missing = values.isna().to_numpy(float)
    if column.kind == "category":
        places = {text: place for place, text in enumerate(column.categories)}
        return {"code": np.array([places.get(value, -1) for value in values]), "missing": missing}
    return {"x": values.to_numpy(float), "missing": missing}
