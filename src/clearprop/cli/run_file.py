"""Options kept in a file: `--save-config` writes them as TOML, `--config` takes them from it."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from cyclopts import App, ArgumentCollection
from cyclopts.config import Dict

from clearprop.cli import exits
from clearprop.errors import UnknownNameError

NOT_KEPT = (
    "config",
    "save_config",
    "force",
    "resume",
    "as_json",
    "convert",
    "watch",
)  # they are of one call, not of the training


def from_file(app: App, commands: tuple[str, ...], arguments: ArgumentCollection) -> None:
    """Give the arguments that were not typed the values that the file of `--config` has for them.

    Raises
    ------
    UnreadableError, UsageError
        When the file cannot be read, or names an option that there is not (the nearest is offered).
    """
    named = {name.removeprefix("--"): each for each in arguments for name in each.names if name.startswith("--")}
    tokens = named["config"].tokens
    if not tokens:
        return
    path = Path(tokens[0].value)
    with exits.reading(path):
        found = _parsed(path)
    known = sorted(name for name in named if name.replace("-", "_") not in NOT_KEPT and name != "json")
    chosen = {}
    for name, value in found.items():
        option = name.replace("_", "-")
        if option not in known:
            raise exits.UsageError(f"{path}: {UnknownNameError('option', name, known)}")
        if isinstance(value, dict):
            raise exits.UsageError(f"{path}: {name!r} is a table, and options have no parts")
        chosen[option] = value
    Dict(chosen, source=str(path), use_commands_as_keys=False)(app, commands, arguments)


def _parsed(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        raise exits.UnreadableError(f"{path} is not TOML, as 'seed = 1' a line: {error}") from None


def as_toml(target: Any, *groups: Any) -> str:
    """The options of these groups that have a value, a line each, for `--config`."""
    found: dict[str, Any] = {} if target is None else {"target": target}
    for group in groups:
        found |= {name: value for name, value in asdict(group).items() if value is not None and name not in NOT_KEPT}
    return "".join(f"{name.rstrip('_').replace('_', '-')} = {_value(value)}\n" for name, value in found.items())


def _value(value: Any) -> str:
    """As TOML writes it; its texts are JSON's, but for one character."""
    if isinstance(value, Mapping):
        raise TypeError("options have no parts")
    if isinstance(value, Path):
        value = str(value)
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_value, value))}]"
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
