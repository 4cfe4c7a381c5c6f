"""The conventions of a sheet: what texts do differently, each said in a line of its own, or tried where it is not.

Books agree on the derivatives and differ in what they call them: δ = ∂C/∂z or −∂C/∂z, the mean or the sum over samples
and over outputs, a row of W for each input or for each output. A sheet may say which it follows::

    delta: minus            # δ = −∂C/∂z, and the error is y − a; plus is the usual
    samples: sum            # no 1/n; or each, δ of each sample as of a loss of its own, 1/n in the gradients alone
    outputs: mean           # the loss divided by the number of outputs; sum is the usual
    rows: outputs           # of every weight matrix, given or worked out; inputs is the usual
    biases: none            # or fixed, shared (one for each layer), updated
    count from: 1           # indices as in W1[1,2]; 0 is the usual
    given: rounded          # the numbers given are themselves printed roundings; or exact
    weighted sum: a         # what z is called (Bishop); its activation is then z
    velocity: gradients     # of momentum, v = μv + ∂C/∂w; or subtracted, mean; steps, v = μv − η·∂C/∂w, is the usual
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from clearprop.explain.words.message import Listed, Message, line_told, setting_named
from clearprop.trace.names import Reference

if TYPE_CHECKING:
    from clearprop.explain.checking.worksheets.statements import Statement

CHOICES: Mapping[str, Mapping[str, tuple[str, ...]]] = {
    "delta": {"plus": ("plus", "+"), "minus": ("minus", "-", "−", "negative")},
    "samples": {"mean": ("mean", "average"), "sum": ("sum", "total"), "each": ("each", "each sample", "own")},
    "outputs": {"sum": ("sum", "total"), "mean": ("mean", "average")},
    "rows": {"inputs": ("inputs", "input", "from"), "outputs": ("outputs", "output", "to")},
    "biases": {
        "updated": ("updated", "yes", "trained"),
        "fixed": ("fixed", "not updated", "frozen"),
        "none": ("none", "no", "without"),
        "shared": ("shared", "one for each layer", "one per layer"),
    },
    "count from": {"0": ("0", "zero"), "1": ("1", "one")},
    "given": {"exact": ("exact",), "rounded": ("rounded", "printed")},
    "weighted sum": {"z": ("z",), "a": ("a",)},
    "velocity": {
        "steps": ("steps", "step"),
        "gradients": ("gradients", "gradient"),
        "subtracted": ("subtracted",),
        "mean": ("mean", "average"),
    },
}
# Those that numbers depend on: `explain` shows the usual in their place.
USUAL = ("delta: minus", "samples: sum", "samples: each", "outputs: mean", "biases: shared")
CHANGEABLE = (*(name.replace(" ", "_") for name in CHOICES), "loss")
TRANSPOSED = ("W", "dW")  # kinds whose first axis is the inputs


@dataclass(frozen=True)
class Conventions:
    """How the numbers of a sheet are meant.

    Attributes
    ----------
    delta : {"plus", "minus"}
        δ = ∂C/∂z, or −∂C/∂z (then the error is y − a, and weights are updated with +η).
    samples : {"mean", "sum", "each"}
        Where the 1/n of the mean stands: in every δ, nowhere, or in the gradients.
    outputs : {"sum", "mean"}
    rows : {"inputs", "outputs"}
        What a row of a weight matrix, of its gradient and of its memory belongs to.
    biases : {"updated", "fixed", "none", "shared"}
    count_from : {"0", "1"}
        Of indices in brackets.
    given : {"exact", "rounded"}
        Whether the given numbers are what they say, or roundings.
    weighted_sum : {"z", "a"}
        What the weighted sum is called; Bishop calls it a, and z what the activation function makes of it.
    velocity : {"steps", "gradients", "subtracted", "mean"}
        What momentum keeps, see `clearprop.explain.checking.velocities`.
    loss : str
        The loss of a sheet that names none; the textbooks' ½ is in "half_squared_error".
    stated : frozenset of str
        The names of those that the sheet says; the others may be tried.
    points : bool
        Whether the sheet writes decimal points; then a comma between digits separates numbers wherever it can.

    Examples
    --------
    >>> from clearprop.explain.checking.conventions import Conventions
    >>> usual = Conventions()
    >>> usual.under(delta="minus").lines(usual)
    ('delta: minus',)
    """

    delta: str = "plus"
    samples: str = "mean"
    outputs: str = "sum"
    rows: str = "inputs"
    biases: str = "updated"
    count_from: str = "0"
    given: str = "exact"
    weighted_sum: str = "z"
    velocity: str = "steps"
    loss: str = "half_squared_error"
    stated: frozenset[str] = field(default=frozenset())
    points: bool = False

    def under(self, **changes: str) -> Conventions:
        """The same with some of them changed."""
        return replace(self, **changes)  # type: ignore[arg-type]

    def lines(self, usual: Conventions) -> tuple[str, ...]:
        """What a sheet has to say to follow these and not `usual`."""
        changed = [name for name in CHANGEABLE if getattr(self, name) != getattr(usual, name)]
        return tuple(f"{name.replace('_', ' ')}: {getattr(self, name)}" for name in changed)

    def shown_otherwise(self) -> Message | None:
        """A sentence where `explain`, which shows the usual conventions, shows other numbers than a sheet under these.

        Examples
        --------
        >>> from clearprop.explain.checking.conventions import Conventions
        >>> Conventions().shown_otherwise() is None
        True
        >>> Conventions(delta="minus").shown_otherwise()
        'The sheet says delta: minus, which check follows; this shows the usual: δ = ∂C/∂z.'
        """
        said = [line for line in self.lines(Conventions()) if line in USUAL]
        if not said:
            return None
        shown = Listed(*(Message(f"usual_{line.partition(':')[0]}") for line in said), joint="list_comma")
        return Message("remark_shown", said=Listed(*map(line_told, said), joint="list_semicolon"), shown=shown)

    def places(self, site: str, shape: Sequence[int], count: int) -> list[tuple[int, ...]]:
        """Which numbers of a site a line of `count` numbers without indices holds, in the order written."""
        if self.biases == "shared" and count == 1 and _kind(site) in ("b", "db"):
            return [(0,)]
        if self.is_turned(site, shape):
            return [(k, j) for j in range(shape[1]) for k in range(shape[0])]
        return list(np.ndindex(*shape))

    def place(self, site: str, indices: Sequence[str], shape: Sequence[int]) -> tuple[str, ...]:
        """The indices of a trace's array that the indices written in brackets mean."""
        start = int(self.count_from)
        found = tuple(str(int(i) - start) if i.lstrip("-").isdigit() else i for i in indices)
        return found[::-1] if self.is_turned(site, shape) and len(found) == 2 else found

    def meant(self, found: Reference) -> Reference:
        """What a name stands for: where the weighted sum is called a, z is its activation."""
        if self.weighted_sum == "z" or found.layer == "0":
            return found
        return found._replace(kind={"a": "z", "z": "a"}.get(found.kind, found.kind))

    def is_turned(self, site: str, shape: Sequence[int]) -> bool:
        """Whether a matrix of this site is written transposed."""
        return self.rows == "outputs" and len(shape) == 2 and _kind(site) in TRANSPOSED

    def shape_of(self, site: str, shape: Sequence[int]) -> tuple[int, ...]:
        """The shape that a site has on paper."""
        return tuple(shape[::-1]) if self.is_turned(site, shape) else tuple(shape)

    def factors(
        self, total: float, n_outputs: int, *, has_shares: bool = False, of_samples: bool = False
    ) -> dict[str, float]:
        """What the numbers of the mean over samples and the sum over outputs are multiplied by.

        Parameters
        ----------
        total : float
            The weights of all samples together, by which the mean divides.
        n_outputs : int
        has_shares : bool
            Whether each sample has a share of the mean in a number of its own. Of the sum that is its weight, and the
            loss and the errors follow from it.
        of_samples : bool
            Whether the loss of each sample, over its outputs, is a number of its own, which the loss follows from.
        """
        samples = total if self.samples == "sum" else 1.0
        outputs = 1.0 / n_outputs if self.outputs == "mean" else 1.0
        sign = -1.0 if self.delta == "minus" else 1.0
        mean = 1.0 if has_shares else samples
        late = total if self.samples == "each" else 1.0
        return {
            "sample_loss": outputs,
            "loss": mean * (1.0 if of_samples else outputs),
            "loss_new": samples * outputs,
            "error": mean * outputs * sign * late,
            "gradient": sign / late,
            "total_weight": 1.0 / samples,
        }


def _kind(site: str) -> str:
    """ "W" of W1, m_W1_new and g_W1; "dW" of dW1."""
    plain = site.removesuffix("_new").rstrip("0123456789")
    return plain.rsplit("_", 1)[-1]


def conventions_of(settings: Mapping[str, Statement]) -> Conventions:
    """The conventions that the settings of a sheet state.

    Raises
    ------
    InputError
        For a choice that there is not, with line and column.
    """
    found: dict[str, Any] = {}
    for name, choices in CHOICES.items():
        if name in settings:
            found[name.replace(" ", "_")] = _choice(settings[name], name, choices)
    stated = {name.replace(" ", "_") for name in settings if name in CHOICES}
    stated |= {"loss"} if "loss" in settings or "case" in settings else set()
    stated |= {"given"} if "case" in settings and "given" not in settings else set()
    return Conventions(**found, stated=frozenset(stated))


def _choice(statement: Statement, name: str, choices: Mapping[str, tuple[str, ...]]) -> str:
    written = statement.value.strip().lower()
    for choice, spellings in choices.items():
        if written in spellings:
            return choice
    kept = Listed(*(Message(f"value_{choice}") for choice in choices), joint="list_comma")
    raise statement.wrong("sheet_choice", name=setting_named(name), choices=kept, value=statement.value)
