"""The verdicts of `check` as a document, for every renderer."""

from __future__ import annotations

from typing import Any

from clearprop.explain.check import Checked
from clearprop.explain.document import Block, Bullets, Document, Heading, Number, Piece, Sentence, Table, Writer
from clearprop.explain.notation import Notation, notation
from clearprop.explain.numbers import NumberFormat
from clearprop.explain.pen import TEXT, Medium, Pen
from clearprop.explain.suspects import CheckedNumber
from clearprop.explain.words import words
from clearprop.formulas import Symbol

DIGITS = 4  # significant digits shown, where what was written has no more
MARKS = {"right": "✓", "right_given": "(✓)", "cut_off": "✂", "cut_off_given": "(✂)", "wrong": "✗", "wrong_given": "(✗)"}


def verdicts(found: Checked, language: str = "en") -> Document:
    """Every number with its verdict, the first slip, and the names of the mistakes."""
    writer = Writer(words(language))
    say, known = writer.sentence, writer.words
    blocks: list[Block] = [Heading(known["check_title"], 1)]
    if not found.numbers:
        return Document(known["check_title"], language, [*blocks, writer.say("check_none")])
    head = [known[f"check_{column}"] for column in ("line", "what", "written", "exact", "own", "verdict")]
    rows: list[list[Piece]] = []
    for line in found.lines:
        rows += [_row(line.entry.line, number, known) for number in line.numbers]
    blocks.append(Table(head, rows))
    first = found.first_wrong
    if first is None:
        others = sum(number.status != "right" for number in found.numbers)
        total = len(found.numbers)
        passed = say("check_passed", n=total) if not others else say("check_passed_but", n=others, total=total)
        return Document(known["check_title"], language, [*blocks, Bullets([passed])])
    right = Number(first.own if first.given_slip else first.exact, finer=_finer(first))
    name = Symbol(str(first.reference))
    points: list[Sentence] = [say("check_first", name=name, written=first.written.text, right=right)]
    for number in found.numbers:
        if number.verdict == "wrong":
            points += _mistakes(number, writer)
    return Document(known["check_title"], language, [*blocks, Bullets(points)])


def _row(line: int, number: CheckedNumber, known: Any) -> list[Piece]:
    verdict = f"{MARKS[number.status]} {known[f'verdict_{number.status}']}"
    what = Symbol(str(number.reference))
    finer = _finer(number)
    return [str(line or ""), what, number.written.text, Number(number.exact, finer), Number(number.own, finer), verdict]


def _finer(number: CheckedNumber) -> int:
    """How many digits more than usual tell the truth from what was written."""
    written = sum(letter.isdigit() for letter in number.written.text.lstrip("-−+0.,"))
    return max(0, written + 1 - DIGITS)


def _mistakes(number: CheckedNumber, writer: Writer) -> list[Sentence]:
    """What was probably done to arrive at a wrong number."""
    name = Symbol(str(number.reference))
    if not number.mistakes:
        return [writer.sentence("check_arithmetic", name=name)]
    found, seen = [], set()
    for variant in number.mistakes:
        if variant.mistake in seen:
            continue
        seen.add(variant.mistake)
        mistake = writer.words[f"mistake_{variant.mistake}"]
        key = "check_named" if variant.site == number.reference.site else "check_named_at"
        found.append(writer.sentence(key, name=name, mistake=mistake, site=variant.site))
    return found


def pen_for(found: Checked, style: str, medium: Medium, language: str) -> Pen:
    """A pen in one notation, for the network of the sheet."""
    trace = found.sheet.trace
    written: Notation = notation(style, trace.network.widths, trace.is_batch)
    return Pen(medium, written, NumberFormat(DIGITS), words(language))


def report(found: Checked, language: str = "en", style: str = "code", width: int = 110) -> str:
    """The verdicts as plain text."""
    from clearprop.explain.renderers.terminal import to_text

    return to_text(verdicts(found, language), pen_for(found, style, TEXT, language), words(language), width=width)
