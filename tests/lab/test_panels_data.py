"""Data in the page: cases, made points, a function typed in, points by hand, a file of one's own; and their rows."""

from clearprop.lab.style import Style
from panels_in_chromium import longer, opened_lab, part

COLOURS = ("red", "blue")
HOUSES = "rooms,colour,price\n" + "".join(f"{i % 5 + 1},{COLOURS[i % 2]},{100 + 10 * i}\n" for i in range(30))


def offered(data, name, content):
    """A file chosen on the page."""
    data.locator("input[type=file]").set_input_files({"name": name, "mimeType": "text/csv", "buffer": content})


def source(page, name):
    data = part(page, "data")
    data.locator(f"input[name=source][value={name}]").check()
    return data


def wait_for(page, kind):
    page.wait_for_function("words => document.querySelector('#data .present').textContent.includes(words)", arg=kind)


@longer
def test_a_case_and_made_points_are_taken_up(browser):
    with opened_lab(browser) as page:
        data = source(page, "case")
        data.locator("input[value=mazur]").check()
        data.locator("button.go").click()
        wait_for(page, "mazur")
        assert page.desk.workspace.project.network.widths == (2, 2, 2)
        source(page, "made")
        data.locator("select[name=name]").select_option("spirals")
        data.locator("input[name=n]").fill("50")
        data.locator("button.go").click()
        wait_for(page, "spirals")
        rows = page.desk.workspace.project.rows
        assert (len(rows.X), rows.n_training) == (50, 40)
        page.wait_for_selector("#data .rows tbody tr >> nth=11")
        cells = data.locator(".rows tbody tr").first.locator("th, td").all_inner_texts()
        assert cells[1:3] == [Style().text(value) for value in rows.X[0]]


@longer
def test_what_cannot_be_made_is_told_and_changes_nothing(browser):
    with opened_lab(browser) as page:
        data = source(page, "made")
        revision = page.desk.workspace.revision
        for name, text in (("n", "-3"), ("n", "many"), ("noise", "1e9"), ("validation", "2")):
            before = data.locator(f"input[name={name}]").input_value()
            data.locator(f"input[name={name}]").fill(text)
            data.locator("button.go").click()
            page.wait_for_selector("#problem:not([hidden])")
            assert len(page.locator("#problem").inner_text()) > 20
            data.locator(f"input[name={name}]").fill(before)
        assert page.desk.workspace.revision == revision


@longer
def test_a_function_is_tried_while_it_is_typed(browser):
    with opened_lab(browser) as page:
        data = source(page, "function")
        data.locator("#typed-text").fill("sin(3*x) + frob(x)")
        page.wait_for_selector("#typed-text[aria-invalid=true]")
        assert data.locator(".typed mark").inner_text() == "f"
        data.locator("#typed-text").fill("x^2 - 0.5")
        page.wait_for_selector("#data .typed math msup")
        assert data.locator("#typed-text").get_attribute("aria-invalid") is None
        data.locator("input[name=noise]").fill("0")
        data.locator("button.go").click()
        wait_for(page, "x^2")
        rows = page.desk.workspace.project.rows
        assert abs(rows.Y[:, 0] - (rows.X[:, 0] ** 2 - 0.5)).max() < 1e-12


@longer
def test_points_are_drawn_by_mouse_by_keyboard_and_as_text(browser):
    with opened_lab(browser) as page:
        data = source(page, "drawn")
        pad = data.locator(".pad")
        pad.scroll_into_view_if_needed()
        box = pad.locator("svg").bounding_box()
        page.mouse.click(box["x"] + box["width"] * 0.75, box["y"] + box["height"] * 0.25)
        assert data.locator("#pad-text").input_value() == "0.5, 0.5, 0"
        pad.focus()
        for key in ("2", "ArrowLeft", "ArrowLeft", "Shift+ArrowDown", "Enter"):
            page.keyboard.press(key)
        assert data.locator("#pad-text").input_value().splitlines()[1] == "0.4, 0.3, 1"
        assert "2 in all" in page.locator("#said").inner_text()
        page.keyboard.press("Delete")
        assert data.locator("#pad-text").input_value() == "0.5, 0.5, 0"
        data.locator("#pad-text").fill("0.5, 0.5, 0\n-0.5; 0.25; one")
        assert "Line 2" in data.locator(".problem").inner_text()
        data.locator("#pad-text").fill("0.5, 0.5, 0\n-0.5, 0.25, 1\n0.1 0.2 2")
        data.locator("button.go").click()
        wait_for(page, "3")
        assert page.desk.workspace.project.rows.X.tolist() == [[0.5, 0.5], [-0.5, 0.25], [0.1, 0.2]]
        assert page.desk.workspace.project.rows.Y.shape == (3, 3)


def test_a_file_stays_here_and_shows_its_raw_rows(browser):
    with opened_lab(browser, notation="code") as page:
        data = source(page, "file")
        offered(data, "houses.csv", HOUSES.encode())
        page.wait_for_selector("#data input[name=target][value=price]")
        data.locator("input[name=target][value=price]").check()
        data.locator("button.go").click()
        wait_for(page, "houses")
        page.wait_for_function("() => document.querySelector('#data .rows').textContent.includes('red')")
        assert page.desk.workspace.project.rows.task == "regression"
        data.locator(".rows tbody button").nth(1).click()
        page.wait_for_selector("#data tbody button[aria-pressed=true]")
        assert page.desk.workspace.looking_at == 1


@longer
def test_a_bad_file_gets_a_sentence(browser):
    with opened_lab(browser) as page:
        data = source(page, "file")
        for content in (b"", b"\xff\xfe\x00\x01", b"a,b\n1,2,3\n"):
            offered(data, "a.csv", content)
            page.wait_for_selector("#problem:not([hidden])")
            assert len(page.locator("#problem").inner_text()) > 10
