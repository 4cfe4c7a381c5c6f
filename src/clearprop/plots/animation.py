"""Pictures of training step after step as one file, a GIF or a video, with matplotlib's writers."""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from textwrap import wrap
from typing import Any

import matplotlib as mpl
import numpy as np
from matplotlib import animation, font_manager
from matplotlib.figure import Figure

from clearprop.errors import InputError, MissingExtra
from clearprop.explain.words import words as words_of
from clearprop.explain.words.message import Message
from clearprop.plots import svg
from clearprop.plots.frames import Frame

WIDEST, HIGHEST = 1000, 760  # pixels of the drawing; a larger one is made smaller
CURVE, CAPTION, LINE = 170, 74, 100  # pixels of the loss curve and of the words, and letters of a line of them
DPI = 100
COLOURS = 96  # of a GIF: lines and letters need no more
SLOWEST, FASTEST = 0.05, 30.0  # pictures in a second
SUFFIXES = (".gif", ".mp4")
CHINESE_FONTS = (
    "Noto Sans CJK SC", "Noto Sans CJK JP", "Source Han Sans SC", "WenQuanYi Micro Hei", "WenQuanYi Zen Hei",
    "PingFang SC", "Heiti SC", "Microsoft YaHei", "SimHei", "AR PL UMing CN", "Arial Unicode MS",
)  # fmt: skip


def write(
    path: Path,
    found: Sequence[Frame],
    *,
    fps: float = 1.0,
    language: str = "en",
    told: Callable[[int], object] | None = None,
) -> None:
    """Write pictures as one file. It is not whole before the end: whoever wants no half file writes elsewhere first.

    Parameters
    ----------
    path : Path
        Ending in .gif or .mp4, which needs ffmpeg.
    found : sequence of Frame
    fps : float
        Pictures in a second.
    language : {"en", "zh"}
    told : callable, optional
        Gets the number of every picture that is drawn, from 1.

    Raises
    ------
    InputError, MissingExtra
        When ffmpeg is not there; when no font has the letters of the language.
    """
    check_writer(path)
    if not SLOWEST <= fps <= FASTEST:
        raise InputError(Message("usage_fps", least=f"{SLOWEST:g}", most=f"{FASTEST:g}", value=f"{fps:g}"))
    with mpl.rc_context({"font.family": ["DejaVu Sans", *fonts_for(language)]}):
        sheet = Sheet(found, words_of(language)["animated_loss"], words_of(language)["iteration"])
        writer = _writer(path, fps)
        writer.setup(sheet.figure, str(path), dpi=DPI)
        try:
            for n, frame in enumerate(found, start=1):
                sheet.draw(frame)
                writer.grab_frame()
                if told is not None:
                    told(n)
        except BaseException:
            _abandon(writer)
            raise
        writer.finish()


def check_writer(path: Path) -> None:
    """Raise InputError for another ending, MissingExtra where ffmpeg is needed and not there."""
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        raise InputError(Message("usage_animate_ending", path=path))
    if suffix == ".mp4" and not animation.FFMpegWriter.isAvailable():
        raise MissingExtra(Message("usage_animate_ffmpeg", path=path.name))


def fonts_for(language: str) -> list[str]:
    """The fonts that have the letters of a language, beside matplotlib's own.

    Raises
    ------
    MissingExtra
        When there is none.
    """
    if language != "zh":
        return []
    there = set(font_manager.get_font_names())
    found = [name for name in CHINESE_FONTS if name in there]
    if not found:
        raise MissingExtra(Message("usage_animate_font", font=CHINESE_FONTS[0]))
    return found[:1]


class Sheet:
    """The figure that all pictures are drawn on, large enough for the largest.

    Parameters
    ----------
    found : sequence of Frame
    loss, iteration : str
        What the axes of the curve are called.
    """

    def __init__(self, found: Sequence[Frame], loss: str, iteration: str) -> None:
        sizes = np.array([svg.size_of(frame.drawing) for frame in found])
        wide, high = sizes.max(axis=0)
        self.scale = float(min(1.0, WIDEST / wide, HIGHEST / high))
        width = max(wide * self.scale, 640.0)
        height = high * self.scale + CURVE + CAPTION
        even = 2 * DPI  # videos have an even number of pixels
        width, height = (round(size * DPI / even) * even / DPI for size in (width, height))
        self.size, self.words = (width, height), (loss, iteration)
        self.all_losses = np.array(found[-1].losses)
        self.most_updates = max(1, found[-1].updates[-1])
        self.figure = Figure(figsize=(width / DPI, height / DPI), dpi=DPI, facecolor="white")

    def draw(self, frame: Frame) -> None:
        """Draw a picture in place of the one before."""
        width, height = self.size
        self.figure.clear()
        own_width, own_height = (size * self.scale for size in svg.size_of(frame.drawing))
        left, bottom = (width - own_width) / 2, CURVE + (height - CURVE - CAPTION - own_height) / 2
        ax = self.figure.add_axes((left / width, bottom / height, own_width / width, own_height / height))
        svg.draw(frame.drawing, ax, self.scale)
        caption = "\n".join(_lines(frame.caption))
        self.figure.text(0.5, 1 - 12 / height, caption, ha="center", va="top", fontsize=10.5, color="#1b1b1f")
        self._curve(frame)

    def _curve(self, frame: Frame) -> None:
        """The loss so far: a line, and a point for the present step."""
        width, height = self.size
        ax = self.figure.add_axes((80 / width, 46 / height, 1 - 110 / width, (CURVE - 60) / height))
        ax.plot(frame.updates, frame.losses, color="#0b57b0", marker="o", markersize=3, linewidth=1.4)
        ax.plot(frame.updates[-1:], frame.losses[-1:], color="#b3261e", marker="D", markersize=8, linestyle="none")
        finite = self.all_losses[np.isfinite(self.all_losses)]
        low, high = (finite.min(), finite.max()) if len(finite) else (0.0, 1.0)
        margin = 0.12 * (high - low) or 0.1 * abs(high) or 0.1
        ax.set(xlim=(-0.3, self.most_updates + 0.3), ylim=(low - margin, high + margin))
        ax.set_ylabel(self.words[0], fontsize=9)
        ax.set_xlabel(self.words[1], fontsize=9)
        ax.tick_params(labelsize=8)
        ax.xaxis.get_major_locator().set_params(integer=True)
        for side in ("top", "right"):
            ax.spines[side].set_visible(False)


def _lines(caption: str) -> Iterator[str]:
    """The caption in lines that fit; Chinese letters are twice as wide and break anywhere."""
    if caption.isascii() or max(map(ord, caption)) < 0x2E80:
        yield from wrap(caption, LINE)
        return
    for start in range(0, len(caption), LINE // 2):
        yield caption[start : start + LINE // 2]


class SmallGif(animation.PillowWriter):  # type: ignore[misc]
    """matplotlib's writer of GIFs, which keeps each picture in the colours of a GIF: a quarter of the memory."""

    def grab_frame(self, **savefig_kwargs: Any) -> None:
        super().grab_frame(**savefig_kwargs)
        self._frames[-1] = self._frames[-1].convert("RGB").quantize(COLOURS, dither=0)


def _writer(path: Path, fps: float) -> Any:
    if path.suffix.lower() == ".gif":
        return SmallGif(fps=fps)
    return animation.FFMpegWriter(fps=fps, codec="h264", extra_args=["-pix_fmt", "yuv420p", "-movflags", "+faststart"])


def _abandon(writer: Any) -> None:
    """End a writer whose file nobody wants: a program of another process is ended, and waited for."""
    process = getattr(writer, "_proc", None)
    if process is not None:
        process.kill()
        process.communicate()


def as_bytes(suffix: str, found: Sequence[Frame], **options: Any) -> bytes:
    """The file of these pictures, made in a folder of its own; whatever ends it leaves nothing behind.

    Parameters
    ----------
    suffix : {".gif", ".mp4"}
    found : sequence of Frame
    **options
        As for `write`.
    """
    with tempfile.TemporaryDirectory(prefix="clearprop-") as folder:
        path = Path(folder) / f"animation{suffix}"
        write(path, found, **options)
        return path.read_bytes()
