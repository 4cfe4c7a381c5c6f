"""Arithmetic as people write it, worked out: ``0.5·0.5 + 0.2·0.3 + 0.1``, ``1/(1 + e^(−0.41))``, ``\\frac{1}{50}``.

A parser of its own for numbers, + − · × * / ÷ ^, brackets and a few functions. It knows no names, so nothing that a
sheet holds is ever run.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping

DEEPEST = 40  # brackets within brackets
LONGEST = 5_000  # letters
LARGEST_POWER = 400.0
SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾", "0123456789+-()")
TOKEN = re.compile(
    r"\s*(?:(?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁽⁾]+)"
    r"|\[\s*\d[\d,]*\s[^\[\]\d]{1,20}[:：]\s*(?P<rest>[-+−]?\d+(?:[.,]\d+)?(?:e[-+]?\d+)?)\s*\]"  # [60 more: −0.095]
    r"|(?P<number>(?:\d+(?:[.,]\d+)?|[.,]\d+)(?:[eE][-+−]?\d+)?)(?P<percent>\s*%)?"
    r"|(?P<word>\\?[A-Za-zσ]+)|(?P<sign>\*\*|[-+−–*·⋅×∙•/÷^()\[\]{}√,;½]))"
)
TIMES, MINUS, OPEN, CLOSED = "*·⋅×∙•", "-−–", "([{", ")]}"


def sigmoid(z: float) -> float:
    """1/(1 + e^(−z)), without overflow."""
    return 1 / (1 + math.exp(-z)) if z >= 0 else math.exp(z) / (1 + math.exp(z))


FUNCTIONS: Mapping[str, Callable[..., float]] = {
    "exp": math.exp, "ln": math.log, "log": math.log, "sigmoid": sigmoid, "σ": sigmoid, "sigma": sigmoid,
    "logistic": sigmoid, "tanh": math.tanh, "sqrt": math.sqrt, "sin": math.sin, "cos": math.cos, "abs": abs,
    "relu": lambda z: max(0.0, z), "softplus": lambda z: math.log1p(math.exp(z)) if z < 700 else z,
    "max": max, "min": min,
}  # fmt: skip


class NotArithmetic(ValueError):
    """The text is no arithmetic of numbers alone."""


def worked_out(text: str) -> float | None:
    """What a piece of arithmetic comes to, or None where it is none, or has no finite value.

    Examples
    --------
    >>> from clearprop.explain.checking.worksheets.arithmetic import worked_out
    >>> worked_out("0.5·0.5 + 0.2·0.3 + 0.1"), worked_out("2(1 − 0.25)²"), worked_out("w1·x1 + b")
    (0.41000000000000003, 1.125, None)
    """
    try:
        value = _Reader(text).whole()
    except (NotArithmetic, ArithmeticError, ValueError, TypeError):
        return None
    return float(value) if isinstance(value, int | float) and math.isfinite(value) else None


class _Reader:
    """Reads one expression from left to right. It keeps its place in the text; one reader reads one text."""

    def __init__(self, text: str) -> None:
        if len(text) > LONGEST:
            raise NotArithmetic
        self.tokens = _tokens(text)
        self.place, self.depth = 0, 0

    def next(self) -> tuple[str, str]:
        """The kind and text of the next token."""
        return self.tokens[self.place] if self.place < len(self.tokens) else ("end", "")

    def take(self, *texts: str) -> bool:
        """Step over the next token, if it is one of these."""
        if self.next()[1] in texts and self.next()[0] in ("sign", "word"):
            self.place += 1
            return True
        return False

    def whole(self) -> float:
        """The value of the whole text."""
        value = self.sum()
        if self.next()[0] != "end":
            raise NotArithmetic
        return value

    def sum(self) -> float:
        """Terms added and subtracted."""
        value = self.product()
        while True:
            if self.take("+"):
                value += self.product()
            elif self.take(*MINUS):
                value -= self.product()
            else:
                return value

    def product(self) -> float:
        """Factors multiplied and divided; brackets side by side are multiplied too."""
        value = self.signed()
        while True:
            kind, text = self.next()
            if self.take(*TIMES, "\\cdot", "\\times"):
                value *= self.signed()
            elif self.take("/", "÷"):
                value /= self.signed()
            elif kind == "word" or (kind == "sign" and text in (*OPEN, "√")):
                value *= self.power()
            else:
                return value

    def signed(self) -> float:
        """A factor with its sign."""
        minus = False
        while True:
            if self.take(*MINUS):
                minus = not minus
            elif not self.take("+"):
                break
        return -self.power() if minus else self.power()

    def power(self) -> float:
        """A value, raised or not; a raised one binds more closely than the sign before it."""
        self.depth += 1
        if self.depth > DEEPEST:
            raise NotArithmetic
        value = self.value()
        kind, text = self.next()
        if self.take("^", "**"):
            value = _raised(value, self.signed())
        elif kind == "raised":
            self.place += 1
            value = _raised(value, _Reader(text.translate(SUPERSCRIPTS)).whole())
        self.depth -= 1
        return value

    def value(self) -> float:
        """A number, something in brackets, or a function of it."""
        kind, text = self.next()
        self.place += 1
        if kind == "number":
            return float(text)
        if kind == "word":
            return self.function(text.lstrip("\\"))
        if text == "√":
            return math.sqrt(self.power())
        if text in OPEN and kind == "sign":
            return self.inside(text)
        raise NotArithmetic

    def inside(self, opened: str) -> float:
        """What stands in brackets, the first of which was read."""
        value = self.sum()
        if not self.take(CLOSED[OPEN.index(opened)]):
            raise NotArithmetic
        return value

    def function(self, name: str) -> float:
        """A function of what follows: e^x, exp(x), \\frac{a}{b}, max(a, b)."""
        if name in ("frac", "dfrac", "tfrac"):
            above = self.power()
            return above / self.power()
        if name == "e":
            return math.e
        found = FUNCTIONS.get(name.lower())
        if found is None:
            raise NotArithmetic
        if name.lower() in ("max", "min") and self.take("("):
            values = [self.sum()]
            while self.take(",", ";"):
                values.append(self.sum())
            if not self.take(")"):
                raise NotArithmetic
            return found(values)
        return found(self.power())


def _raised(base: float, power: float) -> float:
    if base == math.e:
        return math.exp(power)
    if abs(power) > LARGEST_POWER:
        raise NotArithmetic
    value = base**power
    if isinstance(value, complex):
        raise NotArithmetic
    return float(value)


def _tokens(text: str) -> list[tuple[str, str]]:
    """The text in pieces."""
    if ";" not in text and re.search(r"\b(?:max|min)\s*\(", text) is not None:
        text = text.replace(",", ";")  # max(0,0.3) holds two numbers
    found: list[tuple[str, str]] = []
    place = 0
    text = text.rstrip()
    while place < len(text):
        match = TOKEN.match(text, place)
        if match is None:
            raise NotArithmetic
        place = match.end()
        if match["number"] or match["rest"]:
            number = match["number"] or match["rest"]
            plain = number.replace(",", ".").replace("−", "-").replace("–", "-")
            found.append(("number", repr(float(plain) / 100) if match["percent"] else plain))
        elif match["raised"]:
            found.append(("raised", match["raised"]))
        elif match["word"]:
            found.append(("word", match["word"]))
        elif match["sign"] == "½":
            found.append(("number", "0.5"))
        else:
            found.append(("sign", match["sign"]))
    return found
