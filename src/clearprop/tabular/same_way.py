"""Reading a file as the training file was read."""

from __future__ import annotations

from pathlib import Path

from clearprop.tables import ClassTarget, Encoder, ImageFormat, Reading, ReadOptions, Target, Vector, read
from clearprop.tables.columns import PLAIN


def read_as_trained(
    path: Path, encoder: Encoder, target: Target, images: ImageFormat | None, options: ReadOptions | None = None
) -> Reading:
    """Text columns as text, vectors of the same size, images in the same form.

    Parameters
    ----------
    path : Path
    encoder, target, images
        Of the model.
    options : ReadOptions, optional
        How this file is written, where it differs from the training file.
    """
    text = set(encoder.text_columns)
    is_text = isinstance(target.classes[0], str) if isinstance(target, ClassTarget) else target.notation != PLAIN
    if is_text:
        text.add(target.column)
    said = (options or ReadOptions()).over(encoder.read)
    known = [step.column for step in encoder.steps]
    sizes = {step.column: step.size for step in encoder.steps if isinstance(step, Vector)}
    return read(path, text_columns=text, images=images, options=said, known=known, sizes=sizes)
