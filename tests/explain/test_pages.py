"""Pages in a browser: nothing is cut off, collides or cannot be reached, at any width, on paper, light or dark.

Some pages are measured each time, all cases in all languages with ``make test-pages``.
"""

import os

import numpy as np
import pytest

from clearprop import Network
from clearprop.explain import CASES, Explanation, case, explain
from clearprop.explain.drawings.colours import KINDS, PALETTE
from clearprop.explain.renderers.style import fragment_style, page_style
from clearprop.explain.words import LANGUAGES
from pages_in_chromium import SCROLLING, axe, faint, measured, opened

EVERY = [(name, language) for name in sorted(CASES) for language in sorted(LANGUAGES)]
SOME = [("sharing", "en"), ("digits", "zh"), ("xor", "en"), ("three_players", "zh")]
IS_LONG = "CLEARPROP_EVERY_PAGE" in os.environ


def written(folder, explanation, name="page"):
    path = folder / f"{name}.html"
    path.write_text(explanation.html(), encoding="utf-8")
    return path


@pytest.mark.parametrize(("name", "language"), EVERY if IS_LONG else SOME)
def test_nothing_is_cut_off_and_axe_finds_nothing(name, language, browser, tmp_path):
    sections = ("step", "ideas", "game") if name.endswith("players") else ("step", "ideas")
    if name == "digits" and not IS_LONG:
        sections = ("picture", "given", "forward", "path")
    path = written(tmp_path, Explanation(case(name).trace(), language=language, sections=sections))
    with opened(browser, path) as page:
        assert measured(page) == []
        assert page.evaluate(SCROLLING) == []  # at 390 pixels
        assert measured(page, "print") == []
        for scheme in ("dark", "light"):
            page.emulate_media(media="screen", color_scheme=scheme)
            assert faint(page) == []
        assert axe(page, formulas=False) == []


def test_what_is_wrong_with_a_page_is_found(browser, tmp_path):
    """The measures themselves: each fault put into a page that has none."""
    path = written(tmp_path, Explanation(case("case_study").trace(), sections=("loss",), forms=("component",)))
    faults = {
        "math mo { color: #999 }": faint,
        ".f { color: #888 }": faint,
        ".p { width: 80rem; max-width: none }": measured,
        ".f { overflow: hidden; max-width: 5rem }": measured,
        ".l { max-height: 1rem; overflow: hidden }": measured,
    }
    with opened(browser, path) as page:
        assert (measured(page), faint(page), axe(page)) == ([], [], [])
        for fault, measure in faults.items():
            tag = page.add_style_tag(content=".clearprop { " + fault + " }")
            assert measure(page), fault
            tag.evaluate("e => e.remove()")
        page.evaluate("() => document.querySelector('math mi').setAttribute('role', 'nothing')")
        assert axe(page) != []
        assert axe(page, formulas=False) != []


def test_every_colour_of_formulas_stands_out(browser, tmp_path):
    path = written(tmp_path, Explanation(case("mazur").trace(), sections=("boxes",), forms=("component",)))
    for scheme in ("light", "dark"):
        with opened(browser, path, color_scheme=scheme) as page:
            assert axe(page) == []


def test_brackets_grow_with_what_they_enclose(browser, tmp_path):
    """With the page's own font, whatever fonts the machine has."""
    network = Network.mlp([5, 5, 1], "sigmoid")
    trace = explain(network, network.initial(0), np.linspace(-1, 1, 5), 0.5)
    path = written(tmp_path, Explanation(trace, sections=("given", "forward"), forms=("matrix",)))
    sizes = """() => [...document.querySelectorAll("mtable")].map(table => [
        table.querySelectorAll("mtr").length, table.getBoundingClientRect().height,
        table.parentElement.querySelector("mo").getBoundingClientRect().height])"""
    with opened(browser, path) as page:
        assert page.evaluate("""() => document.fonts.check('16px "Clearprop Math"')""")
        found = [sizes for sizes in page.evaluate(sizes) if sizes[0] == 5]
        assert len(found) >= 5
        for _, table, bracket in found:
            assert table > 80
            assert table * 0.9 < bracket < table * 1.4


def test_the_dot_of_a_chinese_page_is_no_wider_than_that_of_an_english_one(browser, tmp_path):
    widths = {}
    for language in LANGUAGES:
        path = written(tmp_path, Explanation(case("mazur").trace(), language=language, sections=("forward",)), language)
        with opened(browser, path) as page:
            dots = "() => [...document.querySelectorAll('mo')].filter(e => e.textContent === '⋅')"
            widths[language] = page.evaluate(f"({dots})().map(e => e.getBoundingClientRect().width)")
    assert widths["zh"] == widths["en"]
    assert 0 < max(widths["en"]) < 16


def test_links_lead_to_the_line_they_name(browser, tmp_path):
    path = written(tmp_path, Explanation(case("mazur").trace(), sections=("step",), forms=("component",)))
    with opened(browser, path) as page:
        line = page.locator(".l", has=page.locator("text=BP2")).first
        for link in line.locator(".u a").all():
            link.click()
            target = page.locator(":target")
            assert target.locator("a.q").inner_text() == link.inner_text()
        page.locator("nav a", has_text="gradients").first.click()
        assert page.locator("h2:target").inner_text().startswith("The gradients")
        page.evaluate("() => document.querySelectorAll('details').forEach(e => e.open = false)")
        page.emulate_media(media="print")
        assert page.locator("details li").first.bounding_box()["height"] > 5  # on paper it stands open


def contrast(one, other):
    """After WCAG 2.2: of two colours, 1 to 21."""
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def luminance(colour):
    parts = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return np.dot(linear, [0.2126, 0.7152, 0.0722])


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_colours_stand_out_from_their_ground(scheme):
    paper = PALETTE["paper"][scheme]
    for name in ("ink", "grey", "link", "output", "hidden", "weight", "positive", "negative"):
        assert contrast(PALETTE[name][scheme], paper) >= 4.5, name
    for kind in set(KINDS.values()):
        for colour in ("ink", kind):
            assert contrast(PALETTE[colour][scheme], PALETTE[f"{kind}-fill"][scheme]) >= 4.5, kind


def test_boxes_differ_in_more_than_colour():
    style = page_style()
    assert ".box.weight > .in { border-style: dotted" in style
    assert ".box.hidden-delta > .in { border-style: dashed" in style


def test_the_font_is_small_and_its_licence_stands_beside_it():
    from importlib.resources import files

    folder = files("clearprop.explain.renderers") / "fonts"
    assert (folder / "math.woff2").read_bytes()[:4] == b"wOF2"
    assert len((folder / "math.woff2").read_bytes()) <= 40_000
    assert "SIL OPEN FONT LICENSE Version 1.1" in (folder / "OFL.txt").read_text(encoding="utf-8")
    assert "font/woff2" in page_style()
    assert "font/woff2" in fragment_style()
