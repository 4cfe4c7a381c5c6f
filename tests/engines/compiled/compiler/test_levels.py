"""Levels of processors: which this machine offers, and that one is never taken which it does not."""

import itertools
import platform

import pytest

from clearprop.engines.compiled.compiler import levels
from clearprop.errors import EngineRefusal


@pytest.fixture(autouse=True)
def _fresh():
    levels.offered.cache_clear()
    yield
    levels.offered.cache_clear()


def offers(monkeypatch, machine, *features):
    monkeypatch.setattr(platform, "machine", lambda: machine)
    monkeypatch.setattr("numpy._core._multiarray_umath.__cpu_features__", dict.fromkeys(features, True))


def test_each_level_holds_the_one_below():
    for known in levels.LEVELS.values():
        for lower, upper in itertools.pairwise(known.values()):
            assert set(lower.features) < set(upper.features)
            assert set(lower.needs) < set(upper.needs)


def test_what_a_processor_offers(monkeypatch):
    offers(monkeypatch, "AMD64", *levels.NEEDS3)
    assert levels.offered() == ("x86-64-v2", "x86-64-v3")


def test_wide_registers_that_the_system_does_not_keep_are_not_offered(monkeypatch):
    offers(monkeypatch, "x86_64", *levels.NEEDS2, "AVX512F")
    assert levels.offered() == ("x86-64-v2",)


def test_other_machines_have_no_level(monkeypatch):
    offers(monkeypatch, "riscv64")
    assert levels.offered() == ()


def test_an_impossible_level_is_refused_in_words(monkeypatch):
    offers(monkeypatch, "x86_64", *levels.NEEDS3)
    monkeypatch.setenv(levels.FORCED, "x86-64-v2")
    assert levels.forced() == "x86-64-v2"
    for name in ("x86-64-v4", "v3", "sse"):
        monkeypatch.setenv(levels.FORCED, name)
        with pytest.raises(EngineRefusal, match=f"{name}: this machine offers x86-64-v2, x86-64-v3; unset"):
            levels.forced()
    monkeypatch.setenv(levels.FORCED, "")
    assert levels.forced() is None
