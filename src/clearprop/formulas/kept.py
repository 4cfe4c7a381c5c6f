"""A property that is computed once, without a lock.

Until Python 3.12 `functools.cached_property` has one lock for all instances. A process that is forked off while another
thread holds it would wait for it for ever. Two threads may compute a property here at the same time: both get the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Generic, TypeVar, overload

Value = TypeVar("Value")


class kept(Generic[Value]):
    """Decorates a method without arguments; its result is kept with the instance, a frozen dataclass too.

    Examples
    --------
    >>> from clearprop.formulas.kept import kept
    >>> class Square:
    ...     @kept
    ...     def area(self):
    ...         print("once")
    ...         return 4
    >>> square = Square()
    >>> square.area + square.area
    once
    8
    """

    def __init__(self, compute: Callable[[Any], Value]) -> None:
        self._compute, self._name = compute, compute.__name__
        self.__doc__ = compute.__doc__

    @overload
    def __get__(self, instance: None, owner: type) -> kept[Value]: ...
    @overload
    def __get__(self, instance: object, owner: type) -> Value: ...
    def __get__(self, instance: Any, owner: type) -> Any:
        if instance is None:
            return self
        value = self._compute(instance)
        instance.__dict__[self._name] = value  # found before this descriptor from now on
        return value
