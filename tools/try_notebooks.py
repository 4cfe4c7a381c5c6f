"""Show every display of clearprop in the notebooks that people have, as pictures: nbconvert, JupyterLab, marimo.

``python tools/try_notebooks.py FOLDER``, in an environment with ``pip install 'clearprop[lab,plots,widget]'`` and the
groups "notebooks" and "browser". What was seen stands in docs/plots.md.
"""

from __future__ import annotations

import json
import shutil
import socket
import subprocess
import sys
import time
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

CELLS = (
    "import warnings; warnings.simplefilter('ignore')\n"
    "from sklearn.datasets import load_iris\nfrom clearprop import MLPClassifier\n"
    "from clearprop.explain import case\nfrom clearprop.lab import CurvesWidget, NetworkWidget\n"
    "X, y = load_iris(return_X_y=True)\ncurves = CurvesWidget('iris')\ncurves",
    "model = MLPClassifier((4,), max_iter=30, random_state=0, callbacks=curves).fit(X, y)\ncurves.end()\nmodel",
    "NetworkWidget(case('case_study').trace(), whole=True)",
    "case('three_players').trace()",
)
OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-sync", "--no-first-run"]


def run(*command: str | Path) -> None:
    """A command of this environment."""
    subprocess.run([sys.executable, "-m", *map(str, command)], check=True, timeout=300)


def write(folder: Path) -> None:
    """The same cells as a notebook of Jupyter and of marimo."""
    import nbformat

    book = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in CELLS])
    nbformat.write(book, folder / "book.ipynb")
    head = "import marimo\napp = marimo.App()\n"
    names = ((), ("MLPClassifier", "X", "y", "curves"), ("NetworkWidget", "case"), ("case",))
    made = (("MLPClassifier", "NetworkWidget", "case", "X", "y", "curves"), (), (), ())
    for cell, takes, gives in zip(CELLS, names, made, strict=True):
        *lines, last = cell.splitlines()
        body = "".join(f"    {line}\n" for line in [*lines, last])
        head += f"\n@app.cell\ndef _({', '.join(takes)}):\n{body}    return {', '.join(gives)}\n"
    (folder / "book.py").write_text(f"{head}\nif __name__ == '__main__':\n    app.run()\n", encoding="utf-8")


def picture(page: Page, address: str, path: Path, seconds: float = 3.0) -> None:
    """The whole of a page."""
    page.goto(address, wait_until="domcontentloaded", timeout=90_000)
    time.sleep(seconds)
    page.screenshot(path=path, full_page=True)
    print(path)


def wait_for(port: int, seconds: float = 90.0) -> None:
    """Until a server answers at a port of this machine."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.5)
    raise TimeoutError(f"nothing answers at port {port}")


def in_marimo(page: Page, folder: Path) -> None:
    """marimo's own server: what its export writes takes scripts from the network, and is blank without."""
    command = [sys.executable, "-m", "marimo", "run", str(folder / "book.py"), "--headless", "--port", "8972",
               "--no-token"]  # fmt: skip
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(8972)
        picture(page, "http://127.0.0.1:8972/", folder / "marimo.png", 20)
    finally:
        server.terminate()
        server.wait(20)


def in_lab(page: Page, folder: Path) -> None:
    """JupyterLab with the notebook that was run elsewhere, which it does not trust, and with one that it runs."""
    import nbformat

    command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--allow-root", "--port=8971", "--ServerApp.token=",
               "--ServerApp.root_dir", str(folder)]  # fmt: skip
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        wait_for(8971)
        page.set_viewport_size({"width": 1200, "height": 2600})
        address = "http://127.0.0.1:8971/lab/tree"
        picture(page, f"{address}/ran.ipynb?reset", folder / "lab-untrusted.png", 12)
        page.goto(f"{address}/book.ipynb?reset", wait_until="domcontentloaded", timeout=90_000)
        time.sleep(10)
        page.locator(".jp-Notebook").click(position={"x": 20, "y": 20})
        page.get_by_role("menuitem", name="Run", exact=True).click()
        page.get_by_text("Run All Cells", exact=True).click()
        time.sleep(25)
        page.screenshot(path=folder / "lab-run.png", full_page=True)
        print(nbformat.__version__, folder / "lab-run.png")
    finally:
        server.terminate()
        server.wait(20)


def main(folder: Path) -> None:
    """Run them all, and leave pictures."""
    folder.mkdir(parents=True, exist_ok=True)
    write(folder)
    run("nbconvert", "--to", "notebook", "--execute", "--output", "ran.ipynb", folder / "book.ipynb")
    run("nbconvert", "--to", "html", "--output", "plain.html", folder / "ran.ipynb")
    run("nbconvert", "--to", "html", "--sanitize-html", "--output", "sanitized.html", folder / "ran.ipynb")
    run("nbconvert", "--to", "markdown", "--output", "book.md", folder / "ran.ipynb")
    kinds = [sorted(output.get("data", {})) for cell in json.loads((folder / "ran.ipynb").read_text())["cells"]
             for output in cell["outputs"]]  # fmt: skip
    print(kinds)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=OPTIONS)
        page = browser.new_page(viewport={"width": 1100, "height": 900})
        for name in ("plain", "sanitized"):
            picture(page, (folder / f"{name}.html").resolve().as_uri(), folder / f"{name}.png")
        in_marimo(page, folder)
        in_lab(page, folder)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
