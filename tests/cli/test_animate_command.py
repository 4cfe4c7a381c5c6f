"""clearprop animate: the file that is written, and what cannot be."""

import io
import os
import re
import signal
import sys
import time

import pytest
from PIL import Image

import processes
from english_words import english_in


def test_a_case_becomes_a_gif(run, tmp_path):
    output = tmp_path / "new" / "steps.gif"
    code, out, err = run("animate", "--case", "case_study", "--steps", 2, "--fps", 2, "--output", output)
    assert (code, err) == (0, "")
    assert out.startswith(f"Wrote {output} (")
    with Image.open(io.BytesIO(output.read_bytes())) as image:
        assert (image.n_frames, image.info["duration"]) == (5, 500)
    assert os.listdir(output.parent) == ["steps.gif"]


def test_players_play_unless_steps_are_asked_for(run, tmp_path):
    counts = []
    for extra in ((), ("--show", "steps"), ("--show", "game", "--language", "zh")):
        output = tmp_path / "game.gif"
        code, out, err = run("animate", "--case", "two_players", "--steps", 2, *extra, "--output", output, "--force")
        if "no font with Chinese letters" in err or "没有找到含中文的字体" in err:
            pytest.skip("no Chinese font is installed")
        assert (code, err) == (0, "")
        with Image.open(output) as image:
            counts.append(image.n_frames)
    assert counts == [8, 5, 8]
    assert "已写出" in out


def test_sheets_are_animated(run, tmp_path):
    sheet = tmp_path / "net.toml"
    assert run("exercise", "--network", "2-2-1", "--seed", 3, "--output", tmp_path / "sheet.md")[0] == 0
    code, _, err = run(
        "animate", tmp_path / "sheet.md", "--steps", 1, "--learning-rate", 2, "--output", tmp_path / "a.gif"
    )
    assert (code, err) == (0, "")
    code, _, err = run("animate", sheet, "--output", tmp_path / "b.gif")
    assert code == 3
    assert "there is no file" in err


USAGE = (
    ("animate", "--output", "a.gif"), ("animate", "--case", "xor", "--output", "a.png"), ("animate", "--case", "xor"),
    ("animate", "--case", "xor", "--steps", "0", "--output", "a.gif"),
    ("animate", "--case", "xor", "--every", "0", "--output", "a.gif"),
    ("animate", "--case", "xor", "--fps", "99", "--output", "a.gif"),
    ("animate", "--case", "xor", "--steps", "900", "--output", "a.gif"),
    ("animate", "--case", "xor", "--show", "game", "--output", "a.gif"),
    ("animate", "--case", "xor", "--show", "films", "--output", "a.gif"),
    ("animate", "--case", "two_players", "--every", "2", "--output", "a.gif"),
    ("animate", "--case", "two_players", "--steps", "0", "--output", "a.gif"),
    ("animate", "--case", "two_players", "--notation", "mazur", "--output", "a.gif"),
    ("animate", "--case", "nope", "--output", "a.gif"), ("animate", "m.clearprop", "--output", "a.gif"),
    ("animate", "--case", "xor", "--optimizer", "lbfgs", "--output", "a.gif"),
    ("animate", "--case", "xor", "--digits", "40", "--output", "a.gif"),
)  # fmt: skip


@pytest.mark.parametrize("arguments", USAGE, ids=" ".join)
def test_wrong_usage_is_told_in_both_languages_and_writes_nothing(run, tmp_path, monkeypatch, arguments):
    from clearprop import Network, save

    monkeypatch.chdir(tmp_path)
    network = Network.mlp([2, 1])
    save("m.clearprop", network, network.initial(seed=0))
    for language in ("en", "zh"):
        code, out, err = run(*arguments, "--language", language)
        assert (code, out) == (2, ""), err
    assert re.search("[\u4e00-\u9fff]{2}", err), err
    known = r"--show steps|--[\w-]+|可用的有.*|应是 \".* 之一|“\w+”|L-BFGS|[A-Z]{4,}|\S*\.(?:gif|png|mp4|clearprop)"
    assert english_in(re.sub(f"^clearprop:|{known}", "", err)) == [], err
    assert os.listdir(tmp_path) == ["m.clearprop"]


def test_what_is_there_stays_without_force(run, tmp_path):
    output = tmp_path / "a.gif"
    output.write_text("precious")
    code, _, err = run("animate", "--case", "two_players", "--output", output)
    assert code == 1
    assert "exists already; --force replaces it" in err
    assert output.read_text() == "precious"


def test_without_matplotlib_or_ffmpeg_it_says_what_to_install(run, tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", "")
    code, _, err = run("animate", "--case", "xor", "--output", tmp_path / "a.mp4")
    assert code == 1
    assert "needs the program ffmpeg, which is not on this machine: install it, or write a .gif" in err
    monkeypatch.setattr("clearprop.errors.is_installed", lambda name: name != "matplotlib")
    code, _, err = run("animate", "--case", "xor", "--output", tmp_path / "a.gif")
    assert code == 1
    assert "an animation needs matplotlib: pip install 'clearprop[plots]'" in err


@pytest.mark.skipif(os.name != "posix", reason="signals are sent as POSIX has them")
def test_ctrl_c_leaves_no_file_and_no_part_of_one(tmp_path):
    command = [
        sys.executable,
        "-m",
        "clearprop",
        "animate",
        "--case",
        "xor",
        "--steps",
        99,
        "--output",
        tmp_path / "a.gif",
    ]
    environment = {**os.environ, "TMPDIR": str(tmp_path)}
    with processes.started(command, env=environment) as process:
        deadline = time.monotonic() + 60
        while not list(tmp_path.glob("clearprop-*")) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        _, err = process.communicate()
    assert process.returncode == 130, err
    assert "interrupted; nothing was saved" in err
    assert list(tmp_path.iterdir()) == []
