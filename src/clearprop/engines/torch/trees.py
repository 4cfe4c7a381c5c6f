"""Formulas as calls: an expression tree becomes as few calls of PyTorch as it can be.

PyTorch has calls for x + c·y, x + c·y·z and x + c·y/z. So a product or a quotient is not computed when it is met: it
waits as a `Term`, a number times x·y/z, until something needs it as it is or a sum takes it in. Numbers are worked out
in double precision, those of a step by the host before it begins.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import torch

from clearprop.engines.torch.program import Changing, Program, Seen, Slot, copied, filled, flat
from clearprop.formulas import evaluate
from clearprop.formulas.expressions import Constant, Expression, Symbol, apply, fold, symbols

ONE, MINUS = Constant(1), Constant(-1)
UNARY: Mapping[str, Callable[..., Any]] = {
    "exp": torch.exp, "expm1": torch.expm1, "log": torch.log, "log1p": torch.log1p, "tanh": torch.tanh,
    "sqrt": torch.sqrt, "cos": torch.cos, "sin": torch.sin, "erf": torch.erf, "absolute": torch.abs,
    "sign": torch.sign, "floor": torch.floor,
}  # fmt: skip
BOUNDS: Mapping[str, tuple[Callable[..., Any], Callable[..., Any]]] = {
    "maximum": (torch.maximum, torch.clamp_min), "minimum": (torch.minimum, torch.clamp_max),
}  # fmt: skip
COMPARISONS: Mapping[str, tuple[Callable[..., Any], Callable[..., Any]]] = {  # and with the sides exchanged
    "less": (torch.lt, torch.gt), "less_equal": (torch.le, torch.ge), "equal": (torch.eq, torch.eq),
}  # fmt: skip


class Term(NamedTuple):
    """scale · x · y / over; what is None is not there. Without x and over it is a number."""

    scale: Expression
    x: Slot | None = None
    y: Slot | None = None
    over: Slot | None = None

    @property
    def is_number(self) -> bool:
        """Whether no tensor is in it."""
        return self.x is None and self.over is None

    @property
    def is_single(self) -> bool:
        """Whether it is one tensor, times a number."""
        return self.x is not None and self.y is None and self.over is None

    @property
    def is_plain(self) -> bool:
        """Whether it is a tensor as it stands in memory."""
        return self.is_single and self.scale == ONE


def number(function: str, *scales: Expression) -> Expression:
    """A function of numbers; worked out at once where none of them changes from step to step."""
    found = apply(function, *scales)
    return found if symbols(found) else Constant(evaluate(found, {}))


def times(one: Expression, other: Expression) -> Expression:
    """The product of two numbers."""
    if one == ONE or other == ONE:
        return other if one == ONE else one
    return number("multiply", one, other)


class Formulas:
    """Adds the calls of formulas to a program.

    Parameters
    ----------
    program : Program
    """

    def __init__(self, program: Program) -> None:
        self.program = program

    def term(self, tree: Expression, values: Mapping[str, Any]) -> Term:
        """What a formula comes to.

        Parameters
        ----------
        tree : Expression
        values : mapping of str to Slot, Term or number
            Of its symbols. Those that are not in it are numbers of the step.
        """

        def leaf(item: Symbol | Constant) -> Term:
            if isinstance(item, Constant):
                return Term(item)
            value = values.get(item.name, Term(item))
            if isinstance(value, int | float):
                return Term(Constant(value))
            return value if isinstance(value, Term) else Term(ONE, value)

        return fold(tree, leaf, lambda function, _, arguments: self.apply(function, *arguments))

    def apply(self, function: str, *terms: Term) -> Term:
        """One function of the vocabulary."""
        if all(term.is_number for term in terms) and not function.startswith("row_"):
            return Term(number(function, *(term.scale for term in terms)))
        if function in UNARY:
            return self.call(UNARY[function], self.tensor(*terms))
        if function in BOUNDS:
            return self._bounded(*BOUNDS[function], *terms)
        if function in COMPARISONS:
            return self._compared(*COMPARISONS[function], *terms)
        return getattr(self, f"_{function}")(*terms)  # type: ignore[no-any-return]

    def tensor(self, term: Term) -> Slot:
        """A term as a tensor: what waits is computed now."""
        if term.is_number:
            return self._tensor_of(term.scale)
        if term.x is None:
            assert term.over is not None
            return self._elementwise(torch.div, self._tensor_of(term.scale), term.over)
        found = term.x if term.y is None else self._elementwise(torch.mul, term.x, term.y)
        if term.over is not None:
            found = self._elementwise(torch.div, found, term.over)
        return found if term.scale == ONE else self._elementwise(torch.mul, found, self.program.number(term.scale))

    def total(self, term: Term, into: Slot) -> Expression:
        """Write Σ over all numbers of a term, but for its scale, which is what comes back."""
        if term.x is not None and term.y is not None and term.over is None and term.x.shape == term.y.shape:
            x, y = Seen(term.x, flat), Seen(term.y, flat)
            self.program.emit(torch.dot, x, y, shape=(), into=into)
            return term.scale
        scale, rest = (term.scale, term._replace(scale=ONE)) if not term.is_number else (ONE, term)
        self.program.emit(torch.sum, self.tensor(rest), shape=(), into=into, dim=(0, 1))
        return scale

    def _tensor_of(self, scale: Expression) -> Slot:
        """A number as a tensor without axes."""
        found = self.program.number(scale)
        if isinstance(found, Changing):
            return self.program.emit(filled if self.program.numbers else copied, found, shape=())
        return self.program.constant(found)

    def _elementwise(
        self, function: Callable[..., Any], *arguments: Any, dtype: torch.dtype | None = None, **options: Any
    ) -> Slot:
        shapes = [argument.shape for argument in arguments if isinstance(argument, Slot)]
        shape = tuple(torch.broadcast_shapes(*shapes))
        return self.program.emit(function, *arguments, shape=shape, dtype=dtype, may_overwrite=True, **options)

    def call(self, function: Callable[..., Any], *arguments: Any, **options: Any) -> Term:
        """What a call computes of every number of its arguments."""
        return Term(ONE, self._elementwise(function, *arguments, **options))

    def _can_be_taken_in(self, term: Term) -> bool:
        """Whether a sum can take in a term: its factor is a number then, which a graph would remember."""
        if term.x is None or (term.y is not None and term.over is not None):
            return False
        return self.program.numbers or not symbols(term.scale)

    def _negative(self, term: Term) -> Term:
        return term._replace(scale=times(MINUS, term.scale))

    def _multiply(self, one: Term, other: Term) -> Term:
        if one.is_number or other.is_number:
            factor, rest = (one, other) if one.is_number else (other, one)
            return rest._replace(scale=times(factor.scale, rest.scale))
        one, other = (self._at_most_single(term) for term in (one, other))
        return Term(times(one.scale, other.scale), one.x, other.x)

    def _at_most_single(self, term: Term) -> Term:
        if term.is_single:
            return term
        whole = term if term.x is None else term._replace(scale=ONE)
        return Term(ONE if term.x is None else term.scale, self.tensor(whole))

    def _divide(self, one: Term, other: Term) -> Term:
        if other.is_number:
            return one._replace(scale=number("divide", one.scale, other.scale))
        below = self._at_most_single(other)
        if not one.is_number:
            one = self._at_most_single(one)
        scale = one.scale if below.scale == ONE else number("divide", one.scale, below.scale)
        return Term(scale, one.x, None, below.x)

    def _power(self, base: Term, exponent: Term) -> Term:
        if exponent.is_number and exponent.scale == Constant(2) and not base.is_number:
            single = self._at_most_single(base)
            return Term(times(single.scale, single.scale), single.x, single.x)
        return self.call(torch.pow, *self._as_numbers_or_tensors(base, exponent))

    def _as_numbers_or_tensors(self, *terms: Term) -> list[Any]:
        return [self.program.number(term.scale) if term.is_number else self.tensor(term) for term in terms]

    def _add(self, one: Term, other: Term) -> Term:
        if one.is_number or other.is_number:
            number_of, rest = (one, other) if one.is_number else (other, one)
            if rest.is_single and rest.scale != ONE and self._can_be_taken_in(rest):
                return self._taken_in(self._tensor_of(number_of.scale), rest)
            return self.call(torch.add, self.tensor(rest), self.program.number(number_of.scale))
        for base, added in ((one, other), (other, one)):
            if base.is_plain and self._can_be_taken_in(added):
                return self._taken_in(base.x, added)
        if self._can_be_taken_in(other):
            return self._taken_in(self.tensor(one), other)
        return self._taken_in(self.tensor(one), Term(ONE, self.tensor(other)))

    def _taken_in(self, base: Slot | None, added: Term) -> Term:
        """base + added, in one call."""
        assert base is not None
        factor = self.program.number(added.scale)
        if added.y is not None:
            return self.call(torch.addcmul, base, added.x, added.y, value=factor)
        if added.over is not None:
            return self.call(torch.addcdiv, base, added.x, added.over, value=factor)
        if factor == -1.0:  # y − x where x − y is known
            negative = self.program.known(torch.add, added.x, base, alpha=-1.0)
            if negative is not None:
                return Term(MINUS, negative)
        return self.call(torch.add, base, added.x, alpha=factor)

    def _subtract(self, one: Term, other: Term) -> Term:
        return self._add(one, self._negative(other))

    def _bounded(self, of_two: Callable[..., Any], of_number: Callable[..., Any], one: Term, other: Term) -> Term:
        if one.is_number or other.is_number:
            bound, rest = (one, other) if one.is_number else (other, one)
            return self.call(of_number, self.tensor(rest), self.program.number(bound.scale))
        return self.call(of_two, self.tensor(one), self.tensor(other))

    def _compared(self, function: Callable[..., Any], exchanged: Callable[..., Any], one: Term, other: Term) -> Term:
        if one.is_number:
            function, one, other = exchanged, other, one
        right = self.program.number(other.scale) if other.is_number else self.tensor(other)
        return self.call(function, self.tensor(one), right, dtype=torch.bool)

    def _where(self, condition: Term, if_true: Term, if_false: Term) -> Term:
        parts = self.tensor(if_true), self.tensor(if_false)
        if condition.is_number:
            return self.call(chosen, self.program.number(condition.scale), *parts)
        return self.call(torch.where, self.tensor(condition), *parts)

    def _row_sum(self, term: Term) -> Term:
        return self._of_rows(torch.sum, term)

    def _row_max(self, term: Term) -> Term:
        return self._of_rows(torch.amax, term)

    def _of_rows(self, function: Callable[..., Any], term: Term) -> Term:
        x = self.tensor(term)
        shape = (*x.shape[:-1], 1)
        return Term(ONE, self.program.emit(function, x, shape=shape, dim=-1, keepdim=True))


def chosen(condition: Any, if_true: Any, if_false: Any, *, out: Any) -> None:
    """One of two tensors, by a number that is the same for all of their numbers."""
    if isinstance(condition, torch.Tensor):
        torch.where(condition > 0, if_true, if_false, out=out)
    else:
        out.copy_(if_true if condition else if_false)
