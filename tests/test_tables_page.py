"""The page about tables and its example: what they print is what they say."""

import doctest
import re
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_code_of_the_page_runs_and_prints_what_it_says():
    text = (ROOT / "docs" / "tables.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```python\n(.*?)^```", text, flags=re.MULTILINE | re.DOTALL)
    test = doctest.DocTestParser().get_doctest("\n".join(blocks), {}, "tables.md", "tables.md", 0)
    output = []
    runner = doctest.DocTestRunner(optionflags=doctest.NORMALIZE_WHITESPACE | doctest.ELLIPSIS)
    runner.run(test, out=output.append)
    assert runner.failures == 0, "".join(output)
    assert runner.tries >= 10


def test_the_example_predicts_better_than_boosted_trees_and_its_intervals_hold():
    done = subprocess.run(
        [sys.executable, ROOT / "examples" / "table_with_gaps.py"],
        capture_output=True,
        text=True,
        timeout=180,
        check=True,
    )
    error, trees, inside = (float(found) for found in re.findall(r": +([\d.]+)%", done.stdout))
    assert error < trees + 0.5 < 14
    assert 84 < inside < 96
    assert "loaded again" in done.stdout
