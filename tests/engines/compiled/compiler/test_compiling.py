"""What comes out of the compiler beside what it computes."""

from clearprop.engines.compiled.codegen import fixed_kernels
from clearprop.engines.compiled.compiler.compiling import object_code


def test_what_a_wrapper_wraps_is_part_of_it():
    """Called by its wrapper, it would get its arguments in a way that the processor has to wait for."""
    source = fixed_kernels.sources("float32")["finish_piece_float32"]
    assert "plain(finish_piece)" in source
    assert b"finish_piece" not in object_code(source)
