"""How often pages are told of a training: so seldom that what they ask then leaves it its speed."""

import asyncio
import json

import pytest

from asking import Asking, finished
from clearprop.lab import desk as room
from clearprop.lab.desk import MOST_SECONDS, TIMES_AS_LONG


def revision_of(message):
    return json.loads(message.split(b"data: ")[1])["revision"]


def test_the_longer_an_answer_took_the_longer_training_goes_on_undisturbed(monkeypatch):
    now = [100.0]
    monkeypatch.setattr(room.time, "monotonic", lambda: now[0])
    asking = Asking()
    asking.desk.took(1.0)
    assert asking.desk.waits() == 0  # nothing trains
    asking.workspace.run = object()
    for seconds in (0.001, 0.002):
        asking.desk.took(seconds)
    assert asking.desk.waits() == pytest.approx(0.003 * TIMES_AS_LONG)
    asking.desk.took(1.0)
    assert asking.desk.waits() == MOST_SECONDS
    now[0] += 10
    assert asking.desk.waits() <= 0
    asking.get("state")
    assert asking.desk.waits() > 0.0005 * TIMES_AS_LONG
    asking.workspace.run = None
    assert asking.desk.waits() == 0


def test_a_listener_is_told_when_the_wait_is_over_and_then_of_the_last_change():
    asking, left = Asking(), [5]

    def waits():
        left[0] -= 1
        return 0.001 if left[0] else 0.0

    async def listening():
        stream = asking.desk.events.stream()
        told = [revision_of(await anext(stream))]
        asking.desk.events.waits = waits
        for _ in range(3):
            asking.workspace.touch()
        told.append(revision_of(await anext(stream)))
        await stream.aclose()
        return told

    assert finished(listening()) == [1, 4]
    assert left == [0]


def test_what_changes_again_before_it_was_told_wakes_nobody_again():
    async def listening():
        asking, woken = Asking(), []
        stream = asking.desk.events.stream()
        await anext(stream)
        loop = asyncio.get_running_loop()
        call = loop.call_soon_threadsafe
        loop.call_soon_threadsafe = lambda *what: (woken.append(1), what[0]())
        for _ in range(5):
            asking.workspace.touch()
        loop.call_soon_threadsafe = call
        await stream.aclose()
        return len(woken)

    assert finished(listening()) == 1
