"""What is written in the page is of now and of its language, and has its room."""

import pytest

import lab_projects
from asking import Asking
from clearprop.lab.project import case_project
from lab_in_chromium import at_work, chosen, opened, settled, stepped

# Labels of arrows that are wider than their ground, or than the arrow that they stand on leaves to be seen.
TOO_WIDE = """() => [...document.querySelectorAll("#network svg .label")].filter((e) =>
  e.querySelector("text").getBBox().width > e.querySelector("rect").getBBox().width).map((e) => e.textContent)"""
OVER_EACH_OTHER = """() => {
  const box = (e) => e.getBoundingClientRect();
  const texts = [...document.querySelectorAll("#network svg :is(.nodes > .bias text, .node > .head)")];
  const meets = (a, b) => a.left < b.right && b.left < a.right && a.top < b.bottom - 2 && b.top < a.bottom - 2;
  return texts.flatMap((one, i) => texts.slice(i + 1).filter((other) => meets(box(one), box(other))))
    .map((e) => e.textContent);
}"""
HEADS = "() => [...document.querySelectorAll('#network svg .nodes > .head')].map((e) => e.textContent)"


@pytest.fixture(scope="module")
def page(browser):
    """A page at work on a small network, in English; `page.desk` is its desk."""
    with at_work(case_project("mazur")) as (desk, serving), opened(browser, serving.address) as found:
        found.desk = desk
        yield found


def test_labels_of_arrows_have_room_before_and_after_a_step(page):
    assert page.evaluate(TOO_WIDE) == []
    page.select_option("[data-key=grain]", "batch")
    stepped(page, page.desk)
    page.evaluate("() => document.querySelector('input[value=forward]').click()")
    settled(page, page.desk)
    assert page.evaluate(TOO_WIDE) == []


def test_a_number_that_is_given_is_followed_by_nothing(page):
    chosen(page, "a0[0]")
    assert page.locator("#panel .reads").inner_text() == ""


def test_what_was_wrong_is_forgotten_in_another_part(page):
    page.evaluate("() => { const e = document.getElementById('problem'); e.hidden = false; e.textContent = 'wrong'; }")
    page.click("#tab-files")
    assert not page.locator("#problem").is_visible()
    page.click("#tab-panel")


def test_the_head_of_a_layer_says_its_new_activation(page):
    page.select_option("[data-key=grain]", "forward")
    before = page.evaluate(HEADS)
    with page.desk.workspace.changing(page.desk.workspace.revision):
        made = page.desk.workspace.project.with_network({"widths": [2, 2, 2], "hidden": [{"name": "tanh"}]})
        page.desk.workspace.replace_project(made)
    settled(page, page.desk)
    assert (before[3], page.evaluate(HEADS)[3]) == ("logistic", "tanh")


def test_all_of_the_page_changes_its_language(page):
    page.click("#tab-games")
    page.wait_for_selector("#games svg.scene")
    page.click("#tab-panel")
    page.select_option("select[name=language]", "zh")
    page.wait_for_function("() => document.querySelector('#network .head').textContent === '输入层'")
    assert page.locator("#network .legend").inner_text().startswith("信号")
    page.click("#tab-games")
    page.wait_for_function("() => !/[a-z]{4}/.test(document.querySelector('#games p').textContent)")


def test_names_of_outputs_stand_beside_no_bias(browser):
    made = lab_projects.project("softmax").with_network({"widths": [2, 6, 3]})
    with at_work(made) as (_, serving), opened(browser, serving.address) as page:
        assert page.locator("#network .node > .head").count() == 3
        assert page.evaluate(OVER_EACH_OTHER) == []


def test_a_function_of_x_is_shown_with_x():
    found = Asking().post("typed", text="sin(2x) + x^2/4", kind="function")
    assert "<mi>x</mi>" in found["mathml"]
    assert "x1" not in found["mathml"] + found["text"]
    assert Asking().post("typed", text="x*y", kind="function")["inputs"] == 2
