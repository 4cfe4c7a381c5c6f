"""From what an ONNX output is a function of to dense layers: scales and shifts go into the matrices beside them."""

from __future__ import annotations

from typing import Any

from clearprop.errors import InputError
from clearprop.files.importers.affine import Affine, Curve, Piece, pieces
from clearprop.files.importers.chain import Chain
from clearprop.files.importers.onnx_values import Columns, Flow, Found, Raw
from clearprop.files.importers.preprocessing import MadeInput, Preprocessing, RawColumn
from clearprop.files.importers.recognise import has_only, own_formula, recognised
from clearprop.files.importers.source import SourceLayer
from clearprop.formulas import Activation, Symbol
from clearprop.formulas.expressions import Apply, Constant, Expression, fold, nodes


def _add(chain: Chain, piece: Piece, found: Found, dtype: str) -> None:
    """What happens to the units of the last layer next."""
    name = chain.layers[-1].name
    if isinstance(piece, Affine):
        chain.affine(piece.scale, piece.shift, name, quietly=True)
    elif isinstance(piece, Curve):
        chain.activation(_activation(piece.tree, name, found, dtype), f"the activation of {name!r}")
    else:
        chain.slopes(piece.slopes, f"{name!r} (PReLU)")


def _activation(tree: Expression, name: str, found: Found, dtype: str) -> Activation:
    known = recognised(tree, dtype)
    if known is not None:
        return known
    found.note(f"the activation of {name!r} has no name in clearprop and is kept as its formula, {_short(tree)}")
    return own_formula(tree, "from_onnx")


def _short(tree: Expression) -> str:
    text = str(tree)
    return text if len(text) <= 100 else text[:99] + "…"


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
    chain = Chain(parts[-1].stage.weights.shape[0])
    for part in reversed(parts):
        chain.dense(part.stage.weights, part.stage.biases, part.stage.name)
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
            _add(chain, piece, found, dtype)
    layers = chain.finish(dtype)
    for note in chain.notes:
        found.note(note)
    return layers, value


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
    is_plain = all(raw == Raw() for raw in found.raw)
    if is_plain and [str(tree) for tree in trees] == [f"x{k}" for k in range(len(found.columns))]:
        return None
    made = []
    for k, tree in enumerate(trees):
        raw = {name: _split(name) for name in _symbols(tree)}
        numbers = {number for _, number in raw.values()}
        if len(numbers) > 1:
            raise InputError(f"input {k + 1} of the first layer is computed from several columns, which is not read")
        number = numbers.pop() if numbers else 0
        if found.raw[number].categories is not None and "x" in {letters for letters, _ in raw.values()}:
            raise InputError(f"the column {found.columns[number]!r} is text and goes into a layer as it is")
        name = found.columns[number] + (f" → {k + 1}" if str(tree) != f"x{number}" else "")
        made.append(MadeInput(name, number, _renamed(tree)))
    return Preprocessing(tuple(map(_raw_column, found.columns, found.raw)), tuple(made))


def _raw_column(name: str, raw: Raw) -> RawColumn:
    categories = None if raw.categories is None else tuple(raw.categories)
    return RawColumn(name, categories, raw.known_only, raw.known_numbers, raw.takes_missing)


def _split(name: str) -> tuple[str, int]:
    letters = name.rstrip("0123456789")
    return letters, int(name[len(letters) :])


def _renamed(tree: Expression) -> Expression:
    """A tree in the symbols of one column: x, code and missing."""

    def leaf(item: Symbol | Constant) -> Expression:
        return item if isinstance(item, Constant) else Symbol(_split(item.name)[0])

    return fold(tree, leaf, lambda function, _, arguments: Apply(function, tuple(arguments)))
