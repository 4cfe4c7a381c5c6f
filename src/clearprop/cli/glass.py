"""The commands of the glass box as people type them: explain, check, exercise. Each hands over to `glass_run`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

Flag = Parameter(negative="", show_default=False)
Names = Annotated[list[str] | None, Parameter(consume_multiple=True, negative="")]
Language = Literal["en", "zh"]
NotationName = Literal["nielsen", "code", "letters", "mazur", "rashid"]
Format = Literal["text", "ascii", "markdown", "latex", "html", "json", "svg"]


def explain(
    source: Path | None = None,
    file: Path | None = None,
    /,
    *,
    case: str | None = None,
    row: int | None = None,
    section: Names = None,
    form: Names = None,
    notation: NotationName = "nielsen",
    language: Language = "en",
    digits: int = 4,
    comma: Annotated[bool, Flag] = False,
    fractions: Annotated[bool, Flag] = False,
    parameter: str = "W1[0,0]",
    steps: int = 5,
    optimizer: str | None = None,
    learning_rate: float | None = None,
    format: Format | None = None,
    output: Path | None = None,
    force: Annotated[bool, Flag] = False,
) -> int:
    """Explain one step of back-propagation, number by number.

    SOURCE is a sheet that describes a network and a sample (a text or .toml
    file), or a model file that 'clearprop train' wrote, followed by a table of
    which --row is taken. --case takes a built-in case instead.

    Examples:

      clearprop explain --case case_study
      clearprop explain --case sharing --section ideas --language zh
      clearprop explain net.toml --notation letters --output net.html
      clearprop explain prices.clearprop prices.csv --row 3 --output row3.tex
      clearprop explain --case mazur --section path --parameter W1[0,0]

    Parameters
    ----------
    source
        A sheet, or a model file.
    file
        For a model file, the table.
    case
        case_study, sharing, mazur, xor, two_players, three_players, logistic_regression or digits.
    row
        The row of the table, counted from 1.
    section
        What to show: step, ideas, or single parts such as path, proofs, sharing, game; may be given several times.
    form
        component, neuron, matrix: in which forms derivations are written.
    notation
        How things are named.
    language
        English or 简体中文.
    digits
        Significant digits.
    comma
        A decimal comma.
    fractions
        Exact fractions, where every formula is rational.
    parameter
        The weight or bias whose chain rule is written out, from input 0 to neuron 0 for W1[0,0].
    steps
        Iterations, or rounds of the game.
    optimizer
        sgd, momentum, nesterov, rmsprop, adam or adamw, in place of the source's own.
    learning_rate
        In place of the source's own.
    format
        By default what --output ends in; text on the terminal.
    output
        The file to write: .txt, .md, .tex, .html, .json or .svg.
    force
        Replace the output file if it exists.
    """
    from clearprop.cli import glass_run

    style: dict[str, object] = {
        "notation": notation, "language": language, "digits": digits, "comma": comma, "fractions": fractions,
        "parameter": parameter, "steps": steps,
    }  # fmt: skip
    if section:
        style["sections"] = tuple(section)
    if form:
        style["forms"] = tuple(form)
    trace = glass_run.trace_of(source, file, case=case, row=row, optimizer=optimizer, learning_rate=learning_rate)
    return glass_run.explain(trace, style, format=format, output=output, force=force)


def check(
    sheet: Path, /, *, notation: NotationName = "code", language: Language = "en",
    as_json: Annotated[bool, Parameter(name="--json", negative="", show_default=False)] = False,
) -> int:  # fmt: skip
    """Check a hand calculation, line by line, and name its mistakes.

    SHEET is a text file, or TOML: the network and the sample, then any results
    by name, as z1 = 0.41, 0.47. Ends with 0 if nothing is wrong, otherwise 1.

    Examples:

      clearprop check work.md
      clearprop check work.md --language zh

    Parameters
    ----------
    sheet
        The worked example.
    notation
        How things are named in the report.
    language
        English or 简体中文.
    as_json
        Print one JSON document instead of text.
    """
    from clearprop.cli import glass_run

    return glass_run.check(sheet, notation=notation, language=language, as_json=as_json)


def exercise(
    source: Path | None = None,
    /,
    *,
    case: str | None = None,
    blank: int = 6,
    seed: int = 0,
    language: Language = "en",
    digits: int = 4,
    format: Literal["markdown", "latex"] | None = None,
    output: Path | None = None,
    force: Annotated[bool, Flag] = False,
) -> int:
    """Make a sheet with blanks to fill in, and its key; 'clearprop check' reads the filled sheet.

    Examples:

      clearprop exercise --case case_study --blank 6
      clearprop exercise --case mazur --blank 8 --output sheet.md
      clearprop exercise net.toml --format latex --output sheet.tex

    Parameters
    ----------
    source
        A sheet that describes a network and a sample.
    case
        A built-in case instead.
    blank
        How many numbers are left out.
    seed
        Decides which.
    language
        English or 简体中文.
    digits
        Significant digits of the numbers.
    format
        Markdown (plain text that check reads) or LaTeX; by default what --output ends in.
    output
        The file to write; the key of a Markdown sheet goes beside it, into NAME-key.md.
    force
        Replace output files that exist.
    """
    from clearprop.cli import glass_run

    trace = glass_run.trace_of(source, None, case=case, row=None, optimizer=None, learning_rate=None)
    return glass_run.exercise(
        trace, blank=blank, seed=seed, language=language, digits=digits, format=format, output=output, force=force
    )
