"""A signal that somebody swallows is not lost, and a second one loses no training."""

import os
import signal
import sys
import time
from contextlib import contextmanager, suppress

import pytest

import processes
from clearprop.cli import interrupts
from clearprop.tabular.model import TableModel
from sample_tables import pets, write

SIGNALS = {signal.SIGINT: 130, signal.SIGTERM: 143}
COMMAND = [sys.executable, "-m", "clearprop"]
ENDLESS = ["--epochs", "1000000", "--hidden", "8", "--ensemble", "1", "--engine", "reference"]


@pytest.fixture
def watched(monkeypatch):
    monkeypatch.setattr(interrupts, "_came", False)  # both as they were afterwards, for commands of other tests
    monkeypatch.setattr(interrupts, "_first", None)
    before = {number: signal.getsignal(number) for number in SIGNALS}
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)
    interrupts.watch()
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.fixture
def unwatched():
    """Signals as in a program that is not the command line, also where an earlier test has called its `main`."""
    before = {number: signal.getsignal(number) for number in SIGNALS}
    signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_swallowed_signal_comes_up_again_once(watched, number):
    interrupts.check()
    with suppress(KeyboardInterrupt):  # what a library does that tries an import
        signal.raise_signal(number)
    with pytest.raises(KeyboardInterrupt):
        interrupts.check()
    interrupts.check()
    assert interrupts.exit_code() == SIGNALS[number]


def test_an_interrupt_is_raised_where_it_comes(watched):
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    with suppress(KeyboardInterrupt):
        interrupts.check()


@pytest.mark.parametrize("second", SIGNALS)
@pytest.mark.parametrize("first", SIGNALS)
def test_of_what_is_kept_only_the_first_signal_interrupts(watched, first, second, capfd):
    with interrupts.kept():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(first)
        for _ in range(3):  # held down, or sent twice by a shell and a wrapper
            signal.raise_signal(second)
    assert capfd.readouterr().err == interrupts.AGAIN
    assert interrupts.exit_code() == SIGNALS[first]


def test_whoever_has_read_it_and_presses_again_drops_what_was_kept(watched, monkeypatch):
    monkeypatch.setattr(interrupts, "PAUSE", 0.0)
    with interrupts.kept():
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)  # no scheduler means to drop it
        with pytest.raises(KeyboardInterrupt):
            signal.raise_signal(signal.SIGINT)


def test_what_has_ended_by_itself_is_not_interrupted(watched, capfd):
    with interrupts.kept():
        interrupts.has_ended()
        signal.raise_signal(signal.SIGTERM)
    assert capfd.readouterr().err == interrupts.AGAIN


def test_what_is_undisturbed_hears_nothing(watched):
    with interrupts.undisturbed():
        for number in SIGNALS:
            signal.raise_signal(number)
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)


def test_a_program_that_calls_a_command_keeps_its_own_handlers(unwatched, run):
    before = {number: signal.getsignal(number) for number in SIGNALS}
    with interrupts.kept(), interrupts.undisturbed():
        assert {number: signal.getsignal(number) for number in SIGNALS} == before
    run("--version")
    assert {number: signal.getsignal(number) for number in SIGNALS} == before


def test_a_job_in_the_background_of_a_shell_goes_on_ignoring_ctrl_c():
    code = "import signal; signal.signal(2, signal.SIG_IGN); from clearprop.cli import interrupts as i; i.watch(); "
    code += "print(signal.getsignal(2) == signal.SIG_IGN, signal.getsignal(15) == i._note)"
    assert processes.python(code).stdout == "True True\n"


@contextmanager
def training(table, output):
    """A training without an end that has done its first epoch."""
    with processes.started([*COMMAND, "train", table, "--target", "kind", "--output", output, *ENDLESS]) as process:
        while not (line := process.stderr.readline()).startswith("epoch"):
            assert process.poll() is None, line
        yield process


@pytest.fixture(scope="module")
def table(tmp_path_factory):
    return write(tmp_path_factory.mktemp("table") / "pets.csv", pets(3000))


def test_sigterm_saves_the_best_model_so_far(table, tmp_path):
    output = tmp_path / "m.clearprop"
    with training(table, output) as process:
        process.send_signal(signal.SIGTERM)
        out, err = process.communicate()
    assert (process.returncode, "Traceback" in err, f"Saved {output}" in out) == (143, False, True), err
    assert TableModel.load(output).held_out.accuracy > 0.3
    assert os.listdir(tmp_path) == ["m.clearprop"]


@pytest.mark.parametrize("pause", [0.0, 0.02, 0.2])
def test_two_ctrl_c_lose_no_training(table, tmp_path, pause):
    output = tmp_path / "m.clearprop"
    with training(table, output) as process:
        process.send_signal(signal.SIGINT)
        time.sleep(pause)
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert (process.returncode, f"Saved {output}" in out, "Traceback" in err) == (130, True, False), err
    assert TableModel.load(output).settings["epochs_done"] > 0


def test_the_entry_point_listens_before_anything_that_takes_long_is_imported():
    heavy = ["numpy", "pyarrow", "cyclopts", "rich", "clearprop.cli.app", "clearprop.errors"]
    for module in ("clearprop.cli", "clearprop.__main__"):
        code = f"import {module}, sys; print([name for name in {heavy} if name in sys.modules])"
        assert processes.python(code).stdout == "[]\n"


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_while_it_imports_ends_it_with_one_sentence(number):
    code = "import signal, sys, types; sys.modules['clearprop.cli.app'] = app = types.ModuleType('clearprop.cli.app'); "
    code += f"app.main = lambda arguments: signal.raise_signal({int(number)}); from clearprop.cli import main; main()"
    done = processes.python(code)
    assert (done.returncode, done.stdout, done.stderr) == (SIGNALS[number], "", interrupts.NOTHING)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_before_training_ends_it_with_one_sentence(table, tmp_path, number):
    command = [*COMMAND, "train", table, "--target", "kind", "--output", tmp_path / "m", *ENDLESS]
    with processes.started(command) as process:
        while not process.stdout.readline().startswith("file"):
            assert process.poll() is None
        process.send_signal(number)
        out, err = process.communicate()
    assert (process.returncode, "Traceback" in err) == (SIGNALS[number], False), err
    assert "clearprop: interrupted" in err or "Saved" in out
    assert (tmp_path / "m").exists() == ("Saved" in out)
