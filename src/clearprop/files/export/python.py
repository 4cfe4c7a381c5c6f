"""A program as one file of Python that needs NumPy only: raw rows in, predictions out, computed in double precision."""

from __future__ import annotations

import inspect
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from textwrap import indent
from typing import Any

import numpy as np

from clearprop.files.export import python_values as values
from clearprop.files.export.printing import base64_lines, functions_of
from clearprop.files.export.program import Column, Member, Program
from clearprop.files.export.python_columns import array_code, column_text, docstring, shown, side_by_side
from clearprop.files.writing import write_whole
from clearprop.formulas import Expression

FEW = 64  # numbers of an array that are written as literals
NEEDED: Mapping[str, tuple[str, ...]] = {
    "number": ("numbers_of", "number_of"),
    "truth": ("numbers_of", "truth_of", "text_of"),
    "category": ("codes_of", "text_of"),
    "moment": ("numbers_of", "number_of", "seconds_of"),
    "vector": ("vectors_of",),
}
SAYS: Mapping[str, str] = {
    "class": "`predict` gives the most probable class of each row, `predict_proba` the probability of every class.",
    "labels": "`predict` gives 1 or 0 for each label of each row, `predict_proba` the probability of every label.",
    "numbers": "`predict` gives what is expected of each row.",
}
TAKES = (
    "Rows are a data frame, a mapping of columns to sequences, a list of mappings, or one mapping. None is a missing\n"
    "value; dates are ISO 8601 texts, dates of Python or NumPy, or seconds since 1970."
)


def write(program: Program, path: Path, *, replace: bool = True) -> tuple[Path, ...]:
    """Write a program to a file of Python; see `clearprop.files.export.write`."""
    write_whole(path, text_of(program).encode(), replace=replace)
    return (path,)


def text_of(program: Program) -> str:
    """The file that predicts as this program says.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop import Network
    >>> from clearprop.files.export.program import plain_program
    >>> from clearprop.files.export.python import text_of
    >>> net = Network.mlp([2, 1], output="logistic", loss="squared_error")
    >>> made = {}
    >>> exec(text_of(plain_program(net, [net.parameters([[0.6, 0.7]], [0.3]).theta])), made)
    >>> made["predict"]([[0.5, 0.3]]).round(4)
    array([0.6921])
    """
    names = functions_of(
        program, taken={"array", "decoded", "encode", "erf", "in_unit", "math", "np", "outputs", "predict", "scaled"}
    )
    parts = [*_inputs(program), *(_function(name, tree) for tree, name in names.items()), _ARRAY]
    parts.append(_members("MEMBERS", program.members, names))
    parts += [_members(f"QUANTILE_{place}", each.members, names) for place, each in enumerate(program.quantiles)]
    parts += [_OUTPUTS, *_answer(program)]
    if program.quantiles:
        parts.append(_quantiles(program))
    body = "\n\n\n".join(part.strip() for part in parts)
    if "erf(" in body:
        body = "erf = np.vectorize(math.erf, otypes=[float])\n\n\n" + body
    return f"{_head(program, body)}\n\n{body}\n"


def _head(program: Program, body: str) -> str:
    """What the file is, and its imports."""
    rows = f"Rows are arrays of {program.n_inputs} numbers." if program.takes_numbers else TAKES
    says = SAYS[program.answer.kind]
    if program.quantiles:
        says += (
            f"\n`predict_quantiles` gives its quantiles {', '.join(str(each.quantile) for each in program.quantiles)}."
        )
    libraries = [name for name in ("base64", "datetime", "math", "re", "unicodedata") if f"{name}." in body]
    imports = "\n".join(f"import {name}" for name in libraries)
    return (
        f'"""{docstring(program.name)}: a trained network, written by {docstring(program.source)}; it needs NumPy.\n\n'
        f'{says}\n{rows}\n"""\n\nfrom __future__ import annotations\n\n{imports}\n'
        "from collections.abc import Callable, Collection, Mapping, Sequence\nfrom typing import Any\n\n"
        "import numpy as np"
    )


def _inputs(program: Program) -> Iterator[str]:
    """From raw rows to inputs."""
    if program.takes_numbers:
        (column,) = program.columns
        yield f"INPUTS = {shown(column.names)}"
        yield inspect.getsource(values.plain_rows)
        if not program.is_plain:
            lines = indent("\n".join(side_by_side(column.inputs, "x", "x")), "    ")
            yield f'def scaled(x: Any) -> Any:\n    """What stands before the first layer."""\n{lines}'
        found = "plain_rows(rows, len(INPUTS))"
        yield _ENCODE_PLAIN.format(dtype=program.dtype, found=found if program.is_plain else f"scaled({found})")
        return
    needed = {name for column in program.columns for name in NEEDED[column.kind]} | {"columns_of", "is_missing"}
    if not all(column.may_miss for column in program.columns):
        needed.add("refuse_missing")
    if any(column.refused is not None for column in program.columns):
        needed.add("refuse_unknown")
    source = inspect.getsource(values)
    yield source[source.index("LARGEST") : source.index("\n\n\ndef")]
    for name, function in vars(values).items():  # in the order in which they are written there
        if name in needed:
            yield inspect.getsource(function)
    words = _words(program.columns)
    yield "\n".join(f"{name} = {shown(found)}" for found, name in words.items())
    for place, column in enumerate(program.columns):
        yield column_text(place, column, words[column.missing_words])
    encoders = ", ".join(f"column_{place}" for place in range(len(program.columns)))
    names = shown([column.name for column in program.columns])
    yield _ENCODE.format(names=names, encoders=encoders, dtype=program.dtype)


def _words(columns: Sequence[Column]) -> Mapping[tuple[str, ...], str]:
    """A name for each different list of words for missing values."""
    found = dict.fromkeys(column.missing_words for column in columns)
    return {words: f"MISSING_{place}" if place else "MISSING" for place, words in enumerate(found)}


def _function(name: str, tree: Expression, variable: str = "z") -> str:
    """A formula as a function of one array, whose last axis is the row."""
    lines, value = array_code(tree, {variable: variable})
    head = [f"def {name}({variable}: Any) -> Any:", f'    """{docstring(str(tree))}"""']
    return "\n".join([*head, *(f"    {line}" for line in lines), f"    return {value}"])


def _members(name: str, members: Sequence[Member], functions: Mapping[Expression, str]) -> str:
    """Weights, biases and the function of every layer of every network."""
    text = ""
    for member in members:
        layers = [f"({_array(each.weights)}, {_array(each.biases)}, {functions[each.tree]})" for each in member]
        text += f"[\n{_listed(layers)}],\n"
    return f"{name} = [\n{indent(text, '    ')}]"


def _listed(items: Sequence[str]) -> str:
    return indent("".join(f"{item},\n" for item in items), "    ")


def _array(array: Any) -> str:
    """An array as an expression, with all of its digits."""
    if array.size <= FEW and array.dtype == np.float64:
        return f"np.array({shown(array.tolist())})"
    kind = "<f4" if array.dtype == np.float32 else "<f8"
    lines = indent("\n".join(map(repr, base64_lines(array))), "    ")
    return f"array({kind!r}, {array.shape!r},\n{lines})"


def _answer(program: Program) -> Iterator[str]:
    """What is made of the outputs."""
    answer = program.answer
    if answer.kind == "numbers":
        lines = indent("\n".join(side_by_side(answer.decode, "a", "a")), "    ")
        yield f"def decoded(a: Any) -> Any:\n{lines}"
        yield _function("in_unit", answer.unit, "a")
        yield _NUMBERS.format(result="[:, 0]" if len(answer.decode) == 1 else "")
        return
    yield f"LABELS = np.array({shown(answer.labels)})"
    yield _function("probabilities", answer.row, "a")
    yield _PROBABILITIES.format(result=_PAIR if program.is_pair else "found")
    yield _LABELS if answer.kind == "labels" else _CLASSES


_ENCODE_PLAIN = '''
def encode(rows: Any) -> Any:
    """The inputs of the network, (n_rows, n_inputs), in the precision of training."""
    return {found}.astype("{dtype}").astype(float)
'''
_ENCODE = '''
COLUMNS = {names}
ENCODERS = [{encoders}]


def encode(rows: Any) -> Any:
    """The inputs of the networks, (n_rows, n_inputs), in the precision of training."""
    table = columns_of(rows, COLUMNS)
    with np.errstate(all="ignore"):
        made = [encoder(table[name]) for name, encoder in zip(COLUMNS, ENCODERS)]
    return np.concatenate(made, axis=1).astype("{dtype}").astype(float)
'''
_ARRAY = '''
def array(kind: str, shape: tuple[int, ...], text: str) -> Any:
    """The numbers that a text holds, in double precision."""
    return np.frombuffer(base64.b64decode(text), kind).reshape(shape).astype(float)
'''
_OUTPUTS = '''
def outputs(members: Any, X: Any) -> Any:
    """The mean of the networks' outputs, (n_rows, n_outputs), some rows at a time."""
    blocks = []
    for start in range(0, max(1, len(X)), 4096):
        total: Any = 0.0
        for member in members:
            a = X[start : start + 4096]
            for weights, biases, activation in member:
                with np.errstate(all="ignore"):
                    a = activation(a @ weights + biases)
            total = total + a
        blocks.append(total / len(members))
    return np.concatenate(blocks)
'''
_NUMBERS = '''
def predict(rows: Any) -> Any:
    """What is expected of each row."""
    return in_unit(decoded(outputs(MEMBERS, encode(rows)))){result}
'''
_PAIR = "np.concatenate([1 - found, found], axis=1)"
_PROBABILITIES = '''
def predict_proba(rows: Any) -> Any:
    """Probabilities, (n_rows, n_labels), in the order of LABELS."""
    found = probabilities(outputs(MEMBERS, encode(rows)))
    return {result}
'''
_CLASSES = '''
def predict(rows: Any) -> Any:
    """The most probable class of each row."""
    return LABELS[predict_proba(rows).argmax(axis=1)]
'''
_LABELS = '''
def predict(rows: Any) -> Any:
    """1 for each label that is more probable than not, otherwise 0; (n_rows, n_labels)."""
    return (predict_proba(rows) > 0.5).astype(int)
'''
_QUANTILES = '''
QUANTILES = {quantiles}
SHIFTS = {shifts}


def predict_quantiles(rows: Any) -> Any:
    """Each of the QUANTILES of each row, (n_rows, n_quantiles)."""
    X = encode(rows)
    found = [decoded(outputs(members, X)) + shift for members, shift in zip([{members}], SHIFTS)]
    return in_unit(np.sort(np.concatenate(found, axis=1), axis=1))
'''


def _quantiles(program: Program) -> str:
    each = program.quantiles
    return _QUANTILES.format(
        quantiles=[one.quantile for one in each],
        shifts=[one.shift for one in each],
        members=", ".join(f"QUANTILE_{place}" for place in range(len(each))),
    )
