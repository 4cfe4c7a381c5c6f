"""`clearprop card`: a model card, written from what the model file knows."""

from __future__ import annotations

from pathlib import Path

from clearprop.cli import exits, words
from clearprop.cli.option_types import Force


def card(model: Path, /, *, output: Path | None = None, force: Force = False) -> int:
    """Write a model card in Markdown: what was trained on what, how good it is, and its limits.

    The sections are those of Mitchell and others (2019), Model Cards for Model
    Reporting. All that stands in them is in the model file; what it does not
    know (who made it, what for, for whom it may be wrong) is marked for the
    author to write.

    Examples:

      clearprop card diamonds.clearprop
      clearprop card diamonds.clearprop --output card.md

    Parameters
    ----------
    model
        A model file that 'clearprop train' wrote.
    output
        The file to write, .md; by default standard output.
    force
        Replace the output file if it exists.
    """
    from clearprop.cli.card_text import card_text
    from clearprop.cli.inputs import load_model
    from clearprop.cli.output_files import check_output, write_output

    if output is not None:
        if output.suffix.lower() not in (".md", ".markdown"):
            raise exits.UsageError(f"--output {output}: a card is Markdown, and its name should end in .md")
        check_output(output, force=force, inputs=(model,))
    text = card_text(load_model(model), model)
    if output is None:
        print(text, end="")
        return exits.DONE
    write_output(output, text.encode(), force=force)
    n = text.count("*For the author to write")
    words.console().print(f"Wrote {output}, with {n} places for the author to fill in")
    return exits.DONE
