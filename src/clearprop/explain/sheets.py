"""Sheets: a worked example as a person writes it down, the network first and then any named results.

A sheet is text, one statement a line, ``name = numbers`` or ``name: numbers``; what comes after # is a comment, and the
marks of Markdown lists, emphasis and code are looked over::

    network: 2-2-1                    # inputs, hidden neurons, outputs
    hidden: sigmoid                   # one activation, or one for each hidden layer
    output: sigmoid
    loss: squared_error               # (y − a)²; half_squared_error has the ½
    learning rate: 0.1
    x = 0.5, 0.3
    y = 0.8
    W1 = [[0.5, 0.3], [0.2, 0.4]]     # rows are inputs
    b1 = 0.1, 0.2
    W2 = [0.6, 0.7]
    b2 = 0.3

    z1 = 0.41, 0.47                   # from here on what the person worked out
    a1 = 0.601, 0.615
    delta2 = -0.0193
    dW2[1,0] = -0.0119
    W2_new = 0.601, 0.701
    loss_new = 0.00257

``case: mazur`` in place of the network takes a built-in case. ``biases: fixed`` leaves biases out of the update.
``rows: outputs`` says that weight matrices are written as in books, a row for each neuron that a weight leads to.
``notation: mazur`` (or letters, rashid) lets results be named as that notation does: w5, net_h1, out_o1, w5+.
A comma may be the decimal mark where semicolons separate the numbers. The same can be written as TOML: a table
``[network]`` with the first part and a table ``[results]`` with the second.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

import numpy as np

from clearprop.errors import InputError, UnknownNameError
from clearprop.explain.cases import CASES, case
from clearprop.explain.notation import NOTATIONS, notation
from clearprop.explain.record import explain
from clearprop.explain.references import Reference, at, parse
from clearprop.explain.trace import Trace
from clearprop.formulas import UpdateRule, update_rule
from clearprop.network import Dense, Network, Parameters

SMALLEST_ROUND_INTEGER = 10  # "12" is a number rounded to 1; "3" is taken to a tenth, "0" to five thousandths
STATEMENT = re.compile(r"^\s*(?:[-*+•>|]\s+|\d+[.)]\s+)?(?P<name>.+?)\s*(?:=|:|≈)\s*(?P<value>.+?)\s*\|?\s*$")
NUMBER = re.compile(r"[-+−]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:(?:[eE]|\s*[·x×*]\s*10\^?)[-+−]?\d+)?")
SETTINGS = ("network", "hidden", "output", "loss", "learning rate", "optimizer", "case", "biases", "notation", "rows")
OTHER_NAMES = {
    "widths": "network", "layers": "network", "activation": "hidden", "rate": "learning rate", "eta": "learning rate",
    "η": "learning rate", "learning_rate": "learning rate", "update": "optimizer", "lr": "learning rate",
}  # fmt: skip
GIVEN = re.compile(r"(x|a0|y|target|t|[Wb]\d+)$")


@dataclass(frozen=True)
class WrittenNumber:
    """A number as it was written: its value, and how far its last digit reaches.

    Attributes
    ----------
    text : str
    value : float
    unit : float
        The place value of the last digit: 0.01 for 0.31.
    """

    text: str
    value: float
    unit: float

    @classmethod
    def read(cls, text: str, place: str = "") -> WrittenNumber:
        """The number that this text is; InputError where it is none."""
        plain = text.strip().replace("−", "-").replace(",", ".").replace(" ", "")
        plain = re.sub(r"[·x×*]10\^?", "e", plain)
        try:
            number = Decimal(plain)
        except InvalidOperation:
            raise InputError(f"{place}{text.strip()!r} is not a number") from None
        if not number.is_finite():
            raise InputError(f"{place}{text.strip()!r} is not a finite number")
        exponent = number.as_tuple().exponent
        assert isinstance(exponent, int)
        unit = 10.0**exponent
        if "." not in plain and "e" not in plain.lower():
            small = abs(number) < SMALLEST_ROUND_INTEGER
            unit = 1.0 if not small else 0.1 if number else 0.005
        return cls(text.strip(), float(number), unit)


@dataclass(frozen=True)
class Entry:
    """One line of results.

    Attributes
    ----------
    text : str
        As it was written.
    line : int
        Its number in the sheet, from 1; 0 where there are no lines.
    numbers : tuple of (Reference, WrittenNumber)
        Which number of the trace each is.
    """

    text: str
    line: int
    numbers: tuple[tuple[Reference, WrittenNumber], ...]

    @property
    def site(self) -> str:
        """The site that the line is about."""
        return self.numbers[0][0].site


@dataclass(frozen=True)
class Sheet:
    """A worked example.

    Attributes
    ----------
    trace : Trace
        The truth.
    entries : tuple of Entry
        What the person worked out, in the order written.
    """

    trace: Trace
    entries: tuple[Entry, ...]


@dataclass(frozen=True)
class Statement:
    """A line of the sheet: name and value, with where they stand."""

    name: str
    value: str
    text: str
    line: int
    column: int

    def wrong(self, words: str) -> InputError:
        """An error that says where it is."""
        return InputError(f"line {self.line}, column {self.column}: {words}")

    @property
    def is_setting(self) -> bool:
        """Whether it belongs to the network; ``loss`` is the name of a setting and of a result."""
        return self.name in SETTINGS and (self.name != "loss" or self.value[:1].isalpha())

    @property
    def place(self) -> str:
        """Where it stands, for messages."""
        return f"line {self.line}, column {self.column}: "


def read_sheet(source: str | Path) -> Sheet:
    """Read a sheet from a file (a path; ``.toml`` for TOML) or from its text.

    Raises
    ------
    InputError
        With line and column, where it cannot be read or a number does not fit the network.
    OSError
        When there is no such file.

    Examples
    --------
    >>> from clearprop.explain import read_sheet
    >>> sheet = read_sheet("case: case_study" + chr(10) + "z1 = 0.41, 0.47")
    >>> [str(reference) for reference, _ in sheet.entries[0].numbers]
    ['z1[0]', 'z1[1]']
    """
    if isinstance(source, Path):
        text = source.read_text(encoding="utf-8")
        statements = list(_toml(text)) if source.suffix == ".toml" else list(_lines(text))
    else:
        statements = list(_toml(source) if re.search(r"^\s*\[network\]", source, re.M) else _lines(source))
    settings = {s.name: s for s in statements if s.is_setting}
    given = {s.name: s for s in statements if not s.is_setting and GIVEN.match(s.name)}
    trace = _trace(settings, given)
    style = settings["notation"].value if "notation" in settings else "code"
    names = _other_names(trace, style) if style != "code" else {}
    results = [s for s in statements if not s.is_setting and s.name not in given]
    return Sheet(trace, tuple(_entry(trace, statement, names) for statement in results))


def _lines(text: str) -> Iterator[Statement]:
    for number, line in enumerate(text.splitlines(), start=1):
        bare = re.sub(r"[`$]|\*\*", "", line.split("#")[0] if "#" in line else line)
        if not bare.strip() or set(bare.strip()) <= set("-=|: "):
            continue
        match = STATEMENT.match(bare)
        if match is None:
            column = len(line) - len(line.lstrip()) + 1
            raise InputError(
                f"line {number}, column {column}: this is no statement; write a name, = and numbers: z1 = 0.41, 0.47"
            )
        name = tidy_name(match["name"])
        yield Statement(name, match["value"], line.strip(), number, bare.index(match["value"]) + 1)


def _toml(text: str) -> Iterator[Statement]:
    import tomllib

    try:
        document = tomllib.loads(text, parse_float=str)
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"the sheet is not TOML: {error}") from None
    for table in document:
        if table not in ("network", "results"):
            raise UnknownNameError("table", table, ("network", "results"))
        for key, value in document[table].items():
            line = next((i for i, row in enumerate(text.splitlines(), 1) if row.strip().startswith(key)), 0)
            yield Statement(tidy_name(key), _plain(value), f"{key} = {_plain(value)}", line, 1)


def _plain(value: Any) -> str:
    return f"[{', '.join(map(_plain, value))}]" if isinstance(value, list) else str(value)


def tidy_name(name: str) -> str:
    """A name in the spelling of a trace: δ2 is delta2, ∂C/∂W2 is dW2, W2' and W2+ are W2_new, x is a0."""
    plain = name.strip().strip("*_").strip()
    lower = re.sub(r"\s+", " ", plain.lower())
    if lower in SETTINGS or lower in OTHER_NAMES:
        return OTHER_NAMES.get(lower, lower)
    plain = plain.replace("δ", "delta").replace("σ′", "slope").replace("σ'", "slope")
    plain = plain.translate(str.maketrans("₀₁₂₃₄₅₆₇₈₉", "0123456789"))
    plain = re.sub(r"^(?:∂|d)(?:C|E|L|loss)?\s*/\s*(?:∂|d)", "d", plain)
    plain = re.sub(r"^∂", "d", plain)
    plain = re.sub(r"^(?:new|updated)\s+(\w+)", r"\1_new", plain, flags=re.I)
    plain = re.sub(r"^(\w+?)[\s_]*(?:\+|'|′|⁺|new)(\[|$)", r"\1_new\2", plain)
    plain = re.sub(r"^da(\d)", r"error\1", plain)
    plain = re.sub(r"^dz(\d)", r"delta\1", plain)
    plain = {"C": "loss", "E": "loss", "L": "loss", "C_new": "loss_new", "E_new": "loss_new"}.get(plain, plain)
    return {"Loss": "loss", "x": "a0", "target": "y", "t": "y"}.get(plain, plain).replace(" ", "")


def numbers_in(statement: Statement) -> list[WrittenNumber]:
    """The numbers of a value, in order; brackets and separators are looked over."""
    text = statement.value
    decimal_comma = ";" in text or re.fullmatch(r"\s*[-+−]?\d+,\d+\s*", text) is not None
    text = text if decimal_comma else text.replace(",", " ")
    rest = NUMBER.sub(" ", text)
    unread = re.search(r"[^\s\[\](){};|≈=]+", rest)
    if unread is not None:
        column = statement.column + max(0, statement.value.find(unread[0]))
        raise InputError(f"line {statement.line}, column {column}: {unread[0]!r} is not a number")
    return [WrittenNumber.read(found[0], statement.place) for found in NUMBER.finditer(text)]


def _trace(settings: Mapping[str, Statement], given: Mapping[str, Statement]) -> Trace:
    """The trace of the network and sample that the sheet describes."""
    if "case" in settings:
        if settings["case"].value not in CASES:
            raise UnknownNameError("case", settings["case"].value, CASES)
        found = case(settings["case"].value)
        network, params, x, y, rule = found.network, found.params, found.x, found.y, found.optimizer
    else:
        network = _network(settings, given)
        params = _parameters(network, settings, given)
        x, y = _sample(network, given)
        rule = update_rule("sgd")
    if "optimizer" in settings:
        rule = update_rule(settings["optimizer"].value)
    if "learning rate" in settings:
        rule = _with_rate(rule, numbers_in(settings["learning rate"])[0].value)
    if "biases" in settings and settings["biases"].value.lower() in ("fixed", "not updated"):
        network = Network(tuple(replace(layer, bias_rate=0.0) for layer in network.layers), network.loss)
        params = Parameters(*network.views(params.theta))
    return explain(network, params, x, y, rule)


def _with_rate(rule: UpdateRule, rate: float) -> UpdateRule:
    return replace(rule, learning_rate=rate)


def _network(settings: Mapping[str, Statement], given: Mapping[str, Statement]) -> Network:
    """The network from its settings; without widths they follow from the biases."""
    if "network" in settings:
        widths = [int(n) for n in re.findall(r"\d+", settings["network"].value)]
    elif "b1" in given:
        layers = sorted((name for name in given if name.startswith("b")), key=lambda name: int(name[1:]))
        widths = [len(numbers_in(given["a0"])), *(len(numbers_in(given[name])) for name in layers)]
    else:
        raise InputError("the sheet names no network; begin it with a line such as network: 2-2-1, or case: mazur")
    hidden: list[str] = re.findall(r"[\w]+", settings["hidden"].value) if "hidden" in settings else ["sigmoid"]
    output = settings["output"].value if "output" in settings else None
    loss = settings["loss"].value if "loss" in settings else "half_squared_error"
    choice: Any = hidden[0] if len(hidden) == 1 else hidden
    return Network.mlp(widths, choice, output, loss)


def _parameters(network: Network, settings: Mapping[str, Statement], given: Mapping[str, Statement]) -> Parameters:
    weights, biases = [], []
    books = "rows" in settings and settings["rows"].value.lower().startswith("output")
    for l, layer in enumerate(network.layers, start=1):
        W = _values(given, f"W{l}", layer.inputs * layer.outputs)
        weights.append(_shaped(W, layer, books))
        biases.append(_values(given, f"b{l}", layer.outputs))
    return network.parameters(weights, biases)


def _shaped(W: Any, layer: Dense, books: bool) -> Any:
    return W.reshape(layer.outputs, layer.inputs).T if books else W.reshape(layer.inputs, layer.outputs)


def _values(given: Mapping[str, Statement], name: str, count: int) -> Any:
    """The numbers of a line of what is given."""
    if name not in given:
        raise InputError(f"the sheet gives no {'x' if name == 'a0' else name}; add a line such as {name} = …")
    numbers = numbers_in(given[name])
    if len(numbers) != count:
        raise given[name].wrong(f"{name} must hold {count} number(s) for this network, not {len(numbers)}")
    return np.array([number.value for number in numbers])


def _sample(network: Network, given: Mapping[str, Statement]) -> tuple[Any, Any]:
    """One sample, or a batch where there are several times as many numbers."""
    inputs, outputs = network.widths[0], network.widths[-1]
    n = len(numbers_in(given["a0"])) // inputs if "a0" in given else 1
    if n <= 1:
        return _values(given, "a0", inputs), _values(given, "y", outputs)
    return _values(given, "a0", n * inputs).reshape(n, inputs), _values(given, "y", n * outputs).reshape(n, outputs)


def _other_names(trace: Trace, style: str) -> Mapping[str, Reference]:
    """The names that a notation gives to the numbers of a trace, spelled plainly."""
    if style not in NOTATIONS:
        raise UnknownNameError("notation", style, NOTATIONS)
    written = notation(style, trace.network.widths, trace.is_batch)
    names: dict[str, Reference] = {}
    for site in trace:
        for place in np.ndindex(np.shape(trace[site].value)):
            found = parse(at(site, *place) if place else site)
            if isinstance(found, Reference):
                names.setdefault(_key(written.write(found).text()), found)
    return names


def _key(name: str) -> str:
    """A name without scripts, spaces and underscores, so that w₅⁺, w5+ and w5_new are the same."""
    import unicodedata

    plain = unicodedata.normalize("NFKC", name.replace("δ", "delta").replace("∂", "d"))
    plain = plain.replace("_new", "+").replace("'", "+").replace("−", "-")
    after = "+" in plain
    return re.sub(r"[\s_{}⁺+]", "", plain).lower() + ("+" if after else "")


def _entry(trace: Trace, statement: Statement, names: Mapping[str, Reference]) -> Entry:
    """A line of results, its numbers each with the name of what they are."""
    numbers = numbers_in(statement)
    if not numbers:
        raise statement.wrong(f"there is no number after {statement.name}")
    found = names.get(_key(statement.name)) or parse(statement.name)
    if not isinstance(found, Reference) or found.site not in trace:
        known = [*trace, *names] if names else list(trace)
        raise statement.wrong(str(UnknownNameError("result", statement.name, known)))
    value = trace[found.site].value
    if found.indices:
        trace.value_of(str(found))
        places = [found]
    else:
        places = [found._replace(indices=tuple(map(str, place))) for place in np.ndindex(np.shape(value))]
    if len(places) != len(numbers):
        raise statement.wrong(f"{statement.name} holds {len(places)} number(s) in this network, not {len(numbers)}")
    return Entry(statement.text, statement.line, tuple(zip(places, numbers, strict=True)))
