"""Networks from ONNX files, as `Imported`."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from clearprop.estimators.imported import Imported, imported
from clearprop.estimators.imported_ensemble import ImportedEnsemble, ensemble_of
from clearprop.files.importers import onnx
from clearprop.formulas import Loss


def from_onnx(
    path: str | os.PathLike[str],
    *,
    loss: str | Loss | type[Loss] | None = None,
    classes: Sequence[Any] | None = None,
    output: str | None = None,
    rows: Any = None,
) -> Imported | ImportedEnsemble:
    """The network in an ONNX file, whatever library wrote it.

    The file is read as data: no other library is needed and nothing in it is run. Batch normalisation, scalers and
    other scales are folded into the layers, and the report says so; activations that exporters write in pieces are
    recognised. Where ONNX Runtime is installed, its outputs are compared with those here.

    Parameters
    ----------
    path : path
        Files that hold its large tensors must lie beside it.
    loss : loss, optional
        What it was or will be trained with; an ONNX file does not say.
    classes : sequence, optional
        In the order of the outputs; by default those in the file, or 0 … k − 1.
    output : str, optional
        Which output of the graph, where several could be meant.
    rows : array-like, optional
        Rows to compare outputs on; by default 1,000 drawn at random.

    Returns
    -------
    Imported, or ImportedEnsemble of a file that averages the outputs of several networks

    Raises
    ------
    ModelFileError
        When it is another kind of file, damaged, or in a version that is not known.
    InputError
        When the network is not a chain of dense layers (the node is named), or the loss does not fit its output.
    UnknownNameError
        When there is no such output.
    OSError
        When a file cannot be read.

    Examples
    --------
    >>> from clearprop import from_onnx
    >>> ours = from_onnx("tests/importer_files/torch-2d.onnx", loss="cross_entropy")
    >>> ours.network.widths, [layer.activation.name for layer in ours.network.layers]
    ((4, 6, 5, 3), ['relu', 'tanh', 'softmax'])
    """
    source = onnx.read(path, output)
    if source.others:
        return ensemble_of(source, loss=loss, classes=classes, rows=rows)
    return imported(source, loss=loss, classes=classes, rows=rows)
