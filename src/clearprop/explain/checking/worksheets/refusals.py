"""Why a name cannot be read: it means nothing here, several things, or something of another size; and what to write."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import prod

from clearprop.errors import InputError, UnknownNameError, nearest
from clearprop.explain.checking.conventions import Conventions
from clearprop.explain.checking.worksheets.faults import fault, hint_at
from clearprop.explain.checking.worksheets.statements import tidy_name
from clearprop.explain.words.message import Count, Listed, Message
from clearprop.trace.names import Reference

MOST_MEANINGS = 4  # told of one name
STEP = re.compile(r"Delta\^?_?\{?[Wwb]\d?")
TWO_DIGITS = re.compile(r"(?:d\w*/d)?w_?\{?(\d)(\d)\}?\+?")
LAYER = re.compile(r"(?:z|a|delta)\^?_?\{?(\d{1,3})\}?(?!\d)")
NUMBERED = re.compile(r"(?:d\w*/d)?w_?\{?\d+\}?\+?")
CALLED = {"delta": "∂C/∂z", "error": "∂C/∂a"}


def size_of(found: Reference, shapes: Mapping[str, tuple[int, ...]]) -> int:
    """How many numbers a reference stands for."""
    shape = shapes[found.site]
    if not found.indices:
        return prod(shape)
    return prod(n for i, n in zip(found.indices, shape, strict=True) if i == ":")


@dataclass(frozen=True)
class Refusals:
    """Says of the names of one network why they cannot be read.

    Attributes
    ----------
    shapes : mapping of str to tuple of int
        Of every site.
    conventions : Conventions
        How the sheet counts and turns.
    """

    shapes: Mapping[str, tuple[int, ...]]
    conventions: Conventions

    def of(
        self,
        name: str,
        key: str,
        count: int | None,
        fitting: Sequence[Reference],
        known: Sequence[Reference],
        *,
        has_style: bool,
    ) -> InputError:
        """Why a name of so many numbers cannot be read.

        Parameters
        ----------
        name, key : str
            As it was written, and as it is spelled.
        count : int or None
        fitting, known : sequence of Reference
            What it may mean that holds so many numbers, and whatever it may mean.
        has_style : bool
            Whether the sheet names its notation.
        """
        if len(fitting) > 1:
            return self._ambiguous(name, fitting)
        is_numbered = count == 1 and NUMBERED.fullmatch(key) is not None and not has_style
        if known and count is not None and not is_numbered:
            return self._of_another_size(name, known[0], count)
        if STEP.match(key):
            return fault("sheet_delta_step", name=name, of=re.sub(r"\W|Delta", "", key))
        if (two := TWO_DIGITS.fullmatch(key)) and not has_style:
            k, j = two.groups()
            return fault("sheet_no_layer", name=name, k=int(k) - 1, j=int(j) - 1, from_=k, to=j)
        if NUMBERED.fullmatch(key) and not has_style:
            return fault("sheet_numbered", name=name)
        return self._unknown(name, key)

    def _ambiguous(self, name: str, fitting: Sequence[Reference]) -> InputError:
        told = [
            Message("sheet_meaning", name=self.written(item), what=self.described(item))
            for item in fitting[:MOST_MEANINGS]
        ]
        are_weights = all(item.kind in ("W", "dW") and len(item.indices) == 2 for item in fitting)
        cure = Message("cure_name_or_rows" if are_weights else "cure_name")
        return fault("sheet_may_mean", name=name, meanings=Listed(*told, joint="list_either"), cure=cure)

    def _of_another_size(self, name: str, meant: Reference, count: int) -> InputError:
        first = self.written(meant._replace(indices=("0",) * len(self.shapes[meant.site])))
        hint = Message("sheet_holds_one", name=first) if count == 1 and not meant.indices else ""
        return fault("sheet_holds", name=name, size=Count(size_of(meant, self.shapes)), count=count, hint=hint)

    def _unknown(self, name: str, key: str) -> UnknownNameError:
        kind = re.sub(r"[\d\W].*", "", tidy_name(name)).removesuffix("_new")
        alike = [site for site in self.shapes if re.sub(r"\d+.*", "", site) == kind]
        error = UnknownNameError("result", name, alike or list(self.shapes))
        layer = LAYER.match(key)
        if alike and layer is not None and f"z{int(layer[1]) - 1}" in self.shapes:
            error.args = (
                Message("sheet_no_such", kind=Message("kind_result"), name=name, hint=Message("cure_layers")),
            )
        if not alike:
            near = hint_at(nearest(tidy_name(name), self.shapes))
            error.args = (Message("sheet_no_such", kind=Message("kind_result"), name=name, hint=near),)
        return error

    def no_such_number(self, name: str, found: Reference) -> InputError:
        """Why the indices of a name lead to no number."""
        paper = self.conventions.shape_of(found.site, self.shapes[found.site])
        start = int(self.conventions.count_from)
        hint: str = ""
        if paper:
            last = f"{found.site}{[n - 1 + start for n in paper]}"
            hint = Message("sheet_counted_from", start=start, last=last)
        cure = self._cure_of_place(found, paper, start) if paper else ""
        return fault("sheet_no_single", name=name.strip(), site=found.site, shape=paper, hint=hint, cure=cure)

    def _cure_of_place(self, found: Reference, paper: tuple[int, ...], start: int) -> str:
        places = list(zip(found.indices, paper, strict=False))
        if not start and all(i.isdigit() and 0 < int(i) <= n for i, n in places):
            return Message("cure_count_from")
        if found.kind in ("W", "dW") and self._is_turned_place(found, paper):
            return Message(f"cure_transpose_{'inputs' if self.conventions.rows == 'outputs' else 'outputs'}")
        return ""

    def _is_turned_place(self, found: Reference, paper: tuple[int, ...]) -> bool:
        """Whether the transpose would have a number with these indices."""
        start, places = int(self.conventions.count_from), zip(found.indices, paper[::-1], strict=False)
        return len(found.indices) == 2 and all(i.isdigit() and start <= int(i) < n + start for i, n in places)

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
            what, start = "weight" if found.kind == "W" else "gradient", "input" if found.layer == "1" else "neuron"
            return Message(f"described_{what}_{start}", k=k, j=j)
        named = Message(f"described_{found.kind}") if found.kind in ("z", "a") else CALLED.get(found.kind, found.kind)
        if found.indices and found.layer:
            if not found.indices[-1].isdigit():
                return named
            return Message("described_neuron", what=named, neuron=int(found.indices[-1]) + 1, layer=found.layer)
        return Message("described_layer", what=named, layer=found.layer) if found.layer else named
