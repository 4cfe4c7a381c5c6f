"""A step as a list of calls of PyTorch, each writing into memory that was taken before the first of them.

What one call costs is what a small network's step is made of, so there are as few as possible, nothing is allocated
between them, and no value is asked for. The same list is called step by step on a CPU and captured into a graph on a
GPU. A value's memory is given to another one after its last use.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from itertools import pairwise
from typing import Any, NamedTuple

import torch

from clearprop.formulas.expressions import Constant, Expression

Call = Callable[[], Any]


class Slot:
    """One value of a program: its shape and type; its tensor, of what is given at once, of others from `ready` on."""

    __slots__ = ("dtype", "shape", "tensor")

    def __init__(self, shape: tuple[int, ...], dtype: torch.dtype, tensor: Any = None) -> None:
        self.shape, self.dtype, self.tensor = shape, dtype, tensor


class Seen(NamedTuple):
    """A value seen otherwise, in the same memory: transposed, or as one long vector."""

    slot: Slot
    how: Callable[[Any], Any]


def transposed(tensor: Any) -> Any:
    """The same numbers with rows for columns."""
    return tensor.t()


def flat(tensor: Any) -> Any:
    """The same numbers as one vector."""
    return tensor.reshape(-1)


class Changing(NamedTuple):
    """A number that is another one in each step: its place in the row of such numbers."""

    place: int


class Op(NamedTuple):
    """One call: what is called, with which values, numbers and options, and where its result goes."""

    function: Callable[..., Any]
    arguments: tuple[Any, ...]
    options: dict[str, Any]
    out: Slot
    may_overwrite: bool  # whether the result may take the memory of an argument of its shape


class Program:
    """Calls in their order, and the values between them.

    Parameters
    ----------
    device : torch.device
    dtype : torch.dtype
        Of the numbers.
    numbers : bool
        Whether a step's own numbers (rate, t, …) are numbers of Python, for a CPU, or tensors, for a graph.

    Attributes
    ----------
    changing : list of Expression
        The formulas of a step's own numbers.
    row : list
        Their values in the step under way; written by whoever runs the calls. With `numbers` False it is filled once,
        with tensors that the calls read from.
    """

    def __init__(self, device: torch.device, dtype: torch.dtype, *, numbers: bool = True) -> None:
        self.device, self.dtype, self.numbers = device, dtype, numbers
        self.ops: list[Op] = []
        self.changing: list[Expression] = []
        self.row: list[Any] = []
        self._known: dict[Any, Slot] = {}
        self._constants: dict[float, Slot] = {}

    def given(self, tensor: Any) -> Slot:
        """A value in memory of its own."""
        return Slot(tuple(tensor.shape), tensor.dtype, tensor)

    def kept(self, shape: tuple[int, ...], dtype: torch.dtype | None = None) -> Slot:
        """A value whose memory no other one gets, all zero at first."""
        return self.given(torch.zeros(shape, dtype=dtype or self.dtype, device=self.device))

    def emit(
        self,
        function: Callable[..., Any],
        *arguments: Any,
        shape: tuple[int, ...],
        dtype: torch.dtype | None = None,
        into: Slot | None = None,
        may_overwrite: bool = False,
        **options: Any,
    ) -> Slot:
        """Add a call; one that is there already, with the same arguments, is not made again."""
        key = (function, arguments, tuple(sorted(options.items())))
        if key in self._known:
            found = self._known[key]
            if into is None or into is found:
                return found
            function, arguments, options, may_overwrite = copied, (found,), {}, False
        out = into or Slot(shape, dtype or self.dtype)
        self.ops.append(Op(function, arguments, options, out, may_overwrite))
        self._known.setdefault(key, out)
        return out

    def known(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Slot | None:
        """What such a call has computed, if there is one."""
        return self._known.get((function, arguments, tuple(sorted(options.items()))))

    def constant(self, value: float) -> Slot:
        """A number as a tensor without axes."""
        if value not in self._constants:
            self._constants[value] = self.given(torch.full((), value, dtype=self.dtype, device=self.device))
        return self._constants[value]

    def number(self, scale: Expression) -> float | Changing:
        """A number as an argument: the same in all steps, or its place among those that change."""
        if isinstance(scale, Constant):
            return float(scale.value)
        if scale not in self.changing:
            self.changing.append(scale)
        return Changing(self.changing.index(scale))

    def fixed(self, slot: Slot) -> Any:
        """The tensor of a value, in memory that no other one gets."""
        if slot.tensor is None:
            slot.tensor = self._room(slot)
        return slot.tensor

    def land(self, slot: Slot, place: Slot) -> None:
        """Have a value end up in the place of one that was given and that nothing reads any more after these calls."""
        made = [n for n, op in enumerate(self.ops) if op.out is slot]
        read = [n for n, op in enumerate(self.ops) if any(each is place for each in _slots(op))]
        if slot.tensor is None and slot.shape == place.shape and made and max(read, default=-1) <= made[0]:
            slot.tensor = place.tensor
        elif slot is not place:
            self.emit(copied, slot, shape=place.shape, into=place)

    def ready(self, *ends: int) -> list[list[Call]]:
        """Take the memory, and bind every call to it; the calls in parts that end before the operations named."""
        self._place()
        calls = [self._bound(op) for op in self.ops]
        bounds = [0, *ends, len(calls)]
        return [calls[a:b] for a, b in pairwise(bounds)]

    def _place(self) -> None:
        """Give memory to every value that has none: that of one which is not read any more, where there is one."""
        last = {id(slot): n for n, op in enumerate(self.ops) for slot in _slots(op)}
        free: dict[tuple[tuple[int, ...], torch.dtype], list[Any]] = {}
        owned: dict[int, Slot] = {}
        for n, op in enumerate(self.ops):
            ending = [owned.pop(id(slot)) for slot in _slots(op) if last[id(slot)] == n and id(slot) in owned]
            plain = [slot for slot in ending if op.may_overwrite and slot.shape == op.out.shape]
            for slot in plain:
                free.setdefault((slot.shape, slot.dtype), []).append(slot.tensor)
            if op.out.tensor is None:
                there = free.get((op.out.shape, op.out.dtype))
                op.out.tensor = there.pop() if there else self._room(op.out)
                owned[id(op.out)] = op.out
            for slot in ending:
                if slot not in plain:
                    free.setdefault((slot.shape, slot.dtype), []).append(slot.tensor)

    def _room(self, slot: Slot) -> Any:
        return torch.empty(slot.shape, dtype=slot.dtype, device=self.device)

    def _bound(self, op: Op) -> Call:
        arguments = [self._tensor(argument) for argument in op.arguments]
        options = {name: self._tensor(value) for name, value in op.options.items()}
        out = op.out.tensor
        if not any(isinstance(value, Changing) for value in (*arguments, *options.values())):
            return partial(op.function, *arguments, out=out, **options)
        return _changing(op.function, arguments, options, out, self.row)

    def _tensor(self, value: Any) -> Any:
        if isinstance(value, Slot):
            return value.tensor
        if isinstance(value, Seen):
            return value.how(value.slot.tensor)
        return self.row[value.place] if isinstance(value, Changing) and not self.numbers else value


def _slots(op: Op) -> list[Slot]:
    """What a call reads and writes."""
    read = [value.slot if isinstance(value, Seen) else value for value in (*op.arguments, *op.options.values())]
    return list({id(slot): slot for slot in (*read, op.out) if isinstance(slot, Slot)}.values())


def _changing(
    function: Callable[..., Any], arguments: list[Any], options: dict[str, Any], out: Any, row: Sequence[Any]
) -> Call:
    """A call some of whose numbers are looked up in the row each time."""
    places = [(i, value.place) for i, value in enumerate(arguments) if isinstance(value, Changing)]
    named = [(name, value.place) for name, value in options.items() if isinstance(value, Changing)]
    if not places and [name for name, _ in named] == ["alpha"]:
        place = named[0][1]
        return lambda: function(*arguments, alpha=row[place], out=out)

    def call() -> None:
        for i, place in places:
            arguments[i] = row[place]
        for name, place in named:
            options[name] = row[place]
        function(*arguments, out=out, **options)

    return call


def copied(tensor: Any, *, out: Any) -> None:
    """A call that copies, into another type too."""
    out.copy_(tensor)


def filled(number: float, *, out: Any) -> None:
    """A call that makes a tensor of a number."""
    out.fill_(number)
