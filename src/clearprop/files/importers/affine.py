"""A function of units taken apart: what scales and shifts them, and the activations between.

What stands between two products with matrices can have numbers for each unit (a normalisation's, a PReLU's), and a
layer has one activation for all of its units. So the numbers are taken out: `pieces` of a tree are scales and shifts,
which belong to the matrices beside them, and activations, which are the same for every unit.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.files.importers.recognise import has_only, recognised
from clearprop.formulas import evaluate
from clearprop.formulas.expressions import Apply, Constant, Expression, Symbol, nodes
from clearprop.formulas.vocabulary import FUNCTIONS

Z, INNER = Symbol("z"), "inner"
MOST_TRIES = 100  # at taking one formula apart
MOST_PARTS = 200  # of a formula that are tried as what it is a formula of


@dataclass(frozen=True)
class Affine:
    """x·scale + shift, each a number or one for each unit."""

    scale: Any
    shift: Any

    @property
    def is_trivial(self) -> bool:
        """Whether it changes nothing; a shift of 0 for each unit is biases that were not trained yet."""
        return bool(np.all(self.scale == 1) and np.ndim(self.shift) == 0 and self.shift == 0)


@dataclass(frozen=True)
class Curve:
    """An activation, the same for all units, as a tree in z."""

    tree: Expression


@dataclass(frozen=True)
class Slopes:
    """z for z > 0, otherwise z times the unit's own slope (PReLU)."""

    slopes: Any


Piece = Affine | Curve | Slopes


@dataclass(frozen=True)
class _Form:
    """scale·atom + shift; of a constant, the atom is None."""

    scale: Any
    shift: Any
    atom: Expression | None


def pieces(tree: Expression, vectors: Mapping[str, Any], dtype: str) -> list[Piece] | None:
    """What a tree in z does to the units, one after the other; None where it cannot be taken apart.

    Parameters
    ----------
    tree : Expression
        In z and in the names of `vectors`.
    vectors : mapping of str to array of shape (n_units,)
    dtype : {"float32", "float64"}
        To which accuracy activations are recognised.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.files.importers.affine import pieces
    >>> from clearprop.formulas import Symbol, tanh
    >>> z, v = Symbol("z"), Symbol("v0")
    >>> pieces(tanh(z + v), {"v0": np.array([1.0, 2.0])}, "float32")
    [Affine(scale=1.0, shift=array([1., 2.])), Curve(tree=Apply('tanh', (Symbol('z'),)))]
    """
    found = _Apart(vectors, dtype).pieces(tree)
    alike = {name: float(v[0]) for name, v in vectors.items() if len(v) and (v == v[0]).all()}
    if found is not None or not alike:
        return found
    others = {name: v for name, v in vectors.items() if name not in alike}
    symbols: dict[str, Any] = {"z": Z, **{name: Symbol(name) for name in others}, **alike}
    return _Apart(others, dtype).pieces(evaluate(tree, symbols))


def affine_of(tree: Expression) -> Affine | None:
    """A tree in z as z·scale + shift, two numbers; None where it is something else."""
    form = _forms(tree, {}, whole=False)[id(tree)]
    return Affine(float(form.scale), float(form.shift)) if form.atom == Z else None


@dataclass
class _Apart:
    """Takes one formula apart, in a bounded number of tries."""

    vectors: Mapping[str, Any]
    dtype: str
    tries: int = MOST_TRIES

    def pieces(self, tree: Expression) -> list[Piece] | None:
        """See `pieces`."""
        is_alike = has_only(tree, "z")
        if is_alike and (tree == Z or recognised(tree, self.dtype) is not None):
            return [] if tree == Z else [Curve(tree)]
        for whole in (True, False):  # first with every part that is the same for all units left whole
            forms = _forms(tree, self.vectors, whole)
            form = forms[id(tree)]
            if form.atom is None:
                return None
            inner = self._inner(form.atom, tree, forms)
            if inner is not None:
                outer = Affine(form.scale, form.shift)
                return inner if outer.is_trivial else [*inner, outer]
        return [Curve(tree)] if is_alike else None

    def _inner(self, atom: Expression, tree: Expression, forms: dict[int, _Form]) -> list[Piece] | None:
        """The pieces of what is scaled and shifted."""
        is_alike = has_only(atom, "z")
        if atom is not tree and atom == Z:
            return []
        if atom is not tree and is_alike:
            found = self.pieces(atom)
            return found if not has_only(tree, "z") or self._are_known(found) else None
        for form, rest in _cuts(atom, forms):
            self.tries -= 1
            if self.tries < 0:
                return None
            before = self.pieces(form.atom) if form.atom is not None else None
            after = self.pieces(rest)
            if after is not None and not self._are_known(after):
                after = self._but_for_a_factor(rest)
            if before is not None and after is not None and self._are_known(after):
                between = Affine(form.scale, form.shift)
                return [*before, *after] if between.is_trivial else [*before, between, *after]
        slopes = None if is_alike else _slopes(atom, self.vectors)
        return None if slopes is None else [Slopes(slopes)]

    def _but_for_a_factor(self, tree: Expression) -> list[Piece] | None:
        """A curve that has a name but for a factor that went to the scale behind it, as the ½ of a gelu does."""
        for factor in (0.5, 2.0):
            if has_only(tree, "z") and recognised(factor * tree, self.dtype) is not None:
                return [Curve(factor * tree), Affine(1 / factor, 0.0)]
        return None

    def _are_known(self, found: list[Piece] | None) -> bool:
        """Whether all activations among some pieces have names."""
        return found is not None and all(
            not isinstance(piece, Curve) or recognised(piece.tree, self.dtype) is not None for piece in found
        )


def _forms(tree: Expression, vectors: Mapping[str, Any], whole: bool) -> dict[int, _Form]:
    """For every part of a tree what it is as scale·atom + shift.

    With `whole`, what has numbers for all units alike is an atom, however it is made.
    """
    found: dict[int, _Form] = {}
    alike: dict[int, bool] = {}  # whether a part has no numbers of its own for each unit
    for part in nodes(tree):
        alike[id(part)] = (
            all(alike[id(a)] for a in part.arguments)
            if isinstance(part, Apply)
            else isinstance(part, Constant) or part == Z
        )
        if isinstance(part, Constant):
            found[id(part)] = _Form(0.0, float(part.value), None)
        elif isinstance(part, Symbol):
            is_z = part.name == "z"
            found[id(part)] = _Form(1.0, 0.0, Z) if is_z else _Form(0.0, _wide(vectors[part.name]), None)
        else:
            assert isinstance(part, Apply)
            forms = [found[id(a)] for a in part.arguments]
            is_whole = whole and part is not tree and alike[id(part)] and any(form.atom is not None for form in forms)
            found[id(part)] = _Form(1.0, 0.0, part) if is_whole else _combined(part, forms)
    return found


def _wide(vector: Any) -> Any:
    return np.asarray(vector, dtype=np.float64)


def _combined(part: Apply, forms: list[_Form]) -> _Form:
    """The form of a function of forms; the part itself where it is not scaled or shifted."""
    if all(form.atom is None for form in forms):
        with np.errstate(all="ignore"):
            return _Form(0.0, FUNCTIONS[part.function](*(np.float64(form.shift) for form in forms)), None)
    rule = _RULES.get(part.function)
    found = rule(*forms) if rule is not None else None
    return _Form(1.0, 0.0, part) if found is None else found


def _add(x: _Form, y: _Form, sign: float = 1.0) -> _Form | None:
    atom = y.atom if x.atom is None else x.atom
    if x.atom is not None and y.atom is not None and x.atom is not y.atom and x.atom != y.atom:
        return None
    return _Form(x.scale + sign * y.scale, x.shift + sign * y.shift, atom)


def _multiply(x: _Form, y: _Form) -> _Form | None:
    if x.atom is not None:
        x, y = y, x
    return None if x.atom is not None else _Form(x.shift * y.scale, x.shift * y.shift, y.atom)


def _divide(x: _Form, y: _Form) -> _Form | None:
    if y.atom is not None or np.any(y.shift == 0):
        return None
    return _Form(x.scale / y.shift, x.shift / y.shift, x.atom)


_RULES: Mapping[str, Callable[..., _Form | None]] = {
    "add": _add,
    "subtract": lambda x, y: _add(x, y, -1.0),
    "multiply": _multiply,
    "divide": _divide,
    "negative": lambda x: _Form(-x.scale, -x.shift, x.atom),
}


def _slopes(atom: Expression, vectors: Mapping[str, Any]) -> Any:
    """The slopes of a PReLU, however it is written; None for something else."""
    z = np.concatenate([np.linspace(-9, 9, 73), [-40.0, 40.0]])[:, None]
    with np.errstate(all="ignore"):
        values = np.asarray(evaluate(atom, {"z": z, **{name: _wide(v) for name, v in vectors.items()}}))
        slopes = -values[z[:, 0] == -1][0] if values.ndim == 2 else None
        if slopes is None or not np.isfinite(slopes).all():
            return None
        wanted = np.where(z > 0, z, slopes * z)
        return slopes if (np.abs(values - wanted) <= 1e-13 * np.abs(z)).all() else None


def _cuts(atom: Expression, forms: dict[int, _Form]) -> Iterator[tuple[_Form, Expression]]:
    """Things within a tree that everything in it depends on, and for each the tree with z in its place.

    Of a tree without numbers for each unit it is a scaled and shifted z.
    """
    is_alike = has_only(atom, "z")
    parts = [part for part in nodes(atom) if part is not atom and forms[id(part)].atom is not None][:MOST_PARTS]
    for part in sorted(parts, key=lambda part: forms[id(part)].atom is part):  # what is scaled and shifted first
        form = forms[id(part)]
        if (form.atom == Z and Affine(form.scale, form.shift).is_trivial) or (is_alike and form.atom != Z):
            continue
        rest = _with_symbol(atom, {id(other) for other in parts if _equal(forms[id(other)], form)})
        names = {item.name for item in nodes(rest) if isinstance(item, Symbol)}
        if "z" not in names:
            yield form, evaluate(rest, {name: Z if name == INNER else Symbol(name) for name in names})


def _equal(x: _Form, y: _Form) -> bool:
    return x.atom == y.atom and np.array_equal(x.scale, y.scale) and np.array_equal(x.shift, y.shift)


def _with_symbol(tree: Expression, places: set[int]) -> Expression:
    """A tree with a symbol in some places."""
    made: dict[int, Expression] = {}
    for part in nodes(tree):
        if id(part) in places:
            made[id(part)] = Symbol(INNER)
        elif isinstance(part, Apply):
            made[id(part)] = Apply(part.function, tuple(made[id(a)] for a in part.arguments))
        else:
            made[id(part)] = part
    return made[id(tree)]
