"""Where each input of a network comes from: its column, what the row says there, and how that became a number."""

from __future__ import annotations

from typing import Any, NamedTuple

import pyarrow as pa

from clearprop.tables.encoder import Encoder
from clearprop.tables.step import Step
from clearprop.tables.steps import Category, Moment, Number, Truth
from clearprop.tables.vector_step import Vector

LONGEST_VALUE = 40  # letters of a value that is shown


class Origin(NamedTuple):
    """Where one input comes from.

    Attributes
    ----------
    name : str
        Of the input, as the encoder calls it: "cut: Ideal".
    column : str
        "" where the network was given its inputs directly.
    value : str or float or None
        What the row says there; None where it is missing.
    kind : str
        "scaled", "bin", "category", "pair", "rare", "missing", "truth", "circle", "item" or "" for any other.
    centre, scale : float
        Of a scaled one.
    """

    name: str
    column: str = ""
    value: str | float | None = None
    kind: str = ""
    centre: float = 0.0
    scale: float = 1.0


def origins(encoder: Encoder, row: pa.Table) -> tuple[Origin, ...]:
    """Where the inputs for a table of one row come from, in their order.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from clearprop.tables import fit_encoder
    >>> from clearprop.tables.origins import origins
    >>> table = pa.table({"weight": [3.0, 4.0, 5.0], "kind": ["cat", "dog", "cow"]})
    >>> found = origins(fit_encoder(table).encoder, table[:1])
    >>> [(origin.name, origin.value, origin.kind) for origin in found][:2]
    [('weight', 3.0, 'scaled'), ('kind: cat', 'cat', 'category')]
    """
    found: list[Origin] = []
    for step in encoder.steps:
        value = row.column(step.column)[0].as_py()
        kinds = _kinds(step)
        for i, name in enumerate(step.names):
            kind, centre, scale = kinds[i] if i < len(kinds) else ("missing", 0.0, 1.0)
            own = value[i] if kind == "item" and isinstance(value, list) else value
            found.append(Origin(name, step.column, _shown(own), kind, centre, scale))
    return tuple(found)


def _kinds(step: Step) -> list[tuple[str, float, float]]:
    """Kind, centre and scale of each input that a step makes, the one for missing values left out."""
    plain = (0.0, 1.0)
    match step:
        case Number():
            return [("scaled", step.centre, step.scale), *[("bin", *plain)] * max(0, len(step.edges) - 1)]
        case Truth():
            return [("truth", *plain)]
        case Category():
            own = 1 if step.is_pair else len(step.categories)
            return [("pair" if step.is_pair else "category", *plain)] * own + [("rare", *plain)] * step.rare
        case Moment():
            return [("scaled", step.centre, step.scale), *[("circle", *plain)] * (2 * len(step.periods))]
        case Vector():
            centres, scales = (values * (step.size // len(values)) for values in (step.centres, step.scales))
            return [("item", centre, scale) for centre, scale in zip(centres, scales, strict=True)]
    return [("", *plain)] * len(step.names)


def _shown(value: Any) -> str | float | None:
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    text = str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
