"""The two files of a program in C, put together."""

from __future__ import annotations

import errno
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from clearprop.errors import InputError
from clearprop.files.export.c.accuracy import MOST_LOST, Accuracy, Calibration, accuracy_of
from clearprop.files.export.c.answers import Functions
from clearprop.files.export.c.dialects import library_functions, own_functions
from clearprop.files.export.c.int8_networks import Int8Networks
from clearprop.files.export.c.networks import FloatNetworks
from clearprop.files.export.c.quantising import Int8Program, quantised
from clearprop.files.export.c.rows import MISSING, UNSEEN, Row
from clearprop.files.export.c.self_test import draw, self_test
from clearprop.files.export.c.words import block_comment, identifier
from clearprop.files.export.evaluation import answered, quantiles_of
from clearprop.files.export.program import Program
from clearprop.files.writing import destination, write_whole

ENDS = "#ifdef __cplusplus\n{}\n#endif\n"


def write(
    program: Program,
    path: Path,
    *,
    replace: bool = True,
    calibration: Any = None,
    most_lost: float | None = None,
    tell: Callable[[str], object] | None = None,
) -> tuple[Path, ...]:
    """Write a program in C: the .c to `path`, the .h beside it.

    Parameters
    ----------
    program : Program
    path : Path
        Its name, made one that C can read, is what every public name begins with.
    replace : bool
        Whether files that are there are replaced.
    calibration : Calibration or array of shape (n_rows, n_inputs), optional
        What the networks get of rows with which they are brought to whole numbers of eight bits, with what is true of
        them or without; by default the networks stay in float.
    most_lost : float, optional
        How many points of what is true of those rows eight bits may cost, of accuracy or of R², by default 1.
    tell : callable, optional
        Called with each line of the table of what int8 costs, which stands in the .h too.

    Returns
    -------
    tuple of Path
        The .c and the .h.

    Raises
    ------
    InputError
        Where weights are beyond a float, a text is one that C cannot hold, or eight bits cost more than `most_lost`.
    FormulaError
        For a formula with a function that C does not have.
    """
    code = path if path.suffix == ".c" else path.with_name(f"{path.name}.c")
    header = code.with_suffix(".h")
    source = source_of(program, identifier(code.stem), calibration)
    if most_lost is not None and source.accuracy is None:
        raise InputError("most_lost is about whole numbers of eight bits: give calibration rows with it")
    if source.accuracy is not None:
        source.accuracy.check(MOST_LOST if most_lost is None else most_lost)
    for each in (header, code):
        if destination(each).exists() and not replace:
            raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), str(each))
    for each, text in ((header, source.header()), (code, source.code(header.name))):
        write_whole(each, text.encode(), replace=replace)
    if tell is not None and source.accuracy is not None:
        for line in source.accuracy.lines:
            tell(line)
    return code, header


def source_of(program: Program, name: str, calibration: Any = None) -> Source:
    """The text of both files; see `write`."""
    if calibration is None:
        return Source(program, name, FloatNetworks(program))
    if not isinstance(calibration, Calibration):
        calibration = Calibration(calibration)
    int8 = quantised(program, calibration.inputs)
    return Source(program, name, Int8Networks(program, int8), accuracy_of(program, int8, calibration))


@dataclass(frozen=True)
class Source:
    """A program in C.

    Attributes
    ----------
    program : Program
    name : str
    networks : FloatNetworks or Int8Networks
    accuracy : Accuracy or None
        How near int8 comes to float; None of networks in float.
    """

    program: Program
    name: str
    networks: FloatNetworks | Int8Networks
    accuracy: Accuracy | None = None

    @property
    def functions(self) -> Functions:
        """What is called from outside."""
        return Functions(self.program, self.name, self.networks)

    @property
    def row(self) -> Row:
        """What they are given."""
        return Row(self.name, self.program.columns)

    def body(self) -> str:
        """What computes."""
        row = self.row
        encoder = [row.code_definitions(), row.encode_definition(), row.refusal_definition()]
        encoder = [] if self.program.is_plain else encoder
        parts = [self.networks.definitions(), *encoder, self.functions.definitions()]
        return "\n".join(part for part in parts if part)

    def code(self, header: str) -> str:
        """The .c."""
        body, test = self.body(), self_test(self.functions, draw(self.program, self._int8_answer()))
        needs_math = library_functions(body) or re.search(r"\b(INFINITY|NAN)\b", body + test)
        includes = f'/* What this is, and how it is used: {header} */\n#include "{header}"\n'
        parts = [includes + ("#include <math.h>\n" if needs_math else ""), own_functions(body), body, test]
        return "\n".join(part for part in parts if part)

    def _int8_answer(self) -> Any:
        """What answers the rows of the self-test in whole numbers; None for the networks in float."""
        if isinstance(self.networks, FloatNetworks):
            return None
        int8: Int8Program = self.networks.int8

        def answer(X: Any) -> Any:
            first, *others = (int8.mean_outputs(self.program, k, X) for k in range(len(int8.groups)))
            parts = [answered(self.program, first)]
            return np.concatenate([*parts, quantiles_of(self.program, others)] if others else parts, axis=1)

        return answer

    def header(self) -> str:
        """The .h."""
        upper = self.name.upper()
        parts = [self._head(), f"#ifndef {upper}_H\n#define {upper}_H\n", ENDS.format('extern "C" {')]
        if not self.program.takes_numbers:
            if any(column.kind in ("category", "truth") for column in self.program.columns):
                parts.append(f"#define {upper}_UNSEEN ({UNSEEN})\n#define {upper}_MISSING ({MISSING})\n")
            parts += [self.row.struct(), self.row.code_declarations()]
        parts += [self.functions.declarations(), ENDS.format("}"), "#endif\n"]
        return "\n".join(part for part in parts if part)

    def _head(self) -> str:
        """The comment that says what the files are."""
        program, functions = self.program, ", ".join(library_functions(self.body()))
        n = len(program.members) + sum(len(each.members) for each in program.quantiles)
        networks = f"{n} network{'s' if n > 1 else ''} of {'-'.join(map(str, program.network.widths))}"
        called = f"Of the C library it calls {functions}." if functions else "It calls nothing of the C library."
        lines = [
            f"{self.name}: a trained model as C99, written by {program.source}",
            "",
            f"{networks} in {self.networks.precision}, {self.networks.n_bytes:,} bytes of constants. No memory is "
            f"allocated, and nothing is kept between calls. {called}",
            *(() if self.accuracy is None else self.accuracy.lines),
        ]
        if not program.is_plain:
            lines.append(
                "A row of the table becomes the inputs of the networks in double, as float has no digits left for x in "
                "100,000,000 + x."
            )
        if any(column.kind == "category" for column in program.columns):
            lines.append(
                "Texts are in UTF-8 and compared letter by letter, without blanks around them; where they say a "
                "number, a truth or a date, they are written as the .c lists them: 3 and not 3.0, true, 2024-01-31."
            )
        test = f"-D{self.name.upper()}_SELF_TEST"
        lines += ["", f"To hold it against clearprop's own engine: cc -std=c99 {test} {self.name}.c -lm && ./a.out"]
        return block_comment(lines)
