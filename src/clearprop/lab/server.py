"""The server: starlette hands each request to its route, and every answer, a refusal too, is JSON with the revision."""

from __future__ import annotations

import json
import logging
import time
from collections.abc import Callable, Mapping
from typing import Any, Protocol

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import ClientDisconnect, Request
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from clearprop.errors import ClearpropError
from clearprop.explain.words.message import in_language
from clearprop.lab import limits
from clearprop.lab.desk import Desk
from clearprop.lab.events import Events
from clearprop.lab.guards import Guard
from clearprop.lab.plain import to_bytes
from clearprop.lab.refusals import LabError, NotFoundError, OutdatedError, TooLargeError, TypedError
from clearprop.lab.routes import POSTED, RAW, READING, Answer, Asked, File, export, state
from clearprop.lab.static_files import static_files
from clearprop.lab.style import Style
from clearprop.lab.words import LANGUAGES

LOG = logging.getLogger("clearprop.lab")


class Served(Protocol):
    """What a server answers for: a desk, or a training that is watched."""

    events: Events

    def answer(self, method: str, path: str, asked: Asked) -> Answer:
        """The answer of an address; NotFoundError where there is none such."""
        ...

    def revision(self) -> int:
        """The present revision."""
        ...

    def present(self, asked: Asked) -> Answer:
        """The present state."""
        ...


class OfDesk:
    """A desk, asked by method and path."""

    def __init__(self, desk: Desk) -> None:
        self.desk = desk
        self.events = desk.events

    def answer(self, method: str, path: str, asked: Asked) -> Answer:
        """The answer of a route; NotFoundError where there is none such."""
        if method == "GET" and path.startswith("export/"):
            with self.desk.workspace.lock:
                return export(self.desk, asked, path.removeprefix("export/"))
        found = (READING if method == "GET" else POSTED).get(path)
        if found is None:
            raise NotFoundError(f"there is no address {method} /api/{path[:60]}")
        if method == "POST" and path == "pause":
            return found(self.desk, asked)
        with self.desk.workspace.lock:
            began = time.thread_time()
            try:
                return found(self.desk, asked)
            finally:
                self.desk.took(time.thread_time() - began)

    def revision(self) -> int:
        """The present revision."""
        return self.desk.workspace.revision

    def present(self, asked: Asked) -> Answer:
        """The present state."""
        return state(self.desk, asked)


def application(served: Served, token: str) -> Guard:
    """The whole server, its guard in front."""

    async def page(request: Request) -> Response:
        name = request.path_params.get("name", "index.html")
        if name not in static_files():
            return _refused(served, NotFoundError(f"there is no file {name[:60]!r}"), "en")
        content, kind = static_files()[name]
        return Response(content, media_type=kind)

    async def events(request: Request) -> Response:
        if served.events.is_full:
            message = {"error": {"kind": "BusyError", "message": f"{limits.STREAMS} tabs are listening already"}}
            return Response(to_bytes(message), 429, media_type="application/json")
        return StreamingResponse(served.events.stream(), media_type="text/event-stream")

    async def api(request: Request) -> Response:
        path = request.path_params["path"]
        try:
            raw = await _body(request, RAW.get(path, limits.BODY) if request.method == "POST" else 0)
        except TooLargeError as error:
            return _refused(served, error, "en")
        except ClientDisconnect:
            return Response(status_code=400)
        query, kind = dict(request.query_params), request.headers.get("content-type", "")
        return await run_in_threadpool(answered, served, request.method, path, query, kind, raw)

    routes = [
        Route("/", page, methods=["GET"]),
        Route("/api/events", events, methods=["GET"]),
        Route("/api/{path:path}", api, methods=["GET", "POST"]),
        Route("/static/{name}", page, methods=["GET"]),
        Route("/{name}", page, methods=["GET"]),
    ]
    app = Starlette(routes=routes, exception_handlers=_handlers(served))
    app.router.redirect_slashes = False
    return Guard(app, token)


def _handlers(served: Served) -> Mapping[Any, Callable[..., Any]]:
    async def not_found(request: Request, error: Exception) -> Response:
        return _refused(served, NotFoundError(f"there is no address {request.url.path[:60]}"), "en")

    async def not_allowed(request: Request, error: Exception) -> Response:
        message = f"{request.method} is not possible here"
        return _error(served, 405, "MethodError", message)

    return {404: not_found, 405: not_allowed}


async def _body(request: Request, most: int) -> bytes:
    """The body, read no further than it may be long."""
    parts, length = [], 0
    async for part in request.stream():
        length += len(part)
        limits.check_most("bytes", length, most, "send less")
        parts.append(part)
    return b"".join(parts)


def answered(
    served: Served, method: str, path: str, query: Mapping[str, str], content_type: str = "", raw: bytes = b""
) -> Response:
    """The answer to a request that the guard has let through, or why there is none."""
    language = query.get("language", "en") if query.get("language") in LANGUAGES else "en"
    asked = Asked(query, Style(language=language), {}, raw)
    try:
        asked = asked._replace(style=Style.of(query))
        if method == "POST":
            kind = content_type.split(";")[0].strip().lower()
            is_file = path in RAW and kind != "application/json"
            if kind not in ("application/json", *(("application/octet-stream",) if path in RAW else ())):
                return _error(served, 415, "TypeError", "the body must be JSON, with Content-Type: application/json")
            asked = asked._replace(body={} if is_file else _json(raw))
        found = served.answer(method, path, asked)
    except OutdatedError as error:
        present = served.present(asked)
        return _error(served, error.status, type(error).__name__, error.in_language(language), state=present)
    except Exception as error:
        return _refused(served, error, language)
    if isinstance(found, File):
        headers = {"Content-Disposition": f'attachment; filename="{found.name}"'}
        return Response(found.content, media_type=found.type, headers=headers)
    return Response(to_bytes({"revision": served.revision(), **found}), media_type="application/json")


def _json(raw: bytes) -> Mapping[str, Any]:
    """The body as an object."""
    try:
        found = json.loads(raw, parse_constant=_refuse_constant)
    except (ValueError, RecursionError):
        raise LabError("the body cannot be read as JSON") from None
    if not isinstance(found, dict):
        raise LabError("the body must be a JSON object")
    return found


def _refuse_constant(name: str) -> float:
    raise ValueError(name)


def _refused(served: Served, error: Exception, language: str) -> Response:
    """The answer for what went wrong: what clearprop says on purpose as it is; anything else is a fault of ours."""
    if not isinstance(error, ClearpropError):
        LOG.error("a fault of the lab", exc_info=error)
        message = f"this is a fault of clearprop itself ({type(error).__name__}); the workspace is as it was"
        return _error(served, 500, "InternalError", message)
    status = error.status if isinstance(error, LabError) else 400
    said = error.in_language(language) if isinstance(error, LabError) else in_language(error, language)
    at = {"at": error.at} if isinstance(error, TypedError) else {}
    return _error(served, status, type(error).__name__, said, **at)


def _error(served: Served, status: int, kind: str, message: str, *, state: Any = None, **more: Any) -> Response:
    body = {"error": {"kind": kind, "message": message, **more}, "revision": served.revision()}
    if state is not None:
        body["state"] = state
    return Response(to_bytes(body), status, media_type="application/json")
