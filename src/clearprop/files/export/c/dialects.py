"""C as a language for formulas: in float, in double and in whole numbers; and the functions that its files define."""

from __future__ import annotations

import re
from collections.abc import Mapping

from clearprop.files.export.c.words import double, integer, single
from clearprop.formulas.printers.code import Dialect

# The C library's name of each function of the vocabulary that it has, in double.
LIBRARY: Mapping[str, str] = {
    "exp": "exp", "expm1": "expm1", "log": "log", "log1p": "log1p", "tanh": "tanh", "sqrt": "sqrt", "cos": "cos",
    "sin": "sin", "erf": "erf", "absolute": "fabs", "floor": "floor", "power": "pow",
}  # fmt: skip
# What C has no function for that keeps NaN. What cannot be NaN, a number of the formula, comes second.
OWN: Mapping[str, str] = {
    "larger": "{real} {name}({real} a, {real} b) {{ return b != b || a < b ? b : a; }}",
    "smaller": "{real} {name}({real} a, {real} b) {{ return b != b || b < a ? b : a; }}",
    "sign": "{real} {name}({real} a) {{ return a > 0 ? 1 : a < 0 ? -1 : a; }}",
}


def _dialect(real: str, ending: str) -> Dialect:
    library = {
        name: f"{function}{ending}({{0}}, {{1}})" if name == "power" else f"{function}{ending}({{0}})"
        for name, function in LIBRARY.items()
    }
    own = {
        "maximum": f"larger{ending}({{0}}, {{1}})", "minimum": f"smaller{ending}({{0}}, {{1}})",
        "sign": f"sign{ending}({{0}})", "where": "({0} ? {1} : {2})",
    }  # fmt: skip
    return Dialect("C", single if real == "float" else double, f"const {real} {{name}} = {{value}};", library | own)


FLOAT, DOUBLE = _dialect("float", "f"), _dialect("double", "")
INT = Dialect("C", integer, "const int {name} = {value};", {"where": "({0} ? {1} : {2})"})


def calls(text: str, function: str) -> bool:
    """Whether this C calls the function."""
    return re.search(rf"\b{function}\(", text) is not None


def library_functions(text: str) -> tuple[str, ...]:
    """The functions of the C library that this C calls, those of <math.h>."""
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)
    names = [f"{function}{ending}" for function in LIBRARY.values() for ending in ("f", "")]
    return tuple(name for name in names if calls(text, name))


def own_functions(text: str) -> str:
    """Definitions of the functions of our own that this C calls."""
    found = []
    for name, line in OWN.items():
        for real, ending in (("float", "f"), ("double", "")):
            if calls(text, name + ending):
                found.append(f"static {line.format(real=real, name=name + ending)}\n")
    return "".join(found)
