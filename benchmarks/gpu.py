"""Samples per second of the torch engine on a device, with precision and loss, beside PyTorch, JAX and our CPU engine.

The six workloads of peers.py and networks 64 to 2048 wide with large batches. All begin with the same weights and rows;
contenders run in turn, and the loss is that over all rows after the same number of updates. Afterwards: from which size
on the device is faster than the compiled engine, which `device="auto"` follows (`engines/choose.py`, WORTH_A_GPU).
Where a device is not there, its rows say "untested". Under five minutes: torch.compile, which takes up to a minute for
a network, is left out once its share is used up, and the rows say so.

    python benchmarks/gpu.py [--device cuda] [--only 784-128] [--rounds 3]
"""

from __future__ import annotations

import argparse
import importlib.util
import statistics
import time
from collections.abc import Callable
from typing import Any

from by_hand import Run, by_autograd, by_hand
from machine import keep
from workloads import RATE, WORKLOADS, Workload, numbers

BURST, UPDATES = 0.2, 20  # seconds of a burst; updates after which the loss is told
COMPILING = 120.0  # seconds that torch.compile may take in all
WIDE = {
    f"{n}-{n}-{n}-10 relu, Adam, batch {batch:,}": Workload(
        (n, n, n, 10), "relu", "softmax", "cross_entropy", "adam", batch, 4 * batch, {}
    )
    for n, batch in ((64, 4096), (64, 65_536), (256, 4096), (2048, 4096))
}


def clearprop(work: Workload, engine: str, device: str = "cpu", precision: str = "float32") -> Run:
    """An engine of ours, epoch by epoch, as `train` runs it."""
    import numpy as np

    from clearprop.engines import Data, Job, TrainingState, choose
    from clearprop.engines.hardware import Hardware
    from clearprop.formulas import SGD, Adam
    from clearprop.job.state import rates
    from clearprop.network import Network
    from clearprop.training.loop import epoch_order

    X, Y, weights, biases = numbers(work)
    loss = "cross_entropy" if work.loss == "cross_entropy" else "half_squared_error"
    network = Network.mlp(work.widths, work.hidden, work.output, loss)
    job = Job(network, (SGD if work.rule == "sgd" else Adam)(RATE), epochs=10**6, batch_size=work.batch)
    data, state = Data(X, Y), TrainingState.start(job, network.parameters(weights, biases, dtype=np.float32).theta)
    chosen = choose(engine, job, data.layout, hardware=Hardware(device, precision)).engine
    per_epoch, orders = job.steps_per_epoch(work.rows), {}

    def run(count: int) -> None:
        while count:
            if state.epoch not in orders:
                orders.clear()
                orders[state.epoch] = epoch_order(job, state.epoch, work.rows, chosen)
            now = min(count, per_epoch - state.cursor)
            chosen.steps(job, state, data, orders[state.epoch], rates(job, state, work.rows, now))
            count -= now
            if state.cursor == per_epoch:
                state.end_epoch(work.rows)

    return run, lambda: chosen.loss(network, network.views(state.theta), data)


def jax_scan(work: Workload) -> Run:
    """JAX's scan over an epoch, on the device that JAX takes by itself."""
    import contenders

    run = contenders.jax(work, 1)
    return lambda count: run(count), lambda: float("nan")


def entries(work: Workload, device: str, precisions: list[str]) -> dict[str, Callable[[], Run]]:
    """The contenders, by name."""
    found: dict[str, Callable[[], Run]] = {
        f"clearprop torch {precision}": lambda precision=precision: clearprop(work, "torch", device, precision)
        for precision in precisions
    }
    found["torch by hand"] = lambda: by_hand(work, device)
    found["torch autograd"] = lambda: by_autograd(work, device)
    if device != "cpu":
        found["torch.compile"] = lambda: by_autograd(work, device, "reduce-overhead")
    if importlib.util.find_spec("jax") is not None:
        found["jax scan"] = lambda: jax_scan(work)
    found["clearprop compiled, CPU"] = lambda: clearprop(work, "compiled")
    return found


def contest(work: Workload, makes: dict[str, Callable[[], Run]], rounds: int, spent: list[float]) -> dict[str, Any]:
    """Samples per second of each contender (median of the rounds), and the loss after the first updates."""
    found: dict[str, Any] = {}
    running: dict[str, tuple[Callable[[int], None], int]] = {}
    for name, make in makes.items():
        if name == "torch.compile" and sum(spent) > COMPILING:
            found[name] = {"left_out": "its share of the time was used up"}
            continue
        began = time.perf_counter()
        try:
            run, loss = make()
            run(UPDATES)
            value = loss()
        except Exception as error:  # a contender that cannot do it must not end the others
            found[name] = {"failed": str(error).splitlines()[0][:100]}
            continue
        first = time.perf_counter() - began
        spent += [first] if name == "torch.compile" else []
        began = time.perf_counter()
        run(UPDATES)
        count = max(1, int(BURST * UPDATES / (time.perf_counter() - began)))
        found[name] = {"loss": value, "seconds_to_first": first, "rates": []}
        running[name] = run, count
    for number in range(rounds):
        for name in running if number % 2 else reversed(running):
            run, count = running[name]
            began = time.perf_counter()
            run(count)
            found[name]["rates"].append(work.batch * count / (time.perf_counter() - began))
    for each in found.values():
        each["samples_per_second"] = statistics.median(each["rates"]) if each.get("rates") else None
    return found


def shown(title: str, found: dict[str, Any], work: Workload) -> None:
    print(f"\n{title}")
    ours = next(iter(found.values()))["samples_per_second"]
    for name, each in found.items():
        rate = each["samples_per_second"]
        if rate is None:
            print(f"  {name:<28} {each.get('failed') or each.get('left_out')}")
            continue
        ratio = "" if ours is None else f"{ours / rate:8.2f} × slower than ours"
        print(f"  {name:<28} {rate:>14,.0f} samples/s {1e6 * work.batch / rate:>10.1f} µs/update "
              f"loss {each['loss']:<9.5f} {ratio}", flush=True)  # fmt: skip


def from_which_size(device: str) -> None:
    """Square networks, batches of 256: the first width at which the device beats the compiled engine."""
    print(f"\nn-n-n-10, Adam, batch 256: {device} beside the compiled engine on all cores")
    for n in (32, 64, 128, 256, 512, 1024, 2048):
        work = Workload((n, n, n, 10), "relu", "softmax", "cross_entropy", "adam", 256, 2560, {})
        makes = {"there": lambda w=work: clearprop(w, "torch", device), "here": lambda w=work: clearprop(w, "compiled")}
        found = contest(work, makes, 3, [])
        there, here = (found[name]["samples_per_second"] for name in makes)
        if there is None or here is None:
            print(f"  {n:>5}: {found}")
            return
        print(f"  {n:>5}: {there / here:.2f} × as fast, {work.flops:.1e} operations an update", flush=True)


def main(device: str, only: str, rounds: int) -> None:
    from clearprop.engines.hardware import Hardware
    from clearprop.engines.torch import devices

    here = devices.found()
    if devices.chosen(device, here) is None:
        for title in {**WORKLOADS, **WIDE}:
            print(f"{title:<45} {device}: untested, PyTorch finds {', '.join(here)}")
        print("on the CPU: python benchmarks/gpu.py --device cpu")
        return
    precisions = [p for p in ("float32", "tf32", "bf16") if devices.refusal(Hardware(device, p), "float32") is None]
    if device == "cpu":
        precisions = ["float32"]
    results, spent = {}, [0.0]
    for title, work in {**WORKLOADS, **WIDE}.items():
        if only in title and not (device == "cpu" and title in WIDE and not only):
            results[title] = contest(work, entries(work, device, precisions), rounds, spent)
            shown(title, results[title], work)
    if device != "cpu":
        from_which_size(device)
    print("kept in", keep(f"gpu_{device.replace(':', '_')}", results))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--only", default="", help="workloads whose name holds this")
    parser.add_argument("--rounds", type=int, default=3)
    arguments = parser.parse_args()
    main(arguments.device, arguments.only, arguments.rounds)
