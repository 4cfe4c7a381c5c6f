"""The same bits from a shared library, as a wheel has it, and from code that is compiled at home for the same level."""

import os
import shutil
import sys

import pytest

import processes
from clearprop.engines.compiled.compiler import levels

BOTH = """
import ctypes, hashlib, subprocess, sys
import numpy as np
from pathlib import Path
from clearprop.engines.compiled.codegen import job_kernels
from clearprop.engines.compiled.compiler import kernel_cache, machine
from clearprop.engines.compiled.compiler.compiling import object_code
from clearprop.formulas import Adam, Logistic

place = Path(sys.argv[1])
KIND = ctypes.CFUNCTYPE(ctypes.c_double, *[ctypes.c_void_p] * 6, ctypes.c_int64, ctypes.c_int64, ctypes.c_void_p)
formulas = {
    "forward": job_kernels.forward_kernel(Logistic(), "float32"),
    "update": job_kernels.update_kernel(Adam(0.01), "float32"),
}
found = {}
for name, formula in formulas.items():
    (place / f"{name}.o").write_bytes(object_code(formula.source, name, jit=False))
    library = place / f"{name}.so"
    subprocess.run(["cc", "-shared", "-nostartfiles", "-o", library, place / f"{name}.o", "-lm"], check=True)
    shipped = ctypes.cast(ctypes.CDLL(str(library))[name], ctypes.c_void_p).value
    for kind, address in (("wheel", shipped), ("home", kernel_cache.address(name, formula.source))):
        rng = np.random.default_rng(0)
        arrays = [rng.random((37, 11), dtype=np.float32) for _ in range(6)]
        uniforms = rng.random(16, dtype=np.float32)
        KIND(address)(*(array.ctypes.data for array in arrays), 37, 11, uniforms.ctypes.data)
        found[name, kind] = hashlib.sha256(b"".join(array.tobytes() for array in arrays)).hexdigest()
    assert found[name, "wheel"] == found[name, "home"], name
print(machine.processor()[0], len(set(found.values())))
"""


@pytest.mark.skipif(not shutil.which("cc"), reason="no C compiler")
@pytest.mark.parametrize("level", levels.offered())
def test_a_library_computes_the_bits_of_what_is_compiled_at_home(level, tmp_path):
    environment = {**os.environ, levels.FORCED: level, "CLEARPROP_CACHE_DIR": str(tmp_path)}
    done = processes.run([sys.executable, "-c", BOTH, tmp_path], env=environment)
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == [level, "2"]
