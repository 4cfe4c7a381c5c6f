"""Kinds of values and the laws that give them: the one table of what the name of a value of a step means.

Every name of a step (``z1``, ``W2_new``, ``loss``) begins with its kind. What a kind's array is indexed by says whether
there is one for each sample, whether it is a single number, and which shape it has in a given network.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

SAMPLE, UNIT, OUTPUT, CLASS, FROM, TO, WAVE = "sample", "unit", "output", "class", "from", "to", "wave"


class Law(StrEnum):
    """Why a value is what it is; explanations colour lines by it."""

    GIVEN = ""
    FORWARD = "forward"
    ACTIVATION = "activation"
    DROPOUT = "dropout"
    LOSS = "loss"
    WEIGHT = "weight"
    PENALTY = "penalty"
    BP1 = "BP1"
    BP2 = "BP2"
    BP3 = "BP3"
    BP4 = "BP4"
    CLIPPING = "clipping"
    RATE = "rate"
    UPDATE = "update"
    PREDICTION = "prediction"
    SECOND_PASS = "second pass"

    def __repr__(self) -> str:
        return repr(self.value)

    @property
    def is_forward(self) -> bool:
        """Whether a second pass, with the updated parameters, computes it anew."""
        return self in (Law.FORWARD, Law.ACTIVATION, Law.DROPOUT, Law.LOSS, Law.PENALTY)


@dataclass(frozen=True)
class Kind:
    """What values of one kind are.

    Attributes
    ----------
    name : str
        What their names begin with.
    axes : tuple of str
        What their arrays are indexed by: SAMPLE (only in a batch), UNIT (of the layer), OUTPUT and CLASS (of the last
        layer), FROM and TO (units of the layer before and of the layer), WAVE (of an embedding of numbers).
    letter : str
        How the books write them, where that is not their name.
    has_layer : bool
        Whether a layer's number follows the name.
    is_parameter : bool
        Whether they lie in θ: a block of a layer. What belongs to one (its gradient, rate, memory) has its shape.
    by : str
        Of the derivatives of the loss that are written as such, ∂C/∂…: the kind of what they are by.
    """

    name: str
    axes: tuple[str, ...] = ()
    letter: str = ""
    has_layer: bool = False
    is_parameter: bool = False
    by: str = ""

    @property
    def is_per_sample(self) -> bool:
        """Whether there is one for each sample; in a batch the first index is then the sample."""
        return self.axes[:1] == (SAMPLE,)

    @property
    def is_one_each(self) -> bool:
        """Whether there is one number for each sample."""
        return self.axes == (SAMPLE,)

    @property
    def is_number(self) -> bool:
        """Whether they are one number."""
        return not self.axes


def _of_layers(axes: tuple[str, ...], *names: str, **letters: str) -> list[Kind]:
    return [Kind(name, axes, letters.get(name, ""), has_layer=True) for name in (*names, *letters)]


KINDS: Mapping[str, Kind] = {
    kind.name: kind
    for kind in (
        # of each layer: activations, weighted inputs, σ′(z), what dropout leaves and its factors, δ = ∂C/∂z; shared and
        # unshared errors of the idea before δ
        *_of_layers((SAMPLE, UNIT), "a", "z", "slope", "passed", "e", "u", delta="δ", mask="r"),
        Kind("error", (SAMPLE, UNIT), has_layer=True, by="a"),
        Kind("carried", (SAMPLE, UNIT), has_layer=True, by="passed"),
        *_of_layers((SAMPLE, UNIT, UNIT), "jacobian"),
        # parameters and their gradients
        Kind("W", (FROM, TO), has_layer=True, is_parameter=True),
        Kind("b", (TO,), has_layer=True, is_parameter=True),
        Kind("dW", (FROM, TO), has_layer=True, by="W"),
        Kind("db", (TO,), has_layer=True, by="b"),
        # the same of an embedding of numbers: frequencies and phases of its waves
        Kind("freq", (WAVE,), "f", has_layer=True, is_parameter=True),
        Kind("phase", (WAVE,), "φ", has_layer=True, is_parameter=True),
        Kind("dfreq", (WAVE,), has_layer=True, by="freq"),
        Kind("dphase", (WAVE,), has_layer=True, by="phase"),
        # of the last layer: targets, before and after label smoothing, and the loss of each output
        *(Kind(name, (SAMPLE, OUTPUT)) for name in ("y", "smoothed", "losses")),
        Kind("sample_loss", (SAMPLE,)),  # of a batch with several outputs
        # weights of rows and classes
        Kind("sample_weight", (SAMPLE,), "s"), Kind("row_weight", (SAMPLE,), "ω"), Kind("share", (SAMPLE,), "p"),
        Kind("class_weight", (CLASS,), "c"), Kind("total_weight", (), "Ω"),
        # numbers of the whole step
        *map(Kind, ("loss", "prediction", "rate", "t", "C")),
        Kind("penalty", (), "R"), Kind("cost", (), "J"), Kind("norm", (), "‖g‖"), Kind("clip", (), "κ"),
        Kind("l", (), "λ", has_layer=True),  # l1 and l2, the strengths of the penalties
        Kind("ones", ("row",), "1"),  # a column of ones, in matrix forms of sums over samples
    )
}  # fmt: skip
PER_SAMPLE = frozenset(name for name, kind in KINDS.items() if kind.is_per_sample)


def kind_named(name: str) -> Kind:
    """The kind of this name; the rates of single blocks (``rate_W1``) and of the start are rates."""
    return KINDS["rate" if name.startswith("rate") else name]
