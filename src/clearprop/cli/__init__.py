"""The command line: train, predict, evaluate, inspect. With the reader of the loop, the only room that prints.

Each command is a file of its name; `app` has their options and help.
"""

from clearprop.cli.app import main

__all__ = ["main"]
