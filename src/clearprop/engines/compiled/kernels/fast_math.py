"""The vocabulary's functions for vectors, fast: polynomials where NumPy would call a library for each number.

The largest errors found by a dense sweep (tests/engines/compiled/test_fast_math.py holds them) are in `LARGEST_ERROR`.
NaN goes in and comes out; overflow gives infinity, as in NumPy.

Sources: argument reduction after Cody & Waite (1980); the form of the logarithm after fdlibm's e_log.c; coefficients by
interpolation at Chebyshev nodes with 50 digits. Each list is from the constant term upwards.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from numba import types
from numba.extending import intrinsic

from clearprop.engines.compiled.kernels.callee import njit
from clearprop.engines.compiled.kernels.vector_functions import (
    absolute,
    bits,
    copysign,
    cosine_by_lane,
    from_bits,
    max_across,
    minus_integers,
    multiply_add,
    plus_integer,
    plus_integers,
    select,
    shift_left,
    shift_right,
    sine_by_lane,
)
from clearprop.engines.compiled.kernels.vectors import llvm_function as _llvm_function
from clearprop.engines.compiled.kernels.vectors import spread, suffix, type_of, vector_type

# In units in the last place, (float32, float64), with and without a fused multiply-add: held by a test.
LARGEST_ERROR = {
    "exp": (1.3, 1.4), "expm1": (1.6, 1.8), "log": (0.8, 0.9), "log1p": (1.5, 1.5), "tanh": (2.5, 2.5),
    "erf": (2.5, 3.1), "logistic": (2.3, 2.9), "sin": (1.6, 2.5), "cos": (1.6, 2.5),
}  # fmt: skip


def _number(single: float, double: float) -> Any:
    """A constant whose value depends on the type of the vector that it is used with."""

    @intrinsic
    def value(typingctx: Any, like: Any) -> Any:
        def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            scalar = vector_type(like.dtype, 1)
            return spread(builder, scalar(single if like.dtype == types.float32 else double), type_of(like))

        return like(like), emit

    return value


def _polynomial(single: Sequence[float], double: Sequence[float]) -> Any:
    """The polynomial with these coefficients, by Horner's rule in fused multiply-adds."""

    @intrinsic
    def value(typingctx: Any, x: Any) -> Any:
        def emit(context: Any, builder: Any, sig: Any, args: Any) -> Any:
            scalar, kind = vector_type(x.dtype, 1), type_of(x)
            numbers = [
                spread(builder, scalar(c), kind) for c in reversed(single if x.dtype == types.float32 else double)
            ]
            fma = _llvm_function(builder, f"llvm.fmuladd.{suffix(kind, x.dtype)}", kind, [kind] * 3)
            result = numbers[0]
            for number in numbers[1:]:
                result = builder.call(fma, [result, args[0], number])
            return result

        return x(x), emit

    return value


def _count(single: int, double: int) -> Any:
    """A whole number that depends on the type of the vector that it is asked for."""

    @intrinsic
    def value(typingctx: Any, x: Any) -> Any:
        n = single if x.dtype == types.float32 else double
        return types.int64(x), lambda context, builder, sig, args: context.get_constant(types.int64, n)

    return value


_fraction_bits = _count(23, 52)  # how many bits the fraction of this type has
_exponent_bias = _count(127, 1023)  # what is added to an exponent before it is stored
_sign_place = _count(31, 63)  # where the sign is in the bits
ZERO, HALF, ONE, TWO = _number(0, 0), _number(0.5, 0.5), _number(1, 1), _number(2, 2)
INFINITY, NAN = _number(float("inf"), float("inf")), _number(float("nan"), float("nan"))
LOG2_E = _number(1.4426950408889634, 1.4426950408889634)
MINUS_LN2_HIGH = _number(-0.693145751953125, -0.6931471805598903)  # exact products with every exponent
MINUS_LN2_LOW = _number(-1.4286068203094173e-06, -5.497923018708371e-14)
ROUNDER = _number(1.5 * 2.0**23, 1.5 * 2.0**52)  # adding it leaves the nearest whole number in the last bits
EXP_LOWEST, EXP_HIGHEST = _number(-104.0, -746.0), _number(89.0, 710.0)
LOGISTIC_ENDS = _number(88.0, 709.0)  # beyond them it is 0 or 1
EXPM1_LOWEST = _number(-20.0, -40.0)
SQRT_HALF = _number(0.70710678, 0.7071067811865476)
SMALLEST_NORMAL = _number(2.0**-126, 2.0**-1022)
SCALE_UP, SCALED_BY = _number(2.0**25, 2.0**54), _number(25, 54)
TANH_HIGHEST = _number(10.0, 20.0)
TWICE_LOG2_E = _number(2.8853900817779268, 2.8853900817779268)
MINUS_HALF_LN2 = _number(-0.34657359027997264, -0.34657359027997264)
ERF_HIGHEST = _number(4.0, 6.0)
MINUS_HALF, TWO_BY_PI = _number(-0.5, -0.5), _number(0.6366197723675814, 0.6366197723675814)
# −½π in three parts: products of the first two with whole numbers of up to 2¹³ (2²²) are exact
MINUS_HALF_PI_HIGH = _number(-1.5703125, -1.570796325802803)
MINUS_HALF_PI_MIDDLE = _number(-0.00048351287841796875, -9.920935791635221e-10)
MINUS_HALF_PI_LOW = _number(-3.139164786504813e-07, -5.170182981794105e-19)
FARTHEST_ANGLE = _number(1024.0, 1e6)
# (eʳ − 1 − r) / r² for |r| ≤ ½ log 2, in two parts
EXP_BEGIN = _polynomial([0.5, 0.16666576989698775], [0.5, 0.16666666666666669])
EXP_END = _polynomial(
    [0.041666554617204574, 0.008363179052722578, 0.0013926183587713494],
    [0.04166666666662413, 0.008333333333330062, 0.0013888888917213717, 0.00019841269863053618,
     2.4801521295954376e-05, 2.7557268459997064e-06, 2.7620088445409746e-07, 2.510038549551032e-08],
)  # fmt: skip
# (tanh(r)/r − 1) / r² for |r| ≤ ¼ log 2, of r²
TANH_TAIL = _polynomial(
    [-0.33333331510763536, 0.13332241175588652, -0.0529955606332003],
    [-0.3333333333333328, 0.13333333333212213, -0.053968253497737116, 0.021869421627089054, -0.008858927700294618,
     0.0034637924300781496],
)  # fmt: skip
# (log((1 + s)/(1 − s))/s − 2) / s², of s²
LOG_TAIL = _polynomial(
    [0.6666666655445165, 0.40000121876972, 0.2855081659971155, 0.23330581938241893],
    [0.666666666666667, 0.39999999999899444, 0.2857142862600327, 0.22222211130259878, 0.18182889455674947,
     0.15331710618210773, 0.14616585424888623],
)  # fmt: skip
# erf(x)/x for |x| ≤ 1, of x²
ERF_SMALL = _polynomial(
    [1.1283791658483509, -0.37612626666720334, 0.11283594715160218, -0.026854212010626412, 0.005189087423433974,
     -0.000801686428716587, 7.875875062685488e-05],
    [1.1283791670955126, -0.37612638903183543, 0.11283791670945006, -0.02686617064323777, 0.0052239776071164225,
     -0.0008548325975389692, 0.00012055294904839707, -1.492473690741966e-05, 1.6447424703317362e-06,
     -1.6208483801871705e-07, 1.3720064546777686e-08, -7.795898827002142e-10],
)  # fmt: skip
# erfc(x)·e^(x²) for x ≥ 1, of t = 1/(1 + x/2)
ERFC_LARGE = _polynomial(
    [-0.00012089472184371386, 0.28433417028833025, 0.26404565293926985, 0.3292060511070041, -0.054467602693586865,
     0.4809262990241598, -0.38577888766802826, 0.06918565973952513, 0.012768445934961778],
    [1.273194538411999e-08, 0.28209433744603646, 0.28210194185256204, 0.24676994208173553, 0.17661452876291867,
     0.08342915067749279, -0.011294696331083888, 0.0031605924750990814, -0.3377317752090611, 0.9210072415249974,
     -2.1298439188930316, 3.799359906028882, -4.583844406614994, 3.6426059404027527, -1.8535316382081848,
     0.5535022023245029, -0.07440021243346044],
)  # fmt: skip
# (sin(r)/r − 1) / r² and (cos(r) − 1 + ½r²) / r⁴ for |r| ≤ ¼π, of r²
SIN_TAIL = _polynomial(
    [-0.16666664656312208, 0.00833274710466453, -0.0001958763909873762],
    [-0.16666666666666666, 0.008333333333330936, -0.00019841269836740532, 2.7557316093198404e-06,
     -2.5051129896450185e-08, 1.5917988979397435e-10],
)  # fmt: skip
COS_TAIL = _polynomial(
    [0.04166666465348879, -0.001388830186756237, 2.454768977246003e-05],
    [0.041666666666666664, -0.0013888888888887389, 2.48015872987544e-05, -2.755731726587808e-07,
     2.087614504941318e-09, -1.138254464534925e-11],
)  # fmt: skip


@njit
def at_least(x, low):
    """max(x, low) for a `low` that is no NaN; NaN stays."""
    return select(x < low, low, x)


@njit
def at_most(x, high):
    """min(x, high) for a `high` that is no NaN; NaN stays."""
    return select(high < x, high, x)


@njit
def maximum(x, y):
    """The larger, or NaN if either is."""
    return select(x == x, select(y <= x, x, y), x)


@njit
def minimum(x, y):
    """The smaller, or NaN if either is."""
    return select(x == x, select(x <= y, x, y), x)


@njit
def sign(x):
    """−1, 0 or 1; NaN stays."""
    return select(ZERO(x) < x, ONE(x), select(x < ZERO(x), -ONE(x), x))


@njit
def _two_to(n, like):
    """2ⁿ for whole n that are exponents of normal numbers."""
    return from_bits(shift_left(plus_integer(n, _exponent_bias(like)), _fraction_bits(like)))


@njit
def _rounded(x):
    """n and r with x = n·log 2 + r, |r| ≤ ½ log 2; n in the last bits of a number that ROUNDER was added to."""
    rounded = multiply_add(x, LOG2_E(x), ROUNDER(x))
    n = rounded - ROUNDER(x)
    return rounded, multiply_add(n, MINUS_LN2_LOW(x), multiply_add(n, MINUS_LN2_HIGH(x), x))


@njit
def _times_two_to(rounded, x):
    """x·2ⁿ, n in the last bits of a number that ROUNDER was added to: exact while x·2ⁿ is a normal number."""
    return from_bits(plus_integers(bits(x), shift_left(bits(rounded), _fraction_bits(x))))


@njit
def _expm1_of_rest(r):
    """eʳ − 1 for |r| ≤ ½ log 2.

    The parts of the polynomial do not wait for each other: in a tiny network there is nothing else to do meanwhile.
    """
    square = r * r
    return multiply_add(square * square, EXP_END(r), multiply_add(square, EXP_BEGIN(r), r))


@njit
def exp(x):
    """eˣ = 2ⁿ·eʳ."""
    rounded, r = _rounded(at_most(at_least(x, EXP_LOWEST(x)), EXP_HIGHEST(x)))
    n = minus_integers(bits(rounded), bits(ROUNDER(x)))
    half = shift_right(n, 1)  # in two steps, so that denormal results and infinity come out right
    scale = _two_to(half, x)
    return multiply_add(_expm1_of_rest(r), scale, scale) * _two_to(minus_integers(n, half), x)


@njit
def logistic(x):
    """1 / (1 + e⁻ˣ) = 1 / ((1 + s) + s(eʳ − 1)), s = 2ⁿ.

    Shorter than its parts one after the other, which is what a tiny network waits for: s needs no care for denormal
    numbers, what log 2 has beyond its leading digits goes into s, and the ends are put in last.
    """
    rounded = multiply_add(-x, LOG2_E(x), ROUNDER(x))
    n = rounded - ROUNDER(x)
    r = multiply_add(n, MINUS_LN2_HIGH(x), -x)
    scale = _times_two_to(rounded, multiply_add(n, MINUS_LN2_LOW(x), ONE(x)))
    inside = ONE(x) / multiply_add(_expm1_of_rest(r), scale, ONE(x) + scale)
    return select(LOGISTIC_ENDS(x) < absolute(x), select(x < ZERO(x), ZERO(x), ONE(x)), inside)


@njit
def expm1(x):
    """eˣ − 1 = 2·(2ⁿ⁻¹(eʳ − 1) + (2ⁿ⁻¹ − ½)), exact for small x."""
    rounded, r = _rounded(at_most(at_least(x, EXPM1_LOWEST(x)), EXP_HIGHEST(x)))
    scale, square = _times_two_to(rounded, HALF(x)), r * r
    rest = multiply_add(square, multiply_add(square, EXP_END(r), EXP_BEGIN(r)), r)  # a step longer, and more exact
    return TWO(x) * multiply_add(scale, rest, scale - HALF(x))


@njit
def log(x):
    """log x = k·log 2 + log m, √½ ≤ m < √2; log(1 + f) from s = f/(2 + f)."""
    tiny = x < SMALLEST_NORMAL(x)
    pattern = bits(select(tiny, x * SCALE_UP(x), x))
    k = shift_right(minus_integers(pattern, bits(SQRT_HALF(x))), _fraction_bits(x))
    f = from_bits(minus_integers(pattern, shift_left(k, _fraction_bits(x)))) - ONE(x)
    exponent = from_bits(minus_integers(bits(ROUNDER(x)), minus_integers(bits(ZERO(x)), k))) - ROUNDER(x)
    exponent = exponent - select(tiny, SCALED_BY(x), ZERO(x))
    s = f / (TWO(x) + f)
    square = s * s
    half_square = HALF(x) * f * f
    inner = multiply_add(s, multiply_add(square, LOG_TAIL(square), half_square), -exponent * MINUS_LN2_LOW(x))
    result = -exponent * MINUS_LN2_HIGH(x) - ((half_square - inner) - f)
    result = select(x == INFINITY(x), x, result)
    return select(ZERO(x) < x, result, select(x == ZERO(x), -INFINITY(x), NAN(x)))


@njit
def log1p(x):
    """log(1 + x): the logarithm of the rounded sum, and what rounding took from it."""
    u = ONE(x) + x
    lost = (x - (u - ONE(x))) / select(ZERO(x) < u, u, ONE(x))
    return select(x == INFINITY(x), x, log(u) + lost)


@njit
def tanh(x):
    """tanh(n·½log 2 + r) = (m + pt)/(p + mt), m = 2ⁿ − 1, p = 2ⁿ + 1, t = tanh r: how arguments of tanh add up.

    |r| ≤ ¼ log 2. At the ends ±m and p are the same number.
    """
    x = at_most(at_least(x, -TANH_HIGHEST(x)), TANH_HIGHEST(x))
    rounded = multiply_add(x, TWICE_LOG2_E(x), ROUNDER(x))
    r = multiply_add(rounded - ROUNDER(x), MINUS_HALF_LN2(x), x)
    square = r * r
    t = multiply_add(r * square, TANH_TAIL(square), r)
    scale = _times_two_to(rounded, ONE(x))
    minus, plus = scale - ONE(x), scale + ONE(x)
    return multiply_add(plus, t, minus) / multiply_add(minus, t, plus)


@njit
def erf(x):
    """x·P(x²) up to 1, and 1 − e^(−x²)·Q(1/(1 + x/2)) beyond."""
    size = absolute(x)
    square = x * x
    bounded = at_most(size, ERF_HIGHEST(x))
    large = ONE(x) - exp(-(bounded * bounded)) * ERFC_LARGE(ONE(x) / (ONE(x) + HALF(x) * bounded))
    return select(size < ONE(x), x * ERF_SMALL(at_most(square, ONE(x))), copysign(large, x))


@njit
def _sine_from(x, quarters):
    """sin(x + quarters·½π): x = n·½π + r, |r| ≤ ¼π, and n says which of ±sin r, ±cos r it is."""
    rounded = multiply_add(x, TWO_BY_PI(x), ROUNDER(x))
    n = rounded - ROUNDER(x)
    r = multiply_add(n, MINUS_HALF_PI_MIDDLE(x), multiply_add(n, MINUS_HALF_PI_HIGH(x), x))
    r = multiply_add(n, MINUS_HALF_PI_LOW(x), r)
    square = r * r
    sine = multiply_add(r * square, SIN_TAIL(square), r)
    cosine = multiply_add(square * square, COS_TAIL(square), multiply_add(square, MINUS_HALF(x), ONE(x)))
    turned = plus_integer(bits(rounded), quarters)  # its last bit: cosine or sine; the one before it: minus
    is_odd = from_bits(plus_integers(bits(ONE(x)), shift_left(turned, _sign_place(x)))) < ZERO(x)
    minus = shift_left(shift_right(turned, 1), _sign_place(x))
    return from_bits(plus_integers(bits(select(is_odd, cosine, sine)), minus))


@njit
def sine(x):
    """sin x; where an angle is so large that no quick way is right, as the C library has it.

    Beyond ±100 what is small is less exact (to 1e-7 or 2e-16 of 1), as the angle itself is.
    """
    if max_across(absolute(x)) < max_across(FARTHEST_ANGLE(x)):
        return _sine_from(x, 0)
    return sine_by_lane(x)


@njit
def cosine(x):
    """cos x, as `sine`."""
    if max_across(absolute(x)) < max_across(FARTHEST_ANGLE(x)):
        return _sine_from(x, 1)
    return cosine_by_lane(x)
