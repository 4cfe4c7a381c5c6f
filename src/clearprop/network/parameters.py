"""The numbers of a network: one vector θ, with W[l] and b[l] as named windows into it.

θ is the only storage. An optimizer moves θ and needs no layers; a snapshot is one copy; a file holds one array. A
gradient has the same form.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from string import ascii_letters
from typing import Annotated, Any, Generic, NamedTuple, TypeVar

import numpy as np

from clearprop.errors import InputError, NotFiniteError, ShapeError
from clearprop.formulas import array_namespace


class Axes(NamedTuple):
    """How many axes an array has, as its type says it; the tests hold every call to that (tests/shapes_checked.py)."""

    n: int


Vector = Annotated[Any, Axes(1)]  # of any library of the array API; which axis that is stands in the docstrings
Matrix = Annotated[Any, Axes(2)]  # the same, or sparse, or one-hot
Item = TypeVar("Item")
Blocks = Mapping[str, Any]  # windows into θ, or into a gradient, by the names of their blocks
Mask = Mapping[int, Matrix]  # dropout masks by the number of the layer, each (n_samples, n_l)


class Block(NamedTuple):
    """A stretch of θ that one rate factor and one decay factor hold for."""

    name: str  # "W1", "b1", "W2", …: its letter and the number of its layer
    start: int
    stop: int
    shape: tuple[int, ...]
    rate: float
    decay: float
    letter: str
    layer: int


class FromOne(Generic[Item]):
    """A sequence numbered 1 … L, as the layers with weights are.

    Examples
    --------
    >>> from clearprop.network.parameters import FromOne
    >>> z = FromOne("z", ["first", "second"])
    >>> z[1], z[-1], len(z)
    ('first', 'second', 2)
    """

    __slots__ = ("_items", "_name")

    def __init__(self, name: str, items: Sequence[Item]) -> None:
        self._name, self._items = name, tuple(items)

    def __getitem__(self, l: int) -> Item:
        if l == 0:
            raise IndexError(
                f"there is no {self._name}[0]: layer 0 is the input; ask for {self._name}[1] … [{len(self)}]"
            )
        if not -len(self) <= l <= len(self):
            raise IndexError(f"there is no {self._name}[{l}]: the network has layers 1 … {len(self)}")
        return self._items[l - 1 if l > 0 else l]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[Item]:
        return iter(self._items)

    def __repr__(self) -> str:
        return f"{self._name}[1…{len(self)}]: {list(self._items)!r}"


@dataclass(frozen=True, eq=False)
class Parameters:
    """θ and its windows, which are made when one is first asked for: engines read θ alone. `Network.views` makes it.

    Attributes
    ----------
    theta : array of shape (n_parameters,)
        The only storage: W[1], b[1], W[2], … one after the other.
    blocks : sequence of Block
        Where the windows lie.
    depth : int
        L, the number of layers with parameters.
    """

    theta: Vector
    blocks: Sequence[Block]
    depth: int

    @cached_property
    def named(self) -> Blocks:
        """All windows by the names of their blocks, "W1", "b1", …: views of theta (copies, where a reshape copies)."""
        xp = array_namespace(self.theta)
        return {block.name: xp.reshape(self.theta[block.start : block.stop], block.shape) for block in self.blocks}

    @cached_property
    def W(self) -> FromOne[Matrix]:
        """W[1] … W[L], of shapes (n_{l−1}, n_l); None for a layer that has no such block."""
        return self._windows("W")

    @cached_property
    def b(self) -> FromOne[Vector]:
        """b[1] … b[L], of shapes (n_l,); None for a layer that has no such block."""
        return self._windows("b")

    def _windows(self, letter: str) -> FromOne[Any]:
        return FromOne(letter, [self.named.get(f"{letter}{l}") for l in range(1, self.depth + 1)])

    def of(self, l: int) -> dict[str, Any]:
        """The windows of layer l by their letters."""
        return {name.removesuffix(str(l)): window for name, window in self.named.items() if _is_of(name, l)}


def _is_of(name: str, l: int) -> bool:
    return name.lstrip(ascii_letters) == str(l)


def views(theta: Vector, blocks: Sequence[Block], depth: int) -> Parameters:
    """θ with its windows; see `Network.views`."""
    n_parameters = blocks[-1].stop
    if not hasattr(theta, "shape") or tuple(theta.shape) != (n_parameters,):
        raise ShapeError(f"theta must be a vector of {n_parameters} numbers, not {shape_of(theta)}")
    return Parameters(theta, blocks, depth)


def spans(blocks: tuple[Block, ...], *, decays: bool) -> list[Block]:
    """Stretches of θ for an update: neighbouring blocks of the same factors joined; decays count only if asked for."""
    joined: list[Block] = []
    for block in blocks:
        block = block if decays else block._replace(decay=0.0)
        if joined and (joined[-1].rate, joined[-1].decay) == (block.rate, block.decay):
            joined[-1] = joined[-1]._replace(stop=block.stop)
        else:
            joined.append(block)
    return joined


def from_arrays(
    blocks: Sequence[Block], depth: int, weights: Sequence[Any], biases: Sequence[Any], dtype: Any
) -> Parameters:
    """θ filled with the user's arrays; see `Network.parameters`."""
    for name, arrays in (("weights", weights), ("biases", biases)):
        if not hasattr(arrays, "__len__") or len(arrays) != depth:
            count = len(arrays) if hasattr(arrays, "__len__") else repr(arrays)
            raise ShapeError(f"{name} must hold one array per layer: {depth}, not {count}")
    theta = np.empty(blocks[-1].stop, dtype=floating(dtype))
    for block in blocks:
        if block.letter not in ("W", "b"):
            raise InputError(f"the network has {block.name} beside weights and biases; fill `network.views(theta)`")
        try:
            given: Any = np.asarray((weights if block.letter == "W" else biases)[block.layer - 1], dtype=theta.dtype)
        except (TypeError, ValueError) as error:
            raise InputError(f"{block.name} must be an array of numbers of shape {block.shape} ({error})") from None
        # A vector can stand for a matrix only where one of its sides is 1: then there is one way to read it.
        stands_for = given.ndim < len(block.shape) and 1 in block.shape and given.size == np.prod(block.shape)
        if given.shape != block.shape and not stands_for:
            hint = "; its transpose would fit" if given.T.shape == block.shape else ""
            raise ShapeError(f"{block.name} must have shape {block.shape}, rows the inputs, not {given.shape}{hint}")
        if not np.isfinite(given).all():
            place = tuple(int(i) for i in np.argwhere(~np.isfinite(given))[0])
            raise NotFiniteError(f"{block.name}{list(place)} is {given[place]}; parameters must be finite")
        theta[block.start : block.stop] = given.ravel()
    return views(theta, blocks, depth)


def floating(dtype: Any) -> Any:
    """The dtype float64 or float32; InputError for any other."""
    try:
        found = np.dtype(dtype)
    except TypeError:
        found = np.dtype(object)
    if found not in (np.float64, np.float32):
        raise InputError(f"dtype must be float64 or float32, not {dtype!r}")
    return found


def shape_of(array: Any) -> str:
    """The shape of what was given, or what it is if it has none; for messages."""
    return str(tuple(array.shape)) if hasattr(array, "shape") else f"a {type(array).__name__}"
