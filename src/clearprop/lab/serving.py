"""A server under way: its port on 127.0.0.1, its thread, its end."""

from __future__ import annotations

import logging
import socket
import threading
import time
from dataclasses import dataclass, field
from typing import Any

import uvicorn

from clearprop.errors import InputError
from clearprop.lab.guards import new_token
from clearprop.lab.server import Served, application

HOST = "127.0.0.1"
SECONDS_TO_START, SECONDS_TO_END = 10.0, 5.0


@dataclass
class Serving:
    """A server in a thread of its own; a context that ends it.

    Parameters
    ----------
    served : Served
    port : int
        0 for any that is free.

    Examples
    --------
    >>> from clearprop.lab.desk import Desk
    >>> from clearprop.lab.project import case_project
    >>> from clearprop.lab.server import OfDesk
    >>> from clearprop.lab.serving import Serving
    >>> with Serving(OfDesk(Desk(case_project("mazur")))) as serving:
    ...     serving.address.startswith("http://127.0.0.1:")
    True
    """

    served: Served
    port: int = 0
    token: str = field(default_factory=new_token)
    _server: Any = field(default=None, init=False, repr=False)
    _thread: Any = field(default=None, init=False, repr=False)

    @property
    def address(self) -> str:
        """What to open; the token stands behind #, which browsers do not send to anybody."""
        return f"http://{HOST}:{self.port}/#token={self.token}"

    def start(self) -> Serving:
        """Take the port and begin to answer.

        Raises
        ------
        InputError
            When the port is taken.
        """
        listener = _listener(self.port)
        self.port = listener.getsockname()[1]
        guard = application(self.served, self.token)
        guard.at(self.port)
        logging.getLogger("uvicorn").setLevel(logging.CRITICAL)
        config = uvicorn.Config(
            guard, log_config=None, access_log=False, server_header=False, lifespan="off", ws="none", loop="asyncio",
            http="h11", timeout_graceful_shutdown=1, limit_concurrency=64,
        )  # fmt: skip
        self._server = uvicorn.Server(config)
        arguments = {"sockets": [listener]}
        self._thread = threading.Thread(target=self._server.run, kwargs=arguments, name="lab-server", daemon=True)
        self._thread.start()
        deadline = time.monotonic() + SECONDS_TO_START
        while not self._server.started and self._thread.is_alive() and time.monotonic() < deadline:
            time.sleep(0.005)
        return self

    @property
    def is_alive(self) -> bool:
        """Whether it answers."""
        return self._thread is not None and self._thread.is_alive()

    def stop(self) -> None:
        """End every stream, answer what was asked, and let the port go."""
        if self._server is None:
            return
        self.served.events.close()
        self._server.should_exit = True
        self._thread.join(SECONDS_TO_END)

    def wait(self) -> None:
        """Until it ends, or Ctrl-C comes."""
        while self.is_alive:
            self._thread.join(0.5)

    def __enter__(self) -> Serving:
        return self.start()

    def __exit__(self, *error: object) -> None:
        self.stop()


def _listener(port: int) -> socket.socket:
    found = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        found.bind((HOST, port))
    except (OSError, OverflowError) as error:
        found.close()
        raise InputError(
            f"the port {port} cannot be had ({error}); leave --port out, and any free one is taken"
        ) from None
    found.listen(64)
    return found
