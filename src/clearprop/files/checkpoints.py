"""Checkpoints of a call in a folder: written whole, the last ones kept, and found again by the same call.

A call may train several networks one after the other, as those of quantiles and of folds; each has a name, and files of
its own in the folder, numbered by the updates made. Every file is written beside the ones that there are, and only when
it is on the disk are older ones removed, so whenever the process or the machine ends, one that is whole remains.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field, fields
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from clearprop.distributed import is_first
from clearprop.errors import FileError, InputError, ModelFileError, quoted
from clearprop.files.checkpoint_file import Found, read, to_bytes
from clearprop.files.network_json import network_to_json
from clearprop.files.writing import write_whole
from clearprop.formulas import LBFGS, SCHEDULES, UPDATE_RULES
from clearprop.formulas.saving import formula_to_json
from clearprop.job import Job, OneHot, Snapshot, TrainingState
from clearprop.job.saving import FORMULAS
from clearprop.version import __version__

ENDING = ".checkpoint"
KEPT = 2  # the last ones of each training
SECONDS = 30.0  # from one to the next


class Kept(NamedTuple):
    """How one training is kept.

    Attributes
    ----------
    write : callable
        Writes a `Snapshot`. What the disk refuses is told, and the training goes on.
    seconds : float
        At least so long between two that are written.
    snapshot : Snapshot or None
        Where it goes on.
    """

    write: Callable[[Snapshot], None]
    seconds: float
    snapshot: Snapshot | None

    def restored(self, begun: list[TrainingState]) -> list[TrainingState]:
        """The state of each network where it goes on, or those to begin with."""
        return begun if self.snapshot is None else self.snapshot.restored()


@dataclass
class Checkpoints:
    """The checkpoints of one call.

    Parameters
    ----------
    folder : path
        Made where there is none.
    seconds : float
        At least so long between two.
    resume : bool
        Go on where the folder's last checkpoints are; without any, begin.
    tell : callable, optional
        Given a sentence where something cannot be written, or is not as it was.
    prefix : str
        What the names of all trainings begin with.

    Raises
    ------
    InputError
        For seconds below 0.
    FileError
        When the folder cannot be one, or holds checkpoints and is not to be gone on with.
    """

    folder: Path
    seconds: float = SECONDS
    resume: bool = False
    tell: Callable[[str], object] = lambda sentence: None
    prefix: str = ""
    _told: set[str] = field(default_factory=set, repr=False)

    def __post_init__(self) -> None:
        self.folder = Path(self.folder)
        if not self.seconds >= 0:
            raise InputError(f"the seconds from one checkpoint to the next must be at least 0, not {self.seconds!r}")
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            why = "there is a file of that name" if isinstance(error, FileExistsError) else error.strerror or str(error)
            raise FileError(f"checkpoints cannot be written to {self.folder}: {why}; name a folder") from None
        if self.is_begun and not self.resume:
            raise FileError(
                f"{self.folder} holds checkpoints of an earlier training: go on with it by resume=True, --resume on "
                "the command line, or name another folder"
            )

    @property
    def is_begun(self) -> bool:
        """Whether there is a checkpoint in the folder."""
        return next(self.folder.glob(f"*{ENDING}"), None) is not None

    def within(self, name: str) -> Checkpoints:
        """The same, for what is trained within something of this name."""
        return Checkpoints(self.folder, self.seconds, True, self.tell, f"{self.prefix}{_slug(name)}-", self._told)

    def details(self, name: str) -> Mapping[str, Any]:
        """What was written beside the snapshots of a training; empty where there is no checkpoint of it."""
        found = self._latest(name)
        return {} if found is None else found.document["details"]

    def of(
        self, name: str, identity: Mapping[str, Any], machine: str, details: Mapping[str, Any] | None = None
    ) -> Kept:
        """How a training of this name is kept, and where it goes on.

        Parameters
        ----------
        name : str
        identity : mapping
            All that its bits depend on but the machine, as JSON holds it: a checkpoint that differs is another
            training's.
        machine : str
            What else the bits may depend on. Where that differs, it is told.
        details : mapping, optional
            Anything else that JSON can hold.

        Raises
        ------
        FileError
            When the checkpoints are those of another training, or none of them can be read.
        """
        full = json.loads(json.dumps({"clearprop": __version__, **identity}))  # as it is read back
        known = {**(details or {}), "machine": machine}
        found = self._latest(name)
        if found is not None:
            _check_same(self.folder, found.identity, full)
            was = found.document["details"].get("machine")
            if was != machine:
                self._say(
                    f"the checkpoint was written with {was} and training goes on with {machine}: its last bits may "
                    "differ from those of an undisturbed run"
                )

        def write(snapshot: Snapshot) -> None:
            try:
                self._write(name, to_bytes(snapshot, full, known), sum(state.step for state in snapshot.states))
            except OSError as error:
                self._say(
                    f"no checkpoint could be written to {self.folder} ({error.strerror or error}); the training goes on"
                )

        return Kept(write, self.seconds, None if found is None else found.snapshot())

    def _write(self, name: str, content: bytes, n_steps: int) -> None:
        before = self._files(name)
        number = max([0, *(_number(path) for path in before)]) + 1
        write_whole(self.folder / f"{self.prefix}{_slug(name)}-{number:06d}{ENDING}", content, replace=False)
        for old in before[: max(0, len(before) + 1 - KEPT)]:
            old.unlink(missing_ok=True)

    def _files(self, name: str) -> list[Path]:
        """Those of a training, the oldest first."""
        pattern = re.compile(re.escape(f"{self.prefix}{_slug(name)}") + r"-\d{6,}" + re.escape(ENDING))
        return sorted((path for path in self.folder.iterdir() if pattern.fullmatch(path.name)), key=_number)

    def _latest(self, name: str) -> Found | None:
        """The last one that can be read; None where there is none at all."""
        files, reason = self._files(name), ""
        for path in reversed(files):
            try:
                return read(path)
            except ModelFileError as error:
                reason = reason or str(error)
                self._say(f"{error}; the one before it is taken")
        if files:
            raise FileError(f"no checkpoint in {self.folder} can be read: {reason}")
        return None

    def _say(self, sentence: str) -> None:
        if sentence not in self._told:
            self._told.add(sentence)
            self.tell(sentence)


@contextmanager
def kept_in(folder: str | os.PathLike[str] | None, seconds: float, resume: bool) -> Iterator[Checkpoints | None]:
    """The checkpoints of a call from Python, which warns at its end of what the disk refused; None without a folder.

    Of several processes that train together the first keeps them, for all.

    Raises
    ------
    InputError
        When there is something to go on from, and no folder to find it in.
    """
    if folder is None or not is_first():
        if folder is None and resume:
            raise InputError("resume=True goes on from checkpoints; name their folder, as checkpoint='run'")
        yield None
        return
    told: list[str] = []
    try:
        yield Checkpoints(Path(folder), seconds, resume, told.append)
    finally:
        for sentence in told:
            warnings.warn(sentence, stacklevel=4)


def _slug(name: str) -> str:
    """A name as a part of a file's name."""
    return re.sub(r"[^a-z0-9.]+", "-", name.lower()).strip("-") or "main"


def _number(path: Path) -> int:
    return int(path.name.removesuffix(ENDING).rpartition("-")[2])


def _check_same(folder: Path, was: Mapping[str, Any], now: Mapping[str, Any], inside: str = "") -> None:
    """Raise FileError with the first thing in which two calls differ."""
    for name in sorted({*was, *now}):
        before, after = was.get(name), now.get(name)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            _check_same(folder, before, after, f"{inside}{name}.")
        elif before != after:
            if name == "rows":
                what = "the rows are others than those that it has learned from"
            else:
                what = f"{inside}{name} was {quoted(before)} and is {quoted(after)}"
            raise FileError(
                f"the checkpoint in {folder} is of another training: {what}; put it back, or name another folder"
            )


def described(job: Job) -> dict[str, Any]:
    """All of a job as JSON holds it, formulas of one's own as their trees.

    Examples
    --------
    >>> from clearprop import Network
    >>> from clearprop.files.checkpoints import described
    >>> from clearprop.job import Job
    >>> described(Job(Network.mlp([2, 1]), epochs=5))["epochs"]
    5
    """
    rule, plain = job.update_rule, [each.name for each in fields(Job) if each.name not in FORMULAS]
    return {
        **{name: getattr(job, name) for name in plain},
        "network": network_to_json(job.network),
        "update_rule": asdict(rule) if isinstance(rule, LBFGS) else formula_to_json(rule, UPDATE_RULES),
        "schedule": formula_to_json(job.schedule, SCHEDULES),
    }


def identity_of(job: Job, stopping: object, arrays: Iterable[Any], **more: Any) -> dict[str, Any]:
    """All that the bits of a training depend on but the machine, as `Checkpoints.of` takes it."""
    return {"job": described(job), "stopping": repr(stopping), "rows": fingerprint(*arrays), **more}


def fingerprint(*parts: Any) -> str:
    """SHA-256 of arrays, sparse matrices, one-hot targets and None, with their types and shapes.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.files.checkpoints import fingerprint
    >>> fingerprint(np.zeros(2), None) == fingerprint(np.zeros(2), None) != fingerprint(np.ones(2), None)
    True
    """
    digest = hashlib.sha256()
    for part in parts:
        arrays: list[Any] = [part]
        if isinstance(part, OneHot):
            arrays = [part.codes, np.array([part.n_classes])]
        elif hasattr(part, "tocsr"):
            rows = part.tocsr()
            arrays = [rows.data, rows.indices, rows.indptr, np.array(rows.shape)]
        for array in arrays:
            if array is None:
                digest.update(b"none")
                continue
            digest.update(f"{array.dtype} {array.shape}".encode())
            digest.update(np.ascontiguousarray(array).data)
    return digest.hexdigest()
