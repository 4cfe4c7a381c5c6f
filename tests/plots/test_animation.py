"""Animations: pictures of traces, and a file that is whole or not there."""

import io
import os
import re
import stat
import xml.etree.ElementTree as ET

import matplotlib.pyplot as plt
import numpy as np
import pytest
from PIL import Image

from clearprop.errors import InputError, MissingExtra
from clearprop.explain import Explanation, case, iterate
from clearprop.plots import animation
from clearprop.plots.frames import frames, scenes
from clearprop.plots.svg import draw, path_of


def texts_of(drawing):
    """The texts of an SVG drawing, without what shifts its scripts."""
    return ["".join(element.itertext()) for element in ET.fromstring(drawing).iter() if element.tag.endswith("}text")]


@pytest.mark.parametrize("name", ["case_study", "xor", "two_players"])
def test_every_text_of_a_drawing_is_drawn_where_it_stands(name):
    found = Explanation(case(name).trace()).svg()
    _, ax = plt.subplots()
    draw(found, ax)
    plain = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹₀₁₂₃₄₅₆₇₈₉⁽⁾", "01234567890123456789()")
    assert [text.get_text().translate(plain) for text in ax.texts] == [
        text.translate(plain) for text in texts_of(found)
    ]
    element = next(element for element in ET.fromstring(found).iter() if element.tag.endswith("}text"))
    assert ax.texts[0].get_position() == (float(element.attrib["x"]), float(element.attrib["y"]))


@pytest.mark.parametrize("rounds", [1, 2])
def test_the_players_are_drawn_whole(rounds):
    found = scenes(case("three_players").trace(), rounds=rounds)
    _, ax = plt.subplots()
    draw(found[-1].drawing, ax)
    root = ET.fromstring(found[-1].drawing)
    shapes = sum(element.tag.rpartition("}")[2] in ("path", "rect", "circle") for element in root.iter())
    assert len(ax.patches) == shapes > 20
    assert len(ax.lines) == sum(element.tag.endswith("}line") for element in root.iter())


def test_paths_are_read_as_svg_means_them():
    arc = path_of("M0 -4 a8 8 0 0 1 0 8").vertices  # bulges to the right
    assert arc[-1].tolist() == pytest.approx([0, 4])
    assert arc[:, 0].max() == pytest.approx(8 - np.sqrt(48), abs=1e-2)
    assert path_of("M1 1 l2 0 q1 1 2 0 V5 H0 Z").vertices.tolist() == [
        [1, 1], [3, 1], [4, 2], [5, 1], [5, 5], [0, 5], [1, 1],
    ]  # fmt: skip
    for bad in ("M1", "M1 2 c1 2 3 4 5 6", "M1 2 l1 x", "M1 2 z 3"):
        with pytest.raises(ValueError, match="is not a path that drawings are made of"):
            path_of(bad)
    with pytest.raises(ValueError, match="<ellipse> is none of the elements"):
        draw('<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 1 1"><ellipse/></svg>', plt.subplots()[1])


def test_every_picture_has_the_numbers_of_its_step():
    trace = case("case_study").trace()
    found, run = frames(trace, steps=4, digits=6), iterate(trace, 4)
    assert [frame.losses[-1] for frame in found[::2]] == [row.loss for row in run.rows]
    for n, frame in enumerate(found[::2]):
        assert f"{run.rows[n].loss:.6g}" in frame.caption
        assert any(f"= {trace.value_of('a2[0]'):.6f}"[:9] in text for text in texts_of(frame.drawing))
        trace = trace.following()
    assert found[-1].caption.startswith("After 4 updates")
    assert found[-1].updates == (0, 1, 2, 3, 4)


def test_some_steps_are_drawn_of_many_and_the_curve_has_all():
    found = frames(case("xor").trace(), steps=25, every=10)
    assert [int(re.findall(r"\d+", frame.caption)[0]) for frame in found] == [1, 1, 11, 11, 21, 21, 25]
    assert len(found[-1].losses) == 26


def test_the_game_is_told_sentence_by_sentence_in_both_languages():
    trace = case("three_players").trace()
    english, chinese = scenes(trace, rounds=2), scenes(trace, rounds=2, language="zh")
    assert len(english) == len(chinese) == 14
    assert english[0].caption.startswith("Round 1: The girl hears the signal 0.7.")
    assert chinese[-1].caption.startswith("第 2 轮")
    assert english[7].losses[0] == trace.value_of("loss")


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda trace: frames(trace, every=0), "--every must be a whole number of at least 1, not 0"),
        (lambda trace: frames(trace, every=True), "--every must be a whole number of at least 1, not True"),
        (lambda trace: frames(trace, steps=0), "steps must be a whole number of at least 1, not 0"),
        (lambda trace: frames(trace, steps=5000), "that could be 10,001 pictures, and a file holds up to 200"),
        (lambda trace: scenes(trace), "not by 2-2-1"),
        (lambda trace: frames(trace, language="fr"), "there is no language 'fr'"),
    ],
)
def test_animations_that_cannot_be(make, said):
    with pytest.raises(InputError, match=said):
        make(case("case_study").trace())


def test_a_gif_has_every_picture_at_its_pace_and_the_same_bytes_again():
    found, drawn = frames(case("two_players").trace(), steps=1), []
    content = animation.as_bytes(".gif", found, fps=4.0, told=drawn.append)
    with Image.open(io.BytesIO(content)) as image:
        assert (image.n_frames, image.info["duration"], image.info["loop"]) == (3, 250, 0)
        assert drawn == [1, 2, 3]
        assert len(content) < 60_000 * 3
        assert max(image.size) <= 1200
    assert animation.as_bytes(".gif", found, fps=4.0) == content


@pytest.mark.parametrize("name", ["case_study", "digits", "three_players", "xor"])
def test_every_case_fits_on_its_sheet(name):
    found = frames(case(name).trace(), steps=1)
    sheet = animation.Sheet(found, "loss", "steps taken")
    for frame in found:
        sheet.draw(frame)
        sheet.figure.canvas.draw()
    assert sheet.size[0] <= 1100
    assert sheet.size[1] <= 1100
    curve = sheet.figure.axes[1]
    assert curve.lines[0].get_ydata().tolist() == list(found[-1].losses)
    width, _height = sheet.figure.get_size_inches() * animation.DPI
    for text in sheet.figure.texts:
        box = text.get_window_extent()
        assert box.x0 >= 0
        assert box.x1 <= width
        assert box.y0 >= sheet.figure.axes[0].get_window_extent().y1 - 1


def test_pace_ending_and_letters_are_looked_at_before_anything_is_drawn(tmp_path, monkeypatch):
    found = frames(case("two_players").trace(), steps=1)
    for fps in (0, -1, 31, float("nan")):
        with pytest.raises(InputError, match=r"--fps must be from 0.05 to 30, not"):
            animation.write(tmp_path / "a.gif", found, fps=fps)
    with pytest.raises(InputError, match=r"a.png must end in .gif or .mp4"):
        animation.write(tmp_path / "a.png", found)
    monkeypatch.setenv("PATH", "")
    with pytest.raises(MissingExtra, match="needs the program ffmpeg, which is not on this machine"):
        animation.write(tmp_path / "a.mp4", found)
    monkeypatch.setattr(animation.font_manager, "get_font_names", lambda: ["DejaVu Sans"])
    with pytest.raises(MissingExtra, match="no font with Chinese letters"):
        animation.write(tmp_path / "a.gif", found, language="zh")
    assert os.listdir(tmp_path) == []


STAND_IN = """#!/bin/sh
for last; do :; done
cat > "$last"
"""


@pytest.fixture
def stand_in(tmp_path, monkeypatch):
    """A program called ffmpeg that keeps what it is given; the pictures are then raw."""
    folder = tmp_path / "bin"
    folder.mkdir()
    (folder / "ffmpeg").write_text(STAND_IN)
    os.chmod(folder / "ffmpeg", stat.S_IRWXU)
    monkeypatch.setenv("PATH", f"{folder}:{os.environ['PATH']}")


def test_a_video_gets_every_picture(stand_in):
    found = frames(case("two_players").trace(), steps=1)
    content = animation.as_bytes(".mp4", found, fps=2.0)
    width, height = animation.Sheet(found, "", "").size
    assert width % 2 == height % 2 == 0
    assert len(content) == len(found) * width * height * 4


@pytest.mark.parametrize("suffix", [".gif", ".mp4"])
def test_what_ends_it_in_between_leaves_nothing(stand_in, tmp_path, monkeypatch, suffix):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    before = sorted(os.listdir(tmp_path))

    def ends(n):
        if n == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        animation.as_bytes(suffix, frames(case("two_players").trace(), steps=2), told=ends)
    assert sorted(os.listdir(tmp_path)) == before
