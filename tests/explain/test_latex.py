"""Explanations as LaTeX: lines break, and every case, notation and job compiles."""

import re
import shutil
import subprocess

import pytest

from choosing_pairs import alternating
from clearprop import Network, adam
from clearprop.engines import Job
from clearprop.explain import CASES, Explanation, case, exercise, explain
from clearprop.explain.words import LANGUAGES
from clearprop.explain.writing.latex_text import LETTERS
from clearprop.explain.writing.notation import NOTATIONS
from clearprop.formulas import OneCycle

EVERYTHING = ("step", "ideas")


def has_latex():
    return shutil.which("pdflatex") is not None


@pytest.mark.skipif(not has_latex(), reason="pdflatex is not installed")
@pytest.mark.parametrize(("name", "language"), alternating(sorted(CASES), sorted(LANGUAGES)))
def test_latex_of_every_case_compiles(name, language, tmp_path):
    if language == "zh" and subprocess.run(["kpsewhich", "CJKutf8.sty"], capture_output=True).returncode:
        pytest.skip("CJKutf8 is not installed")
    sections = (*EVERYTHING, "game") if name.endswith("players") else EVERYTHING
    text = Explanation(case(name).trace(), language=language, sections=sections).latex()
    compiled(text, tmp_path)


@pytest.mark.skipif(not has_latex(), reason="pdflatex is not installed")
@pytest.mark.parametrize("notation", sorted(NOTATIONS))
def test_latex_of_every_notation_compiles(notation, tmp_path):
    compiled(Explanation(case("sharing").trace(), notation=notation, sections=EVERYTHING).latex(), tmp_path)
    compiled(exercise(case("sharing")).latex(), tmp_path)


@pytest.mark.skipif(not has_latex(), reason="pdflatex is not installed")
@pytest.mark.parametrize("notation", sorted(NOTATIONS))
def test_latex_of_a_job_compiles(notation, tmp_path):
    network = Network.mlp([2, 3, 2], "tanh", loss="cross_entropy")
    job = Job(
        network, adam(0.1), OneCycle(warmup=3), l1=0.1, l2=0.2, label_smoothing=0.1, clip_norm=0.05,
        dropout=(0.2, 0.5), class_weight=(1.0, 3.0), seed=4,
    )  # fmt: skip
    trace = explain(network, network.initial(0), [[1, 2], [0, 1]], [[1, 0], [0, 1]], job=job, sample_weight=[1, 3])
    compiled(Explanation(trace, notation, sections=EVERYTHING).latex(), tmp_path)


def compiled(text, folder):
    (folder / "page.tex").write_text(text, encoding="utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "page.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120)
    assert done.returncode == 0, done.stdout.decode("latin-1")[-1500:]
    assert (folder / "page.pdf").stat().st_size > 5000
    log = (folder / "page.log").read_text(encoding="latin-1")
    assert [float(width) for width in re.findall(r"Overfull \\hbox \(([\d.]+)pt", log) if float(width) > 2] == []


@pytest.mark.parametrize("language", ["en", "zh"])
def test_latex_has_a_command_for_every_letter_of_the_words(language):
    letters = {letter for sentence in LANGUAGES[language].values() for letter in sentence if ord(letter) > 127}
    cjk = {letter for letter in letters if "\u2e80" <= letter <= "\u9fff" or "\uff00" <= letter <= "\uffef"}
    assert letters - cjk - set(LETTERS) <= {"“", "”"}  # which the T1 fonts have


def test_long_lines_break_in_latex_and_nothing_shrinks():
    found = Explanation(case("mazur").trace(), sections=("path",)).latex()
    assert "resizebox" not in found
    assert r"{\frac{\partial C}{\partial w^{1}_{11}} & =" in found  # the rows of a line begin at its = and ≈
    assert r"\\[2pt] & \approx" in found
    assert r"\hypertarget{eq1}{(1)}" in found
    wide = Explanation(case("digits").trace(), sections=("forward",)).latex()
    assert r"\\[2pt] & \quad {} + " in wide  # and a part that is still too long, at a +
