"""Running text on the terminal."""

import pytest

from clearprop.explain import CASES, Explanation, case
from clearprop.explain.renderers.wrapping import NOT_AT_END, NOT_AT_START, columns, wrapped


@pytest.mark.parametrize("width", [40, 61, 80])
@pytest.mark.parametrize("name", CASES)
def test_no_line_begins_with_a_closing_mark(name, width):
    sections = ("conventions", "forward", "backward", "gradients", "afterwards", "why", "wiggle", "sharing")
    text = Explanation(case(name).trace(), language="zh", sections=sections).text(width=width)
    told = [line for line in text.splitlines() if any("\u4e00" <= letter <= "\u9fff" for letter in line)]
    assert len(told) > 20
    for line in text.splitlines():
        if not line.startswith("  ") or line[2:3] > "\u4e00":  # formulas of a derivation do begin with = or ≈
            assert line.strip()[:1] not in set("，。、；：！？）”"), line
            assert line.strip()[-1:] not in NOT_AT_END, line


@pytest.mark.parametrize("width", [12, 30, 50])
def test_nothing_is_lost_and_lines_fit(width):
    text = "把 w¹₁₁ 上下各移动 0.01，其余的数都不变，每次重新做一遍前向传播（损失是 0.0355）。Then it is done."
    lines = wrapped(text, width).split("\n")
    assert "".join(lines).replace(" ", "") == text.replace(" ", "")
    assert all(columns(line) <= width + 2 for line in lines)  # a mark may hang over rather than begin a line
    assert all(line[:1] not in NOT_AT_START for line in lines)
    assert wrapped("no room for it", 4, indent="  ").split("\n")[1].startswith("  ")
    assert wrapped("", width) == ""
