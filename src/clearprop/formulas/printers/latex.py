r"""An expression tree as LaTeX: ``\frac{1}{1 + e^{-z}}``."""

from __future__ import annotations

from collections.abc import Mapping

from clearprop.formulas.expressions import Apply, Constant, Expression, Symbol, fold
from clearprop.formulas.printers.text import (
    ATOM,
    COMPARISON,
    POWER,
    PRODUCT,
    ROW,
    SIGN,
    SUM,
    Leaf,
    Printed,
    comparison,
    number_text,
    rows_of,
    sign_of,
    term,
)

NAMES: Mapping[str, str] = {
    "theta": r"\theta", "rate": r"\eta", "alpha": r"\alpha", "beta": r"\beta", "beta1": r"\beta_1",
    "beta2": r"\beta_2", "epsilon": r"\varepsilon", "rho": r"\rho", "gamma": r"\gamma", "momentum": r"\mu",
    "weight_decay": r"\lambda", "delta": r"\delta", "smoothing": r"\alpha", "n_classes": "K", "a": "a", "z": "z",
}  # fmt: skip
FUNCTIONS: Mapping[str, str] = {
    "log": r"\log", "tanh": r"\tanh", "cos": r"\cos", "sin": r"\sin", "maximum": r"\max", "minimum": r"\min",
    "erf": r"\operatorname{erf}", "sign": r"\operatorname{sgn}",
}  # fmt: skip
COMPARISONS: Mapping[str, str] = {"less": "<", "less_equal": r"\le", "equal": "="}


def to_latex(expression: Expression, leaf: Leaf | None = None) -> str:
    r"""The tree as LaTeX for mathematics mode (amsmath).

    Parameters
    ----------
    expression : Expression
        As for `to_text`. A box is written ``\clearpropbox{kind}{label}{content}``, which the document defines.
    leaf : callable, optional
        What is written for each symbol and constant, and how tightly that binds.

    Examples
    --------
    >>> from clearprop.formulas import Logistic
    >>> from clearprop.formulas.printers.latex import to_latex
    >>> print(to_latex(Logistic.tree()))
    \frac{1}{1 + e^{-z}}
    """
    return printed(expression, leaf)[0]


def printed(expression: Expression, leaf: Leaf | None = None, done: dict[int, Printed] | None = None) -> Printed:
    """The same, and how tightly it binds, for those who put it beside something else; `done` as for `fold`."""
    return fold(expression, leaf or _leaf, _node, done)


def _leaf(leaf: Symbol | Constant) -> Printed:
    if isinstance(leaf, Symbol):
        if leaf.name in NAMES or len(leaf.name) == 1:
            return NAMES.get(leaf.name, leaf.name), ATOM
        escaped = leaf.name.replace("_", r"\_")
        return rf"\mathrm{{{escaped}}}", ATOM
    text = number_text(leaf.value, "-")
    if "e" in text:
        digits, exponent = text.split("e")
        return rf"{digits} \cdot 10^{{{int(exponent)}}}", SIGN if leaf.value < 0 else PRODUCT
    return text, SIGN if leaf.value < 0 else ATOM


def bracket(item: Printed, at_least: int) -> str:
    """The LaTeX, in brackets if it binds less tightly than it has to."""
    return item[0] if item[1] >= at_least else rf"\left({item[0]}\right)"


def _node(function: str, node: Apply, arguments: list[Printed]) -> Printed:
    match function, arguments:
        case "add", [x, y]:
            return f"{bracket(x, SUM)} + {term(y, bracket)}", SUM
        case "subtract", [x, y]:
            return f"{bracket(x, SUM)} - {term(y, bracket)}", SUM
        case "multiply", [x, y]:
            return rf"{bracket(x, SIGN)} \cdot {bracket(y, POWER)}", sign_of(x)
        case "divide", [x, y]:
            above, below = (rf"\displaystyle {part}" if r"\frac" in part else part for part, _ in (x, y))
            return rf"\frac{{{above}}}{{{below}}}", POWER
        case "negative", [x]:
            return f"-{bracket(x, PRODUCT)}", SIGN
        case "power", [x, y]:
            return f"{{{bracket(x, ATOM)}}}^{{{y[0]}}}", POWER
        case "exp", [x]:
            return f"e^{{{x[0]}}}", POWER
        case "expm1", [x]:
            return f"e^{{{x[0]}}} - 1", SUM
        case "log1p", [x]:
            return rf"\log\left(1 + {bracket(x, PRODUCT)}\right)", ATOM
        case "sqrt", [x]:
            return rf"\sqrt{{{x[0]}}}", ATOM
        case "absolute", [x]:
            return rf"\left|{x[0]}\right|", ATOM
        case "floor", [x]:
            return rf"\left\lfloor {x[0]} \right\rfloor", ATOM
        case (("less" | "less_equal" | "equal"), [x, y]):
            return comparison(node, bracket(x, SUM), bracket(y, SUM), COMPARISONS[function]), COMPARISON
        case "where", [condition, x, y]:
            cases = rf"{x[0]} & \text{{if }} {condition[0]} \\ {y[0]} & \text{{otherwise}}"
            return rf"\begin{{cases}} {cases} \end{{cases}}", ATOM
        case "row_sum", [x]:
            return rf"\sum_k {bracket(x, PRODUCT)}", ROW
        case "row_max", [x]:
            return rf"\max_k {bracket(x, PRODUCT)}", ROW
    return _matrix_or_call(function, arguments)


def _matrix_or_call(function: str, arguments: list[Printed]) -> Printed:
    """Sums over an index, matrix forms, boxes, and functions that are written by name."""
    match function, arguments:
        case "sum", [index, x]:
            return rf"\sum_{{{index[0]}}} {bracket(x, PRODUCT)}", ROW
        case "matmul", [x, y]:
            return rf"{bracket(x, PRODUCT)} \, {bracket(y, PRODUCT)}", ROW
        case "hadamard", [x, y]:
            return rf"{bracket(x, SIGN)} \odot {bracket(y, POWER)}", sign_of(x)
        case "quotient", [x, y]:
            return rf"{bracket(x, SIGN)} \oslash {bracket(y, POWER)}", sign_of(x)
        case "transpose", [x]:
            return rf"{{{bracket(x, ATOM)}}}^{{\top}}", POWER
        case _, [label, x] if function.startswith("box_"):
            return rf"\clearpropbox{{{function.removeprefix('box_')}}}{{{label[0]}}}{{{x[0]}}}", ATOM
        case _, cells if function.startswith("grid_"):
            rows = r" \\[4pt] ".join(" & ".join(text for text, _ in row) for row in rows_of(function, cells))
            return rf"\begin{{bmatrix}} {rows} \end{{bmatrix}}", ATOM
    inside = ", ".join(text for text, _ in arguments)
    return rf"{FUNCTIONS.get(function) or named_function(function)}\left({inside}\right)", ATOM


def named_function(name: str) -> str:
    r"""A function that is not of the vocabulary: ``\sigma'``, ``\operatorname{relu}``."""
    letters = name.rstrip("′")
    plain = letters.replace("_", r"\_")
    shown = r"\sigma" if letters == "σ" else rf"\operatorname{{{plain}}}"
    return shown + "'" * (len(name) - len(letters))
