"""A network of another library as data: its layers, what it was trained with, and what was noted while it was read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np

from clearprop.errors import InputError, NotFiniteError, ShapeError
from clearprop.files.importers.preprocessing import Preprocessing
from clearprop.formulas import Activation, Expression, Loss, UpdateRule, activation


@dataclass(frozen=True)
class SourceLayer:
    """One dense layer: a = σ(x @ weights + biases).

    Parameters
    ----------
    weights : array-like of shape (n_in, n_out)
        Rows are inputs. A contiguous copy is kept, float32 or, of anything else, float64.
    biases : array-like of shape (n_out,) or None
        None where the layer has none: it then gets zeros that are not trained.
    activation : Activation
        Its name or class will do.
    name : str
        What the layer is called in the source, for messages and the report.

    Raises
    ------
    ShapeError, NotFiniteError
        When the arrays do not fit each other, or hold NaN or infinity.
    """

    weights: Any
    biases: Any
    activation: Activation
    name: str = ""

    def __post_init__(self) -> None:
        weights = _numbers(self.weights)
        object.__setattr__(self, "weights", weights)
        object.__setattr__(self, "activation", activation(self.activation))
        if weights.ndim != 2 or 0 in weights.shape:
            raise ShapeError(f"{self.place} has weights of shape {weights.shape}, not a matrix (inputs, outputs)")
        if self.biases is not None:
            biases = _numbers(self.biases, weights.dtype)
            object.__setattr__(self, "biases", biases)
            if biases.shape != weights.shape[1:]:
                raise ShapeError(f"{self.place} has biases of shape {biases.shape}, not {weights.shape[1:]}")
        for what, numbers in (("weights", weights), ("biases", self.biases)):
            if numbers is not None and not np.isfinite(numbers).all():
                raise NotFiniteError(
                    f"{self.place} has {what} that are NaN or infinite; such a network is not imported"
                )

    @property
    def place(self) -> str:
        """How messages call the layer."""
        return f"the layer {self.name!r}" if self.name else "a layer"


@dataclass(frozen=True)
class OptimizerMemory:
    """What an optimizer remembers.

    Attributes
    ----------
    step : int
        Updates made so far.
    vectors : mapping of str to sequence of (weights, biases)
        For each name of the update rule's `memory`, a pair of arrays for each layer, in the shapes of its weights
        and biases; biases may be None where the layer has none.
    """

    step: int
    vectors: Mapping[str, Any]


@dataclass(frozen=True)
class SourceNetwork:
    """A network as another library has it.

    Attributes
    ----------
    source : str
        The library, its version and what it was: "PyTorch 2.13.0, Sequential".
    layers : tuple of SourceLayer
        Layers 1 … L. The output activation stands in the last of them.
    loss : Loss or None
        None where the source does not say.
    update_rule : UpdateRule or None
        The optimizer with its settings; None where the source does not say, or has one that clearprop does not.
    memory : OptimizerMemory or None
    classes : tuple or None
        Of a classifier, in the order of its outputs: two for one output, one for each label of a multilabel network.
    is_multilabel : bool
        Whether each output is a label of its own.
    feature_names : tuple of str or None
        Of the columns that come in, before any preprocessing.
    target_names : tuple of str or None
        Of the outputs of a regression.
    inputs : Preprocessing or None
        Steps before the first layer.
    notes : tuple of str
        A sentence for each thing that was folded, dropped or assumed.
    reference : callable or None
        From the rows that come in to the source's own outputs (n_rows, n_outputs), where its object is at hand.
    gradient : callable or None
        From the rows that come in and targets Y (n_rows, n_outputs) to the source's own gradient of its mean loss,
        without penalties: a pair (weights, biases) for each layer, in the shapes of this class.
    recorded : (array, array) or None
        Rows and the outputs that the source gave for them.
    others : tuple of tuple of SourceLayer
        Of an ensemble: the layers of its other networks, of the same sizes. What it gives out is the mean of all.
    after : tuple of Expression
        Of an ensemble: what is made of the mean, in a, a tree for each output.
    settings : mapping
        How it was trained, as parameters of `MLPClassifier` and `MLPRegressor`: alpha, batch_size, learning_rate_init …

    Raises
    ------
    ShapeError
        When layers do not chain.
    """

    source: str
    layers: tuple[SourceLayer, ...]
    loss: Loss | None = None
    update_rule: UpdateRule | None = None
    memory: OptimizerMemory | None = None
    classes: tuple[Any, ...] | None = None
    is_multilabel: bool = False
    feature_names: tuple[str, ...] | None = None
    target_names: tuple[str, ...] | None = None
    inputs: Preprocessing | None = None
    notes: tuple[str, ...] = ()
    reference: Callable[[Any], Any] | None = field(default=None, compare=False)
    gradient: Callable[[Any, Any], Any] | None = field(default=None, compare=False)
    recorded: tuple[Any, Any] | None = None
    others: tuple[tuple[SourceLayer, ...], ...] = ()
    after: tuple[Expression, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(self.layers))
        object.__setattr__(self, "notes", tuple(self.notes))
        if not self.layers:
            raise InputError(f"{self.source} has no dense layer: there is no network to import")
        for l, (before, after) in enumerate(zip(self.layers, self.layers[1:], strict=False), start=1):
            if before.weights.shape[1] != after.weights.shape[0]:
                raise ShapeError(
                    f"layer {l}, {before.place}, has {before.weights.shape[1]} outputs, but layer {l + 1}, "
                    f"{after.place}, takes {after.weights.shape[0]} inputs: the layers do not chain"
                )
        if self.inputs is not None and self.inputs.n_inputs != self.widths[0]:
            raise ShapeError(
                f"the steps before the network make {self.inputs.n_inputs} inputs, but its first layer takes "
                f"{self.widths[0]}"
            )

    @cached_property
    def widths(self) -> tuple[int, ...]:
        """n₀ … n_L."""
        return (self.layers[0].weights.shape[0], *(layer.weights.shape[1] for layer in self.layers))

    @cached_property
    def dtype(self) -> Any:
        """float32 where all numbers are, otherwise float64."""
        arrays = [array for layer in self.layers for array in (layer.weights, layer.biases) if array is not None]
        return np.result_type(*arrays)


def _numbers(given: Any, dtype: Any = None) -> Any:
    """A contiguous copy of its own, float32 or float64."""
    found = np.asarray(given)
    if found.dtype.kind not in "fiu":
        raise InputError(f"weights must be numbers, not of the type {found.dtype}")
    return np.array(found, dtype=np.float32 if found.dtype == np.float32 else np.float64, order="C")
