"""What the page spares itself: to ask for what it has, to ask for much at once, to write anew what is as it was."""

import threading

import pytest

from clearprop.lab.view import DRAWN
from clearprop.trace.names import reference
from lab_in_chromium import at_work, chosen, opened, project, stepped

SAME = """() => { window.kept = new Set(document.querySelectorAll("#panel .derived math, #panel .derived mn")); }"""
KEPT = """() => {
  const now = [...document.querySelectorAll("#panel .derived math, #panel .derived mn")];
  return [now.filter((e) => kept.has(e)).length, now.length];
}"""


@pytest.fixture(scope="module")
def page(browser):
    """A page at work; `page.desk` is what it works on, `page.asked` the addresses that it has asked."""
    with at_work(project([2, 3, 2], n=2, rows=6)) as (desk, serving), opened(browser, serving.address) as found:
        found.desk, found.asked = desk, []
        found.on("request", lambda request: found.asked.append(request.url.split("/api/")[-1]))
        yield found


def quiet(page):
    """Wait until nothing is asked any more."""
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(500)


def test_a_step_is_answered_once_and_not_asked_for_again(page):
    quiet(page)
    page.asked.clear()
    for _ in range(3):
        stepped(page, page.desk)
    quiet(page)
    paths = [address.split("?")[0] for address in page.asked]
    assert paths.count("step") == 3
    assert "state" not in paths


def test_no_more_is_sent_than_is_drawn(page):
    with page.expect_response("**/api/step*") as found:
        stepped(page, page.desk)
    values = found.value.json()["values"]
    assert {"W1", "z1", "delta2", "loss", "W1_new"} <= set(values) < set(page.desk.workspace.trace())
    assert {reference(name).kind for name in values} <= set(DRAWN)


def test_panels_ask_one_after_another_and_not_while_a_step_is_under_way(page):
    chosen(page, "W1[0,0]")
    quiet(page)
    under_way, most, lock = set(), [0], threading.Lock()

    def began(request):
        if "/api/" in request.url and "/events" not in request.url:
            with lock:
                under_way.add(request)
                most[0] = max(most[0], len(under_way))

    page.on("request", began)
    for ended in ("requestfinished", "requestfailed"):
        page.on(ended, lambda request: under_way.discard(request))
    for _ in range(3):
        stepped(page, page.desk)
    quiet(page)
    page.remove_listener("request", began)
    assert most[0] <= 2  # a step, and what one panel had asked for before it


def test_a_derivation_keeps_what_a_step_does_not_change(page):
    page.select_option("[data-key=grain]", "batch")
    chosen(page, "W2[0,0]")
    page.evaluate(SAME)
    stepped(page, page.desk)
    page.wait_for_selector(f'#panel[data-revision="{page.desk.workspace.revision}"]')
    kept, count = page.evaluate(KEPT)
    assert count > 20
    assert kept > 0.8 * count
    html = page.locator("#panel .derived").inner_html()
    page.locator("[data-key=clear]").click()
    page.wait_for_selector("#panel .derived:empty", state="attached")
    page.locator('[data-name="W2[0,0]"]').dispatch_event("click")
    page.wait_for_selector("#panel .derived .d")
    assert page.locator("#panel .derived").inner_html() == html
