"""The argument block: what the host writes by name, compiled code reads by the same name, and nothing is left over."""

import ctypes
import inspect
import re
from importlib import import_module
from pathlib import Path

import numpy as np
import pytest
from numba import cfunc, float32, int64, types

from clearprop.engines.compiled.codegen.fixed_kernels import ALONE, KERNELS
from clearprop.engines.compiled.kernels import layout
from clearprop.engines.compiled.kernels.blocks import WORD, Block, Kind, fields_of, position
from clearprop.engines.compiled.kernels.calling import arguments_of, plain, types_of
from clearprop.engines.compiled.kernels.layout import Job, Layer, Result
from clearprop.engines.compiled.kernels.records import Record

COMPILED = Path(layout.__file__).parents[1]
BLOCKS = [block for block in vars(layout).values() if inspect.isclass(block) and issubclass(block, Block)][1:]
KERNEL_FILES = "clearprop.engines.compiled.kernels."


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.__name__)
def test_values_follow_each_other_without_holes_and_each_is_described(block):
    begin = 0
    for name, field in fields_of(block).items():
        assert position(block, name) == begin, name
        begin += ctypes.sizeof(field.block) // WORD * field.count if field.kind is Kind.INSIDE else field.count
        assert field.meaning, name
    assert ctypes.sizeof(block) == begin * WORD


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.__name__)
def test_every_value_is_used(block):
    files = [*(COMPILED / "kernels").glob("*.py"), COMPILED / "codegen" / "unrolled.py"]
    used = {name for file in files if file.stem != "layout" for name in re.findall(r"\.(\w+)", file.read_text("utf-8"))}
    assert {*fields_of(block)} <= used


def compiled(function, signature):
    return cfunc(signature, error_model="numpy")(function)


def test_compiled_code_reads_what_the_host_wrote():
    theta, decays, order = np.arange(4, dtype=np.float32), np.array([0.5, 0.25]), np.array([7, 8, 9])
    layers, job = (Layer * 3)(), Job()
    layers[2].stride = 11
    job.depth, job.total, job.layers = 3, 1.5, ctypes.addressof(layers)
    job.theta, job.decays, job.order = theta.ctypes.data, decays.ctypes.data, order.ctypes.data
    job.memory[1] = theta.ctypes.data
    job.penalties[1].factor = 13
    seen = np.zeros(8)

    def read(job, seen):
        seen[0], seen[1], seen[2] = job.depth, job.total, job.theta[3]
        seen[3], seen[4], seen[5] = job.decays[1], job.order[2], job.layers[2].stride
        seen[6], seen[7] = job.memory[1][2], job.penalties[1].factor

    kernel = compiled(read, types.void(Record(Job, float32), types.CPointer(types.float64)))
    ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)(kernel.address)(ctypes.addressof(job), seen.ctypes.data)
    assert seen.tolist() == [3, 1.5, 3, 0.25, 9, 11, 2, 13]


def test_the_host_reads_what_compiled_code_wrote():
    result, job = Result(), Job()
    job.result = ctypes.addressof(result)

    def write(job):
        job.result.steps_done, job.result.cost = 5, 2.5

    kernel = compiled(write, types.void(Record(Job, float32)))
    ctypes.CFUNCTYPE(None, ctypes.c_void_p)(kernel.address)(ctypes.addressof(job))
    assert (result.diverged, result.steps_done, result.loss_sum, result.cost) == (0, 5, 0.0, 2.5)


def test_a_name_that_a_block_does_not_have_does_not_compile():
    def read(job):
        return job.tehta

    with pytest.raises(Exception, match="tehta"):
        compiled(read, int64(Record(Job, float32)))


@pytest.mark.parametrize("name", KERNELS)
def test_a_kernel_is_typed_by_its_annotations_and_called_by_name(name):
    function = getattr(import_module(KERNEL_FILES + KERNELS[name]), name)
    declared = inspect.signature(plain(function)).parameters
    assert arguments_of(function)._fields == tuple(declared)
    signature = types_of(function, float32)
    assert len(signature.args) == len(declared)
    assert signature.return_type == types.void
    for parameter, kind in zip(declared, signature.args, strict=True):
        assert (parameter == "job") == isinstance(kind, Record)


@pytest.mark.parametrize("name", ALONE)
def test_what_python_calls_has_the_parameters_that_python_knows(name):
    file, parameters = ALONE[name]
    function = getattr(import_module(KERNEL_FILES + file), name)
    assert list(inspect.signature(function).parameters) == parameters.split()
