"""Rows of a table in C: texts and their codes, missing and unseen values, names that C cannot have."""

import re

import numpy as np
import pytest

from clearprop import Network
from clearprop.errors import FormulaError, InputError
from clearprop.estimators.exporting import program_of
from clearprop.files.export.c import write
from clearprop.files.export.c.source import source_of
from clearprop.files.export.program import Answer, Column, Program, members_of, plain_program
from clearprop.formulas import ACTIVATIONS, Activation, Symbol, exp, row_sum, where
from clearprop.formulas.vocabulary import equal
from compiled_c import SANITIZED, STRICT, Compiled, needs_gcc, run, self_tested
from imported_tables import FRAME, STRANGE, strict, symbols_of, with_strange

X, CODE, MISSING = Symbol("x"), Symbol("code"), Symbol("missing")
A = Symbol("a")
HOSTILE = ('say "hi"', "a\\", "what??/", "*/ int x; /*", "100 %", "价格", "é")


def summing(columns):
    """A program that predicts the inputs themselves, so that each can be seen."""
    n = sum(len(column.inputs) for column in columns)
    network = Network.mlp([n, n], output="identity", loss="half_squared_error")
    theta = network.parameters([np.eye(n)], [np.zeros(n)], dtype=np.float32).theta
    answer = Answer("numbers", tuple(f"y{k}" for k in range(n)), decode=(A,) * n)
    return Program("seen", "tests", tuple(columns), members_of(network, [theta]), answer, network)


def one_hot(categories):
    return (*(where(equal(CODE, i), 1, 0) for i in range(len(categories))), MISSING)


@needs_gcc
def test_texts_become_the_codes_of_their_categories(tmp_path):
    words = ("", "NA", "?", "none at all")
    columns = (
        Column("what it says", "category", one_hot(HOSTILE), categories=HOSTILE, missing_words=words),
        Column("exact", "category", one_hot(("a", " a")), categories=("a", " a"), is_exact=True),
    )
    source = source_of(summing(columns), "texts")
    (tmp_path / "texts.h").write_text(source.header(), encoding="utf-8")
    (tmp_path / "texts.c").write_text(source.code("texts.h"), encoding="utf-8")
    (tmp_path / "driver.c").write_text(
        '#include <stdio.h>\n#include "texts.h"\nint main(void) { static char line[99]; int n;\n'
        "while (fgets(line, sizeof line, stdin)) { for (n = 0; line[n] != '|'; n++) ; line[n] = 0;\n"
        'printf("%d %d\\n", texts_what_it_says_code(line), texts_exact_code(line)); }\n'
        'printf("%d %d\\n", texts_what_it_says_code(0), texts_exact_code(0)); return 0; }\n'
    )
    run(["gcc", *STRICT, *SANITIZED, "texts.c", "driver.c", "-o", "driver", "-lm"], tmp_path)
    asked = [*HOSTILE, "  价格\t", "a", " a", "", "  ", " NA ", "none at all", "none at al", "none at all!", "say", "é́"]
    printed = run(["./driver"], tmp_path, "".join(f"{text}|\n" for text in asked).encode()).decode().split("\n")
    codes = [tuple(map(int, line.split())) for line in printed if line]
    assert [code for code, _ in codes[: len(HOSTILE)]] == list(range(len(HOSTILE)))
    assert codes[len(HOSTILE) :] == [
        *((5, -1), (-1, 0), (-1, 1)),
        *[(-2, -1)] * 4,
        *[(-1, -1)] * 4,
        (-2, -2),
    ]


@needs_gcc
def test_values_that_are_missing_unseen_or_say_that_there_is_none(tmp_path):
    columns = (
        Column("n", "number", (where(MISSING > 0, 7.5, X), MISSING), missing_words=("-999", "NA", "inf")),
        Column("t", "truth", (where(MISSING > 0, 0, X), MISSING)),
        Column("c", "category", one_hot("ab"), categories=("a", "b")),
        Column("v", "vector", tuple(where(MISSING > 0, 0, (X - c) / 2) for c in (1, 5, 9)), 3),
        Column("since", "moment", (X / 86400, MISSING)),
    )
    nan = np.nan
    rows = [
        {"x": np.array([-999.0, nan, 3.0]), "missing": np.array([0.0, 0, 0])},
        {"x": np.array([1.0, -1.0, nan]), "missing": np.array([0.0, 0, 1])},
        {"code": np.array([1, -1, -1]), "missing": np.array([0.0, 0, 1])},
        {"x": np.array([[1.0, 2, 3], [nan, 4, 5], [6, 7, nan]]), "missing": np.zeros((3, 3))},
        {"x": np.array([86400.0 * 20_000 + 1, 0.0, -86400.0]), "missing": np.zeros(3)},
    ]
    _, found = Compiled(summing(columns), tmp_path, SANITIZED).predict(rows)
    assert found.tolist() == [
        [7.5, 1, 1, 0, 0, 1, 0, 0, -1.5, -3, np.float32(20_000 + 1 / 86400), 0],
        [7.5, 1, -1, 0, 0, 0, 0, 0, -0.5, -2, 0, 0],
        [3, 0, 0, 1, 0, 0, 1, 2.5, 1, 0, -1, 0],
    ]


@needs_gcc
def test_columns_and_classes_of_any_name(tmp_path):
    names = ("int", "unix", "价格", "格", "2nd", "a b", "a-b", "NULL", "*/ x", "x" * 200, "x" * 201, "")
    columns = [Column(name, "number", (X,)) for name in names]
    program = summing(columns)
    rows = [{"x": np.array([float(n)]), "missing": np.zeros(1)} for n in range(len(names))]
    _, found = Compiled(program, tmp_path, name="of_this").predict(rows)
    assert found.tolist() == [list(range(len(names)))]


@needs_gcc
def test_a_header_can_be_read_by_cxx(tmp_path):
    source = source_of(summing([Column("class", "category", one_hot("ab"), categories=("a", "b"))]), "m")
    (tmp_path / "m.h").write_text(source.header(), encoding="utf-8")
    (tmp_path / "main.cc").write_text(
        '#include "m.h"\n#include "m.h"\nint main() { m_row row; row.class_ = 1; return row.class_ - 1; }\n'
    )
    run(
        ["gcc", "-x", "c++", "-std=c++98", "-Wall", "-Wextra", "-Werror", "-pedantic", "-fsyntax-only", "main.cc"],
        tmp_path,
    )


class Shared(Activation):
    """Couples the neurons of a row, in a hidden layer."""

    width: float = 2.0

    def value(z, width):
        return z * exp(-(z**2) / width) / (1 + row_sum(z**2))


ACTIVE = [*{each.name: each() for each in ACTIVATIONS.values()}.values(), Shared(3.0)]


@needs_gcc
@pytest.mark.parametrize(
    "chained", [ACTIVE[n::4] for n in range(4)], ids=lambda each: "-".join(one.name for one in each)
)
def test_every_activation_and_one_that_couples_a_row(chained, tmp_path):
    n = len(chained)
    network = Network.mlp([3, *[5] * n, 2], hidden=chained)
    program = plain_program(network, [network.initial(seed=1).theta])
    printed = self_tested(program, tmp_path, ("-O0",))
    assert float(re.search(r"greatest error ([\d.e-]+)", printed)[1]) < 1e-6, printed
    text = (tmp_path / "model.c").read_text()
    assert all(f"activation_{each.name}(" in text for each in chained if each.name != "identity")


def test_what_c_cannot_hold_is_refused_by_name(tmp_path):
    with pytest.raises(InputError, match="NUL"):
        write(summing([Column("c", "category", one_hot("ab"), categories=("a", "b\0"))]), tmp_path / "m.c")
    network = Network.mlp([1, 1])
    with pytest.raises(InputError, match="layer 1 has weights beyond"):
        write(plain_program(network, [np.array([1e39, 0.0])]), tmp_path / "m.c")
    with pytest.raises(FormulaError, match="nothing says how"):
        write(summing([Column("n", "number", (Symbol("w"),))]), tmp_path / "m.c")
    assert not list(tmp_path.iterdir())


def test_files_that_are_there_stay_unless_they_are_to_be_replaced(tmp_path):
    network = Network.mlp([1, 1])
    program = plain_program(network, [np.array([1.0, 0.0])])
    assert [path.name for path in write(program, tmp_path / "my model")] == ["my model.c", "my model.h"]
    assert "my_model_predict" in (tmp_path / "my model.h").read_text()
    (tmp_path / "my model.h").write_text("mine")
    (tmp_path / "my model.c").unlink()
    with pytest.raises(FileExistsError):
        write(program, tmp_path / "my model.c", replace=False)
    assert (tmp_path / "my model.h").read_text() == "mine"
    assert not (tmp_path / "my model.c").exists()
    write(program, tmp_path / "my model.c")
    assert "my_model" in (tmp_path / "my model.h").read_text()


@needs_gcc
def test_what_the_source_of_a_network_refuses_is_answered_by_nan(tmp_path):
    theirs, ours = strict()
    program = program_of(ours)
    compiled = Compiled(program, tmp_path, SANITIZED)
    chosen, found = compiled.predict([symbols_of(column, FRAME) for column in program.columns])
    assert np.abs(found - theirs.predict_proba(FRAME)).max() < 1e-6
    assert (theirs.classes_[chosen] == theirs.predict(FRAME)).all()
    for column in STRANGE:
        rows = [symbols_of(each, with_strange(column)) for each in program.columns]
        chosen, found = compiled.predict(rows)
        assert (chosen[0] >= 0, chosen[1]) == (True, -1)
        assert np.isfinite(found[0]).all()
        assert np.isnan(found[1]).all()
    assert "-1, and NAN, of a row with a value that training did not have" in (tmp_path / "model.h").read_text()
    assert "greatest error" in self_tested(program, tmp_path, SANITIZED)
