"""A network that approximates a sine, as C for a microcontroller: in float, and in whole numbers of eight bits.

    python examples/microcontroller.py [FOLDER]

It writes sine.c, sine.h, sine8.c and sine8.h. A sketch for an Arduino has them beside it and goes

    #include "sine8.h"

    void setup() {}

    void loop()
    {
        float x[1], y[1];
        x[0] = (millis() % 6283) / 1000.0f;
        sine8_predict(x, y);
        analogWrite(LED_BUILTIN, (int)(127.5f + 127.0f * y[0]));
    }
"""

import sys
import tempfile
from pathlib import Path

import numpy as np

from clearprop import MLPRegressor

folder = Path(sys.argv[1] if len(sys.argv) > 1 else tempfile.mkdtemp())
x = np.linspace(0, 2 * np.pi, 1000)[:, None]
y = np.sin(x[:, 0])
model = MLPRegressor(hidden_layer_sizes=(16, 16), learning_rate_init=0.01, random_state=0).fit(x, y)

model.export(folder / "sine.c")
model.export(folder / "sine8.c", calibration=(x, y), tell=print)
for name in ("sine", "sine8"):
    (line,) = (line for line in (folder / f"{name}.h").read_text().splitlines() if "bytes of constants" in line)
    print(f"{folder / name}.c: {line.strip(' *')}")
