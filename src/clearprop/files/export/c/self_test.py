"""A main function that holds the C against rows for which our own engine has answered, under a #define."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from clearprop.files.export.c.answers import Functions
from clearprop.files.export.c.words import double, listed, single
from clearprop.files.export.evaluation import Symbols, answered, drawn, inputs_of, mean_outputs, quantiles_of
from clearprop.files.export.program import Column, Program

FEWEST, MOST, NUMBERS = 4, 32, 20_000  # rows, and numbers in them
BOUND = 1e-6  # of the greatest number of the row, or of 1
SLACK = 4.0  # so many times as far from float64 as our own engine in float32 may the C be, where that is more
TEXT = """\
#ifdef {upper}_SELF_TEST
/* Rows, and what clearprop's own engine predicts for them{precision} */
#include <stdio.h>

static const {row} test_rows[{n}]{size} = {{
{rows}
}};

static const double expected[{n}][{width}] = {{
{expected}
}};

static double distance(const {real} *found, const double *wanted, int n)
{{
    double worst = 0.0, greatest = 1.0;
    for (int j = 0; j < n; j++) {{
        const double value = found[j], size = wanted[j] < 0 ? -wanted[j] : wanted[j];
        const double error = value < wanted[j] ? wanted[j] - value : value - wanted[j];
        if (size > greatest) greatest = size;
        if (error > worst || error != error) worst = error;
    }}
    return worst / greatest;
}}

int main(void)
{{
    double worst = 0.0;{counter}
    for (int i = 0; i < {n}; i++) {{
        {real} found[{width}];
        double error;
{calls}
        error = distance(found, expected[i], {width});
        if (error > worst || error != error) worst = error;
    }}
    printf("{name}: {n} rows, greatest error %.3g, allowed {bound:.3g}{counted}\\n", worst{wrong});
    return worst <= {bound!r}{none_wrong} ? 0 : 1;
}}
#endif
"""


@dataclass(frozen=True)
class Vectors:
    """Rows for a self-test.

    Attributes
    ----------
    rows : tuple of mapping
        What each column says, by its symbols.
    expected : float64 array of shape (n_rows, n_predicted + n_quantiles)
    bound : float
        How far the C may be from it, as a share of the greatest number of the row, or of 1.
    precision : str
        What was computed in, in words; "" where the C computes the same to the last bit.
    """

    rows: Sequence[Symbols]
    expected: Any
    bound: float
    precision: str


def draw(program: Program, answer_of: Any = None, seed: int = 0) -> Vectors:
    """Rows for this program, some of them with missing or unknown values, and what it answers in float64.

    Parameters
    ----------
    program : Program
    answer_of : callable, optional
        From inputs (n_rows, n_inputs) to what is expected, where that is not what the networks give in float64.
    seed : int
    """
    random = np.random.default_rng(seed)
    n_rows = int(np.clip(NUMBERS // program.n_inputs, FEWEST, MOST))
    rows = [drawn(column, n_rows, random) for column in program.columns]
    if program.is_plain:
        rows = [{**rows[0], "x": rows[0]["x"].astype(np.float32)}]
    X = np.concatenate([inputs_of(column, row) for column, row in zip(program.columns, rows, strict=True)], axis=1)
    if answer_of is not None:
        return Vectors(rows, answer_of(X), BOUND, "")
    wanted, found = (predicted(program, X, dtype) for dtype in (np.float64, np.float32))
    bound = max(BOUND, float(f"{SLACK * distances(found, wanted).max():.2g}"))
    return Vectors(rows, wanted, bound, " in float64")


def predicted(program: Program, X: Any, dtype: Any) -> Any:
    """All that the program predicts, numbers or probabilities and then quantiles, computed in this precision."""
    groups = [program.members, *(each.members for each in program.quantiles)]
    first, *others = (mean_outputs(program.network, group, X, dtype) for group in groups)
    parts = [answered(program, first)]
    if others:
        parts.append(quantiles_of(program, others))
    return np.concatenate(parts, axis=1)


def distances(found: Any, wanted: Any) -> Any:
    """How far each row is from what is wanted, as a share of its greatest number, or of 1."""
    return np.abs(found - wanted).max(axis=1) / np.maximum(1, np.abs(wanted).max(axis=1))


def self_test(functions: Functions, vectors: Vectors) -> str:
    """The text of the self-test."""
    program, name = functions.program, functions.name
    n, width = vectors.expected.shape
    pieces = [_row(program, vectors.rows, i) for i in range(n)]
    return TEXT.format(
        upper=name.upper(),
        precision=vectors.precision,
        row="float" if program.is_plain else "double" if program.takes_numbers else f"{name}_row",
        size=f"[{program.n_inputs}]" if program.takes_numbers else "",
        n=n,
        width=width,
        rows=",\n".join(pieces),
        expected=",\n".join(f"    {{\n{listed(map(_wanted, row), 8)}\n    }}" for row in vectors.expected),
        real=functions.real,
        name=name,
        bound=vectors.bound,
        **_calls(functions, vectors),
    )


def _calls(functions: Functions, vectors: Vectors) -> Mapping[str, str]:
    """How the functions are called for one row, and how wrong classes are counted and told."""
    name = functions.name
    row = "test_rows[i]" if functions.program.takes_numbers else "&test_rows[i]"
    lines = [f"{name}_predict({row}, found);"]
    told = {"counted": "", "wrong": "", "counter": "", "none_wrong": ""}
    if functions.is_class:
        lines = [
            f"const int chosen = {name}_predict({row}, found);",
            f"for (int j = 0; j < {functions.n_predicted}; j++)",
            f"    if (expected[i][j] > expected[i][chosen] + {vectors.bound!r}) {{",
            "        wrong++;",
            "        break;",
            "    }",
        ]
        told = {
            "counted": ", %d wrong classes",
            "wrong": ", wrong",
            "counter": "\n    int wrong = 0;",
            "none_wrong": " && wrong == 0",
        }
    if functions.program.quantiles:
        lines.append(f"{name}_predict_quantiles({row}, found + {functions.n_predicted});")
    return {"calls": "".join(f"        {line}\n" for line in lines).rstrip("\n"), **told}


def _row(program: Program, rows: Sequence[Symbols], i: int) -> str:
    """Row i as a constant of C."""
    if program.takes_numbers:
        return f"    {{\n{listed(map(single if program.is_plain else double, rows[0]['x'][i]), 8)}\n    }}"
    cells = (_cell(column, row, i) for column, row in zip(program.columns, rows, strict=True))
    return f"    {{\n{listed(cells, 8)}\n    }}"


def _cell(column: Column, symbols: Symbols, i: int) -> str:
    if column.kind == "vector":
        return f"{{{', '.join(map(double, symbols['x'][i]))}}}"
    if column.kind not in ("category", "truth"):
        return double(symbols["x"][i])
    if symbols["missing"][i]:
        return "-2"
    return str(int(symbols["code"][i] if column.kind == "category" else symbols["x"][i] > 0))


def _wanted(value: float) -> str:
    """More digits than a float has."""
    return double(float(f"{value:.10g}"))
