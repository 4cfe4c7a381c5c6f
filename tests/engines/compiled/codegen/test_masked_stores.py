"""A store under a mask takes some processors without AVX-512 twelve cycles: loops over whole vectors have none."""

import re

import pytest

from clearprop.engines.compiled.codegen.job_kernels import backward_kernel
from clearprop.engines.compiled.compiler.compiling import object_code
from clearprop.engines.compiled.compiler.machine import has, vector_bytes
from clearprop.formulas.activation_names import ACTIVATIONS

# VMASKMOVPS and VMASKMOVPD to memory, VEX.66.0F38 2E and 2F (Intel's Software Developer's Manual, volume 2).
MASKED_STORE = re.compile(rb"\xc4[\x02\x22\x42\x62\x82\xa2\xc2\xe2][\x00-\xff][\x2e\x2f]", re.DOTALL)


@pytest.mark.skipif(not has("avx2") or vector_bytes() == 64, reason="machine code is made for another level than AVX2")
@pytest.mark.parametrize("name", ["relu", "leaky_relu", "hard_sigmoid"])
def test_only_the_rest_of_a_slope_is_stored_under_a_mask(name):
    code = object_code(backward_kernel(ACTIVATIONS[name](), "float32").source)
    assert len(MASKED_STORE.findall(code)) == 1
