"""What the documents say is what the program does: their code runs, their tables are the formulas' own."""

import doctest
import importlib.util
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")


def blocks(language):
    """The fenced blocks of the README in one language, in order."""
    return re.findall(rf"^```{language}\n(.*?)^```", README, flags=re.MULTILINE | re.DOTALL)


def test_the_page_of_formulas_is_up_to_date():
    spec = importlib.util.spec_from_file_location("build_formulas", ROOT / "docs" / "build_formulas.py")
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    assert (ROOT / "docs" / "formulas.md").read_text(encoding="utf-8") == build.page()


def test_the_python_of_the_readme_runs_and_prints_what_it_says():
    found = blocks("python")
    assert len(found) >= 3
    parser = doctest.DocTestParser()
    test = parser.get_doctest("\n".join(found), {}, "README.md", "README.md", 0)
    output = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    runner.run(test, out=output.append)
    assert runner.failures == 0, "".join(output)
    assert runner.tries >= 10


@pytest.mark.parametrize("page", sorted((ROOT / "docs").glob("*.md")), ids=lambda page: page.name)
def test_the_examples_of_the_pages_run(page):
    found = doctest.testfile(
        str(page), module_relative=False, optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS
    )
    assert found.failed == 0
    assert found.attempted or ">>>" not in page.read_text(encoding="utf-8")


def test_the_page_of_engines_names_every_engine_and_every_variable():
    from clearprop.engines import NAMES

    page = (ROOT / "docs" / "engines.md").read_text(encoding="utf-8")
    assert all(f'`"{name}"`' in page for name in NAMES)
    cache = (ROOT / "src/clearprop/engines/compiled/compiler/kernel_cache.py").read_text(encoding="utf-8")
    read = set(re.findall(r'environ\.get\("([A-Z_]+)"', cache)) - {"LOCALAPPDATA"}
    assert read
    assert all(f"${name}" in page for name in read)


def commands():
    """The lines after `$ clearprop` in the README's console blocks."""
    return [line[2:] for block in blocks("console") for line in block.splitlines() if line.startswith("$ clearprop")]


def test_the_commands_of_the_readme_run(tmp_path):
    """In order, in one folder, on a small part of the data so that it takes seconds."""
    import pyarrow.parquet as parquet

    (tmp_path / "examples" / "data").mkdir(parents=True)
    diamonds = parquet.read_table(ROOT / "examples" / "data" / "diamonds.parquet")
    parquet.write_table(diamonds.slice(0, 600), tmp_path / "examples" / "data" / "diamonds.parquet")
    assert len(commands()) >= 3
    program = Path(sys.executable).with_name("clearprop")
    assert program.exists(), shutil.which("clearprop")
    for command in commands():
        words = shlex.split(command)
        done = subprocess.run([program, *words[1:]], cwd=tmp_path, capture_output=True, text=True, timeout=120)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("target", ["demo", "test"])
def test_the_readme_names_both_commands_and_make_knows_them(target):
    assert f"$ make {target}" in README
    assert re.search(rf"^{target}:", (ROOT / "Makefile").read_text(), flags=re.MULTILINE)


def test_links_of_the_documents_lead_somewhere():
    for document in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "examples").rglob("*.md")]:
        for link in re.findall(r"\]\(([^)#]+)[^)]*\)", document.read_text(encoding="utf-8")):
            if "://" not in link:
                assert (document.parent / link).exists(), f"{document.name}: {link}"


def test_the_tables_of_exports_are_what_exporting_gives():
    spec = importlib.util.spec_from_file_location("build_exports", ROOT / "docs" / "build_exports.py")
    build = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(build)
    assert (ROOT / "docs" / "exports.md").read_text(encoding="utf-8") == build.page()
