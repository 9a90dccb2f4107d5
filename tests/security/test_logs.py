"""What the server writes about itself. Fact 42."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import select

from tests.cast import Cast
from tests.support.serving import PATIENCE, Server
from tests.web.conftest import app_of_its_own, database_url, logged_in_browser
from workbench.app import create_app
from workbench.config import Config
from workbench.db import Database, now
from workbench.models import User
from workbench.services import login
from workbench.telemetry import lines
from workbench.web.request import session

__all__ = ["database_url"]

CANARY = "canary-7f3a"


def test_fact_42_a_failure_of_the_database_is_logged_without_its_values(
    config: Config, cast: Cast, caplog: pytest.LogCaptureFixture
) -> None:
    def view() -> str:
        wrong = User.created_at == f"{CANARY}-date"
        return str(session().scalar(select(User.id).where(wrong, User.name == f"{CANARY}-name")))

    view.permission = "own_account"  # type: ignore[attr-defined]
    with app_of_its_own(config) as app:
        app.add_url_rule("/fails/<token>", "fails", view)
        app.view_functions["fails"] = lambda token: view()
        answer = logged_in_browser(app, cast.ana).look(f"/fails/{CANARY}-token")
    assert answer.status_code == 500
    assert "StatementError" in caplog.text
    assert CANARY not in caplog.text


@pytest.fixture
def as_json(config: Config) -> Iterator[Server]:
    server = Server(config, settings={"WORKBENCH_LOG_FORMAT": "json"})
    server.start()
    yield server
    server.kill()


def _raw(server: Server, request: str) -> bytes:
    """What is answered to these bytes."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE) as connection:
        connection.sendall(request.encode("latin-1"))
        return b"".join(iter(lambda: connection.recv(65_536), b""))


def test_fact_42_nothing_that_was_sent_is_in_the_log(
    as_json: Server, config: Config, cast: Cast
) -> None:
    database = Database(config.database_url, key=config.read_key())
    with database.write() as session:
        at = now(session)
        row = session.get_one(User, cast.ana.id)
        token = login.open_session(session, row, at, timedelta(hours=12), "a test")
    database.dispose()
    app = create_app(config)
    serializer = app.session_interface.get_signing_serializer(app)  # type: ignore[attr-defined]
    cookie = serializer.dumps({"_user_id": token, "_fresh": True})
    app.extensions["workbench_database"].dispose()
    head = f"Host: x\r\nConnection: close\r\nCookie: workbench={cookie}\r\nX-Sent: {CANARY}\r\n"
    form = f"name={CANARY}&password={CANARY}"
    kind = f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(form)}\r\n"
    _raw(as_json, f"GET /account?q={CANARY} HTTP/1.1\r\n{head}\r\n")
    _raw(as_json, f"POST /login HTTP/1.1\r\n{head}{kind}\r\n{form}")
    _raw(as_json, f"GET /{CANARY} HTTP/1.1\r\n{head}X-Request-Id: {CANARY}\r\n\r\n")
    _raw(as_json, f"GET /api/v1/projects HTTP/1.1\r\n{head}Authorization: Bearer {CANARY}\r\n\r\n")
    # What gunicorn refuses by itself: the line, the method, a header that is none.
    for wrong in (
        f"GET /welcome?token={CANARY} HTTP/{CANARY}\r\n{head}\r\n",
        f"G({CANARY} / HTTP/1.1\r\n{head}\r\n",
        f"GET / HTTP/1.1\r\n{head}Co okie: {CANARY}\r\n\r\n",
    ):
        assert b" 400 " in _raw(as_json, wrong)
    assert as_json.stop() == 0
    assert CANARY not in as_json.log
    assert token not in as_json.log
    assert cookie not in as_json.log
    told = [json.loads(line) for line in as_json.log.splitlines() if line.startswith("{")]
    # The sentence that says where it is, and nothing else, is no JSON.
    assert len(as_json.log.splitlines()) == len(told) + 1
    requests = [line for line in told if line["logger"] == "workbench.access"]
    found = [(line["method"], line["endpoint"], line["status"]) for line in requests]
    assert found[-4:] == [
        ("GET", "account.show", 200),
        ("POST", "auth.login", 400),
        ("GET", None, 404),
        ("GET", "api.projects", 401),
    ]
    assert [line["user"] for line in requests[-4:]] == [cast.ana.id, cast.ana.id, None, None]
    assert all(line["request_id"] and line["ms"] >= 0 for line in requests)
    refused = [line for line in told if line["logger"] == "gunicorn.error"]
    assert [line["message"] for line in refused] == ["Invalid request from ip=127.0.0.1"] * 3


def test_fact_42_a_line_of_json_is_one_line_whatever_is_in_it() -> None:
    error = ValueError("of two\nlines")
    told_with = (ValueError, error, None)
    record = logging.LogRecord(
        "workbench", logging.ERROR, __file__, 1, "said\n%s \udcff", ("ñ",), told_with
    )
    line = lines.JsonLines().format(record)
    told = json.loads(line)
    assert "\n" not in line
    assert (told["level"], told["logger"]) == ("error", "workbench")
    assert told["message"] == "said\nñ \udcff"
    assert told["request_id"] is None
    assert told["exception"].endswith("ValueError: of two\nlines")
    assert datetime.fromisoformat(told["time"]).utcoffset() == timedelta(0)
