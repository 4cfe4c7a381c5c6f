"""The steps of a scikit-learn Pipeline as formulas: what each makes of the columns, one input at a time.

Each known transformer is one function from the inputs so far to the inputs after it. A step that mixes columns, or that
calls a function of its own, is refused by name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from clearprop.errors import InputError, quoted
from clearprop.files.importers.preprocessing import CODE, MISSING, MadeInput, Preprocessing, RawColumn, X
from clearprop.formulas import Constant, Expression, maximum, minimum, where
from clearprop.formulas.expressions import symbols
from clearprop.formulas.vocabulary import equal


@dataclass
class Column:
    """A column that comes in, while the steps are read."""

    name: str
    categories: list[str] | None = None  # of text; known when a step says so
    known_only: bool = False
    known_numbers: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Made:
    """An input so far.

    Attributes
    ----------
    is_raw : bool
        Whether it is the column as it comes in, missing values filled or not.
    filled : bool
        Whether missing values have been filled.
    """

    name: str
    column: int
    tree: Expression | None = None  # None: the column itself, not yet known to be text or numbers
    filling: float | str | None = None  # of a column itself, what stands in for a missing value
    filled: bool = False

    @property
    def number(self) -> Expression:
        """Its formula as a number."""
        if self.tree is not None:
            return self.tree
        return X if self.filling is None else where(MISSING > 0, float(self.filling), X)


@dataclass
class Steps:
    """The steps read so far."""

    columns: list[Column]
    made: list[Made]
    notes: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, first: Any) -> Steps:
        """Before the first step of a pipeline, which says how many columns there are and what they are called."""
        n_columns = getattr(first, "n_features_in_", None)
        if n_columns is None:
            n_columns = next((s.n_features_in_ for s in _parts_of(first) if hasattr(s, "n_features_in_")), None)
        if n_columns is None:
            raise InputError(f"{type(first).__name__} does not say how many columns it was fitted with; call fit first")
        names = getattr(first, "feature_names_in_", None)
        names = [f"x{k + 1}" for k in range(n_columns)] if names is None else list(map(str, names))
        return cls(list(map(Column, names)), [Made(name, k) for k, name in enumerate(names)])

    def apply(self, name: str, step: Any) -> None:
        """Take a step over all inputs."""
        self.made = self._after(name, step, self.made)

    def _after(self, name: str, step: Any, given: list[Made]) -> list[Made]:
        if step is None or (isinstance(step, str) and step == "passthrough"):
            return given
        kind = type(step).__name__ if type(step).__module__.startswith("sklearn.") else ""
        if hasattr(step, "get_support") and type(step).__module__.startswith("sklearn.feature_selection"):
            kept = np.flatnonzero(step.get_support())
            self.notes.append(f"{name} ({type(step).__name__}) keeps {len(kept)} of {len(given)} inputs")
            return [given[k] for k in kept]
        if kind not in KNOWN:
            mixes = " (it mixes columns)" if hasattr(step, "components_") else ""
            raise InputError(
                f"the step {name!r}, {quoted(type(step).__name__)}, is not known{mixes}; known are {', '.join(KNOWN)} "
                "and the selectors of features. Apply it yourself, and import the rest of the pipeline"
            )
        expected = getattr(step, "n_features_in_", len(given))
        if expected != len(given):
            raise InputError(f"the step {name!r} takes {expected} inputs, but {len(given)} come to it")
        return KNOWN[kind](self, name, step, given)

    def preprocessing(self) -> Preprocessing:
        """The columns, and the formula of each input."""
        inputs = tuple(MadeInput(each.name, each.column, each.number) for each in self.made)
        used: list[set[str]] = [set() for _ in self.columns]
        for each in inputs:
            used[each.column] |= symbols(each.tree)
        columns = []
        for column, names in zip(self.columns, used, strict=True):
            if column.categories is not None and "x" in names:
                raise InputError(f"the column {column.name!r} is used as text by one step and as a number by another")
            categories = None if column.categories is None else tuple(column.categories)
            is_strict = column.known_only or column.known_numbers is not None
            takes_missing = not is_strict or "missing" in names
            columns.append(
                RawColumn(column.name, categories, column.known_only, column.known_numbers, takes_missing)
            )  # fmt: skip
        return Preprocessing(tuple(columns), inputs)

    def code_of(self, column: int, category: str) -> int:
        """The number of a category of a column, which gets one where it has none."""
        categories = self.columns[column].categories
        if categories is None:
            categories = self.columns[column].categories = []
        if category not in categories:
            categories.append(category)
        return categories.index(category)


def _parts_of(step: Any) -> list[Any]:
    return [part for _, part in getattr(step, "steps", getattr(step, "transformer_list", []))]


def _scaled(centre: str, scale: str) -> Callable[[Steps, str, Any, list[Made]], list[Made]]:
    """(x − centre) / scale, either of which may be left out."""

    def after(steps: Steps, name: str, step: Any, given: list[Made]) -> list[Made]:
        centres, scales = getattr(step, centre, None), getattr(step, scale, None)
        if not getattr(step, "with_mean", True):
            centres = None  # StandardScaler keeps the means that it does not take off
        found = []
        for k, each in enumerate(given):
            tree = each.number
            if centres is not None:
                tree = tree - Constant(float(centres[k]))
            if scales is not None:
                tree = tree / Constant(float(scales[k]))
            found.append(replace(each, tree=tree, filling=None))
        steps.notes.append(f"{name} ({type(step).__name__}) became (x − centre) / scale in front of the network")
        return found

    return after


def _min_max(steps: Steps, name: str, step: Any, given: list[Made]) -> list[Made]:
    found = []
    for k, each in enumerate(given):
        tree = each.number * Constant(float(step.scale_[k])) + Constant(float(step.min_[k]))
        if getattr(step, "clip", False):
            low, high = map(float, step.feature_range)
            tree = minimum(maximum(tree, low), high)
        found.append(replace(each, tree=tree, filling=None))
    steps.notes.append(f"{name} (MinMaxScaler) became x · scale + min in front of the network")
    return found


def _imputed(steps: Steps, name: str, step: Any, given: list[Made]) -> list[Made]:
    if not _is_nan(step.missing_values):
        raise InputError(f"the step {name!r} fills in for {step.missing_values!r}; only missing values (NaN) are known")
    found = []
    for each, value in zip(given, step.statistics_, strict=True):
        if _is_nan(value) and not getattr(step, "keep_empty_features", False):
            continue  # a column without any value, which scikit-learn drops
        if each.filled:
            found.append(each)
        elif each.tree is None:
            filling = str(value) if isinstance(value, str) else float(value)
            found.append(replace(each, filling=filling, filled=True))
        else:
            found.append(replace(each, tree=where(MISSING > 0, float(value), each.tree), filled=True))
    if getattr(step, "indicator_", None) is not None:
        absent = [given[k] for k in step.indicator_.features_]
        found += [Made(f"{each.name} is missing", each.column, MISSING, filled=True) for each in absent]
    steps.notes.append(f"{name} (SimpleImputer) became {step.strategy} where a value is missing")
    return found


def _one_hot(steps: Steps, name: str, step: Any, given: list[Made]) -> list[Made]:
    all_joined = getattr(step, "infrequent_categories_", None) or [None] * len(given)
    found: list[Made] = []
    for k, (each, categories, joined) in enumerate(zip(given, step.categories_, all_joined, strict=True)):
        dropped = None if step.drop_idx_ is None else step.drop_idx_[k]
        trees = _indicators(steps, name, each, categories, step.handle_unknown == "error")
        made = list(zip((f"{each.name}: {category}" for category in categories), trees, strict=True))
        if joined is not None:
            frequent = [i for i, c in enumerate(categories) if not any(other is c or other == c for other in joined)]
            if dropped is not None:
                dropped = frequent.index(dropped) if dropped in frequent else len(frequent)
            rest = where(_sum([trees[i] for i in frequent]) > 0, 0, 1)
            if step.handle_unknown not in ("infrequent_if_exist", "warn"):
                rest = _sum([tree for i, tree in enumerate(trees) if i not in frequent])
            made = [*(made[i] for i in frequent), (f"{each.name}: infrequent", rest)]
            steps.notes.append(f"{name} (OneHotEncoder) joins {len(joined)} infrequent categories of {each.name!r}")
        found += [Made(called, each.column, tree, filled=True) for i, (called, tree) in enumerate(made) if i != dropped]
    steps.notes.append(f"{name} (OneHotEncoder) became one input for each category")
    return found


def _ordinal(steps: Steps, name: str, step: Any, given: list[Made]) -> list[Made]:
    if any(found is not None for found in getattr(step, "infrequent_categories_", None) or ()):
        raise InputError(f"the step {name!r} joins infrequent categories, which is not known; fit it without")
    found = []
    strict = step.handle_unknown == "error"
    for each, categories in zip(given, step.categories_, strict=True):
        trees = _indicators(steps, name, each, categories, strict)
        places = [float(i) for i in range(len(categories))]
        if len(categories) and _is_nan(categories[-1]):  # None keeps its place, in scikit-learn 1.9 too
            places[-1] = float(step.encoded_missing_value)
        tree = _sum([tree * Constant(place) for tree, place in zip(trees, places, strict=True)])
        if not strict:
            tree = where(_sum(trees) > 0, tree, float(step.unknown_value))
        found.append(Made(each.name, each.column, tree, filled=True))
    steps.notes.append(f"{name} (OrdinalEncoder) became the number of the category")
    return found


def _indicators(steps: Steps, name: str, each: Made, categories: Sequence[Any], strict: bool) -> list[Expression]:
    """1 for a category and 0 for any other, for each category."""
    if each.tree is not None:
        raise InputError(f"the step {name!r} takes the input {each.name!r}, which another step has made a number of")
    column = steps.columns[each.column]
    is_text = any(isinstance(category, str) for category in categories) or isinstance(each.filling, str)
    trees: list[Expression]
    if is_text:
        code: Expression = CODE
        if each.filling is not None:
            code = where(MISSING > 0, steps.code_of(each.column, str(each.filling)), CODE)
        codes = [None if _is_missing(c) else steps.code_of(each.column, str(c)) for c in categories]
        trees = [MISSING if place is None else where(equal(code, place), 1, 0) for place in codes]
        column.known_only = column.known_only or strict
    else:
        numbers = [float(category) for category in categories if not _is_missing(category)]
        trees = [MISSING if _is_missing(c) else where(equal(each.number, float(c)), 1, 0) for c in categories]
        if strict:
            column.known_numbers = tuple(sorted({*(column.known_numbers or ()), *numbers}))
    return trees


def _by_columns(steps: Steps, name: str, step: Any, given: list[Made]) -> list[Made]:
    """A ColumnTransformer: each part with its own columns, side by side."""
    found: list[Made] = []
    for part, transformer, columns in step.transformers_:
        if isinstance(transformer, str) and transformer == "drop":
            continue
        chosen = [given[k] for k in _places(step, columns, len(given))]
        if chosen:
            found += steps._after(f"{name}, {part}", transformer, chosen)
    return found


def _places(step: Any, columns: Any, n_columns: int) -> list[int]:
    """Which columns a part of a ColumnTransformer takes, by number."""
    names = list(map(str, getattr(step, "feature_names_in_", ())))
    if isinstance(columns, slice):
        ends = [names.index(end) if isinstance(end, str) else end for end in (columns.start, columns.stop)]
        last = None if ends[1] is None else ends[1] + isinstance(columns.stop, str)  # names include the last one
        return list(range(n_columns))[slice(ends[0], last, columns.step)]
    listed = [columns] if isinstance(columns, str | int | np.integer) else list(columns)
    if listed and all(isinstance(item, bool | np.bool_) for item in listed):
        return [k for k, is_chosen in enumerate(listed) if is_chosen]
    return [names.index(item) if isinstance(item, str) else int(item) % n_columns for item in listed]


def _in_turn(steps: Steps, name: str, step: Any, given: list[Made]) -> list[Made]:
    """A Pipeline among the steps."""
    for part, transformer in step.steps:
        given = steps._after(f"{name}, {part}", transformer, given)
    return given


def _side_by_side(steps: Steps, name: str, step: Any, given: list[Made]) -> list[Made]:
    """A FeatureUnion."""
    if step.transformer_weights:
        raise InputError(f"the step {name!r} weighs its parts, which is not known")
    parts = [(part, each) for part, each in step.transformer_list if not isinstance(each, str) or each != "drop"]
    return [made for part, each in parts for made in steps._after(f"{name}, {part}", each, list(given))]


def _function(steps: Steps, name: str, step: Any, given: list[Made]) -> list[Made]:
    if step.func is not None:
        called = getattr(step.func, "__name__", "a function")
        raise InputError(
            f"the step {name!r} is a FunctionTransformer that calls {quoted(called)}, code that no file holds; apply "
            "it yourself, and import the rest of the pipeline"
        )
    return given


def _sum(trees: list[Expression]) -> Expression:
    """Their sum, as flat a tree as can be."""
    while len(trees) > 1:
        pairs = [trees[i : i + 2] for i in range(0, len(trees), 2)]
        trees = [pair[0] + pair[1] if len(pair) == 2 else pair[0] for pair in pairs]
    return trees[0] if trees else Constant(0.0)


def _is_nan(value: Any) -> bool:
    return isinstance(value, float | np.floating) and bool(np.isnan(value))


def _is_missing(value: Any) -> bool:
    return value is None or _is_nan(value)


KNOWN: Mapping[str, Callable[[Steps, str, Any, list[Made]], list[Made]]] = {
    "StandardScaler": _scaled("mean_", "scale_"),
    "RobustScaler": _scaled("center_", "scale_"),
    "MaxAbsScaler": _scaled("", "scale_"),
    "MinMaxScaler": _min_max,
    "SimpleImputer": _imputed,
    "OneHotEncoder": _one_hot,
    "OrdinalEncoder": _ordinal,
    "ColumnTransformer": _by_columns,
    "Pipeline": _in_turn,
    "FeatureUnion": _side_by_side,
    "FunctionTransformer": _function,
}
