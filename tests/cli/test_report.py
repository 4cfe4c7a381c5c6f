"""train --report: one page that says what the command says, and asks for no other file."""

import json
import re
import sys
from html.parser import HTMLParser

import numpy as np
import pyarrow as pa
import pytest

from clearprop.cli.words import number, share
from clearprop.tabular import partial_dependence
from clearprop.tabular.model import TableModel
from pages_in_chromium import axe, faint, measured, opened
from sample_tables import flats, pets, write

QUICK = ("--hidden", "8,6", "--epochs", "4", "--ensemble", "2", "--engine", "reference")


class Strict(HTMLParser):
    """Raises AssertionError where elements are not closed in their order, or an id is there twice."""

    def __init__(self):
        super().__init__()
        self.open, self.ids, self.cells, self.tag = [], set(), [], ""

    def handle_starttag(self, tag, attributes):
        names = [name for name, _ in attributes]
        assert len(names) == len(set(names))
        for name, value in attributes:
            assert name != "id" or value not in self.ids
            self.ids |= {value} if name == "id" else set()
        if tag not in ("meta", "img", "source", "br"):
            self.open.append(tag)
        self.tag = tag
        if tag in ("td", "th", "dd", "li", "p", "h2"):
            self.cells.append("")

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.cells and self.tag in ("td", "th", "dd", "li", "p", "h2"):
            self.cells[-1] += data


def read(path):
    page = Strict()
    page.feed(path.read_text(encoding="utf-8"))
    page.close()
    assert page.open == []
    page.cells = [cell.strip() for cell in page.cells]
    return page


def reported(folder, name, table, target, *options):
    """The report of a training, beside its model."""
    from clearprop.cli.app import exit_code

    file, page = write(folder / f"{name}.csv", table), folder / f"{name}.html"
    made = ["--output", str(page.with_suffix(".clearprop")), "--report", str(page)]
    assert exit_code(["train", str(file), "--target", target, *made, *options, *QUICK]) == 0
    return page


@pytest.fixture(scope="module")
def regression(tmp_path_factory):
    """A report in English; its own fixture, so that a worker makes only the one that it looks at."""
    odd = flats().append_column("<b>$x$ & y</b>", pa.array(np.arange(400) % 7 * 1.0))
    return reported(tmp_path_factory.mktemp("regression"), "flats", odd, "rent")


@pytest.fixture(scope="module")
def classification(tmp_path_factory):
    """A report in Chinese."""
    return reported(tmp_path_factory.mktemp("classification"), "pets", pets(), "kind", "--report-language", "zh")


def shown_whole(path, browser):
    """That a page asks for nothing, leaves nothing out and can be read by everybody."""
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"(?:src|srcset|href|url)\s*[=(]\s*[\"']?(?!data:|#)\w", text)
    assert "<script" not in text
    assert "default-src 'none'" in text.replace("&#x27;", "'")
    assert len(text) < 2_000_000
    with opened(browser, path) as page:
        assert page.evaluate("() => [...document.images].every(i => i.complete && i.naturalWidth > 0)")
        assert measured(page) == []
        for scheme in ("light", "dark"):
            page.emulate_media(media="screen", color_scheme=scheme)
            assert faint(page) == []
        assert axe(page) == []


@pytest.fixture
def undrawn(monkeypatch):
    """Pictures are drawn once and not made into files, which takes most of the time of a report."""
    from matplotlib.figure import Figure

    from clearprop.plots.pictures import Pictured

    def pictured(draw, width=6.4, height=4.0):
        draw(Figure(figsize=(width, height)).add_subplot())
        return Pictured(b"<svg/>", b"<svg/>", 10, 10)

    monkeypatch.setattr("clearprop.cli.html_report.pictures.pictured", pictured)


def test_every_number_is_that_of_the_model(regression):
    page, model = read(regression), TableModel.load(regression.with_suffix(".clearprop"))
    for value in (model.held_out.rmse, model.held_out.mae, model.held_out.trivial_rmse, model.held_out.r2):
        assert number(value) in page.cells
    for column, rise in model.settings["importances"]["columns"].items():
        place = page.cells.index(column)
        assert number(rise, 3) in page.cells[place : place + 2]
    for column in [step.column for step in model.encoder.steps]:
        assert column in page.cells
    assert page.cells.count("<b>$x$ & y</b>") >= 2  # as a text, in the importances and among the columns


def test_how_predictions_go_with_the_columns_that_matter_is_drawn(regression):
    page, model = read(regression), TableModel.load(regression.with_suffix(".clearprop"))
    columns = model.settings["importances"]["columns"]
    matter = [name for name in columns if columns[name] > 0]
    assert "dependence" in page.ids
    (found,) = partial_dependence(
        model, flats().append_column("<b>$x$ & y</b>", pa.array(np.arange(400) % 7 * 1.0)), matter[:1]
    )
    place = next(n for n in range(len(page.cells)) if page.cells[n : n + 2] == [matter[0], "rent"])
    assert page.cells[place + 2 : place + 4] == [found.values[0], number(found.mean[0, 0])]


def test_chromium_shows_it_whole_and_axe_finds_nothing(regression, browser):
    shown_whole(regression, browser)


def test_classes_have_their_confusion_and_calibration_in_chinese(classification):
    page, model = read(classification), TableModel.load(classification.with_suffix(".clearprop"))
    place = next(n for n in range(len(page.cells)) if page.cells[n : n + 4] == ["真实 ↓ 预测 →", "cat", "cow", "dog"])
    for row, label in enumerate(["cat", "cow", "dog"]):
        start = place + 4 * (row + 1)
        assert page.cells[start : start + 4] == [label, *map(str, model.held_out.confusion[row])]
    assert share(model.held_out.accuracy) in page.cells
    assert any(share(model.held_out.calibration_error) in cell for cell in page.cells)
    text = classification.read_text(encoding="utf-8")
    assert '<html lang="zh-Hans">' in text
    for said in ("概率是否名副其实", "学习过程", "准确率", "各列及其用法"):
        assert said in text


def test_chromium_shows_classes_whole_and_axe_finds_nothing(classification, browser):
    shown_whole(classification, browser)


def test_the_same_training_writes_the_same_page(tmp_path, undrawn):
    """The pictures aside: that those are the same bytes each time, tests/plots/test_curves.py looks."""
    pages = []
    for _ in range(2):
        pages.append(reported(tmp_path, "pets", pets(90), "kind").read_bytes())
        for file in tmp_path.iterdir():
            file.unlink()
    assert pages[0] == pages[1]


@pytest.mark.parametrize(
    ("options", "columns", "said"),
    [
        (("--test", "0"), None, "No rows were held out"),
        (("--folds", "2"), None, "2-fold cross-validation"),
        (("--target", "rent", "--target", "size2"), "size2", "Residuals of size2"),
        (("--quantiles", "0.1,0.9"), None, "pinball loss of the quantile 0.1"),
        (("--hidden", "0"), None, "Which columns matter"),
    ],
)
def test_trainings_of_every_kind_have_one(run, undrawn, tmp_path, options, columns, said):
    table = flats(120)
    if columns:
        table = table.append_column(columns, pa.array(np.arange(120.0)))
    file = write(tmp_path / "t.csv", table)
    target = () if "--target" in options else ("--target", "rent")
    quick = [] if "--hidden" in options else ["--hidden", "5"]
    code, _, err = run(
        "train", file, *target, *options, "--output", tmp_path / "m.clearprop", "--report", tmp_path / "r.html",
        *quick, "--epochs", "2", "--ensemble", "1", "--engine", "reference",
    )  # fmt: skip
    assert code == 0, err
    assert read(tmp_path / "r.html").cells
    assert said in (tmp_path / "r.html").read_text(encoding="utf-8")


def test_a_table_that_was_read_in_pieces_has_one_without_its_rows(run, undrawn, tmp_path):
    import pyarrow.parquet

    pyarrow.parquet.write_table(pets(200), tmp_path / "pets.parquet")
    code, _, err = run(
        "train", tmp_path / "pets.parquet", "--target", "kind", "--stream", "--output", tmp_path / "m.clearprop",
        "--report", tmp_path / "r.html", "--hidden", "4", "--epochs", "2", "--ensemble", "1",
    )  # fmt: skip
    assert code == 0, err
    text = (tmp_path / "r.html").read_text(encoding="utf-8")
    assert "200 rows, 3 columns" in text
    assert "What is taken for what" in text
    assert "Whether probabilities mean" not in text


def test_what_cannot_be_written_is_said_before_training(run, tmp_path, monkeypatch):
    file = write(tmp_path / "pets.csv", pets(60))
    common = ("train", file, "--target", "kind", "--output", tmp_path / "m.clearprop", *QUICK)
    (tmp_path / "there.html").write_text("precious")
    for arguments, expected, said in (
        (("--report", tmp_path / "r.pdf"), 2, "its name should end in .html"),
        (("--report", tmp_path / "there.html"), 1, "exists already; --force replaces it"),
        (("--report-language", "zh"), 2, "--report-language is about a report"),
        (("--report", tmp_path / "r.html", "--log", tmp_path / "r.html"), 2, "two outputs are to be written"),
    ):
        code, out, err = run(*common, *arguments)
        assert (code, out) == (expected, ""), err
        assert said in err
    monkeypatch.setattr("clearprop.errors.is_installed", lambda name: name != "matplotlib")
    code, _, err = run(*common, "--report", tmp_path / "r.html")
    assert code == 1
    assert "a report needs matplotlib: pip install 'clearprop[plots]'" in err
    assert (tmp_path / "there.html").read_text() == "precious"
    assert not (tmp_path / "m.clearprop").exists()


def test_json_names_the_report_and_stays_one_document(run, undrawn, tmp_path):
    file = write(tmp_path / "pets.csv", pets(80))
    code, out, err = run(
        "train", file, "--target", "kind", "--output", tmp_path / "m.clearprop", "--report", tmp_path / "r.html",
        "--json", *QUICK,
    )  # fmt: skip
    assert code == 0
    assert json.loads(out)["report"] == str(tmp_path / "r.html")
    assert "Wrote the report" in err


def test_ctrl_c_while_it_is_made_keeps_the_model_and_no_half_page(run, tmp_path, monkeypatch):
    file = write(tmp_path / "pets.csv", pets(80))

    def interrupted(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr("clearprop.cli.html_report.page.html", interrupted)
    code, out, err = run(
        "train", file, "--target", "kind", "--output", tmp_path / "m.clearprop", "--report", tmp_path / "r.html", *QUICK
    )
    assert code == 130
    assert "Saved" in out
    assert "interrupted while the report was made: it was not written, the model is saved" in err
    assert (tmp_path / "m.clearprop").exists()
    assert not (tmp_path / "r.html").exists()


def test_without_a_report_no_matplotlib_is_imported(tmp_path):
    import processes

    file = write(tmp_path / "pets.csv", pets(60))
    command = ["train", str(file), "--target", "kind", "--output", str(tmp_path / "m.clearprop"), *QUICK]
    code = f"from clearprop.cli.app import exit_code; exit_code({command!r})"
    code = f"import sys; {code}; print('matplotlib' in sys.modules)"
    assert processes.run([sys.executable, "-c", code]).stdout.splitlines()[-1] == "False"
