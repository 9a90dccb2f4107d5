"""Submit and next item by 64 reviewers in a closed loop, beside the raw limit of the same run."""

from __future__ import annotations

import http.client
import os
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from flask.sessions import SecureCookieSessionInterface

from tests.bench.bench_queue import _fill
from tests.cast import Cast, make_cast
from tests.load.desk import Desk, Timed
from tests.support.serving import Server
from workbench import migrate
from workbench.app import create_app
from workbench.config import load_config, make_key
from workbench.db import Database, now
from workbench.models import User
from workbench.services import accounts, projects
from workbench.services.login import open_session

REVIEWERS = 64
SECONDS = float(os.environ.get("WORKBENCH_BENCH_SECONDS", "8"))


def run() -> list[tuple[str, float, str]]:
    """Submits a second and their p95, and how they stand to bare Flask."""
    with tempfile.TemporaryDirectory() as folder:
        ours, latencies = _ours(Path(folder))
        raw = raw_limit(f"sqlite:///{Path(folder, 'bare.db')}", SECONDS)
    latencies.sort()
    p95 = latencies[int(len(latencies) * 0.95)] * 1000 if latencies else float("nan")
    return [
        (f"submit and next, {REVIEWERS} reviewers in a closed loop", ours, "1/s"),
        ("  its 95th percentile", p95, "ms"),
        ("raw limit: bare Flask, one FULL commit of the same rows", raw, "1/s"),
        ("share of the raw limit (bar 0.33)", ours / raw, "x"),
    ]


@contextmanager
def _bare_server(env: dict[str, str]) -> Iterator[int]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "gunicorn",
        "-k",
        "gthread",
        "-w",
        "2",
        "--threads",
        "16",
        "--keep-alive",
        "30",
        "--log-level",
        "error",
        "-b",
        f"127.0.0.1:{port}",
        "tests.bench.bare_server:make()",
    ]
    process = subprocess.Popen(command, env={**os.environ, **env})
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int) -> None:
    for _ in range(100):
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    raise RuntimeError("the server did not start")


def _loop(clients: list[Callable[[], None]], seconds: float) -> float:
    """Run every client in a thread of its own; calls a second."""
    stop = time.monotonic() + seconds
    counts = [0] * len(clients)

    def work(i: int) -> None:
        while time.monotonic() < stop:
            clients[i]()
            counts[i] += 1

    threads = [threading.Thread(target=work, args=(i,)) for i in range(len(clients))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


def _ours(folder: Path) -> tuple[float, list[float]]:
    home = folder / "home"
    home.mkdir()
    make_key(home / "secret.key")
    config = load_config({}, home=home, https=False)
    database = Database(config.database_url, key=config.read_key())
    migrate.upgrade(database)
    with database.write() as session:
        cast = make_cast(session, overlap=3)
        _fill(session, cast, 20_000)
        users = [_reviewer(session, cast, n) for n in range(REVIEWERS)]
        tokens = [
            open_session(session, user, now(session), timedelta(hours=1), "") for user in users
        ]
    cookies = _cookies(config.home, tokens)
    database.dispose()
    latencies: list[float] = []
    server = Server(config, threads=16)
    server.start()
    try:
        desks = [Desk(server.port, cookie, _timed(latencies)) for cookie in cookies]
        for desk in desks:
            desk.open()
        return _loop([desk.submit for desk in desks], SECONDS), latencies
    finally:
        server.stop()


def _reviewer(session: object, cast: Cast, n: int) -> User:
    user = accounts.create_user(session, name=f"reviewer{n}", role="reviewer", now=now(session),
                                speaks=("en",))  # type: ignore[arg-type]  # fmt: skip
    projects.add_member(session, cast.project, user, role="reviewer", now=now(session))  # type: ignore[arg-type]
    return user


def _cookies(home: Path, tokens: list[str]) -> list[str]:
    """The session cookies that log-ins would have given."""
    app = create_app(load_config({}, home=home, https=False))
    signer = SecureCookieSessionInterface().get_signing_serializer(app)
    assert signer is not None
    return [f"workbench={signer.dumps({'_user_id': token, '_fresh': True})}" for token in tokens]


def _timed(latencies: list[float]) -> Timed:
    def timed(name: str, send: Callable[[], int]) -> int:
        began = time.perf_counter()
        status = send()
        if name == "send":
            latencies.append(time.perf_counter() - began)
        return status

    return timed


def raw_limit(url: str, seconds: float) -> float:
    """Commits a second of a bare server with two workers. `url`: a database that is empty yet."""
    database = Database(url, key="k" * 96)
    migrate.upgrade(database)
    with database.write() as session:
        cast = make_cast(session)
        _fill(session, cast, 1)
    database.dispose()
    with _bare_server({"BARE_DATABASE": url}) as port:
        return _loop([_bare(port) for _ in range(REVIEWERS)], seconds)


def _bare(port: int) -> Callable[[], None]:
    connection = http.client.HTTPConnection("127.0.0.1", port)

    def call() -> None:
        connection.request("POST", "/", "")
        response = connection.getresponse()
        response.read()
        if response.status != 200:
            raise RuntimeError(f"the bare server answered {response.status}")

    return call
