"""Reading a folder of images by class: ``flowers/rose/1.png``, ``flowers/tulip/7.jpg``, …

Pillow reads the images. All are brought to one size and one number of channels, which belongs to the model.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa

from clearprop.errors import InputError, TableError
from clearprop.tables.arrays import vectors

SUFFIXES = (".png", ".jpg", ".jpeg", ".bmp", ".gif", ".webp", ".tif", ".tiff", ".pgm", ".ppm")
KEPT_UP_TO = 64  # pixels: images that are all of one size no larger than this keep it
OTHERWISE = 32  # pixels: what others are resized to
MODES = {1: "L", 3: "RGB"}


@dataclass(frozen=True)
class ImageFormat:
    """The form that all images are brought to.

    Parameters
    ----------
    height, width : int
        In pixels.
    channels : {1, 3}
        Grey or red, green and blue.
    """

    height: int
    width: int
    channels: int

    def __post_init__(self) -> None:
        for side in (self.height, self.width):
            if isinstance(side, bool) or not isinstance(side, int) or not 1 <= side <= 4096:
                raise InputError(f"an image side must be a whole number from 1 to 4096, not {side!r}")
        if self.channels not in MODES:
            raise InputError(f"an image has 1 or 3 channels, not {self.channels!r}")

    def __str__(self) -> str:
        return f"{self.height} × {self.width} pixels, {'grey' if self.channels == 1 else 'colour'}"


def read_images(folder: Path, wanted: ImageFormat | None) -> tuple[pa.Table, ImageFormat, tuple[str, ...]]:
    """The table (file, image and, if there are folders of classes, class), the form of the images, and notices."""
    image_of = _pillow()
    files = sorted(p for p in folder.rglob("*") if p.is_file() and not _hidden(p, folder))
    images = [p for p in files if p.suffix.lower() in SUFFIXES]
    if not images:
        raise TableError(
            f"{folder} holds no images; expected one folder of images per class, as in {folder}/rose/1.png"
        )
    in_classes = [p for p in images if len(p.relative_to(folder).parts) > 1]
    if in_classes and len(in_classes) < len(images):
        loose = next(p for p in images if p.parent == folder)
        raise TableError(f"{loose} lies beside the folders of classes: move it into one of them")
    if wanted is None:
        wanted = _format([_opened(image_of, path, None) for path in images])
    pixels = np.stack([_opened(image_of, path, wanted)[2] for path in images])
    columns: dict[str, Any] = {
        "file": pa.array([p.relative_to(folder).as_posix() for p in images]),
        "image": vectors(pixels),
    }
    if in_classes:
        columns["class"] = pa.array([p.relative_to(folder).parts[0] for p in images])
    notices = [f"{len(images):,} image{'s' if len(images) > 1 else ''}, used as {wanted}"]
    n_other = len(files) - len(images)
    if n_other:
        notices.append(f"{n_other:,} other file{'s' if n_other > 1 else ''} in the folder, left out")
    return pa.table(columns), wanted, tuple(notices)


def _pillow() -> Any:
    try:
        from PIL import Image
    except ImportError:
        raise TableError("reading images needs Pillow: pip install 'clearprop[images]'") from None
    return Image


def _hidden(path: Path, folder: Path) -> bool:
    return any(part.startswith(".") for part in path.relative_to(folder).parts)


def _format(sizes: list[tuple[tuple[int, int], int, Any]]) -> ImageFormat:
    """One form for images of these sizes and channels."""
    channels = 3 if any(found == 3 for _, found, _ in sizes) else 1
    first = sizes[0][0]
    if all(size == first for size, _, _ in sizes) and max(first) <= KEPT_UP_TO:
        return ImageFormat(first[1], first[0], channels)
    return ImageFormat(OTHERWISE, OTHERWISE, channels)


def _opened(image_of: Any, path: Path, wanted: ImageFormat | None) -> tuple[tuple[int, int], int, Any]:
    """(width, height) and channels of an image and, where a form is wanted, its pixels as a flat uint8 array."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("error")  # Pillow warns of an image that would fill the memory
            with image_of.open(path) as image:
                channels = 1 if image.mode in ("1", "L", "LA", "I", "I;16", "F") else 3
                if wanted is None:
                    return image.size, channels, None
                made = image.convert(MODES[wanted.channels])
                if made.size != (wanted.width, wanted.height):
                    made = made.resize((wanted.width, wanted.height), image_of.Resampling.BILINEAR)
                return image.size, channels, np.asarray(made, dtype=np.uint8).ravel()
    except (OSError, ValueError, SyntaxError, Warning, image_of.DecompressionBombError) as error:
        raise TableError(f"the image {path} cannot be read: {error}") from None
