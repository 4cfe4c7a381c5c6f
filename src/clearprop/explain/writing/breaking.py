"""Where a long formula may break: before the + and · of its sums and products.

A tree is cut into pieces that a medium lays out one behind the other. Brackets that are too long open in one piece and
close in another; what cannot be cut (a fraction, a matrix, a root) stays one piece.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from clearprop.formulas import Apply, Constant, Expression, Symbol
from clearprop.formulas.expressions import fold, nodes
from clearprop.formulas.printers.text import POWER, PRODUCT, ROW, SIGN, SUM, Printed

SHORT = 22  # letters that stay together
WIDEST_FRACTION = 30  # letters; what is wider is divided with a / and can be cut


@dataclass(frozen=True)
class Piece:
    """What stays together; a line may break before it.

    Attributes
    ----------
    text : str
        In the medium's markup.
    width : int
        About how many letters wide it is.
    """

    text: str
    width: int


@dataclass(frozen=True)
class Boxed:
    """Pieces in a box.

    Attributes
    ----------
    kind : str
        "output_delta", "hidden_delta" or "weight".
    label : str
        In the medium's markup.
    pieces : tuple
    before, after : str
        Signs on either side of the box, in the medium's markup.
    """

    kind: str
    label: str
    pieces: tuple[Piece | Boxed, ...]
    before: str = ""
    after: str = ""

    @property
    def width(self) -> int:
        """About how many letters wide it is."""
        return 3 + sum(piece.width for piece in self.pieces)


Pieces = list[Piece | Boxed]


class Signs(NamedTuple):
    """The signs between pieces, and brackets round a whole or on its ends, in a medium's markup."""

    between: dict[str, str]  # by function: add, subtract, multiply, hadamard, quotient, matmul, divide
    fenced: Callable[[str], str]
    opening: str
    closing: str


@dataclass(frozen=True)
class Breaking:
    """How a medium cuts one formula.

    Parameters
    ----------
    printed : callable
        A tree in the medium's markup, and how tightly it binds.
    leaf_width : callable
        About how many letters wide a symbol or constant is.
    signs : Signs
    cuts_boxes : bool
        Whether boxes are cut too, or stay one piece.
    """

    printed: Callable[[Expression], Printed]
    leaf_width: Callable[[Symbol | Constant], int]
    signs: Signs
    cuts_boxes: bool
    _widths: dict[int, int] = field(default_factory=dict, init=False, repr=False, compare=False)

    def width(self, tree: Expression) -> int:
        """About how many letters wide the tree is."""
        return fold(tree, self.leaf_width, _width, self._widths)

    def pieces(self, tree: Expression) -> Pieces:
        """The tree in pieces."""
        width = self.width(tree)
        if width <= SHORT and not self._has_box(tree):
            return [Piece(self.printed(tree)[0], width)]
        return self._cut(tree)

    def _cut(self, tree: Expression) -> Pieces:
        if not isinstance(tree, Apply):
            return [Piece(self.printed(tree)[0], self.width(tree))]
        function, arguments = tree.function, tree.arguments
        if self.cuts_boxes and function.startswith("box_"):
            label, inside = arguments
            return [Boxed(function.removeprefix("box_"), self.printed(label)[0], tuple(self.pieces(inside)))]
        is_wide = function == "divide" and self.width(tree) > WIDEST_FRACTION
        if function in BINDING or is_wide:
            (x, y), (left, right) = arguments, BINDING.get(function, (SIGN, POWER))
            first, *rest = self._operand(y, right)
            return [*self._operand(x, left), joined(first, self.signs.between[function]), *rest]
        return [Piece(self.printed(tree)[0], self.width(tree))]

    def _operand(self, tree: Expression, at_least: int) -> Pieces:
        """The pieces of an operand, in brackets if it binds less tightly than it has to."""
        text, binding = self.printed(tree)
        if binding >= at_least or (at_least == PRODUCT and binding == ROW):
            return self.pieces(tree)
        width = self.width(tree) + 2
        inside = self.pieces(tree)
        if len(inside) == 1 and isinstance(inside[0], Piece):
            return [Piece(self.signs.fenced(text), width)]
        inside[0] = joined(inside[0], self.signs.opening)
        inside[-1] = joined(inside[-1], "", self.signs.closing)
        return inside

    def _has_box(self, tree: Expression) -> bool:
        return self.cuts_boxes and any(
            isinstance(item, Apply) and item.function.startswith("box_") for item in nodes(tree)
        )


# How tightly the operands of each function that may be cut have to bind; what stands right of + or − is a product.
BINDING = {
    "add": (SUM, PRODUCT), "subtract": (SUM, PRODUCT), "multiply": (SIGN, POWER), "hadamard": (SIGN, POWER),
    "quotient": (SIGN, POWER), "matmul": (PRODUCT, PRODUCT),
}  # fmt: skip


def joined(piece: Piece | Boxed, before: str, after: str = "") -> Piece | Boxed:
    """The piece with signs on either side."""
    if isinstance(piece, Boxed):
        return replace(piece, before=before + piece.before, after=piece.after + after)
    return Piece(before + piece.text + after, piece.width + bool(before) + bool(after))


def _width(function: str, node: Apply, arguments: list[int]) -> int:
    if function in ("divide", "where"):
        return max(arguments[-2:]) + (1 if function == "divide" else 8)
    if function.startswith("box_"):
        return max(arguments[0], arguments[1]) + 1
    if function in BINDING or function in ("power", "negative", "transpose"):
        inside = () if function in ("add", "subtract") else node.arguments
        brackets = 2 * sum(isinstance(item, Apply) and item.function in BINDING for item in inside[-2:])
        return sum(arguments) + len(arguments) - 1 + brackets
    return sum(arguments) + len(function) + 2
