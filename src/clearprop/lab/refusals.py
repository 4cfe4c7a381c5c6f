"""What the lab says no to, beside what the rest of clearprop raises; each knows its status in HTTP."""

from __future__ import annotations

from typing import Any, ClassVar, Self

from clearprop.errors import InputError
from clearprop.lab.words import said


class LabError(InputError):
    """Something that was asked of the lab cannot be."""

    status: ClassVar[int] = 400
    key: str = ""
    fields: dict[str, Any]

    @classmethod
    def telling(cls, key: str, **fields: Any) -> Self:
        """The error with a sentence of the lab, which can be said in every language."""
        found = cls(said("en", key).format(**fields))
        found.key, found.fields = key, fields
        return found

    def in_language(self, language: str) -> str:
        """What it says, in a language where it is known in it."""
        return said(language, self.key).format(**self.fields) if self.key else str(self)


class TooLargeError(LabError):
    """More than the lab takes."""

    status: ClassVar[int] = 413


class OutdatedError(LabError):
    """A change that was asked for on an older state than the present one, or while training runs."""

    status: ClassVar[int] = 409


class NotFoundError(LabError):
    """There is no such thing in this workspace."""

    status: ClassVar[int] = 404


class TypedError(LabError):
    """A formula that was typed in cannot be understood.

    Attributes
    ----------
    at : int
        The letter, from 0, at which it stopped being understood.
    """

    def __init__(self, message: str, at: int) -> None:
        super().__init__(message)
        self.at = at
