"""A training that is watched: the records go to the page, and the page changes nothing."""

import copy
import json
import pickle
import threading
from itertools import pairwise

import numpy as np
import pytest

from asking import Asking, finished
from clearprop import MLPRegressor, Network, train
from clearprop.job import Epoch
from clearprop.job.records import Records
from clearprop.lab import Watch
from clearprop.lab import watched as room_of_records
from clearprop.lab import watching as room
from clearprop.lab.curves import MOST_POINTS
from clearprop.lab.records import MOST_NEW
from clearprop.lab.watched import ShowsRecords, Watched
from clearprop.training import Fitting


def epoch(n, loss=0.5):
    return Epoch(n, loss, (0.001, 1.0), 0.1, 0.1 * n, 5 * n, {"validation_loss": loss + 1})


@pytest.fixture
def asking():
    watched = Watched("houses.csv")
    found = Asking(served=watched)
    found.watched = watched
    return found


def test_the_records_are_the_points_of_the_curves(asking):
    for n in range(1, 6):
        asking.watched.see(epoch(n, 1 / n))
    answer = asking.get("curves")
    assert [point["epoch"] for point in answer["points"]] == [1, 2, 3, 4, 5]
    assert [point["loss"] for point in answer["points"]] == [1 / n for n in range(1, 6)]
    assert answer["points"][0]["validation_loss"] == 2
    assert answer["layers"][0]["verdict"] == "vanishing"
    assert asking.get("curves", since=5, run=answer["run"])["points"] == []
    _, _, table = asking.ask("GET", "/api/export/curves")
    assert table.decode().splitlines()[1].startswith("5,1,1.0,0.1,2.0,")


def test_the_state_says_whether_it_goes_on_and_why_it_ended(asking):
    state = asking.get("state")
    assert (state["mode"], state["title"], state["time"]["is_running"], state["reason"]) == (
        "watch",
        "houses.csv",
        True,
        None,
    )
    before = state["revision"]
    asking.watched.see(epoch(1))
    asking.watched.end("the planned epochs are done")
    state = asking.get("state")
    assert state["revision"] > before
    assert (state["time"]["is_running"], state["reason"]) == (False, "the planned epochs are done")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "derivation"), ("GET", "export/model"), ("POST", "step"), ("POST", "pause"), ("POST", "load")],
)
def test_nothing_of_it_can_be_changed(asking, method, path):
    status, _, _ = asking.ask(
        method, f"/api/{path}", body=b"{}" if method == "POST" else b"", headers={"content-type": "application/json"}
    )
    assert status == 404


def test_a_record_that_is_not_finite_is_told_as_such(asking):
    asking.watched.see(Epoch(1, float("nan"), (float("inf"), 1.0), 0.1, 0.1, 5, complete=False))
    assert asking.get("curves")["points"][0]["loss"] == "NaN"


def test_of_many_records_those_are_kept_that_are_evenly_spaced_and_the_last(asking):
    for n in range(1, 5 * MOST_POINTS):
        asking.watched.see(epoch(n))
    kept = [each.n for each in asking.watched.epochs]
    assert MOST_POINTS / 2 <= len(kept) <= MOST_POINTS + 1
    assert kept[-1] == 5 * MOST_POINTS - 1
    assert {later - earlier for earlier, later in pairwise(kept[:-1])} == {8}


def epochs_of(answer):
    return [point["epoch"] for point in answer["points"]]


def test_while_it_goes_on_few_points_are_told_at_a_time_and_all_once_it_has_ended(asking):
    """So a page costs the training the same whether its epochs are long or short."""
    page = {"run": asking.get("curves")["run"], "since": 0}
    shown, n, reloads = [], 0, 0
    for _ in range(300):
        for _ in range(40):
            n += 1
            asking.watched.see(epoch(n))
        answer = asking.get("curves", **page)
        assert answer["next"] - page["since"] <= MOST_NEW
        reloads += answer["since"] < page["since"]
        shown = [*shown[: answer["since"]], *epochs_of(answer)]
        page = {"run": answer["run"], "since": answer["next"]}
        assert shown == sorted(set(shown))
        assert (shown[0], shown[-1]) == (1, n)
    assert len(shown) <= MOST_POINTS + 1
    assert reloads <= 3
    asking.watched.end("it has ended")
    answer = asking.get("curves", **page)
    assert (answer["since"], epochs_of(answer)) == (0, [each.n for each in asking.watched.epochs])


def test_a_page_that_is_opened_has_all_points_at_once_and_then_those_that_are_new(asking):
    for n in range(1, 501):
        asking.watched.see(epoch(n))
    answer = asking.get("curves")
    assert epochs_of(answer) == list(range(1, 501))
    asking.watched.see(epoch(501))
    answer = asking.get("curves", run=answer["run"], since=answer["next"])
    assert (answer["since"], epochs_of(answer)) == (500, [501])


def test_a_training_that_pauses_is_told_whole(asking, monkeypatch):
    now = [0.0]
    monkeypatch.setattr(room_of_records.time, "monotonic", lambda: now[0])
    watched, run = asking.watched, asking.get("curves")["run"]
    for n in range(1, 101):
        watched.see(epoch(n))
    looked = watched.looked()
    assert len(asking.get("curves", run=run)["points"]) <= MOST_NEW + 1
    now[0] = 0.9
    assert watched.looked() == looked
    now[0] = 1.1
    assert watched.looked() > looked
    assert len(asking.get("curves", run=run)["points"]) == 100
    now[0] = 9.9
    assert watched.looked() == watched.revision() == looked + 1


def test_the_training_waits_for_nobody_who_looks(asking):
    """An answer may take long to write; its lock is not the training's."""

    def training():
        watched = asking.watched
        watched.begin("another")
        for n in range(1, 2 * MOST_POINTS):
            watched.see(epoch(n))
        watched.end("it has ended")

    thread = threading.Thread(target=training, daemon=True)
    with asking.watched.lock:
        thread.start()
        thread.join(20)
        assert not thread.is_alive()


def test_who_listens_looks_by_himself_and_a_record_wakes_nobody(monkeypatch):
    watched = Watched("x")
    monkeypatch.setattr(watched.events, "seconds", 0.01)

    async def listening():
        stream = watched.events.stream()
        first = await anext(stream)
        published = []
        monkeypatch.setattr(watched.events, "publish", lambda: published.append(1))
        watched.see(epoch(1))
        second = await anext(stream)
        await stream.aclose()
        return [json.loads(event.split(b"data: ")[1])["time"]["epoch"] for event in (first, second)], published

    assert finished(listening()) == ([0, 1], [])


def test_another_training_begins_its_own_curves(asking):
    asking.watched.see(epoch(1))
    run = asking.get("curves")["run"]
    asking.watched.begin("fold 2 of 5", (3, 4, 1))
    assert asking.get("curves")["points"] == []
    assert asking.get("curves")["run"] > run
    assert asking.get("state")["network"]["widths"] == [3, 4, 1]


def rows():
    X = np.linspace(-1, 1, 30)[:, None]
    return X, X[:, 0] ** 2


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
def test_an_estimator_that_is_watched_learns_the_same(monkeypatch):
    opened = []
    monkeypatch.setattr(room.webbrowser, "open", opened.append)
    X, y = rows()
    common = {"hidden_layer_sizes": (4,), "max_iter": 7, "tol": 0, "random_state": 0, "engine": "reference"}
    plain = MLPRegressor(**common).fit(X, y)
    with Watch("a parabola") as watch:
        model = MLPRegressor(callbacks=watch, **common).fit(X, y)
        assert opened == [watch.address]
        assert [each.n for each in watch.watched.epochs] == list(range(1, 8))
        assert [each.loss for each in watch.watched.epochs] == list(plain.loss_curve_)
        MLPRegressor(callbacks=[watch], **common).fit(X, y)
        assert len(watch.watched.epochs) == 7
    assert all(np.array_equal(one, two) for one, two in zip(model.coefs_, plain.coefs_, strict=True))
    assert watch.address is None


def test_a_watch_is_one_however_often_estimators_are_copied():
    watch = Watch(browser=False)
    assert isinstance(watch, ShowsRecords)
    assert copy.deepcopy(watch) is watch
    silent = pickle.loads(pickle.dumps(watch))
    assert silent(epoch(1)) is None


def test_it_looks_at_the_records_alone_so_that_epochs_may_be_made_ahead(monkeypatch):
    seen = []
    whole = Fitting.__init__

    def noted(self, *given, **named):
        whole(self, *given, **named)
        seen.append(self.looks)

    monkeypatch.setattr(Fitting, "__init__", noted)
    X, y = rows()
    network = Network.mlp([1, 2, 1])
    for callbacks in ([], [Watched("x").see], [Watch(browser=False)]):
        with Watch(browser=False) as watch:
            callbacks = [watch] if callbacks and isinstance(callbacks[0], Watch) else callbacks
            train(network, network.initial(seed=0), X, y, epochs=2, callbacks=callbacks, engine="reference")
    assert seen == [False, True, False]


@pytest.mark.parametrize("parts", [[1] * 9000, [9000], [3, 4000, 1, 1, 2500, 2495], [2, 7] * 1000])
def test_records_taken_together_are_kept_as_those_seen_one_by_one(parts):
    one, together = Watched("x"), Watched("x")
    epochs = [epoch(n) for n in range(1, sum(parts) + 1)]
    for each in epochs:
        one.see(each)
    first = 0
    for n in parts:
        together.see_all(epochs[first : first + n])
        first += n
    assert [each.n for each in together.epochs] == [each.n for each in one.epochs]
    assert together.revision() == one.revision()
    together.see_all(epochs[:5])  # another training
    assert [each.n for each in together.epochs] == [1, 2, 3, 4, 5]


def test_records_that_came_together_are_made_when_somebody_looks(monkeypatch):
    """To make one takes a tenth of a short epoch."""
    made, whole = [], Records.__getitem__

    def counted(self, place):
        made.append(place)
        return whole(self, place)

    monkeypatch.setattr(Records, "__getitem__", counted)
    watched, n = Watched("x"), 3000
    records = Records(np.linspace(1, 0, n), np.ones((n, 2)), 0.1, (0, 0.0, 0), (0.01, 5))
    watched.see_all(records)
    assert len(made) <= 4
    assert [each.n for each in watched.epochs] == [*range(1, n, 2), n]


def test_the_news_are_json():
    watched = Watched("x")
    json.dumps(watched.news(), allow_nan=False)
    watched.see(epoch(1))
    news, state = watched.news(), Asking(served=watched).get("state")
    assert news["loss"] == 0.5
    assert state.items() <= news.items()  # so a page that listens needs not ask for it
