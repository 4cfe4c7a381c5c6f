"""The commands of the glass box as people type them: explain, check, exercise. Each hands over to `glass_run`."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from clearprop.cli import exits
from clearprop.cli.option_types import Flag, Force, Several, Whole

Names = Annotated[list[str] | None, Several]
Language = Literal["en", "zh"]
NotationName = Literal["nielsen", "code", "letters", "mazur", "rashid"]
Format = Literal["text", "ascii", "markdown", "latex", "html", "json", "svg"]


def language_in(arguments: Sequence[str]) -> Language:
    """The language that a command is asked to speak, read before its options are."""
    return "zh" if "--language=zh" in arguments or ("--language", "zh") in pairwise(arguments) else "en"


def explain(
    source: Path | None = None,
    file: Path | None = None,
    /,
    *,
    case: str | None = None,
    row: Annotated[int | None, Whole] = None,
    section: Names = None,
    form: Names = None,
    notation: NotationName = "nielsen",
    language: Language = "en",
    digits: Annotated[int, Whole] = 4,
    comma: Annotated[bool, Flag] = False,
    fractions: Annotated[bool, Flag] = False,
    parameter: str | None = None,
    sample: Annotated[int | None, Whole] = None,
    steps: Annotated[int, Whole] = 5,
    replay: Annotated[int, Whole] = 20,
    optimizer: str | None = None,
    learning_rate: float | None = None,
    format: Format | None = None,
    output: Path | None = None,
    certificate: Path | None = None,
    force: Force = False,
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
      clearprop explain --case mazur --section path --parameter w12
      clearprop explain --case xor --section path --sample 2

    Parameters
    ----------
    source
        A sheet, or a model file.
    file
        For a model file, the table; by default the one that it learned from, if it is still there.
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
        The weight or bias whose chain rule is written out, as W1[0,0] or in the notation, as w12; else all layers.
    sample
        Of several samples, counted from 1: this one alone, as a loss of its own; by default their sum.
    steps
        Iterations, or rounds of the game.
    replay
        On how many random networks the section proofs tries the proofs.
    optimizer
        sgd, momentum, nesterov, rmsprop, adam or adamw, in place of the source's own.
    learning_rate
        In place of the source's own.
    format
        By default what --output ends in; text on the terminal.
    output
        The file to write: .txt, .md, .tex, .html, .json or .svg.
    certificate
        A JSON file to write: inputs, every number and the residuals, with a SHA-256, for another program to verify.
    force
        Replace the output file if it exists.
    """
    from clearprop.cli import glass_run
    from clearprop.explain.words.message import Message, in_language, speaking

    if replay < 1:
        raise exits.UsageError(in_language(Message("usage_replay", value=replay), language))
    style: dict[str, object] = {
        "notation": notation, "language": language, "digits": digits, "comma": comma, "fractions": fractions,
        "parameter": parameter, "steps": steps, "networks": replay,
    }  # fmt: skip
    if section:
        style["sections"] = tuple(section)
    if form:
        style["forms"] = tuple(form)
    with speaking(language):
        trace = glass_run.trace_of(
            source, file, case=case, row=row, optimizer=optimizer, learning_rate=learning_rate, language=language
        )
        if certificate is not None:
            read = (source, file, output)
            step = trace if sample is None else glass_run.alone(trace, sample)
            others = [path for path in read if path is not None]
            glass_run.certify(step, None, certificate, force=force, others=others, language=language)
        return glass_run.explain(trace, style, sample=sample, format=format, output=output, force=force)


def check(
    sheet: Path, /, *, notation: NotationName = "code", language: Language = "en",
    as_json: Annotated[bool, Parameter(name="--json", negative="", show_default=False)] = False,
    report: Annotated[bool, Flag] = False, output: Path | None = None, certificate: Path | None = None,
    force: Force = False,
) -> int:  # fmt: skip
    """Check a hand calculation, line by line, and name its mistakes.

    SHEET is a text file, or TOML: the network and the sample, then any results
    by name, as z1 = 0.41, 0.47. Ends with 0 if all is right, with 1 if
    something is wrong or still blank, with 3 if the sheet cannot be read.

    Examples:

      clearprop check work.md
      clearprop check work.md --language zh
      clearprop check week-3/sheets --report --output marks.csv

    Parameters
    ----------
    sheet
        The worked example; with --report, the folder with the sheets of a class.
    notation
        How things are named in the report.
    language
        English or 简体中文.
    as_json
        Print one JSON document instead of text.
    report
        Mark every sheet of a folder, with follow-through, and report over the class.
    output
        For a report: the file to write, .csv for a gradebook, .md, .html, .tex or .txt.
    certificate
        A JSON file to write: inputs, every number, the verdicts and the residuals, with a SHA-256.
    force
        Replace the output file if it exists.
    """
    from clearprop.cli import class_run, glass_run
    from clearprop.explain.words.message import Message, speaking

    with speaking(language):
        if report and certificate is not None:
            raise exits.UsageError(Message("usage_certificate_or_report"))
        if report:
            return class_run.marks(sheet, language=language, as_json=as_json, output=output, force=force)
        if os.path.isdir(sheet):  # says no of a name that is too long for one
            raise exits.UsageError(Message("file_is_folder", path=sheet))
        if output is not None or (force and certificate is None):
            raise exits.UsageError(Message("usage_output_of_report"))
        return glass_run.check(
            sheet, notation=notation, language=language, as_json=as_json, certificate=certificate, force=force
        )


def exercise(
    source: Path | None = None,
    /,
    *,
    case: str | None = None,
    network: str | None = None,
    hidden: str | None = None,
    output_activation: str | None = None,
    loss: str | None = None,
    class_: Annotated[Path | None, Parameter(name="--class")] = None,
    blank: Annotated[int | None, Whole] = None,
    find_mistake: Annotated[bool, Flag] = False,
    seed: Annotated[int, Whole] = 0,
    language: Language = "en",
    digits: Annotated[int, Whole] = 4,
    notation: NotationName = "nielsen",
    format: Literal["markdown", "latex", "html"] | None = None,
    output: Path | None = None,
    force: Force = False,
) -> int:
    """Make a sheet to fill in, and its key; or one for each student of a class.

    'clearprop check' reads the filled sheet, and 'clearprop check FOLDER
    --report' marks those of a class.

    Examples:

      clearprop exercise --case case_study --blank 6
      clearprop exercise --network 2-3-1 --seed 7 --output sheet.md
      clearprop exercise --class names.txt --network 2-2-1 --output week-3
      clearprop exercise --class names.txt --find-mistake --output week-4
      clearprop exercise net.toml --output sheet.html

    Parameters
    ----------
    source
        A sheet that describes a network and a sample.
    case
        A built-in case instead.
    network
        Instead, a network with numbers drawn from the seed: neurons of each layer, inputs first. For a class 2-2-1.
    hidden
        Its hidden layers' activation; by default sigmoid.
    output_activation
        Its outputs' activation; by default sigmoid.
    loss
        Its loss; by default half_squared_error, for softmax cross_entropy.
    class_
        A text file with the students' names, one a line. Each gets numbers and blanks of his or her own.
    blank
        How many numbers are left out; by default 6.
    find_mistake
        No blanks: a whole calculation with one mistake to find and to name.
    seed
        Another seed, other numbers and blanks.
    language
        English or 简体中文.
    digits
        Significant digits of the numbers.
    notation
        How things are named on a sheet to print (LaTeX, HTML).
    format
        Markdown (which check reads), or LaTeX or HTML to print; by default what --output ends in.
    output
        The file to write, the key beside it in NAME-key; for a class the folder.
    force
        Replace output files that exist.
    """
    from clearprop.cli import class_run, glass_run
    from clearprop.explain.words.message import Message, speaking

    drawn = {"--hidden": hidden, "--output-activation": output_activation, "--loss": loss}
    hidden, is_drawn = hidden or "sigmoid", network is not None or class_ is not None
    with speaking(language):
        _check_used({"--blank": blank} if find_mistake else {}, {} if is_drawn else drawn)
        blank = 6 if blank is None else blank
        if class_ is not None:
            for option, value in ((Message("usage_a_sheet"), source), ("--case", case), ("--format", format)):
                if value is not None:
                    raise exits.UsageError(Message("usage_class", option=option))
            return class_run.whole_class(
                class_, network=network or "2-2-1", hidden=hidden, output_activation=output_activation, loss=loss,
                blank=blank, find_mistake=find_mistake, seed=seed, language=language, digits=digits, output=output,
                force=force,
            )  # fmt: skip
        if network is not None:
            if source is not None or case is not None:
                raise exits.UsageError(Message("usage_network_draws"))
            trace = class_run.network_of(network, hidden, output_activation, loss, seed)
        elif source is None and case is None:
            raise exits.UsageError(Message("usage_exercise_of_what"))
        else:
            trace = glass_run.trace_for_an_exercise(source, case, language)
        return class_run.one(
            trace, blank=blank, find_mistake=find_mistake, seed=seed, language=language, digits=digits, format=format,
            notation=notation, output=output, force=force,
        )  # fmt: skip


def _check_used(of_blanks: Mapping[str, object], of_drawn: Mapping[str, object]) -> None:
    """Raise UsageError for the first option that is given and would be ignored."""
    from clearprop.explain.words.message import Message

    for options, key in ((of_blanks, "usage_blank_or_mistake"), (of_drawn, "usage_of_drawn")):
        for option, value in options.items():
            if value is not None:
                raise exits.UsageError(Message(key, option=option))
