"""Where each input of a network comes from: its column, what the row says there, and how that became a number."""

from __future__ import annotations

from typing import Any

import numpy as np
import pyarrow as pa

from clearprop.tables.encoder import Encoder
from clearprop.tables.input_trees import input_trees, symbol_values
from clearprop.tables.origin import CODE, Origin
from clearprop.tables.step import Step
from clearprop.tables.steps import Category, Moment, Number, Truth
from clearprop.tables.target_means import TargetMeans
from clearprop.tables.vector_step import Vector

LONGEST_VALUE = 40  # letters of a value that is shown


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
        column = row.column(step.column)
        value, kinds, known = column[0].as_py(), _kinds(step), symbol_values(step, column)
        categories = step.categories if isinstance(step, Category) else ()
        for i, (name, formula) in enumerate(zip(step.names, input_trees(step), strict=True)):
            kind = kinds[i] if i < len(kinds) else "missing"
            said = value[i] if kind == "item" and isinstance(value, list) else value
            of_input = {symbol: float(np.ravel(of_row)[i if kind == "item" else 0]) for symbol, of_row in known.items()}
            if kind == "rare" and isinstance(step, TargetMeans) and of_input[CODE.name] >= step.own:
                of_input[CODE.name] = -1.0  # to this input, a rarer one is any other
            found.append(Origin(name, step.column, _shown(said), kind, formula, of_input, categories))
    return tuple(found)


def _kinds(step: Step) -> list[str]:
    """The kind of each input that a step makes, the one for missing values left out."""
    match step:
        case Number():
            return ["scaled", *["bin"] * max(0, len(step.edges) - 1)]
        case Truth():
            return ["truth"]
        case TargetMeans():
            return ["category"] * step.own + ["rare"] * step.rare + ["mean"] * len(step.of)
        case Category():
            own = 1 if step.is_pair else len(step.categories)
            return ["pair" if step.is_pair else "category"] * own + ["rare"] * step.rare
        case Moment():
            return ["scaled", *["circle"] * (2 * len(step.periods))]
        case Vector():
            return ["item"] * step.size
    return [""] * len(step.names)


def _shown(value: Any) -> str | float | None:
    if value is None or (isinstance(value, int | float) and not isinstance(value, bool)):
        return value
    text = str(value)
    return text if len(text) <= LONGEST_VALUE else f"{text[: LONGEST_VALUE - 1]}…"
