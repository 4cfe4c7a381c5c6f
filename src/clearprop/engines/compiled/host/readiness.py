"""What is said of compiling: that it comes first, how far it is, and what happens where there is no compiler."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from functools import cache

from clearprop.engines.compiled.compiler.machine import NO_COMPILER, can_compile, processor, signature
from clearprop.engines.compiled.compiler.shipped import why_none
from clearprop.engines.compiled.compiler.sources import hash_of

COMPILES_FIRST = (
    "first it is compiled for this processor, once: about 10 s if its cores are idle, a minute or more if they are busy"
)
SECONDS_BETWEEN = 2.0  # from one sentence about compiling to the next


def no_compiler() -> str | None:
    """Why nothing can be compiled, if that is so."""
    return None if can_compile() else f"{why_none()}, and {NO_COMPILER}"


def now_and_then(tell: Callable[[str], object] | None) -> Callable[[int, int, str], None]:
    """What watches kernels being compiled, and tells of it in a sentence every few seconds and at the end."""
    began = said = time.monotonic()

    def watch(done: int, of: int, name: str) -> None:
        nonlocal said
        now = time.monotonic()
        if tell is not None and (now - said > SECONDS_BETWEEN or done == of):
            said = now
            tell(f"compiled {done} of {of} kernels, {now - began:.0f} s so far")

    return watch


def way_of_tiny_updates() -> str:
    """Which of two ways updates of a tiny network are made, whose results differ in the last digits."""
    if can_compile():
        return "; a network this small trains in code printed for it alone"
    return "; it trains in the general kernels, as there is no compiler for code of its own"


def made_for() -> str:
    """The processor that code is made for, with a few letters that stand for all that it has."""
    return f"{processor()[0]} ({hash_of(signature())[:8]})"


def can_be_printed() -> bool:
    """Whether there is a compiler for code that is printed for one network; said once if there is none."""
    if not can_compile():
        _say_what_tiny_networks_lack()
    return can_compile()


@cache
def _say_what_tiny_networks_lack() -> None:
    said = f"this network is so small that it would train in about half the time in code of its own, but {NO_COMPILER}"
    warnings.warn(said, RuntimeWarning, stacklevel=6)
