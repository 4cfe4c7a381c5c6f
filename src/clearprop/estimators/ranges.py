"""What values the parameters of an estimator may have, and the sentences for those that they may not."""

from __future__ import annotations

import math
from collections.abc import Sequence
from numbers import Integral, Real
from typing import Any

import numpy as np
from sklearn.utils import check_random_state

from clearprop.engines.cores import threads_asked
from clearprop.errors import InputError
from clearprop.training.stopping import check_on_divergence

# name: (least, most, whether the least itself is allowed, whether the most is)
NUMBERS = {
    "alpha": (0, math.inf, True, False),
    "learning_rate_init": (0, math.inf, False, False),
    "power_t": (0, math.inf, True, False),
    "tol": (0, math.inf, True, False),
    "momentum": (0, 1, True, True),
    "validation_fraction": (0, 1, True, False),
    "beta_1": (0, 1, True, False),
    "beta_2": (0, 1, True, False),
    "epsilon": (0, math.inf, False, False),
    "l1": (0, math.inf, True, False),
    "weight_decay": (0, math.inf, True, False),
    "label_smoothing": (0, 1, True, False),
    "clip_norm": (0, math.inf, False, False),
    "max_seconds": (0, math.inf, False, False),
}
MAY_BE_NONE = ("clip_norm", "max_seconds")
COUNTS = ("max_iter", "n_iter_no_change", "max_fun")
SWITCHES = ("shuffle", "warm_start", "nesterovs_momentum", "early_stopping")


def check_values(settings: Any) -> None:
    """Raise InputError for the first parameter whose value is none of those it may have."""
    for name in NUMBERS:
        if not (name in MAY_BE_NONE and getattr(settings, name) is None):
            _check_number(name, getattr(settings, name))
    for name in COUNTS:
        endless = name == "n_iter_no_change" and getattr(settings, name) == math.inf
        if not endless and not is_count(getattr(settings, name)):
            raise InputError(f"{name} must be a whole number of at least 1, not {getattr(settings, name)!r}")
    for name in SWITCHES:
        if not isinstance(getattr(settings, name), bool | np.bool_):
            raise InputError(f"{name} must be True or False, not {getattr(settings, name)!r}")
    if settings.batch_size != "auto" and not is_count(settings.batch_size):
        raise InputError(f"batch_size must be 'auto' or a whole number of at least 1, not {settings.batch_size!r}")
    try:
        check_random_state(settings.random_state)
    except ValueError:
        raise InputError(
            f"random_state must be a whole number from 0, a RandomState or None, not {settings.random_state!r}"
        ) from None
    threads_asked(settings.n_threads)
    check_on_divergence(settings.on_divergence)
    callbacks_of(settings.callbacks)


def _check_number(name: str, value: Any) -> None:
    least, most, least_allowed, most_allowed = NUMBERS[name]
    inside = is_number(value) and (value >= least if least_allowed else value > least)
    if not (inside and (value <= most if most_allowed else value < most)):
        low = f"{'at least' if least_allowed else 'above'} {least}"
        high = "" if most == math.inf else f" and {'at most' if most_allowed else 'below'} {most}"
        none = " or None" if name in MAY_BE_NONE else ""
        raise InputError(f"{name} must be a number {low}{high}{none}, not {value!r}")


def is_number(value: Any) -> bool:
    """Whether this is a finite number; a truth value is none."""
    return isinstance(value, Real) and not isinstance(value, bool) and math.isfinite(value)


def is_count(value: Any, least: int = 1) -> bool:
    """Whether this is a whole number of at least so much."""
    return isinstance(value, Integral) and not isinstance(value, bool) and int(value) >= least


def callbacks_of(given: Any) -> tuple[Any, ...]:
    """The callbacks: none, one function, or several."""
    several = [] if given is None else [given] if callable(given) else given
    if not isinstance(several, Sequence) or isinstance(several, str) or not all(map(callable, several)):
        raise InputError(
            f"callbacks must be a function that takes an Epoch, a sequence of such, or None, not {given!r}"
        )
    return tuple(several)


def widths_of(given: Any) -> tuple[int, ...]:
    """The number of neurons of each hidden layer."""
    sizes = list(given) if isinstance(given, Sequence | np.ndarray) else [given]
    if isinstance(given, str) or not all(is_count(size) for size in sizes):
        raise InputError(f"hidden_layer_sizes must be > 0: a whole number, or one for each hidden layer; got {given!r}")
    return tuple(int(size) for size in sizes)


def dropout_of(given: Any, n_hidden: int) -> tuple[float, ...]:
    """The fraction dropped after each of the layers 0 … L − 1; () where nothing drops."""
    several = isinstance(given, Sequence | np.ndarray) and not isinstance(given, str)
    fractions = list(given) if several else [given] * n_hidden
    if several and len(fractions) not in (n_hidden, n_hidden + 1):
        raise InputError(
            f"dropout must be one number, one for each of the {n_hidden} hidden layers, or one more in front for the "
            f"inputs; got {len(fractions)}: {given!r}"
        )
    for fraction in fractions if several else [given]:
        if not (is_number(fraction) and 0 <= fraction < 1):
            raise InputError(f"dropout must be a fraction of at least 0 and below 1, not {fraction!r}")
    if not any(fractions):
        return ()
    inputs = [0.0] if len(fractions) == n_hidden else []
    return tuple(float(fraction) for fraction in [*inputs, *fractions])
