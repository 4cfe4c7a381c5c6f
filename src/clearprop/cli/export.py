"""`clearprop export`: a file that predicts as a model does, without clearprop."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from clearprop.cli import exits, words
from clearprop.cli.inputs import check_there, read_table
from clearprop.cli.output_files import check_output, size_of
from clearprop.errors import FileError, InputError, ModelFileError
from clearprop.estimators import MLPClassifier, MLPRegressor
from clearprop.estimators.exporting import export
from clearprop.estimators.saving import KIND as ESTIMATOR
from clearprop.estimators.saving import estimator_of
from clearprop.files import load
from clearprop.files.export import CALIBRATION, MEDIA, medium_of
from clearprop.tabular.model import TableModel
from clearprop.tabular.saving import KIND as TABLE
from clearprop.tabular.saving import model_of

ESTIMATORS = {cls.__name__: cls for cls in (MLPClassifier, MLPRegressor)}


def run(
    model: Path,
    *,
    output: Path,
    to: str | None,
    calibrate: Path | None,
    most_lost: float | None,
    dtype: str | None,
    force: bool,
    as_json: bool,
) -> int:
    """Write the file; the exit code."""
    medium = _medium(output, to)
    for option, given, of, what in (("--calibrate", calibrate, "c", "C"), ("--dtype", dtype, "onnx", "ONNX")):
        if given is not None and medium != of:
            raise exits.UsageError(f"{option} is for {what}, and {output.name} is to be {MEDIA[medium].description}")
    if most_lost is not None and calibrate is None:
        raise exits.UsageError("--most-lost is about eight bits, which need the rows of --calibrate")
    check_output(output, force=force, inputs=(model,) if calibrate is None else (model, calibrate))
    trained = _loaded(model)
    costs: list[str] = []  # of eight bits, in lines
    options: dict[str, Any] = {} if dtype is None else {"dtype": dtype}
    if calibrate is not None:
        options |= {CALIBRATION: _calibration(trained, calibrate), "most_lost": most_lost, "tell": costs.append}
    try:
        written = export(trained, output, medium, replace=force, **options)
    except InputError as error:
        raise type(error)(str(error).replace("say most_lost=", "say --most-lost ")) from None
    except FileExistsError as error:
        raise FileError(f"{error.filename or output} exists already; --force replaces it") from None
    except OSError as error:
        raise FileError(f"{output} cannot be written: {error.strerror or error}") from None
    if as_json:
        words.print_json(
            {"to": medium, "files": [str(path) for path in written], **({"accuracy": costs} if costs else {})}
        )
        return 0
    out = words.console()
    for line in costs:
        out.print(line)
    for path in written:
        out.print(f"Wrote {path} ({size_of(path)}), {MEDIA[medium].description}")
    return 0


def _medium(output: Path, to: str | None) -> str:
    """The medium asked for, which the ending of the output must not contradict."""
    if to is None:
        try:
            return medium_of(output)
        except InputError as error:
            raise exits.UsageError(str(error)) from None
    endings = MEDIA[to].endings
    if output.suffix.lower() not in endings:
        raise exits.UsageError(f"the output of --to {to} should end in {' or '.join(endings)}, not {output.name!r}")
    return to


def _calibration(model: Any, file: Path) -> Any:
    """The rows of a table, with which networks are brought to eight bits."""
    if not isinstance(model, TableModel):
        raise exits.UsageError(
            "--calibrate takes a table, and this model has none; model.export in Python takes arrays"
        )
    return read_table(file, model).table


def _loaded(path: Path) -> Any:
    """What is in a model file: of a table, of an estimator, or a network alone."""
    check_there(path)
    with exits.reading(path):
        found = load(path)
        kind = found.details.get("kind")
        if kind == TABLE:
            return TableModel(**model_of(found, path))
        if kind == ESTIMATOR:
            name = str(found.details.get("estimator"))
            if name not in ESTIMATORS:
                raise ModelFileError(f"{path} holds an estimator that this version does not know, {name!r}")
            return estimator_of(found, path, ESTIMATORS[name])
        return found
