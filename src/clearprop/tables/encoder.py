"""All columns of a table as one matrix: the encoder, which is a list of frozen steps and nothing else."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields, replace
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from clearprop.errors import ClearpropError, ModelFileError, TableError, quoted, shortened
from clearprop.tables import columns, spelling
from clearprop.tables.formula_step import Computed
from clearprop.tables.naming import missing_column
from clearprop.tables.options import MISSING as MISSING_WORDS
from clearprop.tables.options import ReadOptions
from clearprop.tables.step import Remark, Step
from clearprop.tables.steps import Category, Moment, Number, Truth
from clearprop.tables.target_means import TargetMeans
from clearprop.tables.vector_step import Vector

VERSION = 3  # 1 had no one spelling of texts, and did not keep the unit of lengths of time; 3 has means of the target
WITHOUT_MEANS = 2
# Parts of steps that version 1 did not have.
ADDED = ("decimal", "thousands", "unit", "order", "missing_words", "exact")
STEPS: Mapping[str, type[Step]] = {
    cls.kind: cls for cls in (Number, Truth, Category, TargetMeans, Moment, Vector, Computed)
}


class Encoded(NamedTuple):
    """What `Encoder.encode` returns.

    Attributes
    ----------
    X : array of shape (n_rows, width), float32 but for imported networks in float64
    remarks : tuple of Remark
        Values that training had not prepared for, and what was done.
    """

    X: Any
    remarks: tuple[Remark, ...]


@dataclass(frozen=True)
class Encoder:
    """How a table becomes inputs of a network. Fitted by `fit_encoder` on training rows, and never changed.

    Parameters
    ----------
    steps : tuple of Step
        In the order of their inputs.
    left_out : mapping of str to str
        Columns that are not used, and why.
    read : ReadOptions
        What was said about how the table is written.

    Examples
    --------
    >>> import pyarrow as pa
    >>> from clearprop.tables import fit_encoder
    >>> table = pa.table({"weight": [3.0, 4.0, 5.0, None], "kind": ["cat", "cat", "dog", "cow"]})
    >>> encoder = fit_encoder(table).encoder
    >>> encoder.names
    ('weight', 'weight is missing', 'kind: cat', 'kind: cow', 'kind: dog')
    >>> encoder.encode(pa.table({"kind": ["hen"], "weight": [4.0]})).X.tolist()
    [[0.0, 0.0, 0.0, 0.0, 0.0]]
    """

    steps: tuple[Step, ...]
    left_out: Mapping[str, str]
    read: ReadOptions = field(default_factory=ReadOptions)

    @property
    def names(self) -> tuple[str, ...]:
        """A name for each input of the network."""
        return tuple(name for step in self.steps for name in step.names)

    @property
    def n_inputs(self) -> int:
        """How many inputs the network gets."""
        return sum(step.n_inputs for step in self.steps)

    @property
    def places(self) -> tuple[slice, ...]:
        """Where the inputs of each step are."""
        ends = list(accumulate((step.n_inputs for step in self.steps), initial=0))
        return tuple(map(slice, ends, ends[1:]))

    @property
    def number_inputs(self) -> tuple[int, ...]:
        """Which inputs are a column's number itself, or how long ago its moment is: those that can be embedded."""
        placed = zip(self.steps, self.places, strict=True)
        return tuple(place.start for step, place in placed if isinstance(step, Number | Moment))

    @property
    def text_columns(self) -> tuple[str, ...]:
        """The columns to read as text from a CSV file, so that a category "01" stays what it is, and 1.234 is 1234."""
        return tuple(step.column for step in self.steps if _is_text(step))

    @property
    def dtype(self) -> Any:
        """float32; of a network that was imported in float64, float64."""
        is_double = any(isinstance(step, Computed) and step.exact for step in self.steps)
        return np.dtype(np.float64 if is_double else np.float32)

    def encode(self, table: pa.Table, out: Any = None) -> Encoded:
        """The inputs for these rows.

        Other columns, and columns in another order, make no difference.

        Parameters
        ----------
        table : pyarrow.Table
        out : array of shape (n_rows, n_inputs), optional
            To write them to.

        Raises
        ------
        TableError
            When a column is missing (the nearest name is offered) or holds a value that cannot be used (with its row).
        """
        present = set(table.column_names)
        for step in self.steps:
            if step.column not in present:
                raise missing_column(step.column, table.column_names)
        X = np.empty((table.num_rows, self.n_inputs), dtype=self.dtype) if out is None else out
        found: list[Remark] = []
        start = 0
        for step in self.steps:
            given = table.column(step.column)
            is_exact = isinstance(step, Category) and step.exact
            try:
                made, remarks = step.encode(given if is_exact else columns.present(given, self.read.missing_words))
            except (pa.ArrowException, UnicodeError) as error:  # of a type that nobody has thought of
                raise TableError(
                    f"column {step.column!r} holds values of type {given.type}, which cannot be used: "
                    f"{shortened(str(error), 200)}"
                ) from None
            X[:, start : start + made.shape[1]] = made
            start += made.shape[1]
            found.extend(remarks)
        return Encoded(X, tuple(found))

    def to_json(self) -> dict[str, Any]:
        """The encoder as JSON holds it."""
        return {
            "version": VERSION if any(isinstance(step, TargetMeans) for step in self.steps) else WITHOUT_MEANS,
            "steps": [step.to_json() for step in self.steps],
            "left_out": dict(self.left_out),
            "read": self.read.to_json(),
        }

    @classmethod
    def from_json(cls, spec: object) -> Encoder:
        """The encoder that `to_json` wrote.

        Raises
        ------
        ModelFileError
            For anything else.
        """
        version = spec.get("version", 1) if isinstance(spec, dict) else 0
        match spec:
            case {"version": int()} if version > VERSION:
                raise ModelFileError(
                    "the table is described as a newer version of clearprop does it; upgrade clearprop"
                )
            case {"version": 2 | 3, "steps": list() as steps, "left_out": dict() as left_out, "read": read} if steps:
                made = tuple(map(_step, steps))
            case {"steps": list() as steps, "left_out": dict() as left_out} if steps and version == 1:
                made, read = tuple(_as_meant_then(_step(step, complete=False)) for step in steps), {}
            case _:
                raise ModelFileError("the description of the encoder is damaged")
        reasons = {str(name): str(reason) for name, reason in left_out.items()}
        return cls(made, reasons, ReadOptions.from_json(read))


def _is_text(step: Step) -> bool:
    if isinstance(step, Number):
        return step.decimal == "," or step.thousands != "" or step.unit not in ("", columns.UNKNOWN_TIME)
    if isinstance(step, Computed):
        return step.is_text
    return isinstance(step, Category) or (isinstance(step, Moment) and step.order != "")


def _as_meant_then(step: Step) -> Step:
    """A step of a file of version 1, which had other spellings, and did not keep the unit of lengths of time."""
    if isinstance(step, Number):
        return replace(step, unit=columns.UNKNOWN_TIME)
    if not isinstance(step, Category):
        return step
    now = tuple(map(spelling.spelled, step.categories))
    same = len(set(now)) == len(now) and not set(now) & set(MISSING_WORDS)
    return replace(step, categories=now) if same else replace(step, exact=True)


def _step(spec: object, complete: bool = True) -> Step:
    """The step that its `to_json` wrote; of a file of version 1, what was not kept is as it was by default."""
    if not isinstance(spec, dict) or not isinstance(spec.get("kind"), str) or spec["kind"] not in STEPS:
        raise ModelFileError("the description of the encoder is damaged: it has a step that does not exist")
    step = STEPS[spec["kind"]]
    given = {name: value for name, value in spec.items() if name != "kind"}
    if not complete:
        added = {part.name: part.default for part in fields(step) if part.default is not MISSING}
        given = {**{name: value for name, value in added.items() if name in ADDED}, **given}
    if set(given) != {part.name for part in fields(step)}:
        raise ModelFileError(f"the description of the encoder is damaged: a step for {spec['kind']}s lacks a part")
    for part in fields(step):
        value = given[part.name]
        given[part.name] = _checked(list(value) if isinstance(value, tuple) else value, str(part.type))
    try:
        return step(**given)
    except ClearpropError as error:
        raise ModelFileError(f"the description of the encoder is damaged: {error}") from None


def _checked(value: Any, kind: str) -> Any:
    """A value from JSON as a step's field of this annotated type; raises ModelFileError when it is none."""
    types: dict[str, Any] = {"str": str, "bool": bool, "int": int, "float": (int, float)}
    if kind.startswith("tuple") and isinstance(value, list):
        inner = kind.removeprefix("tuple[").removesuffix(", ...]")
        if set(map(type, value)) == {types[inner][-1] if inner == "float" else types[inner]}:
            return tuple(value)  # as nearly always; there may be half a million of them
        return tuple(_checked(item, inner) for item in value)
    fits = kind in types and isinstance(value, types[kind]) and (kind == "bool" or not isinstance(value, bool))
    if not fits:
        raise ModelFileError(f"the description of the encoder is damaged: {quoted(value)} is not of type {kind}")
    return float(value) if kind == "float" else value
