"""Small parsers of printed formulas, so that a test can compute what was printed."""

import re
from typing import ClassVar

from clearprop.formulas import Constant, Symbol, exp, where
from clearprop.formulas.expressions import apply, symbols
from clearprop.formulas.printers.latex import NAMES as LATEX_NAMES
from clearprop.formulas.printers.latex import to_latex
from clearprop.formulas.printers.text import NAMES as TEXT_NAMES
from clearprop.formulas.printers.text import SUPERSCRIPTS, to_text


class Reader:
    """A recursive descent over tokens; what text and LaTeX have in common."""

    def __init__(self, tokens, names):
        self.tokens, self.place, self.names = tokens, 0, names

    def peek(self):
        return self.tokens[self.place] if self.place < len(self.tokens) else ""

    def take(self, expected=None):
        token = self.peek()
        assert token, "the text ends too early"
        assert expected in (None, token), f"{expected} expected, {token} found in {self.tokens}"
        self.place += 1
        return token

    def takes(self, *tokens):
        return self.take() if self.peek() in tokens else None

    def whole(self):
        tree = self.comparison()
        assert not self.peek(), f"{self.peek()} is left over in {self.tokens}"
        return tree

    def comparison(self):
        left = self.sum()
        match self.takes("<", "≤", "=", ">", "≥"):
            case "<":
                return left < self.sum()
            case "≤":
                return left <= self.sum()
            case ">":
                return left > self.sum()
            case "≥":
                return left >= self.sum()
            case "=":
                return apply("equal", left, self.sum())
        return left

    def sum(self):
        tree = self.product()
        while sign := self.takes("+", "-"):
            tree = tree + self.product() if sign == "+" else tree - self.product()
        return tree

    def product(self):
        if self.takes("Σₖ"):
            return apply("row_sum", self.product())
        if self.takes("maxₖ"):
            return apply("row_max", self.product())
        tree = -self.power() if self.takes("-") else self.power()
        while operator := self.takes("·", "/"):
            tree = tree * self.power() if operator == "·" else tree / self.power()
        return tree

    def name_or_number(self):
        token = self.take()
        if re.fullmatch(r"[\d.]+(e[-−]?\d+)?", token):
            number = float(token.replace("−", "-"))
            return Constant(number if set(token) & set(".e") else int(token))
        assert token in self.names, f"{token} means nothing in {self.tokens}"
        return Symbol(self.names[token])

    def call(self, function, close):
        arguments = [self.sum()]
        while self.takes(","):
            arguments.append(self.sum())
        self.take(close)
        return apply({"max": "maximum", "min": "minimum"}.get(function, function), *arguments)


FUNCTIONS = ("exp", "expm1", "log", "log1p", "tanh", "sqrt", "cos", "sin", "erf", "sign", "max", "min")


class TextReader(Reader):
    def __init__(self, text, names):
        lexer = r"\d+(?:\.\d+)?(?:e[−]?\d+)?|Σₖ|maxₖ|[^\W\d⁰¹²³⁴⁵⁶⁷⁸⁹][^\W⁰¹²³⁴⁵⁶⁷⁸⁹]*|[⁰¹²³⁴⁵⁶⁷⁸⁹⁻]+|\S"
        tokens = re.findall(lexer, text)
        super().__init__(["-" if token == "−" else token for token in tokens], names)

    def power(self):
        base = self.atom()
        if set(self.peek()) <= set("⁰¹²³⁴⁵⁶⁷⁸⁹⁻") and self.peek():
            plain = self.take().translate({new: old for old, new in SUPERSCRIPTS.items()})
            return base ** int(plain)
        return base ** self.atom() if self.takes("^") else base

    def atom(self):
        if self.takes("("):
            tree = self.comparison()
            self.take(")")
        elif self.takes("|"):
            tree = abs(self.sum())
            self.take("|")
        elif self.takes("⌊"):
            tree = apply("floor", self.sum())
            self.take("⌋")
        elif self.takes("{"):
            if_true = self.comparison()
            self.take("if")
            condition = self.comparison()
            self.take(";")
            tree = where(condition, if_true, self.comparison())
            self.take("otherwise")
            self.take("}")
        elif self.peek() in FUNCTIONS:
            function = self.take()
            self.take("(")
            tree = self.call(function, ")")
        else:
            tree = self.name_or_number()
        return tree


class LatexReader(Reader):
    SIGNS: ClassVar = {
        r"\cdot": "·", r"\le": "≤", r"\ge": "≥", r"\sum_k": "Σₖ", r"\max_k": "maxₖ", r"\operatorname{erf}": r"\erf",
        r"\operatorname{sgn}": r"\sign",
    }  # fmt: skip

    def __init__(self, latex, names):
        lexer = (
            r"\\operatorname\{\w+\}|\\text\{[^}]*\}|\\mathrm\{[^}]*\}|\\(?:begin|end)\{cases\}|\\(?:left|right)\\?[a-z]*[()|]?"
            r"|\\(?:sum|max)_k|\\beta_[12]|\\[a-z]+|\\\\|\d+(?:\.\d+)?|\S"
        )
        signs = re.findall(lexer, latex.replace(r"\displaystyle", ""))  # which decides sizes and means nothing
        super().__init__([self.SIGNS.get(sign, sign) for sign in signs], names)

    def group(self):
        self.take("{")
        tree = self.sum()
        self.take("}")
        return tree

    def power(self):
        if self.takes("e"):
            self.take("^")
            return exp(self.group())
        if self.takes(r"\frac"):
            return self.group() / self.group()
        if self.takes("{"):
            base = self.atom()
            self.take("}")
            self.take("^")
            return base ** self.group()
        atom = self.atom()
        if atom == Constant(10) and self.takes("^"):
            return atom ** self.group()
        return atom

    def atom(self):
        if self.takes(r"\left("):
            tree = self.comparison()
            self.take(r"\right)")
        elif self.takes(r"\left|"):
            tree = abs(self.sum())
            self.take(r"\right|")
        elif self.takes(r"\left\lfloor"):
            tree = apply("floor", self.sum())
            self.take(r"\right\rfloor")
        elif self.takes(r"\sqrt"):
            tree = apply("sqrt", self.group())
        elif self.takes(r"\begin{cases}"):
            if_true = self.comparison()
            self.take("&")
            self.take(r"\text{if }")
            condition = self.comparison()
            self.take(r"\\")
            tree = where(condition, if_true, self.comparison())
            self.take("&")
            self.take(r"\text{otherwise}")
            self.take(r"\end{cases}")
        elif self.peek()[1:] in FUNCTIONS:
            function = self.take()[1:]
            self.take(r"\left(")
            tree = self.call(function, r"\right)")
        else:
            tree = self.name_or_number()
        return tree


def read_text(tree):
    return TextReader(to_text(tree), {TEXT_NAMES.get(name, name): name for name in symbols(tree)}).whole()


def read_latex(tree):
    def written(name):
        escaped = name.replace("_", r"\_")
        return LATEX_NAMES.get(name, name if len(name) == 1 else rf"\mathrm{{{escaped}}}")

    return LatexReader(to_latex(tree), {written(name): name for name in symbols(tree)}).whole()
