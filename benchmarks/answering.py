"""A process that runs when it is told to, and answers each time with a line of JSON."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Mapping, Sequence
from typing import Any


class Answering:
    """Such a process, its first answer, and the seconds that it has told since.

    Parameters
    ----------
    name : str
    command : sequence of str
    environment : mapping of str to str
    """

    def __init__(self, name: str, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self.name, self.seconds = name, list[float]()
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True,
            env=environment,
        )  # fmt: skip
        self.ready = self._answer()

    def _answer(self) -> dict[str, Any]:
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"{self.name} ended before it answered; run its command by hand to see why")
        return dict(json.loads(line))

    def ask(self, what: str) -> None:
        """Have it run once, and keep the seconds that it answers under this name."""
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        self.seconds.append(self._answer()[what])

    def end(self) -> None:
        """Wait until it has ended."""
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait()
