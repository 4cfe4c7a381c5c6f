"""What the lab's page promises, measured: how long a click, a step and a frame take, and what a watched training costs.

``python benchmarks/lab.py`` prints one table, each figure beside its limit, and keeps it in results/; it ends with
status 1 where a limit is missed. Times of the page are the browser's own (performance entries, in Debian's Chromium),
the median of several.
"""

from __future__ import annotations

import gzip
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from statistics import median
from typing import Any, NamedTuple

import numpy as np

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from machine import keep

from asking import Asking
from clearprop import Network, train
from clearprop.formulas import SGD, Adam
from clearprop.job import Job
from clearprop.lab import Watch
from clearprop.lab.bundle import bundled, widget_style
from clearprop.lab.making import of_classes
from clearprop.lab.project import Project
from clearprop.lab.static_files import static_files
from clearprop.network import Parameters
from clearprop.training.stopping import Callback
from lab_in_chromium import at_work, opened
from pages_in_chromium import chromium

WIDTHS = ([2, 2, 2], [4, 5, 3], [2, 8, 8, 3], [64, 32, 10])
WIDE = [784, 128, 10]
TRAINED = (([4, 8, 16, 3], 150), ([64, 64, 10], 1_797), ([784, 128, 10], 5_000))  # and rows: tiny, middle, wide
TIMES, BATCH, TURNS, SECONDS_OF_TURN = 9, 16, 40, 0.05
CLICK, STEP, FRAME, PAINT, WATCHED = 100, 50, 12, 500, 97  # ms, and percent
BYTES, FONT = 100_000, 40_000

# How long after a press or a click what it leads to is in the page, and how long until it is painted too.
AFTER = """([pressed, part]) => new Promise((done) => {
  const began = performance.now(), passed = () => performance.now() - began;
  const seen = new MutationObserver(() => {
    seen.disconnect();
    const there = passed(), { port1, port2 } = new MessageChannel();
    port1.onmessage = () => done([there, passed()]);
    requestAnimationFrame(() => port2.postMessage(0));
  });
  seen.observe(document.querySelector(part), { attributeFilter: ["data-of", "data-revision"] });
  document.querySelector(pressed).dispatchEvent(new MouseEvent("click", { bubbles: true }));
})"""
STEP_ON = "#steps [data-key=step_on]"
WEIGHTS = ("W1[0,0]", "W1[1,0]", "W2[0,0]", "W2[1,0]")
KEEP_COSTS = """() => {
  window.costs = [];
  new PerformanceObserver((list) => costs.push(...list.getEntriesByName("drawing").map((e) => e.duration)))
    .observe({ entryTypes: ["measure"] });
}"""
PAINTED = "() => performance.getEntriesByName('first-contentful-paint')[0].startTime"


class Figure(NamedTuple):
    """One figure beside its limit."""

    what: str
    value: float
    unit: str
    limit: float | None = None
    is_least: bool = False

    @property
    def holds(self) -> bool:
        """Whether the limit is kept, where there is one."""
        if self.limit is None:
            return True
        return self.value >= self.limit if self.is_least else self.value <= self.limit

    def __str__(self) -> str:
        line = f"{self.what:<80} {self.value:>10,.1f} {self.unit:<5}"
        if self.limit is None:
            return line
        sign, mark = ("≥" if self.is_least else "≤"), ("kept" if self.holds else "MISSED")
        return f"{line} {sign} {self.limit:>8,} {mark}"


def project(widths: list[int]) -> Project:
    """Random rows for a network of these widths."""
    random = np.random.default_rng(0)
    n = max(200, widths[-1] * 3)
    rows = of_classes("drawn", "random", random.random((n, widths[0])), np.arange(n) % max(3, widths[-1]), 0.0, {})
    network = Network.mlp([widths[0], *widths[1:-1], rows.Y.shape[1]], "relu", loss="cross_entropy")
    return Project.of(rows, network, network.initial(0).theta, Job(network, Adam(0.001), batch_size=BATCH))


def answers(widths: list[int]) -> list[Figure]:
    """What the application alone takes, in this process, without a browser."""
    asking = Asking(project(widths))
    asking.get("state")
    calls = {
        "state": (lambda: asking.get("state"), STEP),
        "step of a batch": (lambda: asking.post("step", grain="batch"), STEP),
        "derivation": (lambda: asking.get("derivation", of="W1[0,0]"), CLICK),
    }
    found = []
    for name, (call, limit) in calls.items():
        times = []
        for _ in range(TIMES):
            began = time.perf_counter()
            call()
            times.append(1000 * (time.perf_counter() - began))
        found.append(Figure(f"{'-'.join(map(str, widths))}: {name}, answer of the server", median(times), "ms", limit))
    return found


def in_page(browser, widths: list[int]) -> list[Figure]:
    """From a press or click to what is drawn."""
    shape = "-".join(map(str, widths))
    with at_work(project(widths)) as (_, serving), opened(browser, serving.address) as page:
        painted = page.evaluate(PAINTED)
        page.select_option("[data-key=grain]", "batch")
        steps = [page.evaluate(AFTER, [STEP_ON, "#network"]) for _ in range(TIMES)]
        arrows = [f'#network svg [data-name="{name}"]' for name in WEIGHTS * 2]
        clicks = [page.evaluate(AFTER, [arrow, "#panel"]) for arrow in arrows]
        more = [page.evaluate(AFTER, [STEP_ON, "#network"])[0] for _ in range(TIMES)]
        (drawn, step_painted), (shown, click_painted) = (
            map(median, zip(*times, strict=True)) for times in (steps, clicks)
        )
        return [
            Figure(f"{shape}: a step is drawn after", drawn, "ms", STEP),
            Figure(f"{shape}: … and painted after", step_painted, "ms", STEP),
            Figure(f"{shape}: a step is drawn with a derivation open after", median(more), "ms", STEP),
            Figure(f"{shape}: a click shows its derivation after", shown, "ms", CLICK),
            Figure(f"{shape}: … and paints it after", click_painted, "ms", CLICK),
            Figure(f"{shape}: first paint of the page", painted, "ms", PAINT),
        ]


def frames(browser) -> list[Figure]:
    """What a frame costs the page itself, while a wide network is played."""
    wide = project(WIDE).with_job({"epochs": 1_000_000})
    with at_work(wide) as (desk, serving), opened(browser, serving.address) as page:
        page.evaluate(KEEP_COSTS)
        page.select_option("[data-key=grain]", "run")
        page.locator("[data-key=play]").click()
        page.wait_for_function("() => costs.length >= 15", timeout=60_000)  # the first ones may be built anew
        desk.workspace.run = None
        costs = page.evaluate("() => costs")
    return [Figure(f"{'-'.join(map(str, WIDE))}, playing: a frame's own work", median(costs), "ms", FRAME)]


class Costs(NamedTuple):
    """What a fit took: processor time of its own thread and of all others here, and time."""

    own: float
    others: float
    seconds: float


def made(widths: list[int], n: int) -> tuple[Network, Parameters, Any, Any]:
    """Random rows and classes for a network of these widths."""
    random = np.random.default_rng(0)
    X = random.random((n, widths[0]), dtype=np.float32)
    Y = np.eye(widths[-1], dtype=np.float32)[np.arange(n) % widths[-1]]
    network = Network.mlp(widths, "relu", loss="cross_entropy")
    return network, network.initial(0, dtype=np.float32), X, Y


def fitted(task: tuple[Network, Parameters, Any, Any], epochs: int, callbacks: Sequence[Callback]) -> Costs:
    """Train for so many epochs."""
    seconds, own, whole = time.perf_counter(), time.thread_time(), time.process_time()
    train(*task, optimizer=SGD(0.01), epochs=epochs, tolerance=0, patience=epochs, n_threads=1, callbacks=callbacks)
    own, whole = time.thread_time() - own, time.process_time() - whole
    return Costs(own, whole - own, time.perf_counter() - seconds)


def watching(browser: Any, widths: list[int], n: int) -> list[Figure]:
    """A training that is watched beside one that is not, in turns; with nobody at the page, and with a page open.

    By processor time, so that it holds on a machine that does other things too: the least that a turn took of the
    training's own thread, and what all other threads of this process took a second. The page draws in a process of
    its own.
    """
    task, found = made(widths, n), []
    fitted(task, 2, [])
    epochs = max(2, round(2 * SECONDS_OF_TURN / fitted(task, 2, []).own))
    for who in ("no page open", "a page open"):
        with Watch(browser=False) as watch:
            watch.open()
            page = browser.new_page() if who == "a page open" else None
            if page:
                page.goto(watch.address)
                page.wait_for_selector("body.ready")
            turns = [(fitted(task, epochs, []), fitted(task, epochs, [watch])) for _ in range(TURNS)]
            if page:
                page.wait_for_selector("#curves [role=slider]")
                page.close()
        alone, seen = zip(*turns, strict=True)
        own = min(one.own for one in alone) / min(one.own for one in seen)
        others = sum(one.others for pair in turns for one in pair) / sum(one.seconds for pair in turns for one in pair)
        wall = median(one.seconds / other.seconds for one, other in turns)
        what = f"{'-'.join(map(str, widths))} is watched, {who}: it keeps of its speed"
        found.append(Figure(f"{what}, by processor time", 100 * own * (1 - others), "%", WATCHED, True))
        found.append(Figure(f"{what}, by the clock", 100 * wall, "%"))
    return found


def sizes() -> list[Figure]:
    """Compressed, as a browser or a notebook would get them."""
    files = {name: content for name, (content, _) in static_files().items()}
    packed = sum(len(gzip.compress(content)) for name, content in files.items() if not name.endswith(".woff2"))
    widget = sum(len(gzip.compress(text.encode())) for text in (bundled("widget"), widget_style()))
    return [
        Figure("page, scripts and styles, compressed", packed, "bytes", BYTES),
        Figure("the font", len(files["math.woff2"]), "bytes", FONT),
        Figure("a widget's script and style, compressed", widget, "bytes", BYTES),
    ]


def main() -> int:
    """Measure all, and print the table."""
    found = [*sizes(), *(figure for widths in WIDTHS for figure in answers(widths))]
    with chromium() as browser:
        for widths in WIDTHS:
            found += in_page(browser, widths)
        found += frames(browser)
        for widths, n in TRAINED:
            found += watching(browser, widths, n)
    table = "\n".join(map(str, found))
    print(table)
    print("kept in", keep("lab", {"figures": [figure._asdict() for figure in found]}))
    return 0 if all(figure.holds for figure in found) else 1


if __name__ == "__main__":
    sys.exit(main())
