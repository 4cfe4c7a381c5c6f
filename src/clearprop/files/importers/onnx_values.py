"""What flows through an ONNX graph, as it is read: arrays are constants, everything else is one of these."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from clearprop.errors import InputError
from clearprop.files.importers.onnx_operators import shortest
from clearprop.formulas.expressions import Apply, Constant, Expression, Symbol, fold

Z = Symbol("z")
MOST_NODES = 10_000  # of a formula, counted as often as they are used
MOST_COLUMNS = 100_000
WORK, PER_NUMBER = 2_000_000, 20  # numbers a file may have computed: so many, and more for each that it holds
OF_A_COLUMN = 20  # as many numbers a formula of one column counts as


@dataclass(frozen=True)
class Columns:
    """Inputs before the first layer, each a formula of a raw column.

    Attributes
    ----------
    trees : object array
        Its axes are those of the value but the one of the rows; trees in x0, x1, … by the number of the raw column, in
        missing0, … (1 where there is no value) and in code0, … (the place of its category).
    is_transposed : bool
        Whether rows lie along the last axis.
    """

    trees: Any
    is_transposed: bool = False

    @property
    def shape(self) -> tuple[int, ...]:
        """−1 stands for the rows."""
        return (*self.trees.shape, -1) if self.is_transposed else (-1, *self.trees.shape)

    def last(self, place: str) -> Any:
        """The columns of the last axis, where all others are rows like the first."""
        if self.trees.ndim == 1:
            return self.trees
        n = self.trees.shape[-1]
        rows = self.trees.reshape(-1, n)
        for k, row in enumerate(rows[1:], start=1):
            for first, other in zip(rows[0], row, strict=True):
                if _moved(other, k * n) != first:
                    raise InputError(f"{place} treats the rows of a table of inputs differently")
        return rows[0]


def _moved(tree: Expression, by: int) -> Expression:
    """The tree for the columns that come so much earlier."""

    def leaf(item: Symbol | Constant) -> Expression:
        if isinstance(item, Constant):
            return item
        letters = item.name.rstrip("0123456789")
        return Symbol(f"{letters}{int(item.name[len(letters) :]) - by}")

    return fold(tree, leaf, lambda function, _, arguments: Apply(function, tuple(arguments)))


@dataclass(frozen=True, eq=False)
class Stage:
    """A product with a matrix: z = what comes @ weights.

    Attributes
    ----------
    before : Columns or Flow
    weights : array of shape (n_in, n_out)
    biases : array of shape (n_out,) or None
        What the product itself adds (Gemm).
    name : str
    """

    before: Any
    weights: Any
    biases: Any
    name: str

    @property
    def width(self) -> int:
        """How many units it has."""
        return int(self.weights.shape[1])


@dataclass(frozen=True)
class Flow:
    """A function of a stage, the same for all its units but for numbers that each has of its own.

    Attributes
    ----------
    stage : Stage
    tree : Expression
        In z, and in v0, v1, …, constants that differ from unit to unit; in z1, z2, … of the stages of `others`.
    form : {"plain", "transposed", "squeezed", "flat"}
        Units are on the last axis; on the first; of one unit, on none; or rows and units are one axis, which only the
        end of a network can have.
    rank : int
        Number of axes.
    width : int
        1 after a sum over the row.
    size : int
        Nodes of the tree.
    others : tuple of Stage
        The last stages of networks beside this one: see `clearprop.files.importers.onnx_ensembles`.
    """

    stage: Stage
    tree: Expression
    form: str = "plain"
    rank: int = 2
    width: int = 0
    size: int = 1
    others: tuple[Stage, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "width", self.width or self.stage.width)

    @property
    def shape(self) -> tuple[int, ...]:
        """−1 stands for an axis of rows."""
        rows = (-1,) * (self.rank - 1)
        return {"plain": (*rows, self.width), "transposed": (self.width, *rows), "squeezed": (-1,) * self.rank}.get(
            self.form, (-1,)
        )

    def with_tree(self, tree: Expression, parts: Iterable[Flow], place: str) -> Flow:
        """The same units with another function, made of these flows; InputError for one that is too long."""
        return replace(self, tree=tree, size=size_of(tree, parts, place))


@dataclass(frozen=True)
class Tail:
    """What is made of a network's outputs behind it: a class, a dictionary, a pair of probabilities.

    Attributes
    ----------
    of : Flow
    what : str
        In words.
    classes : tuple or None
        The names of the classes, where it has them.
    """

    of: Flow
    what: str
    classes: tuple[Any, ...] | None = None


@dataclass
class Raw:
    """What is known of a raw column.

    Attributes
    ----------
    categories : dict of str to int, or None
        Of text the code of each, in the order in which the graph names them; None for numbers.
    known_only : bool
        Whether the graph stops at any other text.
    known_numbers : tuple of float or None
        Those at which it does not stop, where it stops at others.
    takes_missing : bool
    """

    categories: dict[str, int] | None = None
    known_only: bool = False
    known_numbers: tuple[float, ...] | None = None
    takes_missing: bool = True

    def code(self, text: str) -> int:
        """The number of a category, which gets one where it has none."""
        assert self.categories is not None
        return self.categories.setdefault(text, len(self.categories))


@dataclass
class Found:
    """What is noted while a graph is read.

    Attributes
    ----------
    columns : list of str
        Names of the raw columns.
    raw : list of Raw
        What is known of each.
    vectors : dict of str to array of shape (n_units,)
        v0, v1, ….
    work : int
        How many numbers the file may still have computed of its constants.
    """

    columns: list[str] = field(default_factory=list)
    raw: list[Raw] = field(default_factory=list)
    vectors: dict[str, Any] = field(default_factory=dict)
    work: int = WORK
    notes: list[str] = field(default_factory=list)

    def note(self, sentence: str) -> None:
        """Add a sentence to the report, once."""
        if sentence not in self.notes:
            self.notes.append(sentence)

    def spend(self, numbers: int, place: str) -> None:
        """Count numbers that are computed; InputError for more than any network needs."""
        self.work -= numbers
        if self.work < 0:
            raise InputError(f"the file has too much computed of its constants and inputs, up to {place}")

    def vector(self, values: Any) -> Symbol:
        """A symbol for numbers that differ from unit to unit."""
        name = f"v{len(self.vectors)}"
        self.vectors[name] = values
        return Symbol(name)


def size_of(tree: Expression, parts: Iterable[Flow], place: str) -> int:
    """How many nodes a formula has, counted as often as they are used; those of its parts are known.

    Raises
    ------
    InputError
        For more than can be worked with.
    """
    sizes = {id(part.tree): part.size for part in parts}
    stack = [tree]
    while stack:
        item = stack[-1]
        arguments = item.arguments if isinstance(item, Apply) else ()
        open_ones = [a for a in arguments if id(a) not in sizes]
        if not open_ones:
            sizes[id(item)] = sizes.get(id(item), 1 + sum(sizes[id(a)] for a in arguments))
            stack.pop()
        stack.extend(open_ones)
    if sizes[id(tree)] > MOST_NODES:
        raise InputError(f"{place} ends a formula of more than {MOST_NODES:,} operations without a layer between them")
    return sizes[id(tree)]


def numbers_as_objects(array: Any) -> Any:
    """An array of Python's numbers, as formulas hold them."""
    return shortest(array.flat[0]) if array.size == 1 else array.astype(np.float64).astype(object)
