"""Figures for Prometheus: who may read them, and that they are right whichever worker is asked."""

from __future__ import annotations

import os
import re
import signal
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace

import pytest

from tests.cast import Cast
from tests.support.serving import PATIENCE, Server
from tests.web.conftest import Browser, app_of_its_own, logged_in_browser, new_browser
from workbench.config import Config
from workbench.db import Database
from workbench.telemetry.counts import BOUNDS, OTHER, Counts
from workbench.telemetry.exposition import Metric, text
from workbench.web.request import WorkbenchFlask

TOKEN = "for-the-scraper-1"
SHOWN = {"Authorization": f"Bearer {TOKEN}"}
_LINE = re.compile(r'([a-z_]+)(?:\{((?:[a-z]+="(?:[^"\\\n]|\\.)*",?)+)\})? (\S+)')


def read(page: str) -> dict[tuple[str, str], float]:
    """(metric, labels) to its value; every line is one, or says what one is."""
    found = {}
    for line in page.splitlines():
        if not re.match(r"# (HELP|TYPE) workbench_[a-z_]+ \S", line):
            name, labels, value = _LINE.fullmatch(line).groups()  # type: ignore[union-attr]
            assert (name, labels or "") not in found
            found[name, labels or ""] = float(value)
    return found


@pytest.fixture
def app(config: Config) -> Iterator[WorkbenchFlask]:
    """One of its own, whose counts begin with the test."""
    with app_of_its_own(replace(config, metrics_token=TOKEN)) as app:
        yield app


def test_without_a_token_in_the_settings_there_is_no_such_page(config: Config) -> None:
    with app_of_its_own(config) as app:
        for headers in ({}, SHOWN, {"Authorization": "Bearer "}):
            assert new_browser(app).get("/metrics", headers=headers).status_code == 404


@pytest.mark.parametrize("shown", ["", "Bearer", "Bearer x", TOKEN, f"Basic {TOKEN}", "Bearer ñ"])
def test_who_does_not_show_it_is_told_nothing(anonymous: Browser, shown: str) -> None:
    headers = {"Authorization": shown.encode().decode("latin-1")}
    answer = anonymous.get("/metrics", headers=headers)
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")
    assert "workbench_" not in answer.text


def test_a_log_in_is_no_token(app: WorkbenchFlask, cast: Cast) -> None:
    assert logged_in_browser(app, cast.ada).get("/metrics").status_code == 401


def test_requests_are_counted_by_endpoint_method_and_class(
    app: WorkbenchFlask, anonymous: Browser, cast: Cast
) -> None:
    ana = logged_in_browser(app, cast.ana)
    for path in ("/", f"/projects/{cast.project.slug}/desk", "/canary-1", "/canary-2"):
        ana.look(path)
    anonymous.open("/login", method="CANARY")
    answer = anonymous.get("/metrics", headers=SHOWN)
    assert answer.headers["Content-Type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert answer.headers["Cache-Control"] == "no-store"
    found = read(answer.text)
    requests = {labels: n for (name, labels), n in found.items() if name.endswith("requests_total")}
    assert requests == {
        'endpoint="home.index",method="GET",status="2xx"': 1,
        'endpoint="desk.show",method="GET",status="2xx"': 1,
        'endpoint="none",method="other",status="4xx"': 3,
    }
    of_home = 'endpoint="home.index",method="GET"'
    within = [
        found["workbench_request_seconds_bucket", f'{of_home},le="{bound}"']
        for bound in (*BOUNDS, "+Inf")
    ]
    assert within == sorted(within)
    assert within[-1] == found["workbench_request_seconds_count", of_home] == 1
    assert found["workbench_request_seconds_sum", of_home] > 0
    assert "canary" not in answer.text.lower()
    assert str(cast.project.slug) not in answer.text


def test_a_database_that_is_gone_leaves_the_requests(
    app: WorkbenchFlask, anonymous: Browser, cast: Cast
) -> None:
    anonymous.get("/health/live")
    assert read(anonymous.get("/metrics", headers=SHOWN).text)["workbench_database_up", ""] == 1
    app.extensions["workbench_database"] = Database("postgresql+psycopg://w@127.0.0.1:1/w")
    answer = anonymous.get("/metrics", headers=SHOWN)
    found = read(answer.text)
    assert answer.status_code == 200
    assert found["workbench_database_up", ""] == 0
    assert found["workbench_requests_total", _LIVE] == 1
    assert not [name for name, _ in found if "judgments" in name]


def test_what_a_label_holds_is_escaped() -> None:
    metric = Metric("workbench_x", "gauge", "a\\b\nc", [("", {"of": 'q"b\\n\n'}, 1)])
    assert text([metric]).splitlines() == [
        "# HELP workbench_x a\\\\b\\nc",
        "# TYPE workbench_x gauge",
        'workbench_x{of="q\\"b\\\\n\\n"} 1',
    ]


@pytest.mark.parametrize(
    ("seconds", "bucket"), [(0, 0), (0.01, 0), (0.011, 1), (10, 9), (10.1, 10), (1e9, 10)]
)
def test_a_request_is_in_the_bucket_that_it_fits(seconds: float, bucket: int) -> None:
    counts = Counts()
    counts.begin([("home.index", "GET")])
    counts.add("home.index", "GET", 204, seconds)
    [tally] = counts.tallies()
    assert tally.by_class == (0, 1, 0, 0, 0)
    assert tally.within == (0,) * bucket + (1,) * (len(BOUNDS) + 1 - bucket)


def test_threads_of_a_process_lose_no_request() -> None:
    counts = Counts()
    counts.begin([])

    def add() -> None:
        for _ in range(5_000):
            counts.add(None, "GET", 404, 0.5)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    [tally] = counts.tallies()
    assert (tally.endpoint, tally.method) == OTHER
    assert tally.by_class[3] == tally.within[-1] == 20_000
    assert tally.seconds == 10_000


# --- two workers ----------------------------------------------------------------------------

_LIVE = 'endpoint="probes.live",method="GET",status="2xx"'


@pytest.fixture
def server(config: Config) -> Iterator[Server]:
    server = Server(config, settings={"WORKBENCH_METRICS_TOKEN": TOKEN})
    server.start()
    yield server
    server.kill()


@contextmanager
def _asleep(pid: int) -> Iterator[None]:
    """That worker takes no request: what is sent meanwhile is the other one's."""
    os.kill(pid, signal.SIGSTOP)
    yield
    os.kill(pid, signal.SIGCONT)


def _get(server: Server, path: str, headers: dict[str, str] | None = None) -> str:
    asked = urllib.request.Request(server.url + path, headers=headers or {})  # noqa: S310
    with urllib.request.urlopen(asked, timeout=PATIENCE) as answer:  # noqa: S310 - our own
        return str(answer.read().decode())


def _counted(server: Server) -> float:
    return read(_get(server, "/metrics", SHOWN))["workbench_requests_total", _LIVE]


def test_two_workers_count_together_and_a_killed_one_takes_nothing_along(server: Server) -> None:
    one, two = server.workers()
    for sleeper, times in ((one, 3), (two, 4)):
        with _asleep(sleeper):
            for _ in range(times):
                _get(server, "/health/live")
    for sleeper in (one, two):
        with _asleep(sleeper):
            assert _counted(server) == 7
    os.kill(one, signal.SIGKILL)
    assert _counted(server) == 7
    until = time.monotonic() + PATIENCE
    while not (len(new := set(server.workers()) - {one, two}) == 1 and two in server.workers()):
        assert time.monotonic() < until
        time.sleep(0.05)
    with _asleep(two):
        # The new one counts on where the killed one was.
        _get(server, "/health/live")
        assert _counted(server) == 8
    with _asleep(new.pop()):
        assert _counted(server) == 8
    assert server.stop() == 0
