"""Exported C for a Cortex-M4: how large it is, and that it computes the same there, under an emulator."""

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

from clearprop import Network
from clearprop.files.export.c import write
from clearprop.files.export.program import plain_program
from compiled_c import STRICT, run

GCC, SIZE, EMULATOR = "arm-none-eabi-gcc", "arm-none-eabi-size", "qemu-arm"
CORTEX = ("-Os", "-mcpu=cortex-m4", "-mthumb", "-mfpu=fpv4-sp-d16", "-mfloat-abi=hard", "-ffunction-sections")
START = Path(__file__).with_name("linux_start.c")
MOST = 8200  # bytes of text: what onnx2c's README has of a whole program with the network that approximates a sine
BARE = """\
#include "sine.h"
volatile float in, out;
int main(void)
{
    for (;;) {
        float x[1], y[1];
        x[0] = in;
        sine_predict(x, y);
        out = y[0];
    }
}
"""

pytestmark = pytest.mark.skipif(shutil.which(GCC) is None, reason=f"{GCC} is not installed")


def sine():
    """The network 1-16-16-1 with relu."""
    network = Network.mlp([1, 16, 16, 1], hidden="relu")
    return plain_program(network, [network.initial(seed=0).theta])


def text_bytes(path, folder):
    return int(run([SIZE, path], folder).decode().splitlines()[1].split()[0])


@pytest.mark.parametrize("precision", ["float", "int8"])
def test_the_sine_network_is_small(precision, tmp_path):
    rows = np.linspace(0, 6, 100)[:, None] if precision == "int8" else None
    write(sine(), tmp_path / "sine.c", calibration=rows)
    run([GCC, *STRICT, *CORTEX, "-c", "sine.c"], tmp_path)
    (tmp_path / "main.c").write_text(BARE)
    linking = ("--specs=nano.specs", "--specs=nosys.specs", "-Wl,--gc-sections")
    run([GCC, "-std=c99", *CORTEX, *linking, "sine.c", "main.c", "-o", "bare"], tmp_path)
    alone, whole = text_bytes("sine.o", tmp_path), text_bytes("bare", tmp_path)
    print(f"{precision}: {alone:,} bytes of text alone, {whole:,} linked")  # noqa: T201
    assert alone < whole <= MOST
    assert alone <= (2000 if precision == "float" else 1500)


@pytest.mark.skipif(shutil.which(EMULATOR) is None, reason=f"{EMULATOR} is not installed")
@pytest.mark.parametrize("precision", ["float", "int8"])
def test_the_self_test_passes_on_the_processor(precision, tmp_path):
    rows = np.linspace(-3, 3, 100)[:, None] if precision == "int8" else None
    write(sine(), tmp_path / "sine.c", calibration=rows)
    linking = ("--specs=nosys.specs", "-nostartfiles")
    # Code for a Cortex-M4 runs on the larger processors too, under which the emulator offers write and exit.
    run([GCC, *CORTEX, *linking, "-DSINE_SELF_TEST", START, "sine.c", "-o", "sine", "-lm"], tmp_path)
    printed = run([EMULATOR, "./sine"], tmp_path).decode()
    assert re.match(r"sine: 32 rows, greatest error [\d.e-]+, allowed 1", printed)
