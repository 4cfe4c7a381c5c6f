"""Training in the background, streams of events, and the server on a real port."""

import http.client
import json
import signal
import threading
import time

import numpy as np
import pytest

import processes
from asking import Asking, served
from clearprop.engines import ReferenceEngine, TrainingState
from clearprop.errors import InputError
from clearprop.lab.project import new_project
from clearprop.lab.serving import Serving
from clearprop.training import epochs
from lab_projects import project


def waited(until, seconds=15.0):
    deadline = time.monotonic() + seconds
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def test_a_run_makes_the_same_updates_as_the_library_and_ends_by_itself():
    made = project("softmax", 2)
    asking = Asking(made)
    state = asking.post("run", epochs=30)
    assert state["time"]["is_running"]
    waited(lambda: not asking.workspace.is_running)
    own = TrainingState.start(made.job, made.initial)
    for epoch in epochs(made.job, own, made.rows.training, ReferenceEngine()):
        if epoch.n == 30:
            break
    assert asking.workspace.state.epoch == 30
    assert np.array_equal(asking.workspace.state.theta, own.theta)
    asking.post("step", grain="epoch", direction=-1)
    assert asking.workspace.state.epoch == 29


def test_a_run_can_be_paused_and_nothing_else_be_done_meanwhile():
    asking = Asking(new_project({"kind": "circles", "n": 200}))
    asking.post("run")
    for path, body in (
        ("step", {"grain": "batch"}),
        ("rewind", {}),
        ("set", {"of": "rate", "value": 1.0}),
        ("run", {}),
    ):
        answer = asking.post(path, 409, **body)
        assert "pause" in answer["error"]["message"] or "revision" in answer["error"]["message"]
        assert answer["state"]["mode"] == "lab"
    state = asking.post("pause")
    assert not state["time"]["is_running"]
    theta = asking.workspace.state.theta.copy()
    time.sleep(0.1)
    assert np.array_equal(asking.workspace.state.theta, theta)
    revision = asking.workspace.revision
    assert asking.post("pause")["revision"] == revision
    asking.post("step", grain="batch", direction=-1)


def test_a_run_to_the_planned_epochs_and_none_beyond():
    asking = Asking(project("several_outputs", 7))
    asking.post("job", epochs=5)
    asking.post("run")
    waited(lambda: not asking.workspace.is_running)
    assert asking.workspace.state.epoch == 5
    assert "planned" in asking.post("run", 400)["error"]["message"]
    for wrong in (0, -1, 1.5, "x", True, 10**9):
        asking.post("run", 400, epochs=wrong)


def test_a_run_that_diverges_stops_with_words():
    asking = Asking(project("two_hidden_layers", 3))
    asking.post("job", optimizer={"name": "sgd", "parameters": {"learning_rate": 1e200}})
    asking.post("run", epochs=100)
    waited(lambda: not asking.workspace.is_running)
    state = asking.get("state")
    assert state["trouble"]["says"]
    assert np.isfinite(asking.workspace.state.theta).all()


def request(serving, method, path, body=None, token=True, host=None):
    connection = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=10)
    headers = {"X-Clearprop-Token": serving.token} if token else {}
    if host:
        headers["Host"] = host
    if body is not None:
        headers["Content-Type"] = "application/json"
        body = json.dumps(body)
    connection.request(method, path, body, headers)
    response = connection.getresponse()
    found = response.status, response.read()
    connection.close()
    return found


def opened(serving):
    connection = http.client.HTTPConnection("127.0.0.1", serving.port, timeout=10)
    connection.request("GET", f"/api/events?token={serving.token}")
    return connection, connection.getresponse()


def event(response):
    while not (line := response.fp.readline()).startswith(b"data: "):
        assert line
    return json.loads(line[6:])


def test_news_come_over_the_stream_and_five_are_one_too_many():
    with served() as (serving, desk):
        streams = [opened(serving) for _ in range(4)]
        assert all(response.status == 200 for _, response in streams)
        assert streams[0][1].getheader("content-type").startswith("text/event-stream")
        assert [event(response)["revision"] for _, response in streams] == [1] * 4
        extra, response = opened(serving)
        assert response.status == 429
        extra.close()
        status, body = request(serving, "POST", "/api/step", {"revision": 1, "grain": "batch"})
        assert status == 200
        for _, response in streams:
            told = event(response)
            assert told["revision"] == json.loads(body)["revision"] == 2
            assert told["time"]["step"] == 1
        for connection, _ in streams:
            connection.close()
        waited(lambda: [desk.workspace.touch()] and not desk.events.is_full)


def test_a_second_tab_shares_the_workspace():
    with served() as (serving, _):
        assert request(serving, "POST", "/api/step", {"revision": 1, "grain": "batch"})[0] == 200
        status, body = request(serving, "POST", "/api/step", {"revision": 1, "grain": "batch"})
        assert status == 409
        assert json.loads(body)["state"]["time"]["step"] == 1


def test_the_real_server_refuses_what_the_guard_refuses():
    with served() as (serving, _):
        assert request(serving, "GET", "/", token=False)[0] == 200
        assert request(serving, "GET", "/api/state", token=False)[0] == 401
        assert request(serving, "GET", "/api/state", host="example.org")[0] == 403
        assert request(serving, "GET", "/api/state", host=f"localhost:{serving.port}")[0] == 200
        assert request(serving, "HEAD", "/")[0] in (200, 405)


def test_two_servers_cannot_have_one_port():
    with served() as (serving, desk):
        from clearprop.lab.server import OfDesk

        with pytest.raises(InputError, match="cannot be had"):
            Serving(OfDesk(desk), serving.port).start()


def test_many_at_once_are_answered_one_after_the_other():
    with served() as (serving, desk):
        statuses = []

        def ask():
            statuses.append(request(serving, "POST", "/api/step", {"revision": 1, "grain": "batch"})[0])

        threads = [threading.Thread(target=ask) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert sorted(statuses) == [200] + [409] * 7
        assert desk.workspace.state.step == 1


def test_ctrl_c_ends_the_command_cleanly_while_somebody_listens(tmp_path):
    import os
    import sys

    command = [sys.executable, "-m", "clearprop", "lab", "--no-browser", "--case", "xor"]
    environment = {**os.environ, "PYTHONUNBUFFERED": "1"}
    with processes.started(command, env=environment, cwd=tmp_path) as process:
        line = process.stdout.readline()
        address = line.split(" is at ")[1].strip()
        host, token = address.removeprefix("http://").split("/#token=")
        connection = http.client.HTTPConnection(host, timeout=10)
        connection.request("GET", f"/api/events?token={token}")
        response = connection.getresponse()
        assert event(response)["revision"] == 1
        process.send_signal(signal.SIGINT)
        out, err = process.communicate(timeout=20)
        response.close()
        connection.close()
    assert process.returncode == 0, err
    assert "ended" in out
    assert err == ""
    assert list(tmp_path.iterdir()) == []
