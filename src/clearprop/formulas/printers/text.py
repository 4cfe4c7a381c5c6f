"""An expression tree as a line of text: ``1/(1 + exp(−z))``."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from clearprop.formulas.expressions import Apply, Constant, Expression, Symbol, fold

# How tightly the result of each operator binds; an argument that binds less tightly is put in brackets. A sum over a
# row (ROW) takes in the product behind it and ends at the next + or −; a leading minus (SIGN) may open a sum or product
# but stands in brackets elsewhere.
COMPARISON, SUM, ROW, SIGN, PRODUCT, POWER, ATOM = range(7)
SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
SUBSCRIPTS = str.maketrans("0123456789ijkmn", "₀₁₂₃₄₅₆₇₈₉ᵢⱼₖₘₙ")
COMPARISONS: Mapping[str, str] = {"less": "<", "less_equal": "≤", "equal": "="}
TURNED: Mapping[str, str] = {"<": ">", "≤": "≥", r"\le": r"\ge", "=": "="}
BY_ELEMENT: Mapping[str, str] = {"hadamard": "⊙", "quotient": "⊘"}
NAMES: Mapping[str, str] = {
    "theta": "θ", "rate": "η", "alpha": "α", "beta": "β", "beta1": "β₁", "beta2": "β₂", "epsilon": "ε", "rho": "ρ",
    "gamma": "γ", "momentum": "μ", "weight_decay": "λ", "delta": "δ", "smoothing": "α", "n_classes": "K",
}  # fmt: skip

Printed = tuple[str, int]
Leaf = Callable[[Symbol | Constant], Printed]  # how symbols and constants are written


def number_text(value: int | float, sign: str = "−") -> str:
    """A number as written; floats keep all their digits."""
    return repr(value).replace("-", sign)


def to_text(expression: Expression, leaf: Leaf | None = None) -> str:
    """The tree on one line of Unicode text.

    Parameters
    ----------
    expression : Expression
        Matrix products, transposes, sums over an index and boxes, as the explanations make them, are printed too.
    leaf : callable, optional
        What is written for each symbol and constant, and how tightly that binds; by default their names and digits.

    Examples
    --------
    >>> from clearprop.formulas import Symbol, exp, where
    >>> from clearprop.formulas.printers.text import to_text
    >>> z = Symbol("z")
    >>> to_text(where(z > 0, z, 0.01 * z) + exp(-(z**2)))
    '{z if z > 0; 0.01·z otherwise} + exp(−z²)'
    """
    return printed(expression, leaf)[0]


def printed(expression: Expression, leaf: Leaf | None = None, done: dict[int, Printed] | None = None) -> Printed:
    """The same, and how tightly it binds, for those who put it beside something else; `done` as for `fold`."""
    return fold(expression, leaf or _leaf, _node, done)


def _leaf(leaf: Symbol | Constant) -> Printed:
    if isinstance(leaf, Symbol):
        return NAMES.get(leaf.name, leaf.name), ATOM
    return number_text(leaf.value), SIGN if leaf.value < 0 else ATOM


def bracket(item: Printed, at_least: int) -> str:
    """The text, in brackets if it binds less tightly than it has to."""
    return item[0] if item[1] >= at_least else f"({item[0]})"


def term(item: Printed, bracket: Callable[[Printed, int], str] = bracket) -> str:
    """What stands right of + or −: a leading minus there is put in brackets, a sum over a row is not."""
    return item[0] if item[1] == ROW else bracket(item, PRODUCT)


def sign_of(first: Printed) -> int:
    """How tightly a product binds: one that opens with a minus is written like a negative number."""
    return SIGN if first[1] == SIGN else PRODUCT


def rows_of(function: str, cells: list[Printed]) -> list[list[Printed]]:
    """The cells of a matrix that is written out, row by row; "grid_2" has two columns."""
    width = int(function.removeprefix("grid_"))
    return [cells[start : start + width] for start in range(0, len(cells), width)]


def comparison(node: Apply, x: str, y: str, sign: str) -> str:
    """``x < y``, turned to ``y > x`` where x is a number: people write z > 0."""
    return f"{y} {TURNED[sign]} {x}" if isinstance(node.arguments[0], Constant) else f"{x} {sign} {y}"


def _node(function: str, node: Apply, arguments: list[Printed]) -> Printed:
    match function, arguments:
        case "add", [x, y]:
            return f"{bracket(x, SUM)} + {term(y)}", SUM
        case "subtract", [x, y]:
            return f"{bracket(x, SUM)} − {term(y)}", SUM
        case "multiply", [x, y]:
            return f"{bracket(x, SIGN)}·{bracket(y, POWER)}", sign_of(x)
        case "divide", [x, y]:
            return f"{bracket(x, SIGN)}/{bracket(y, POWER)}", sign_of(x)
        case "negative", [x]:
            return f"−{bracket(x, PRODUCT)}", SIGN
        case "power", [x, y]:
            exponent = node.arguments[1]
            if isinstance(exponent, Constant) and isinstance(exponent.value, int):
                return f"{bracket(x, ATOM)}{str(exponent.value).translate(SUPERSCRIPTS)}", POWER
            return f"{bracket(x, ATOM)}^{bracket(y, ATOM)}", POWER
        case (("less" | "less_equal" | "equal"), [x, y]):
            return comparison(node, bracket(x, SUM), bracket(y, SUM), COMPARISONS[function]), COMPARISON
        case "where", [condition, x, y]:
            return f"{{{x[0]} if {condition[0]}; {y[0]} otherwise}}", ATOM
        case "absolute", [x]:
            return f"|{x[0]}|", ATOM
        case "floor", [x]:
            return f"⌊{x[0]}⌋", ATOM
        case "row_sum", [x]:
            return f"Σₖ {bracket(x, PRODUCT)}", ROW
        case "row_max", [x]:
            return f"maxₖ {bracket(x, PRODUCT)}", ROW
    return _matrix_or_call(function, arguments)


def _matrix_or_call(function: str, arguments: list[Printed]) -> Printed:
    """Sums over an index, matrix forms, boxes, and functions that are written by name."""
    match function, arguments:
        case "sum", [index, x]:
            return f"Σ{index[0].translate(SUBSCRIPTS)} {bracket(x, PRODUCT)}", ROW
        case "matmul", [x, y]:
            return f"{bracket(x, PRODUCT)} · {bracket(y, PRODUCT)}", ROW  # in brackets before ⊙
        case (("hadamard" | "quotient"), [x, y]):
            return f"{bracket(x, SIGN)} {BY_ELEMENT[function]} {bracket(y, POWER)}", sign_of(x)
        case "transpose", [x]:
            return f"{bracket(x, ATOM)}ᵀ", POWER
        case _, [label, x] if function.startswith("box_"):
            return f"⟦{label[0]}: {x[0]}⟧", ATOM
        case _, cells if function.startswith("grid_"):
            return f"[{'; '.join(', '.join(text for text, _ in row) for row in rows_of(function, cells))}]", ATOM
    name = {"maximum": "max", "minimum": "min"}.get(function, function)
    return f"{name}({', '.join(text for text, _ in arguments)})", ATOM
