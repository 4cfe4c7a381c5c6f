"""How numbers of a trace are named after Nielsen's book; the other notations differ from this one.

A notation turns a reference into a written name. They differ in letters, in where counting starts, in the order of a
weight's two indices, and in whether a sample is a row or a column; the numbers are the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from clearprop.explain.writing.symbols import Applied, Code, Letter, Nabla, Ratio, Written, with_tilde
from clearprop.trace.kinds import KINDS, UNIT
from clearprop.trace.names import Partial, Reference, reference

# Letters that all notations but that of the program share.
LETTERS: Mapping[str, str] = {name: kind.letter for name, kind in KINDS.items() if kind.letter}

MEMORY = {"clipped": "ĝ", "m_hat": "m̂", "v_hat": "v̂"}  # letters of what belongs to a parameter


class Notation:
    """Base of the notations, and the one of Nielsen's book: wˡⱼₖ is the weight to neuron j from neuron k.

    Parameters
    ----------
    widths : sequence of int
        n₀ … n_L of the network.
    is_batch : bool
        Whether the arrays have an axis of samples.
    sample : int, optional
        Which sample of a batch is shown alone, from 0; what belongs to it then carries its number.

    Attributes
    ----------
    name : str
    columns : bool
        Whether a sample is a column and a weight matrix has the rows (to) and columns (from) of the books; otherwise a
        sample is a row, as in the code.
    """

    name = "nielsen"
    columns = True
    loss_letter, loss_script = "C", ""

    def __init__(self, widths: Sequence[int], is_batch: bool = False, sample: int | None = None) -> None:
        self.widths, self.is_batch, self.sample = tuple(widths), is_batch, sample

    @property
    def depth(self) -> int:
        """L, the number of layers with weights."""
        return len(self.widths) - 1

    def write(self, name: Reference | Partial) -> Written:
        """The name as this notation writes it."""
        if isinstance(name, Partial):
            return Ratio(self.write(name.of), self.write(name.by))
        if name.kind == "error" and name.layer == "L" and not name.indices:  # ∂C/∂aᴸ of all outputs at once
            return Nabla(self.loss(Reference("C")), self.write(Reference("a")))
        match name.kind:
            case "loss" | "C" | "sample_loss":
                return self.loss(name)
            case kind if kind in KINDS and KINDS[kind].by:
                return Ratio(self.loss(Reference("C")), self.write(name._replace(kind=KINDS[kind].by)))
            case "slope":
                return Applied("σ′", self.write(name._replace(kind="z")))
            case "jacobian":
                *sample, k, j = name.indices or ("", "")
                ends = [((*sample, end) if end else ()) for end in (k, j)]
                return Ratio(
                    self.write(name._replace(kind="a", indices=ends[0])),
                    self.write(name._replace(kind="z", indices=ends[1])),
                )
            case "prediction":
                return Letter(self.loss_letter, sub="pred")
            case "rate" | "rate_start":
                return Letter("η", sub="" if name.kind == "rate" else "0")
            case kind if kind.startswith("rate_"):
                return Applied("η", self.letter(reference(kind.removeprefix("rate_"))))
            case "t":
                return Letter("t")
            case "passed" | "smoothed":
                return with_tilde(self.letter(name._replace(kind="a" if name.kind == "passed" else "y")))
        if name.memory:
            return self.memory(name)
        return self.letter(name)

    def loss(self, name: Reference) -> Written:
        """The loss; of a general statement C."""
        is_of_samples = name.kind == "sample_loss"
        sample = self.split(name)[1] if is_of_samples else self.alone
        return Letter(self.loss_letter, self.loss_script, sample, is_of_samples and not sample, name.after)

    @property
    def alone(self) -> str:
        """The number of the sample that is shown alone, as a superscript."""
        return "" if self.sample is None else f"({self.sample + 1})"

    def memory(self, name: Reference) -> Written:
        """The optimizer's memory of a parameter: m(w²₁₁)."""
        whose = self.letter(name._replace(memory="", after=False))
        return Applied(MEMORY.get(name.memory, name.memory), whose, name.after)

    def letter(self, name: Reference) -> Letter | Code:
        """A parameter, weighted input, activation, δ, target or single loss."""
        found = self.before(name)
        return replace(found, after=True) if name.after and isinstance(found, Letter) else found

    def before(self, name: Reference) -> Letter | Code:
        """The same before the update."""
        index, sup = self.split(name)
        is_array = not index or ":" in index
        if name.kind == "W":
            return self.weight(name.layer, index, sup, is_array)
        if name.what.is_parameter and len(index) == 2:  # of a layer that is not dense
            return Letter(LETTERS.get(name.kind, name.kind), joined(*map(counted, index)), name.layer, is_array)
        if name.kind in LETTERS and UNIT not in name.what.axes and not name.what.is_parameter:
            is_number = name.what.is_number or bool(sup)
            sub = name.layer or (counted(index[0]) if index else "")
            return Letter(LETTERS[name.kind], sub, sup, is_array and not is_number)
        return self.neuron(name.kind, name.layer, index[0] if index else "", sup, is_array)

    def split(self, name: Reference) -> tuple[tuple[str, ...], str]:
        """The indices without the sample, and the sample as a superscript."""
        indices = name.indices
        if not name.what.is_per_sample:
            return indices, ""
        if not self.is_batch:
            return indices, "" if name.is_general else self.alone
        if len(indices) == 2 or (len(indices) == 1 and name.what.is_one_each):
            return indices[1:], f"({counted(indices[0])})"
        return indices, ""

    def neuron(self, kind: str, layer: str, j: str, sup: str, is_array: bool) -> Letter | Code:
        """A quantity of neuron j of a layer."""
        base = self.loss_letter if kind == "losses" else LETTERS.get(kind, kind)
        if kind == "a" and layer == "0":
            base, layer = "x", ""
        return Letter(base, counted(j), layer + sup, is_array)

    def weight(self, layer: str, index: tuple[str, ...], sup: str, is_array: bool) -> Letter | Code:
        """A weight; `index` is (from, to)."""
        if not index:
            return Letter("w", "", layer + sup, True)
        k, j = index
        if is_array:
            return Letter("w", counted(j), layer + sup, True)
        return Letter("w", joined(counted(j), counted(k)), layer + sup)


def counted(index: str) -> str:
    """An index as books count, from 1; letters stay, a whole axis is left out."""
    return str(int(index) + 1) if index.isdigit() else "" if index == ":" else index


def in_brackets(layer: str) -> str:
    """The number of a layer in brackets, so that o⁽²⁾ is no square; a letter as it is."""
    return f"({layer})" if layer.isdigit() else layer


def joined(first: str, second: str) -> str:
    """Two indices, with a comma where they would run together."""
    return first + second if len(first) <= 1 and len(second) <= 1 else f"{first},{second}" if second else first
