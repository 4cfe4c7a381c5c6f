"""Notations: how each number of a trace is named, after different books.

A notation turns a reference into a written name. They differ in letters, in where counting starts, in the order of a
weight's two indices, and in whether a sample is a row or a column; the numbers are the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from string import ascii_lowercase

from clearprop.errors import UnknownNameError
from clearprop.explain.writing.symbols import Applied, Code, Letter, Nabla, Ratio, Written, with_tilde
from clearprop.trace.kinds import KINDS, UNIT
from clearprop.trace.names import Partial, Reference

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
    loss_letter = "C"

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
            case "loss" | "C":
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
                return Applied("η", self.letter(Reference(kind[5], kind[6:])))
            case "t":
                return Letter("t")
            case "passed" | "smoothed":
                return with_tilde(self.letter(name._replace(kind="a" if name.kind == "passed" else "y")))
        if name.memory:
            return self.memory(name)
        return self.letter(name)

    def loss(self, name: Reference) -> Written:
        """The loss; of a general statement C."""
        return Letter(self.loss_letter, sup=self.alone, after=name.after)

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
        if name.kind in LETTERS and UNIT not in name.what.axes:
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


class CodeNotation(Notation):
    """The names of the program: ``W1[0, 1]``, rows the inputs, counted from 0."""

    name = "code"
    columns = False
    loss_letter = "loss"

    def write(self, name: Reference | Partial) -> Written:
        if isinstance(name, Partial):
            return super().write(name)
        if name.kind == "C":
            return Code("loss")
        if name.layer and not name.layer.isdigit():
            brackets = f"[{name.layer}]" + (f"[{', '.join(name.indices)}]" if name.indices else "")
            return Code(f"{name.kind}{brackets}")
        if name.kind == "a" and name.layer == "0":
            name = name._replace(kind="x", layer="")
        index = f"[{', '.join(name.indices)}]" if name.indices else ""
        return Code(name.site + index)

    def loss(self, name: Reference) -> Written:
        return Code("loss_new" if name.after else "loss")


class LetterNotation(Notation):
    """Every node a letter, in the order of the layers: a, b | c, d | e, f; w⁽¹⁾₁₂ from the first to the second node."""

    name = "letters"

    def node(self, layer: str, j: str) -> str:
        """The letter of a node: ``c``; beyond z, ``n27``."""
        number = sum(self.widths[: int(layer)]) + int(j)
        return ascii_lowercase[number] if number < len(ascii_lowercase) else f"n{number + 1}"

    def neuron(self, kind: str, layer: str, j: str, sup: str, is_array: bool) -> Letter | Code:
        layer = str(self.depth) if kind in ("y", "losses") else layer
        own = {"losses": self.loss_letter, "a": "x" if layer == "0" else "o"}
        base = {"delta": "δ", "mask": "r", **own}.get(kind, kind)
        if is_array and base in ("x", "y", self.loss_letter):
            return Letter(base, "", sup, True)  # the only ones of their name: y², x⁰ would read as powers
        if is_array or not layer.isdigit() or not j.isdigit():
            return Letter(base, counted(j), in_brackets(layer) + sup, is_array)
        return Letter(base, self.node(layer, j), sup)

    def weight(self, layer: str, index: tuple[str, ...], sup: str, is_array: bool) -> Letter | Code:
        if is_array or not layer.isdigit():
            return super().weight(in_brackets(layer), index, sup, is_array)
        k, j = index
        return Letter("w", joined(counted(k), counted(j)), in_brackets(layer) + sup)


class MazurNotation(Notation):
    """After Mazur: net and out of nodes i1, h1, o1; weights numbered through, those into one node side by side."""

    name = "mazur"
    loss_letter = "E"

    def loss(self, name: Reference) -> Written:
        return Letter("E", sub="total", sup=self.alone, after=name.after)

    def node(self, layer: str, j: str) -> str:
        """i1, h1, o1; with several hidden layers h1.1 is the first of layer 1."""
        number = int(j) + 1
        if layer == "0":
            return f"i{number}"
        if int(layer) == self.depth:
            return f"o{number}"
        return f"h{number}" if self.depth == 2 else f"h{layer}.{number}"

    def neuron(self, kind: str, layer: str, j: str, sup: str, is_array: bool) -> Letter | Code:
        layer = str(self.depth) if kind in ("y", "losses") else layer
        base = {"delta": "δ", "z": "net", "a": "out", "y": "target", "losses": "E", "mask": "r"}.get(kind, kind)
        if kind == "a" and layer == "0":
            base = "i"
        if is_array and base in ("i", "target", "E"):
            return Letter(base, "", sup, True)
        if is_array or not layer.isdigit() or not j.isdigit():
            return Letter(base, counted(j), in_brackets(layer) + sup, is_array)
        return Letter(base, str(int(j) + 1) if base == "i" else self.node(layer, j), sup)

    def weight(self, layer: str, index: tuple[str, ...], sup: str, is_array: bool) -> Letter | Code:
        if is_array or not layer.isdigit() or not all(i.isdigit() for i in index):
            return super().weight(in_brackets(layer), index, sup, is_array)
        k, j = (int(i) for i in index)
        l = int(layer)
        before = sum(n * m for n, m in zip(self.widths[: l - 1], self.widths[1:l], strict=True))
        return Letter("w", str(before + j * self.widths[l - 1] + k + 1), sup)


class RashidNotation(Notation):
    """After Rashid: layers are named (ih, ho), a weight goes from its first index to its second, X in and O out."""

    name = "rashid"
    loss_letter = "E"

    def place(self, layer: str) -> str:
        """The name of a layer: input, hidden, output."""
        if layer == "0":
            return "input"
        if int(layer) == self.depth:
            return "output"
        return "hidden" if self.depth == 2 else f"hidden{layer}"

    def short(self, layer: int) -> str:
        """One letter for a layer, with its number where there are several hidden ones."""
        name = self.place(str(layer))
        return name[0] + (name[6:] if name.startswith("hidden") else "")

    def neuron(self, kind: str, layer: str, j: str, sup: str, is_array: bool) -> Letter | Code:
        layer = str(self.depth) if kind in ("y", "losses") else layer
        base = {"delta": "δ", "z": "X", "a": "O", "y": "t", "losses": "E", "mask": "r"}.get(kind, kind)
        if kind == "a" and layer == "0":
            base = "I"
        if not layer.isdigit():
            return Letter(base, counted(j), layer + sup, is_array)
        if base in ("I", "t", "E"):
            return Letter(base, counted(j), sup, is_array)
        return Letter(base, joined(self.place(layer), counted(j)), sup, is_array)

    def weight(self, layer: str, index: tuple[str, ...], sup: str, is_array: bool) -> Letter | Code:
        if not layer.isdigit():
            return super().weight(layer, index, sup, is_array)
        l = int(layer)
        name = self.short(l - 1) + self.short(l)
        if not index:
            return Letter("W", name, sup, True)
        k, j = index
        return Letter("w", f"{counted(k) or '·'},{counted(j)}", name + sup, is_array)


NOTATIONS: Mapping[str, type[Notation]] = {
    cls.name: cls for cls in (Notation, CodeNotation, LetterNotation, MazurNotation, RashidNotation)
}


def counted(index: str) -> str:
    """An index as books count, from 1; letters stay, a whole axis is left out."""
    return str(int(index) + 1) if index.isdigit() else "" if index == ":" else index


def in_brackets(layer: str) -> str:
    """The number of a layer in brackets, so that o⁽²⁾ is no square; a letter as it is."""
    return f"({layer})" if layer.isdigit() else layer


def joined(first: str, second: str) -> str:
    """Two indices, with a comma where they would run together."""
    return first + second if len(first) <= 1 and len(second) <= 1 else f"{first},{second}" if second else first


def notation(name: str, widths: Sequence[int], is_batch: bool = False, sample: int | None = None) -> Notation:
    """The notation of this name for a network of these widths.

    Raises
    ------
    UnknownNameError
        For another name.

    Examples
    --------
    >>> from clearprop.explain.writing.notation import notation
    >>> from clearprop.trace.names import parse
    >>> weight = parse("W1[0,1]")
    >>> [notation(name, [2, 2, 1]).write(weight).text() for name in ("nielsen", "code", "mazur", "rashid")]
    ['w¹₂₁', 'W1[0, 1]', 'w₃', 'w^ih_{1,2}']
    """
    if name not in NOTATIONS:
        raise UnknownNameError("notation", name, NOTATIONS)
    return NOTATIONS[name](widths, is_batch, sample)
