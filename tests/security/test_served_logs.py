"""What a program that is really served writes, while it is sent what no log may hold. Fact 42."""

from __future__ import annotations

import json
import re
import sqlite3
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import urlencode

import pytest
from sqlalchemy import func, select

from tests.arrivals import raw_item
from tests.cast import make_cast, make_item
from tests.support.serving import Server
from workbench.config import Config, load_config
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import Event, Judgment, Scope, User, WebhookDelivery
from workbench.services import accounts, api_tokens, login, webhooks

CANARY = "canary-4d1e"
PASSWORD = f"{CANARY}-password"
#: Python's own loggers say all they can, and the database's every statement.
_LOUD = """
import logging
logging.basicConfig(level=logging.INFO)
for name in ("workbench", "gunicorn.error", "gunicorn.access", "urllib3", "asyncio"):
    logging.getLogger(name).setLevel(logging.DEBUG)
logging.getLogger("sqlalchemy").setLevel(logging.INFO)
"""
_HIDDEN = re.compile(r'name="(csrf_token|key|base|guideline|mode)" value="([^"]*)"')
_ACTION = re.compile(r'action="([^"]*/answer)"')
#: Seconds for a webhook to be tried.
PATIENCE = 20


@pytest.fixture
def config(home: Path, sqlite_url: str) -> Config:
    return load_config(
        {}, home=home, database_url=sqlite_url, https=False, webhook_networks="127.0.0.0/8"
    )


class Client:
    """A browser's or a program's requests, and all that was secret in what came back."""

    def __init__(self, url: str) -> None:
        self.url, self.jar = url, CookieJar()
        self.secrets: set[str] = set()
        self._opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def send(
        self, path: str, body: bytes | dict[str, str] | None = None, **headers: str
    ) -> tuple[int, str]:
        """(status, body); a form where `body` is a dict."""
        data = urlencode(body).encode() if isinstance(body, dict) else body
        accept = {"Accept": "text/html"}
        request = urllib.request.Request(self.url + path, data, accept | headers)  # noqa: S310
        try:
            with self._opener.open(request, timeout=30) as answer:
                status, text = answer.status, answer.read().decode()
        except urllib.error.HTTPError as refused:
            with refused:
                status, text = refused.code, refused.read().decode()
        self.secrets |= {cookie.value for cookie in self.jar if cookie.value}
        self.secrets |= {value for _, value in _HIDDEN.findall(text) if len(value) > 20}
        return status, text

    def fill(self, page: str, path: str, **fields: str) -> tuple[int, str]:
        """Send a form with what the page hides in it."""
        return self.send(path, dict(_HIDDEN.findall(page)) | fields)


def test_fact_42_a_served_program_writes_nothing_that_it_was_sent(
    config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    loud = config.home / "loud"
    loud.mkdir()
    (loud / "sitecustomize.py").write_text(_LOUD)
    monkeypatch.setenv("PYTHONPATH", str(loud))
    monkeypatch.setenv("WORKBENCH_WEBHOOK_NETWORKS", "127.0.0.0/8")
    database = Database(config.database_url, key=config.read_key())
    token, secret = _prepare(database)
    secrets = {token, secret}
    server = Server(config, threads=2)
    try:
        server.start()
        secrets |= _log_in_and_judge(Client(server.url), config, database)
        secrets |= _use_the_api(Client(server.url), token)
        _wait_for_webhook(database)
        assert server.stop() == 0
    finally:
        server.kill()
        database.dispose()
    said = {path.name: path.read_bytes() for path in _texts(config.home)}
    written = said["serve.log"].decode()
    assert "OperationalError" in written, "the failure was not logged"
    assert "INSERT INTO item" in written, "the log is not as loud as it should be"
    told = [
        (name, secret)
        for name, text in said.items()
        for secret in {CANARY, *secrets}
        if secret.encode() in text
    ]
    assert told == []


def _prepare(database: Database) -> tuple[str, str]:
    """The cast, with a password, a token and a webhook; the secrets of the last two."""
    hashed = login.hash_password(PASSWORD)
    with database.write() as writing:
        cast = make_cast(writing)
        now = database_now(writing)
        accounts.set_password(writing, writing.get_one(User, cast.ana.id), hashed, now, None)
        edu, project = cast.edu, cast.project
        make_item(writing, project, "first")
        wanted = api_tokens.Wanted("nightly", tuple(map(str, Scope)))
        _, token = api_tokens.make(writing, project, edu, wanted, now=now, actor=edu.id)
        address = f"http://127.0.0.1:9/{CANARY}?key={CANARY}"
        hook, secret = webhooks.make(
            writing, project, webhooks.Wanted(address, (str(next(iter(Event))),)), now=now,
            actor=edu.id,
        )  # fmt: skip
        webhooks.ping(writing, hook, now=now)
    return token, secret


def _log_in_and_judge(client: Client, config: Config, database: Database) -> set[str]:
    _, page = client.send(f"/login?next=/{CANARY}")
    assert client.fill(page, "/login", name=f"{CANARY}-name", password=PASSWORD)[0] == 401
    assert client.fill(page, "/login/second", code=f"{CANARY}-code")[0] in {200, 401, 422}
    assert client.fill(page, "/welcome", code=f"{CANARY}-code", password=PASSWORD)[0] == 422
    assert client.fill(page, "/login", name="ana", password=PASSWORD)[0] == 200
    assert client.send(f"/{CANARY}")[0] == 404
    _, desk = client.send("/projects/main/desk")
    _, page = client.fill(desk, "/projects/main/desk/next")
    action = _ACTION.findall(page)[0]
    answer = {"pair": "0>1:2", "reason": f"{CANARY}-reason"}
    with _without_a_table(config):
        assert client.fill(page, action, **answer)[0] == 503
    assert client.fill(page, action, **answer)[0] == 200
    with database.read() as reading:
        [judgment] = reading.scalars(select(Judgment))
    assert CANARY in str(judgment.answer)
    return client.secrets


@contextmanager
def _without_a_table(config: Config) -> Iterator[None]:
    """The database fails at what is stored meanwhile."""
    path = config.database_url.removeprefix("sqlite:///")
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("PRAGMA legacy_alter_table = ON")
        connection.execute("ALTER TABLE judgment RENAME TO away")
        yield
        connection.execute("ALTER TABLE away RENAME TO judgment")


def _use_the_api(client: Client, token: str) -> set[str]:
    """Items that are good, items that are not, a snapshot of them, and a token that is none."""
    good = {"Authorization": f"Bearer {token}", "Accept": "application/json"}
    wrong = {**good, "Authorization": f"Bearer wbk_aaaaaaaa_{CANARY}"}
    lines = {"Content-Type": "application/x-ndjson"}
    item = json.dumps(raw_item(f"{CANARY}-item", prompt=f"{CANARY}-prompt")).encode()
    path = "/api/v1/projects/main"
    assert client.send(f"{path}/items", item, **wrong, **lines)[0] == 401
    assert client.send(f"{path}/items", item, **good, **lines)[0] in {200, 201}
    broken = b'{"id": "' + CANARY.encode() + b'-broken", "prompt": \xff}'
    assert client.send(f"{path}/items", broken, **good, **lines)[0] in {400, 422}
    asked = json.dumps({"name": CANARY, "format": "judgments"}).encode()
    json_ = {"Content-Type": "application/json"}
    status, said = client.send(f"{path}/snapshots", asked, **good, **json_)
    assert status in {200, 201, 202}, said
    return client.secrets


def _wait_for_webhook(database: Database) -> None:
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        with database.read() as reading:
            if reading.scalar(select(func.max(WebhookDelivery.attempts))):
                return
        time.sleep(0.1)
    raise AssertionError("no webhook was tried")


def _texts(home: Path) -> Iterator[Path]:
    """What is written there for people to read: not the data, their files and the keys."""
    for path in home.rglob("*"):
        inside = path.relative_to(home).parts[0]
        if path.is_file() and ".db" not in path.name and inside not in {"exports", "loud"}:
            yield path
