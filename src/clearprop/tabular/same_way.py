"""Reading a file as the training file was read."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from clearprop.tables import Encoder, ImageFormat, Reading, ReadOptions, Target, Vector, read


def read_as_trained(
    path: Path,
    encoder: Encoder,
    target: Target,
    images: ImageFormat | None,
    options: ReadOptions | None = None,
    keep: Collection[str] = (),
) -> Reading:
    """Text columns as text, vectors of the same size, images in the same form.

    Parameters
    ----------
    path : Path
    encoder, target, images
        Of the model.
    options : ReadOptions, optional
        How this file is written, where it differs from the training file.
    keep : collection of str
        Columns to leave as they are written, so that an identifier 007 stays one.
    """
    text = {*encoder.text_columns, *target.text_columns, *keep}
    said = (options or ReadOptions()).over(encoder.read)
    known = [step.column for step in encoder.steps]
    sizes = {step.column: step.size for step in encoder.steps if isinstance(step, Vector)}
    return read(path, text_columns=text, images=images, options=said, known=known, sizes=sizes)
