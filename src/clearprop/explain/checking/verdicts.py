"""The verdicts of `check` as a document, for every renderer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any

from clearprop.errors import UnknownNameError
from clearprop.explain.checking.checked import CheckedLine, CheckedNumber
from clearprop.explain.checking.worksheets import Blank, Sheet
from clearprop.explain.words import words
from clearprop.explain.words.message import Listed, line_told
from clearprop.explain.writing.document import Block, Bullets, Document, Heading, Number, Piece, Sentence, Table, Writer
from clearprop.explain.writing.nielsen import Notation
from clearprop.explain.writing.notation import notation
from clearprop.explain.writing.numbers import NumberFormat
from clearprop.explain.writing.pen import TEXT, Medium, Pen
from clearprop.formulas import Symbol

DIGITS = 4  # significant digits shown, where what was written has no more
MARKS = {
    "right": "✓", "right_given": "(✓)", "within": "✓", "within_given": "(✓)", "cut_off": "✂", "cut_off_given": "(✂)",
    "wrong": "✗", "wrong_given": "✗",
}  # fmt: skip
PLAIN = ("right", "within")
MOST_SHOWN = 3  # numbers of a right line, and right lines in a row, that are written out


@dataclass(frozen=True)
class Checked:
    """What `check` found.

    Attributes
    ----------
    sheet : Sheet
    lines : tuple of CheckedLine
    offered : tuple of str
        The lines that the sheet should have, "delta: minus", where it is right under conventions that it does not
        state; it has then been judged under them.
    """

    sheet: Sheet
    lines: tuple[CheckedLine, ...]
    offered: tuple[str, ...] = ()

    @property
    def numbers(self) -> tuple[CheckedNumber, ...]:
        """All judged numbers in order."""
        return tuple(number for line in self.lines for number in line.numbers)

    @property
    def passed(self) -> bool:
        """Whether nothing is wrong (cut-off numbers and what follows from a slip are not counted as wrong)."""
        return all(number.verdict != "wrong" for number in self.numbers)

    @property
    def blanks(self) -> tuple[Blank, ...]:
        """What was left open."""
        return self.sheet.blanks

    @property
    def is_done(self) -> bool:
        """Whether nothing is wrong and nothing is left open."""
        return self.passed and not self.blanks

    @property
    def first_wrong(self) -> CheckedNumber | None:
        """The first wrong number."""
        return next((number for number in self.numbers if number.verdict == "wrong"), None)

    def __getitem__(self, name: str) -> CheckedNumber:
        """The judged number of this name, "z1[0]"."""

        found = {str(number.reference): number for number in self.numbers}
        if name not in found:
            raise UnknownNameError("checked number", name, found)
        return found[name]

    def text(self, language: str = "en", notation: str = "code", width: int = 110) -> str:
        """The verdicts as plain text."""
        return report(self, language, notation, width)

    def __str__(self) -> str:
        return self.text()


def verdicts(found: Checked, language: str = "en") -> Document:
    """Every number that is not simply right with its verdict, and the names of the mistakes."""
    writer = Writer(words(language))
    known = writer.words
    blocks: list[Block] = [Heading(known["check_title"], 1)]
    if not found.numbers and not found.blanks:
        return Document(known["check_title"], language, [*blocks, writer.say("check_none")])
    if found.numbers:
        head = [known[f"check_{column}"] for column in ("line", "what", "written", "exact", "own", "verdict")]
        blocks.append(Table(head, list(_rows(found.lines, known))))
    points = [*_offered(found, writer, language), *_summary(found, writer)]
    for line in found.lines:
        points += _of_line(line, writer)
    points += _hints(found, writer)
    points += [(remark.in_language(language),) for remark in found.sheet.remarks]
    return Document(known["check_title"], language, [*blocks, Bullets(points)])


def _rows(lines: Sequence[CheckedLine], known: Any) -> Iterator[list[Piece]]:
    """A row for each number that is not simply right; what is right is folded."""
    for is_right, run in groupby(lines, key=lambda line: all(number.status in PLAIN for number in line.numbers)):
        group = list(run)
        if is_right and len(group) > MOST_SHOWN:
            yield from _folded(group, known)
            continue
        for line in group:
            others = [number for number in line.numbers if number.status in PLAIN]
            if others == list(line.numbers) and len(others) > 1:
                yield _together(line, others, known, Symbol(line.entry.site))
                continue
            for number in line.numbers:
                if number.status not in PLAIN or len(others) == 1:
                    yield _row(line.entry.line, number, known)
            if len(others) > 1:
                yield _together(line, others, known, known["check_folded"].format(n=len(others)))


def _folded(lines: Sequence[CheckedLine], known: Any) -> Iterator[list[Piece]]:
    """Several lines that are right, as one row."""
    numbers = [number for line in lines for number in line.numbers]
    first, last = lines[0].entry.line, lines[-1].entry.line
    names = [line.entry.site for line in lines]
    shown = ", ".join(names) if len(names) <= 2 * MOST_SHOWN else f"{', '.join(names[:MOST_SHOWN])}, …, {names[-1]}"
    where = f"{first}–{last}" if first else ""
    yield [where, known["check_folded"].format(n=len(numbers)), shown, "", "", _verdict(numbers, known)]


def _together(line: CheckedLine, numbers: Sequence[CheckedNumber], known: Any, what: Piece) -> list[Piece]:
    written = [number.written.text for number in numbers]
    shown = ", ".join(written[:MOST_SHOWN]) + (", …" if len(written) > MOST_SHOWN else "")
    return [str(line.entry.line or ""), what, shown, "", "", _verdict(numbers, known)]


def _verdict(numbers: Sequence[CheckedNumber], known: Any) -> str:
    status = "within" if any(number.within for number in numbers) else "right"
    return f"{MARKS[status]} {known[f'verdict_{status}']}"


def _row(line: int, number: CheckedNumber, known: Any) -> list[Piece]:
    finer = _finer(number)
    own: Piece = Number(number.own, finer) if number.own != number.exact else ""
    verdict = f"{MARKS[number.status]} {known[f'verdict_{number.status}']}"
    what = Symbol(str(number.reference))
    return [str(line or ""), what, number.written.text, Number(number.exact, finer), own, verdict]


def _finer(number: CheckedNumber) -> int:
    """How many digits more than usual tell the truth from what was written."""
    written = sum(letter.isdigit() for letter in number.written.text.lstrip("-−+0.,"))
    return max(0, written + 1 - DIGITS)


def _offered(found: Checked, writer: Writer, language: str) -> Iterator[Sentence]:
    """The conventions that make every line right."""
    if not found.offered:
        return
    said = []
    for line in found.offered:
        name, _, value = line.partition(": ")
        key = name.replace(" ", "_")
        key = f"convention_{key}_{value}" if key in ("biases", "samples", "velocity") else f"convention_{key}"
        said.append(writer.words[key].format(value=writer.term(value)))
    key = "check_offered" if len(said) == 1 else "check_offered_more"
    joint = writer.words["check_and"]
    lines = Listed(*map(line_told, found.offered), joint="list_semicolon").in_language(language)
    yield writer.sentence(key, meaning=joint.join(said), line=lines)


def _summary(found: Checked, writer: Writer) -> Iterator[Sentence]:
    """How many numbers are right, wrong, left open; the first mistake."""
    total = len(found.numbers)
    one = "_one" if total == 1 else ""
    if found.blanks:
        names = ", ".join(blank.name for blank in found.blanks)
        yield writer.sentence("check_blank", n=total, m=sum(blank.count for blank in found.blanks), names=names)
    first = found.first_wrong
    if first is not None:
        wrong = sum(number.verdict == "wrong" for number in found.numbers)
        yield writer.sentence(f"check_count{one}", wrong=wrong, n=total)
        right = Number(first.own if first.given_slip else first.exact, finer=_finer(first))
        yield writer.sentence("check_first", name=Symbol(str(first.reference)), written=first.written.text, right=right)
        return
    cut = sum(number.verdict == "cut_off" for number in found.numbers)
    within = sum(number.within for number in found.numbers)
    if cut:
        yield writer.sentence("check_passed_but", n=cut, total=total)
    elif within:
        yield writer.sentence(f"check_passed_within{one}", n=total, m=within)
    elif total:
        yield writer.sentence(f"check_passed{one}", n=total)


def _of_line(line: CheckedLine, writer: Writer) -> Iterator[Sentence]:
    """What was probably done to arrive at the wrong numbers of a line, a sentence for each cause."""
    wrong = [number for number in line.numbers if number.verdict == "wrong"]
    if line.slip is not None and wrong:
        slip = writer.sentence(
            "check_slip", working=line.slip.text, value=Number(line.slip.value, 2), written=line.slip.written.text
        )
        yield (*_label(wrong, line, writer), *slip)
        return
    groups: dict[Any, list[CheckedNumber]] = {}
    for number in wrong:
        groups.setdefault((number.names, number.is_certain, number.relation), []).append(number)
    for numbers in groups.values():
        yield (*_label(numbers, line, writer), *cause(numbers[0], writer))


def _label(numbers: Sequence[CheckedNumber], line: CheckedLine, writer: Writer) -> Sentence:
    """ "∂W1, all four: ", or the names of the numbers."""
    if len(numbers) > 1 and len(numbers) == len(line.numbers):
        return (Symbol(line.entry.site), writer.words["check_all"].format(n=len(numbers)))
    pieces: list[Piece] = []
    for number in numbers:
        pieces += [", ", Symbol(str(number.reference))]
    return (*pieces[1:], writer.words["check_colon"])


def cause(number: CheckedNumber, writer: Writer) -> Sentence:
    """What was probably done to arrive at a wrong number, as far as that is known."""
    if number.mistakes and number.is_certain:
        return (*_mistakes(number, writer), writer.words["check_stop"])
    if number.mistakes:
        start, _, end = writer.words["check_would_fit"].partition("{mistake}")
        return (start, *_mistakes(number, writer), end)
    relation = number.relation
    if relation is None:
        return writer.sentence("check_unknown")
    if relation.kind == "factor":
        key = "check_factor_own" if relation.of == "own" and number.own != number.exact else "check_factor"
        return writer.sentence(key, factor=Number(relation.value))
    sign = "+" if relation.value > 0 else "−"
    return writer.sentence("check_difference", sign=sign, size=Number(abs(relation.value)), name=Symbol(relation.name))


def _mistakes(number: CheckedNumber, writer: Writer) -> Sentence:
    """The mistakes' names, each with the place where it was made if that is another line."""
    pieces: list[Piece] = []
    for i, variant in enumerate(number.mistakes):
        pieces += [writer.words["check_or"]] if i else []
        pieces.append(writer.words[f"mistake_{variant.mistake}"])
        if variant.site != number.reference.site:
            pieces += writer.sentence("check_at", site=Symbol(variant.site))
    return tuple(pieces)


def _hints(found: Checked, writer: Writer) -> Iterator[Sentence]:
    """That an optimizer's memory may have to be given, where updates are wrong and nobody knows why."""
    trace = found.sheet.trace
    memory = trace.optimizer.memory
    unknown = any(
        number.verdict == "wrong" and not number.mistakes and number.reference.after for number in found.numbers
    )
    if memory and unknown and trace.step == 1:
        yield writer.sentence("check_memory", line=f"{memory[0]}_{trace.network.blocks[0].name}")


def pen_for(found: Checked, style: str, medium: Medium, language: str) -> Pen:
    """A pen in one notation, for the network of the sheet."""
    trace = found.sheet.trace
    written: Notation = notation(style, trace.network.widths, trace.is_batch)
    return Pen(medium, written, NumberFormat(DIGITS), words(language))


def report(found: Checked, language: str = "en", style: str = "code", width: int = 110) -> str:
    """The verdicts as plain text."""
    from clearprop.explain.renderers.terminal import to_text

    return to_text(verdicts(found, language), pen_for(found, style, TEXT, language), words(language), width=width)
