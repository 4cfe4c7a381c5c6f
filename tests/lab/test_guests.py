"""Who may ask, and what: other hosts, other pages, no token, too much, and names of files."""

import json

import pytest

from asking import JSON, PORT, TOKEN, Asking, finished

OWN = f"127.0.0.1:{PORT}"


@pytest.fixture(scope="module")
def asking():
    return Asking()


def refused(asking, method="GET", path="/api/state", query="", body=b"", **headers):
    status, _, answer = asking.ask(
        method, path, query, body, {name.replace("_", "-"): v for name, v in headers.items()}
    )
    return status, json.loads(answer)["error"]["kind"] if answer.startswith(b"{") else ""


@pytest.mark.parametrize(
    "host",
    [
        "",
        "example.org",
        f"example.org:{PORT}",
        "127.0.0.1",
        f"127.0.0.1:{PORT + 1}",
        f"127.0.0.1.example.org:{PORT}",
        f"127.0.0.2:{PORT}",
        f"0.0.0.0:{PORT}",
        f"[::1]:{PORT}",
        f"user@127.0.0.1:{PORT}",
        f"127.0.0.1:{PORT}.",
        None,
    ],
)
def test_another_host_is_refused_whatever_is_asked_for(asking, host):
    for path in ("/api/state", "/", "/index.html"):
        assert refused(asking, path=path, host=host) == (403, "HostError")


def test_two_hosts_are_refused(asking):
    scope = {
        "type": "http",
        "method": "GET",
        "path": "/",
        "query_string": b"",
        "headers": [(b"host", OWN.encode())] * 2,
    }
    assert asking.app.refusal(scope)[0] == 403


@pytest.mark.parametrize(
    "origin",
    [
        "null",
        "http://example.org",
        f"https://{OWN}",
        "http://127.0.0.1",
        f"http://127.0.0.1:{PORT + 1}",
        "file://",
        "",
        f"http://{OWN}/",
        f"http://{OWN}.example.org",
    ],
)
def test_another_origin_is_refused(asking, origin):
    assert refused(asking, origin=origin) == (403, "OriginError")
    assert refused(asking, "POST", "/api/rewind", origin=origin, content_type=JSON) == (403, "OriginError")


@pytest.mark.parametrize("site", ["cross-site", "same-site", "anything"])
def test_a_request_that_another_page_started_is_refused(asking, site):
    assert refused(asking, sec_fetch_site=site) == (403, "OriginError")


@pytest.mark.parametrize("host", [OWN, f"localhost:{PORT}"])
def test_the_page_itself_may_ask(asking, host):
    status, _, _ = asking.ask("GET", "/api/state", headers={"host": host, "origin": f"http://{host}"})
    assert status == 200


@pytest.mark.parametrize("token", ["", "x", TOKEN[:-1], TOKEN + "x", TOKEN.upper(), None])
def test_without_the_token_nothing_is_said(asking, token):
    for method, path in (("GET", "/api/state"), ("POST", "/api/step"), ("GET", "/api/nothing"), ("PUT", "/api/state")):
        assert refused(asking, method, path, x_clearprop_token=token, content_type=JSON) == (401, "TokenError")


def test_the_token_in_the_address_opens_only_what_a_browser_asks_for_by_itself(asking):
    for path, status in (("/api/export/svg", 200), ("/api/sheets", 400), ("/api/state", 401), ("/api/curves", 401)):
        assert asking.ask("GET", path, f"token={TOKEN}", headers={"x-clearprop-token": None})[0] == status, path
    assert asking.ask("GET", "/api/export/svg", "token=x", headers={"x-clearprop-token": None})[0] == 401
    twice = f"token=x&token={TOKEN}"
    assert asking.ask("GET", "/api/export/svg", twice, headers={"x-clearprop-token": None})[0] == 401
    assert asking.ask("POST", "/api/export/svg", f"token={TOKEN}", headers={"x-clearprop-token": None})[0] == 401


@pytest.mark.parametrize(
    "path",
    [
        "/../pyproject.toml",
        "/static/../server.py",
        "/static/..%2fserver.py",
        "/server.py",
        "//etc/passwd",
        "/static/",
        "/%2e%2e/server.py",
        "/static/.hidden",
        "/index.html/../server.py",
        "/etc/passwd",
        "/C:/Windows/win.ini",
    ],
)
def test_no_path_opens_a_file_that_is_not_in_the_list(asking, path):
    status, _, body = asking.ask("GET", path)
    assert status == 404
    assert b"import" not in body


@pytest.mark.parametrize(
    ("method", "path"),
    [("PUT", "/api/state"), ("DELETE", "/api/state"), ("POST", "/"), ("PATCH", "/api/step"), ("OPTIONS", "/api/step")],
)
def test_other_methods_are_refused(asking, method, path):
    assert asking.ask(method, path)[0] == 405


@pytest.mark.parametrize(
    "path",
    [
        "/api/",
        "/api/nothing",
        "/api/state/more",
        "/api/export/",
        "/api/export/passwd",
        "/api/export/../state",
        "/nothing.js",
    ],
)
def test_other_addresses_are_not_found(asking, path):
    assert asking.ask("GET", path)[0] == 404


def test_every_answer_has_the_policy_and_none_may_be_kept(asking):
    for path in ("/", "/api/state", "/nothing", "/api/export/svg"):
        _, headers, _ = asking.ask("GET", path)
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "data:" not in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["cache-control"] == "no-store"
        assert "access-control-allow-origin" not in headers
    _, headers, _ = asking.ask("GET", "/", headers={"host": "example.org"})
    assert "content-security-policy" in headers


def test_the_page_has_no_inline_script_or_style_and_asks_nobody_else():
    from clearprop.lab.static_files import static_files

    for name, (content, _) in static_files().items():
        text = content.decode("utf-8", "ignore")
        if name.endswith(".html"):
            assert "<style" not in text
            assert " style=" not in text
            assert "<script>" not in text
            assert " on" not in text.replace(" only", "").split("<body")[0]
        if name.endswith((".html", ".css", ".js")):
            elsewhere = text.replace("http://www.w3.org/", "")
            assert "http://" not in elsewhere, name
            assert "https://" not in elsewhere, name


@pytest.mark.parametrize(
    "body", [b"", b"{", b"[1]", b'"text"', b"null", b'{"revision": NaN}', b"\xff\xfe", b"[" * 100_000]
)
def test_a_body_that_is_no_object_is_refused(asking, body):
    status, kind = refused(asking, "POST", "/api/step", body=body, content_type=JSON)
    assert (status, kind) == (400, "LabError")


@pytest.mark.parametrize(
    "kind",
    [None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data", "application/octet-stream"],
)
def test_a_form_cannot_post(asking, kind):
    assert refused(asking, "POST", "/api/step", body=b"{}", content_type=kind)[0] == 415


def test_too_much_is_refused_with_the_limit_in_the_message(asking):
    status, _, body = asking.ask("POST", "/api/step", body=b" " * 1_000_001, headers={"content-type": JSON})
    assert status == 413
    assert "1,000,000" in json.loads(body)["error"]["message"]
    assert asking.ask("GET", "/api/state", "x" * 20_000)[0] == 413


def test_a_socket_is_left_alone(asking):
    finished(asking.app({"type": "websocket", "path": "/"}, None, None))


def test_a_fault_of_ours_says_nothing_of_the_inside(monkeypatch, caplog):
    from clearprop.lab import routes

    def broken(desk, asked):
        raise KeyError("secret")

    monkeypatch.setitem(routes.READING, "state", broken)
    status, _, body = Asking().ask("GET", "/api/state")
    assert status == 500
    assert b"secret" not in body
    assert "InternalError" in body.decode()
    assert "a fault of the lab" in caplog.text
