"""Help, usage, exit codes; and what only a process of its own shows: signals, terminals, pipes."""

import os
import pty
import re
import select
import signal
import sys

import pytest

import clearprop
import processes
from clearprop.cli import app
from clearprop.tabular.model import TableModel
from processes import started
from sample_tables import pets, write

COMMAND = [sys.executable, "-m", "clearprop"]
ENDLESS = ["--epochs", "1000000", "--hidden", "32"]


@pytest.mark.parametrize("command", ["train", "predict", "evaluate", "inspect"])
def test_help_has_examples(run, command):
    code, out, _ = run(command, "--help")
    assert code == 0
    assert "Examples:" in out
    assert f"clearprop {command} " in out


def test_help_of_all(run):
    for arguments in ([], ["--help"]):
        code, out, _ = run(*arguments)
        assert code == 0
        for command in ("train", "predict", "evaluate", "inspect", "warmup"):
            assert f"clearprop {command}" in out


def test_every_option_of_train_is_explained(run):
    _, out, _ = run("train", "--help")
    for option in (
        "target", "task", "log-target", "drop", "skip-missing-target", "hidden", "epochs", "time-limit", "test", "seed",
        "engine", "threads", "output", "force", "json",
    ):  # fmt: skip
        assert re.search(rf"--{option}\b.* {{2,}}\w", out), option


def test_version(run):
    assert run("--version") == (0, f"{clearprop.__version__}\n", "")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["trian"], 'Did you mean "train"'),
        (["train"], "FILE is missing"),
        (["train", "t.csv", "--tarfet", "x"], "--target"),
        (["train", "t.csv", "--epochs", "many"], "many"),
        (["train", "t.csv", "--task", "guess"], "guess"),
        (["predict", "m"], "FILE is missing"),
        (["inspect", "a", "b"], "b"),
    ],
)
def test_wrong_usage_is_2(run, arguments, words):
    code, out, err = run(*arguments)
    assert (code, out) == (2, "")
    assert words in err
    assert "'clearprop --help' explains what there is" in err


def test_ctrl_c_before_there_is_a_model(monkeypatch, run, tmp_path):
    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("clearprop.cli.inputs.read", interrupted)
    file = write(tmp_path / "pets.csv", pets())
    code, _, err = run("train", file, "--target", "x", "--output", tmp_path / "m")
    assert (code, err) == (130, "clearprop: interrupted; nothing was saved\n")


def test_main_exits_with_the_code(monkeypatch):
    monkeypatch.setattr(sys, "argv", ["clearprop", "trian"])
    with pytest.raises(SystemExit) as stopped:
        app.main()
    assert stopped.value.code == 2
    with pytest.raises(SystemExit) as stopped:
        app.main(["--version"])
    assert stopped.value.code == 0


def test_ctrl_c_saves_the_best_model_so_far_and_prints_its_path(tmp_path):
    file, output = write(tmp_path / "pets.csv", pets(3000)), tmp_path / "m.clearprop"
    with started([*COMMAND, "train", file, "--target", "kind", "--output", output, *ENDLESS]) as process:
        while not process.stderr.readline().startswith("epoch"):
            assert process.poll() is None
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert process.returncode == 130, err
    assert "Traceback" not in err
    assert "training interrupted after" in out
    assert f"Saved {output}" in out
    assert TableModel.load(output).held_out.accuracy > 0.5


def test_ctrl_c_before_the_first_epoch_is_done_saves_no_untrained_model(monkeypatch, run, tmp_path):
    file, output = write(tmp_path / "pets.csv", pets()), tmp_path / "m.clearprop"

    def interrupted(*arguments, **options):
        raise KeyboardInterrupt

    monkeypatch.setattr("clearprop.engines.reference.ReferenceEngine.steps", interrupted)
    code, out, err = run("train", file, "--target", "kind", "--output", output, "--json", "--engine", "reference")
    assert (code, out, output.exists()) == (130, "", False)
    assert err.endswith("clearprop: interrupted within the first epoch, with nothing learned yet: nothing was saved\n")


def test_progress_on_a_terminal(tmp_path):
    """On a pseudo-terminal the bar shows epoch, loss, validation score and time left, and redraws itself."""
    file = write(tmp_path / "pets.csv", pets(3000))
    terminal, end = pty.openpty()
    environment = {**os.environ, "TERM": "xterm-256color", "COLUMNS": "120"}
    options = ["--target", "kind", "--output", str(tmp_path / "m"), "--time-limit", "2", *ENDLESS]
    with started([*COMMAND, "train", file, *options], stderr=end, env=environment) as process:
        os.close(end)
        shown = b""
        while process.poll() is None or select.select([terminal], [], [], 0)[0]:
            if select.select([terminal], [], [], 0.1)[0]:
                try:
                    shown += os.read(terminal, 65536)
                except OSError:  # how Linux says that the other end is closed
                    break
        out, _ = process.communicate()
    os.close(terminal)
    text = shown.decode()
    assert process.returncode == 0
    assert "Score on the" in out
    assert re.search(r"epoch \d+/1000000", text)
    assert re.search(r"loss \S+ +validation accuracy \S+ %  \S+ s left", text)
    assert "\x1b[" in text
    assert "\x1b[" not in out


def test_whoever_reads_may_stop_reading(trained):
    """``clearprop predict … | head`` ends quietly."""
    with started([*COMMAND, "predict", trained / "pets.clearprop", trained / "pets.csv"]) as process:
        process.stdout.close()
        err = process.stderr.read()
    assert err == ""


def test_training_goes_on_when_nobody_reads_any_more(tmp_path):
    file, output = write(tmp_path / "pets.csv", pets()), tmp_path / "m.clearprop"
    line = (
        f"{COMMAND[0]} -m clearprop train {file} --target kind --hidden 8 --epochs 3 --output {output} 2>&1 | head -1"
    )
    done = processes.run(["bash", "-o", "pipefail", "-c", line])
    assert (done.returncode, len(done.stdout.splitlines()), done.stderr) == (0, 1, "")
    assert TableModel.load(output).held_out is not None


def test_a_full_disk_is_said(trained):
    with open("/dev/full", "w") as full:
        done = processes.run([*COMMAND, "inspect", trained / "pets.clearprop"], stdout=full)
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["clearprop: No space left on device"]


def test_too_little_memory_is_said(run, tmp_path):
    file = write(tmp_path / "pets.csv", pets())
    code, _, err = run("train", file, "--target", "kind", "--hidden", "99999999999", "--output", tmp_path / "m")
    assert code == 1
    assert re.search(r"training [\d,]+ parameters on 192 rows \(.*\) needs 57\.6 TB of memory, and ", err)


def test_memory_that_the_system_refuses_is_said(run, tmp_path, monkeypatch):
    from clearprop.tabular import preparation

    def refuse(*arguments, **options):
        raise MemoryError("Unable to allocate 3 GiB")

    monkeypatch.setattr(preparation, "fit_encoder", refuse)
    file = write(tmp_path / "pets.csv", pets())
    code, _, err = run("train", file, "--target", "kind", "--output", tmp_path / "m")
    assert (code, err.splitlines()[-1]) == (1, "clearprop: there is not enough memory (Unable to allocate 3 GiB)")
