"""From a user's y to the matrix Y that a network learns, and from its outputs back to what the user calls them."""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

import numpy as np
from sklearn.metrics import r2_score
from sklearn.preprocessing import LabelBinarizer
from sklearn.utils.multiclass import check_classification_targets, type_of_target, unique_labels

from clearprop.ending import not_cut_by_the_end
from clearprop.engines import OneHot
from clearprop.errors import InputError
from clearprop.formulas import BinaryCrossEntropy, CrossEntropy, Loss

MANY_ROWS_EACH = 8  # rows of a class; of fewer scikit-learn may say that the classes are too many


class Targets(ABC):
    """What an estimator learned about y.

    Attributes
    ----------
    n_outputs : int
        Columns of Y.
    loss : Loss
    """

    n_outputs: int
    loss: Loss

    @property
    def is_exclusive(self) -> bool:
        """Whether each row has one of several classes, so that the outputs are one distribution."""
        return False

    @abstractmethod
    def encode(self, y: Any, dtype: Any) -> Any:
        """Y of shape (n_samples, n_outputs); a OneHot where each row has one of several classes."""

    @abstractmethod
    def decode(self, outputs: Any) -> Any:
        """What `predict` returns for outputs of shape (n_samples, n_outputs)."""

    @abstractmethod
    def score(self, Y: Any, outputs: Any, weight: Any) -> float:
        """What the estimator's `score` would be; higher is better, NaN where the outputs are not finite."""

    def groups(self, Y: Any, n_held_out: int) -> Any:
        """Labels that a split into two parts keeps the proportions of, or None."""
        return None


class NumberTargets(Targets):
    """One or several numbers per row."""

    def __init__(self, y: Any, loss: Loss) -> None:
        self.n_outputs = 1 if y.ndim == 1 else int(y.shape[1])
        self.loss = loss

    def encode(self, y: Any, dtype: Any) -> Any:
        dense = y.toarray() if hasattr(y, "toarray") else y
        Y = np.asarray(dense, dtype=dtype).reshape(dense.shape[0], -1)
        if Y.shape[1] != self.n_outputs:
            raise InputError(f"y was fitted with {self.n_outputs} numbers per row, but now has {Y.shape[1]}")
        return Y

    def decode(self, outputs: Any) -> Any:
        return outputs[:, 0] if self.n_outputs == 1 else outputs

    def score(self, Y: Any, outputs: Any, weight: Any) -> float:
        if not np.isfinite(outputs).all():
            return float("nan")
        return float(r2_score(Y, outputs, sample_weight=weight))


def _plain_labels(y: Any) -> LabelBinarizer | None:
    """What scikit-learn's would learn of a vector of whole numbers, truths or texts; None for whatever else y is.

    It looks at labels six times, which takes longer than some fits.
    """
    if type(y) is not np.ndarray or y.ndim != 1 or y.dtype.kind not in "biuU":
        return None
    found = LabelBinarizer()
    found.classes_ = np.unique(y)
    if not 0 < len(found.classes_) <= len(y) / MANY_ROWS_EACH:
        return None
    found.y_type_ = "binary" if len(found.classes_) <= 2 else "multiclass"
    found.sparse_input_ = False
    return found


class ClassTargets(Targets):
    """Classes: two (one output), several (one output each), or several labels per row (one output each).

    Attributes
    ----------
    classes : array of shape (n_classes,)
    """

    @not_cut_by_the_end()
    def __init__(self, y: Any, *, are_classes: bool = False) -> None:
        """Learn the classes from labels of shape (n_samples,) or from an indicator matrix (n_samples, n_labels).

        Where y `are_classes`, each once, scikit-learn is not asked whether they are too many for so few rows.
        """
        plain = _plain_labels(y)
        if plain is None and not are_classes:
            check_classification_targets(y)
        self.binarizer = LabelBinarizer().fit(y) if plain is None else plain
        self.classes = self.binarizer.classes_
        self.is_multilabel = bool(self.binarizer.y_type_.startswith("multilabel"))
        self.n_outputs = len(self.classes) if self.is_multilabel or len(self.classes) > 2 else 1
        self.loss = CrossEntropy() if self.is_exclusive else BinaryCrossEntropy()

    @property
    def is_exclusive(self) -> bool:
        return self.n_outputs > 1 and not self.is_multilabel

    def encode(self, y: Any, dtype: Any) -> Any:
        codes = self._codes(y)
        if codes is not None:
            return OneHot(codes, self.n_outputs, dtype) if self.is_exclusive else codes[:, None].astype(dtype)
        with not_cut_by_the_end():
            self._check_kind(y)
            if not self.is_exclusive:
                return self.binarizer.transform(y).astype(dtype)
        return OneHot(np.searchsorted(self.classes, y), self.n_outputs, dtype)

    def _codes(self, y: Any) -> Any:
        """The numbers of the classes in a vector of their own type, all of them known; None for whatever else y is.

        To ask scikit-learn what kind of labels these are takes longer than to learn from a row.
        """
        if self.is_multilabel or type(y) is not np.ndarray or y.ndim != 1 or y.dtype.kind != self.classes.dtype.kind:
            return None
        if y.dtype.kind not in "biufU" or (y.dtype.kind == "f" and (self.classes % 1).any()):
            return None  # of fractions scikit-learn says that they are no classes
        codes = np.searchsorted(self.classes, y)
        np.minimum(codes, len(self.classes) - 1, out=codes)
        return codes if np.array_equal(self.classes[codes], y) else None

    def _check_kind(self, y: Any) -> None:
        check_classification_targets(y)
        if type_of_target(y).startswith("multilabel") != self.is_multilabel:
            was, came = ("several labels", "one class") if self.is_multilabel else ("one class", "several labels")
            raise InputError(f"y was fitted with {was} per row, but now has {came} per row")
        self.check_known(unique_labels(y))

    def check_known(self, found: Any) -> None:
        """Raise InputError for labels that are no classes of this estimator."""
        new = np.setdiff1d(found, self.classes)
        if len(new):
            raise InputError(
                f"`y` has classes not in `self.classes_`: {list(new)}, but `classes_` are {list(self.classes)}; "
                "name every class that will come in `classes` at the first call"
            )

    def decode(self, outputs: Any) -> Any:
        if self.is_exclusive:
            return self.classes[outputs.argmax(axis=1)]
        if len(self.classes) == 2 and not self.is_multilabel:
            return self.classes[(outputs[:, 0] > 0.5).astype(np.intp)]
        return self.binarizer.inverse_transform(outputs)  # its checks take longer than a small network does

    def score(self, Y: Any, outputs: Any, weight: Any) -> float:
        if not np.isfinite(outputs).all():
            return float("nan")
        if self.is_exclusive:
            right = outputs.argmax(axis=1) == Y.argmax(axis=1)
        else:
            right = ((outputs > 0.5) == (Y > 0.5)).all(axis=1)
        total = len(right) if weight is None else weight.sum()
        return float(np.sum(right if weight is None else right * weight) / total) if total > 0 else float("nan")

    def groups(self, Y: Any, n_held_out: int) -> Any:
        """The class of every row, where it has one; of many classes only if all can be in both parts."""
        if self.is_multilabel:
            return None
        if not self.is_exclusive:
            return self.decode(Y)
        numbers = Y.argmax(axis=1)
        enough = np.bincount(numbers, minlength=self.n_outputs).min() >= 2 and self.n_outputs <= min(
            n_held_out, len(Y) - n_held_out
        )
        return numbers if enough else None
