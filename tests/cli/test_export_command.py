"""clearprop export: files that predict without clearprop."""

import json
import re
import runpy
import shutil
import subprocess

import numpy as np
import pytest

from clearprop import MLPClassifier, Network, save
from clearprop.cli.app import exit_code
from clearprop.tabular.model import TableModel


def said(capsys, *arguments):
    """The exit code, and what was printed."""
    code = exit_code(["export", *map(str, arguments)])
    captured = capsys.readouterr()
    return code, captured.out, captured.err


def test_a_python_file_that_predicts_as_the_command_does(trained, tmp_path, capsys):
    path = tmp_path / "made" / "flats.py"
    code, out, err = said(capsys, trained / "flats.clearprop", "--output", path)
    assert (code, err) == (0, "")
    assert out.startswith(f"Wrote {path} (")
    assert "one file of Python that needs NumPy only" in out
    model = TableModel.load(trained / "flats.clearprop")
    table = model.read(trained / "flats.csv").table
    found = runpy.run_path(str(path))["predict"](table.to_pandas())
    np.testing.assert_allclose(found, model.predict(table).values, rtol=1e-5)


def test_the_text_of_a_csv_file_is_enough(trained, tmp_path, capsys):
    import csv

    assert said(capsys, trained / "pets.clearprop", "--output", tmp_path / "pets.py")[0] == 0
    with open(trained / "pets.csv", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    model = TableModel.load(trained / "pets.clearprop")
    found = runpy.run_path(str(tmp_path / "pets.py"))["predict"](rows)
    assert found.tolist() == model.predict(model.read(trained / "pets.csv").table).values


@pytest.mark.skipif(shutil.which("node") is None, reason="node is not installed")
@pytest.mark.parametrize("name", ["pets.js", "pets.mjs"])
def test_a_module_of_javascript_as_json_says(trained, tmp_path, capsys, name):
    code, out, _ = said(capsys, trained / "pets.clearprop", "--output", tmp_path / name, "--json")
    assert (code, json.loads(out)) == (0, {"to": "javascript", "files": [str(tmp_path / name)]})
    script = f"import('./{name}').then((m) => console.log(m.predict({{ weight: 480, says: 'moo' }})))"
    (tmp_path / "package.json").write_text('{"type": "module"}')
    done = subprocess.run(["node", "-e", script], cwd=tmp_path, capture_output=True, text=True, timeout=60)
    assert done.stdout == "cow\n", done.stderr


def test_the_file_of_an_estimator_and_of_a_network(tmp_path, capsys):
    X = np.random.default_rng(0).normal(size=(40, 2))
    model = MLPClassifier((3,), n_iter_no_change=2, tol=9.0, random_state=0).fit(X, np.where(X[:, 0] > 0, "a", "b"))
    model.save(tmp_path / "classes.clearprop")
    assert said(capsys, tmp_path / "classes.clearprop", "--output", tmp_path / "classes.py")[0] == 0
    assert runpy.run_path(str(tmp_path / "classes.py"))["predict"](X).tolist() == model.predict(X).tolist()
    net = Network.mlp([2, 1])
    save(tmp_path / "net.clearprop", net, net.parameters([[1.0, 2.0]], [0.5]))
    assert said(capsys, tmp_path / "net.clearprop", "--output", tmp_path / "net.py")[0] == 0
    assert runpy.run_path(str(tmp_path / "net.py"))["predict"]([[3.0, 1.0]]).tolist() == [5.5]


def test_c_of_whole_numbers_says_what_that_costs(trained, tmp_path, capsys):
    code, out, err = said(
        capsys, trained / "pets.clearprop", "--output", tmp_path / "pets.c", "--calibrate", trained / "pets.csv"
    )
    assert (code, err) == (0, "")
    *costs, code, header = out.splitlines()
    assert [line.split(" (")[0] for line in (code, header)] == [
        f"Wrote {tmp_path / 'pets.c'}",
        f"Wrote {tmp_path / 'pets.h'}",
    ]
    assert re.fullmatch(r"  accuracy +[\d.]+ % +[\d.]+ %", costs[1])
    assert all(line.strip() in (tmp_path / "pets.h").read_text() for line in costs)


def test_what_is_there_stays_without_force(trained, tmp_path, capsys):
    path = tmp_path / "pets.py"
    path.write_text("mine")
    code, _, err = said(capsys, trained / "pets.clearprop", "--output", path)
    assert code == 1
    assert "exists already; --force replaces it" in err
    assert path.read_text() == "mine"
    assert said(capsys, trained / "pets.clearprop", "--output", path, "--force")[0] == 0
    assert path.read_text() != "mine"


@pytest.mark.parametrize(
    ("model", "more", "code", "says"),
    [
        (
            "pets.clearprop",
            ["--output", "pets.txt"],
            2,
            "the ending of 'pets.txt' says no medium; name one, or take .py",
        ),
        ("pets.clearprop", ["--output", "p.py", "--to", "c"], 2, "the output of --to c should end in .c, not 'p.py'"),
        ("pets.clearprop", ["--output", "p.py", "--to", "cobol"], 2, '--to is one of "python", "javascript"'),
        ("pets.clearprop", [], 2, "--output"),
        ("pest.clearprop", ["--output", "p.py"], 3, "pest.clearprop"),
        ("pets.csv", ["--output", "p.py"], 3, "pets.csv is a text, not a clearprop model"),
        (
            "pets.clearprop",
            ["--output", "p.py", "--calibrate", "x.csv"],
            2,
            "--calibrate is for C, and p.py is to be one file of",
        ),
        ("pets.clearprop", ["--output", "p.c", "--calibrate", "x.csv"], 3, "x.csv"),
        ("pets.clearprop", ["--output", "p.c", "--dtype", "float32"], 2, "--dtype is for ONNX, and p.c is to be C99"),
        (".", ["--output", "p.py"], 3, "is a folder, not a model file"),
    ],
)
def test_bad_input_gets_a_sentence(trained, tmp_path, capsys, monkeypatch, model, more, code, says):
    monkeypatch.chdir(tmp_path)
    found, _, err = said(capsys, trained / model, *more)
    assert (found, says in err) == (code, True), err
    assert not list(tmp_path.iterdir())


def test_the_model_is_never_replaced(trained, tmp_path, capsys):
    shutil.copy(trained / "pets.clearprop", tmp_path / "pets.py")
    code, _, err = said(capsys, tmp_path / "pets.py", "--output", tmp_path / "pets.py", "--force")
    assert code == 1
    assert "is also the input" in err
