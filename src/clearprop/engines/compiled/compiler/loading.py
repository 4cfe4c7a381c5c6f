"""From an object file to the address of its function, with LLVM's linker alone: Numba is not imported for this."""

from __future__ import annotations

from functools import cache
from typing import Any

from clearprop.engines.compiled.compiler.machine import target_machine

_engines: list[Any] = []  # they own the memory of the code, which stays as long as the process does


def load(code: bytes, symbol: str) -> int:
    """The address of a function of an object file.

    Raises
    ------
    RuntimeError
        When it is no object file with that function.
    """
    import llvmlite.binding as llvm

    _initialise()
    # An engine of its own for each file: files that came from different processes may use the same names inside.
    engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target_machine())
    engine.add_object_file(llvm.ObjectFileRef.from_data(code))
    engine.finalize_object()
    _engines.append(engine)
    found = int(engine.get_function_address(symbol))
    if not found:
        raise RuntimeError(f"the machine code has no function {symbol!r}")
    return found


@cache
def _initialise() -> None:
    import llvmlite.binding as llvm

    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
