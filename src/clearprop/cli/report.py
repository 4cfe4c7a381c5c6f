"""What several commands say alike: the network, the engine, which columns matter, what the trivial predictor says."""

from __future__ import annotations

from typing import Any

from clearprop.cli import words
from clearprop.engines import Choice
from clearprop.network import Network
from clearprop.tabular.model import TableModel

MOST_SHOWN_COLUMNS = 10


def architecture(network: Network) -> str:
    """The network in a line: widths, activations, parameters."""
    widths = " → ".join(f"{width:,}" for width in network.widths)
    layers = ", ".join(layer.summary for layer in network.layers)
    return f"{widths} ({layers}; loss {network.loss.name}), {network.n_parameters:,} parameters"


def engine_facts(choice: Choice) -> dict[str, Any]:
    """Which engine computes, why, and on how many threads at most: for JSON."""
    return {"engine": choice.engine.name, "engine_reason": choice.reason, "threads": choice.n_threads}


def engine_sentence(choice: Choice) -> str:
    """The same in words."""
    return f"{choice.engine.name} on up to {words.plural(choice.n_threads, 'thread')}, because {choice.reason}"


def trivial_words(model: TableModel) -> str:
    """What the trivial predictor does."""
    if "imported" in model.settings:
        said = model.trivial if isinstance(model.trivial, list) else [model.trivial]
        known = f"{', '.join(map(str, said))} (what is usual was not imported)"
        return f"always saying {known}"
    return f"always saying {model.target.always(model.trivial, words.number)}"


def print_importances(model: TableModel, out: Any) -> None:
    """How much worse the predictions of validation rows become when one column is shuffled."""
    kept = model.settings.get("importances")
    if not isinstance(kept, dict):
        return
    columns = sorted(kept["columns"].items(), key=lambda item: -item[1])
    what = model.scoring.importance
    out.print(f"\nWhich columns matter: by so much {what} on {kept['rows']:,} validation rows, if one is shuffled:")
    words.table(
        ("column", "importance"), [(name, words.number(rise, 3)) for name, rise in columns[:MOST_SHOWN_COLUMNS]], out
    )
    if len(columns) > MOST_SHOWN_COLUMNS:
        out.print(f"and {len(columns) - MOST_SHOWN_COLUMNS:,} more columns; --json has them all")
