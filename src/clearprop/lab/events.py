"""The event stream: whoever listens is told that there is something new, at most so often, the latest winning."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

from clearprop.lab.limits import STREAMS
from clearprop.lab.plain import plain

SECONDS_BETWEEN = 1 / 30
SECONDS_OF_SILENCE = 10.0  # after which a comment shows that the server is still there


class Events:
    """Tells listeners of news.

    Parameters
    ----------
    news : callable
        What there is to tell now, as JSON holds it.
    """

    def __init__(self, news: Callable[[], Any]) -> None:
        self.news = news
        self.is_closed = False
        self._listeners: dict[asyncio.Event, asyncio.AbstractEventLoop] = {}

    @property
    def is_full(self) -> bool:
        """Whether as many listen as may."""
        return len(self._listeners) >= STREAMS

    @property
    def has_listeners(self) -> bool:
        """Whether anybody listens."""
        return bool(self._listeners)

    def publish(self) -> None:
        """There is something new; from any thread."""
        for event, loop in list(self._listeners.items()):
            try:
                loop.call_soon_threadsafe(event.set)
            except RuntimeError:  # the loop has ended meanwhile
                self._listeners.pop(event, None)

    def close(self) -> None:
        """End every stream; from any thread."""
        self.is_closed = True
        self.publish()

    async def stream(self) -> AsyncIterator[bytes]:
        """What is sent to one listener, as long as it listens."""
        event = asyncio.Event()
        event.set()
        self._listeners[event] = asyncio.get_running_loop()
        try:
            while not self.is_closed:
                try:
                    await asyncio.wait_for(event.wait(), SECONDS_OF_SILENCE)
                except TimeoutError:
                    yield b": still here\n\n"
                    continue
                event.clear()
                if self.is_closed:
                    break
                found = await asyncio.to_thread(self.news)
                yield b"event: state\ndata: " + json.dumps(plain(found), ensure_ascii=False).encode() + b"\n\n"
                await asyncio.sleep(SECONDS_BETWEEN)
        finally:
            self._listeners.pop(event, None)
