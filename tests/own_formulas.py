"""Formulas of one's own, as a user would write them, for the tests of model files."""

from clearprop.formulas import Activation, Loss, Softmax, UpdateRule, exp, log, maximum, row_max, row_sum, where


class Bent(Activation):
    """An activation with every fact and several forms."""

    range, reaches_bounds = (-1, float("inf")), True
    initialiser = "lecun_normal"
    slope_left: float = 0.1
    knee: float = 1.0

    def value(z, slope_left, knee):
        return maximum(where(z > knee, z, slope_left * z), -1)

    def slope(z, a, slope_left, knee):
        return where(z > knee, 1, where(slope_left * z > -1, slope_left, 0))


class Tempered(Softmax):
    """Softmax with a temperature: coupled, and a distribution."""

    temperature: float = 2.0

    def value(z, temperature):
        return exp(z / temperature) / row_sum(exp(z / temperature))

    def stable(z, temperature):
        e = exp((z - row_max(z)) / temperature)
        return e / row_sum(e)

    def pullback(g, z, a, temperature):
        return a * (g - row_sum(g * a)) / temperature


class LogCosh(Loss):
    """A loss with bounds on both sides and a natural output."""

    domain, targets, natural_output = (-5, 5), (-5, 5), "tanh"
    width: float = 2.0

    def value(a, y, width):
        return width * log((exp((y - a) / width) + exp((a - y) / width)) / 2)


class Halving(UpdateRule):
    """An update rule that remembers two things, one of which is not in its step."""

    memory = ("v", "n")
    share: float = 0.5

    def update(theta, g, v, n, rate, t, share):
        v = share * v + (1 - share) * g
        return theta - rate * v / (1 - share**t), v, n + 1


class Plain(UpdateRule):
    """Gradient descent of a user's own: one result, nothing remembered."""

    def update(theta, g, rate):
        return theta - rate * g
