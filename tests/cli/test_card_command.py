import re

from clearprop.cli.card_text import SECTIONS
from clearprop.cli.scores_table import score_rows
from clearprop.tabular import TableModel
from sample_tables import flats, write


def test_every_section_is_there_and_every_score_is_that_of_the_file(run, trained):
    for name in ("flats", "pets"):
        code, out, err = run("card", trained / f"{name}.clearprop")
        assert (code, err) == (0, "")
        assert re.findall(r"^## (.*)$", out, re.MULTILINE) == list(SECTIONS)
        model = TableModel.load(trained / f"{name}.clearprop")
        for _, network, trivial in score_rows(model, model.held_out):
            assert f"| {network} | {trivial} |" in out
        assert out.count("*For the author to write") == 8
        assert model.settings["sha256"] in out


def test_names_of_columns_are_no_markdown(run, tmp_path):
    table = flats(80).rename_columns(["a|b", "<b>*x*", "balcony", "rent"])
    model = tmp_path / "m.clearprop"
    options = ("--hidden", "4", "--epochs", "2", "--test", "0", "--engine", "reference", "--output", model)
    assert run("train", write(tmp_path / "t.csv", table), "--target", "rent", *options)[0] == 0
    code, out, _ = run("card", model)
    assert code == 0
    assert r"| a\|b |" in out
    assert r"\<b\>\*x\*" in out
    assert "No rows were held out" in out
    assert "clearprop evaluate" in out


def test_a_card_is_written_whole_and_replaces_nothing(run, trained, tmp_path):
    card = tmp_path / "card.md"
    code, out, _ = run("card", trained / "pets.clearprop", "--output", card)
    assert (code, "8 places for the author" in out) == (0, True)
    assert card.read_text().startswith("# Model card: kind\n")
    assert run("card", trained / "pets.clearprop", "--output", card)[0] == 1
    assert run("card", trained / "pets.clearprop", "--output", tmp_path / "card.pdf")[0] == 2
