"""Which numbers of a wide layer are shown: those that say something, before those behind a signal of 0."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from clearprop.trace.kinds import FROM, TO
from clearprop.trace.names import Reference, at, parse
from clearprop.trace.trace import Trace

SLIGHT = 0.01  # of the greatest gradient beside it: what is smaller shows little


def telling_neuron(trace: Trace, l: int) -> int:
    """The first neuron of layer l whose error is not slight beside those of the others."""
    return int(_notable(trace[f"db{l}"].value)[0])


def telling_inputs(trace: Trace, l: int, n: int, neuron: int) -> list[int]:
    """From which `n` neurons weights into a neuron of layer l are shown; those with a slight gradient come last."""
    gradients = trace[f"dW{l}"].value[:, neuron]
    first = _notable(gradients)
    return sorted([*first, *(k for k in range(len(gradients)) if k not in first)][:n])


def telling_weight(trace: Trace, l: int | None = None) -> str:
    """The first weight of a layer, by default the first, whose gradient is not slight.

    Examples
    --------
    >>> from clearprop.explain import case
    >>> from clearprop.explain.derivations.telling import telling_weight
    >>> telling_weight(case("mazur").trace())
    'W1[0,0]'
    """
    if l is None:
        l = next(block.layer for block in trace.network.blocks if block.letter == "W")
    neuron = telling_neuron(trace, l)
    return at(f"W{l}", *telling_inputs(trace, l, 1, neuron), neuron)


def telling_rows(trace: Trace, site: str) -> tuple[Sequence[int], ...]:
    """Of all that belongs to a layer's weights, the rows and the columns whose gradients are not all slight."""
    found = parse(site)
    if not isinstance(found, Reference) or found.what.axes != (FROM, TO) or f"dW{found.layer}" not in trace:
        return ()
    sizes = np.abs(np.asarray(trace[f"dW{found.layer}"].value, dtype=float))
    return tuple(_notable(sizes.max(axis=axis)) for axis in (1, 0))


def _notable(gradients: Any) -> list[int]:
    sizes = np.abs(np.asarray(gradients, dtype=float))
    greatest = np.nanmax(sizes) if len(sizes) and not np.isnan(sizes).all() else 0.0
    found = np.flatnonzero((sizes > 0) & (sizes >= SLIGHT * greatest)).tolist()
    return found or [0]
