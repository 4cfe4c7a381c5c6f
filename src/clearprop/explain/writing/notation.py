"""The notations: after Nielsen, Mazur and Rashid, with a letter for every node, or as the program has it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from string import ascii_lowercase

from clearprop.errors import UnknownNameError
from clearprop.explain.writing.nielsen import LETTERS, Notation, counted, in_brackets, joined
from clearprop.explain.writing.symbols import Code, Letter, Written
from clearprop.trace.names import Partial, Reference


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
        base = own.get(kind, LETTERS.get(kind, kind))
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
    loss_letter, loss_script = "E", "total"

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
        base = {"z": "net", "a": "out", "y": "target", "losses": "E"}.get(kind, LETTERS.get(kind, kind))
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
        base = {"z": "X", "a": "O", "y": "t", "losses": "E"}.get(kind, LETTERS.get(kind, kind))
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
