"""Write docs/formulas.md from the formulas themselves. A test holds the page against what this prints."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path

from clearprop.formulas import (
    ACTIVATIONS,
    INITIALISERS,
    LOSSES,
    PAIRS,
    SCHEDULES,
    UPDATE_RULES,
    Formula,
    table_of_fits,
)
from clearprop.formulas.embeddings import EMBEDDINGS

PAGE = Path(__file__).with_name("formulas.md")


def first_line(cls: type[Formula]) -> str:
    """The first sentence or line of the class's docstring."""
    return (cls.__doc__ or "").strip().splitlines()[0]


def parameters(cls: type[Formula]) -> str:
    """The parameters with their defaults."""
    return ", ".join(f"{name} = {value:g}" for name, value in cls().parameters.items()) or "–"


def table(known: Mapping[str, type[Formula]], columns: Mapping[str, str]) -> Iterable[str]:
    """A Markdown table of formulas: the name, the forms asked for, parameters, source."""
    yield f"| name | {' | '.join(columns.values())} | parameters | what it is |"
    yield "|---" * (len(columns) + 3) + "|"
    for name, cls in known.items():
        other = f"{name} (the same as {cls.name})" if name != cls.name else name
        trees = [", ".join(f"`{tree}`" for tree in cls.trees(form)) if cls.has(form) else "–" for form in columns]
        cells = [other, *trees, parameters(cls), first_line(cls)]
        yield f"| {' | '.join(escape(cell) for cell in cells)} |"


def escape(text: str) -> str:
    """Bars inside a cell, as in |x|, must not end it."""
    return text.replace("|", "\\|")


def page() -> str:
    """The whole page."""
    pairs = {f"{a.name} + {c.name}": pair for (a, c), pair in PAIRS.items()}
    parts = [
        "# The formulas",
        "",
        "Made from the formulas themselves by `python docs/build_formulas.py`; what stands here is their own print.",
        "",
        "## Activations",
        "",
        *table(ACTIVATIONS, {"value": "a = σ(z)", "slope": "σ′", "pullback": "∂C/∂z for g = ∂C/∂a"}),
        "",
        "## Embeddings of numbers",
        "",
        "Of an angle z = f·x + φ of an input x, f and φ learned: the layer `clearprop.network.NumberEmbedding`.",
        "",
        *table(EMBEDDINGS, {"value": "a", "slope": "its slope"}),
        "",
        "## Losses",
        "",
        "For one output; a network's loss is the weighted mean over samples of the sum over outputs.",
        "",
        *table(LOSSES, {"value": "C", "slope": "∂C/∂a"}),
        "",
        "## Which output activation fits which loss",
        "",
        "An activation fits when the loss can use every value that it can take. In bold: the one taken by default.",
        "",
        table_of_fits(),
        "",
        "## Pairs with a simple δ",
        "",
        "For these pairs BP1 comes out as a − y, and the loss is computed from z, without overflow.",
        "",
        "| output + loss | loss from z | δ |",
        "|---|---|---|",
        *(f"| {name} | `{escape(str(p.tree()))}` | `{p.tree('delta')}` |" for name, p in pairs.items()),
        "",
        "## Update rules",
        "",
        *table(UPDATE_RULES, {"update": "the new θ, then the new memory"}),
        "",
        "## Schedules",
        "",
        "The factor on the learning rate; `warmup` updates of straight rise go with each.",
        "",
        *table(SCHEDULES, {"value": "factor"}),
        "",
        "## Initialisers",
        "",
        *table(INITIALISERS, {"value": "standard deviation of a weight"}),
        "",
    ]
    return "\n".join(parts)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
