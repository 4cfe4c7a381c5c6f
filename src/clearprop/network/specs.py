"""What a network is: frozen specs of its layers and its loss. A Network owns no numbers.

Layers are numbered as the book does: the input is layer 0, the layers with weights are 1 … L. Rows are samples, and
W[l] has shape (n_{l−1}, n_l), so that z = a @ W + b.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from clearprop.errors import InputError, NotFiniteError, ShapeError
from clearprop.formulas import (
    Activation,
    Head,
    Initialiser,
    Loss,
    activation,
    initialiser,
    loss_function,
)
from clearprop.formulas.kept import kept
from clearprop.network.layers import Dense, Layer
from clearprop.network.memory import check_room
from clearprop.network.parameters import Block, Matrix, Parameters, Vector, floating, from_arrays, shape_of, views

ActivationLike = str | Activation | type[Activation]


@dataclass(frozen=True)
class Network:
    """A multi-layer network: its layers and its loss.

    Parameters
    ----------
    layers : tuple of Dense
        Layers 1 … L; each takes as many inputs as the one before has outputs.
    loss : Loss
        Its name or class will do.

    Raises
    ------
    InputError
        When neighbouring layers do not fit, something is no layer, or the loss does not fit the output.

    Examples
    --------
    >>> from clearprop import Network
    >>> net = Network.mlp([2, 2, 1], hidden="sigmoid", output="sigmoid", loss="squared_error")
    >>> net.depth, net.widths, net.n_parameters
    (2, (2, 2, 1), 9)
    """

    layers: tuple[Layer, ...]
    loss: Loss
    head: Head = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "layers", tuple(self.layers))
        object.__setattr__(self, "loss", loss_function(self.loss))
        if not self.layers:
            raise InputError("a network needs at least one layer with weights")
        for layer in self.layers:
            if not isinstance(layer, Layer):
                raise InputError(f"a layer must be a Dense, not {layer!r}; Network.mlp makes them from widths")
        for l, (before, after) in enumerate(zip(self.layers, self.layers[1:], strict=False), start=1):
            if before.outputs != after.inputs:
                raise InputError(
                    f"layer {l} has {before.outputs} outputs, but layer {l + 1} takes {after.inputs} inputs"
                )
        object.__setattr__(self, "head", Head(self.layers[-1].activation, self.loss))

    @classmethod
    def mlp(
        cls,
        widths: Sequence[int],
        hidden: ActivationLike | Sequence[ActivationLike] = "relu",
        output: ActivationLike | None = None,
        loss: str | Loss | type[Loss] = "half_squared_error",
    ) -> Network:
        """A multi-layer perceptron of dense layers.

        Parameters
        ----------
        widths : sequence of int
            Number of inputs, of neurons in each hidden layer (there may be none), and of outputs.
        hidden : activation or sequence of them
            One for all hidden layers, or one per hidden layer.
        output : activation, optional
            By default the one natural for the loss: softmax for cross_entropy, logistic for binary_cross_entropy, exp
            for poisson, identity for the others.
        loss : loss
            An activation or a loss is a name, a class or an instance.

        Raises
        ------
        UnknownNameError
            For a name that does not exist.
        InputError
            When a width is no whole number of at least 1, the hidden activations are too few or too many, or the loss
            does not fit the output.
        """
        if isinstance(widths, str) or not hasattr(widths, "__len__") or len(widths) < 2:
            raise InputError(
                f"widths must name at least the inputs and the outputs, as in [784, 30, 10], not {widths!r}"
            )
        widths = [int(n) if isinstance(n, np.integer) else n for n in widths]
        n_hidden = len(widths) - 2
        if isinstance(hidden, Sequence) and not isinstance(hidden, str):
            if len(hidden) != n_hidden:
                raise InputError(f"there are {n_hidden} hidden layers but {len(hidden)} hidden activations")
            activations = [activation(item) for item in hidden]
        else:
            activations = [activation(hidden)] * n_hidden
        found = loss_function(loss)
        activations.append(activation(found.natural_output if output is None else output))
        layers = tuple(Dense(*sizes) for sizes in zip(widths, widths[1:], activations, strict=False))
        return cls(layers, found)

    @property
    def depth(self) -> int:
        """L, the number of layers with weights."""
        return len(self.layers)

    @kept
    def widths(self) -> tuple[int, ...]:
        """n₀ … n_L: the number of inputs and the number of neurons of every layer."""
        return (self.layers[0].inputs, *(layer.outputs for layer in self.layers))

    @kept
    def _hash(self) -> int:
        return hash((self.layers, self.loss))

    def __hash__(self) -> int:
        """Kept: engines look up what they have prepared for a network at every call."""
        return self._hash

    def __getstate__(self) -> dict[str, Any]:
        """All but the hash, which is another one in another process."""
        return {name: value for name, value in vars(self).items() if name != "_hash"}

    @kept
    def blocks(self) -> tuple[Block, ...]:
        """Where W[1], b[1], W[2], … lie in θ, one after the other; other kinds of layers have blocks of other names."""
        found: list[Block] = []
        start = 0
        for l, layer in enumerate(self.layers, start=1):
            for letter, shape, rate, decay in layer.blocks:
                stop = start + int(np.prod(shape))
                found.append(Block(f"{letter}{l}", start, stop, shape, rate, decay, letter, l))
                start = stop
        return tuple(found)

    @property
    def named_blocks(self) -> Mapping[str, Block]:
        """The blocks by their names."""
        return {block.name: block for block in self.blocks}

    @property
    def n_parameters(self) -> int:
        """Length of θ."""
        return self.blocks[-1].stop

    def views(self, theta: Vector) -> Parameters:
        """θ with W[l] and b[l] as views of it; writing to one writes to the other.

        Raises
        ------
        ShapeError
            When θ is not a vector of `n_parameters` numbers.
        """
        return views(theta, self.blocks, self.depth)

    def parameters(self, weights: Sequence[Any], biases: Sequence[Any], dtype: Any = np.float64) -> Parameters:
        """The user's own numbers as parameters of this network.

        Parameters
        ----------
        weights : sequence of L array-likes
            The l-th (counted from 1) of shape (n_{l−1}, n_l); rows are inputs. A layer with one output or one input may
            be given as a plain vector.
        biases : sequence of L array-likes
            The l-th of shape (n_l,); a number for a layer of one neuron.

        Raises
        ------
        ShapeError, NotFiniteError, InputError
            When an array has the wrong shape, holds NaN or infinity, or is not made of numbers.

        Examples
        --------
        >>> from clearprop import Network
        >>> net = Network.mlp([2, 1], output="sigmoid", loss="squared_error")
        >>> net.parameters(weights=[[0.6, 0.7]], biases=[0.3]).W[1].tolist()
        [[0.6], [0.7]]
        """
        return from_arrays(self.blocks, self.depth, weights, biases, dtype)

    def initial(
        self, seed: int | np.random.Generator = 0, initialiser: str | Initialiser | None = None, dtype: Any = np.float64
    ) -> Parameters:
        """Random parameters to start training from.

        Parameters
        ----------
        seed : int or numpy.random.Generator
            The same number gives the same parameters.
        initialiser : initialiser, optional
            For all layers; by default the one that suits each layer's activation (He for the relu family, LeCun for
            selu, Glorot for the others), with biases zero.
        dtype : dtype
            float64 or float32.

        Raises
        ------
        InputError
            For a seed or a dtype that cannot be used, an initialiser that is none, or more parameters than memory has
            room for.

        Examples
        --------
        >>> from clearprop import Network
        >>> Network.mlp([2, 3, 1]).initial(seed=7, dtype="float32").theta.shape
        (13,)
        """
        try:
            random = np.random.default_rng(seed)
        except (TypeError, ValueError):
            raise InputError(f"seed must be a whole number of at least 0 or a Generator, not {seed!r}") from None
        largest = 8 * max(block.stop - block.start for block in self.blocks)  # in float64, layer by layer
        check_room(
            self.n_parameters * floating(dtype).itemsize + largest, f"a network of {self.n_parameters:,} parameters",
            "take float32 or smaller layers",
        )  # fmt: skip
        theta = np.empty(self.n_parameters, dtype=floating(dtype))
        parameters = self.views(theta)
        for l, layer in enumerate(self.layers, start=1):
            rule = _initialiser(layer.activation.initialiser if initialiser is None else initialiser)
            for letter, drawn in layer.draw(rule, random).items():
                parameters.named[f"{letter}{l}"][...] = drawn
        if not np.isfinite(theta).all():
            raise NotFiniteError("the initialiser drew numbers that are not finite: lower its gain")
        return parameters

    def check_parameters(self, params: Any) -> None:
        """Raise InputError unless these are the Parameters of a network of this shape."""
        if not isinstance(params, Parameters):
            raise InputError(
                "params must be Parameters, as `network.initial`, `.parameters` and `.views` make them, "
                f"not {type(params).__name__}"
            )
        if tuple(params.theta.shape) != (self.n_parameters,):
            raise ShapeError(
                f"these parameters belong to another network: they are {params.theta.shape[0]} numbers, "
                f"and a network of widths {list(self.widths)} has {self.n_parameters}"
            )

    def check_inputs(self, X: Matrix) -> None:
        """Raise an InputError unless X is an array of numbers of shape (n_samples, n₀)."""
        _check_is_array("X", X)
        if getattr(X, "ndim", None) != 2 or X.shape[1] != self.widths[0]:
            raise ShapeError(
                f"X must have shape (n_samples, {self.widths[0]}), one row per sample, not {shape_of(X)}"
                + ("; put one sample as X[None, :]" if getattr(X, "ndim", None) == 1 else "")
            )
        if getattr(X.dtype, "kind", "f") not in "fiub":  # NumPy's; other libraries have numbers only
            raise InputError(f"X must hold numbers, not {X.dtype}; encode text and categories first")

    def check_targets(self, Y: Matrix, n_samples: int) -> None:
        """Raise ShapeError unless Y is an array of shape (n_samples, n_L) with at least one row."""
        if n_samples == 0:
            raise ShapeError("there are no rows to learn from")
        _check_is_array("Y", Y)
        expected = (n_samples, self.widths[-1])
        if getattr(Y, "ndim", None) != 2 or tuple(Y.shape) != expected:
            raise ShapeError(
                f"Y must have shape {expected}, one row per sample and one column per output, not {shape_of(Y)}"
                + ("; put one output as Y[:, None]" if getattr(Y, "ndim", None) == 1 else "")
            )
        if getattr(Y.dtype, "kind", "f") not in "fiub":
            raise InputError(f"Y must hold numbers, not {Y.dtype}; encode classes first, one column for each")


_initialiser = initialiser  # `Network.initial` has an argument of that name


def _check_is_array(name: str, values: Any) -> None:
    """Raise InputError for a data frame: its columns may be of several types, and its name for a row is no index."""
    if not hasattr(values, "dtype") and hasattr(values, "to_numpy"):
        raise InputError(f"{name} is a {type(values).__name__}; here it must be an array, as {name}.to_numpy()")
