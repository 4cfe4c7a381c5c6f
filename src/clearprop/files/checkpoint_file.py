"""One checkpoint as a file: a model file's form (`clearprop.files.contents`), with all arrays in its one, bit by bit.

The JSON says what belongs to what: the call that it is of, and of each network and record how many numbers of which
type lie in the array, one after the other. It is read and checked as a model file is.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from clearprop.errors import ModelFileError
from clearprop.files import contents
from clearprop.files.json_text import read_json, refusing
from clearprop.job import Best, Epoch, History, Progress, Retry, Snapshot, TrainingState
from clearprop.version import __version__

FORMAT = 1
KIND = "checkpoint"
COUNTS = ("step", "epoch", "cursor", "samples", "plateau_stale", "searched")  # of a state, whole numbers
NUMBERS = ("loss_sum", "weight_sum", "rate_scale", "plateau_best")  # of a state, float64, infinite ones among them
FLOAT64 = np.dtype(np.float64)
COLUMNS = 6  # of a record, before its norms and scores


def to_bytes(snapshot: Snapshot, identity: Mapping[str, Any], details: Mapping[str, Any]) -> bytes:
    """The file of a snapshot.

    Parameters
    ----------
    snapshot : Snapshot
    identity : mapping
        What a call must have in common with the one that this is of, as JSON holds it.
    details : mapping
        Anything else that JSON can hold.
    """
    progress, parts = snapshot.progress, []
    before = (*progress.start, *(() if progress.best is None else progress.best.states))  # to go back to
    records = (*progress.history, *(record for record in snapshot.unread if record is not None))
    names = tuple(next((record.scores for record in records if record.scores), ()))
    found = {
        "format": FORMAT,
        "version": __version__,
        "kind": KIND,
        "identity": identity,
        "details": details,
        "scores": names,
        "states": [_described(state) for state in snapshot.states],
        "n_epochs": len(progress.history),
        "unread": [record is not None for record in snapshot.unread],
        "progress": {"first_epoch": progress.first_epoch, "stale": progress.stale, "ended": progress.ended},
        "best": None if progress.best is None else _place(progress.best.epoch, progress.history),
        "keeps_best": progress.best is not None and bool(progress.best.thetas) and not progress.best.states,
        "before": [_described(state) for state in before],
        "retries": [list(retry) for retry in progress.retries],
    }
    for state in (*snapshot.states, *before):
        parts += [state.theta, *state.memory, state.gradient_norms]
        parts += [] if state.search_start is None else [state.search_start]
        parts.append(np.array([getattr(state, name) for name in NUMBERS], dtype=np.float64))
    best = Best(np.inf, None) if progress.best is None else progress.best  # type: ignore[arg-type]
    parts += [*(() if best.states else best.thetas), np.array([best.value, progress.seconds])]
    parts += [_row(record, names) for record in records]
    text = json.dumps(found, allow_nan=False)
    dtype = snapshot.states[0].theta.dtype
    flat = np.frombuffer(b"".join(np.ascontiguousarray(part).tobytes() for part in parts), dtype)
    return contents.to_bytes(text, flat)


@dataclass(frozen=True)
class Found:
    """What a checkpoint file holds, its arrays not yet taken apart."""

    path: Path
    document: Mapping[str, Any]
    flat: Any

    @property
    def identity(self) -> Mapping[str, Any]:
        """What a call must have in common with the one that this is of."""
        return self.document["identity"]  # type: ignore[no-any-return]

    def snapshot(self) -> Snapshot:
        """The fit as it was.

        Raises
        ------
        ModelFileError
            When the file does not hold what it says.
        """
        with refusing(self.path, "is damaged: it does not hold what it says"):
            return _snapshot(self.document, self.flat)


def read(path: Path) -> Found:
    """Read a checkpoint file.

    Raises
    ------
    ModelFileError
        When it is damaged, no checkpoint, or of a newer format.
    OSError
        When it cannot be read.
    """
    text, flat, kept = contents.read_contents(path)
    if kept != contents.checksum(text, flat):
        raise ModelFileError(f"{path} is damaged: its contents do not match its checksum")
    with refusing(path, "is damaged: its description cannot be read"):
        document = read_json(text)
    match document:
        case {"format": int() as form, "kind": "checkpoint", "identity": dict(), "details": dict()}:
            pass
        case _:
            raise ModelFileError(f"{path} is a model file, not a checkpoint")
    if form > FORMAT:
        raise ModelFileError(f"{path} is a checkpoint in format {form}; this version reads formats up to {FORMAT}")
    return Found(path, document, flat)


def _described(state: TrainingState) -> dict[str, Any]:
    return {
        **{name: int(getattr(state, name)) for name in COUNTS},
        "n_parameters": len(state.theta),
        "n_memory": len(state.memory),
        "depth": len(state.gradient_norms),
        "searches": state.search_start is not None,
    }


def _place(epoch: Epoch, history: Sequence[Epoch]) -> int:
    return next(place for place, one in enumerate(history) if one is epoch or one == epoch)


def _row(epoch: Epoch, names: Sequence[str]) -> Any:
    """A record as numbers, float64 (6 + depth + n_scores,)."""
    numbers = (epoch.n, epoch.loss, epoch.learning_rate, epoch.seconds, epoch.steps, epoch.complete)
    return np.array([*numbers, *epoch.gradient_norms, *(epoch.scores.get(name, np.nan) for name in names)], np.float64)


def _epoch(row: Any, depth: int, names: Sequence[str]) -> Epoch:
    n, loss, rate, seconds, steps, complete, *rest = row.tolist()
    scores = dict(zip(names, rest[depth:], strict=True))
    return Epoch(int(n), loss, tuple(rest[:depth]), rate, seconds, int(steps), scores, bool(complete))


def _snapshot(document: Mapping[str, Any], flat: Any) -> Snapshot:
    raw, dtype, start = np.ascontiguousarray(flat).view(np.uint8), flat.dtype, 0

    def take(count: int, dtype: Any = FLOAT64) -> Any:
        nonlocal start
        stop = start + count * dtype.itemsize
        if not 0 <= start <= stop <= len(raw):
            raise ModelFileError("it is too short")
        start, part = stop, raw[start:stop]
        return part.copy().view(dtype)

    states = tuple(_state(spec, take, dtype) for spec in document["states"])
    before = tuple(_state(spec, take, dtype) for spec in document["before"])
    n_parameters, depth, names = len(states[0].theta), len(states[0].gradient_norms), tuple(document["scores"])
    kept = tuple(take(n_parameters, dtype) for _ in states) if document["keeps_best"] else ()
    begun, whole = before[: len(states)], before[len(states) :]
    kept = kept or tuple(state.theta for state in whole)
    value, seconds = take(2).tolist()
    rows = COLUMNS + depth + len(names)
    history = History(_epoch(take(rows), depth, names) for _ in range(document["n_epochs"]))
    unread = tuple(_epoch(take(rows), depth, names) if there else None for there in document["unread"])
    if start != len(raw) or len(unread) != len(states) or {len(begun), len(whole)} - {0, len(states)}:
        raise ModelFileError("it is too long")
    best, spec = document["best"], document["progress"]
    ended = None if spec["ended"] is None else (str(spec["ended"][0]), str(spec["ended"][1]))
    found = None if best is None else Best(value, history[best], kept, whole)
    retries = tuple(Retry(*one) for one in document["retries"])
    told = (spec["first_epoch"], seconds, found, spec["stale"], history, ended)
    return Snapshot(states, Progress(*told, begun, retries), unread)


def _state(spec: Mapping[str, int], take: Any, dtype: Any) -> TrainingState:
    n = spec["n_parameters"]
    if n < 1:
        raise ModelFileError("a network has parameters")
    theta, memory = take(n, dtype), [take(n, dtype) for _ in range(spec["n_memory"])]
    norms, search = take(spec["depth"]), take(n, dtype) if spec["searches"] else None
    numbers = dict(zip(NUMBERS, take(len(NUMBERS)).tolist(), strict=True))
    counts: dict[str, Any] = {name: int(spec[name]) for name in COUNTS}
    return TrainingState(theta, memory, **counts, **numbers, gradient_norms=norms, search_start=search)
