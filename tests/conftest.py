"""For all tests: two trained tables, figures told at the end of a run, and settings.

Hypothesis draws the same examples on every machine and takes the time it needs;
``pytest --hypothesis-profile=long`` draws twenty times as many, new ones each time.
"""

import shutil
import signal

import pytest
from hypothesis import HealthCheck, settings

import shapes_checked

shapes_checked.check_shapes()

from clearprop.cli import interrupts as answers  # noqa: E402
from clearprop.cli.app import exit_code  # noqa: E402
from clearprop.training import interrupts  # noqa: E402
from figures import FIGURES, pytest_terminal_summary  # noqa: E402, F401
from pages_in_chromium import chromium  # noqa: E402
from sample_tables import flats, pets, write  # noqa: E402

slow_is_fine = {"deadline": None, "suppress_health_check": [HealthCheck.too_slow]}
settings.register_profile("clearprop", derandomize=True, max_examples=50, **slow_is_fine)
settings.register_profile("long", max_examples=1000, **slow_is_fine)
settings.load_profile("clearprop")


@pytest.fixture(scope="session")
def trained(tmp_path_factory):
    """A folder with flats.csv, pets.csv and a model of each."""
    folder = tmp_path_factory.mktemp("trained")
    write(folder / "flats.csv", flats())
    write(folder / "pets.csv", pets())
    common = ["--hidden", "16", "--epochs", "200", "--json"]
    flat = ["train", str(folder / "flats.csv"), "--target", "rent", "--log-target"]
    pet = ["train", str(folder / "pets.csv"), "--target", "kind"]
    assert exit_code([*flat, "--output", str(folder / "flats.clearprop"), *common]) == 0
    assert exit_code([*pet, "--output", str(folder / "pets.clearprop"), *common]) == 0
    return folder


@pytest.fixture(scope="session")
def browser():
    """Debian's Chromium, through Playwright, started once for all tests; without them those that need it are skipped.

    Playwright keeps a loop of asyncio in this thread from then on: whoever needs one of his own takes another thread.
    """
    pytest.importorskip("playwright", reason="playwright is not installed")
    pytest.importorskip("axe_playwright_python", reason="axe-playwright-python is not installed")
    if shutil.which("chromium") is None:
        pytest.skip("chromium is not installed")
    with chromium() as found:
        yield found


@pytest.fixture(autouse=True)
def no_interrupt_before(monkeypatch):
    """An interrupt that a test makes ends with it, and so do answers to signals that it has asked for."""
    monkeypatch.setattr(interrupts, "_last", float("-inf"))
    monkeypatch.setattr(answers, "_came", False)
    before = {number: signal.getsignal(number) for number in answers.CODES}
    yield
    for number, answer in before.items():
        signal.signal(number, answer)


@pytest.fixture
def figure(record_property):
    """Writes down a figure that a test has reached, for the table at the end of the run."""
    return lambda name, value: record_property(f"{FIGURES}{name}", value)
