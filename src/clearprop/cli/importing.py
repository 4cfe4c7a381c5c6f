"""`clearprop import`: a network of another library becomes a model file."""

from __future__ import annotations

from pathlib import Path

from clearprop.cli import exits
from clearprop.cli.option_types import Force, Json
from clearprop.errors import FileError, InputError


def import_(
    file: Path,
    /,
    *,
    output: Path,
    loss: str | None = None,
    classes: str | None = None,
    layers: str | None = None,
    target: str | None = None,
    force: Force = False,
    as_json: Json = False,
) -> int:
    """Bring a network of another library in: its model predicts, evaluates, explains and exports.

    FILE is .onnx, .keras, .h5, .pt or .pth, and is read as data: no code in it
    is run. What was changed for it and, where the file holds outputs, a proof
    that it computes the same are printed. Its columns are called as in the
    file, or x1, x2, …. Networks of scikit-learn are brought in from Python,
    by clearprop.from_sklearn(model).save(...).

    Examples:

      clearprop import iris.onnx --output iris.clearprop --loss cross_entropy
      clearprop import net.keras --output net.clearprop --target price
      clearprop import net.pt --layers relu,identity --loss half_squared_error \\
        --output net.clearprop

    Parameters
    ----------
    file
        The file of the other library.
    output
        The model file to write.
    loss
        What it was trained with, where the file does not say: cross_entropy, half_squared_error, ….
    classes
        The classes in the order of the outputs, with commas between them; by default 0, 1, 2, ….
    layers
        For PyTorch: the activation of each layer, with commas between them.
    target
        What the column to predict is called in tables.
    force
        Replace the output if it exists.
    as_json
        Print one JSON document instead of text.
    """
    from clearprop.cli import words
    from clearprop.cli.output_files import check_model_suffix, check_output
    from clearprop.estimators.imported_files import from_file

    check_model_suffix(output)
    check_output(output, force=force, inputs=(file,))
    try:
        with exits.reading(file):
            found = from_file(
                file,
                loss=loss,
                classes=None if classes is None else [_label(text) for text in classes.split(",")],
                layers=None if layers is None else [text.strip() for text in layers.split(",")],
            )
    except FileError:
        raise
    except InputError as error:
        raise exits.UsageError(str(error).replace("say loss=", "say --loss")) from error
    found.save(output, target)
    if as_json:
        proof = found.proof
        words.print_json(
            {
                "model": str(output),
                "source": found.source.source,
                "widths": list(found.network.widths),
                "loss": found.loss.name,
                "notes": list(found.notes),
                "proof": None if proof is None else {**vars(proof), "passed": proof.passed},
            }
        )
        return 0
    words.console().print(found.report, markup=False, highlight=False)
    words.console().print(f"\nWrote {output}", markup=False)
    return 0


def _label(text: str) -> str | int:
    """A class as a table has it: a whole number, or text."""
    text = text.strip()
    return int(text) if text.lstrip("-").isdigit() else text
