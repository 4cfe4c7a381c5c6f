"""Formulas that people type in, read into the vocabulary of formulas; never evaluated as Python.

The grammar, in which a space means nothing::

    condition  sum ("<" | "<=" | ">" | ">=" | "==") sum          only as the first argument of where
    sum        product (("+" | "-") product)*
    product    signed (("*" | "/") signed)*                      a number may stand right before a name or a bracket: 2x
    signed     ("-" | "+") signed | power
    power      atom (("^" | "**") signed)?
    atom       number | name | name "(" condition or sum, … ")" | "(" sum ")"

Names are the variables, pi and e, the functions of the vocabulary, and the activations that the library has.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, NamedTuple

import numpy as np

from clearprop.formulas import ACTIVATIONS, Activation, Constant, Expression, Symbol, evaluate
from clearprop.formulas.expressions import ARITY, Apply, fold, symbols
from clearprop.formulas.saving import formula_from_json, formula_to_json, tree_to_json
from clearprop.formulas.vocabulary import FUNCTIONS
from clearprop.lab.refusals import TypedError

LONGEST, DEEPEST, MOST_NODES = 200, 30, 1_000  # letters; brackets and signs within each other; nodes of the tree
TOKEN = re.compile(
    r"\s*(?:(?P<number>(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+(?![\w.]))?)|(?P<name>π|[A-Za-z_][A-Za-z_0-9]*)"
    r"|(?P<sign>\*\*|<=|>=|==|[-+*/^(),<>]))"
)
ALIKE = str.maketrans({"−": "-", "·": "*", "×": "*", "÷": "/", "（": "(", "）": ")", "，": ","})
CONSTANTS: Mapping[str, float] = {"pi": math.pi, "π": math.pi, "e": math.e}
OPERATORS = ("add", "subtract", "multiply", "divide", "power", "negative", "less", "less_equal", "equal")
OTHER_NAMES: Mapping[str, str] = {"abs": "absolute", "max": "maximum", "min": "minimum", "ln": "log", "if": "where"}
SAMPLES = (-3.0, -1.0, -0.25, 0.0, 0.25, 1.0, 3.0)  # where a formula has to be a finite number


class Token(NamedTuple):
    """A number, a name or a sign, and the letter at which it begins; the last one is empty."""

    kind: str
    text: str
    at: int


@cache
def functions() -> Mapping[str, tuple[int, Callable[..., Expression]]]:
    """What may be called, by name: how many arguments it takes, and what it makes of trees."""
    found: dict[str, tuple[int, Callable[..., Any]]] = {
        name: (ARITY[name], function)
        for name, function in FUNCTIONS.items()
        if name not in OPERATORS and not name.startswith("row_")
    }
    found |= {short: found[name] for short, name in OTHER_NAMES.items()}
    for name, kind in ACTIVATIONS.items():
        if not kind.is_coupled() and name not in found:
            found[name] = (1, _call_of(kind()))
    return found


def _call_of(shape: Activation) -> Callable[[Expression], Expression]:
    def call(z: Expression) -> Expression:
        made: Expression = evaluate(type(shape).tree(), {"z": z, **shape.parameters})
        return made

    return call


@dataclass
class Reader:
    """Reads one formula, token by token."""

    tokens: Sequence[Token]
    variables: Mapping[str, str]
    place: int = 0
    depth: int = 0

    @property
    def token(self) -> Token:
        """The next token."""
        return self.tokens[self.place]

    def take(self, *texts: str) -> Token | None:
        """The next token if it is one of these signs."""
        token = self.token
        if token.kind != "sign" or token.text not in texts:
            return None
        self.place += 1
        return token

    def need(self, text: str) -> None:
        """Take this sign, or say that it is missing."""
        if self.take(text) is None:
            found = f"not {self.token.text!r}" if self.token.text else "and the formula ends"
            raise TypedError(f"here should stand {text!r}, {found}", self.token.at)

    def deeper(self) -> None:
        """Note one more level; TypedError where there are too many."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise TypedError(f"more than {DEEPEST} brackets and signs lie within each other", self.token.at)

    def condition(self) -> Any:
        """A comparison, or a sum."""
        left = self.sum()
        sign = self.take("<", "<=", ">", ">=", "==")
        if sign is None:
            return left
        right = self.sum()
        if sign.text == "==":
            return FUNCTIONS["equal"](left, right)
        return {"<": left < right, "<=": left <= right, ">": left > right, ">=": left >= right}[sign.text]

    def sum(self) -> Any:
        """Products added and subtracted."""
        self.deeper()
        found = self.product()
        while sign := self.take("+", "-"):
            other = self.product()
            found = found + other if sign.text == "+" else found - other
        self.depth -= 1
        return found

    def product(self) -> Any:
        """Factors multiplied and divided."""
        found = self.signed()
        while True:
            if sign := self.take("*", "/"):
                other = self.signed()
                found = found * other if sign.text == "*" else found / other
            elif self._is_beside():
                found = found * self.power()
            else:
                return found

    def _is_beside(self) -> bool:
        """Whether a name or a bracket stands right behind a number, as in 2x and 3(x + 1)."""
        is_opened = self.token.kind == "name" or self.token.text == "("
        return self.place > 0 and self.tokens[self.place - 1].kind == "number" and is_opened

    def signed(self) -> Any:
        """A power with its sign."""
        sign = self.take("-", "+")
        if sign is None:
            return self.power()
        self.deeper()
        found = self.signed()
        self.depth -= 1
        return -found if sign.text == "-" else found

    def power(self) -> Any:
        """An atom, and what it is raised to."""
        found = self.atom()
        if self.take("^", "**"):
            self.deeper()
            found = found ** self.signed()
            self.depth -= 1
        return found

    def atom(self) -> Any:
        """A number, a variable, a call, or a sum in brackets."""
        token = self.token
        if token.kind == "number":
            self.place += 1
            return Constant(_number(token))
        if token.kind == "name":
            self.place += 1
            return self.called(token) if self.take("(") else self.named(token)
        if self.take("("):
            found = self.sum()
            self.need(")")
            return found
        said = f"{token.text!r} cannot stand here" if token.text else "the formula ends where a number is missing"
        raise TypedError(said, token.at)

    def named(self, token: Token) -> Expression:
        """A variable or a constant."""
        if token.text in self.variables:
            return Symbol(self.variables[token.text])
        if token.text in CONSTANTS:
            return Constant(CONSTANTS[token.text])
        if token.text in functions():
            raise TypedError(f"{token.text} is a function: write {token.text}(…)", token.at)
        known = ", ".join(self.variables)
        raise TypedError(f"there is no {token.text!r} here; what may vary is {known}", token.at)

    def called(self, token: Token) -> Any:
        """A function with its arguments."""
        if token.text not in functions():
            raise TypedError(f"there is no function {token.text!r}; there are {', '.join(functions())}", token.at)
        arity, function = functions()[token.text]
        arguments = [self.condition()]
        while self.take(","):
            arguments.append(self.condition())
        self.need(")")
        if len(arguments) != arity:
            raise TypedError(f"{token.text} takes {arity} argument(s), not {len(arguments)}", token.at)
        is_choice = [place == 0 and function is FUNCTIONS["where"] for place in range(arity)]
        for argument, may_be in zip(arguments, is_choice, strict=True):
            if _is_condition(argument) != may_be:
                what = "a condition, as z > 0" if may_be else "a number, not a condition"
                raise TypedError(f"{token.text} takes {what} here", token.at)
        return function(*arguments)


def _is_condition(tree: Expression) -> bool:
    return isinstance(tree, Apply) and tree.function in ("less", "less_equal", "equal")


def _number(token: Token) -> float | int:
    value = float(token.text)
    if not math.isfinite(value):
        raise TypedError(f"{token.text} is too large a number", token.at)
    return int(value) if value == int(value) and abs(value) < 2**53 else value


def tokens_of(text: str) -> list[Token]:
    """The tokens of a formula.

    Raises
    ------
    TypedError
        For a letter that no formula has.
    """
    plain, found, place = text.translate(ALIKE), [], 0
    while plain[place:].strip():
        match = TOKEN.match(plain, place)
        if match is None:
            at = place + len(plain[place:]) - len(plain[place:].lstrip())
            raise TypedError(f"a formula has no {plain[at]!r}", at)
        kind = str(match.lastgroup)
        found.append(Token(kind, match[kind], match.start(kind)))
        place = match.end()
    return [*found, Token("end", "", len(plain))]


def read_formula(text: str, variables: Mapping[str, str]) -> Expression:
    """The tree of a formula that was typed in.

    Parameters
    ----------
    text : str
    variables : mapping of str to str
        What may be written for a variable, and the name of its symbol.

    Raises
    ------
    TypedError
        Where it cannot be understood, with the letter; or where it is too long, too deep or too large.

    Examples
    --------
    >>> from clearprop.lab.typed import read_formula
    >>> print(read_formula("2x^2 − max(x, 0)·sigmoid(-x)", {"x": "x"}))
    2·x² − max(x, 0)·(1/(1 + exp(−(−x))))
    """
    if len(text) > LONGEST:
        raise TypedError(f"the formula has {len(text):,} letters, and at most {LONGEST} are read", LONGEST)
    reader = Reader(tokens_of(text), variables)
    found: Expression = reader.sum()
    if reader.token.kind != "end":
        raise TypedError(f"{reader.token.text!r} cannot stand here", reader.token.at)
    size = fold(found, lambda leaf: 1, lambda name, item, sizes: min(1 + sum(sizes), 10 * MOST_NODES))
    if size > MOST_NODES:
        raise TypedError(f"the formula, written out, has more than {MOST_NODES:,} parts", 0)
    return found


def typed_activation(text: str, called: str = "typed") -> Activation:
    """An activation of its own, of the weighted input z (or x).

    Raises
    ------
    TypedError
        As `read_formula`; also where it does not depend on z, is not a finite number around 0, or where its name is one
        that the library has.

    Examples
    --------
    >>> import numpy as np
    >>> from clearprop.lab.typed import typed_activation
    >>> typed_activation("z/(1 + abs(z))").forward(np.array([1.0, -3.0]))
    array([ 0.5 , -0.75])
    """
    if re.fullmatch(r"[A-Za-z][A-Za-z_0-9]{0,39}", called) is None:
        raise TypedError("the name of an activation is a letter, and up to 39 letters, digits and _ behind it", 0)
    if called in ACTIVATIONS:
        raise TypedError(f"{called!r} is an activation of the library: take another name", 0)
    tree = read_formula(text, {"z": "z", "x": "z"})
    check_finite(tree, "z")
    spec = {"name": called, "parameters": {}, "trees": {"value": tree_to_json(tree)}, "facts": {}}
    made = formula_from_json(spec, Activation, ACTIVATIONS)
    # As files have it, so that a network that was saved and loaded is equal to this one.
    return formula_from_json(formula_to_json(made, ACTIVATIONS), Activation, ACTIVATIONS)


def check_finite(tree: Expression, *names: str) -> None:
    """Raise TypedError unless a formula depends on its variables and is a finite number around 0."""
    with np.errstate(all="ignore"):
        for value in SAMPLES:
            found = evaluate(tree, dict.fromkeys(names, np.array([value])))
            if not np.isfinite(found).all():
                where = " and ".join(names)
                raise TypedError(f"the formula is not a finite number at {where} = {value:g}", 0)
    if not symbols(tree):
        raise TypedError(f"the formula does not depend on {' or '.join(names)}", 0)
