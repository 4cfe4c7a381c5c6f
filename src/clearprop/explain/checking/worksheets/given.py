"""What a sheet gives: the sample, weights and biases, whole or number by number, under the names that it likes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise
from math import prod

from clearprop.errors import InputError
from clearprop.explain.checking.conventions import Conventions
from clearprop.explain.checking.worksheets.faults import Faults, fault
from clearprop.explain.checking.worksheets.names import Names
from clearprop.explain.checking.worksheets.numbers import WrittenNumber
from clearprop.explain.checking.worksheets.placing import Place, Placed, placed
from clearprop.explain.checking.worksheets.spelling import spelled
from clearprop.explain.checking.worksheets.statements import Statement, numbers_in, with_commas_between
from clearprop.explain.checking.worksheets.values import readings
from clearprop.explain.checking.worksheets.worked import last_segment
from clearprop.explain.words.message import Listed, Message
from clearprop.trace.names import Reference, parse

WHOLE = re.compile(r"(a0|y|[Wb]\d+)")
MEMORY = re.compile(r"[mv]_[Wb]\d+")
MOST_STOOD_IN = 4_000  # numbers of a network that are stood in for, where the sheet does not give them


@dataclass
class Given:
    """Collects what is given, statement by statement, before there is a network to hold it.

    Attributes
    ----------
    widths : tuple of int
    conventions : Conventions
    style : str or None
    n : int or None
        How many samples there are, None for one that is no batch.
    faults : Faults
    remarks : list of Message
    """

    widths: tuple[int, ...]
    conventions: Conventions
    style: str | None
    n: int | None
    faults: Faults
    remarks: list[Message]
    whole: dict[str, Statement] = field(default_factory=dict)
    pieces: dict[str, dict[tuple[int, ...], str]] = field(default_factory=dict)
    first: dict[str, Statement] = field(default_factory=dict)
    flat: list[tuple[int, bool]] = field(default_factory=list)
    faulty: set[str] = field(default_factory=set)

    @property
    def shapes(self) -> Mapping[str, tuple[int, ...]]:
        """Of what can be given."""
        sample = () if self.n is None else (self.n,)
        found = {"a0": (*sample, self.widths[0]), "y": (*sample, self.widths[-1])}
        for l in range(1, len(self.widths)):
            found[f"W{l}"] = (self.widths[l - 1], self.widths[l])
            found[f"b{l}"] = (self.widths[l],)
        return found

    @property
    def has_no_biases(self) -> bool:
        """Whether the sheet says that there are none: those that it does not give are zero."""
        return self.conventions.biases == "none"

    def names(self) -> Names:
        """The names of what can be given."""
        return Names(self.shapes, self.widths, self.n is not None, self.style, self.conventions)

    def take(self, statement: Statement, names: Names, before_results: bool) -> bool:
        """Whether the statement gives something, which then is kept; a fault in it is gathered."""
        if MEMORY.fullmatch(statement.name) and before_results:
            size = prod(self.shapes.get(statement.name.partition("_")[2], ()))
            self._keep(statement.name, with_commas_between(last_segment(statement), size))
            return True
        found = parse(statement.name)
        reference = found if isinstance(found, Reference) else None
        if not WHOLE.fullmatch(statement.name) and not (isinstance(found, Reference) and found.site in self.shapes):
            reference = self._named(statement, names)
            if reference is None or reference.after or reference.memory or reference.site not in self.shapes:
                return False
        if WHOLE.fullmatch(statement.name) and statement.name not in self.shapes:
            return False
        before = len(self.faults.errors)
        with self.faults.gathered():
            self._add(statement, names)
        if len(self.faults.errors) > before:
            self.faulty.add(
                statement.name if statement.name in self.shapes else reference.site if reference else statement.name
            )
        return True

    def _named(self, statement: Statement, names: Names) -> Reference | None:
        count = len(readings(last_segment(statement).value)[0].items)
        for tried in (count, None):
            try:
                return names.find(statement.written, tried).reference
            except InputError:
                continue
        meant = [names._existing(item) for item in names.possible.of(spelled(statement.written))]
        return next((item for item in meant if item is not None), None)

    def _add(self, statement: Statement, names: Names) -> None:
        bare = last_segment(statement)
        if self._is_shared(bare):
            return
        found = placed(bare, names)
        if any(item.kind != "number" for _, item in found.numbers):
            raise bare.wrong("sheet_given_open", name=statement.written.strip())
        site = found.named.reference.site
        if found.named.remark:
            self.remarks.append(found.named.remark)
        self._remark(bare, found, site)
        is_whole = not found.named.reference.indices
        if is_whole and statement.name == site and found.named.style is None and not found.decimal_comma:
            self._keep(site, with_commas_between(bare, len(found.numbers)))
            return
        pieces = self.pieces.get(site, {})
        known = self._known(site)
        for reference, item in found.numbers:
            place = tuple(int(i) for i in reference.indices)
            if place in known and known[place] == WrittenNumber.read(item.text).value:  # said again
                continue
            if place in pieces or site in self.whole:
                before = self.first.get(site, bare).line
                raise bare.wrong("sheet_given_twice", name=statement.written.strip(), line=before)
            pieces[place] = item.text
        if pieces:
            self.pieces[site] = pieces
        self.first.setdefault(site, bare)

    def _is_shared(self, statement: Statement) -> bool:
        """One number for a layer of several neurons: each of them has it; that is said."""
        if not re.fullmatch(r"b\d+", statement.name) or "biases" in self.conventions.stated:
            return False
        value = readings(statement.value)[0]
        if self.shapes[statement.name][0] in _counts(statement):
            return False
        width = self.shapes[statement.name][0]
        if len(value.items) != 1 or value.unread is not None or width == 1 or value.items[0].kind != "number":
            return False
        text = value.items[0].text
        self._keep(statement.name, replace(statement, value=", ".join([text.replace(",", ".")] * width)))
        self.remarks.append(Message("remark_shared", line=statement.line, name=statement.name, value=text))
        return True

    def _keep(self, name: str, statement: Statement) -> None:
        known = self._known(name)
        if known and known == self._by_place(name, statement):  # said again: x1 = 0.5, x2 = 0.3, then x = (0.5, 0.3)
            return
        if name in self.whole or name in self.pieces:
            shown = "x" if name == "a0" else name
            raise statement.wrong("sheet_given_twice", name=shown, line=self.first[name].line)
        self.whole[name] = statement
        self.first[name] = statement

    def _known(self, name: str) -> Mapping[Place, float]:
        """The numbers that are given already, by their places."""
        if name in self.whole:
            return self._by_place(name, self.whole[name])
        return {place: WrittenNumber.read(text).value for place, text in self.pieces.get(name, {}).items()}

    def _by_place(self, name: str, statement: Statement) -> Mapping[Place, float]:
        values = [number.value for number in numbers_in(statement)]
        order = self.conventions.places(name, self.shapes.get(name, (len(values),)), len(values))
        return dict(zip(order, values, strict=False))

    def _remark(self, statement: Statement, found: Placed, site: str) -> None:
        name = statement.written.strip()
        if found.decimal_comma:
            self.remarks.append(Message("remark_commas_of", line=statement.line, name=name))
        if found.is_flat and site.startswith("W"):
            self.flat.append((statement.line, found.named.style is not None))

    def statements(self) -> Mapping[str, Statement]:
        """Everything that is given, each array as one statement; what is missing is gathered as faults.

        In the place of what is missing or faulty stand numbers of ours, so that the faults of results are found too.
        """
        found = dict(self.whole)
        for site, pieces in self.pieces.items():
            order = self.conventions.places(site, self.shapes[site], prod(self.shapes[site]))
            missing = [place for place in order if place not in pieces]
            first = self.first[site]
            if missing:
                names = self.names()
                places = [Reference(*_split(site), tuple(map(str, place))) for place in missing]
                shown = Listed(*(names.refusals.written(place) for place in places[:4]), joint="list_comma")
                more = [Message("list_more", n=len(missing) - 4)] if len(missing) > 4 else []
                listed = Listed(shown, *more)
                self.faults.add(fault("sheet_given_part", Message("sheet_line", line=first.line), names=listed))
            text = ", ".join(pieces.get(place, "0").replace(",", ".") for place in order)
            found[site] = replace(first, name=site, value=text)
        self._miss(found)
        for site, shape in self.shapes.items():
            if site not in found and not (self.has_no_biases and site.startswith("b")):
                ones = "1" if site == "y" else "0.5"
                found[site] = Statement(site, ", ".join([ones, *["0"] * (prod(shape) - 1)]), "", 0, 1)
        return found

    def _miss(self, found: Mapping[str, Statement]) -> None:
        """Gather what is not given at all."""
        named = [site for site in self.shapes if site not in found and site not in self.faulty]
        if self.has_no_biases:
            named = [site for site in named if not site.startswith("b")]
        shown = ["x" if site == "a0" else site for site in named]
        if shown:
            key = "sheet_gives_no" if len(shown) == 1 else "sheet_gives_no_more"
            self.faults.add(fault(key, names=Listed(*shown), first=shown[0]))


def _split(site: str) -> tuple[str, str]:
    match = re.fullmatch(r"([A-Za-z]+)(\d*)", site)
    assert match is not None
    return match[1], match[2]


def check_size(
    statements: Sequence[Statement], widths: tuple[int, ...], n: int | None, network: Statement | None, faults: Faults
) -> None:
    """Tell the faults of a sheet whose network has far more numbers than its lines could give.

    What a sheet does not give is stood in for, so that the faults of its results are found too. Without this a line of
    a few letters, ``network: 9999-9999``, would take minutes and gigabytes.

    Parameters
    ----------
    statements : sequence of Statement
    widths : tuple of int
    n : int or None
        Samples.
    network : Statement or None
        The line that has the widths.
    faults : Faults
    """
    numbers = sum((i + 1) * o for i, o in pairwise(widths)) + (n or 1) * (widths[0] + widths[-1])
    if numbers > max(MOST_STOOD_IN, sum(len(statement.value) for statement in statements)):
        said = "-".join(map(str, widths))
        place = None if network is None else network.place_of()
        faults.add(fault("sheet_network_large", place, widths=said, n=f"{numbers:,}"))
        faults.tell()


def samples_in(statements: Sequence[Statement], inputs: int) -> int | None:
    """How many samples the statements about x give, None for a single one that is no batch."""
    found = 0
    for statement in statements:
        counts = _counts(statement)
        count = inputs if inputs in counts else max(counts, default=0)
        number = re.fullmatch(r"[xX](?:(\d{1,4})|_\{(\d{1,4})\}|\^\{\(?(\d{1,4})\)?\})", spelled(statement.written))
        if statement.name == "a0" and count >= 2 * inputs and count % inputs == 0:
            return count // inputs
        if number is not None and counts and counts[0] == inputs > 1:
            found = max(found, int(number[1] or number[2] or number[3]))
        if statement.name == "a0" and count == inputs and _is_matrix(statement):
            return None
    return found or None


def _counts(statement: Statement) -> list[int]:
    """How many numbers a statement holds, in each way of reading its commas."""
    return [len(value.items) for value in readings(last_segment(statement).value) if value.unread is None]


def _is_matrix(statement: Statement) -> bool:
    return readings(last_segment(statement).value)[0].is_matrix


def widths_from(statements: Sequence[Statement]) -> tuple[int, ...] | None:
    """The widths of a network that is not named, from its x and its biases, or its weight matrices."""
    named = {statement.name: statement for statement in statements}
    if "a0" in named and "b1" in named:
        layers = sorted((name for name in named if re.fullmatch(r"b\d+", name)), key=lambda name: int(name[1:]))
        counts = [_counts(named[name]) for name in ("a0", *layers)]
        return tuple(each[0] for each in counts) if all(each and each[0] for each in counts) else None
    return None
