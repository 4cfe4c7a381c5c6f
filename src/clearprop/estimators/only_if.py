"""Methods that an estimator has only with some settings, as scikit-learn wants to find out with `hasattr`."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from clearprop.errors import UnavailableError


class OnlyIf:
    """A method that is there unless `refuses` gives a sentence saying why it is not.

    scikit-learn's own decorator for this raises a plain AttributeError that does not tell the reason.
    """

    def __init__(self, method: Callable[..., Any], refuses: Callable[[Any], str | None]) -> None:
        self.method, self.refuses = method, refuses
        self.__doc__ = method.__doc__

    def __get__(self, estimator: Any, owner: type) -> Any:
        if estimator is None:
            return self.method
        refusal = self.refuses(estimator)
        if refusal is not None:
            raise UnavailableError(refusal)
        return self.method.__get__(estimator, owner)


def takes_parts(method: Callable[..., Any]) -> Any:
    """A method that learns from a part of the rows at a time."""
    return OnlyIf(method, refuses_parts)


def refuses_parts(estimator: Any) -> str | None:
    """Why an estimator cannot learn from a part of the rows, or None if it can."""
    if estimator.solver == "lbfgs":
        return "partial_fit takes a few rows at a time, but solver='lbfgs' needs all of them; call fit"
    if estimator.early_stopping:
        return "partial_fit does not support early_stopping=True: a single pass cannot stop early; call fit"
    return None
