#!/bin/sh
# scikit-learn 1.9.1, OrdinalEncoder(encoded_missing_value=-1): a missing value that is NaN becomes -1, one that is None becomes the
# code of a category of its own, the highest. A good engineer would guess that both are missing: the same class sorts None behind the
# other categories as it does NaN, OneHotEncoder's guide calls both missing, and a frame of pandas may hold either. So a column of the
# type object that holds None is encoded without a word as if "no value" were the greatest of an order (low 0, high 1, None 2), and
# the default, which passes missing values on as NaN for an imputer behind, passes a number on. The same frame with pandas 3's
# text type, whose missing value is NaN, is encoded as asked for. The guide names np.nan alone.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check "scikit-learn==1.9.1" "numpy==2.4.6" "scipy==1.17.1"
"$folder/venv/bin/python" - <<'PYTHON'
from importlib.metadata import version

import numpy as np
from sklearn.preprocessing import OrdinalEncoder

print("scikit-learn", version("scikit-learn"))
expected = {"nan": ([0.0, -1.0, 1.0], [0.0, np.nan, 1.0]), "None": ([0.0, 2.0, 1.0], [0.0, 2.0, 1.0])}
for missing in (np.nan, None):
    X = np.array([["high"], [missing], ["low"]], dtype=object)
    asked = OrdinalEncoder(encoded_missing_value=-1).fit_transform(X).ravel()
    usual = OrdinalEncoder().fit_transform(X).ravel()
    print(f"high, {missing}, low: with encoded_missing_value=-1 {asked}, by default {usual}")
    for found, wanted in zip((asked, usual), expected[str(missing)]):
        assert np.array_equal(found, wanted, equal_nan=True), "this has changed"
PYTHON
