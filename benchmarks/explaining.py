"""Explaining one step of a 784-128-10 network: the trace, the document, and each medium, all sections in all of them.

In seconds of the processor, the best of some rounds. Together they must stay below one second.

    python benchmarks/explaining.py [--rounds 5]
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from machine import keep

from clearprop import Network
from clearprop.explain import Explanation, explain

MOST = 1.0  # second, for everything together
MEDIA = ("text", "markdown", "latex", "html", "json", "svg")


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds of the processor, and what came out."""
    began = time.process_time()
    found = work()
    return time.process_time() - began, found


def one_round() -> dict[str, float]:
    """The seconds of each part; what one part keeps for the next is its own."""
    network = Network.mlp([784, 128, 10], "relu", loss="cross_entropy")
    params, x, y = network.initial(0), np.random.default_rng(0).random(784), np.eye(10)[3]
    seconds = {}
    seconds["trace"], trace = timed(lambda: explain(network, params, x, y))
    page = Explanation(trace, sections=("step", "ideas"))
    seconds["document"], _ = timed(lambda: page.document)
    for medium in MEDIA:
        seconds[medium], _ = timed(getattr(page, medium))
    return seconds


def main(rounds: int) -> None:
    rounds_of = [one_round() for _ in range(rounds)]
    results = {name: min(seconds[name] for seconds in rounds_of) for name in rounds_of[0]}
    results["together"] = min(sum(seconds.values()) for seconds in rounds_of)
    for name, seconds in results.items():
        print(f"{name:<10} {seconds:>7.3f} s")
    print(f"at most {MOST} s together: {'yes' if results['together'] < MOST else 'no'}")
    print("kept in", keep("explaining", {"seconds": results}))


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    main(parser.parse_args().rounds)
