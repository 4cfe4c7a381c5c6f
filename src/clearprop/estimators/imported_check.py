"""The gradient of an imported network: the source's own, ours, and a central difference; and one step explained."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from clearprop.engines import Data, Job, TrainingState
from clearprop.estimators.checking import checked_gradient
from clearprop.estimators.imported_targets import ImportedNetwork
from clearprop.explain import Trace
from clearprop.explain import explain as make_trace
from clearprop.explain.trained import kind_of, trained_on_arrays
from clearprop.files.importers.source import OptimizerMemory, SourceNetwork
from clearprop.formulas import UpdateRule
from clearprop.network import Network, backward, forward

FLOOR = 1e-4  # below this size gradients are compared absolutely, as central differences are


@dataclass(frozen=True)
class TensorCheck:
    """The gradient of one tensor, three ways.

    Attributes
    ----------
    name : str
        "W1", "b1", …
    source_error : float or None
        Greatest relative difference between the source's and ours; None where the source has none at hand.
    difference_error : float or None
        That between ours and central differences; None where none of its parameters was drawn.
    place : str
        Where the greater of the two is: "W1[0, 2]".
    source, ours, difference : float or None
        The numbers there.
    mistake : str
        What the source's gradient looks like, where it differs; "" where nothing is known.
    """

    name: str
    source_error: float | None
    difference_error: float | None
    place: str
    source: float | None
    ours: float
    difference: float | None
    mistake: str = ""

    @property
    def error(self) -> float:
        """The greater of the two."""
        return max(self.source_error or 0.0, self.difference_error or 0.0)


@dataclass(frozen=True)
class ImportedGradients:
    """What `Imported.check_gradient` found.

    Attributes
    ----------
    tensors : tuple of TensorCheck
        In the order W1, b1, W2, ….
    tolerance : float
    n_kinks : int
        Parameters whose central difference straddles a kink, which are not judged.
    """

    tensors: tuple[TensorCheck, ...]
    tolerance: float
    n_kinks: int = 0

    @property
    def first_wrong(self) -> TensorCheck | None:
        """The first tensor that differs, in the order in which back-propagation reaches them: from the output."""
        return next((each for each in reversed(self.tensors) if not each.error <= self.tolerance), None)

    @property
    def passed(self) -> bool:
        """Whether every tensor agrees."""
        return self.first_wrong is None

    def __str__(self) -> str:
        lines = [
            f"gradient check {'passed' if self.passed else 'FAILED'}: {len(self.tensors)} tensors, "
            f"tolerance {self.tolerance:g}",
            f"  {'':6}{'source − ours':>15}{'ours − central':>17}",
        ]
        lines += [
            f"  {each.name:6}{_short(each.source_error):>15}{_short(each.difference_error):>17}"
            for each in self.tensors
        ]
        if all(each.source_error is None for each in self.tensors):
            lines.append("  the source's own gradient is not at hand")
        if self.n_kinks:
            lines.append(f"  {self.n_kinks} parameters straddle a kink and are not judged")
        wrong = self.first_wrong
        if wrong is not None:
            numbers = (("source", wrong.source), ("ours", wrong.ours), ("central difference", wrong.difference))
            said = ", ".join(f"{name} {value:.9g}" for name, value in numbers if value is not None)
            lines.append(f"  the first that differs, from the output back: {wrong.place}: {said}")
            lines += [f"  {wrong.mistake}"] if wrong.mistake else []
        return "\n".join(lines)


def _short(error: float | None) -> str:
    return "–" if error is None else f"{error:.1e}"


def gradients_of(
    imported: ImportedNetwork, X: Any, y: Any, n_parameters: int | None, tolerance: float | None
) -> ImportedGradients:
    """See `Imported.check_gradient`."""
    network, source = imported.network, imported.source
    given, Y = imported.inputs(X), imported.targets.encode(y)
    theta = imported.parameters.theta.astype(np.float64)
    params, inputs = network.views(theta), given.astype(np.float64)
    ours = backward(network, params, forward(network, params, inputs), Y).theta
    check = checked_gradient(Job(network), theta, Data(inputs, Y), n_parameters, 1e-6)
    if tolerance is None:
        in_single = source.gradient is not None and np.dtype(source.dtype) == np.float32
        tolerance = 1e-4 if in_single else 1e-6
    central = dict(zip(check.names, check.central_difference, strict=True))
    kinks = {name for name, kink in zip(check.names, check.at_kink, strict=True) if kink}
    theirs = None if source.gradient is None else source.gradient(given if source.inputs is None else X, Y)
    tensors = []
    for block in network.blocks:
        at = ours[block.start : block.stop].reshape(block.shape)
        own = None if theirs is None else theirs[block.layer - 1]["Wb".index(block.letter)]
        is_frozen = block.rate == 0 and own is None
        if is_frozen:
            continue
        own = None if own is None else np.asarray(own, dtype=np.float64)
        found = _tensor(block.name, at, own, central, kinks)
        if own is not None and found.source_error is not None and not found.source_error <= tolerance:
            found = replace(found, mistake=mistake_of(own, at, len(Y), network.widths[-1]))
        tensors.append(found)
    return ImportedGradients(tuple(tensors), tolerance, len(kinks))


def _tensor(name: str, ours: Any, theirs: Any, central: dict[str, Any], kinks: set[str]) -> TensorCheck:
    """One tensor, and where it differs most."""
    places = [tuple(map(int, place)) for place in np.ndindex(ours.shape)]
    names = {f"{name}[{', '.join(map(str, place))}]": place for place in places}
    measured = {key: place for key, place in names.items() if key in central and key not in kinks}
    differences = {key: _relative(central[key], ours[place]) for key, place in measured.items()}
    if theirs is not None and theirs.shape == ours.shape:
        apart = {key: _relative(theirs[place], ours[place]) for key, place in names.items()}
    else:
        apart = {} if theirs is None else dict.fromkeys(names, float("inf"))
    all_of = apart or differences or dict.fromkeys(names, 0.0)
    worst = max(all_of, key=all_of.__getitem__)
    if differences and max(differences.values()) > all_of[worst]:
        worst = max(differences, key=differences.__getitem__)
    fits = theirs is not None and theirs.shape == ours.shape
    return TensorCheck(
        name,
        max(apart.values()) if apart else None,
        max(differences.values()) if differences else None,
        worst,
        float(theirs[names[worst]]) if fits else None,
        float(ours[names[worst]]),
        float(central[worst]) if worst in central else None,
    )


def _relative(one: float, other: float) -> float:
    return abs(float(one) - float(other)) / max(abs(float(one)), abs(float(other)), FLOOR)


def mistake_of(theirs: Any, ours: Any, n_rows: int, n_outputs: int) -> str:
    """What makes one gradient of the other, in a sentence; "" where nothing known does.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.estimators.imported_check import mistake_of
    >>> mistake_of(np.array([[8.0, 4.0]]), np.array([[2.0, 1.0]]), n_rows=4, n_outputs=2)
    "the source's is 4 times ours, the number of rows: it sums over the rows instead of taking their mean"
    """
    if theirs.shape != ours.shape:
        turned = theirs.T.shape == ours.shape and np.allclose(theirs.T, ours, rtol=1e-4, atol=1e-9)
        return "the source's is transposed" if turned else f"the source's has the shape {theirs.shape}"
    if ours.ndim == 2 and ours.shape[0] == ours.shape[1] and np.allclose(theirs.T, ours, rtol=1e-4, atol=1e-9):
        return "the source's is transposed"
    norm = float(np.vdot(ours, ours))
    factor = float(np.vdot(theirs, ours)) / norm if norm > 0 else 0.0
    if factor == 0 or not np.allclose(theirs, factor * ours, rtol=1e-4, atol=1e-7 * np.abs(theirs).max()):
        return "" if np.any(theirs) else "the source's is 0 everywhere: nothing reaches it"
    known = [
        (-1.0, "the sign is turned: it goes uphill"),
        (n_rows, "the number of rows: it sums over the rows instead of taking their mean"),
        (1 / n_rows, "1 / the number of rows: 1/n is taken twice"),
        (1 / n_outputs, "1 / the number of outputs: its loss is the mean over the outputs, ours the sum"),
        (n_outputs, "the number of outputs: its loss is the sum over the outputs, where this one is the mean"),
        (2.0, "as of (y − a)² instead of ½(y − a)²"),
        (0.5, "as of ½(y − a)² instead of (y − a)²"),
        (2 / n_outputs, "as of the mean of (y − a)² over rows and outputs, instead of ½(y − a)² summed over outputs"),
    ]
    because = next((said for value, said in known if abs(factor / value - 1) < 1e-3), "")
    return f"the source's is {factor:.4g} times ours" + (f", {because}" if because else "")


def job_of(source: SourceNetwork, network: Network, rule: UpdateRule) -> Job:
    """What the source's training asked for beside its update rule: the L2 penalty."""
    return Job(network, rule, l2=float(source.settings.get("alpha", 0.0)))


def remember(state: TrainingState, network: Network, rule: Any, memory: OptimizerMemory) -> bool:
    """Put what the source's optimizer remembers, and how far it has come, into a state; whether it fits the rule."""
    names = getattr(rule, "memory", ())
    if tuple(memory.vectors) != tuple(names):
        return False
    state.step = memory.step
    for vector, name in zip(state.memory, names, strict=True):
        pairs = memory.vectors[name]
        biases = [np.zeros(W.shape[1]) if b is None else b for W, b in pairs]
        vector[:] = network.parameters([W for W, _ in pairs], biases, vector.dtype).theta
    return True


def explained(imported: ImportedNetwork, x: Any, y: Any, optimizer: str | UpdateRule | None) -> Trace:
    """See `Imported.explain`."""
    is_batch = hasattr(x, "columns") or np.ndim(x) > 1
    rows = x if is_batch else np.asarray(x)[None]
    inputs = imported.inputs(rows).astype(np.float64)
    targets = imported.targets.encode(y if is_batch else np.asarray(y)[None])
    rule = imported.source.update_rule if optimizer is None else None
    job = None if rule is None else job_of(imported.source, imported.network, rule)
    state = None if job is None else TrainingState.start(job, imported.parameters.theta)
    if state is not None and imported.source.memory is not None:
        remember(state, imported.network, rule, imported.source.memory)
    trace = make_trace(
        imported.network,
        imported.parameters,
        inputs if is_batch else inputs[0],
        targets if is_batch else targets[0],
        optimizer,
        state,
        job=job,
    )
    if is_batch:
        return trace
    source = imported.source
    made = () if source.inputs is None else tuple(each.name for each in source.inputs.inputs)
    names = made or source.feature_names or tuple(f"x{k + 1}" for k in range(inputs.shape[1]))
    outputs = forward(imported.network, imported.parameters, imported.inputs(rows)).a[-1]
    actual = y.tolist() if hasattr(y, "tolist") else y
    step = "asked" if optimizer is not None else "assumed" if rule is None else "known"
    meant = imported.targets
    kind = kind_of(has_classes=meant.classes is not None, is_multilabel=meant.is_multilabel)
    labels = (source.target_names if kind == "numbers" else None) or meant.labels
    answer = meant.decode(outputs)[0]
    return replace(trace, trained=trained_on_arrays(names, inputs[0], kind, labels, actual, outputs[0], answer, step))
