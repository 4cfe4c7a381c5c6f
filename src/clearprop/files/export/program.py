"""A prediction as data: what a file that computes without clearprop has to do, from a raw row to an answer.

A medium (Python, JavaScript, C, ONNX) prints a `Program`; nothing else of a model is known to it. In order:

1. each `Column` turns a raw value into the symbols ``x``, ``code`` and ``missing``, and these, by a tree each, into
   inputs, which are rounded to `Program.dtype`;
2. each of the `members` turns the inputs into outputs: z = a @ weights + biases, then the activation's tree in ``z``;
3. the mean of the members' outputs goes through the trees of the `Answer`, in ``a``;
4. each of the `quantiles` has members of its own and the answer's trees.

Trees hold no parameters any more: their values stand in them as constants.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np

from clearprop.errors import InputError
from clearprop.formulas import Activation, Expression, Symbol
from clearprop.formulas.patterns import with_values
from clearprop.job import Job
from clearprop.network import Dense, Network

Kind = Literal["number", "truth", "category", "moment", "vector"]
Label = str | bool | int | float
A, X = Symbol("a"), Symbol("x")


@dataclass(frozen=True)
class Column:
    """A column of the raw table, and the inputs that it becomes.

    Attributes
    ----------
    name : str
    kind : {"number", "truth", "category", "moment", "vector"}
        What ``x`` is: the number; 1 for true and −1 for false; of a moment seconds since 1970; of a vector its own
        number. A category has no x but a ``code``, the place of its text among `categories`, or −1.
    inputs : tuple of Expression
        The formula of each input in x, code and missing; of a vector, one for each of its numbers.
    size : int
        Numbers in a vector, otherwise 1.
    categories : tuple of str
    missing_words : tuple of str
        Texts that say that there is no value, beside the empty one; numbers among them are no values either.
    decimal, thousands, unit : str
        How numbers are written where they are text: see `clearprop.tables.notation.Notation`.
    order : str
        Of day, month and year in a date, "" for ISO 8601 alone.
    is_exact : bool
        Whether a category is compared letter by letter, without a spelling of its own.
    names : tuple of str
        What each input is called.
    may_miss : bool
        Whether a value may be missing; where not, a NaN is refused.
    refused : Expression or None
        Above 0 for a value that the source of the network refuses, in x, code and missing.
    """

    name: str
    kind: Kind
    inputs: tuple[Expression, ...]
    size: int = 1
    categories: tuple[str, ...] = ()
    missing_words: tuple[str, ...] = ()
    decimal: str = "."
    thousands: str = ""
    unit: str = ""
    order: str = ""
    is_exact: bool = False
    names: tuple[str, ...] = ()
    may_miss: bool = True
    refused: Expression | None = None

    @property
    def missing_numbers(self) -> tuple[float, ...]:
        """The numbers among `missing_words`."""
        return tuple(float(word) for word in self.missing_words if _is_number(word))


def _is_number(word: str) -> bool:
    try:
        return math.isfinite(float(word))
    except ValueError:
        return False


@dataclass(frozen=True)
class Layer:
    """One layer of a member: z = a @ weights + biases, then `tree`.

    Attributes
    ----------
    weights : array of shape (n_in, n_out)
    biases : array of shape (n_out,)
    activation : Activation
        The formula with its parameters, for a medium that has a word of its own for it.
    """

    weights: Any
    biases: Any
    activation: Activation

    @property
    def tree(self) -> Expression:
        """What is computed of z, in the symbol z alone; of softmax and its like with sums over the row."""
        return with_values(self.activation.computed_tree(), self.activation.parameters)


Member = tuple[Layer, ...]


@dataclass(frozen=True)
class Answer:
    """What is made of the mean of the members' outputs, a row of them.

    Attributes
    ----------
    kind : {"class", "labels", "numbers"}
        One of several classes, the most probable; of each label whether it holds, where it is more probable than ½; or
        numbers.
    names : tuple of str
        The target's column, or one for each number.
    labels : tuple of str, bool, int or float
        The classes, or the labels. With two classes and one output, that is the probability of the second.
    row : Expression
        What is made of the row of outputs first, in ``a``: probabilities brought to their temperature.
    decode : tuple of Expression
        Of numbers: what is made of each, in ``a``; then, after a quantile's shift, `unit`.
    unit : Expression
        From the scale that is learned to the target's own, in ``a``: e to the power of a logarithm.
    """

    kind: Literal["class", "labels", "numbers"]
    names: tuple[str, ...]
    labels: tuple[Label, ...] = ()
    row: Expression = A
    decode: tuple[Expression, ...] = ()
    unit: Expression = A

    @property
    def n_outputs(self) -> int:
        """How many outputs it is made of, where there is one for each label or number."""
        return len(self.labels) or len(self.decode)


@dataclass(frozen=True)
class QuantileProgram:
    """Networks that predict one quantile: their mean, decoded, plus `shift`; sorted with the others; then `unit`."""

    quantile: float
    members: tuple[Member, ...]
    shift: float


@dataclass(frozen=True)
class Program:
    """A prediction as data; see the head of this file.

    Attributes
    ----------
    name : str
        What it is called, for files' own names and comments.
    source : str
        What made it, in a sentence: "clearprop 0.1.0, TabularRegressor".
    columns : tuple of Column
        In the order of their inputs.
    members : tuple of Member
    answer : Answer
    quantiles : tuple of QuantileProgram
    dtype : {"float32", "float64"}
        What it was trained and predicts in.
    network : Network
        What each member is; with `job`, what a medium that trains prints the step of.
    job : Job or None
        What its training was asked for.
    has_waves : bool
        Whether some inputs are learned waves of others, which no medium learns further.
    """

    name: str
    source: str
    columns: tuple[Column, ...]
    members: tuple[Member, ...]
    answer: Answer
    network: Network
    quantiles: tuple[QuantileProgram, ...] = ()
    dtype: Literal["float32", "float64"] = "float32"
    job: Job | None = None
    has_waves: bool = False

    @property
    def n_inputs(self) -> int:
        """How many inputs the networks get."""
        return self.network.widths[0]

    @property
    def is_pair(self) -> bool:
        """Whether the one output is the probability of the second of two classes."""
        return self.answer.kind == "class" and self.network.widths[-1] == 1

    @property
    def takes_numbers(self) -> bool:
        """Whether a row is an array of numbers, none of them missing, and no row of a table."""
        return takes_numbers(self.columns)

    @property
    def is_plain(self) -> bool:
        """Whether the networks get the numbers of one vector as they are, without an encoder."""
        return len(self.columns) == 1 and self.columns[0].kind == "vector" and set(self.columns[0].inputs) == {X}


def takes_numbers(columns: Sequence[Column]) -> bool:
    """Whether these columns are one vector whose numbers are all there."""
    return len(columns) == 1 and columns[0].kind == "vector" and not columns[0].may_miss


def members_of(network: Network, thetas: Any) -> tuple[Member, ...]:
    """The layers of each network with these parameters, (k, n_parameters).

    Raises
    ------
    InputError
        For a layer that is not dense, by its number and kind.
    """
    for l, layer in enumerate(network.layers, start=1):
        if not isinstance(layer, Dense):
            raise InputError(f"layer {l} is of the kind {type(layer).__name__}; only dense layers are exported")
    return tuple(_member(network, theta) for theta in thetas)


def _member(network: Network, theta: Any) -> Member:
    params = network.views(np.asarray(theta))
    return tuple(
        Layer(np.ascontiguousarray(W), np.ascontiguousarray(b), layer.activation)
        for W, b, layer in zip(params.W, params.b, network.layers, strict=True)
    )


def plain_program(
    network: Network,
    thetas: Any,
    *,
    name: str = "network",
    source: str = "clearprop",
    answer: Answer | None = None,
    feature_names: Sequence[str] = (),
    job: Job | None = None,
) -> Program:
    """The program of a network without an encoder: rows of numbers in.

    Parameters
    ----------
    network : Network
    thetas : array of shape (k, n_parameters)
        Of an ensemble the parameters of each.
    name, source : str
    answer : Answer, optional
        By default numbers, the outputs as they are.
    feature_names : sequence of str, optional
    job : Job, optional

    Examples
    --------
    >>> from clearprop import Network
    >>> from clearprop.files.export.program import plain_program
    >>> net = Network.mlp([2, 3, 1], hidden="leaky_relu")
    >>> program = plain_program(net, [net.initial(seed=0).theta])
    >>> print(program.members[0][0].tree)
    {z if z > 0; 0.01·z otherwise}
    """
    n_inputs, n_outputs = network.widths[0], network.widths[-1]
    names = tuple(feature_names) or tuple(f"x{i}" for i in range(n_inputs))
    given = Column("x", "vector", (X,) * n_inputs, n_inputs, names=names, may_miss=False)
    thetas = np.asarray(thetas)
    dtype: Any = "float32" if thetas.dtype == np.float32 else "float64"
    members = members_of(network, thetas)
    return Program(name, source, (given,), members, answer or numbers(n_outputs), network, (), dtype, job)


def numbers(n_outputs: int) -> Answer:
    """The answer of a network whose outputs are numbers as they are."""
    names = tuple(f"y{k}" for k in range(n_outputs)) if n_outputs > 1 else ("y",)
    return Answer("numbers", names, decode=(A,) * n_outputs)


def with_columns(program: Program, columns: Sequence[Column], order: Sequence[int]) -> Program:
    """A program whose networks get what these columns make, instead of numbers as they are.

    Parameters
    ----------
    program : Program
        Without an encoder.
    columns : sequence of Column
    order : sequence of int
        Which input of the networks each of the columns' inputs is, one after the other.
    """
    members = tuple(
        (replace(first, weights=np.ascontiguousarray(first.weights[list(order)])), *others)
        for first, *others in program.members
    )
    return replace(program, columns=tuple(columns), members=members)
