"""What the rooms hand to each other as values cannot be changed behind anybody's back."""

import dataclasses
import importlib
import pkgutil

import pytest

CHANGED = {  # each written to by its own part only
    "formulas.printers.code._Writer", "formulas.printers.numbering.Numbering", "job.state.Progress",
    "job.state.TrainingState", "training.source.OneNetwork",
}  # fmt: skip
ROOMS = ("formulas", "job", "network", "trace", "training")


def name(cls):
    return f"{cls.__module__.removeprefix('clearprop.')}.{cls.__name__}"


def classes():
    for room in ROOMS:
        package = importlib.import_module(f"clearprop.{room}")
        for found in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            for cls in vars(importlib.import_module(found.name)).values():
                if isinstance(cls, type) and dataclasses.is_dataclass(cls) and cls.__module__ == found.name:
                    yield cls


@pytest.mark.parametrize("cls", list(classes()), ids=name)
def test_a_dataclass_is_frozen_or_named_here(cls):
    assert cls.__dataclass_params__.frozen == (name(cls) not in CHANGED)


def test_every_exception_is_used():
    assert {name(cls) for cls in classes()} >= CHANGED
