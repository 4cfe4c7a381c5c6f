"""Dense layers in the making: what a module or a file says, one step after the other, becomes weights and activations.

Scales and shifts (a batch normalisation's, a fixed scaler's) go into the matrix before or after them; before the first
layer they stay steps of its inputs, so that whatever trains on gets inputs of the same size. Slopes that differ from
unit to unit (PReLU) become relu units: z and −z, the next layer takes the second half times −slope.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from clearprop.errors import InputError
from clearprop.files.importers.preprocessing import MadeInput, Preprocessing, RawColumn, X
from clearprop.files.importers.source import SourceLayer
from clearprop.formulas import Activation, Expression, Identity, LeakyRelu, Relu


@dataclass
class OpenLayer:
    """A layer while steps are still added to it.

    Attributes
    ----------
    weights, biases, name, activation
        As in `SourceLayer`; the activation is None as long as none was met.
    is_folded : bool
        Whether the numbers are no longer the source's own.
    x_at, z_at : object
        Where in the source the values are that come in and that go into the activation.
    is_doubled : bool
        Whether its units were doubled for slopes of their own.
    is_own : bool
        Whether it is no layer of the source, but was put between.
    z_scale : number, or array with one for each unit
        By what the values at `z_at` are multiplied before they go into the activation.
    """

    weights: Any
    biases: Any
    name: str
    x_at: Any
    z_at: Any
    activation: Activation | None = None
    is_folded: bool = False
    is_doubled: bool = False
    is_own: bool = False
    z_scale: Any = 1.0


@dataclass
class Chain:
    """Layers one after the other, and by what the last one's outputs are still multiplied.

    Parameters
    ----------
    n_inputs : int
        Columns that come in.
    at : object
        Where in the source they come in.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.files.importers.chain import Chain
    >>> chain = Chain(2)
    >>> chain.dense(np.ones((2, 1)), np.zeros(1), "out")
    >>> chain.affine(0.5, 1.0, "scaler")
    >>> (layer,) = chain.finish("float64")
    >>> layer.weights.tolist(), layer.biases.tolist(), chain.notes
    ([[0.5], [0.5]], [1.0], ['scaler was folded into the layer before it'])
    """

    n_inputs: int
    at: Any = None
    layers: list[OpenLayer] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    scale: Any = None  # what the next layer's inputs are multiplied by: one number each, or a matrix
    shift: Any = None
    scaled_at: Any = None  # where in the source the scaled values are, up to a factor
    scaled_by: Any = 1.0
    inputs: list[Expression] = field(default_factory=list)  # of the first layer, in x; [] where it takes what comes in

    @property
    def width(self) -> int:
        """How many units come out so far."""
        if self.scale is not None and np.ndim(self.scale) == 2:
            return int(self.scale.shape[1])
        return int(self.layers[-1].weights.shape[1]) if self.layers else self.n_inputs

    def dense(self, weights: Any, biases: Any, name: str, at: Any = None) -> None:
        """A layer with weights (n_in, n_out) and biases (n_out,) or None.

        Raises
        ------
        InputError
            When it takes another number of inputs than there are.
        """
        weights = np.asarray(weights)
        if weights.ndim != 2 or weights.shape[0] != self.width:
            raise InputError(
                f"the layer {name!r} has weights of shape {weights.shape} (inputs, outputs), but gets {self.width} "
                "inputs: the layers do not chain"
            )
        is_folded = self.scale is not None
        if is_folded:
            wide = weights.astype(np.float64)
            moved = self.shift @ wide
            if moved.any():
                biases = moved if biases is None else biases + moved
            weights = self.scale @ wide if np.ndim(self.scale) == 2 else self.scale[:, None] * wide
            self.scale = self.shift = None
        self.layers.append(OpenLayer(weights, biases, name, self.at, at, is_folded=is_folded))

    def affine(self, scale: Any, shift: Any, name: str, at: Any = None, *, quietly: bool = False) -> None:
        """Every unit times its number, plus its number. Before the first layer that is a step of its inputs.

        A shift with a number for each unit makes biases, be they 0: such were not trained yet.
        """
        has_biases = bool(np.ndim(shift) or shift != 0)
        scale, shift = (np.broadcast_to(np.asarray(x, dtype=np.float64), (self.width,)) for x in (scale, shift))
        if not self.layers:
            self._before(scale, shift, name, at)
            return
        after = self.scale is not None or self.layers[-1].activation is not None
        if not quietly:
            self.notes.append(f"{name} was folded into the layer {'after' if after else 'before'} it")
        if not after:
            last = self.layers[-1]
            last.weights, last.is_folded = last.weights * scale, True
            last.z_at, last.z_scale = (last.z_at, last.z_scale * scale) if at is None else (at, 1.0)
            if last.biases is not None or has_biases:
                last.biases = (0 if last.biases is None else last.biases * scale) + shift
            return
        if self.scale is None:
            self.scale, self.shift, self.scaled_at, self.scaled_by = scale, shift, self.at, 1.0
        else:
            self.scale, self.shift = self.scale * scale, self.shift * scale + shift
        self.scaled_at, self.scaled_by = (self.scaled_at, self.scaled_by * scale) if at is None else (at, 1.0)

    def _before(self, scale: Any, shift: Any, name: str, at: Any) -> None:
        """A step of the inputs."""
        note = f"{name} became a step before the first layer: it scales the inputs, and is not trained"
        if note not in self.notes:
            self.notes.append(note)
        before = self.inputs or [X] * self.n_inputs
        self.inputs = [_scaled(*each) for each in zip(before, scale.tolist(), shift.tolist(), strict=True)]
        self.at = at

    def preprocessing(self) -> Preprocessing | None:
        """The steps before the first layer, whose columns are called x1, x2, …; None where there are none."""
        if all(tree == X for tree in self.inputs):
            return None
        names = [f"x{k + 1}" for k in range(self.n_inputs)]
        made = (MadeInput(name, k, tree) for k, (name, tree) in enumerate(zip(names, self.inputs, strict=True)))
        return Preprocessing(tuple(map(RawColumn, names)), tuple(made))

    def activation(self, formula: Activation, name: str, at: Any = None) -> None:
        """What every unit of the last layer goes through."""
        if isinstance(formula, Identity):
            return
        before = self.layers[-1].activation if self.layers and self.scale is None else None
        joined = None if before is None else _joined(before, formula)
        if joined is None:
            if not self.layers or self.scale is not None or before is not None:
                self._own_layer(name)
            self.layers[-1].activation = formula
        else:
            self.layers[-1].activation = joined
        self.at = at

    def slopes(self, slopes: Any, name: str, at: Any = None) -> None:
        """z for z > 0, otherwise z times the unit's own slope."""
        slopes = np.asarray(slopes, dtype=np.float64).ravel()
        if (slopes == slopes[0]).all():
            self.activation(LeakyRelu(float(slopes[0])), name, at)
            return
        if len(slopes) != self.width:
            raise InputError(f"{name} has {len(slopes)} slopes for {self.width} units")
        if not self.layers or self.scale is not None or self.layers[-1].activation is not None:
            self._own_layer(name)
        last, n = self.layers[-1], len(slopes)
        self.notes.append(
            f"the slopes of {name} differ from unit to unit: its {n} units became {2 * n} relu units, z and −z, and "
            "the next layer takes the second half times −slope"
        )
        last.weights = np.concatenate([last.weights, -last.weights], axis=1)
        last.biases = None if last.biases is None else np.concatenate([last.biases, -last.biases])
        last.activation, last.is_folded, last.is_doubled = Relu(), True, True
        self.scale, self.shift = np.concatenate([np.eye(n), -np.diag(slopes)]), np.zeros(n)
        self.at = at

    def _own_layer(self, name: str) -> None:
        """A layer of its own for what can go into no other."""
        n = self.width
        self.notes.append(f"{name} got a layer of its own with the unit matrix as weights")
        at, factor = (self.at, 1.0) if self.scale is None else (self.scaled_at, self.scaled_by)
        self.dense(np.eye(n), None, f"before {name}", at)
        last = self.layers[-1]
        last.is_folded = last.is_own = True
        last.z_scale = factor

    def finish(self, dtype: Any) -> tuple[SourceLayer, ...]:
        """The layers, their numbers in this type.

        Raises
        ------
        InputError
            When there is none.
        """
        if not self.layers:
            raise InputError("there is no dense layer in it: there is no network to import")
        if self.scale is not None:
            self._own_layer("what follows the last layer")
        with np.errstate(over="ignore"):  # a layer says itself that a number of it is infinite
            return tuple(
                SourceLayer(
                    np.asarray(layer.weights, dtype=dtype),
                    None if layer.biases is None else np.asarray(layer.biases, dtype=dtype),
                    Identity() if layer.activation is None else layer.activation,
                    layer.name,
                )
                for layer in self.layers
            )


def _scaled(tree: Expression, scale: float, shift: float) -> Expression:
    """tree·scale + shift, without what does nothing."""
    if scale != 1:
        tree = tree * scale
    return tree if shift == 0 else tree + shift if shift > 0 else tree - -shift


def _joined(first: Activation, second: Activation) -> Activation | None:
    """One activation for two, where there is one."""
    if isinstance(first, LeakyRelu) and isinstance(second, LeakyRelu) and first.negative_slope > 0:
        return LeakyRelu(first.negative_slope * second.negative_slope)
    if isinstance(second, Relu | LeakyRelu) and first.range[0] >= 0:
        return first
    return None


def refused(number: int, kind: str, place: str, why: str = "") -> InputError:
    """The error for a step that is no part of a dense chain.

    Parameters
    ----------
    number : int
        Of the step, from 1.
    kind : str
        What the source calls it: "Conv2d".
    place : str
        Its name there.
    """
    named = f" ({place!r})" if place else ""
    return InputError(f"layer {number}, {kind}, is not a dense layer{named}{why and ': ' + why}")


def scale_and_shift(mean: Any, variance: Any, epsilon: float, gamma: Any = None, beta: Any = None) -> Sequence[Any]:
    """What a normalisation (x − mean) / √(variance + ε)·γ + β multiplies by and adds."""
    scale = (1.0 if gamma is None else np.asarray(gamma, np.float64)) / np.sqrt(np.asarray(variance, float) + epsilon)
    return scale, (0.0 if beta is None else np.asarray(beta, np.float64)) - np.asarray(mean, float) * scale
