"""--threads of train, predict and evaluate: what is refused, what is said, and that it changes no result."""

import json

import pytest

from clearprop.tabular.model import TableModel
from sample_tables import pets, write


def command(name, folder):
    if name == "train":
        return ["train", folder / "pets.csv", "--target", "kind", "--output", folder / "m.clearprop", "--force"]
    return [name, folder / "pets.clearprop", folder / "pets.csv"]


@pytest.mark.parametrize("name", ["train", "predict", "evaluate"])
@pytest.mark.parametrize("threads", ["0", "-2", "two", "1.5", "²"])
def test_a_number_of_threads_that_is_none_is_refused(run, trained, name, threads):
    code, out, err = run(*command(name, trained), f"--threads={threads}")
    assert (code, out) == (2, "")
    assert err == f"clearprop: --threads must be a whole number of at least 1, as 2, not {threads!r}\n"


@pytest.mark.parametrize("name", ["train", "predict", "evaluate"])
def test_the_engine_and_its_threads_are_in_the_json(run, trained, name):
    quick = ["--epochs", 2] if name == "train" else []
    for threads in (1, 2):
        code, out, _ = run(*command(name, trained), "--threads", threads, "--json", *quick)
        found = json.loads(out)
        assert code == 0
        assert found["threads"] == threads
        assert found["engine"] in ("compiled", "reference")
        assert found["engine_reason"]


def test_they_are_in_what_a_person_reads(run, trained, tmp_path):
    _, out, _ = run(*command("train", trained), "--threads", 1, "--epochs", 2)
    assert "on up to 1 thread, because" in out
    _, out, _ = run(*command("evaluate", trained), "--threads", 1)
    assert "on up to 1 thread, because" in out
    _, out, _ = run(*command("predict", trained), "--threads", 1, "--output", tmp_path / "p.csv")
    assert "on up to 1 thread, because" in out


def test_the_number_of_threads_changes_no_bit_of_the_model(run, tmp_path):
    file = write(tmp_path / "pets.csv", pets())
    models = []
    for threads in (1, 2):
        output = tmp_path / f"{threads}.clearprop"
        options = ["--epochs", 5, "--threads", threads, "--engine", "compiled"]
        assert run("train", file, "--target", "kind", "--output", output, *options)[0] == 0
        models.append(TableModel.load(output))
    assert models[0].parameters.theta.tobytes() == models[1].parameters.theta.tobytes()
