"""What is out of date is never shown as if it were not: slow answers, two tabs, edits that change nothing."""

from contextlib import contextmanager

from clearprop.explain.writing.numbers import NumberFormat
from lab_in_chromium import READ, at_work, chosen, opened, project, settled, stepped
from panels_in_chromium import longer


def weight(page, name="W1[0,0]"):
    return page.evaluate(READ)[name]["said"]


def shown(desk, name="W1[0,0]"):
    value = desk.workspace.trace().value_of(name)
    return f"{'+' if value >= 0 else ''}{NumberFormat(4).shown(value).text()}"


def test_an_answer_that_comes_too_late_is_dropped(browser):
    """A derivation asked for before an update comes after it: it must not stand beside the new weights."""
    with at_work(project([2, 2, 1], rate=2.0)) as (desk, serving), opened(browser, serving.address) as page:
        chosen(page, "W1[0,0]")
        held = []
        page.route("**/api/derivation*", lambda route: held.append(route) if not held else route.continue_())
        page.locator('[data-name="W2[0,0]"]').dispatch_event("click")
        page.wait_for_function("() => true")
        while not held:
            page.wait_for_timeout(10)
        early = held[0].fetch()
        page.select_option("[data-key=grain]", "batch")
        stepped(page, desk)
        page.wait_for_selector('#panel[data-of="W2[0,0]"]')
        after = page.locator("#panel .derived").inner_text()
        held[0].fulfill(response=early)
        page.wait_for_timeout(200)
        assert page.locator("#panel .derived").inner_text() == after
        assert page.locator("#panel").get_attribute("data-revision") == str(desk.workspace.revision)


def test_a_second_tab_sees_what_the_first_one_changed(browser):
    made = project([2, 2, 1], rate=2.0)
    with (
        at_work(made) as (desk, serving),
        opened(browser, serving.address) as page,
        opened(browser, serving.address) as other,
    ):
        other.select_option("[data-key=grain]", "batch")
        stepped(other, desk)
        settled(page, desk)
        assert f" = {shown(desk)}," in weight(page)
        assert f" = {shown(desk)}," in weight(other)
        before = desk.workspace.cursor
        chosen(page, "W1[0,0]")
        page.select_option("[data-key=grain]", "neuron")  # and steps that are asked for quickly are all made
        asked = []
        page.on("request", lambda request: asked.append(request.url.partition("/api/")[2].partition("?")[0]))
        page.evaluate("() => { for (let i = 0; i < 3; i++) document.querySelector('[data-key=step_on]').click(); }")
        page.wait_for_selector("#panel[data-revision='5']")
        assert (desk.workspace.revision, desk.workspace.cursor) == (5, before + 3)
        assert asked.count("step") == 3
        assert asked.count("points") == 0  # the rows are the same as before


def test_a_step_made_on_an_old_state_is_told_and_not_made(browser):
    """A page that was not told of another tab's change learns of it when it asks for a step."""
    made = project([2, 2, 1])
    with at_work(made) as (desk, serving), opened(browser, serving.address, excused="409") as page:
        page.route("**/api/state*", lambda route: None)  # never answered
        with desk.workspace.changing(desk.workspace.revision):
            desk.workspace.set_number("W1[0,0]", 0.125)
        page.locator("[data-key=step_on]").click()
        page.wait_for_selector("#problem:not([hidden])")
        assert "ask again" in page.locator("#problem").inner_text()
        settled(page, desk)
        assert (desk.workspace.cursor, desk.workspace.revision) == (0, 2)
        assert " = +0.125," in weight(page)
        page.locator("[data-key=step_on]").click()  # now it knows
        page.wait_for_function("() => document.querySelector('#network').dataset.revision === '3'")
        assert desk.workspace.cursor == 2
        assert not page.locator("#problem").is_visible()


def test_what_if_changes_nothing_until_it_is_accepted(browser):
    with at_work(project([2, 2, 1])) as (desk, serving), opened(browser, serving.address) as page:
        chosen(page, "W1[0,0]")
        lever = page.locator(".lever").first
        before = desk.workspace.state.theta.copy()
        page.wait_for_function("() => document.querySelector('.lever input').max > 1")
        lever.locator("input").evaluate("e => { e.value = 1.25; e.dispatchEvent(new Event('input')); }")
        page.wait_for_selector(".lever:first-of-type table")
        assert "1.25" in lever.locator("output").inner_text()
        assert (desk.workspace.state.theta == before).all()
        rows = lever.locator("tbody tr").all_inner_texts()
        predicted, true = (row.split("\t")[1] for row in rows)
        assert predicted != true
        lever.locator("button").click()
        page.wait_for_function("() => document.querySelector('#network').dataset.revision === '2'")
        assert desk.workspace.state.theta[0] == 1.25
        assert " = +1.25," in weight(page)
        page.locator("[data-key=undo]").click()
        page.wait_for_function("() => document.querySelector('#network').dataset.revision === '3'")
        assert (desk.workspace.state.theta == before).all()


@contextmanager
def ready_to_train(browser):
    """A page with a training of so many epochs that it never ends by itself."""
    made = project([2, 2, 1], rows=20, n=4).with_job({"epochs": 1_000_000})
    with at_work(made) as (desk, serving), opened(browser, serving.address) as page:
        page.select_option("[data-key=grain]", "run")
        yield page, desk


def is_rewound(page, desk):
    """Waits until the page has said so; the page must then show what is."""
    page.wait_for_function("() => document.querySelector('#said').textContent.startsWith('Rewound')")
    assert (desk.workspace.is_running, desk.workspace.state.step) == (False, 0)
    settled(page, desk)
    assert f" = {shown(desk)}," in weight(page)
    assert page.locator("[data-key=play]").inner_text() == "Train"
    assert not page.locator("#problem").is_visible()


@longer
def test_rewind_while_it_trains_stops_it_first(browser):
    with ready_to_train(browser) as (page, desk):
        page.locator("[data-key=play]").click()
        page.wait_for_function("() => document.querySelector('[data-key=play]').textContent === 'Pause'")
        page.locator("[data-key=rewind]").click(force=True)
        is_rewound(page, desk)


def test_rewind_before_the_page_knows_that_it_trains_stops_it_too(browser):
    """Both are pressed before anything was answered: whether training runs is known when their turn comes."""
    with ready_to_train(browser) as (page, desk):
        page.evaluate("() => ['play', 'rewind'].forEach((key) => document.querySelector(`[data-key=${key}]`).click())")
        is_rewound(page, desk)
        assert desk.workspace.revision >= 4  # it did train, was paused and rewound
        page.evaluate("() => ['play', 'play'].forEach((key) => document.querySelector(`[data-key=${key}]`).click())")
        page.wait_for_function("() => document.querySelector('[data-key=rewind]').ariaDisabled === 'false'")
        assert not desk.workspace.is_running
        assert not page.locator("#problem").is_visible()


def test_a_state_of_the_run_that_comes_after_rewind_is_dropped(browser):
    with ready_to_train(browser) as (page, desk):
        held = []
        page.route("**/api/state*", lambda route: held.append(route) if not held else route.continue_())
        page.locator("[data-key=play]").click()
        while not held:
            page.wait_for_timeout(10)
        late = held[0].fetch()
        assert late.json()["time"]["is_running"]
        page.locator("[data-key=rewind]").click(force=True)
        is_rewound(page, desk)
        held[0].fulfill(response=late)
        page.wait_for_timeout(200)
        is_rewound(page, desk)


@longer
def test_steps_are_played_once_however_often_play_is_pressed(browser):
    """Play, rewind and play again while the first play waits for its next step: there is one who plays, not two."""
    with at_work(project([2, 2, 1])) as (desk, serving), opened(browser, serving.address) as page:
        page.clock.install(time=0)
        page.clock.pause_at(1)
        page.evaluate("""() => ['play', 'rewind', 'play'].forEach((key) =>
          document.querySelector(`[data-key=${key}]`).click())""")
        for revision in (4, 5, 6):
            while desk.workspace.revision < revision:
                page.wait_for_timeout(10)
            page.wait_for_timeout(100)
            assert desk.workspace.revision == revision
            page.clock.run_for(500)  # at two steps a second


def middle_of(page, name):
    """Where an arrow is on the screen."""
    return page.evaluate(
        """(name) => {
          const path = document.querySelector(`[data-name="${name}"] .hit`);
          const on = path.getPointAtLength(path.getTotalLength() / 3).matrixTransform(path.getScreenCTM());
          return [on.x, on.y];
        }""",
        name,
    )


def test_a_weight_is_tried_by_dragging_its_arrow_and_by_keyboard(browser):
    with at_work(project([2, 2, 1])) as (desk, serving), opened(browser, serving.address) as page:
        before = desk.workspace.state.theta.copy()
        note, output = page.locator("#network .notes text"), page.locator(".lever output").first
        arrow = page.locator('[data-name="W2[0,0]"]')
        arrow.focus()
        page.keyboard.press("+")
        note.wait_for(state="attached")
        first = output.inner_text()
        page.keyboard.press("-")
        page.wait_for_function("old => document.querySelector('.lever output').textContent !== old", arg=first)
        x, y = middle_of(page, "W2[0,0]")
        page.mouse.move(x, y)
        page.mouse.down()
        page.mouse.move(x, y - 75, steps=5)
        page.mouse.up()
        place = desk.workspace.place_of("W2[0,0]")
        wanted = (
            NumberFormat(4).shown(before[place] + max(1, abs(before[place]))).text()
        )  # a quarter of the lever's range
        page.wait_for_function("text => document.querySelector('.lever output').textContent === text", arg=wanted)
        changes = [row.split("\t")[1] for row in page.locator(".lever tbody tr").all_inner_texts()]
        assert all(text in note.text_content() for text in changes)
        assert (desk.workspace.state.theta == before).all()
        assert desk.workspace.revision == 1
        arrow.focus()
        page.keyboard.press("Escape")
        note.wait_for(state="detached")
        page.keyboard.press("+")
        note.wait_for(state="attached")
        page.keyboard.press("Enter")
        page.wait_for_function("() => document.querySelector('#network').dataset.revision === '2'")
        assert desk.workspace.state.theta[place] > before[place]
        assert note.count() == 0
