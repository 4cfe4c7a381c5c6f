"""Exported C, compiled and run: rows go in and predictions come out of a program of its own."""

import os
import shutil
import subprocess

import numpy as np
import pytest

from clearprop.files.export.c.source import source_of, write
from clearprop.files.export.c.words import identifier

needs_gcc = pytest.mark.skipif(shutil.which("gcc") is None, reason="gcc is not installed")
STRICT = ("-std=c99", "-pedantic", "-Wall", "-Wextra", "-Werror", "-Wshadow", "-Wconversion", "-Wdouble-promotion")
QUICK = ("-O2",)
SANITIZED = ("-O1", "-g", "-fsanitize=address,undefined,float-cast-overflow", "-fno-sanitize-recover=all")
DRIVER = """\
#include <stdio.h>
#include "{name}.h"
int main(void)
{{
    static {row};
    {real} found[{n} + {m} + 1];
    while (fread({at}, sizeof row, 1, stdin) == 1) {{
        int chosen = 0;
        {chosen}{name}_predict({at}, found);
        {quantiles}
        fwrite(&chosen, sizeof chosen, 1, stdout);
        fwrite(found, sizeof *found, {n} + {m}, stdout);
    }}
    return 0;
}}
"""


def run(command, folder, given=b"", expected=0):
    """The output of a command, which has to end with this status and to say nothing that is an error."""
    environment = {**os.environ, "LC_ALL": "C"}
    done = subprocess.run(
        command, cwd=folder, input=given, capture_output=True, timeout=120, env=environment, check=False
    )
    assert done.returncode == expected, done.stderr.decode()[-4000:] + done.stdout.decode("utf-8", "replace")[-2000:]
    return done.stdout


def self_tested(program, folder, flags=QUICK, name="model", calibration=None, compiler="gcc"):
    """What the exported self-test prints, after it was written and compiled with all warnings as errors."""
    write(program, folder / f"{name}.c", calibration=calibration)
    define = f"-D{name.upper()}_SELF_TEST"
    run([compiler, *STRICT, *flags, define, f"{name}.c", "-o", name, "-lm"], folder)
    return run([f"./{name}"], folder).decode()


class Compiled:
    """A program in C that predicts; rows are arrays of the symbols of each column, as `evaluation.drawn` makes them."""

    def __init__(self, program, folder, flags=QUICK, name="model", calibration=None):
        self.program, self.folder, self.name = program, folder, name
        source = source_of(program, identifier(name), calibration)
        functions = source.functions
        self.real = np.float32 if functions.real == "float" else np.float64
        self.n, self.m = functions.n_predicted, len(program.quantiles)
        self.fields = source.row.fields
        self.number = np.float32 if program.is_plain else np.float64
        row, at = f"{name}_row row", "&row"
        if program.takes_numbers:
            row, at = f"{'float' if program.is_plain else 'double'} row[{program.n_inputs}]", "row"
        text = DRIVER.format(
            name=name, row=row, at=at,
            real=functions.real, n=self.n, m=self.m, chosen="chosen = " if functions.is_class else "",
            quantiles=f"{name}_predict_quantiles({at}, found + {self.n});" if self.m else "",
        )  # fmt: skip
        (folder / f"{name}.h").write_text(source.header(), encoding="utf-8")
        (folder / f"{name}.c").write_text(source.code(f"{name}.h"), encoding="utf-8")
        (folder / "driver.c").write_text(text, encoding="utf-8")
        run(["gcc", *STRICT, *flags, f"{name}.c", "driver.c", "-o", "driver", "-lm"], folder)

    def predict(self, rows):
        """The number of the class (n_rows,) and all that is predicted (n_rows, n_predicted + n_quantiles)."""
        given = rows[0]["x"].astype(self.number) if self.program.takes_numbers else self._structs(rows)
        kind = np.dtype([("chosen", np.int32), ("found", self.real, (self.n + self.m,))])
        out = np.frombuffer(run(["./driver"], self.folder, np.ascontiguousarray(given).tobytes()), dtype=kind)
        return out["chosen"], out["found"]

    def _structs(self, rows):
        types = [
            (field, np.int32 if column.kind in ("category", "truth") else np.float64)
            if column.kind != "vector"
            else (field, np.float64, (column.size,))
            for column, field in zip(self.program.columns, self.fields, strict=True)
        ]
        made = np.zeros(len(rows[0]["missing"]), dtype=np.dtype(types, align=True))
        for column, field, symbols in zip(self.program.columns, self.fields, rows, strict=True):
            absent = symbols["missing"] > 0
            if column.kind == "category":
                made[field] = np.where(absent, -2, symbols["code"])
            elif column.kind == "truth":
                made[field] = np.where(absent, -2, symbols["x"] > 0)
            else:
                made[field] = symbols["x"]
        return made
