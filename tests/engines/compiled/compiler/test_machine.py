"""Vectors and tiles follow the processor, and one that has no vectors at all is served too."""

import os
import sys
from pathlib import Path

import pytest

import processes
from clearprop.engines.compiled.compiler import machine
from clearprop.engines.compiled.compiler.machine import Tile

TESTS = Path(__file__).parents[3]
CODE = """
import numpy as np
from clearprop.engines import Job
from clearprop.engines.compiled.compiler import machine
from clearprop.engines.compiled.engine import CompiledEngine
from clearprop.formulas import Adam
from clearprop.network import Network
from conforming import agrees, rows
network = Network.mlp([6, 20, 11, 4], hidden="tanh", loss="cross_entropy")
job = Job(network, Adam(0.01), epochs=3, batch_size=25, l2=0.1, dropout=(0, 0.1, 0.2))
agrees(CompiledEngine, np.float32, job, rows(network, 230))
print(machine.vector_bytes())
"""


@pytest.fixture
def instruction_sets(monkeypatch):
    """Sets those that Numba is told to use."""

    def forget():
        for function in (machine.processor, machine.vector_bytes, machine.tile, machine.signature):
            function.cache_clear()

    def told(named):
        monkeypatch.setenv("NUMBA_CPU_FEATURES", named)
        forget()

    yield told
    monkeypatch.undo()
    forget()


@pytest.mark.parametrize(
    ("named", "width"), [("+avx512f,+avx", 64), ("+avx,+fma,-avx512f", 32), ("+sse2", 16), ("", 16)]
)
def test_the_width_of_vectors_follows_the_instruction_sets(instruction_sets, named, width):
    instruction_sets(named)
    assert machine.vector_bytes() == width


def test_machine_code_of_other_instruction_sets_has_another_name(instruction_sets):
    instruction_sets("+avx")
    one = machine.signature()
    instruction_sets("+sse2")
    assert machine.signature() != one


def test_the_tile_fills_the_registers(instruction_sets, monkeypatch):
    monkeypatch.setattr(machine.platform, "machine", lambda: "x86_64")
    instruction_sets("+avx512f")
    assert machine.tile() == Tile(12, 2)
    instruction_sets("+avx")
    assert machine.tile() == Tile(6, 2)


def test_a_processor_without_wide_vectors_trains_as_the_formulas_say():
    environment = {"NUMBA_CPU_NAME": "generic", "NUMBA_CPU_FEATURES": "", "PYTHONPATH": os.pathsep.join(sys.path)}
    done = processes.python(CODE, environment=environment, cwd=TESTS)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["16"]
