"""Networks of other libraries, brought in: what they compute, explained, checked, saved, and ready to be trained on."""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from clearprop.errors import InputError, ShapeError
from clearprop.estimators.display import pictures
from clearprop.estimators.exports import Exports
from clearprop.estimators.imported_proof import Proof, proof_of
from clearprop.estimators.imported_targets import ImportedTargets
from clearprop.estimators.to_libraries import ToLibraries
from clearprop.files.importers.source import SourceNetwork
from clearprop.formulas import ACTIVATIONS, LOSSES, Activation, Loss, UpdateRule, fitting_activations, loss_function
from clearprop.network import Dense, Network, Parameters, forward
from clearprop.network.layers import Layer

if TYPE_CHECKING:
    from clearprop.estimators.imported_check import ImportedGradients
    from clearprop.explain import Trace

# What the last layer of a network for training computes where the source leaves it to its loss.
ADDED = {
    ("identity", "cross_entropy"): "softmax",
    ("identity", "binary_cross_entropy"): "logistic",
    ("identity", "poisson"): "exp",
    ("log_softmax", "cross_entropy"): "softmax",
    ("log_sigmoid", "binary_cross_entropy"): "logistic",
}


@dataclass(frozen=True)
class Imported(Exports, ToLibraries):
    """A network of another library, here.

    It is made by `from_sklearn` and its kin.

    Parameters
    ----------
    source : SourceNetwork
        The network as it was read.
    loss : Loss
    classes : tuple or None
        In the order of the outputs: two for one output.
    proof : Proof or None
        How its outputs compare with the source's own.

    Examples
    --------
    >>> from sklearn.datasets import load_iris
    >>> from sklearn.neural_network import MLPClassifier
    >>> from clearprop import from_sklearn
    >>> X, y = load_iris(return_X_y=True)
    >>> theirs = MLPClassifier((5,), solver="lbfgs", max_iter=500, random_state=0).fit(X, y)
    >>> ours = from_sklearn(theirs)
    >>> ours.network.widths, ours.proof.passed
    ((4, 5, 3), True)
    >>> bool((ours.estimator().predict(X) == theirs.predict(X)).all())
    True
    """

    source: SourceNetwork
    loss: Loss
    classes: tuple[Any, ...] | None = None
    proof: Proof | None = None

    @cached_property
    def network(self) -> Network:
        """The network, with the output activation that its loss goes with."""
        layers = []
        for layer in self.source.layers:
            n_in, n_out = layer.weights.shape
            rate = 0.0 if layer.biases is None else 1.0
            layers.append(Dense(n_in, n_out, layer.activation, bias_rate=rate))
        added = self.added
        if added is not None:
            layers[-1] = replace(layers[-1], activation=added)
        return Network(tuple(layers), self.loss)

    @cached_property
    def parameters(self) -> Parameters:
        """Its numbers, of the source's precision."""
        layers = self.source.layers
        biases = [np.zeros(each.weights.shape[1]) if each.biases is None else each.biases for each in layers]
        return self.network.parameters([each.weights for each in layers], biases, self.source.dtype)

    @property
    def added(self) -> Activation | None:
        """The activation that training adds to the last layer, where the loss of the source works without it."""
        name = ADDED.get((self.source.layers[-1].activation.name, self.loss.name))
        return None if name is None else ACTIVATIONS[name]()

    def _layers_and_parameters(self) -> tuple[tuple[Layer, ...], Parameters]:
        *before, last = self.network.layers
        layers = (*before, replace(last, activation=self.source.layers[-1].activation))
        scaling = None if self.source.inputs is None else self.source.inputs.scaling()
        if scaling is None:
            return layers, self.parameters
        (scale, shift), W, b = scaling, list(self.parameters.W), list(self.parameters.b)  # folded into the first layer
        wide = W[0].astype(np.float64)
        W[0], b[0] = scale[:, None] * wide, b[0] + shift @ wide
        return layers, self.network.parameters(W, b, self.source.dtype)

    @cached_property
    def targets(self) -> ImportedTargets:
        """How y becomes what the network learns."""
        n_outputs = self.network.widths[-1]
        each_by_itself = self.classes is not None and n_outputs > 1 and self.loss.name == "binary_cross_entropy"
        return ImportedTargets(self.classes, self.source.is_multilabel or each_by_itself, n_outputs)

    def inputs(self, X: Any) -> Any:
        """What the first layer gets for these rows, (n_rows, n₀), of the source's precision."""
        if self.source.inputs is not None:
            return self.source.inputs.apply(X).astype(self.source.dtype)
        found = X.toarray() if hasattr(X, "toarray") else np.asarray(X)
        if found.ndim != 2 or found.shape[1] != self.network.widths[0]:
            raise ShapeError(f"X must be of shape (n_rows, {self.network.widths[0]}), not {found.shape}")
        return np.ascontiguousarray(found, dtype=self.source.dtype)

    def outputs(self, X: Any) -> Any:
        """What the source's own output gives, (n_rows, n_outputs): of a network that ends before its softmax, scores.

        Parameters
        ----------
        X : array-like or data frame of shape (n_rows, n_columns)
            As the source takes it, before any steps of a pipeline.
        """
        tape = forward(self.network, self.parameters, self.inputs(X))
        if self.added is None:
            return tape.a[-1]
        return self.source.layers[-1].activation.forward(tape.z[-1])

    def estimator(self) -> Any:
        """A fitted `MLPClassifier` or `MLPRegressor` that predicts the same, and that can be trained further.

        Its `warm_start` is True: `fit` and `partial_fit` go on from here, with the source's settings and, where it had
        one, its optimizer's memory. Behind steps of a pipeline it is the last step of one.

        Raises
        ------
        InputError
            When the outputs are neither probabilities of classes nor numbers that are predicted as they are.
        """
        from clearprop.estimators.imported_estimator import estimator_of

        return estimator_of(self)

    def to_sklearn(self) -> Any:
        """scikit-learn's own fitted estimator of this network, as `MLPClassifier.to_sklearn` makes it.

        Behind steps of a pipeline it is the last step of one.
        """
        from sklearn.pipeline import Pipeline

        found = self.estimator()
        if not isinstance(found, Pipeline):
            return found.to_sklearn()
        return Pipeline([found.steps[0], ("network", found.steps[1][1].to_sklearn())])

    def explain(self, x: Any, y: Any, optimizer: str | UpdateRule | None = None) -> Trace:
        """Every number of one step of training with this row, or with these rows.

        Parameters
        ----------
        x : array-like of shape (n_columns,) or (n_rows, n_columns)
        y : target of the row, or of each
            A class, or numbers.
        optimizer : update rule, optional
            By default the source's, with what it remembers, or plain sgd.

        Returns
        -------
        clearprop.explain.Trace
            ``print(trace.explained().text())`` shows it.
        """
        from clearprop.estimators.imported_check import explained

        return explained(self, x, y, optimizer)

    def check_gradient(
        self, X: Any, y: Any, *, n_parameters: int | None = 500, tolerance: float | None = None
    ) -> ImportedGradients:
        """The source's own gradient where it is at hand, ours, and a central difference, tensor by tensor.

        Parameters
        ----------
        X, y
            As for `explain`, rows.
        n_parameters : int or None
            How many parameters are differentiated by central differences, drawn at random; None for all.
        tolerance : float, optional
            The relative error of a tensor that passes; by default 1e-6, or 1e-4 beside a source in float32.

        Returns
        -------
        ImportedGradients
            ``print`` it; `passed` and `first_wrong` are for programs.
        """
        from clearprop.estimators.imported_check import gradients_of

        return gradients_of(self, X, y, n_parameters, tolerance)

    def save(self, path: str | os.PathLike[str], target: str | Sequence[str] | None = None) -> None:
        """Write a model file, which the command line predicts, evaluates, explains and exports with.

        Parameters
        ----------
        path : path
            Usually ending in ``.clearprop``.
        target : str or sequence of str, optional
            What the column, or the columns, of the target are called in tables; by default "target", or "y1", "y2", ….
        """
        self.table_model(target).save(path)

    def table_model(self, target: str | Sequence[str] | None = None) -> Any:
        """The network as a `clearprop.tabular.TableModel`, whose columns are called as the source's, or x1, x2, …."""
        from clearprop.estimators.imported_table import table_model_of

        proof = None if self.proof is None else str(self.proof)
        return table_model_of(self, target, {"imported": self.source.source, "notes": list(self.notes), "proof": proof})

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.report, quote=False)}</pre>{pictures(self.network, self.parameters, ())}"

    @property
    def report(self) -> str:
        """What was read, what was changed for it, and the proof that it computes the same."""
        lines = [self.source.source, ""]
        for l, (layer, here) in enumerate(zip(self.source.layers, self.network.layers, strict=True), start=1):
            n_in, n_out = layer.weights.shape
            name = f" ({layer.name})" if layer.name else ""
            lines.append(f"layer {l}{name}: {n_in:,} → {n_out:,}, {here.activation.name}")
        lines += [f"loss: {self.loss.name}", *(f"- {note}" for note in self.notes), ""]
        lines.append("no rows to compare with the source" if self.proof is None else str(self.proof))
        return "\n".join(lines)

    @property
    def notes(self) -> tuple[str, ...]:
        """A sentence for each thing that was folded, added, dropped or assumed."""
        notes = list(self.source.notes)
        if self.added is not None:
            was = self.source.layers[-1].activation.name
            what = "a linear output" if was == "identity" else was
            notes.append(
                f"{self.loss.name} goes with {what} in the source; here {self.added.name} is added for training and "
                "explanations, and outputs() gives what the source's output gives"
            )
        for l, layer in enumerate(self.source.layers, start=1):
            if layer.biases is None:
                notes.append(f"layer {l} has no biases in the source: here they are 0 and stay so")
        if self.source.classes is None and self.classes is not None and self.classes == tuple(range(len(self.classes))):
            notes.append(f"the classes are taken to be 0 … {len(self.classes) - 1}")
        return tuple(notes)


def imported(
    source: SourceNetwork,
    *,
    loss: str | Loss | type[Loss] | None = None,
    classes: Sequence[Any] | None = None,
    rows: Any = None,
) -> Imported:
    """An `Imported` of what an importer read: its loss found or asked for, its outputs compared with the source's.

    Parameters
    ----------
    source : SourceNetwork
    loss : loss, optional
        Where the source has none, or another one is wanted.
    classes : sequence, optional
        In the order of the outputs; 0 … k − 1 by default where the loss is for classes.
    rows : array-like, optional
        Rows to compare outputs on; by default 1,000 drawn at random, or those that the file holds.

    Raises
    ------
    InputError
        When there is no loss, the classes are too many or too few, or the loss does not fit the outputs.
    """
    found = loss_of(source, loss)
    result = Imported(source, found, _classes(source, found, classes))
    result.network  # noqa: B018 (raises where the loss does not fit the output)
    return replace(result, proof=proof_of(result, rows))


def loss_of(source: SourceNetwork, loss: str | Loss | type[Loss] | None) -> Loss:
    """The loss that was asked for, or the source's; InputError with those that fit where there is neither."""
    if loss is not None:
        return loss_function(loss)
    if source.loss is not None:
        return source.loss
    last = source.layers[-1].activation
    fitting = [name for (output, name) in ADDED if output == last.name]
    fitting += [
        name for name in ("half_squared_error", "cross_entropy", "binary_cross_entropy", "huber", "poisson")
        if last.name in fitting_activations(name) and name not in fitting
    ]  # fmt: skip
    fitting = sorted(fitting or ["half_squared_error"], key=lambda name: LOSSES[name].natural_output != last.name)
    raise InputError(
        f"{source.source} does not say what it was trained with; say loss=, which for its output {last.name!r} of "
        f"{source.widths[-1]} can be {', '.join(map(repr, fitting))}"
    )


def _classes(source: SourceNetwork, loss: Loss, given: Sequence[Any] | None) -> tuple[Any, ...] | None:
    """The classes in the order of the outputs, or None for a network that predicts numbers."""
    n_outputs = source.widths[-1]
    several = n_outputs > 1
    wanted = n_outputs if several else 2
    if given is not None:
        found = tuple(np.asarray(given).tolist())
        if len(found) != wanted or len(set(found)) != wanted:
            raise InputError(f"classes must name {wanted} different classes for {n_outputs} outputs, not {len(found)}")
        return found
    if source.classes is not None:
        return source.classes
    if loss.name in ("cross_entropy", "binary_cross_entropy"):
        return tuple(range(wanted))
    return None


def from_sklearn(model: Any, *, rows: Any = None) -> Imported:
    """The network of a fitted scikit-learn MLPClassifier or MLPRegressor, with the known steps of a Pipeline before it.

    Parameters
    ----------
    model : estimator
        Also a Pipeline, a search over parameters, or a TransformedTargetRegressor.
    rows : array-like or data frame, optional
        Rows to compare outputs on; by default 1,000 drawn at random.

    Returns
    -------
    Imported

    Raises
    ------
    InputError
        When it is not fitted, no network, or has a step that is not known.

    Examples
    --------
    >>> import numpy as np
    >>> from sklearn.neural_network import MLPRegressor
    >>> from sklearn.pipeline import make_pipeline
    >>> from sklearn.preprocessing import StandardScaler
    >>> from clearprop import from_sklearn
    >>> X = np.linspace(0, 100, 50)[:, None]
    >>> network = MLPRegressor(hidden_layer_sizes=5, solver="lbfgs", max_iter=5000, random_state=0)
    >>> ours = from_sklearn(make_pipeline(StandardScaler(), network).fit(X, np.sin(X[:, 0] / 20)), rows=X)
    >>> ours.proof.n_rows, ours.proof.passed
    (50, True)
    >>> ours.check_gradient(X, np.sin(X[:, 0] / 20)).passed
    True
    """
    from clearprop.files.importers import sklearn

    return imported(sklearn.read(model), rows=rows)
