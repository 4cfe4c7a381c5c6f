"""The model file: one safetensors file with θ and, as JSON, everything else. It holds no code, and reading runs none.

Layout of the JSON under the metadata key "clearprop"::

    format       1; a file of a higher format is refused, one of a lower format is converted
    version      of clearprop that wrote it, for people
    network      layers (sizes, activation, factors) and loss; formulas by name, a user's own as expression trees
                 (of an ensemble that of every network: θ then has a row for each)
    details      what the writer added: encoder, classes, settings, scores

Beside it stands, under "sha256", a checksum of that JSON and of θ, so that a file damaged anywhere is refused.
Everything is checked against limits and against the size of the file before memory is taken.
"""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from clearprop.errors import ClearpropError, InputError, ModelFileError, NotFiniteError
from clearprop.formulas import ACTIVATIONS, LOSSES, Activation, Loss
from clearprop.formulas.saving import formula_from_json, formula_to_json
from clearprop.network import Dense, Network, Parameters
from clearprop.version import __version__

FORMAT = 1
LARGEST_HEADER = 16 * 2**20  # bytes
MOST_LAYERS = 1000
MOST_MEMBERS = 1000  # networks of an ensemble
FACTORS = ("weight_rate", "bias_rate", "weight_decay", "bias_decay")


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

    Raises
    ------
    ShapeError
        When the parameters are those of another network.
    NotFiniteError
        When a parameter is NaN or infinite.
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
    from safetensors.numpy import save as to_bytes

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
    if len(text.encode()) > LARGEST_HEADER // 2:
        raise ModelFileError(
            f"the details of the model take {len(text.encode()):,} bytes of JSON; at most half of 16 MiB fits"
        )
    write_whole(Path(path), to_bytes({"theta": theta}, metadata={"clearprop": text, "sha256": checksum(text, theta)}))


def checksum(text: str, theta: Any) -> str:
    """SHA-256 of the JSON and the parameters, against damage (not against somebody who can also write a new one)."""
    digest = hashlib.sha256(text.encode())
    digest.update(np.ascontiguousarray(theta).tobytes())
    return digest.hexdigest()


def write_whole(path: Path, content: bytes) -> None:
    """Write beside the file first and put it in place in one step, so that no reader ever meets half a file."""
    if not path.parent.is_dir():
        raise FileNotFoundError(f"there is no folder {str(path.parent)!r} to write {path.name!r} to; make it first")
    beside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with open(beside, "xb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(beside, path)
    finally:
        beside.unlink(missing_ok=True)


def load(path: str | os.PathLike[str]) -> Model:
    """Read a model file.

    Raises
    ------
    ModelFileError
        When the file is damaged, not one of clearprop's, or of a newer format.
    OSError
        When there is no such file or it cannot be read.
    """
    from safetensors import SafetensorError, safe_open

    path = Path(path)
    _check_header(path)
    try:
        with safe_open(str(path), framework="numpy") as file:
            metadata = file.metadata() or {}
            text = metadata.get("clearprop")
            if text is None:
                raise ModelFileError(f"{path} is a safetensors file, but not a clearprop model: it lacks our metadata")
            document = _document(path, text)
            network = network_from_json(document.get("network"))
            if list(file.keys()) != ["theta"]:
                raise ModelFileError(f"{path} must hold one array, theta, not {list(file.keys())[:5]}")
            window = file.get_slice("theta")
            shape = window.get_shape()
            fits = shape == [network.n_parameters] or (
                len(shape) == 2 and shape[1] == network.n_parameters and 1 < shape[0] <= MOST_MEMBERS
            )
            if not fits or window.get_dtype() not in ("F32", "F64"):
                raise ModelFileError(
                    f"{path} holds {window.get_dtype()} numbers of shape {shape}, but its network has "
                    f"{network.n_parameters} parameters (F32 or F64), of each network where there are several"
                )
            theta = file.get_tensor("theta")
    except SafetensorError as error:
        raise ModelFileError(f"{path} is damaged or not a clearprop model ({error})") from None
    if metadata.get("sha256") != checksum(text, theta):
        raise ModelFileError(f"{path} is damaged: its contents do not match its checksum")
    if not np.isfinite(theta).all():
        raise ModelFileError(f"{path} holds parameters that are not finite")
    thetas = theta.reshape(-1, network.n_parameters)
    version = str(document.get("version", ""))
    return Model(network, network.views(thetas[0]), document.get("details", {}), version, thetas)


def _check_header(path: Path) -> None:
    """Raise ModelFileError where the header's length cannot be true, before anything reads that far."""
    if path.is_dir():
        raise ModelFileError(f"{path} is a folder, not a model file")
    with open(path, "rb") as file:
        start = file.read(8)
        size = os.fstat(file.fileno()).st_size
    if len(start) < 8:
        raise ModelFileError(f"{path} has only {size} bytes: it is cut off, or not a clearprop model")
    length = struct.unpack("<Q", start)[0]
    if length > LARGEST_HEADER or length + 8 > size:
        raise ModelFileError(
            f"{path} is cut off, or not a clearprop model (its header would take {length:,} of {size:,} bytes)"
        )


def _document(path: Path, text: str) -> dict[str, Any]:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        raise ModelFileError(f"{path} is damaged: its metadata is not JSON") from None
    if not isinstance(document, dict) or not isinstance(document.get("format"), int):
        raise ModelFileError(f"{path} is damaged: its metadata names no format")
    if document["format"] > FORMAT:
        raise ModelFileError(
            f"{path} was written by clearprop {document.get('version', '?')} in format {document['format']}; "
            f"this version reads formats up to {FORMAT}. Upgrade clearprop to use it."
        )
    if document["format"] < 1 or not isinstance(document.get("details", {}), dict):
        raise ModelFileError(f"{path} is damaged: no version of clearprop writes such metadata")
    return document


def network_to_json(network: Network) -> dict[str, Any]:
    """The spec of a network as JSON holds it."""
    return {
        "inputs": network.widths[0],
        "layers": [
            {
                "outputs": layer.outputs,
                "activation": formula_to_json(layer.activation, ACTIVATIONS),
                **{name: getattr(layer, name) for name in FACTORS},
            }
            for layer in network.layers
        ],
        "loss": formula_to_json(network.loss, LOSSES),
    }


def network_from_json(spec: object) -> Network:
    """The network that `network_to_json` wrote; raises ModelFileError for anything else."""
    match spec:
        case {"inputs": int() as inputs, "layers": list() as layers, "loss": loss}:
            pass
        case _:
            raise ModelFileError("the description of the network is damaged")
    if not 0 < len(layers) <= MOST_LAYERS:
        raise ModelFileError(f"a network has 1 to {MOST_LAYERS} layers, not {len(layers)}")
    built: list[Dense] = []
    try:
        for layer in layers:
            found = formula_from_json(layer["activation"], Activation, ACTIVATIONS)
            factors = {name: float(layer[name]) for name in FACTORS}
            built.append(Dense(built[-1].outputs if built else inputs, layer["outputs"], found, **factors))
        return Network(tuple(built), formula_from_json(loss, Loss, LOSSES))
    except ModelFileError:
        raise
    except (ClearpropError, KeyError, TypeError, ValueError) as error:
        raise ModelFileError(f"the description of the network is damaged ({error})") from None
