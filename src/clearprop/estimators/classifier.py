"""The classifier: scikit-learn's MLPClassifier on clearprop's formulas and engines."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.utils.multiclass import type_of_target, unique_labels

from clearprop.ending import not_cut_by_the_end
from clearprop.errors import InputError
from clearprop.estimators.class_weights import ClassFactors
from clearprop.estimators.only_if import takes_parts
from clearprop.estimators.perceptron import MultilayerPerceptron, store
from clearprop.estimators.targets import ClassTargets, Targets


class MLPClassifier(ClassifierMixin, MultilayerPerceptron):  # type: ignore[misc]
    """A multi-layer network that tells classes apart, trained by back-propagation.

    Parameters, defaults, attributes, errors and warnings are those of scikit-learn's class of the same name; those that
    scikit-learn does not have are marked with +. The loss is the cross-entropy: with a softmax output for more than two
    classes, a logistic one for two, one logistic output per label where rows have several labels.

    Parameters
    ----------
    hidden_layer_sizes : int or sequence of int, default=(100,)
        Neurons of each hidden layer; () for none, which is logistic regression.
    activation : {"identity", "logistic", "tanh", "relu"}, default="relu"
        Of the hidden layers; without any it is not used. + Any other activation of `clearprop.formulas`, by name or as
        a formula of one's own, or a list with one for each hidden layer.
    solver : {"lbfgs", "sgd", "adam"}, default="adam"
        "sgd" goes with `momentum` and `nesterovs_momentum`; "lbfgs" takes all rows at once.
        + An update rule of `clearprop.formulas` as a formula, with its own rate, decay and ε.
    alpha : float, default=0.0001
        Strength of the L2 penalty ½·alpha·Σw², divided by the weight of the batch.
    batch_size : int or "auto", default="auto"
        Rows per update; "auto" is 200, or all of them if there are fewer. Not for lbfgs.
    learning_rate : {"constant", "invscaling", "adaptive"}, default="constant"
        Of solver="sgd" alone: "invscaling" divides the rate by (samples seen before the epoch + 1)^power_t; "adaptive"
        divides it by 5 whenever `n_iter_no_change` epochs in a row were no better, until it is 1e-6.
        + A schedule of `clearprop.formulas`, by name or as a formula, for "sgd" and "adam" alike ("inverse_scaling" and
        "reduce_on_plateau" are the two above).
    learning_rate_init : float, default=0.001
        Not for lbfgs.
    power_t : float, default=0.5
        For learning_rate="invscaling".
    max_iter : int, default=200
        Most passes over the rows; most iterations of lbfgs.
    shuffle : bool, default=True
        Take the rows in a new order each epoch. Not for lbfgs.
    random_state : int, RandomState or None, default=None
        Decides the initial weights, the order of the rows and which are held out.
    tol : float, default=1e-4
        Better by less than this is no better. For lbfgs: the largest component of the gradient that ends it.
    verbose : bool, default=False
        Print a line after each epoch; on a terminal, show a bar.
    warm_start : bool, default=False
        Let `fit` go on from where the last one ended, the optimizer's memory included.
    momentum : float, default=0.9
        In [0, 1]. For solver="sgd".
    nesterovs_momentum : bool, default=True
        For solver="sgd" with momentum.
    early_stopping : bool, default=False
        Hold out `validation_fraction` of the rows (the proportions of the classes kept, except where rows have several
        labels or one of more than two classes has but one row), stop when their score is no better for
        `n_iter_no_change` epochs, and put the weights of the best epoch back. Not for lbfgs.
        + With `X_val` and `y_val` in `fit` these are the validation rows, with lbfgs too, and none are held out.
    validation_fraction : float, default=0.1
    beta_1, beta_2 : float, default=0.9, 0.999
        How slowly adam forgets gradients and squared gradients, in [0, 1).
    epsilon : float, default=1e-8
        Adam's, above 0.
    n_iter_no_change : int or inf, default=10
        Epochs in a row that may be no better by `tol` than the best before. Not for lbfgs.
    max_fun : int, default=15000
        Most evaluations of the loss by lbfgs.
    class_weight : dict, list of dict, "balanced" or None, default=None
        + Factors on the weight of rows in the loss, {class: factor}, 1 for classes left out; where rows have several
        labels one dict for each label, such as {0: 1, 1: 5}, whose factors multiply. "balanced": inversely proportional
        to the weight of the classes in y. Scores do not heed it.
    l1 : float, default=0.0
        + Strength of the L1 penalty l1·Σ|w|, divided by the weight of the batch as alpha's is.
    weight_decay : float, default=0.0
        + Decoupled decay: before each update w ← w − rate·weight_decay·w, biases left out. Not with lbfgs.
    dropout : float or sequence of float, default=0.0
        + The fraction of values that a layer does not pass on in training, in [0, 1): one number for all hidden layers,
        or one for each of them, or one more in front for the inputs. Not with lbfgs.
    label_smoothing : float, default=0.0
        + ε in [0, 1): targets become (1 − ε)·y + ε/K, K the number of classes, 2 for each label.
    clip_norm : float or None, default=None
        + The gradient, over all parameters together, is shortened to this length where it is longer. Not with lbfgs.
    scoring : str, callable or None, default=None
        + The score over the validation rows: the name of a scorer of scikit-learn, a callable ``scorer(estimator, X,
        y)``, higher being better, "loss" for the loss itself, or None for the estimator's own `score`.
    max_seconds : float or None, default=None
        + Time limit of a call of `fit`, looked at several times a second (after each iteration of lbfgs).
    callbacks : callable, sequence of callable or None, default=None
        + Each is called with the `clearprop.Epoch` after every epoch, when the estimator can already predict; one that
        returns True ends training.
    n_threads : int or None, default=None
        + The most threads for training and prediction; None: as many as the process may use. In a search that runs
        several fits at once, 1 is best. The result does not depend on it.
    layer_rates : sequence of float or None, default=None
        + A factor on the learning rate of each of the layers 1 … L; 0 keeps a layer as it is, which with warm_start or
        `partial_fit` is how a network that has learned elsewhere is fine-tuned. Not with lbfgs.
    on_divergence : {"raise", "retry"}, default="raise"
        + When a loss or a gradient is not finite any more: "raise" `clearprop.errors.DivergenceError`, which has the
        best weights so far, or "retry" from them with half the learning rate, ten times at most, with a warning each
        time. Not with lbfgs.
    engine : {"auto", "compiled", "reference", "torch"}, default="auto"
        + Who computes: "compiled" is the fast one, machine code made from the formulas, "reference" the one to read, in
        NumPy, "torch" PyTorch, on a GPU too. "auto" takes the fastest that can do the job; `engine_reason_` says why.
        One asked for by name that cannot do it raises `clearprop.errors.EngineRefusal`.
    device : str, default="cpu"
        + Where the torch engine computes: "cpu", "cuda" (or "cuda:1"), "mps", or "auto": a GPU where there is one and
        the network is large enough to be worth it.
    precision : {"float32", "tf32", "bf16"}, default="float32"
        + Of the torch engine's matrix products of float32 numbers.

    Attributes
    ----------
    classes_ : array of shape (n_classes,)
    coefs_, intercepts_ : list of arrays
        W of shape (n_{l−1}, n_l) and b of shape (n_l,) for l = 1 … L: writable views of one vector.
    loss_ : float
        Of the last epoch, penalty included.
    best_loss_ : float or None
        The least in `loss_curve_`; None with early stopping by rows held out.
    loss_curve_ : list of float
        Loss of every epoch; of every iteration of lbfgs, too.
    validation_scores_ : list of float or None
        The score over the rows held out, or over `X_val`, after every epoch; None without such rows.
    best_validation_score_ : float or None
        That of the weights put back; None where none were.
    t_ : int
        Rows seen in training.
    n_iter_ : int
        Epochs of the last call of `fit` or `partial_fit`.
    n_features_in_, n_layers_, n_outputs_ : int
    feature_names_in_ : array of str
        Where X had names, all of them text.
    out_activation_ : {"softmax", "logistic"}
    history_ : tuple of Epoch
        + Of every epoch, or iteration of lbfgs: loss, "validation_loss" and "validation_score", rate, gradient norm of
        every layer, seconds.
    retries_ : tuple of Retry
        + How often the last fit diverged and went on, with on_divergence="retry": where, and with which rate.
    network_ : Network
        + The network, for `clearprop.forward`, `backward`, `check_gradient` and `save`.
    parameters_ : Parameters
        + Its numbers; writable.
    stopping_reason_, engine_, engine_reason_ : str
        + Why training ended, in a sentence; which engine computed, and why that one.

    Examples
    --------
    >>> from clearprop import MLPClassifier
    >>> from sklearn.datasets import load_breast_cancer
    >>> from sklearn.model_selection import train_test_split
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> parts = train_test_split(*load_breast_cancer(return_X_y=True), random_state=0)
    >>> X, X_test, y, y_test = parts
    >>> model = make_pipeline(StandardScaler(), MLPClassifier(max_iter=500, random_state=0)).fit(X, y)
    >>> bool(model.score(X_test, y_test) > 0.95)
    True
    """

    classes_: Any

    def __init__(
        self,
        hidden_layer_sizes: Any = (100,),
        activation: Any = "relu",
        *,
        solver: Any = "adam",
        alpha: float = 0.0001,
        batch_size: int | str = "auto",
        learning_rate: Any = "constant",
        learning_rate_init: float = 0.001,
        power_t: float = 0.5,
        max_iter: int = 200,
        shuffle: bool = True,
        random_state: Any = None,
        tol: float = 1e-4,
        verbose: bool = False,
        warm_start: bool = False,
        momentum: float = 0.9,
        nesterovs_momentum: bool = True,
        early_stopping: bool = False,
        validation_fraction: float = 0.1,
        beta_1: float = 0.9,
        beta_2: float = 0.999,
        epsilon: float = 1e-8,
        n_iter_no_change: float = 10,
        max_fun: int = 15000,
        class_weight: Any = None,
        l1: float = 0.0,
        weight_decay: float = 0.0,
        dropout: Any = 0.0,
        label_smoothing: float = 0.0,
        clip_norm: float | None = None,
        scoring: Any = None,
        max_seconds: float | None = None,
        callbacks: Any = None,
        n_threads: int | None = None,
        layer_rates: Any = None,
        on_divergence: str = "raise",
        engine: str = "auto",
        device: str = "cpu",
        precision: str = "float32",
    ) -> None:
        store(self, locals())

    class_weight: Any

    def _learn_factors(self, targets: Any, Y: Any, sample_weight: Any) -> ClassFactors | None:
        return None if self.class_weight is None else ClassFactors(self.class_weight, targets, Y, sample_weight)

    def _learn_targets(self, y: Any) -> Targets:
        targets = ClassTargets(y)
        self.classes_ = targets.classes
        return targets

    def _same_targets(self, y: Any) -> Targets:
        found, before = ClassTargets(y), self._run.targets
        assert isinstance(before, ClassTargets)
        same = found.is_multilabel == before.is_multilabel and np.array_equal(found.classes, self.classes_)
        if not same:
            raise InputError(
                "warm_start can only be used where `y` has the same classes as in the previous call to fit. "
                f"Previously got {self.classes_}, `y` has {found.classes}"
            )
        return before

    @takes_parts
    def partial_fit(self, X: Any, y: Any, sample_weight: Any = None, classes: Any = None) -> Self:
        """Make one pass over these rows, from where the last call ended, the optimizer's memory included.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.
        classes : array-like of shape (n_classes,)
            All classes that will ever come; needed at the first call, and the same at later ones or left out.

        Returns
        -------
        self
        """
        if isinstance(self.class_weight, str) and self.class_weight == "balanced":
            raise InputError(
                "class_weight='balanced' does not go with partial_fit, since a part of the rows does not tell how "
                "frequent the classes are; give the factors themselves, as sklearn.utils.class_weight computes them"
            )
        first = None
        if not self.__sklearn_is_fitted__():
            if classes is None:
                raise InputError(
                    "classes must be passed on the first call to partial_fit: all that will ever come, "
                    "because y may not have every one of them yet"
                )
            with not_cut_by_the_end():
                several = type_of_target(y).startswith("multilabel")
                first = ClassTargets(y if several else unique_labels(classes), are_classes=not several)
            self.classes_ = first.classes
        if classes is not None and not self._are_classes(classes):
            raise InputError(f"classes were {self.classes_} at the first call to partial_fit and are now {classes}")
        return self._learn_a_part(X, y, sample_weight, first)

    @not_cut_by_the_end()
    def _are_classes(self, classes: Any) -> bool:
        return np.array_equal(unique_labels(classes), self.classes_)

    def predict_proba(self, X: Any) -> Any:
        """The probability of every class.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        probabilities : array of shape (n_samples, n_classes)
            In the order of `classes_`; each row sums to 1, except where rows have several labels. Where the training
            data had one class only, a second column says how probable something else would be.
        """
        outputs, targets = self._outputs(X), self._run.targets
        assert isinstance(targets, ClassTargets)
        if self.n_outputs_ > 1 or targets.is_multilabel:
            return outputs
        both = np.empty((len(outputs), 2), dtype=outputs.dtype)  # filled in place: there may be millions of rows
        both[:, 1] = outputs[:, 0]
        np.subtract(1, both[:, 1], out=both[:, 0])
        return both

    def predict_log_proba(self, X: Any) -> Any:
        """The logarithm of `predict_proba`, −∞ where that is 0.

        Parameters
        ----------
        X : array-like or sparse matrix of shape (n_samples, n_features)

        Returns
        -------
        log_probabilities : array of shape (n_samples, n_classes)
        """
        with np.errstate(divide="ignore"):
            return np.log(self.predict_proba(X))

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_label = True
        return tags
