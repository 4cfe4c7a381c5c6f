"""Exercise, sheets, games and files in the page."""

import io
import zipfile

from clearprop.explain import case, play
from clearprop.explain.exercises import exercise
from clearprop.lab.games import game_of
from clearprop.lab.style import Style
from panels_in_chromium import longer, opened_lab, part


def made(page, blank="5", seed="3"):
    root = part(page, "exercise")
    root.locator("input[name=blank]").first.fill(blank)
    root.locator("input[name=seed]").first.fill(seed)
    root.locator("button.go").first.click()
    page.wait_for_selector("#exercise form.paper")
    return root


def test_right_answers_are_right_and_a_mistake_has_its_name(browser):
    with opened_lab(browser, language="zh") as page:
        root = made(page, "6", "0")
        answers = exercise(case("case_study").trace(), 6, 0).answers()
        boxes = {box.get_attribute("id"): box for box in root.locator("form.paper input").all()}
        assert len(boxes) == len(answers)
        for box, (name, text) in zip(root.locator("form.paper input").all(), answers.items(), strict=True):
            assert box.get_attribute("aria-label").startswith(name)
            box.fill(text)
        root.locator("form.paper button").click()
        page.wait_for_selector("#exercise .verdict.right, #exercise .verdict.within")
        assert root.locator("form.paper [aria-invalid]").count() == 0
        first = root.locator("form.paper input").first
        first.fill("-9.5")
        assert root.locator("form.paper .verdict strong").count() == len(answers) - 1  # no old verdict beside it
        root.locator("form.paper button").click()
        page.wait_for_selector("#exercise [aria-invalid=true]")
        assert first.evaluate("e => e === document.activeElement")


@longer
def test_the_answers_are_not_in_the_page(browser):
    with opened_lab(browser) as page:
        root = made(page)
        given = [text.strip("= ") for text in root.locator(".number").all_inner_texts()]
        for text in exercise(case("case_study").trace(), 5, 3).answers().values():
            assert text not in given


@longer
def test_an_exercise_of_another_step_says_so(browser):
    with opened_lab(browser) as page:
        root = made(page)
        assert root.locator(".old").count() == 0
        workspace = page.desk.workspace
        with workspace.changing(workspace.revision):
            workspace.forward(1)
        page.wait_for_selector("#exercise .old")


@longer
def test_nothing_filled_in_and_no_numbers_get_sentences(browser):
    with opened_lab(browser) as page:
        root = made(page)
        root.locator("form.paper button").click()
        assert "at least one" in page.locator("#problem").inner_text()
        root.locator("form.paper input").first.fill("abc")
        root.locator("form.paper button").click()
        page.wait_for_function("() => document.querySelector('#problem').textContent.includes('abc')")
        root.locator("input[name=blank]").first.fill("1000")
        root.locator("button.go").first.click()
        page.wait_for_function("() => document.querySelector('#problem').textContent.includes('1000')")


@longer
def test_the_sheets_of_a_class_are_downloaded(browser):
    with opened_lab(browser) as page:
        root = part(page, "exercise")
        root.locator("button.download").click()
        assert "at least one name" in root.locator(".problem").inner_text()
        root.locator("#class-names").fill("Ada\n王芳")
        with page.expect_download() as waiting:
            root.locator("button.download").click()
        with zipfile.ZipFile(io.BytesIO(waiting.value.path().read_bytes())) as archive:
            assert "class.json" in archive.namelist()
            assert "sheets/王芳.md" in archive.namelist()


@longer
def test_the_game_goes_on_and_back_with_the_numbers_of_its_rounds(browser):
    with opened_lab(browser) as page:
        root = part(page, "games")
        page.wait_for_selector("#games svg.scene")
        game = play(case("three_players").trace(), 5)
        wanted = game_of(page.desk.workspace, {"players": "3", "rounds": "5"}, Style())
        shown = []
        for _ in range(len(wanted["rounds"][0]["acts"])):
            root.locator("button[name=next]").click()
            shown.append(root.locator(".act").inner_text())
        for sentence, act in zip(shown, wanted["rounds"][0]["acts"], strict=True):
            assert act["says"] in sentence
        texts = root.locator("svg.scene text").all_text_contents()
        style = Style()
        for name in ("a0[0]", "a1[0]", "a2[0]", "error1[0]"):
            assert style.text(game.rounds[0].value_of(name)) in texts
        root.locator("button[name=first]").click()
        texts = root.locator("svg.scene text").all_text_contents()
        assert style.text(game.rounds[0].value_of("a2[0]")) not in texts  # nobody has guessed yet
        dashed = root.locator("svg.scene line[stroke-dasharray]").count()
        assert dashed == 1  # the girl's weight, which the error reaches indirectly


@longer
def test_a_hidden_game_keeps_no_shortcuts(browser):
    with opened_lab(browser) as page:
        part(page, "games")
        page.wait_for_selector("#games svg.scene")
        before = page.locator("#games .act").inner_text()
        page.keyboard.press("g")
        page.wait_for_function("old => document.querySelector('#games .act').innerText !== old", arg=before)
        now = page.locator("#games .act").text_content()
        part(page, "data")
        page.keyboard.press("g")
        assert page.locator("#games .act").text_content() == now


@longer
def test_a_link_and_a_file_bring_everything_back(browser):
    with opened_lab(browser, "mazur") as page:
        root = part(page, "files")
        root.locator("text=Make a link").click()
        page.wait_for_function("() => document.querySelector('#files input[readonly]').value.includes('#s=')")
        link = root.locator("input[readonly]").input_value()
        with page.expect_download() as waiting:
            root.locator("button.download").first.click()
        kept = waiting.value.path().read_bytes()
        theta = page.desk.workspace.state.theta.copy()
    with opened_lab(browser) as page:
        root = part(page, "files")
        root.locator("#pasted").fill(link)
        root.locator("form button").click()
        page.wait_for_function("() => document.querySelector('#what').textContent.includes('2-2-2')")
        assert (page.desk.workspace.state.theta == theta).all()
    with opened_lab(browser) as page:
        root = part(page, "files")
        loader = root.locator("input[type=file]")
        loader.set_input_files({"name": "b.json", "mimeType": "application/json", "buffer": b"{}"})
        page.wait_for_selector("#problem:not([hidden])")
        loader.set_input_files({"name": "a.json", "mimeType": "application/json", "buffer": kept})
        page.wait_for_function("() => document.querySelector('#what').textContent.includes('2-2-2')")
        assert (page.desk.workspace.state.theta == theta).all()


@longer
def test_everything_can_be_taken_along(browser):
    with opened_lab(browser) as page:
        root = part(page, "files")
        found = {}
        for button in root.locator("button.download").all():
            with page.expect_download() as waiting:
                button.click()
            found[waiting.value.suggested_filename] = waiting.value.path().read_bytes()
        assert {name.rsplit(".", 1)[1] for name in found} == {"json", "html", "svg", "clearprop", "csv"}
        assert all(found.values())
