"""The graph of one step of training: named values, the equation of each, and no numbers.

A node's `equation` is the form that the books print. Where that loses digits, `computed` is the form that engines
compute and exporters write. `clearprop.trace.step.graph_of` makes a graph from a job; `clearprop.trace.record` runs it
on arrays; a printer walks it in order.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from clearprop.formulas import UpdateRule
from clearprop.job import Job
from clearprop.network import Network
from clearprop.trace.equations import Equation, Input
from clearprop.trace.kinds import CLASS, OUTPUT, SAMPLE, UNIT, Kind
from clearprop.trace.names import Reference, reference

Size = int | str  # a number, or the letter that stands for one


@dataclass(frozen=True)
class Step:
    """What a graph depends on: the job, and of the rows and the state what decides which values there are.

    Attributes
    ----------
    job : Job
    rows : int, str or None
        How many rows are propagated together, or the letter for any number; None for one sample without its axis.
    is_weighted : bool
        Whether rows have weights of their own.
    is_rescaled : bool
        Whether the learning rate has been lowered at plateaus.
    """

    job: Job
    rows: Size | None = None
    is_weighted: bool = False
    is_rescaled: bool = False

    @property
    def network(self) -> Network:
        """The network of the job."""
        return self.job.network

    @property
    def rule(self) -> UpdateRule:
        """The update rule of the job."""
        assert isinstance(self.job.update_rule, UpdateRule)
        return self.job.update_rule

    @property
    def is_batch(self) -> bool:
        """Whether arrays have an axis of samples."""
        return self.rows is not None

    @property
    def is_penalised(self) -> bool:
        """Whether the step minimises more than the loss."""
        return bool(self.job.l1 or self.job.l2)


class StepNames:
    """Under which names a step has its values; for whatever holds them by name."""

    def __contains__(self, name: object) -> bool:
        raise NotImplementedError

    @property
    def target(self) -> str:
        """The name of what the outputs are compared with: y, or y after label smoothing."""
        return "smoothed" if "smoothed" in self else "y"

    @property
    def minimised(self) -> str:
        """The name of what the step makes smaller: the loss, or with penalties the cost."""
        return "cost" if "cost" in self else "loss"

    def passed(self, l: int) -> str:
        """The name of what layer l passes on: its activations, or what dropout left of them."""
        return f"passed{l}" if f"passed{l}" in self else f"a{l}"


@dataclass(frozen=True)
class Node:
    """One named value of a step.

    Attributes
    ----------
    name : str
        "z1", "delta2", "W1_new", "loss", …
    shape : tuple of int and str
        With the letter of `Step.rows` where any number of rows is meant; () for a number.
    equation : Equation
        How the books compute it; `Input` for what is given.
    computed : Equation or None
        Another form that keeps its digits where that one loses them.
    """

    name: str
    shape: tuple[Size, ...]
    equation: Equation
    computed: Equation | None = None

    @property
    def inputs(self) -> tuple[str, ...]:
        """The names of the values that the books' equation reads."""
        return self.equation.inputs

    @property
    def is_given(self) -> bool:
        """Whether somebody has to give it."""
        return isinstance(self.equation, Input)

    @property
    def kind(self) -> Kind:
        """What values of its kind are."""
        return reference(self.name).what

    @property
    def stable(self) -> Equation:
        """The form that keeps its digits."""
        return self.computed or self.equation


@dataclass(frozen=True)
class Graph(StepNames, Mapping[str, Node]):
    """The values of one step by name, each after those that its equation reads.

    Attributes
    ----------
    step : Step
    nodes : mapping of str to Node
        Left as they are: a graph is shared.
    """

    step: Step
    nodes: Mapping[str, Node]

    def __getitem__(self, name: str) -> Node:
        return self.nodes[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self.nodes)

    def __len__(self) -> int:
        return len(self.nodes)

    def __contains__(self, name: object) -> bool:
        return name in self.nodes

    @property
    def given(self) -> tuple[str, ...]:
        """What somebody has to give: rows, parameters, the optimizer's memory, the rate, …"""
        return tuple(name for name, node in self.nodes.items() if node.is_given)


def shape_of(name: Reference, step: Step) -> tuple[Size, ...]:
    """The shape of a value of a step."""
    network, axes = step.network, name.what.axes
    block = network.named_blocks.get(f"{name.what.by or name.kind}{name.layer}") if axes else None
    if block is not None:  # a parameter, its gradient or what an optimizer remembers of it
        return block.shape
    sizes: dict[str, tuple[Size, ...]] = {
        SAMPLE: () if step.rows is None else (step.rows,), OUTPUT: (network.widths[-1],), CLASS: (network.widths[-1],),
    }  # fmt: skip
    if UNIT in axes:
        sizes[UNIT] = (network.widths[int(name.layer)],)
    return tuple(size for axis in axes for size in sizes[axis])
