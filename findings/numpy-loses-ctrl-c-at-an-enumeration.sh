#!/bin/sh
# NumPy 2.4.6: comparing a NumPy whole number with a member of an IntEnum can swallow a Ctrl-C. NumPy looks the attribute
# __array_ufunc__ up on the other operand's class, and clears whatever that raises, KeyboardInterrupt included. On Python 3.11 the
# class of every enumeration answers such a look-up in Python code (EnumType.__getattr__, gone in 3.12), so a signal that comes in that
# moment is raised there and lost: the program goes on as if nobody had pressed anything. A good engineer would guess that an exception
# of a signal always comes up somewhere. The same holds for every class whose metaclass has a __getattr__, on any Python.
# Seen in a loop of training that had been sent one SIGINT and ran on for twenty minutes. Cure: compare int(number) with the member.
set -eu
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
python3 -m venv "$folder/venv"
"$folder/venv/bin/python" -m pip install --quiet --disable-pip-version-check "numpy==2.4.6"
"$folder/venv/bin/python" - <<'PYTHON'
import enum
import signal
import sys

import numpy as np

print("Python", sys.version.split()[0], "NumPy", np.__version__)


class Pressed(type(enum.IntEnum)):
    """Has a Ctrl-C come in the moment in which an attribute of its classes is looked up that is not there."""

    def __getattr__(cls, name):
        signal.raise_signal(signal.SIGINT)
        raise AttributeError(name)


class Task(enum.IntEnum, metaclass=Pressed):
    STEPS = 0


signal.signal(signal.SIGINT, signal.default_int_handler)
number, came = np.zeros(1, np.int64)[0], []
for name, compare in (("number == member", lambda: number == Task.STEPS), ("int(number) == member", lambda: int(number) == Task.STEPS),
                      ("getattr", lambda: Task.absent)):
    try:
        compare()
        came.append("nothing")
    except KeyboardInterrupt:
        came.append("KeyboardInterrupt")
    except AttributeError:
        came.append("AttributeError")
    print(f"{name}: {came[-1]} came of it")
# The first was sent SIGINT and nothing came of it; the second asks for no attribute; the third is how it ought to be.
sys.exit(came != ["nothing", "nothing", "KeyboardInterrupt"])
PYTHON
echo "as described"
