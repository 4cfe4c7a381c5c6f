"""Exercises and marks on the command line: one sheet, a class, its folder marked."""

import json

import pytest


@pytest.fixture
def folder(run, tmp_path):
    (tmp_path / "names.txt").write_text("Ada\nBen\n", encoding="utf-8")
    code, _, _ = run("exercise", "--class", tmp_path / "names.txt", "--output", tmp_path / "week")
    assert code == 0
    return tmp_path / "week"


def fill(folder, name):
    """Fill a student's sheet from the key."""
    key = (folder / "keys" / f"{name}-key.md").read_text(encoding="utf-8")
    sheet = (folder / "sheets" / f"{name}.md").read_text(encoding="utf-8")
    lines = [right if "______" in left else left for left, right in
             zip(sheet.splitlines()[7:], key.splitlines()[7:], strict=True)]  # fmt: skip
    (folder / "sheets" / f"{name}.md").write_text("\n".join(sheet.splitlines()[:7] + lines), encoding="utf-8")


def row_of(name, report):
    """The cells of a student's row in the report on the terminal."""
    row = next(line for line in report.splitlines() if name in line)
    return [cell.strip() for cell in row.split("│")[2:-1]]


def test_a_class_from_its_names_to_its_marks(run, folder, tmp_path):
    code, out, _ = run("check", folder / "sheets", "--report")
    assert code == 1
    assert row_of("Ada", out) == ["0", "0", "0", "6", "6", ""]
    fill(folder, "ada")
    code, out, _ = run("check", folder / "sheets", "--report")
    assert (code, row_of("Ada", out)) == (1, ["6", "0", "0", "0", "6", "✓"])
    fill(folder, "ben")
    assert run("check", folder / "sheets", "--report")[0] == 0
    code, out, _ = run("check", folder / "sheets", "--report", "--json")
    assert [marks["right"] for marks in json.loads(out)["students"]] == [6, 6]
    for ending in (".csv", ".md", ".html", ".tex", ".txt"):
        path = tmp_path / f"marks{ending}"
        assert run("check", folder / "sheets", "--report", "--output", path)[0] == 0
        assert "Ben" in path.read_text(encoding="utf-8")
        code, _, error = run("check", folder / "sheets", "--report", "--output", path)
        assert (code, "exists already" in error) == (1, True)


def test_a_sheet_that_cannot_be_read_ends_with_3(run, folder):
    (folder / "sheets" / "ben.md").write_text("network: 2-2\nx = oops", encoding="utf-8")
    code, out, _ = run("check", folder / "sheets", "--report")
    assert code == 3
    assert "oops" in out


def test_a_network_drawn_for_one(run, tmp_path):
    code, out, _ = run("exercise", "--network", "2-3-1", "--seed", "7", "--blank", "4")
    assert (code, out.split("# Key")[0].count("______")) == (0, 4)
    assert run("exercise", "--network", "2-3-1", "--seed", "8")[1] != out
    code, out, _ = run("exercise", "--network", "2-2-1", "--find-mistake")
    assert (code, "found in: ______" in out) == (0, True)
    for ending in ("md", "tex", "html"):
        assert run("exercise", "--network", "2-2-1", "--output", tmp_path / f"sheet.{ending}")[0] == 0
        assert (tmp_path / f"sheet-key.{ending}").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--network", "2"), "--network must be the numbers of neurons"),
        (("--network", "two"), "--network must be the numbers of neurons"),
        (("--network", "2-9-1"), "1 to 6 neurons"),
        (("--network", "2-2-1", "--case", "mazur"), "leave the sheet or --case out"),
        (("--network", "2-2-1", "--find-mistake", "--format", "latex"), "is Markdown"),
        (("--class", "nobody.txt", "--output", "x"), "there is no file nobody.txt"),
        (("--class", "nobody.txt"), "which folder"),
        (("--class", "nobody.txt", "--case", "mazur"), "leave --case out"),
        (("--network", "2-2-1", "--hidden", "sigmoooid"), "sigmoid"),
    ],
)
def test_what_cannot_be_asked_for(run, arguments, said, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    code, out, error = run("exercise", *arguments)
    assert code != 0
    assert said in error
    assert not out
    assert not list(tmp_path.iterdir())


def test_a_folder_and_a_report_belong_together(run, folder, tmp_path):
    code, _, error = run("check", folder / "sheets")
    assert (code, "--report" in error) == (2, True)
    sheet = folder / "sheets" / "ada.md"
    assert "belong to --report" in run("check", sheet, "--output", tmp_path / "x.csv")[2]
    assert "there is no folder" in run("check", sheet, "--report")[2]
    assert "must end in" in run("check", folder / "sheets", "--report", "--output", tmp_path / "x.pdf")[2]
