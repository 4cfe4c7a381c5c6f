"""A program as one ES module without dependency, for browsers and node: it predicts, and it trains.

Predictions are printed from the program, the step of training from its graph (`javascript_training`). Everything is
computed in double precision; what does not depend on the model is in ``pieces/``.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from textwrap import indent
from typing import Any

import numpy as np

from clearprop.files.export.javascript_columns import (
    SCRIPT,
    column_text,
    comment,
    entered_text,
    function_text,
    literal,
    shown,
)
from clearprop.files.export.javascript_training import job_of, left_out, step_text
from clearprop.files.export.printing import base64_lines, functions_of
from clearprop.files.export.program import Member, Program
from clearprop.files.writing import write_whole
from clearprop.formulas import Expression
from clearprop.formulas.patterns import patterns
from clearprop.formulas.printers.code import to_code
from clearprop.trace.graph import Step

FEW = 64  # numbers of an array that are written as literals
RESERVED = (  # words of the language, and names of the module's own functions
    "await break case catch class const continue debugger default delete do else enum export extends false finally for "
    "function if implements import in instanceof interface let new null package private protected public return static "
    "super switch this throw true try typeof var void while with yield arguments eval n width step encode predict "
    "answered inUnit decoded erf forward outputs probabilities members labels columns total z a"
)


def write(program: Program, path: Path, *, replace: bool = True) -> tuple[Path, ...]:
    """Write a program to a JavaScript module; see `clearprop.files.export.write`."""
    write_whole(path, text_of(program).encode(), replace=replace)
    return (path,)


def text_of(program: Program) -> str:
    """The module that predicts as this program says, and trains.

    Examples
    --------
    >>> from clearprop import Network
    >>> from clearprop.files.export.javascript import text_of
    >>> from clearprop.files.export.program import plain_program
    >>> net = Network.mlp([2, 1], output="logistic", loss="squared_error")
    >>> text = text_of(plain_program(net, [net.parameters([[0.6, 0.7]], [0.3]).theta]))
    >>> "function logistic(z, n, width)" in text, "export function step(" in text
    (True, True)
    """
    names = functions_of(program, taken=RESERVED.split())
    parts = [*_inputs(program), _shared("network"), *(function_text(name, tree) for tree, name in names.items())]
    parts += [_forward(program.members[0], names), _members(program.members, "members"), _shared("outputs")]
    parts += [*_answer(program), *_training(program)]
    body = "\n\n".join(part.strip() for part in parts)
    if "erf(" in body:
        body = _shared("erf") + "\n\n" + body
    return f"{_head(program)}\n\n{body}\n"


def _shared(name: str) -> str:
    """A piece of JavaScript that does not depend on the model, without its first comment."""
    text = resources.files("clearprop.files.export").joinpath("pieces", f"{name}.mjs").read_text("utf-8")
    return text.split("\n", 1)[1].strip()


def _head(program: Program) -> str:
    answers = {"class": "labels", "labels": "labels", "numbers": "numbers"}[program.answer.kind]
    rows = "arrays of numbers" if program.takes_numbers else "objects with a value for each of `columns`"
    missing = left_out(program)
    without = f" It does not have {', '.join(missing)}, which training had." if missing else ""
    return "\n".join(
        (
            f"// {comment(program.name)}: a trained network, written by {comment(program.source)}.",
            f"// predict(rows) gives {answers}. Rows are {rows}, or one alone.",
            f"// `new Trainer().step(X, Y)` makes one update, and gives every value of it by name.{without}",
        )
    )


def _inputs(program: Program) -> Iterator[str]:
    """From raw rows to inputs."""
    rounded = "Math.fround" if program.dtype == "float32" else "(value) => value"
    yield f"const rounded = {rounded}; // to the precision of training"
    if program.takes_numbers:
        (column,) = program.columns
        yield f"export const columns = {shown(list(column.names))};"
        yield entered_text(column)
        yield _shared("plain")
        return
    yield _shared("values")
    words = {
        words: f"MISSING{place or ''}"
        for place, words in enumerate(dict.fromkeys(c.missing_words for c in program.columns))
    }
    yield "\n".join(f"const {name} = new Set({shown(list(found))});" for found, name in words.items())
    for place, column in enumerate(program.columns):
        yield column_text(place, column, words[column.missing_words])
    yield f"export const columns = {shown([column.name for column in program.columns])};"
    encoders = ", ".join(f"column{place}" for place in range(len(program.columns)))
    yield f"const encoders = [{encoders}];"
    yield _shared("table")


def _forward(member: Member, functions: Mapping[Expression, str]) -> str:
    """The function that computes one network."""
    lines = []
    for l, layer in enumerate(member, start=1):
        n_in, n_out = layer.weights.shape
        lines.append(f"const z{l} = weightedSum({f'a{l - 1}' if l > 1 else 'X'}, W{l}, b{l}, n, {n_in}, {n_out});")
        lines.append(f"const a{l} = {functions[layer.tree]}(z{l}, n, {n_out});")
    names = ", ".join(f"W{l}, b{l}" for l in range(1, len(member) + 1))
    body = indent("\n".join([*lines, f"return a{len(member)};"]), "  ")
    return f"// The outputs of one network, (n, nOut).\nfunction forward({{ {names} }}, X, n) {{\n{body}\n}}"


def _members(members: Sequence[Member], name: str) -> str:
    """Weights and biases of every network."""
    return f"export const {name} = {_listed(members)};"


def _listed(members: Sequence[Member]) -> str:
    each = []
    for member in members:
        blocks = [(f"W{l}", layer.weights) for l, layer in enumerate(member, start=1)]
        blocks += [(f"b{l}", layer.biases) for l, layer in enumerate(member, start=1)]
        text = "".join(f"{block}: {_array(array)},\n" for block, array in blocks)
        each.append(f"{{\n{indent(text, '  ')}}},\n")
    return f"[\n{indent(''.join(each), '  ')}]"


def _array(array: Any) -> str:
    """An array as an expression, with all of its digits."""
    if array.size <= FEW and array.dtype == np.float64:
        return f"Float64Array.of({', '.join(map(literal, array.ravel().tolist()))})"
    lines = " +\n".join(shown(line) for line in base64_lines(array))
    return f"decoded(\n{indent(lines, '  ')},\n  {array.dtype.itemsize})"


def _answer(program: Program) -> Iterator[str]:
    """What is made of the outputs."""
    answer = program.answer
    if answer.kind == "numbers":
        yield _decode(program)
        yield function_text("inUnit", answer.unit, "a")
        yield _shared("numbers")
        if program.quantiles:
            groups = ",\n".join(indent(_listed(each.members), "  ") for each in program.quantiles)
            yield f"const quantileMembers = [\n{groups},\n];"
            yield f"export const quantiles = {shown([each.quantile for each in program.quantiles])};"
            yield f"const shifts = {shown([each.shift for each in program.quantiles])};"
            yield _shared("quantiles")
        return
    yield f"export const labels = {shown(list(answer.labels))};"
    yield function_text("probabilities", answer.row, "a")
    yield _shared(answer.kind)


def _decode(program: Program) -> str:
    """The function that brings outputs (n, nOut) to the scale that is learned."""
    width, start, tables, loops = len(program.answer.decode), 0, [], []
    for number, pattern in enumerate(patterns(program.answer.decode)):
        names = {name: f"decode{number}_{name}" for name in pattern.numbers}
        tables += [f"const {names[name]} = {shown(list(row))};" for name, row in pattern.numbers.items()]
        at = f"[i + {start} + j]" if start else "[i + j]"
        code = to_code([pattern.tree], {"a": f"a{at}", **{n: f"{table}[j]" for n, table in names.items()}}, SCRIPT)
        body = "\n".join([*code.passes[-1].lines, f"found{at} = {code.passes[-1].results[0]};"])
        loops.append(f"for (let j = 0; j < {pattern.count}; j++) {{\n{indent(body, '  ')}\n}}")
        start += pattern.count
    text = indent("\n".join(loops), "    ")
    return "\n".join([
        *tables, "function decode(a, n) {", f"  const found = new Float64Array(n * {width});",
        f"  for (let i = 0; i < n * {width}; i += {width}) {{", text, "  }", "  return found;", "}",
    ])  # fmt: skip


def _training(program: Program) -> Iterator[str]:
    """One step, and who keeps what it changes."""
    job, network = job_of(program), program.network
    rule = Step(job).rule
    yield _shared("training")
    yield step_text(program)
    memory = [f"{name}_{block.name}" for name in rule.memory for block in network.blocks]
    constants = {
        "nInputs": network.widths[0],
        "nOutputs": network.widths[-1],
        "learningRate": rule.learning_rate,
        "memoryNames": memory,
        "settings": {name: getattr(job, name) for name in ("l1", "l2") if getattr(job, name)},
    }
    yield "\n".join(f"const {name} = {shown(value)};" for name, value in constants.items())
    yield _shared("trainer")
