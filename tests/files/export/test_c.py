"""Networks and models of tables as C: what it predicts is what our own engine predicts."""

import numpy as np
import pytest

from clearprop.files.export.c.self_test import distances, predicted
from clearprop.files.export.evaluation import inputs_of
from clearprop.tables.input_trees import symbol_values
from compiled_c import SANITIZED, Compiled, needs_gcc, self_tested
from exported_models import LOG, MODELS, ROWS, TEN_THOUSAND, exported

pytestmark = needs_gcc
BOUND = 1e-6


def rows_of(exported):
    """What each column of its rows says, by the symbols of its formulas, and the inputs of the networks."""
    program = exported.program
    if program.is_plain:
        X = np.asarray(exported.rows, dtype=np.float32)
        return program, [{"x": X, "missing": np.zeros_like(X)}], X
    table, steps = exported.model._predicted(exported.rows), exported.model.model_.encoder.steps
    rows = [symbol_values(step, table.column(step.column)) for step in steps]
    made = [inputs_of(column, row) for column, row in zip(program.columns, rows, strict=True)]
    return program, rows, np.concatenate(made, axis=1)


@pytest.mark.parametrize("name", TEN_THOUSAND)
def test_ten_thousand_rows_come_out_as_our_own_engine_predicts_them(name, tmp_path):
    model = exported(name)
    program, rows, X = rows_of(model)
    chosen, found = Compiled(program, tmp_path).predict(rows)
    assert len(found) == ROWS
    exact, single = (predicted(program, X, dtype) for dtype in (np.float64, np.float32))
    off, own = distances(found, exact).max(), distances(single, exact).max()
    LOG.info("C: %s rows, %.2g from float64, our own engine %.2g", len(found), off, own)
    assert off <= 2 * own
    assert off <= BOUND
    assert distances(found, model.expected).max() <= BOUND
    if program.answer.kind == "class":
        second, best = np.sort(exact, axis=1)[:, -2:].T
        clear = best - second > BOUND
        assert clear.mean() > 0.99
        LOG.info("the same class in all %s rows whose margin is above it", clear.sum())
        np.testing.assert_array_equal(chosen[clear], exact.argmax(axis=1)[clear])


@pytest.mark.parametrize("name", MODELS)
def test_nothing_is_read_or_computed_that_must_not_be(name, tmp_path):
    exported = MODELS[name]()
    program, rows, _ = rows_of(exported)
    few = [{symbol: values[:200] for symbol, values in row.items()} for row in rows]
    _, found = Compiled(program, tmp_path, SANITIZED).predict(few)
    assert distances(found, exported.expected[:200]).max() <= BOUND
    assert "greatest error" in self_tested(program, tmp_path, SANITIZED)
