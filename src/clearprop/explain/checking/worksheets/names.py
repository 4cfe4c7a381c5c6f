"""Names: which numbers of a network a line is about. What can be meant is decided, or refused with its meanings."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import prod

import numpy as np

from clearprop.errors import InputError, UnknownNameError, nearest
from clearprop.explain.checking.conventions import Conventions
from clearprop.explain.checking.worksheets.meanings import LOSSES, Meanings
from clearprop.explain.checking.worksheets.phrases import meanings as phrase
from clearprop.explain.checking.worksheets.spelling import spelled
from clearprop.explain.checking.worksheets.statements import tidy_name
from clearprop.explain.writing.notation import NOTATIONS, Notation, notation
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
    remark : str
        "" where there is nothing to say.
    """

    reference: Reference
    style: Notation | None = None
    remark: str = ""


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
    tables: dict[str, Mapping[str, Reference]] = field(default_factory=dict)

    @cached_property
    def possible(self) -> Meanings:
        """What names can mean."""
        said = self.conventions.stated
        to_from = self.conventions.rows == "outputs" if "rows" in said else None
        start = int(self.conventions.count_from)
        from_zero = "count_from" in said and not start
        return Meanings(self.widths, self.is_batch, start, from_zero, to_from, self.style == "letters")

    def find(self, name: str, count: int | None = None) -> Named:
        """What a name means, for a line of so many numbers.

        Raises
        ------
        InputError, UnknownNameError
            When it means nothing, several things, or something that holds another count of numbers.
        """
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
                remark = f"{name.strip()} was read as Nielsen writes it, the weight to neuron {to} from neuron {by}"
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
        if not fitting and count == 1 and (through := self._through(key)) is not None:
            return Named(through)
        raise self._refused(name, key, count, fitting, known)

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
            raise InputError(self._no_such_number(name, found))
        return found._replace(indices=places)

    def _no_such_number(self, name: str, found: Reference) -> str:
        paper = self.conventions.shape_of(found.site, self.shapes[found.site])
        start = int(self.conventions.count_from)
        last = [n - 1 + start for n in paper]
        said = f"{name.strip()} is not a single number: {found.site} has shape {paper}"
        if not paper:
            return said
        hint = f", counted from {start}, so the last one is {found.site}{last}"
        off_by_one = not start and all(
            i.isdigit() and 0 < int(i) <= n for i, n in zip(found.indices, paper, strict=False)
        )
        cure = "; add the line count from: 1 if the first one is 1" if off_by_one else ""
        if not cure and found.kind in ("W", "dW") and self._is_turned_place(found, paper):
            other = "inputs" if self.conventions.rows == "outputs" else "outputs"
            cure = f"; its transpose has one: add the line rows: {other} if rows are the {other}"
        return said + hint + cure

    def _is_turned_place(self, found: Reference, paper: tuple[int, ...]) -> bool:
        """Whether the transpose would have a number with these indices."""
        start, places = int(self.conventions.count_from), zip(found.indices, paper[::-1], strict=False)
        return len(found.indices) == 2 and all(i.isdigit() and start <= int(i) < n + start for i, n in places)

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

    def size(self, found: Reference) -> int:
        """How many numbers a reference stands for."""
        shape = self.shapes[found.site]
        if not found.indices:
            return prod(shape)
        return prod(n for i, n in zip(found.indices, shape, strict=True) if i == ":")

    def _extent(self, found: Reference) -> tuple[object, ...]:
        """Which numbers a reference stands for; all of a layer of one neuron is that neuron."""
        shape = self.shapes[found.site]
        indices = found.indices or (":",) * len(shape)
        return (found.site, *("0" if i == ":" and n == 1 else i for i, n in zip(indices, shape, strict=True)))

    def _fits(self, found: Reference, count: int | None) -> bool:
        if count is None or self.size(found) == count:
            return True
        shared = self.conventions.biases == "shared" and found.kind in ("b", "db") and not found.indices
        return shared and count == 1

    def _through(self, key: str) -> Reference | None:
        """z1 of one number, where layer 1 has several: the first neuron of all; w5 as Mazur counts."""
        match = re.fullmatch(r"(z|net|a|out|delta)_?\{?1\}?", key)
        if match is None or self.is_batch:
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
        if style not in self.tables:
            self.tables[style] = _names_of(self.shapes, self._notation(style))
        return self.tables[style]

    def _refused(
        self, name: str, key: str, count: int | None, fitting: Sequence[Reference], known: Sequence[Reference]
    ) -> InputError:
        """Why a name cannot be read, and what to write instead."""
        said = name.strip()
        if len(fitting) > 1:
            what = " or ".join(f"{self.written(item)} ({self.described(item)})" for item in fitting[:4])
            weight = all(item.kind in ("W", "dW") and len(item.indices) == 2 for item in fitting)
            cure = (
                "; write that name, or add the line rows: inputs, rows: outputs or notation: …"
                if weight
                else "; write that name"
            )
            return InputError(f"{said} may mean {what}{cure}")
        if known and count is not None:
            one = known[0]
            single = f"; one of them is {self.written(one._replace(indices=('0',) * len(self.shapes[one.site])))}"
            hint = single if count == 1 and not one.indices else ""
            return InputError(f"{said} holds {self.size(one)} number(s) in this network, not {count}{hint}")
        if re.match(r"Delta\^?_?\{?[Wwb]\d?", key):
            inner = re.sub(r"\W|Delta", "", key)
            return InputError(
                f"{said} may be the step −η·∂C/∂{inner} or the gradient; write {inner}_new = … for what {inner} is "
                f"after the update, or d{inner} = … for the gradient"
            )
        if (two := re.fullmatch(r"(?:d\w*/d)?w_?\{?(\d)(\d)\}?\+?", key)) and self.style is None:
            k, j = two.groups()
            return InputError(
                f"{said} does not say of which layer; write W1[{int(k) - 1},{int(j) - 1}] if it leads from input {k} "
                f"to neuron {j}, or add the line notation: mazur if weights are numbered through"
            )
        if re.fullmatch(r"(?:d\w*/d)?w_?\{?\d+\}?\+?", key) and self.style is None:
            return InputError(
                f"{said} numbers the weights through; add the line notation: mazur (those into one neuron side by "
                f"side), or write W1[0,1], from input 0 to neuron 1"
            )
        return self._unknown(said)

    def _unknown(self, name: str) -> UnknownNameError:
        kind = re.sub(r"[\d\W].*", "", tidy_name(name)).removesuffix("_new")
        alike = [site for site in self.shapes if re.sub(r"\d+.*", "", site) == kind]
        known = alike or list(self.shapes)
        error = UnknownNameError("result", name, known)
        if not alike:
            near = nearest(tidy_name(name), self.shapes)
            hint = f"; did you mean {near!r}?" if near else "; results are called z1, a1, delta2, dW2, W2_new, loss, …"
            error.args = (f"there is no result {name!r}{hint}",)
        return error

    def written(self, found: Reference) -> str:
        """A reference as a sheet may write it, counted and turned as the sheet counts and turns."""
        start = int(self.conventions.count_from)
        shape = self.shapes[found.site]
        indices = [str(int(i) + start) if i.isdigit() else i for i in found.indices]
        if self.conventions.is_turned(found.site, shape) and len(indices) == 2:
            indices = indices[::-1]
        site = "x" if found.site == "a0" else found.site
        return f"{site}[{','.join(indices)}]" if indices else site

    def described(self, found: Reference) -> str:
        """A reference in words."""
        if found.kind in ("W", "dW") and len(found.indices) == 2 and found.indices[0].isdigit():
            k, j = (int(i) + 1 for i in found.indices)
            what = "the weight" if found.kind == "W" else "for the weight"
            return f"{what} from {'input' if found.layer == '1' else 'neuron'} {k} to neuron {j}"
        names = {"delta": "∂C/∂z", "error": "∂C/∂a", "z": "the weighted input", "a": "the output"}
        what = names.get(found.kind, found.kind)
        if found.indices and found.layer:
            return (
                f"{what} of neuron {int(found.indices[-1]) + 1} of layer {found.layer}"
                if found.indices[-1].isdigit()
                else what
            )
        return f"{what} of layer {found.layer}" if found.layer else what


def _loosely(key: str) -> str:
    """A spelling in which w5 and w_5 are the same, and every derivative of the loss is one of C."""
    key = re.sub(rf"^d{LOSSES}/d", "dC/d", key)
    return re.sub(r"^((?:dC/d)?[A-Za-z]+)(\d+)(?=\+?$)", r"\1_{\2}", key)


def _names_of(shapes: Mapping[str, tuple[int, ...]], written: Notation) -> Mapping[str, Reference]:
    """What a notation calls every array and number, spelled alike."""
    names: dict[str, Reference] = {}
    find: Callable[[str], object] = parse
    for site, shape in shapes.items():
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
