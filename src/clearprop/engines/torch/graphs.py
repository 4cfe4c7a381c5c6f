"""Calls as one: a captured graph on NVIDIA's GPUs, the calls one after the other elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import torch

from clearprop.engines.torch.program import Call

WARM_UP = 3  # runs before a capture: libraries take memory of their own in the first ones


def capture(device: Any, calls: Sequence[Call]) -> Callable[[], Any]:
    """What makes all these calls.

    On a CUDA device they are run first, and captured then: what they write is overwritten.
    """

    def each() -> None:
        for call in calls:
            call()

    if device.type != "cuda":
        return each
    beside = torch.cuda.Stream(device)
    beside.wait_stream(torch.cuda.current_stream(device))
    with torch.cuda.device(device), torch.cuda.stream(beside):
        for _ in range(WARM_UP):
            each()
    torch.cuda.current_stream(device).wait_stream(beside)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.device(device), torch.cuda.graph(graph):
        each()
    return graph.replay  # type: ignore[no-any-return]
