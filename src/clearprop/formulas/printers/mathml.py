"""An expression tree as MathML, which browsers lay out without any script."""

from __future__ import annotations

from collections.abc import Mapping
from html import escape

from clearprop.formulas.expressions import Apply, Constant, Expression, Symbol, fold
from clearprop.formulas.printers.text import (
    ATOM,
    COMPARISON,
    NAMES,
    POWER,
    PRODUCT,
    ROW,
    SIGN,
    SUM,
    TURNED,
    Leaf,
    Printed,
    number_text,
    rows_of,
    sign_of,
    term,
)

COMPARISONS: Mapping[str, str] = {"less": "<", "less_equal": "≤", "equal": "="}
FUNCTIONS: Mapping[str, str] = {"maximum": "max", "minimum": "min", "sign": "sgn"}
TALL = ("<mfrac", "<mtable", "<munder", "<msqrt")  # what brackets grow with
APPLY = "<mo>&#x2061;</mo>"  # the invisible sign of applying a function


def to_mathml(expression: Expression, leaf: Leaf | None = None) -> str:
    """The tree as presentation MathML, to stand inside ``<math>``.

    Parameters
    ----------
    expression : Expression
        As for `to_text`. A box is an mrow of the classes "box" and its kind, with its label below it.
    leaf : callable, optional
        The markup of each symbol and constant, and how tightly that binds.

    Examples
    --------
    >>> from clearprop.formulas import Symbol
    >>> from clearprop.formulas.printers.mathml import to_mathml
    >>> print(to_mathml(1 / Symbol("z")))
    <mfrac><mn>1</mn><mi>z</mi></mfrac>
    """
    return printed(expression, leaf)[0]


def printed(expression: Expression, leaf: Leaf | None = None, done: dict[int, Printed] | None = None) -> Printed:
    """The same, and how tightly it binds, for those who put it beside something else; `done` as for `fold`."""
    return fold(expression, leaf or _leaf, _node, done)


def operator(sign: str) -> str:
    """An operator's markup."""
    return f"<mo>{escape(sign)}</mo>"


def row(markup: str) -> str:
    """The markup as one element."""
    return f"<mrow>{markup}</mrow>"


def fenced(markup: str, left: str = "(", right: str = ")") -> str:
    """The markup between brackets, as one element.

    Brackets grow with fractions, sums and roots alone. Round scripts and powers they stay as they are, as in print: a
    browser that stretches them a little takes more room for it than it had reckoned with.
    """
    steady = "" if any(tall in markup for tall in TALL) else " stretchy='false'"
    return f"<mrow><mo{steady}>{left}</mo>{markup}<mo{steady}>{right}</mo></mrow>"


def bracket(item: Printed, at_least: int) -> str:
    """The markup, in brackets if it binds less tightly than it has to."""
    return item[0] if item[1] >= at_least else fenced(item[0])


def number(value: int | float) -> Printed:
    """A number's markup, with all its digits."""
    text = number_text(abs(value))
    return (f"<mo form='prefix'>−</mo><mn>{text}</mn>", SIGN) if value < 0 else (f"<mn>{text}</mn>", ATOM)


def _leaf(leaf: Symbol | Constant) -> Printed:
    if isinstance(leaf, Symbol):
        return f"<mi>{escape(NAMES.get(leaf.name, leaf.name))}</mi>", ATOM
    return number(leaf.value)


def _node(function: str, node: Apply, arguments: list[Printed]) -> Printed:
    match function, arguments:
        case "add", [x, y]:
            return f"{bracket(x, SUM)}<mo>+</mo>{term(y, bracket)}", SUM
        case "subtract", [x, y]:
            return f"{bracket(x, SUM)}<mo>−</mo>{term(y, bracket)}", SUM
        case "multiply", [x, y]:
            return f"{bracket(x, SIGN)}<mo>⋅</mo>{bracket(y, POWER)}", sign_of(x)
        case "divide", [x, y]:
            return f"<mfrac>{large(x[0])}{large(y[0])}</mfrac>", POWER
        case "negative", [x]:
            return f"<mo form='prefix'>−</mo>{bracket(x, PRODUCT)}", SIGN
        case "power", [x, y]:
            return f"<msup>{row(bracket(x, ATOM))}{single(y[0])}</msup>", POWER
        case "exp", [x]:
            return f"<msup><mi>e</mi>{single(x[0])}</msup>", POWER
        case "expm1", [x]:
            return f"<msup><mi>e</mi>{single(x[0])}</msup><mo>−</mo><mn>1</mn>", SUM
        case "log1p", [x]:
            return f"<mi>log</mi>{APPLY}{fenced('<mn>1</mn><mo>+</mo>' + bracket(x, PRODUCT))}", ATOM
        case "sqrt", [x]:
            return f"<msqrt>{x[0]}</msqrt>", ATOM
        case "absolute", [x]:
            return fenced(x[0], "|", "|"), ATOM
        case "floor", [x]:
            return fenced(x[0], "⌊", "⌋"), ATOM
        case (("less" | "less_equal" | "equal"), [x, y]):
            sign = COMPARISONS[function]
            if isinstance(node.arguments[0], Constant):  # people write z > 0
                return f"{bracket(y, SUM)}{operator(TURNED[sign])}{bracket(x, SUM)}", COMPARISON
            return f"{bracket(x, SUM)}{operator(sign)}{bracket(y, SUM)}", COMPARISON
        case "where", [condition, x, y]:
            cases = (
                f"<mtr><mtd>{x[0]}</mtd><mtd>{condition[0]}</mtd></mtr>"
                f"<mtr><mtd>{y[0]}</mtd><mtd><mtext>–</mtext></mtd></mtr>"
            )
            return f"<mrow><mo>{{</mo><mtable columnalign='left'>{cases}</mtable></mrow>", ATOM
    return _row_or_call(function, arguments)


def _row_or_call(function: str, arguments: list[Printed]) -> Printed:
    """Sums over an index, matrix forms, boxes, and functions that are written by name."""
    match function, arguments:
        case "row_sum", [x]:
            return f"<munder><mo>∑</mo><mi>k</mi></munder>{bracket(x, PRODUCT)}", ROW
        case "row_max", [x]:
            return f"<munder><mo>max</mo><mi>k</mi></munder>{bracket(x, PRODUCT)}", ROW
        case "sum", [index, x]:
            return f"<munder><mo>∑</mo>{single(index[0])}</munder>{bracket(x, PRODUCT)}", ROW
        case "matmul", [x, y]:
            return f"{bracket(x, PRODUCT)}<mspace width='0.2em'/>{bracket(y, PRODUCT)}", ROW
        case "hadamard", [x, y]:
            return f"{bracket(x, SIGN)}<mo>⊙</mo>{bracket(y, POWER)}", sign_of(x)
        case "quotient", [x, y]:
            return f"{bracket(x, SIGN)}<mo>⊘</mo>{bracket(y, POWER)}", sign_of(x)
        case "transpose", [x]:
            return f"<msup>{row(bracket(x, ATOM))}<mo>⊤</mo></msup>", POWER
        case _, [label, x] if function.startswith("box_"):
            kind = function.removeprefix("box_").replace("_", "-")
            return f"<munder><mrow class='box {kind}'>{x[0]}</mrow>{single(label[0])}</munder>", ATOM
        case _, cells if function.startswith("grid_"):
            rows = ("".join(f"<mtd>{text}</mtd>" for text, _ in row) for row in rows_of(function, cells))
            table = "".join(f"<mtr>{row}</mtr>" for row in rows)
            return f"<mrow><mo>[</mo><mtable>{table}</mtable><mo rspace='0.2em'>]</mo></mrow>", ATOM
    inside = "<mo>,</mo>".join(text for text, _ in arguments)
    return f"<mi>{escape(FUNCTIONS.get(function, function))}</mi>{APPLY}{fenced(inside)}", ATOM


def large(markup: str) -> str:
    """A part of a fraction as one element; fractions in it at their full size."""
    return f"<mrow displaystyle='true'>{markup}</mrow>" if "<mfrac>" in markup else single(markup)


def single(markup: str) -> str:
    """The markup as one element, as the parts of fractions and scripts must be."""
    return markup if markup.count("<m") == 1 else row(markup)
