"""The event stream: whoever listens is told that there is something new, at most so often, the latest winning.

Either whoever changes something says so (`publish`), or a listener looks by itself every so often (`looks`): then it
costs nothing where nobody listens.
"""

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
    looks : callable, optional
        Another value whenever there is something new that nobody has published.
    seconds : float
        From one look to the next.
    waits : callable, optional
        For how many seconds listeners are not to be told yet; asked again and again.
    """

    def __init__(
        self, news: Callable[[], Any], looks: Callable[[], object] = lambda: None, seconds: float = SECONDS_OF_SILENCE,
        *, waits: Callable[[], float] = lambda: 0.0,
    ) -> None:  # fmt: skip
        self.news, self.looks, self.seconds, self.waits = news, looks, seconds, waits
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
            if event.is_set() and not self.is_closed:
                continue  # they have not been told of the last change yet
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
        seen: object = None
        try:
            while not self.is_closed:
                if not await self._is_news(event, seen):
                    yield b": still here\n\n"
                    continue
                event.clear()
                if self.is_closed:
                    break
                seen = self.looks()
                found = await asyncio.to_thread(self.news)
                yield b"event: state\ndata: " + json.dumps(plain(found), ensure_ascii=False).encode() + b"\n\n"
                await asyncio.sleep(SECONDS_BETWEEN)
                while (left := self.waits()) > 0 and not self.is_closed:
                    await asyncio.sleep(min(left, SECONDS_BETWEEN))
        finally:
            self._listeners.pop(event, None)

    async def _is_news(self, event: asyncio.Event, seen: object) -> bool:
        """Wait until there is something new; False where there was nothing for long."""
        now = asyncio.get_running_loop().time
        until = now() + SECONDS_OF_SILENCE
        while (left := until - now()) > 0:
            try:
                await asyncio.wait_for(event.wait(), min(self.seconds, left))
            except TimeoutError:
                if self.looks() == seen:
                    continue
            return True
        return False
