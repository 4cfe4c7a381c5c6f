"""The proofs replayed: every step of BP1–BP4 evaluated on random networks, and held against the engine's gradient.

Each partial derivative in a step is felt, not derived: one number is moved by an imaginary amount so small that nothing
of it is lost by rounding (a complex step), and what follows is computed anew. So a wrong step, a wrong formula of a
slope and a wrong gradient would all show.

Source of the complex step: W. Squire, G. Trapp, Using Complex Variables to Estimate Derivatives of Real Functions,
SIAM Review 40 (1998).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np

from clearprop.errors import InputError
from clearprop.explain.derivations.proof_instances import specialised
from clearprop.explain.derivations.proofs import PROOFS, Proof, proof
from clearprop.formulas import SGD
from clearprop.formulas.expressions import symbols
from clearprop.job import Job
from clearprop.network import Network
from clearprop.trace.arithmetic import computed
from clearprop.trace.names import Partial, Reference, parse
from clearprop.trace.record import trace_of
from clearprop.trace.setting import setting_of
from clearprop.trace.trace import Trace

STEP = 1e-200  # of the imaginary move; its square is 0
HIDDEN = ("logistic", "tanh", "softplus", "silu")  # smooth, with formulas that complex numbers go through
ENDS = (
    ("identity", "half_squared_error"), ("identity", "squared_error"), ("logistic", "binary_cross_entropy"),
    ("logistic", "squared_error"), ("tanh", "half_squared_error"), ("softmax", "cross_entropy"),
    ("softmax", "squared_error"),
)  # fmt: skip


@dataclass(frozen=True)
class Replayed:
    """What a replay of the proofs found.

    Attributes
    ----------
    networks : int
    steps : int
        How many steps were evaluated.
    worst : float
        The greatest difference between a step and the engine's gradient, relative to max(1, |gradient|).
    where : str
        The step that it was found in.
    """

    networks: int
    steps: int
    worst: float
    where: str


@lru_cache(maxsize=8)
def replay_proofs(networks: int = 20, seed: int = 0) -> Replayed:
    """Evaluate each step of each proof on random networks.

    The networks have up to three layers of up to three neurons, smooth activations, the usual pairs of output and
    loss, and one sample or a batch of two or three, half of them with weights of the rows.

    Parameters
    ----------
    networks : int
        How many.
    seed : int

    Raises
    ------
    InputError
        For less than one network.

    Examples
    --------
    >>> from clearprop.explain import replay_proofs
    >>> found = replay_proofs(networks=3)
    >>> found.steps > 30, found.worst < 1e-13
    (True, True)
    """
    if isinstance(networks, bool) or not isinstance(networks, int) or networks < 1:
        raise InputError(f"the number of networks must be a whole number of at least 1, not {networks!r}")
    random, steps, worst, where = np.random.default_rng(seed), 0, 0.0, ""
    for _ in range(networks):
        trace = random_trace(random)
        for place, difference in differences(trace, random):
            steps += 1
            if difference >= worst:
                worst, where = difference, place
    return Replayed(networks, steps, worst, where)


def random_trace(random: np.random.Generator) -> Trace:
    """A step of a random network on random rows."""
    output, loss = ENDS[random.integers(len(ENDS))]
    widths = [int(n) for n in random.integers(1, 4, random.integers(2, 5))]
    if output == "softmax":
        widths[-1] = max(2, widths[-1])
    hidden = [str(random.choice(HIDDEN)) for _ in widths[2:]]
    network = Network.mlp(widths, hidden, output, loss)
    params = network.views(random.normal(scale=0.7, size=network.n_parameters))
    n = int(random.integers(1, 4))
    X, Y = random.normal(size=(n, widths[0])), random.random((n, widths[-1]))
    if network.loss.is_distribution:
        Y = np.eye(widths[-1])[random.integers(0, widths[-1], n)]
    weight = random.uniform(0.2, 3, n) if random.random() < 0.5 else None
    x, y, weight = (X[0], Y[0], None) if n == 1 else (X, Y, weight)
    return trace_of(setting_of(Job(network, SGD()), params, x, y, None, weight, None), params, Trace)


def differences(trace: Trace, random: np.random.Generator) -> Iterator[tuple[str, float]]:
    """Every step of every proof, for a layer, neuron and weight chosen at random, and how far it is off."""
    network, felt = trace.network, Felt(trace)
    L = network.depth
    for name in PROOFS:
        if name == "BP2" and L == 1:
            continue
        l = L if name == "BP1" else int(random.integers(1, L if name == "BP2" else L + 1))
        letters = {
            "L": L, "l": l, "j": int(random.integers(network.widths[l])),
            "k": int(random.integers(network.widths[l - 1])), "i": int(random.integers(trace.n_samples)),
        }  # fmt: skip
        yield from _of_proof(trace, felt, proof(name, trace), letters)


def _of_proof(trace: Trace, felt: Felt, found: Proof, letters: dict[str, int]) -> Iterator[tuple[str, float]]:
    target = specialised(trace, found, found.target, letters)
    (name,) = symbols(target)
    engine = felt.engine(parse(name))
    forms = [specialised(trace, found, step.form, letters) for step in found.steps]
    for number, form in enumerate(forms, start=1):
        value = float(computed(form, {symbol: felt.value(symbol) for symbol in symbols(form)}))
        yield f"{found.name}, step {number}, {name}", abs(value - engine) / max(1.0, abs(engine))


class Felt:
    """The values of a proof's symbols: partial derivatives by complex steps, all else from the trace.

    Parameters
    ----------
    trace : Trace
        Without dropout and penalties.
    """

    def __init__(self, trace: Trace) -> None:
        self.trace, self.network = trace, trace.network
        self._known: dict[str, float] = {}

    @cached_property
    def rows(self) -> dict[str, Any]:
        """z and a of all layers, with an axis of samples."""
        names = [f"{kind}{l}" for l in range(self.network.depth + 1) for kind in "za" if f"{kind}{l}" in self.trace]
        return {name: np.atleast_2d(self.trace[name].value) for name in names}

    def value(self, name: str) -> float:
        """The value of a symbol."""
        if name not in self._known:
            found = parse(name)
            self._known[name] = self.partial(found) if isinstance(found, Partial) else self.trace.value_of(name)
        return self._known[name]

    def engine(self, target: Reference | Partial | None) -> float:
        """What the engine has for the target of a proof."""
        if isinstance(target, Partial):
            target = target.by._replace(kind=f"d{target.by.kind}")
        return self.trace.value_of(str(target))

    def partial(self, partial: Partial) -> float:
        """∂(of)/∂(by), felt."""
        of, by = partial
        after = self._moved(by, None if of.kind == "C" else f"{of.kind}{of.layer}")
        if of.kind == "C":
            return float(self._loss(after).imag / STEP)
        array = after if self.trace.is_batch else after[0]
        return float(array[tuple(map(int, of.indices))].imag / STEP)

    def _moved(self, by: Reference, until: str | None) -> Any:
        """The array `until`, or the outputs, with one number moved."""
        place = tuple(map(int, by.indices))
        start = int(by.layer)
        layers = range(1, self.network.depth + 1)
        weights = {f"{kind}{l}": self.trace[f"{kind}{l}"].value for l in layers for kind in "Wb"}
        if by.kind in "Wb":
            weights[by.site] = _with_step(weights[by.site], place)
            a, z = self.rows[f"a{start - 1}"], None
        else:
            place = place if self.trace.is_batch else (0, *place)
            moved = _with_step(self.rows[f"{by.kind}{start}"], place)
            a, z = (moved, None) if by.kind == "a" else (None, moved)
            start += by.kind == "a"
        if until == f"{by.kind}{by.layer}":
            return z if z is not None else a
        for l in range(start, self.network.depth + 1):
            z = a @ weights[f"W{l}"] + weights[f"b{l}"] if z is None else z
            if until == f"z{l}":
                return z
            shape = self.network.layers[l - 1].activation
            a, z = computed(shape.tree(), {"z": z, **shape.parameters}), None
            if until == f"a{l}":
                return a
        return a

    def _loss(self, outputs: Any) -> Any:
        loss = self.network.loss
        each = computed(loss.tree(), {"a": outputs, "y": self.trace.setting.target, **loss.parameters}).sum(axis=1)
        return (self.trace["share"].value * each).sum() if "share" in self.trace else each.mean()


def _with_step(array: Any, place: tuple[int, ...]) -> Any:
    """The array with an imaginary step in one place."""
    moved = np.array(array, dtype=complex)
    moved[place] += 1j * STEP
    return moved
