"""The doors for networks of PyTorch and Keras."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

from clearprop.estimators.imported import Imported, imported
from clearprop.formulas import Loss


def from_torch(
    module: Any,
    *,
    loss: str | Loss | type[Loss] | Any = None,
    optimizer: Any = None,
    classes: Sequence[Any] | None = None,
    rows: Any = None,
) -> Imported:
    """The network of a torch.nn.Module whose forward is a chain of dense layers, as it computes in evaluation.

    Parameters
    ----------
    module : torch.nn.Module
        Sequential, or a class of one's own; in torch.compile, DataParallel or AveragedModel too.
    loss : loss, or a module of torch.nn
        What it was trained with: clearprop's name, or ``nn.CrossEntropyLoss()`` and its kin. A module does not say.
    optimizer : torch.optim.Optimizer, optional
        Its settings and its memory are taken along.
    classes : sequence, optional
        In the order of the outputs; 0 … k − 1 by default where the loss is for classes.
    rows : array-like, optional
        Rows to compare outputs on; by default 1,000 drawn at random.

    Raises
    ------
    MissingExtra
        Where PyTorch is not installed.
    InputError
        When a step is none of a dense chain (it is named), or there is no loss.

    Examples
    --------
    >>> from torch import nn  # doctest: +SKIP
    >>> ours = from_torch(nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 3)), loss="cross_entropy")
    ... # doctest: +SKIP
    >>> print(ours.report)  # doctest: +SKIP
    """
    from clearprop.files.importers import torch

    return imported(torch.read(module, loss, optimizer), classes=classes, rows=rows)


def from_torch_state(
    file: str | os.PathLike[str],
    layers: Sequence[Any] | str | None = None,
    *,
    loss: str | Loss | type[Loss] | None = None,
    classes: Sequence[Any] | None = None,
) -> Imported:
    """The network of a state_dict in a file; what stands between its tensors is said beside it.

    Parameters
    ----------
    file : path
        Of torch.save, read by PyTorch's weights_only reader, or .safetensors, read without PyTorch.
    layers : sequence
        The steps in the order of use: "Linear" or a layer's name in the file, and between them activations as PyTorch
        or clearprop call them, "LeakyReLU(0.2)", or as formulas.
    loss, classes
        As of `from_torch`.

    Raises
    ------
    FileError
        When the file is damaged, of another kind, or larger than it says.
    InputError
        When the layers are not those of the file, or there is no loss.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> import numpy as np
    >>> from safetensors.numpy import save_file
    >>> from clearprop import from_torch_state
    >>> file = Path(tempfile.mkdtemp()) / "network.safetensors"
    >>> tensors = {"0.weight": np.ones((2, 3), dtype=np.float32), "2.weight": np.ones((1, 2), dtype=np.float32)}
    >>> save_file(tensors, file)
    >>> ours = from_torch_state(file, ["Linear", "Tanh", "Linear"], loss="half_squared_error")
    >>> ours.network.widths, ours.outputs(np.zeros((1, 3))).tolist()
    ((3, 2, 1), [[0.0]])
    """
    from clearprop.files.importers import torch_state

    return imported(torch_state.read(file, layers), loss=loss, classes=classes)


def from_keras(
    model: Any,
    *,
    loss: str | Loss | type[Loss] | None = None,
    classes: Sequence[Any] | None = None,
    rows: Any = None,
) -> Imported:
    """The network of a Sequential or Functional model of Keras 3, or of its .keras file, for which Keras is not needed.

    Parameters
    ----------
    model : keras.Model or path
        A legacy .h5 file too.
    loss : loss, optional
        Where the model was not compiled, or another is wanted.
    classes, rows
        As of `from_torch`.

    Raises
    ------
    MissingExtra
        For a file where pyfive is not installed.
    FileError
        When the file is damaged, of another kind, or larger than it may be.
    InputError
        When a layer is none of a dense chain (it is named), or there is no loss.

    Examples
    --------
    >>> ours = from_keras("model.keras")  # doctest: +SKIP
    >>> ours.estimator().predict(X)  # doctest: +SKIP
    """
    from clearprop.files.importers import keras

    return imported(keras.read(model), loss=loss, classes=classes, rows=rows)
