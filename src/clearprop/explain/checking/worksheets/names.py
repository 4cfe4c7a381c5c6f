"""Names: which numbers of a network a line is about. What can be meant is decided, or refused with its meanings."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, lru_cache
from math import prod

import numpy as np

from clearprop.errors import UnknownNameError
from clearprop.explain.checking.conventions import Conventions
from clearprop.explain.checking.worksheets.letters import LOSSES
from clearprop.explain.checking.worksheets.meanings import Meanings
from clearprop.explain.checking.worksheets.phrases import meanings as phrase
from clearprop.explain.checking.worksheets.refusals import Refusals, size_of
from clearprop.explain.checking.worksheets.spelling import spelled
from clearprop.explain.checking.worksheets.statements import tidy_name
from clearprop.explain.words.message import Message
from clearprop.explain.writing.nielsen import Notation
from clearprop.explain.writing.notation import NOTATIONS, notation
from clearprop.trace.names import Reference, at, parse

MOST_NAMES = 3_000  # numbers whose names in a notation are listed
WEIGHT = re.compile(r"(dC/d)?w_\{(\d{1,6})\}(\+?)")
OF_BOOKS = re.compile(
    r"(?:d\w*(?:_\{\w+\})?/d)?(?:(?:w|z|a|delta|o|net|out)\^\{\d+\}|W_\{(?:i|h\d*)(?:h\d*|o)\}|[XO]_\{(?:hidden\d*|output)\}"
    r"|sigma'\(.*\))\+?"
)
IN_BRACKETS = re.compile(r"⁽[^⁾]*⁾|\^\s*\{?\s*(?:\\left)?[(\[]")


@dataclass(frozen=True)
class Named:
    """What a name means.

    Attributes
    ----------
    reference : Reference
        ":" stands for a whole axis.
    style : Notation or None
        The notation of a book whose name it is; it decides which way round a matrix is written.
    remark : Message or None
    """

    reference: Reference
    style: Notation | None = None
    remark: Message | None = None


@dataclass(frozen=True)
class Names:
    """The names of one network's numbers.

    Attributes
    ----------
    shapes : mapping of str to tuple of int
        Of every site.
    widths : tuple of int
    is_batch : bool
    style : str or None
        The notation that the sheet names.
    conventions : Conventions
    """

    shapes: Mapping[str, tuple[int, ...]]
    widths: tuple[int, ...]
    is_batch: bool
    style: str | None
    conventions: Conventions

    @cached_property
    def possible(self) -> Meanings:
        """What names can mean."""
        said = self.conventions.stated
        to_from = self.conventions.rows == "outputs" if "rows" in said else None
        start = int(self.conventions.count_from)
        from_zero = "count_from" in said and not start
        letters, has_cost = self.style == "letters", "cost" in self.shapes
        return Meanings(self.widths, self.is_batch, start, from_zero, to_from, letters, has_cost)

    @cached_property
    def refusals(self) -> Refusals:
        """Why names cannot be read."""
        return Refusals(self.shapes, self.conventions)

    def find(self, name: str, count: int | None = None) -> Named:
        """What a name means, for a line of so many numbers.

        Raises
        ------
        InputError, UnknownNameError
            When it means nothing, several things, or something that holds another count of numbers.
        """
        found = self._named(name, count)
        return replace(found, reference=self.conventions.meant(found.reference))

    def _named(self, name: str, count: int | None) -> Named:
        """What a name means where the weighted sum is called z."""
        found = self._as_code(name)
        key = _loosely(spelled(name))
        if found is not None and self._fits(found, count):
            is_printed = self.style is not None and self._printed(self.style, key) == found
            return Named(found, self._notation(self.style) if is_printed and self.style else None)
        if self.style is not None and (printed := self._printed(self.style, key)) is not None:
            return Named(printed, self._notation(self.style))
        if self.style is None and "rows" not in self.conventions.stated and not IN_BRACKETS.search(name):
            printed = self._printed("nielsen", key)
            if printed is not None and len(set(printed.indices)) == 2 and printed.kind in ("W", "dW"):
                to, by = (int(i) + 1 for i in reversed(printed.indices))
                remark = Message("remark_nielsen", name=name.strip(), to=to, by=by)
                return Named(printed, self._notation("nielsen"), remark)
        return self._decided(name, spelled(name), count, found)

    def _decided(self, name: str, key: str, count: int | None, code: Reference | None) -> Named:
        """The one meaning that exists and holds as many numbers."""
        every = [self._existing(item) for each in (key, *phrase(name)) for item in self.possible.of(each)]
        known = list(dict.fromkeys([*([code] if code else []), *(item for item in every if item is not None)]))
        if not known:
            printed = [self._printed(style, _loosely(key)) for style in NOTATIONS]
            known = list(dict.fromkeys(item for item in printed if item is not None and item.kind not in ("W", "dW")))
        same = {self._extent(item): item for item in reversed(known) if self._fits(item, count)}
        fitting = list(reversed(same.values()))
        if len(known) > 1 and count == 1 and len(fitting) == 1 and not fitting[0].indices and key.isalpha():
            fitting = known  # "z = 1.09" where there are several layers
        if len(fitting) == 1:
            return Named(fitting[0], self._written_by_a_book(key))
        if not fitting and count is not None and (through := self._through(key, count, known)) is not None:
            return Named(through)
        has_style = self.style is not None
        raise self.refusals.of(name.strip(), key, count, fitting, known, has_style=has_style)

    def _as_code(self, name: str) -> Reference | None:
        """The name as the program spells it, if it is one of this network."""
        found = parse(tidy_name(name))
        if not isinstance(found, Reference) or found.site not in self.shapes:
            return None
        if not found.indices:
            return found
        shape = self.shapes[found.site]
        written = (*found.indices, ":") if len(found.indices) == 1 and len(shape) == 2 else found.indices  # a row
        places = self.conventions.place(found.site, written, shape)
        if len(places) != len(shape) or not all(re.fullmatch(r"-?\d+|:", i) for i in places) or any(
            i != ":" and not 0 <= int(i) < n for i, n in zip(places, shape, strict=True)
        ):  # fmt: skip
            raise self.refusals.no_such_number(name, found)
        return found._replace(indices=places)

    def _existing(self, found: Reference) -> Reference | None:
        """The reference, if the network has such a number."""
        for candidate in self._variants(found):
            shape = self.shapes.get(candidate.site)
            if shape is None:
                continue
            indices = candidate.indices
            if candidate.kind == "y" and len(indices) == 2 and len(shape) == 1:
                indices = indices[1:]
            if not indices or (len(indices) == len(shape) and all(
                i == ":" or (i.isdigit() and int(i) < n) for i, n in zip(indices, shape, strict=True)
            )):  # fmt: skip
                return candidate._replace(indices=indices)
        return None

    def _variants(self, found: Reference) -> Sequence[Reference]:
        """The sites that may hold it: memory of hats is spelled in more than one way."""
        if not found.memory.endswith("hat"):
            return (found,)
        letter = found.memory[0]
        spellings = (found.memory, f"{letter}_hat", f"{letter}corrected")
        return [
            found._replace(memory=memory, after=after) for memory in spellings for after in (found.after, True, False)
        ]

    def _extent(self, found: Reference) -> tuple[object, ...]:
        """Which numbers a reference stands for; all of a layer of one neuron is that neuron."""
        shape = self.shapes[found.site]
        indices = found.indices or (":",) * len(shape)
        return (found.site, *("0" if i == ":" and n == 1 else i for i, n in zip(indices, shape, strict=True)))

    def _fits(self, found: Reference, count: int | None) -> bool:
        if count is None or size_of(found, self.shapes) == count:
            return True
        shared = self.conventions.biases == "shared" and found.kind in ("b", "db") and not found.indices
        return shared and count == 1

    def _through(self, key: str, count: int, known: Sequence[Reference]) -> Reference | None:
        """z1 of one number, where layer 1 has several: the first neuron of all; a loss of several: each sample's."""
        if known and known[0].site == "loss" and self.is_batch and count > 2:  # 0,31 may be one number
            each = [self._existing(Reference(name)) for name in ("losses", "sample_loss")]
            return next((item for item in each if item is not None and self._fits(item, count)), None)
        match = re.fullmatch(r"(z|net|a|out|delta)_?\{?1\}?", key)
        if match is None or count != 1 or self.is_batch:
            return None
        kind = {"net": "z", "out": "a"}.get(match[1], match[1])
        return Reference(kind, "1", ("0",))

    def _weight_numbered(self, number: int, kind: str, after: bool) -> Reference | None:
        """The weight with this number, those into one neuron side by side."""
        for l, (n, m) in enumerate(zip(self.widths[:-1], self.widths[1:], strict=True), start=1):
            if 1 <= number <= n * m:
                j, k = divmod(number - 1, n)
                return Reference(kind, str(l), (str(k), str(j)), after)
            number -= n * m
        return None

    def _written_by_a_book(self, key: str) -> Notation | None:
        """A book's notation for names that only books have: w¹, W_ih, σ′(z¹). They set a row for each neuron."""
        if self.style is None and OF_BOOKS.fullmatch(key):
            return self._notation("nielsen")
        return None if self.style is None or self.style == "code" else self._notation(self.style)

    def _notation(self, style: str) -> Notation:
        return notation(style, self.widths, self.is_batch)

    def _printed(self, style: str, key: str) -> Reference | None:
        """What a notation calls so: looked up, or in a wide network tried with everything that may be meant."""
        if sum(map(prod, self.shapes.values())) <= MOST_NAMES:
            return self._table(style).get(key)
        written = self._notation(style)
        weight = WEIGHT.fullmatch(key)
        if weight is not None and style == "mazur":
            return self._weight_numbered(int(weight[2]), "dW" if weight[1] else "W", bool(weight[3]))
        for item in map(self._existing, self.possible.of(key)):
            if item is not None and _loosely(spelled(written.write(item).text())) == key:
                return item
        return None

    def _table(self, style: str) -> Mapping[str, Reference]:
        """The names that a notation gives to all numbers, spelled alike."""
        return _names_of(tuple(self.shapes.items()), style, self.widths, self.is_batch)


def _loosely(key: str) -> str:
    """A spelling in which w5 and w_5 are the same, and every derivative of the loss is one of C."""
    key = re.sub(rf"^d{LOSSES}/d", "dC/d", key)
    return re.sub(r"^((?:dC/d)?[A-Za-z]+)(\d+)(?=\+?$)", r"\1_{\2}", key)


@lru_cache(maxsize=64)  # a sheet is read several times, under other conventions; the next is often of such a network
def _names_of(
    shapes: tuple[tuple[str, tuple[int, ...]], ...], style: str, widths: tuple[int, ...], is_batch: bool
) -> Mapping[str, Reference]:
    """What a notation calls every array and number, spelled alike."""
    written = notation(style, widths, is_batch)
    names: dict[str, Reference] = {}
    find: Callable[[str], object] = parse
    for site, shape in shapes:
        for place in ((), *np.ndindex(*shape)) if shape else ((),):
            found = find(at(site, *place) if place else site)
            if isinstance(found, Reference) and (place or found.kind != "jacobian"):
                try:
                    names.setdefault(_loosely(spelled(written.write(found).text())), found)
                except (ValueError, IndexError):  # a notation has no name for the whole of some arrays
                    continue
    return names


def notation_named(name: str) -> str:
    """The notation of this name; UnknownNameError where there is none."""
    if name not in NOTATIONS:
        raise UnknownNameError("notation", name, NOTATIONS)
    return name
