"""The classifier for tables: a data frame in, classes and probabilities out."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.preprocessing import LabelEncoder

from clearprop.errors import InputError
from clearprop.estimators.perceptron import store
from clearprop.estimators.tabular import TabularEstimator
from clearprop.estimators.tabular_data import labels
from clearprop.estimators.tabular_files import in_pieces
from clearprop.tables import ClassTarget, Target
from clearprop.tables.class_target import MOST_CLASSES
from clearprop.tabular.quality import DEFAULT


class TabularClassifier(ClassifierMixin, TabularEstimator):  # type: ignore[misc]
    """Networks that tell the classes of the rows of a table apart, with everything about the columns done inside.

    An ensemble of networks, each trained on most of the rows and validated by the others. Columns of numbers,
    categories, text, dates and truth values are encoded (see ``model_.encoder``), missing values and categories that
    training did not have are taken as such. The recipe and what decided it: docs/decisions/0010.

    Parameters
    ----------
    quality : int, default=3
        From 1, in seconds, to 5, in minutes: what is taken for `ensemble`, `hidden_layer_sizes` and `max_iter` where
        they are None. docs/tables.md says how good and how quick each is.
    ensemble : int, optional
        How many networks; their probabilities are averaged. By default 4, and 1 above 20,000 rows.
    hidden_layer_sizes : int or sequence of int, optional
        Neurons in each hidden layer, () for none. By default three layers of 128.
    max_iter : int, optional
        Most epochs. By default enough for 3,000 updates, within bounds; that many are planned, and the weights of the
        best one are kept.
    probabilities : bool, default=False
        Train for good probabilities rather than for the fewest mistakes: no label smoothing, and the best epoch is the
        one of the least log loss. Either way they are brought to the temperature at which the classes of the
        validation rows are most probable.
    class_weight : dict or "balanced", optional
        Factor on the weight of the rows of each class; "balanced" gives every class the same weight in all.
    learning_rate_init : float, optional
        Of the first update; it falls along a cosine. By default 0.003 to 0.006, by the number of rows.
    activation : str or Activation, default="silu"
        Of the hidden layers; without any it is not used.
    batch_size : int, optional
        Rows of one update. By default 64 to 256, by the number of rows.
    waves : int, optional
        How many cosine waves of each number are learned and stand beside it. By default, as with 0, none.
    target_means : int, optional
        A category of at least so many different values has, beside its inputs, the mean of the target over the rows of
        each value, drawn towards that of all where these are few (Micci-Barreca, 2001); no row's own target is in what
        a network learns from. 0 for none; by default 100.
    metric : str, optional
        The score over the validation rows by which the best epoch is chosen: "accuracy" (the default),
        "balanced_accuracy", "log_loss", "roc_auc", "average_precision" or "f1".
    threshold : {"accuracy", "balanced_accuracy", "f1"}, optional
        Of two classes: `predict` says the second from that probability on at which this score of the validation rows is
        the greatest, as scikit-learn's `TunedThresholdClassifierCV` does (F1 is that of the second class); see
        ``model_.target.threshold``. By default from ½ on.
    max_seconds : float, optional
        Time limit on training.
    random_state : int, RandomState or None, default=None
        Decides the folds, the initial weights, the dropout and the order of the rows.
    n_threads : int, optional
        The most threads, which the networks share out; by default as many as the process may use. The result does not
        depend on it.
    verbose : bool, default=False
        Print a line after each epoch.
    on_divergence : {"raise", "retry"}, default="raise"
        When training diverges: raise `clearprop.errors.DivergenceError`, or go on from the best weights so far with
        half the learning rate, ten times at most, with a warning each time.
    engine : {"auto", "compiled", "reference", "torch"}, default="auto"
    device, precision : str, default="cpu" and "float32"
        Of the torch engine: as for `MLPClassifier`.
    read : dict, optional
        How texts in X are written where that cannot be seen: ``decimal`` ("." or ","), ``dates`` ("dmy", "mdy", "ymd"
        or a format), ``missing`` (the words that count as missing, instead of the usual ones).

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
    n_features_in_ : int
    feature_names_in_ : array of shape (n_features_in_,)
        Where X was a data frame.
    model_ : clearprop.tabular.model.TableModel
        Encoder, networks, target, temperature.
    ensemble_ : int
        How many networks there are.
    history_ : tuple of Epoch
        The record of every epoch: means over the networks, and scores over all validation rows.
    calibration_error_ : float
        The expected calibration error of those rows: how far the probability of the predicted class is from how often
        it is right.
    feature_importances_ : array of shape (n_features_in_,)
        How much the log loss of validation rows rises when a column is shuffled.
    notices_ : tuple of str
        What was decided about columns that might surprise.
    n_iter_, stopping_reason_, engine_, engine_reason_
        As for `MLPClassifier`.

    Examples
    --------
    >>> import pandas as pd
    >>> from clearprop import TabularClassifier
    >>> weight = [4.1, 22.0, 3.8, None, 510.0, 19.5] * 10
    >>> says = ["meow", "woof", "meow", "woof", "moo", None] * 10
    >>> kinds = ["cat", "dog", "cat", "dog", "cow", "dog"] * 10
    >>> model = TabularClassifier(random_state=0).fit(pd.DataFrame({"weight": weight, "says": says}), kinds)
    >>> model.predict(pd.DataFrame({"weight": [4.4, 480.0], "says": ["purr", None]})).tolist()
    ['cat', 'cow']
    """

    def __init__(
        self,
        *,
        quality: int = DEFAULT,
        ensemble: int | None = None,
        hidden_layer_sizes: Any = None,
        max_iter: int | None = None,
        probabilities: bool = False,
        class_weight: Mapping[Any, float] | str | None = None,
        learning_rate_init: float | None = None,
        activation: Any = "silu",
        batch_size: int | None = None,
        waves: int | None = None,
        target_means: int | None = None,
        metric: str | None = None,
        threshold: str | None = None,
        max_seconds: float | None = None,
        random_state: Any = None,
        n_threads: int | None = None,
        verbose: bool = False,
        on_divergence: str = "raise",
        engine: str = "auto",
        device: str = "cpu",
        precision: str = "float32",
        read: Mapping[str, Any] | None = None,
    ) -> None:
        store(self, locals())

    probabilities: bool
    class_weight: Any
    threshold: str | None

    def _options(self) -> Mapping[str, Any]:
        if not isinstance(self.probabilities, bool | np.bool_):
            raise InputError(f"probabilities must be True or False, not {self.probabilities!r}")
        return {
            "probabilities": bool(self.probabilities),
            "class_weight": self.class_weight,
            "threshold": self.threshold,
        }

    def _learn_target(self, y: Any) -> tuple[Target, Any]:
        encoder = LabelEncoder()
        codes = encoder.fit_transform(labels(y))
        self.classes_ = encoder.classes_
        classes = tuple(self.classes_.tolist())
        if len(classes) < 2:
            raise InputError(
                f"y has only one class, {classes[0]!r}: there is nothing to tell apart; add rows of another class"
            )
        if len(classes) > MOST_CLASSES:
            raise InputError(
                f"y has {len(classes):,} different classes in {len(codes):,} rows: too few rows of each to learn from; "
                f"join classes until there are at most {MOST_CLASSES:,}, or take TabularRegressor if they are amounts"
            )
        return ClassTarget("y", classes), codes

    def _y_of(self, y: Any, name: str) -> Any:
        given = labels(y)
        known = np.isin(given, self.classes_)
        if not known.all():
            row = int(np.argmin(known))
            raise InputError(
                f"{name} is {given[row : row + 1].tolist()[0]!r} in row {row + 1:,}, which is not a class of y; the "
                f"classes are {self.classes_.tolist()}"
            )
        return np.searchsorted(self.classes_, given)

    @in_pieces
    def predict_proba(self, X: Any) -> Any:
        """The probability of every class.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            Or the path of a file, as for `fit`.

        Returns
        -------
        array of shape (n_samples, n_classes), float64
            In the order of `classes_`; each row sums to 1.
        """
        table = self._predicted(X)
        outputs = self.model_.outputs(table, self.n_threads)
        self._warn(outputs.remarks)
        found = outputs.values.astype(np.float64)
        found /= found.sum(axis=1, keepdims=True)  # in place: there may be many classes
        return found

    @in_pieces
    def predict_set(self, X: Any, coverage: float = 0.9) -> Any:
        """For every row a set of classes that holds the true one with this probability.

        By split conformal prediction (Sadinle, Lei & Wasserman, 2019) from the validation rows, which also chose the
        epoch and the temperature: for rows drawn as those of the fit were, the share that is covered is the coverage
        or a little more, over all rows, not within each class. Where it is sure a set has one class, elsewhere several.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            Or the path of a file, as for `fit`.
        coverage : float, default=0.9
            Between 0 and 1.

        Returns
        -------
        bool array of shape (n_samples, n_classes)
            In the order of `classes_`; at least the most probable class is in each.

        Examples
        --------
        >>> import numpy as np
        >>> from clearprop import TabularClassifier
        >>> x = np.linspace(0, 1, 200)
        >>> noisy = np.random.default_rng(0).random(200) < x
        >>> model = TabularClassifier(random_state=0, max_iter=20).fit(x[:, None], noisy)
        >>> model.predict_set([[0.5]], coverage=0.95).tolist()
        [[True, True]]
        """
        found, remarks = self.model_.predict_set(self._predicted(X), coverage, self.n_threads)
        self._warn(remarks)
        return found

    def predict(self, X: Any) -> Any:
        """The class of every row: the most probable one or, with `threshold`, the one that it says.

        Parameters
        ----------
        X : data frame or array-like of shape (n_samples, n_features)
            Or the path of a file, as for `fit`.

        Returns
        -------
        array of shape (n_samples,)
        """
        found, target = self.predict_proba(X), self.model_.target
        assert isinstance(target, ClassTarget)
        return self.classes_[target.chosen(found)]

    def _encoded_target(self, y: Any) -> Any:
        places = np.flatnonzero(self.classes_ == y)
        if len(places) != 1:
            raise InputError(f"y is {y!r}, which is not one of the learned classes; they are {self.classes_.tolist()}")
        return self.model_.target.encode(places).dense()[0].astype(np.float64)

    def _restore(self, target: Target) -> None:
        self.classes_ = np.array(target.labels)
