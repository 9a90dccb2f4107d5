"""A server that answers over a socket, and can be told to fail."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from werkzeug.serving import WSGIRequestHandler, make_server

from tests.cast import Cast
from tests.support.application import application
from tests.web.api.programs import token_for
from workbench.client import Client
from workbench.config import Config
from workbench.db import Database


@dataclass
class Line:
    """The application on a port, behind a line that breaks when it is told to."""

    app: Any
    url: str = ""
    #: What happens to the next requests: a status, or "cut" after the first bytes of the answer.
    to_come: list[str] = field(default_factory=list)
    #: Method, path and Range of every request.
    asked: list[tuple[str, str, str]] = field(default_factory=list)

    def __call__(self, environ: dict[str, Any], start: Any) -> Iterable[bytes]:
        if environ["PATH_INFO"] != "/health":
            self.asked.append((environ["REQUEST_METHOD"], environ["PATH_INFO"],
                               environ.get("HTTP_RANGE", "")))  # fmt: skip
        what = self.to_come.pop(0) if self.to_come else ""
        if what == "cut":
            return _cut(self.app(environ, start))
        if what:
            start(f"{what} Away", [("Content-Type", "text/html"), ("Retry-After", "0")])
            return [b"<h1>Away</h1>"]
        answer: Iterable[bytes] = self.app(environ, start)
        return answer


def _cut(answer: Any) -> Iterator[bytes]:
    """It is done, and the answer breaks off."""
    try:
        yield b"".join(answer)[:40]
    finally:
        answer.close()
    raise ConnectionError("the line is cut")


class _Quiet(WSGIRequestHandler):
    def log(self, *args: Any, **kwargs: Any) -> None:
        """Say nothing."""


@pytest.fixture
def line(config: Config, database: Database) -> Iterator[Line]:
    with application(config) as app:
        yield from _serving(Line(app))


def _serving(line: Line) -> Iterator[Line]:
    server = make_server("127.0.0.1", 0, line, threaded=True, request_handler=_Quiet)
    server.daemon_threads = True
    line.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield line
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def token(database: Database, cast: Cast) -> str:
    return token_for(database, cast.edu, cast.project)


@pytest.fixture
def client(line: Line, token: str, monkeypatch: pytest.MonkeyPatch) -> Iterator[Client]:
    monkeypatch.setattr("workbench.client.exchange.FIRST_WAIT", 0.01)
    with Client(line.url, token) as client:
        yield client
