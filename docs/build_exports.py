"""Write the tables of docs/exports.md by exporting; a test holds the page against what this makes."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path

from clearprop import Network
from clearprop.errors import ClearpropError
from clearprop.files.export import MEDIA, write
from clearprop.files.export.program import Program, plain_program
from clearprop.formulas import ACTIVATIONS, LOSSES, UPDATE_RULES
from clearprop.job import Job
from clearprop.tables import Category, Moment, Number, Step, Truth, Vector
from clearprop.tables.encoder import Encoder
from clearprop.tables.target_means import TargetMeans
from clearprop.tabular.exporting import columns_of

PAGE = Path(__file__).with_name("exports.md")
BEGIN, END = "<!-- tables: made by docs/build_exports.py -->", "<!-- end of the tables -->"
TRAINS = ("javascript",)
STEPS: Mapping[str, Step] = {
    "a number, clipped, with bins": Number("c", 1.0, 2.0, (0.0, 1.0, 2.0)),
    "a number that may be missing": Number("c", 1.0, 2.0, missing=True),
    "true or false": Truth("c", missing=True),
    "a category of several": Category("c", ("red", "grün", "蓝")),
    "a category of two": Category("c", ("no", "yes"), missing=True),
    "rare categories together": Category("c", ("red", "green"), rare=True),
    "means of the target of a category": TargetMeans(
        "c", ("red", "green", "blue"), rare=True, own=2, of=("y",), means=(0.5, -1.0, 2.0, 0.0)
    ),
    "a date or time": Moment("c", 1e9, 1e7, missing=True),
    "a vector of numbers": Vector("c", 3, (0.0, 1.0, 2.0), (1.0, 1.0, 2.0)),
}


def media() -> list[str]:
    """The media that this installation has."""
    return [name for name, medium in MEDIA.items() if find_spec(medium.module) is not None]


def can(program: Program, medium: str) -> str:
    """Whether a medium says a program: "yes", or "–"."""
    with tempfile.TemporaryDirectory() as folder:
        try:
            write(program, Path(folder) / f"model{MEDIA[medium].endings[0]}", medium)
        except ClearpropError:
            return "–"
    return "yes"


def of_network(network: Network, job: Job | None = None) -> Program:
    """A program of a network without an encoder."""
    return plain_program(network, [network.initial(seed=0).theta], job=job)


def of_step(step: Step) -> Program:
    """A program of a table with one column."""
    columns = columns_of(Encoder((step,), {}))
    network = Network.mlp([step.n_inputs, 2, 1])
    return replace(of_network(network), columns=columns, dtype="float32")


def table(title: str, programs: Mapping[str, Program], where: Iterable[str]) -> Iterable[str]:
    """A Markdown table: a row for each program, a column for each medium."""
    names = list(where)
    yield f"| {title} | {' | '.join(names)} |"
    yield "|---" * (len(names) + 1) + "|"
    for name, program in programs.items():
        yield f"| {name} | {' | '.join(can(program, medium) for medium in names)} |"


def tables() -> str:
    """All tables."""
    shapes = {name: Network.mlp([2, 3, 2], hidden=name) for name, cls in ACTIVATIONS.items() if name == cls.name}
    losses = {name: Network.mlp([2, 3, 2], loss=name) for name in LOSSES}
    rules = {name: Job(Network.mlp([2, 3, 2]), rule()) for name, rule in UPDATE_RULES.items()}
    parts = [
        "Activations, in hidden layers and at the output; one of your own counts as its formula does:",
        "",
        *table("activation", {name: of_network(net) for name, net in shapes.items()}, media()),
        "",
        "Steps of an encoder:",
        "",
        *table("step", {name: of_step(step) for name, step in STEPS.items()}, media()),
        "",
        "Training, which only JavaScript has:",
        "",
        *table("loss", {name: of_network(net, Job(net)) for name, net in losses.items()}, TRAINS),
        "",
        *table("update rule", {name: of_network(job.network, job) for name, job in rules.items()}, TRAINS),
    ]
    return "\n".join(parts)


def page() -> str:
    """The page, with its tables made anew."""
    before, rest = PAGE.read_text(encoding="utf-8").split(BEGIN)
    return f"{before}{BEGIN}\n\n{tables()}\n\n{END}{rest.split(END)[1]}"


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
