"""From what an ONNX output is a function of to dense layers: scales and shifts go into the matrices beside them."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np

from clearprop.errors import InputError, NotFiniteError
from clearprop.files.importers.affine import Affine, Curve, Piece, pieces
from clearprop.files.importers.onnx_values import Columns, Flow, Found, Stage
from clearprop.files.importers.preprocessing import MadeInput, Preprocessing, RawColumn
from clearprop.files.importers.recognise import has_only, own_formula, recognised
from clearprop.files.importers.source import SourceLayer
from clearprop.formulas import Activation, Identity, Relu, Symbol, where
from clearprop.formulas.expressions import Apply, Constant, Expression, fold, nodes


@dataclass
class _Open:
    """A layer while pieces are still added to it."""

    weights: Any
    biases: Any
    name: str
    activation: Activation | None = None


@dataclass
class _Chain:
    """Layers one after the other, and what the last one's outputs are still multiplied by."""

    found: Found
    dtype: str
    layers: list[_Open] = field(default_factory=list)
    scale: Any = 1.0  # of the last layer's activations, or a matrix where units were doubled
    shift: Any = 0.0

    def product(self, stage: Stage) -> None:
        """A new layer."""
        weights, biases = stage.weights, stage.biases
        if self.is_pending:
            wide = np.asarray(weights, dtype=np.float64)
            shift = np.broadcast_to(self.shift, (len(wide),)) @ wide
            biases = shift if biases is None else biases + shift
            weights = self.scale @ wide if np.ndim(self.scale) == 2 else _column(self.scale) * wide
            self.scale, self.shift = 1.0, 0.0
        self.layers.append(_Open(weights, biases, stage.name))

    @property
    def is_pending(self) -> bool:
        """Whether something waits for the next layer."""
        return np.ndim(self.scale) == 2 or not Affine(self.scale, self.shift).is_trivial

    @property
    def width(self) -> int:
        """How many units come out so far."""
        return int(self.scale.shape[1] if np.ndim(self.scale) == 2 else self.layers[-1].weights.shape[1])

    def add(self, piece: Piece) -> None:
        """What happens to the units next."""
        if isinstance(piece, Affine):
            self._affine(piece)
            return
        if self.layers[-1].activation is not None or self.is_pending:
            self._diagonal()
        last = self.layers[-1]
        if isinstance(piece, Curve):
            last.activation = self._activation(piece.tree, last.name)
            return
        slopes = piece.slopes
        if (slopes == slopes[0]).all():
            z = Symbol("z")
            last.activation = self._activation(where(z > 0, z, float(slopes[0]) * z), last.name)
            return
        self.found.note(
            f"the slopes of {last.name!r} differ from unit to unit (PReLU): its {len(slopes)} units became "
            f"{2 * len(slopes)} relu units, z and −z, and the next layer takes the second half times −slope"
        )
        last.weights = np.concatenate([last.weights, -last.weights], axis=1)
        if last.biases is not None:
            last.biases = np.concatenate([last.biases, -last.biases])
        last.activation = Relu()
        self.scale = np.concatenate([np.eye(len(slopes)), -np.diag(slopes)])

    def _affine(self, piece: Affine) -> None:
        last = self.layers[-1]
        if last.activation is None and not self.is_pending:
            if np.any(piece.scale != 1):
                last.weights = last.weights * np.asarray(piece.scale)
                last.biases = None if last.biases is None else last.biases * piece.scale
            if np.ndim(piece.shift) or piece.shift != 0:
                biases = np.broadcast_to(piece.shift, (self.width,))
                last.biases = biases if last.biases is None else last.biases + biases
            return
        self.scale, self.shift = self.scale * np.asarray(piece.scale), self.shift * piece.scale + piece.shift

    def _diagonal(self) -> None:
        """A layer of its own for what could go into no other."""
        n, last = self.width, self.layers[-1]
        last.activation = last.activation or Identity()
        self.product(Stage(None, np.eye(n), None, f"{last.name}, scaled"))
        self.found.note(f"the outputs of {last.name!r} are scaled by a layer of their own")

    def _activation(self, tree: Expression, name: str) -> Activation:
        known = recognised(tree, self.dtype)
        if known is not None:
            return known
        own = own_formula(tree, "from_onnx")
        self.found.note(
            f"the activation of {name!r} has no name in clearprop and is kept as its formula, {_short(tree)}"
        )
        return own


def _short(tree: Expression) -> str:
    text = str(tree)
    return text if len(text) <= 100 else text[:99] + "…"


def _column(scale: Any) -> Any:
    return scale[:, None] if np.ndim(scale) == 1 else scale


def layers_of(flow: Flow, found: Found, dtype: str) -> tuple[tuple[SourceLayer, ...], Columns]:
    """The layers that a flow goes through, in their order, and what the first of them gets.

    Raises
    ------
    InputError
        When numbers that differ from unit to unit stand where no layer can take them.
    """
    parts: list[Flow] = []
    value: Any = flow
    while isinstance(value, Flow):
        parts.append(value)
        value = value.stage.before
    chain = _Chain(found, dtype)
    for part in reversed(parts):
        chain.product(part.stage)
        vectors = {name: found.vectors[name] for name in _symbols(part.tree) - {"z"}}
        found_pieces = pieces(part.tree, vectors, dtype)
        if found_pieces is None:
            raise InputError(
                f"behind the layer {part.stage.name!r} is a formula with other numbers for each unit, which no "
                f"activation has: {_short(part.tree)}"
            )
        if part is flow and has_only(part.tree, "z") and len(found_pieces) > 1 and isinstance(found_pieces[-1], Affine):
            found_pieces = [Curve(part.tree)]  # no layer follows that could take it
        for piece in found_pieces:
            chain.add(piece)
    if chain.is_pending:
        chain._diagonal()
    kind = np.dtype(dtype)
    for layer in chain.layers:
        if not all(np.isfinite(a).all() for a in (layer.weights, layer.biases) if a is not None):
            raise NotFiniteError(f"the layer {layer.name!r} has weights that are NaN or infinite")
    return tuple(
        SourceLayer(
            np.asarray(layer.weights, dtype=kind),
            None if layer.biases is None else np.asarray(layer.biases, dtype=kind),
            layer.activation or Identity(),
            layer.name,
        )
        for layer in chain.layers
    ), value


def _symbols(tree: Expression) -> set[str]:
    return {item.name for item in nodes(tree) if isinstance(item, Symbol)}


def inputs_of(columns: Columns, found: Found) -> Preprocessing | None:
    """The steps before the first layer, or None where it takes all columns as they are.

    Raises
    ------
    InputError
        When an input is made of several columns, or a text is computed with.
    """
    trees = list(columns.trees)
    if [str(tree) for tree in trees] == [f"x{k}" for k in range(len(found.columns))] and not found.texts:
        return None
    made = []
    for k, tree in enumerate(trees):
        raw = {name: _split(name) for name in _symbols(tree)}
        numbers = {number for _, number in raw.values()}
        if len(numbers) > 1:
            raise InputError(f"input {k + 1} of the first layer is computed from several columns, which is not read")
        number = numbers.pop() if numbers else 0
        if number in found.texts and "x" in {letters for letters, _ in raw.values()}:
            raise InputError(f"the column {found.columns[number]!r} is text and goes into a layer as it is")
        name = found.columns[number] + (f" → {k + 1}" if str(tree) != f"x{number}" else "")
        made.append(MadeInput(name, number, _renamed(tree)))
    texts = {k: item.categories or () for k, item in found.texts.items()}
    return Preprocessing(tuple(RawColumn(name, texts.get(k)) for k, name in enumerate(found.columns)), tuple(made))


def _split(name: str) -> tuple[str, int]:
    letters = name.rstrip("0123456789")
    return letters, int(name[len(letters) :])


def _renamed(tree: Expression) -> Expression:
    """A tree in the symbols of one column: x, code and missing."""

    def leaf(item: Symbol | Constant) -> Expression:
        return item if isinstance(item, Constant) else Symbol(_split(item.name)[0])

    return fold(tree, leaf, lambda function, _, arguments: Apply(function, tuple(arguments)))
