"""Commands that torchrun has started several times: the first process prints and writes."""

import sys
from pathlib import Path

import pytest

from clearprop.cli import app
from clearprop.cli.processes import spoken_by_first
from clearprop.cli.training_options import OutputOptions
from clearprop.errors import Disagreement, InputError

GIVEN = OutputOptions(output=Path("m.clearprop"), log=Path("run.jsonl"), checkpoint=Path("run"), resume=True)


@pytest.fixture
def started(monkeypatch):
    """Make this process one that torchrun has started."""

    def start(rank, size=2):
        found = {"RANK": rank, "WORLD_SIZE": size, "MASTER_ADDR": "localhost", "MASTER_PORT": 29400}
        for name, value in found.items():
            monkeypatch.setenv(name, str(value))

    return start


def test_the_first_writes_what_was_asked_for(started, capsys):
    started(0)
    with spoken_by_first(GIVEN) as outputs:
        sys.stdout.write("said")
    assert outputs == GIVEN
    assert capsys.readouterr().out == "said"


def test_others_write_a_model_that_nobody_keeps_and_are_silent(started, capsys):
    started(1)
    with spoken_by_first(GIVEN) as outputs:
        sys.stdout.write("said")
        sys.stderr.write("said")
        assert outputs.output.parent.is_dir()
    assert (outputs.log, outputs.checkpoint, outputs.resume) == (None, None, False)
    assert not outputs.output.parent.exists()
    assert capsys.readouterr() == ("", "")


def test_what_all_refuse_the_first_says(started):
    started(1)
    with pytest.raises(SystemExit) as ended, spoken_by_first(GIVEN):
        raise Disagreement("these processes cannot train together")
    assert ended.value.code == 1
    with pytest.raises(InputError, match="of its own"), spoken_by_first(GIVEN):
        raise InputError("an error of its own")


def test_one_process_trains_saves_and_says_what_shards_cost(started, tmp_path, capsys, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("rows.csv").write_text("a,y\n" + "".join(f"{k},{k % 7}\n" for k in range(60)))
    started(0, 1)
    assert app.exit_code(["train", "rows.csv", "--target", "y", "--epochs", "2", "--ensemble", "1"]) == 0
    assert "1 process: the gradient of a batch takes " in capsys.readouterr().out
    assert Path("rows.clearprop").is_file()
