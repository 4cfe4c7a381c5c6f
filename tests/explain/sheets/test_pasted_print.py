"""What `explain` prints can be handed to `check`: every line is read back as the number that it is about."""

import re

import pytest

from clearprop.errors import InputError
from clearprop.explain import case, read_sheet
from clearprop.explain.cases import CASES
from clearprop.explain.writing.notation import NOTATIONS

SECTIONS = ("given", "forward", "loss", "backward", "gradients", "update", "afterwards")
SMALL = [name for name in CASES if name != "digits"]


def printed(name, notation, language="en", **style):
    return case(name).trace().explained(sections=SECTIONS, notation=notation, language=language, **style).text(width=96)


def misread(sheet):
    """What is not the number of the trace, rounded as it was written."""
    return [
        (entry.text, str(reference), number.text)
        for entry in sheet.entries
        for reference, number in entry.numbers
        if abs(sheet.trace.value_of(str(reference)) - number.value) > 0.5001 * number.unit + 1e-12 * abs(number.value)
    ]


def lines_in(text):
    """How many statements a print makes: names at the beginning of an indented line."""
    return sum(
        re.match(r"  (?! )(?:BP\d\w?\s+)?[^\s…].*", line) is not None and "…" not in line[:6]
        for line in text.split("\n")
    )


@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("name", SMALL)
def test_every_printed_line_is_read_back(name, notation, language):
    text = printed(name, notation, language)
    sheet = read_sheet(f"case: {name}\nnotation: {notation}\n{text}")
    assert misread(sheet) == []
    assert len(sheet.entries) >= lines_in(text) * 0.97
    assert sum(len(entry.numbers) for entry in sheet.entries) > 15
    assert not sheet.blanks


@pytest.mark.parametrize("notation", NOTATIONS)
def test_lines_with_their_middle_left_out_are_read_back(notation):
    sheet = read_sheet(f"case: digits\nnotation: {notation}\n{printed('digits', notation)}")
    assert misread(sheet) == []
    assert len(sheet.entries) > 100


@pytest.mark.parametrize("notation", NOTATIONS)
@pytest.mark.parametrize("name", SMALL)
def test_without_its_name_a_notation_is_read_truly_or_refused(name, notation):
    text = f"case: {name}\n{printed(name, notation)}"
    if notation in ("code", "nielsen") and (notation == "code" or not case(name).trace().is_batch):
        assert misread(read_sheet(text)) == []
        return
    refused = ""
    try:
        assert misread(read_sheet(text)) == []
    except InputError as error:
        refused = str(error)
    assert not refused or "notation" in refused


@pytest.mark.parametrize("style", [{"digits": 9}, {"ascii_only": True}, {"optimizer": "adam"}])
def test_other_prints_are_read_back_too(style):
    trace = case("mazur").trace()
    head = "case: mazur\nnotation: nielsen\n"
    if "optimizer" in style:
        from clearprop import adam
        from clearprop.explain import explain

        trace = explain(trace.network, trace.params, trace["a0"].value, trace["y"].value, adam(0.01))
        head += "optimizer: adam\nlearning rate: 0.01\n"
    explained = trace.explained(sections=SECTIONS, digits=style.get("digits", 4))
    sheet = read_sheet(head + explained.text(ascii_only=style.get("ascii_only", False)))
    assert misread(sheet) == []
    assert len(sheet.entries) > 60
