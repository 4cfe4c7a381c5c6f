"""Writing the report of `clearprop train --report`, once the model is saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from clearprop.cli import interrupts, words
from clearprop.cli.output_files import size_of, write_output
from clearprop.cli.training_options import OutputOptions

if TYPE_CHECKING:
    from clearprop.cli.html_report.told import Told


def write_report(outputs: OutputOptions, about: Told, code: int) -> int:
    """Draw the report and write it whole; the exit code.

    Parameters
    ----------
    outputs : OutputOptions
        With a report.
    about : Told
    code : int
        Of the training.
    """
    from clearprop.cli.html_report.page import html

    assert outputs.report is not None
    try:
        content = html(about).encode()
        write_output(outputs.report, content, force=outputs.force)
    except KeyboardInterrupt:
        words.console(error=True).print("interrupted while the report was made: it was not written, the model is saved")
        return interrupts.exit_code()
    out = words.console(error=outputs.as_json)
    out.print(f"Wrote the report {outputs.report} ({size_of(outputs.report)})")
    return code
