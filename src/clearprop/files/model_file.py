"""The model file: one safetensors file with θ and, as JSON, everything else. It holds no code, and reading runs none.

Layout of the JSON under the metadata key "clearprop"::

    format       1; a file of a higher format is refused, one of a lower format is converted
    version      of clearprop that wrote it, for people
    network      layers (sizes, activation, factors) and loss; formulas by name, a user's own as expression trees
                 (of an ensemble that of every network: θ then has a row for each)
    details      what the writer added: encoder, classes, settings, scores

Beside it stands, under "sha256", a checksum of that JSON and of θ, so that a file damaged anywhere is refused.
Everything is checked against limits and against the size of the file before memory is taken: `clearprop.files.contents`
reads the bytes, `json_text` the JSON, `network_json` the network.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from clearprop.errors import InputError, ModelFileError, NotFiniteError, shortened
from clearprop.files.contents import check_length, checksum, read_contents, to_bytes
from clearprop.files.json_text import read_json, refusing
from clearprop.files.network_json import network_from_json, network_to_json
from clearprop.files.writing import write_whole
from clearprop.network import Network, Parameters
from clearprop.version import __version__

FORMAT = 1
MOST_MEMBERS = 1000  # networks of an ensemble


@dataclass(frozen=True)
class Model:
    """What a model file holds.

    Attributes
    ----------
    network : Network
    parameters : Parameters
        Of an ensemble, those of its first network.
    details : mapping
        What its writer added, as JSON holds it.
    version : str
        Of clearprop that wrote it.
    thetas : array of shape (k, n_parameters)
        The parameters of every network of an ensemble of k; of a single network, its θ as one row.
    """

    network: Network
    parameters: Parameters
    details: Mapping[str, Any] = field(default_factory=dict)
    version: str = ""
    thetas: Any = None


def save(
    path: str | os.PathLike[str],
    network: Network,
    params: Parameters | Sequence[Parameters],
    details: Mapping[str, Any] | None = None,
    *,
    replace: bool = True,
) -> None:
    """Write a network and its parameters to one file, whole or not at all.

    Parameters
    ----------
    path : path
        Usually ending in ``.clearprop``; a file of that name is replaced at the end, in one step.
    network : Network
    params : Parameters, or a sequence of them
        Several are an ensemble: networks of the same spec, each with its own parameters.
    details : mapping, optional
        Anything that JSON can hold, to keep with it.
    replace : bool
        Whether a file of that name is replaced.

    Raises
    ------
    ShapeError
        When the parameters are those of another network.
    NotFiniteError
        When a parameter is NaN or infinite.
    ModelFileError
        When the details are too large.
    FileError
        When what is there under that name is a device, a pipe, a folder, or write-protected.
    OSError
        When the file cannot be written; one that was there before is then untouched.

    Examples
    --------
    >>> import tempfile, pathlib
    >>> from clearprop import Network, load, save
    >>> net = Network.mlp([2, 3, 1], hidden="tanh")
    >>> path = pathlib.Path(tempfile.mkdtemp()) / "net.clearprop"
    >>> save(path, net, net.initial(seed=0))
    >>> load(path).network == net
    True
    """
    write_whole(Path(path), model_bytes(network, params, details), replace=replace)


def model_bytes(
    network: Network, params: Parameters | Sequence[Parameters], details: Mapping[str, Any] | None = None
) -> bytes:
    """What `save` writes; parameters and errors are its own, but for those of files."""
    members = [params] if isinstance(params, Parameters) or not isinstance(params, Sequence) else list(params)
    for member in members:
        network.check_parameters(member)
    if not 1 <= len(members) <= MOST_MEMBERS:
        raise InputError(f"an ensemble has from 1 to {MOST_MEMBERS:,} networks, not {len(members):,}")
    thetas = np.stack([member.theta for member in members])
    theta = thetas if len(members) > 1 else thetas[0]  # a single network's file is as it always was
    if not np.isfinite(theta).all():
        place = int(np.argmin(np.isfinite(theta).ravel())) % network.n_parameters
        raise NotFiniteError(f"parameter {place} is not finite; such a model is not saved")
    text = json.dumps(
        {"format": FORMAT, "version": __version__, "network": network_to_json(network), "details": dict(details or {})},
        allow_nan=False,
        ensure_ascii=False,
    )
    check_length(text)
    return to_bytes(text, theta)


def load(path: str | os.PathLike[str]) -> Model:
    """Read a model file.

    Raises
    ------
    ModelFileError
        When the file is damaged, not one of clearprop's, or of a newer format.
    OSError
        When there is no such file or it cannot be read.
    """
    path = Path(path)
    text, theta, kept = read_contents(path)
    if kept != checksum(text, theta):
        raise ModelFileError(f"{path} is damaged: its contents do not match its checksum")
    with refusing(path, "is damaged: its description cannot be read"):
        document = read_json(text)
    if isinstance(document, dict) and document.get("kind") == "checkpoint":
        raise ModelFileError(f"{path} is a checkpoint of a training, not a model: the same call with resume goes on")
    _check_format(path, document)
    with refusing(path, "is damaged"):
        network = network_from_json(document.get("network"), theta.shape[-1])
    if theta.ndim == 2 and not 1 < len(theta) <= MOST_MEMBERS:
        raise ModelFileError(f"{path} is damaged: it holds {len(theta):,} networks, not from 2 to {MOST_MEMBERS:,}")
    if not np.isfinite(theta).all():
        raise ModelFileError(f"{path} holds parameters that are not finite")
    thetas = theta.reshape(-1, network.n_parameters)
    version = str(document.get("version", ""))
    return Model(network, network.views(thetas[0]), document.get("details", {}), version, thetas)


def _check_format(path: Path, document: Any) -> None:
    if not isinstance(document, dict) or type(document.get("format")) is not int:
        raise ModelFileError(f"{path} is damaged: its metadata names no format")
    if document["format"] > FORMAT:
        raise ModelFileError(
            f"{path} was written by clearprop {shortened(str(document.get('version', '?')))} in format "
            f"{document['format']}; this version reads formats up to {FORMAT}. Upgrade clearprop to use it."
        )
    if document["format"] < 1 or not isinstance(document.get("details", {}), dict):
        raise ModelFileError(f"{path} is damaged: no version of clearprop writes such metadata")
