"""Drawings: nothing lies over anything else, and what they show is described for those who do not see it."""

import html
import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from choosing_pairs import alternating
from clearprop import Network
from clearprop.errors import InputError
from clearprop.explain import CASES, Explanation, case, explain, play
from clearprop.explain.derivations.iterations import iterate
from clearprop.explain.derivations.sharing import share
from clearprop.explain.drawings.figures import loss_figure, porter_figure, sharing_figure
from clearprop.explain.drawings.ink import DASH
from clearprop.explain.drawings.network import Network as Drawn
from clearprop.explain.drawings.network import drawing
from clearprop.explain.drawings.placing import Box, placed, width_of
from clearprop.explain.drawings.players import figure
from clearprop.explain.words import LANGUAGES
from clearprop.explain.writing.notation import NOTATIONS
from clearprop.explain.writing.numbers import NumberFormat
from sample_networks import jobs

GAMES = ("two_players", "three_players")


def drawn(found, parameter="W1[0,0]", *, backward=False):
    return Drawn(found.trace, found.written, found.numbers, found.words, parameter, backward=backward)


def assert_nothing_overlaps(found, *, backward=False):
    sheet, width, height = drawn(found, backward=backward).laid_out()
    for (text, box), (other_text, other) in combinations(sheet.boxes, 2):
        assert not box.meets(other), f"{text!r} over {other_text!r}"
    for text, box in sheet.boxes:
        assert box.width / 2 <= box.x <= width - box.width / 2, f"{text!r} leaves the drawing"
        assert box.height / 2 <= box.y <= height - box.height / 2, f"{text!r} leaves the drawing"
    return sheet


@pytest.mark.parametrize(
    ("chosen", "name", "language"), alternating(sorted(CASES), sorted(NOTATIONS), sorted(LANGUAGES))
)
def test_no_label_lies_over_another(chosen, name, language):
    for digits, backward in ((2, False), (4, True), (4, False), (9, True)):
        found = Explanation(case(chosen).trace(), name, language, digits)
        sheet = assert_nothing_overlaps(found, backward=backward)
        if chosen in ("sharing", "mazur"):
            assert sum("= +" in text or "= −" in text for text, _ in sheet.boxes) >= 8  # every weight has its label


@settings(max_examples=40, deadline=None)
@given(jobs(most_neurons=5, most_layers=4), st.sampled_from(sorted(NOTATIONS)))
def test_no_label_lies_over_another_in_any_network(job, name):
    assert_nothing_overlaps(Explanation(explain(*job), name))


def test_a_wide_network_is_drawn_with_few_plain_lines_and_the_path_in_bold():
    network = Network.mlp([784, 128, 10], "relu", loss="cross_entropy")
    trace = explain(network, network.initial(0), np.linspace(0, 1, 784), np.eye(10)[3])
    found = Explanation(trace)
    sheet, _, _ = drawn(found, "W1[400,7]").laid_out()
    texts = [text for text, _ in sheet.boxes]
    assert {"⋮ 784 neurons", "⋮ 128 neurons", "⋮ 10 neurons"} <= set(texts)
    assert not {"+", "−"} & set(texts)
    assert sum(text.startswith("w") for text in texts) == 1  # the chosen weight alone has its number
    bold = [line for line in sheet.lines if 'stroke-width="4"' in line]
    assert len(bold) == 1 + 4  # the weight itself, and from its neuron to every output that is drawn
    assert all("<path" in line for line in bold)  # with their heads
    assert sum('stroke-width="1"' in line for line in sheet.lines) < 40


@pytest.mark.parametrize(("parameter", "expected"), [("W1[0,1]", 3), ("W2[1,0]", 1), ("b1[1]", 3), ("b2[0]", 1)])
def test_the_path_of_the_chosen_parameter_is_bold(parameter, expected):
    """The parameter's own arrow, and every arrow between it and the loss."""
    sheet, _, _ = drawn(Explanation(case("mazur").trace()), parameter).laid_out()
    assert sum('stroke-width="4"' in line for line in sheet.lines) == expected


def test_errors_go_back_along_the_arrows_of_the_backward_pass():
    found = Explanation(case("mazur").trace())
    heads = {}
    for backward in (False, True):
        sheet, _, _ = drawn(found, backward=backward).laid_out()
        arrows = [re.search(r'x1="([\d.]+)".*?x2="([\d.]+)".*<path', line) for line in sheet.lines]
        heads[backward] = [float(arrow[2]) > float(arrow[1]) for arrow in arrows if arrow]
    assert all(heads[False][:8])  # signals to the right, over all eight weights
    assert len(heads[True]) == 4 + 2  # errors over the weights of layer 2, and from the loss
    assert not any(heads[True])
    assert "δ¹₁" not in found.svg()


def test_the_figures_tell_their_numbers():
    for name, language in (("sharing", "en"), ("mazur", "zh"), ("xor", "en")):
        found = Explanation(case(name).trace(), language=language)
        trace, style = found.trace, (found.written, found.numbers, found.words)
        drawings = [porter_figure(trace, *style), drawing(trace, *style, backward=True)]
        if not trace.is_batch:
            shared = share(trace)
            drawings.append(sharing_figure(trace, shared, *style))
            for value in (*shared.shares[0], *shared.error, shared.by_shares[0]):
                assert found.numbers.shown(value).text() in drawings[-1]
            assert drawings[-1].count('stroke-width="6"') == 2
        losses = [row.loss for row in iterate(trace, 5).rows]
        drawings.append(loss_figure(losses, *style[1:]))
        assert drawings[-1].count("<circle") == 6
        for svg in drawings:
            root = ET.fromstring(svg)
            assert [child.tag.split("}")[1] for child in root][:2] == ["title", "desc"]
            assert re.search(r"\d", root[1].text)


def test_a_loss_that_stays_or_is_lost_is_drawn_too():
    for losses in ([0.5], [0.25, 0.25], [1.0, np.inf], [0.0, 0.0, 0.0]):
        ET.fromstring(loss_figure(losses, NumberFormat(4), LANGUAGES["en"]))


def test_a_drawing_stands_by_itself_and_says_what_it_shows():
    for language in LANGUAGES:
        root = ET.fromstring(Explanation(case("sharing").trace(), "rashid", language).svg())
        names = [child.tag.split("}")[1] for child in root]
        assert names[:2] == ["title", "desc"]
        assert "2-2-2" in root[0].text
        assert "0.6388" in root[1].text
        assert {"script", "image", "foreignObject", "a"}.isdisjoint(names)


def test_scripts_are_raised_and_lowered():
    svg = Explanation(case("sharing").trace(), "rashid").svg()
    assert (
        '<tspan dy="0">w</tspan><tspan dy="-4" font-size="9">ih</tspan><tspan dy="7" font-size="9">1,2</tspan>' in svg
    )


def test_boxes_and_edges():
    box = Box(0, 0, 10, 10)
    assert box.meets(Box(9, 9, 10, 10))
    assert not box.meets(Box(11, 0, 10, 10))
    assert box.crossed_by(((-20, -20), (20, 20)))
    assert not box.crossed_by(((-20, 6), (20, 6)))
    assert not box.crossed_by(((6, -20), (6, 20)))
    assert not box.crossed_by(((-20, 0), (-6, 0)))
    assert width_of("信") > width_of("w") > width_of("i")
    edge = ((0.0, 0.0), (100.0, 0.0))
    assert placed([edge], [(30, 10)], [Box(50, 0, 200, 40)]) is None


@pytest.mark.parametrize("language", sorted(LANGUAGES))
@pytest.mark.parametrize("name", GAMES)
def test_the_players_are_drawn_with_their_numbers(name, language):
    words, game = LANGUAGES[language], play(case(name).trace(), 2)
    svg = figure(game, NumberFormat(4), words)
    root = ET.fromstring(svg)
    assert [child.tag.split("}")[1] for child in root][:2] == ["title", "desc"]
    assert root[1].text == words["figure_three" if game.has_girl else "figure_two"]
    assert root.get("role") == "img"
    trace = game.rounds[0]
    shown = ["a0[0]", "W1[0,0]", f"a{trace.network.depth}[0]", f"delta{trace.network.depth}[0]", "y[0]"]
    shown += ["W2[0,0]", "a1[0]", "error1[0]"] if game.has_girl else []
    for number in shown:
        assert NumberFormat(4).shown(abs(trace.value_of(number))).text() in svg, number
    assert svg.count('stroke="#6b2fb3"') + svg.count('stroke="#9a4d00"') == game.rounds[0].network.depth
    assert svg.count(DASH) == (2 if game.has_girl else 0)  # her weight, and the cat's word to her
    assert ("#5a3a22" in svg) == game.has_girl  # her hair
    assert "script" not in svg


@pytest.mark.parametrize("language", sorted(LANGUAGES))
@pytest.mark.parametrize("name", GAMES)
def test_every_sentence_of_the_games_is_tied_to_a_trace(name, language):
    game = play(case(name).trace(), 3)
    assert {told.round for told in game.story} == {1, 2, 3}
    text = Explanation(case(name).trace(), language=language, sections=("game",), steps=3).text(width=400)
    numbers = NumberFormat(4)
    for told in game.story:
        trace = game.rounds[told.round - 1]
        fields = {field: numbers.shown(trace.value_of(site)).text() for field, site in told.sites.items()}
        assert LANGUAGES[language][told.key].format(**fields) in text
    assert game.rounds[1].value_of("W1[0,0]") == game.rounds[0].value_of("W1_new[0,0]")


def test_games_that_cannot_be_played():
    with pytest.raises(InputError, match="played by one neuron a layer"):
        play(case("mazur").trace())
    network = Network.mlp([1, 1, 1], "softmax", "sigmoid", "squared_error")
    with pytest.raises(InputError, match="without softmax"):
        play(explain(network, network.initial(0), [1.0], 0.5))


def drawn_with(chosen, name):
    found = Explanation(case(chosen).trace(), name)
    return found.trace, found.written, found.numbers, found.words, "W1[0,0]"


MEASURE = """<script>
const found = [];
for (const drawing of document.querySelectorAll("div")) {
  const edge = drawing.querySelector("svg").getBoundingClientRect();
  const texts = [...drawing.querySelectorAll("text")].map(text => [text.textContent, text.getBoundingClientRect()]);
  texts.forEach(([name, a], i) => {
    if (a.left < edge.left || a.right > edge.right || a.top < edge.top || a.bottom > edge.bottom) found.push(name);
    for (const [other, b] of texts.slice(i + 1)) {
      const across = Math.min(a.right, b.right) - Math.max(a.left, b.left);
      const down = Math.min(a.bottom, b.bottom) - Math.max(a.top, b.top);
      if (across > 0 && down > 2.5) found.push(drawing.dataset.name + ": " + name + " over " + other);
    }
  });
}
const count = document.querySelectorAll("text").length;
document.body.innerHTML = "<pre>" + JSON.stringify([count, found]) + "</pre>";
</script>"""


@pytest.mark.skipif(shutil.which("chromium") is None, reason="chromium is not installed")
def test_a_browser_measures_no_overlap_either(tmp_path):
    """The boxes are estimates of how wide letters are; here the letters themselves are measured."""
    drawings = [
        (f"{chosen} {name}", Explanation(case(chosen).trace(), name, language).svg())
        for chosen in CASES
        for name, language in zip(sorted(NOTATIONS), ["en", "zh", "en", "zh", "en"], strict=True)
    ]
    drawings += [
        (f"{chosen} {name} backward", drawing(*drawn_with(chosen, name), backward=True))
        for chosen in CASES
        for name in ("nielsen", "mazur")
    ]
    drawings += [
        (f"{chosen} {language}", figure(play(case(chosen).trace()), NumberFormat(4), LANGUAGES[language]))
        for chosen in GAMES
        for language in LANGUAGES
    ]
    body = "".join(f'<div data-name="{name}">{svg}</div>' for name, svg in drawings)
    page = tmp_path / "drawings.html"
    page.write_text(f'<!doctype html><meta charset="utf-8"><body>{body}{MEASURE}', encoding="utf-8")
    options = ["--headless", "--no-sandbox", "--disable-gpu", f"--user-data-dir={tmp_path / 'profile'}", "--dump-dom"]
    done = subprocess.run(["chromium", *options, page.as_uri()], capture_output=True, text=True, timeout=180)
    count, overlaps = json.loads(html.unescape(re.search(r"<pre>(.*?)</pre>", done.stdout, re.S)[1]))
    assert count > 800
    assert overlaps == []
