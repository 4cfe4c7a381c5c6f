"""A raw row as a struct of C, the codes of its texts, and what makes inputs of the networks of it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from clearprop.files.export.c.dialects import DOUBLE, INT
from clearprop.files.export.c.words import array, comment, double, identifiers, string
from clearprop.files.export.program import Column, takes_numbers
from clearprop.formulas import Apply, Constant, Expression
from clearprop.formulas.expressions import nodes
from clearprop.formulas.patterns import Pattern, patterns
from clearprop.formulas.printers.code import Dialect, to_code
from clearprop.formulas.printers.numbering import COMPARISONS

MISSING, UNSEEN = -2, -1
PLACE = """\
/* Where a text is among n, blanks around it left out; -1 if nowhere, -2 for NULL and what says that there is none. */
static int same(const char *text, long length, const char *other)
{
    for (long i = 0; i < length; i++)
        if (text[i] != other[i]) return 0; /* at the end of the other too */
    return other[length] == 0;
}

static int place(const char *text, const char *const *texts, int n, const char *const *absent, int n_absent)
{
    long length = 0;
    if (text == 0) return -2;
    if (n_absent)
        while (*text == ' ' || (*text >= 9 && *text <= 13)) text++;
    while (text[length]) length++;
    if (n_absent)
        while (length && (text[length - 1] == ' ' || (text[length - 1] >= 9 && text[length - 1] <= 13))) length--;
    for (int i = 0; i < n_absent; i++)
        if (same(text, length, absent[i])) return -2;
    for (int i = 0; i < n; i++)
        if (same(text, length, texts[i])) return i;
    return -1;
}
"""
WHOLE = frozenset((*COMPARISONS, "where", "add", "subtract", "multiply", "negative"))  # what whole numbers can do


@dataclass(frozen=True)
class Row:
    """The rows of a program, under the name that its functions and types begin with.

    Parameters
    ----------
    name : str
    columns : tuple of Column
    """

    name: str
    columns: tuple[Column, ...]

    @property
    def fields(self) -> tuple[str, ...]:
        """The name of each column in C."""
        return identifiers(column.name for column in self.columns)

    def struct(self) -> str:
        """The type of a row."""
        lines = [
            f"    {_declared(column, field)}; /* {comment(_described(column, self.name, field))} */\n"
            for column, field in zip(self.columns, self.fields, strict=True)
        ]
        return f"typedef struct {{\n{''.join(lines)}}} {self.name}_row;\n"

    def code_declarations(self) -> str:
        """The declarations of the functions from a text to its code."""
        return "".join(f"{self._code_function(field)};\n" for _, field in self._categories())

    def _categories(self) -> list[tuple[Column, str]]:
        found = zip(self.columns, self.fields, strict=True)
        return [(column, field) for column, field in found if column.kind == "category"]

    def _code_function(self, field: str) -> str:
        return f"int {self.name}_{field}_code(const char *text)"

    def code_definitions(self) -> str:
        """Their definitions, with the texts."""
        known: dict[tuple[str, ...], str] = {}
        parts = [PLACE] if self._categories() else []
        for column, field in self._categories():
            absent, n_absent = "0", 0
            if not column.is_exact:
                words = tuple(dict.fromkeys(("", *column.missing_words)))
                if words not in known:
                    known[words] = f"absent{len(known)}"
                    parts.append(array(f"char *const {known[words]}[{len(words)}]", map(string, words)))
                absent, n_absent = known[words], len(words)
            n = len(column.categories)
            parts.append(array(f"char *const texts_{field}[{n}]", map(string, column.categories)))
            body = f"return place(text, texts_{field}, {n}, {absent}, {n_absent});"
            parts.append(f"{self._code_function(field)}\n{{\n    {body}\n}}\n")
        return "\n".join(parts)

    def encode_definition(self) -> str:
        """The function that makes inputs of a row; what its loops read of numbers stands before it."""
        tables: list[str] = []
        body: list[str] = []
        start = 0
        for column, field in zip(self.columns, self.fields, strict=True):
            body += _Encoding(column, field, start, tables).lines()
            start += len(column.inputs)
        given = "const double *row" if takes_numbers(self.columns) else f"const {self.name}_row *row"
        head = f"static void encode({given}, float *input)\n{{\n"
        return "\n".join([*tables, head + "\n".join(f"    {line}" for line in body) + "\n}\n"])

    @property
    def refuses(self) -> bool:
        """Whether there are values that the source of the network refuses."""
        return any(column.refused is not None for column in self.columns)

    def refusal_definition(self) -> str:
        """The function that says whether a row has such a value; "" where there is none."""
        if not self.refuses:
            return ""
        columns = zip(self.columns, self.fields, strict=True)
        body = [line for column, field in columns for line in _Encoding(column, field, 0, []).refusal()]
        lines = "\n".join(f"    {line}" for line in [*body, "return 0;"])
        told = "/* Whether a row has a value that training did not have, and that is to be refused */"
        return f"{told}\nstatic int refused(const {self.name}_row *row)\n{{\n{lines}\n}}\n"


def _declared(column: Column, field: str) -> str:
    if column.kind in ("category", "truth"):
        return f"int {field}"
    return f"double {field}[{column.size}]" if column.kind == "vector" else f"double {field}"


def _described(column: Column, name: str, field: str) -> str:
    prefix = name.upper()
    called = column.name if column.name != field else ""
    if column.kind == "category":
        shown = ", ".join(f"{i} {text}" for i, text in enumerate(column.categories[:12]))
        more = f", … {len(column.categories) - 1}" if len(column.categories) > 12 else ""
        others = [f"{prefix}_UNSEEN"] if column.refused is None else []
        others += [f"{prefix}_MISSING"] if column.may_miss else []
        what = "; ".join(filter(None, (f"{shown}{more}", ", ".join(others), f"see {name}_{field}_code")))
    elif column.kind == "truth":
        what = f"1 for true, 0 for false, {prefix}_MISSING"
    elif column.kind == "moment":
        what = "a moment in seconds since 1970 (UTC), NAN where it is missing"
    elif column.kind == "vector":
        what = "numbers, NAN where one is missing"
    else:
        what = "a time in seconds, NAN where it is missing" if column.unit else "a number, NAN where it is missing"
    return f"{called}: {what}" if called else what


@dataclass(frozen=True)
class _Encoding:
    """What makes the inputs of one column, from the place `start` on."""

    column: Column
    field: str
    start: int
    tables: list[str]

    def lines(self) -> list[str]:
        """The lines of a block of its own; what their loops read is put to `tables`."""
        found, place = patterns(self.column.inputs), self.start
        loops: list[str] = []
        alone: list[tuple[int, Expression]] = []
        for pattern in found:
            if pattern.count == 1 and self.column.kind != "vector":
                alone.append((place, pattern.tree))
            else:
                loops += self._loop(pattern, place)
            place += pattern.count
        body = [*self._alone(alone), *loops]
        given = [] if self.column.kind == "vector" else self._given(body, f"row->{self.field}")
        return [f"{{ /* {comment(self.column.name)} */", *(f"    {line}" for line in (*given, *body)), "}"]

    def refusal(self) -> list[str]:
        """The lines that return 1 for a value that is refused."""
        tree = self.column.refused
        if tree is None:
            return []
        (step,) = to_code([tree], SYMBOLS, self._dialect([tree])).passes
        body = [*step.lines, f"if ({step.results[0]} > 0) return 1;"]
        given = self._given(body, f"row->{self.field}")
        return [f"{{ /* {comment(self.column.name)} */", *(f"    {line}" for line in (*given, *body)), "}"]

    def _dialect(self, trees: Sequence[Expression]) -> Dialect:
        whole = self.column.kind in ("category", "truth") and all(map(_is_whole, trees))
        return INT if whole else DOUBLE

    def _alone(self, trees: list[tuple[int, Expression]]) -> list[str]:
        """Inputs that have a formula of their own; what several of them need is computed once."""
        if not trees:
            return []
        each = [tree for _, tree in trees]
        (step,) = to_code(each, SYMBOLS, self._dialect(each)).passes
        inputs = zip(trees, step.results, strict=True)
        return [*step.lines, *(f"input[{place}] = {_single(result)};" for (place, _), result in inputs)]

    def _loop(self, pattern: Pattern, place: int) -> list[str]:
        """A loop over inputs whose formulas differ in numbers only."""
        numbers: dict[str, str] = {}
        for name, values in pattern.numbers.items():
            first = int(values[0])
            if values == tuple(range(first, first + len(values))):
                numbers[name] = f"(i + {first})" if first else "i"
            else:
                table = f"{name}_of_inputs_{place}"
                self.tables.append(array(f"double {table}[{pattern.count}]", map(double, values)))
                numbers[name] = f"{table}[i]"
        dialect = self._dialect([pattern.tree]) if all("[" not in text for text in numbers.values()) else DOUBLE
        (step,) = to_code([pattern.tree], {**SYMBOLS, **numbers}, dialect).passes
        body = [*step.lines, f"input[{place} + i] = {_single(step.results[0])};"]
        if self.column.kind == "vector":
            first = place - self.start
            source = f"row->{self.field}" if self.column.may_miss else "row"
            body = [*self._given(body, f"{source}[{f'{first} + i' if first else 'i'}]"), *body]
        return [f"for (int i = 0; i < {pattern.count}; i++) {{", *(f"    {line}" for line in body), "}"]

    def _given(self, body: Sequence[str], value: str) -> list[str]:
        """The symbols that these lines read, from the value in the row."""
        text, kind = "\n".join(body), self.column.kind
        is_read = {name: re.search(rf"\b{name}\b", text) is not None for name in SYMBOLS}
        if kind == "category":
            given = {"code": f"const int code = {value};", "missing": f"const int missing = code == {MISSING};"}
            return [line for name, line in given.items() if is_read[name] or (name == "code" and is_read["missing"])]
        if kind == "truth":
            found = [f"const int missing = {value} == {MISSING};"] if is_read["missing"] else []
            return [*found, f"const int x = {value} ? 1 : -1;"] if is_read["x"] else found
        words = _numbers(self.column.missing_words) if kind == "number" else []
        absent = " || ".join(["x != x", *(f"x == {double(word)}" for word in words)])
        missing = f"const double missing = {absent} ? 1.0 : 0.0;"
        return [f"const double x = {value};", *([missing] if is_read["missing"] else [])]


def _single(value: str) -> str:
    """The value made a float."""
    depth, closed = 0, []
    for place, sign in enumerate(value):
        depth += (sign == "(") - (sign == ")")
        if depth == 0:
            closed.append(place)
    is_bracketed = closed[:1] == [len(value) - 1] or value.isidentifier()
    return f"(float){value}" if is_bracketed else f"(float)({value})"


SYMBOLS = {"x": "x", "code": "code", "missing": "missing"}


def _is_whole(tree: Expression) -> bool:
    """Whether only whole numbers are in a formula of whole numbers."""
    return all(
        node.function in WHOLE if isinstance(node, Apply) else not isinstance(node, Constant) or node.value % 1 == 0
        for node in nodes(tree)
    )


def _numbers(words: Sequence[str]) -> list[float]:
    """The numbers among words that say that there is no value."""
    found = []
    for word in words:
        try:
            found.append(float(word))
        except ValueError:
            continue
    return [number for number in dict.fromkeys(found) if abs(number) < 1e308]
