"""What a name can mean in a network: every number or array that somebody may call so. Nothing is decided here."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from string import ascii_lowercase

from clearprop.explain.checking.worksheets.letters import (
    ATOM,
    CALL,
    COST,
    DERIVATIVE,
    GRADIENT,
    KIND_OF,
    MEMORY,
    NODES,
    OF_LOSS,
    PLACE,
    TOGETHER,
    TOTAL,
    scripted,
)
from clearprop.trace.names import PER_SAMPLE, Reference


class Meanings:
    """The meanings of names in one network.

    Parameters
    ----------
    widths : sequence of int
    is_batch : bool
    start : int
        From where indices in brackets count; subscripts count from 1, unless the sheet says `from_zero`.
    from_zero : bool
    to_from : bool or None
        Whether the first index of a weight is the neuron that it leads to; None where the sheet does not say.
    letters : bool
        Whether every node is called by a letter; otherwise the first few may be.
    has_cost : bool
        Whether penalties are added to the loss; then J is their sum.
    """

    def __init__(
        self, widths: Sequence[int], is_batch: bool, start: int, from_zero: bool, to_from: bool | None,
        letters: bool = False, has_cost: bool = False,
    ) -> None:  # fmt: skip
        self.widths, self.is_batch, self.start, self.to_from = tuple(widths), is_batch, start, to_from
        self.letters, self.has_cost = letters, has_cost
        self.sub_start = 0 if from_zero else 1

    @property
    def depth(self) -> int:
        """L."""
        return len(self.widths) - 1

    def of(self, name: str) -> list[Reference]:
        """All meanings of a name as `spelled` spells it, each once; some may not exist in the network."""
        return list(dict.fromkeys(item for item in self._all(name) if item is not None))

    def _all(self, name: str) -> Iterator[Reference]:
        after = name.endswith("+")
        plain = re.sub(r"^nabla_\{(.+)\}.*$", r"grad(\1)", name.rstrip("+"))
        if match := DERIVATIVE.fullmatch(plain):
            yield from self._derived(match[2])
        elif match := TOGETHER.fullmatch(plain):
            yield from self._derived(match[1])
        elif match := re.fullmatch(r"d(.+?)/d(.+)", plain):
            yield from self._slopes(self.of(match[1]), self.of(match[2]))
        elif match := GRADIENT.fullmatch(plain):
            yield from self._derived(match[1] or match[2] or match[3])
        elif match := CALL.fullmatch(plain):
            kind = "slope" if match[2] else "a"
            called = self.of(match[3])
            yield from (item._replace(kind=kind) for item in called if item.kind == "z")
            yield from (item._replace(memory="g") for item in called if match[1] == "g" and item.kind in "Wb")
        elif match := MEMORY.fullmatch(plain):
            inner = (match[2] or match[4]) + (match[3] or match[5] or "") + match[6]
            yield from (
                item._replace(memory=match[1], after=after) for item in self.of(scripted(inner)) if item.kind in "Wb"
            )
        elif match := ATOM.fullmatch(plain):
            yield from (item._replace(after=after) for item in self._atom(*match.groups()))

    def _slopes(self, above: Sequence[Reference], below: Sequence[Reference]) -> Iterator[Reference]:
        """∂a/∂z: a slope, or where outputs depend on each other a number of the Jacobian."""
        for a in above:
            for z in below:
                if (a.kind, z.kind, a.layer) != ("a", "z", z.layer) or len(a.indices) != len(z.indices):
                    continue
                if a.indices == z.indices:
                    yield z._replace(kind="slope")
                if a.indices and a.indices[:-1] == z.indices[:-1]:
                    yield z._replace(kind="jacobian", indices=(*a.indices, z.indices[-1]))
                elif not a.indices:
                    yield z._replace(kind="jacobian")

    def _derived(self, name: str) -> Iterator[Reference]:
        for item in self.of(name):
            if item.kind in OF_LOSS:
                yield item._replace(kind=OF_LOSS[item.kind])

    def _atom(self, base: str, glued: str, scripts: str, brackets: str) -> Iterator[Reference]:
        """The meanings of a letter or word with digits, scripts and indices."""
        kind = KIND_OF.get(base)
        up = "".join(re.findall(r"\^\{([^{}]*)\}", scripts))
        downs = re.findall(r"_\{([^{}]*)\}", scripts)
        down = ",".join(downs)
        index = tuple(part.strip() for group in re.findall(r"\[([^\[\]]*)\]", brackets) for part in group.split(","))
        if kind is None or not all(re.fullmatch(r"\d{1,4}", part) for part in index):
            return
        if base == "X" and PLACE.fullmatch(down):
            kind = "z"
        if kind == "yhat":
            yield from self._vector("a", str(self.depth), glued or down, up, index)
        elif kind in ("x", "y"):
            yield from self._vector("a" if kind == "x" else "y", "0" if kind == "x" else "", glued or down, up, index)
        elif kind == "penalty" or (self.has_cost and base in COST and not (glued or scripts or index)):
            yield Reference("penalty" if kind == "penalty" else "cost")
        elif kind in ("loss", "losses"):
            yield from self._loss(kind, glued or down, up, index)
        elif kind in ("W", "dW"):
            yield from self._weight(kind, glued, up, down, index)
        elif base in ("o", "O", "out") and not (glued or scripts or index):
            yield Reference("a", str(self.depth))
        elif not (base in ("h", "H") and glued and int(glued) >= self.depth):
            yield from self._layered(kind, glued, up, down, index)
        if base in ("h", "H", "o") and glued and not up and not down and not index:  # h1, o1 may be neurons too
            layers = {"h": range(1, self.depth) if self.depth == 2 else (), "o": (self.depth,)}[base.lower()]
            yield from (Reference("a", str(l), (str(int(glued) - self.sub_start),)) for l in layers)

    def _loss(self, kind: str, down: str, up: str, index: tuple[str, ...]) -> Iterator[Reference]:
        """The loss, of one sample of a batch, of one output."""
        is_whole, numbered = down in ("", *TOTAL), re.fullmatch(r"(?:o|out|output,?)?(\d{1,4})", down)
        sample, output = "".join(self._sample("losses", up)), str(int(numbered[1]) - self.sub_start) if numbered else ""
        if self.is_batch and is_whole and len(index) == 1:
            sample = str(int(index[0]) - self.start)
        if self.is_batch and self.widths[-1] == 1 and (sample or output):
            yield Reference("losses", "", (sample or output, "0"))
        elif sample and is_whole:
            yield Reference("sample_loss", "", (sample,))
        elif is_whole:
            yield from map(Reference, (kind, "sample_loss") if kind == "losses" else (kind,))
        elif down == "pred":
            yield Reference("prediction")
        elif output:
            yield Reference("losses", "", (sample, output) if sample else (output,))
        elif (node := self._node(down)) is not None and node[0] == self.depth:
            yield Reference("losses", "", (*self._sample("losses", up), str(node[1])))

    def _vector(self, kind: str, layer: str, down: str, up: str, index: tuple[str, ...]) -> Iterator[Reference]:
        """One number or all of a vector whose layer is known; of a batch also one sample."""
        number = next(iter(self._sample(kind, "" if up == layer else up)), None)
        if index:
            places = tuple(str(int(i) - self.start) for i in index)
            is_row = self.is_batch and kind in PER_SAMPLE and len(places) == 1
            yield Reference(kind, layer, (*places, ":") if is_row else places)
        elif not down:
            yield Reference(kind, layer, () if number is None else (number, ":"))
        elif re.fullmatch(r"\d{1,4}", down) and not (self.is_batch and kind in PER_SAMPLE):
            yield Reference(kind, layer, (str(int(down) - self.sub_start),))
        elif re.fullmatch(r"\d{1,4}", down):
            one = str(int(down) - self.sub_start)
            yield from (
                Reference(kind, layer, pair) for pair in ([(number, one)] if number else [(one, ":"), (":", one)])
            )
        elif (node := self._node(down)) is not None and str(node[0]) == (layer or str(self.depth)):
            yield Reference(kind, layer, (*self._sample(kind, up), str(node[1])))
        elif match := re.fullmatch(r"(?:o|out|output|i|in|input)[,.]?(\d{1,4})", down):
            yield from self._vector(kind, layer, match[1], up, index)

    def _sample(self, kind: str, up: str) -> tuple[str, ...]:
        """The sample of a batch that a raised script names: (4) of z¹⁽⁴⁾, or 4 where the layer stands elsewhere."""
        match = re.search(r"\((\d{1,4})\)|^(\d{1,4})$", up)
        if match is None or not self.is_batch or kind not in PER_SAMPLE:
            return ()
        return (str(int(match[1] or match[2]) - 1),)

    def _layered(self, kind: str, glued: str, up: str, down: str, index: tuple[str, ...]) -> Iterator[Reference]:
        """Quantities of a layer: z, a, b, δ."""
        layer = re.match(r"\d{1,3}", up)
        if kind == "a" and (down or glued) and PLACE.fullmatch(down) and down[0] == "i" and not glued:
            yield from self._vector("a", "0", down.lstrip("input,"), up, index)
        elif layer is not None and not (self.is_batch and (PLACE.fullmatch(down) or self._node(down))):
            yield from self._vector(kind, layer[0], glued or down, up[layer.end() :], index)
        elif down and (place := PLACE.fullmatch(down)):
            yield from self._placed(kind, place, up, index)
        elif down and (node := self._node(down)) is not None:
            yield Reference(kind, str(node[0]), (*self._sample(kind, up), str(node[1])))
        else:
            yield from self._numbered(kind, glued, up, down, index)

    def _numbered(self, kind: str, glued: str, up: str, down: str, index: tuple[str, ...]) -> Iterator[Reference]:
        """Of a layer whose number is not raised: z1, z1_2, z_1, z_12, z[1][2], z."""
        numbers = [part for part in re.split(r"[,. ]", ",".join(filter(None, (glued, down)))) if part]
        if not all(re.fullmatch(r"\d{1,4}", part) for part in numbers):
            return
        if not numbers and index:
            numbers, index = [index[0]], index[1:]
        if not numbers:
            for l in range(1, self.depth + 1):
                yield from self._vector(kind, str(l), "", up, ())
            return
        first, rest = numbers[0], numbers[1:]
        if not rest:
            yield from self._vector(kind, first, "", up, index)
            if len(first) > 1:
                yield from self._vector(kind, first[0], first[1:], up, index)
                yield from self._vector(kind, first[1:], first[0], up, index)
        elif glued or index:
            yield from self._vector(kind, first, rest[0], up, index)
        else:
            yield from self._vector(kind, first, rest[0], up, index)
            yield from self._vector(kind, rest[0], first, up, index)

    def _placed(self, kind: str, place: re.Match[str], up: str, index: tuple[str, ...]) -> Iterator[Reference]:
        """Of a layer that is named: net_h1, out_o1, δ_out, O_{hidden,1}."""
        first, second = place[2], place[3]
        up = f"({up})" if self.is_batch and up.isdigit() else up
        if place[1][0] in "oO":
            yield from self._vector(kind, str(self.depth), second or first, up, index)
        elif place[1][0] in "hH":
            if second:
                yield from self._vector(kind, first, second, up, index)
            elif self.depth == 2:
                yield from self._vector(kind, "1", first, up, index)
            if first and not second and int(first) < self.depth:
                yield from self._vector(kind, first, "", up, index)
            if not first and self.depth != 2:  # which of them is not said
                yield from (Reference(kind, str(l)) for l in range(1, self.depth))

    def _weight(self, kind: str, glued: str, up: str, down: str, index: tuple[str, ...]) -> Iterator[Reference]:
        """A weight matrix or one weight."""
        pairs = {f"{one}{two}": l for l, (one, two) in enumerate(pairwise(self._short()), 1)}
        layer, rest, from_to = up, glued or down, False
        if up in pairs or down in pairs:
            layer, rest = str(pairs[up if up in pairs else down]), down if up in pairs else ""
            from_to = True
        elif not up and (glued or down):
            numbers = [part for part in re.split(r"[,. ]", f"{glued},{down}") if part]
            layer, rest = numbers[0], ",".join(numbers[1:])
            if self.widths[1:] == (1,) and not rest and not index:  # of one neuron with no layer before it: w1, w2
                yield from self._only(kind, "1", layer)
            if not rest and not index and re.fullmatch(r"\d{3}", layer):  # w112: of layer 1, between 1 and 2
                layer, rest = layer[0], layer[1:]
            elif self.depth == 1 and (rest or len(layer) == 2) and not glued:
                layer, rest = "1", down
        elif not up and index:
            layer, index = (index[0], index[1:]) if len(index) != 2 else ("1", index)
        elif not up:
            yield from (Reference(kind, str(l)) for l in range(1, self.depth + 1))
        if not re.fullmatch(r"\d{1,3}", layer) or (index and len(index) != 2):
            return
        if index:
            yield Reference(kind, layer, tuple(str(int(i) - self.start) for i in index))
        elif not rest:
            yield Reference(kind, layer)
        elif glued and re.fullmatch(r"\d", rest):
            yield from self._only(kind, layer, rest)
        else:
            yield from self._pairs(kind, layer, rest, False if from_to else self.to_from)

    def _only(self, kind: str, layer: str, rest: str) -> Iterator[Reference]:
        """W2_1: one subscript is enough where layer 2 has one neuron, or one input."""
        if 1 <= int(layer) <= self.depth:
            n, m, k = self.widths[int(layer) - 1], self.widths[int(layer)], str(int(rest) - self.sub_start)
            if 1 in (n, m):
                yield Reference(kind, layer, (k, "0") if m == 1 else ("0", k))

    def _pairs(self, kind: str, layer: str, rest: str, to_from: bool | None) -> Iterator[Reference]:
        """One weight by two subscripts, in the order that the sheet says, or both orders."""
        parts = re.split(r"[,. ]", rest)
        splits = [parts] if len(parts) != 1 else [[rest[:i], rest[i:]] for i in range(1, len(rest))]
        for split in splits:
            if len(split) == 2 and all(re.fullmatch(r"\d{1,4}", part) for part in split):
                pair = tuple(str(int(part) - self.sub_start) for part in split)
                if to_from is not True:
                    yield Reference(kind, layer, pair)
                if to_from is not False:
                    yield Reference(kind, layer, pair[::-1])

    def _short(self) -> list[str]:
        """Rashid's letters for the layers: i, h, o, or i, h1, h2, o."""
        return ["i", *(["h"] if self.depth == 2 else [f"h{l}" for l in range(1, self.depth)]), "o"]

    def _node(self, letter: str) -> tuple[int, int] | None:
        """The layer and neuron of a node that is called by a letter: a, b | c, d | e."""
        if match := re.fullmatch(r"n(\d{1,6})", letter):
            number = int(match[1]) - 1
        elif len(letter) == 1 and letter in (ascii_lowercase if self.letters else NODES):
            number = ascii_lowercase.index(letter)
        else:
            return None
        for layer, width in enumerate(self.widths):
            if number < width:
                return layer, number
            number -= width
        return None
