"""Everything that clearprop raises on purpose.

::

    ClearpropError
    ├── InputError                (also ValueError)  what was given cannot be used
    │   ├── ShapeError            an array has the wrong shape
    │   ├── NotFiniteError        NaN or infinity where a number is needed
    │   ├── UnknownNameError      a name that does not exist; says the nearest one
    │   ├── Disagreement          processes that are to train together were asked for different things
    │   └── UnavailableError      (also AttributeError)  a method that the settings rule out
    ├── FormulaError              (also TypeError)   a formula uses what a formula cannot
    ├── EngineRefusal             (also ValueError)  the engine asked for cannot do this job
    ├── MissingExtra              (also ImportError) libraries that only some people need are not installed
    ├── DivergenceError           (also ValueError)  training produced NaN or infinity
    ├── DistributedError          (also RuntimeError) a process of a training together is lost
    └── FileError                 (also ValueError)
        ├── TableError            a table cannot be read or does not fit the model
        │   └── UnreadableTableError  the file of another table, beside the one that is learned from, cannot be read
        └── ModelFileError        a model file is damaged, foreign or of an unknown version

Each message says what was expected, what came (with row and column where there is one) and what to change.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from importlib.util import find_spec
from reprlib import Repr
from typing import Any


class ClearpropError(Exception):
    """Base class of all errors that clearprop raises on purpose."""

    def __reduce__(self) -> Any:
        """How to pickle an error, whatever its constructor asks for: joblib hands errors from process to process."""
        return _rebuilt, (type(self), self.args, vars(self))


def _rebuilt(cls: type[ClearpropError], arguments: tuple[Any, ...], attributes: dict[str, Any]) -> ClearpropError:
    error = cls.__new__(cls)
    error.args = arguments
    vars(error).update(attributes)
    return error


class InputError(ClearpropError, ValueError):
    """What was given cannot be used."""


class ShapeError(InputError):
    """An array has the wrong shape."""


class NotFiniteError(InputError):
    """NaN or infinity where a finite number is needed."""


class UnknownNameError(InputError):
    """A name that does not exist.

    Parameters
    ----------
    kind : str
        What the name should have named, for example ``"activation"``.
    name : object
        What was given.
    known : iterable of str
        The names that exist.

    Examples
    --------
    >>> from clearprop.errors import UnknownNameError
    >>> print(UnknownNameError("activation", "rellu", ["relu", "tanh"]))
    there is no activation 'rellu'; did you mean 'relu'? Known: relu, tanh
    """

    def __init__(self, kind: str, name: object, known: Iterable[str]) -> None:
        names = [str(item) for item in known]
        near = nearest(str(name), names)
        self.kind, self.name, self.known, self.near = kind, name, names, near
        hint = f"; did you mean {near!r}?" if near is not None else "."
        super().__init__(f"there is no {kind} {name!r}{hint} Known: {', '.join(names)}")


class UnavailableError(InputError, AttributeError):
    """A method that the settings rule out: `hasattr` says no, and asking for it says why."""


class Disagreement(InputError):
    """Processes that are to train together were asked for different things; every one of them raises it."""


class FormulaError(ClearpropError, TypeError):
    """A formula uses what a formula cannot."""


class EngineRefusal(ClearpropError, ValueError):
    """The engine that was asked for by name cannot do this job."""


EXTRAS: Mapping[str, tuple[str, ...]] = {
    "arrays": ("array_api_compat",),
    "compiler": ("numba", "llvmlite"),
    "tables": ("pyarrow", "narwhals"),
    "cli": ("cyclopts", "rich", "pyarrow", "narwhals"),
    "distributed": ("torch",),
    "keras": ("pyfive",),
    "lab": ("starlette", "uvicorn", "pyarrow", "narwhals"),
    "plots": ("matplotlib",),
    "torch": ("torch",),
    "widget": ("anywidget", "pyarrow", "narwhals"),
}


class MissingExtra(ClearpropError, ImportError):
    """Libraries that only some people need are not installed; the message has the command that installs them."""


def is_installed(library: str) -> bool:
    """Whether a library is there; it is not imported to find out."""
    return find_spec(library) is not None


def has_extra(extra: str) -> bool:
    """Whether all libraries of an extra are installed."""
    return all(map(is_installed, EXTRAS[extra]))


def require(what: str, extra: str, *libraries: str) -> None:
    """Raise MissingExtra where some of these libraries, or by default any library of the extra, are not installed.

    Parameters
    ----------
    what : str
        What needs them, with its verb: "tables need".
    extra : one of `EXTRAS`
    *libraries : str

    Examples
    --------
    >>> from clearprop.errors import require
    >>> require("a table needs", "tables")
    >>> require("a table needs", "tables", "a_library_that_is_not_there")
    Traceback (most recent call last):
    clearprop.errors.MissingExtra: a table needs a_library_that_is_not_there: pip install 'clearprop[tables]'
    """
    missing = [name for name in libraries or EXTRAS[extra] if not is_installed(name)]
    if missing:
        raise MissingExtra(f"{what} {' and '.join(missing)}: pip install 'clearprop[{extra}]'")


class DivergenceError(ClearpropError, ValueError):
    """Training produced a loss or a gradient that is not finite.

    Attributes
    ----------
    epoch, step : int
        Where it happened, counted from 1; `step` counts all updates since the start.
    layer : int or None
        The first layer whose gradient is not finite; None when only the loss is not.
    thetas : tuple of arrays of shape (n_parameters,)
        The weights of each network: those of the best epoch, or the last good ones where none were kept. () where no
        fit was under way. ``network.views(error.thetas[0])`` shows W and b of each layer.
    best_epoch : int or None
        The epoch that they are of; None for the last good ones.
    """

    def __init__(self, message: str, *, epoch: int, step: int, layer: int | None) -> None:
        super().__init__(message)
        self.epoch, self.step, self.layer = epoch, step, layer
        self.thetas: tuple[Any, ...] = ()
        self.best_epoch: int | None = None


class DistributedError(ClearpropError, RuntimeError):
    """A process of a training that several make together is lost, or computes something else."""


class FileError(ClearpropError, ValueError):
    """A file cannot be used."""


class TableError(FileError):
    """A table cannot be read, or does not fit the model."""


class UnreadableTableError(TableError):
    """The file of another table, beside the one that is learned from, cannot be read."""


class ModelFileError(FileError):
    """A model file is damaged, foreign or of an unknown version."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """The known name nearest to `name`, or None when none is near.

    Examples
    --------
    >>> from clearprop.errors import nearest
    >>> nearest("pric", ["carat", "price"])
    'price'
    """
    names = list(known)
    matches = get_close_matches(name.strip().lower(), [item.strip().lower() for item in names], n=1)
    return next((item for item in names if matches and item.strip().lower() == matches[0]), None)


LONGEST_QUOTE = 80  # characters of what was given, in a message


class _Quotes(Repr):
    """Short forms of anything, whatever it holds; what cannot be written says so itself."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = self.maxlong = LONGEST_QUOTE
        self.maxlevel, self.maxlist, self.maxtuple, self.maxdict = 2, 4, 4, 4


def quoted(value: object) -> str:
    """What was given, as a message quotes it: in at most 80 characters, none of which moves a terminal's cursor.

    Examples
    --------
    >>> from clearprop.errors import quoted
    >>> quoted("red"), quoted([1, 2, 3, 4, 5, 6]), len(quoted("x" * 10**6))
    ("'red'", '[1, 2, 3, 4, ...]', 80)
    """
    return shortened(_Quotes().repr(value))


def shortened(text: str, most: int = LONGEST_QUOTE) -> str:
    """A text in at most `most` characters, without characters that are none to see.

    Examples
    --------
    >>> from clearprop.errors import shortened
    >>> shortened("a" * 100, 9), shortened("bell: \\x07")
    ('aaaaaaaa…', 'bell: \\\\x07')
    """
    text = text if len(text) <= most else text[: most - 1] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def first_line(error: BaseException) -> str:
    """What an exception of a library says, without the lines meant for its programmers.

    Examples
    --------
    >>> from clearprop.errors import first_line
    >>> first_line(ValueError("no such column\\nat line 7")), first_line(KeyError())
    ('no such column', 'KeyError')
    """
    return shortened((str(error).splitlines() or [type(error).__name__])[0], 200)
