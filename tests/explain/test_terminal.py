"""Explanations on a terminal: ASCII on request, columns that line up in every language."""

from itertools import groupby

from clearprop.explain import Explanation, case
from clearprop.explain.renderers.terminal import to_ascii
from clearprop.explain.renderers.wrapping import columns
from clearprop.explain.words import LANGUAGES

EVERYTHING = ("step", "ideas")


def test_ascii_on_request():
    for name in ("mazur", "three_players"):
        text = Explanation(case(name).trace(), sections=EVERYTHING).text(ascii_only=True)
        assert text.isascii(), sorted({letter for letter in text if not letter.isascii()})
    assert to_ascii("w²₁₁ ≈ −0.5·10⁻³") == "w^2_11 ~= -0.5*10^-3"


def test_in_a_notebook_the_text_is_a_text_and_no_outputs(monkeypatch):
    found = case("case_study").trace().explained(sections=["forward"])
    before = found.text()
    monkeypatch.setattr("rich.console._is_jupyter", lambda: True)  # rich would show every line there, and write none
    assert found.text() == before


def test_columns_of_ascii_tables_line_up():
    for language in LANGUAGES:
        text = case("sharing").trace().explained(sections=["symbols", "path"], language=language).text(ascii_only=True)
        tables = [list(rows) for is_row, rows in groupby(text.splitlines(), lambda line: "|" in line) if is_row]
        assert len(tables) == 3
        for rows in tables:
            assert len({columns(row) for row in rows}) == 1
            assert len({tuple(columns(row[:i]) for i, letter in enumerate(row) if letter == "|") for row in rows}) == 1


def test_chinese_columns_line_up():
    from rich.cells import cell_len

    text = Explanation(case("sharing").trace(), language="zh", sections=("sharing",)).text()
    rows = [line for line in text.splitlines() if line and line[0] in "│┃┏└┡"]
    assert len(rows) >= 6
    assert len({cell_len(row) for row in rows}) == 1
