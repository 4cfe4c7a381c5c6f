"""Who may ask: the page of this server in this browser, and nobody else; and how much may be sent.

A server on 127.0.0.1 can be reached by every page that is open in a browser of the machine. So a request must name this
server as its host (a name of somebody else's that leads to 127.0.0.1 does not), must not come from another page, and
must know the token that only the opened address has.
"""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, MutableMapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qsl

from clearprop.lab.plain import to_bytes

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

LONGEST_ADDRESS = 16_000  # letters of path and query
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; font-src 'self'; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"x-frame-options", b"DENY"),
    (b"referrer-policy", b"no-referrer"),
    (b"cross-origin-resource-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"cache-control", b"no-store"),
)
TOKEN_HEADER = b"x-clearprop-token"
BY_QUERY = ("/api/events", "/api/export/", "/api/sheets")  # where a browser cannot set a header


def new_token() -> str:
    """A token that nobody guesses."""
    return secrets.token_urlsafe(24)


@dataclass
class Guard:
    """Lets through what may come, to the application behind it, and adds the headers of the policy to every answer.

    Parameters
    ----------
    app : ASGI application
    token : str
    port : int
        Of the server.
    """

    app: App
    token: str
    port: int = 0
    _hosts: frozenset[bytes] = field(init=False, repr=False, default=frozenset())

    def at(self, port: int) -> None:
        """The port that the server got."""
        self.port = port
        self._hosts = frozenset(f"{name}:{port}".encode() for name in ("127.0.0.1", "localhost"))

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return  # no sockets, and nothing to begin or to end
        refused = self.refusal(scope)

        async def with_policy(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": [*message.get("headers", ()), *HEADERS]}
            await send(message)

        if refused is None:
            await self.app(scope, receive, with_policy)
        else:
            await answer(with_policy, *refused)

    def refusal(self, scope: Message) -> tuple[int, str, str] | None:
        """Status, kind and sentence for what may not come; None for what may."""
        headers = _headers(scope)
        hosts, origins = headers.get(b"host", []), headers.get(b"origin", [])
        if len(hosts) != 1 or hosts[0] not in self._hosts:
            return 403, "HostError", f"this server is asked for as 127.0.0.1:{self.port} only"
        own = {b"http://" + host for host in self._hosts}
        if any(origin not in own for origin in origins):
            return 403, "OriginError", "another page has no business here"
        site = headers.get(b"sec-fetch-site", [b"same-origin"])
        if site[0] not in (b"same-origin", b"none") and scope["path"].startswith("/api/"):
            return 403, "OriginError", "another page has no business here"
        if len(scope["path"]) + len(scope["query_string"]) > LONGEST_ADDRESS:
            return 413, "TooLargeError", f"an address may have {LONGEST_ADDRESS:,} letters"
        if scope["path"].startswith("/api/") and not self._knows_token(scope, headers):
            return 401, "TokenError", "open the address that the terminal shows: it has the token of this lab"
        return None

    def _knows_token(self, scope: Message, headers: dict[bytes, list[bytes]]) -> bool:
        given = headers.get(TOKEN_HEADER, [])
        if not given and scope["method"] == "GET" and scope["path"].startswith(BY_QUERY):
            query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
            given = [value.encode() for name, value in query if name == "token"]
        return len(given) == 1 and secrets.compare_digest(given[0], self.token.encode())


def _headers(scope: Message) -> dict[bytes, list[bytes]]:
    found: dict[bytes, list[bytes]] = {}
    for name, value in scope["headers"]:
        found.setdefault(name.lower(), []).append(value)
    return found


async def answer(send: Send, status: int, kind: str, message: str) -> None:
    """An answer that says no."""
    body = to_bytes({"error": {"kind": kind, "message": message}})
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
