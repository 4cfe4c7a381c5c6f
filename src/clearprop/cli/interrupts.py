"""Ctrl-C and SIGTERM, for the command line alone: neither gets lost, and a second one loses no training.

SIGTERM, by which schedulers, containers and `timeout` ask a program to end, is answered as Ctrl-C is. Libraries that
try an import and carry on without it sometimes swallow the KeyboardInterrupt that came just then, and the program
would run on. So signals are also noted here, and a command asks before it begins what takes long.
"""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

CODES = {signal.SIGINT: 130, signal.SIGTERM: 143}  # 128 + the number of the signal, as a shell says it
NOTHING = "clearprop: interrupted; nothing was saved\n"
AGAIN = "clearprop: ending, to save what was learned; Ctrl-C again drops it\n"
PAUSE = 1.0  # seconds: a Ctrl-C sooner than this after that sentence is no answer to it

_first: int | None = None  # the signal that came first
_came = False  # whether one came of which nothing has come yet
_asked: float | None = None  # when it was said that another Ctrl-C drops the training
_ended = False  # whether what is kept has come to its end, so that nothing is left to interrupt


def end_at_once() -> None:
    """From now on, end the process at the first signal: nothing is under way yet, and imports would swallow it."""
    _answer(_leave)


def watch() -> None:
    """From now on, note every signal besides raising KeyboardInterrupt for it."""
    global _first, _came
    _first, _came = None, False
    _answer(_note)


def check() -> None:
    """Raise KeyboardInterrupt if a signal came and nothing has come of it yet."""
    global _came
    if _came:
        _came = False
        raise KeyboardInterrupt


def exit_code() -> int:
    """The exit code of what the first signal ended."""
    return CODES[signal.Signals(_first)] if _first is not None else CODES[signal.SIGINT]


@contextmanager
def kept() -> Iterator[None]:
    """What goes on here is worth keeping: the first signal interrupts it, and further ones do not lose it.

    A second one, or the first after `has_ended`, is answered by saying so. Only a Ctrl-C after that, by somebody who
    has had time to read it, raises KeyboardInterrupt.
    """
    global _asked, _ended
    _asked, _ended = None, False
    with _answering(_keep):
        yield


def has_ended() -> None:
    """Say that what is `kept` has come to its end by itself: what follows is needed to save it."""
    global _ended
    _ended = True


@contextmanager
def undisturbed() -> Iterator[None]:
    """No signal interrupts what goes on here, which takes an instant."""
    with _answering(_ignore):
        yield


@contextmanager
def _answering(answer: Any) -> Iterator[None]:
    before = {number: signal.getsignal(number) for number in CODES}
    if before[signal.SIGTERM] is signal.SIG_DFL:  # called as a function, from a program with signals of its own
        yield
        return
    _answer(answer)
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _answer(answer: Any) -> None:
    for number in CODES:
        if signal.getsignal(number) is not signal.SIG_IGN:  # a shell has jobs in its background ignore Ctrl-C
            signal.signal(number, answer)


def _leave(number: int, frame: FrameType | None) -> None:
    _say(NOTHING)
    os._exit(CODES[signal.Signals(number)])


def _note(number: int, frame: FrameType | None) -> None:
    global _first, _came
    _first, _came = _first or number, True
    raise KeyboardInterrupt


def _keep(number: int, frame: FrameType | None) -> None:
    global _asked, _first
    if _first is None and not _ended:
        _note(number, frame)
    elif _asked is None:
        _first, _asked = _first or number, time.monotonic()
        _say(AGAIN)
    elif number == signal.SIGINT and time.monotonic() - _asked > PAUSE:
        _note(number, frame)


def _ignore(number: int, frame: FrameType | None) -> None:
    global _first
    _first = _first or number


def _say(sentence: str) -> None:
    """On standard error, past its buffer, which may be in use just now."""
    os.write(2, sentence.encode())
