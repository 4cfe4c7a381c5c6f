"""A lab without a network: its application asked directly, as a page of its own would ask."""

import asyncio
import json
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

from clearprop.lab.desk import Desk
from clearprop.lab.project import case_project
from clearprop.lab.server import OfDesk, answered, application
from clearprop.lab.serving import Serving

TOKEN, PORT = "the-token", 8123
JSON = "application/json"


def finished(coroutine):
    """What a coroutine returns. It runs in another thread: in this one a browser may have its own loop."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, coroutine).result()


class Asking:
    """Asks a lab, and keeps what the last answer was."""

    def __init__(self, project=None, served=None):
        self.desk = None if served else Desk(project or case_project("case_study"))
        self.served = served or OfDesk(self.desk)
        self.app = application(self.served, TOKEN)
        self.app.at(PORT)

    @property
    def workspace(self):
        return self.desk.workspace

    def ask(self, method, path, query="", body=b"", headers=(), *, plain=False):
        """Status, headers and body of an answer; `plain` leaves out the headers that a page sends by itself."""
        own = {} if plain else {"host": f"127.0.0.1:{PORT}", "x-clearprop-token": TOKEN}
        listed = {**own, **dict(headers)}
        pairs = [(name.lower().encode(), value.encode()) for name, value in listed.items() if value is not None]
        scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": "http",
            "path": path,
            "raw_path": path.encode(),
            "query_string": query.encode(),
            "root_path": "",
            "headers": pairs,
            "client": ("127.0.0.1", 1),
            "server": ("127.0.0.1", PORT),
        }
        return finished(self._answer(scope, body))

    async def _answer(self, scope, body):
        came, sent = iter([body]), []

        async def receive():
            part = next(came, None)
            if part is None:
                await asyncio.sleep(3600)
            return {"type": "http.request", "body": part, "more_body": False}

        async def send(message):
            sent.append(message)

        await self.app(scope, receive, send)
        headers = {name.decode().lower(): value.decode() for name, value in sent[0]["headers"]}
        return sent[0]["status"], headers, b"".join(message.get("body", b"") for message in sent[1:])

    def get(self, path, status=200, **query):
        """An answer as an object, past the guard."""
        return self._whole(status, "GET", path, query)

    def post(self, path, status=200, query=None, **body):
        """The answer to a change on the present revision, unless another is named."""
        body = {"revision": self.workspace.revision, **body}
        return self._whole(status, "POST", path, query or {}, JSON, json.dumps(body).encode())

    def _whole(self, status, method, path, query, *sent):
        texts = {name: str(value) for name, value in query.items()}
        found = answered(self.served, method, path, texts, *sent)
        assert found.status_code == status, found.body[:500]
        return json.loads(found.body)


@contextmanager
def served(project=None):
    """A lab on a real port: its `Serving`, and its desk."""
    desk = Desk(project or case_project("case_study"))
    with Serving(OfDesk(desk)) as serving:
        yield serving, desk
    desk.close()
