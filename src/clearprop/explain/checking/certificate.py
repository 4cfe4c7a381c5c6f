"""Certificates: one step of training with everything it came from, as JSON that another program can verify.

A certificate holds what went in, every number that came out, how far independent computations are from one another, and
a SHA-256 by which a changed number is found out. The format is told in docs/certificates.md; `verify_certificate` is
one reader of it, and the tests have another that needs NumPy and nothing of clearprop.
"""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from clearprop.errors import InputError
from clearprop.explain.checking.conventions import Conventions
from clearprop.formulas import Formula
from clearprop.network import backward, forward
from clearprop.network.gradient_check import check_gradient
from clearprop.trace.names import at
from clearprop.version import __version__

if TYPE_CHECKING:
    from clearprop.explain.checking.verdicts import Checked
    from clearprop.trace.trace import Trace

FORMAT, VERSION = "clearprop-certificate", 1
MOST_DIFFERENCES = 500  # parameters that are checked by central differences; of larger networks some, drawn at random


def certificate(trace: Trace, checked: Checked | None = None) -> dict[str, Any]:
    """The certificate of a trace, and of a sheet that was judged by it.

    Parameters
    ----------
    trace : Trace
    checked : Checked, optional

    Returns
    -------
    dict
        As JSON holds it; write it with ``json.dumps``.

    Examples
    --------
    >>> from clearprop.explain import case
    >>> from clearprop.explain.checking.certificate import certificate
    >>> made = certificate(case("case_study").trace())
    >>> made["residuals"]["replay"]["largest"], made["residuals"]["central_difference"]["largest"] < 1e-9
    (0.0, True)
    """
    made: dict[str, Any] = {
        "format": FORMAT,
        "version": VERSION,
        "clearprop": __version__,
        "input": _input(trace),
        "values": {name: _plain(trace[name].value) for name in trace},
        "residuals": {
            "engine": _largest(trace, _engine(trace)),
            "replay": _largest(trace, trace.replay()),
            "central_difference": _central(trace),
        },
    }
    if checked is not None:
        made["sheet"] = _sheet(checked)
    return {**made, "sha256": fingerprint(made)}


def _sheet(checked: Checked) -> dict[str, Any]:
    """The verdicts on a sheet, each with the step of its number, and the conventions that it was judged under."""
    sheet = checked.sheet
    steps = [step.number for step in sheet.steps for _ in step.entries]
    return {
        "passed": checked.passed,
        "conventions": list(sheet.conventions.lines(Conventions(loss=sheet.conventions.loss))),
        "numbers": [
            {
                "step": step,
                "name": str(number.reference),
                "written": number.written.text,
                "exact": _plain(number.exact),
                "verdict": number.verdict,
            }
            for line, step in zip(checked.lines, steps, strict=True)
            for number in line.numbers
        ],
    }


def fingerprint(document: Mapping[str, Any]) -> str:
    """The SHA-256 of the canonical form of a certificate, its own hash left out, as 64 hexadecimal digits."""
    content = {key: value for key, value in document.items() if key != "sha256"}
    canonical = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def verify_certificate(document: Any) -> None:
    """Whether a certificate is whole: its format, and that nothing in it was changed after it was made.

    Raises
    ------
    InputError
        When it is not one, or its hash does not belong to it.
    """
    if not isinstance(document, Mapping) or document.get("format") != FORMAT:
        raise InputError(f"this is not a certificate: its format is not {FORMAT!r}")
    if document.get("version") != VERSION:
        raise InputError(f"the certificate is of version {document.get('version')!r}; this program reads {VERSION}")
    if document.get("sha256") != fingerprint(document):
        raise InputError("the certificate was changed after it was made: its SHA-256 does not belong to its content")


def _input(trace: Trace) -> dict[str, Any]:
    """All that the step follows from."""
    network, setting, job = trace.network, trace.setting, trace.job
    state = setting.state
    return {
        "widths": list(network.widths),
        "activations": [_formula(layer.activation) for layer in network.layers],
        "loss": _formula(network.loss),
        "x": _plain(setting.X),
        "y": _plain(setting.Y),
        "sample_weight": None if setting.sample_weight is None else _plain(setting.sample_weight),
        "parameters": {name: _plain(trace[name].value) for name in (block.name for block in network.blocks)},
        "rates": {block.name: block.rate for block in network.blocks},
        "decays": {block.name: block.decay for block in network.blocks},
        "optimizer": _formula(trace.optimizer, "update"),
        "step": trace.step,
        "memory": {
            name: _plain(values) for name, values in zip(trace.optimizer.memory, state.memory, strict=True)
        },
        "dropout_masks": {str(l): _plain(values) for l, values in setting.mask.items()},
        "job": {
            "l1": job.l1, "l2": job.l2, "label_smoothing": job.label_smoothing, "clip_norm": job.clip_norm,
            "class_weight": None if job.class_weight is None else list(job.class_weight),
        },
    }  # fmt: skip


def _formula(found: Formula, form: str = "value") -> dict[str, Any]:
    """A formula by its name and parameters, and as text; one that gives several results has several texts."""
    return {
        "name": found.name,
        "parameters": _simple(found.parameters),
        "formula": "; ".join(map(str, type(found).trees(form))),
    }


def _simple(values: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value if isinstance(value, bool | int | float | str) else str(value) for name, value in values.items()
    }


def _plain(values: Any) -> Any:
    """An array as nested lists of numbers; what is not finite as text, which JSON has no number for."""
    array = np.asarray(values, dtype=np.float64)
    if array.ndim:
        return [_plain(item) for item in array]
    number = float(array)
    return number if math.isfinite(number) else str(number)


def _engine(trace: Trace) -> dict[str, Any]:
    """The forward and backward pass of the network itself, under the names of the trace."""
    setting, network = trace.setting, trace.network
    with np.errstate(all="ignore"):
        tape = forward(network, trace.params, setting.X, setting.mask)
        found = backward(network, trace.params, tape, setting.target, setting.weight)
    sites: dict[str, Any] = {}
    for l in range(1, network.depth + 1):
        rows = {"z": tape.z[l], "a": tape.a[l], "delta": found.delta[l]}
        sites |= {f"{name}{l}": values if trace.is_batch else values[0] for name, values in rows.items()}
        sites |= {f"dW{l}": found.W[l], f"db{l}": found.b[l]}
    return sites


def _largest(trace: Trace, found: Mapping[str, Any]) -> dict[str, Any]:
    """The largest difference between these values and the trace's, and where it is."""
    differences = [(gap, name) for name, gap in _differences(trace, found)]
    largest, where = max(differences)
    return {"largest": _plain(largest), "at": where if largest else "", "sites": sorted(found)}


def _differences(trace: Trace, found: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for name, values in found.items():
        with np.errstate(all="ignore"):
            gaps = np.abs(np.asarray(values, dtype=np.float64) - trace[name].value)
        gaps = np.where(np.isnan(gaps), 0.0, gaps)  # infinite in both
        place = np.unravel_index(int(np.argmax(gaps)), gaps.shape) if gaps.ndim else ()
        yield at(name, *map(int, place)) if place else name, float(gaps[place])


def _central(trace: Trace) -> dict[str, Any]:
    """The gradient of the loss against central differences."""
    setting, size = trace.setting, trace.network.n_parameters
    chosen = None
    if size > MOST_DIFFERENCES:
        chosen = np.sort(np.random.default_rng(0).choice(size, MOST_DIFFERENCES, replace=False))
    with np.errstate(all="ignore"):
        found = check_gradient(
            trace.network, trace.params, setting.X, setting.target, setting.weight, mask=setting.mask, chosen=chosen
        )
    gaps = np.abs(found.backpropagated - found.central_difference)
    gaps = np.where(np.isfinite(gaps) & ~found.at_kink, gaps, 0.0)
    worst = int(np.argmax(gaps))
    return {
        "largest": float(gaps[worst]),
        "at": found.names[worst].replace(" ", ""),
        "largest_relative": float(np.max(np.where(found.at_kink, 0.0, np.nan_to_num(found.relative_error)))),
        "checked": len(found.names),
        "parameters": size,
        "at_kinks": int(found.at_kink.sum()),
        "step": 1e-5,
        "passed": found.passed,
    }
