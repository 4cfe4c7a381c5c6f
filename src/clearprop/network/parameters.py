"""The numbers of a network: one vector θ, with W[l] and b[l] as named windows into it.

θ is the only storage. An optimizer moves θ and needs no layers; a snapshot is one copy; a file holds one array. A
gradient has the same form.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, Any, Generic, NamedTuple, TypeVar

import numpy as np

from clearprop.errors import NotFiniteError, ShapeError
from clearprop.formulas import array_namespace

if TYPE_CHECKING:
    from clearprop.network.specs import Block

Item = TypeVar("Item")


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


class Parameters(NamedTuple):
    """θ and its windows.

    Attributes
    ----------
    theta : array of shape (n_parameters,)
        The only storage: W[1], b[1], W[2], … one after the other.
    W : FromOne of arrays of shape (n_{l−1}, n_l)
        Views of theta (with libraries whose reshape copies, copies).
    b : FromOne of arrays of shape (n_l,)
        Views of theta.
    """

    theta: Any
    W: FromOne[Any]
    b: FromOne[Any]


def views(theta: Any, blocks: Sequence[Block]) -> Parameters:
    """θ with its windows; see `Network.views`."""
    n_parameters = blocks[-1].stop
    if tuple(theta.shape) != (n_parameters,):
        raise ShapeError(f"theta must be a vector of {n_parameters} numbers, not of shape {tuple(theta.shape)}")
    xp = array_namespace(theta)
    windows = [xp.reshape(theta[block.start : block.stop], block.shape) for block in blocks]
    return Parameters(theta, FromOne("W", windows[0::2]), FromOne("b", windows[1::2]))


def from_arrays(blocks: Sequence[Block], weights: Sequence[Any], biases: Sequence[Any], dtype: Any) -> Parameters:
    """θ filled with the user's arrays; see `Network.parameters`."""
    depth = len(blocks) // 2
    for name, arrays in (("weights", weights), ("biases", biases)):
        if len(arrays) != depth:
            raise ShapeError(f"{name} must hold one array per layer: {depth}, not {len(arrays)}")
    theta = np.empty(blocks[-1].stop, dtype=dtype)
    for index, block in enumerate(blocks):
        given: Any = np.asarray((biases if index % 2 else weights)[index // 2], dtype=dtype)
        # A vector can stand for a matrix only where one of its sides is 1: then there is one way to read it.
        fits = given.shape == block.shape or (
            (given.ndim < len(block.shape) or not given.ndim)
            and (given.size == np.prod(block.shape) and 1 in block.shape)
        )
        if not fits:
            hint = f"; {given.T.shape} transposed would fit" if given.T.shape == block.shape else ""
            raise ShapeError(f"{block.name} must have shape {block.shape}, rows the inputs, not {given.shape}{hint}")
        if not np.isfinite(given).all():
            place = tuple(int(i) for i in np.argwhere(~np.isfinite(given))[0])
            raise NotFiniteError(f"{block.name}{list(place)} is {given[place]}; parameters must be finite")
        theta[block.start : block.stop] = given.ravel()
    return views(theta, blocks)
