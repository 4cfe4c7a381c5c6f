"""A Ctrl-C that somebody swallows is not lost."""

import signal
from contextlib import suppress

import pytest

from clearprop.cli import interrupts


@pytest.fixture
def watched():
    before = signal.getsignal(signal.SIGINT)
    interrupts.watch()
    yield
    signal.signal(signal.SIGINT, before)


def test_a_swallowed_interrupt_comes_up_again_once(watched):
    interrupts.check()
    with suppress(KeyboardInterrupt):  # what a library does that tries an import
        signal.raise_signal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt):
        interrupts.check()
    interrupts.check()


def test_an_interrupt_is_raised_where_it_comes(watched):
    with pytest.raises(KeyboardInterrupt):
        signal.raise_signal(signal.SIGINT)
    with suppress(KeyboardInterrupt):
        interrupts.check()
