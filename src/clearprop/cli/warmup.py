"""`clearprop warmup`: compile the engine ahead, for a machine image or before the first training."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.progress import BarColumn, Progress, TextColumn

from clearprop.cli import words
from clearprop.engines.choose import why_missing
from clearprop.errors import EngineRefusal
from clearprop.network.memory import in_words

SECONDS_BETWEEN = 5.0  # from one line to the next, when not on a terminal
FIRST_AFTER = 0.5  # seconds: when there is nothing to do, it is over before


def run(dtype: str | None, *, as_json: bool) -> int:
    """Compile, say where it is kept; the exit code."""
    from clearprop.engines.compiled.warmup import DTYPES, warm_up

    dtypes = DTYPES if dtype is None else (dtype,)
    for name in dtypes:
        missing = why_missing("compiled", name)
        if missing is not None:
            raise EngineRefusal(f"there is nothing to warm up: {missing}")
    watched = words.console(error=True)
    with _shown(watched, hidden=as_json and not watched.is_terminal) as tell:
        done = warm_up(dtypes, tell)
    if not done.kept:
        raise EngineRefusal(
            "compiled kernels cannot be kept, because no cache folder can be written to; "
            "name one in the environment variable CLEARPROP_CACHE_DIR"
        )
    if as_json:
        words.print_json(
            {
                "folder": str(done.folder),
                "dtypes": list(dtypes),
                "compiled": done.n_compiled,
                "kernels": done.n_kernels,
                "bytes": done.n_bytes,
                "seconds": done.seconds,
            }
        )
        return 0
    if done.came_along:
        there = (
            f"{words.plural(done.n_kernels, 'kernel')}, {in_words(done.n_bytes)}, came with clearprop, in {done.folder}"
        )
        words.console().print(f"nothing to do for {' and '.join(dtypes)}: {there}")
        return 0
    kept = f"{words.plural(done.n_kernels, 'kernel')}, {in_words(done.n_bytes)}, in {done.folder}"
    if done.n_compiled:
        took = f"compiled {words.plural(done.n_compiled, 'kernel')} in {words.seconds(done.seconds)}"
        words.console().print(f"{took}; the cache now holds {kept}")
    else:
        words.console().print(f"nothing to do for {' and '.join(dtypes)}; the cache holds {kept}")
    return 0


@contextmanager
def _shown(out: Any, *, hidden: bool) -> Iterator[Callable[[int, int, str], None]]:
    """A reader of the warm-up's steps: a bar on a terminal, a line now and then elsewhere, or nothing."""
    if hidden:
        yield lambda done, steps, title: None
    elif not out.is_terminal:
        yield _lines(out)
    else:
        columns = TextColumn("compiling"), BarColumn(bar_width=24), TextColumn("{task.fields[said]}")
        with Progress(*columns, console=out, transient=True) as bar:
            task = bar.add_task("compiling", said="")
            yield lambda done, steps, title: bar.update(task, completed=done, total=steps, said=title)


def _lines(out: Any) -> Callable[[int, int, str], None]:
    due = time.monotonic() + FIRST_AFTER

    def show(done: int, steps: int, title: str) -> None:
        nonlocal due
        if time.monotonic() > due:
            due = time.monotonic() + SECONDS_BETWEEN
            out.print(f"compiled {done}/{steps}  {title}")

    return show
