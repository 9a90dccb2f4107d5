"""Workers are killed while reviewers submit: nothing acknowledged is lost, doubled or over."""

from __future__ import annotations

import http.client
import os
import random
import re
import signal
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlencode

import orjson
import pytest
from flask import Flask
from flask.sessions import SecureCookieSessionInterface
from sqlalchemy import func, select

from tests.cast import Cast, make_cast, make_item
from tests.support.serving import Server
from workbench.config import Config
from workbench.db import Database, now
from workbench.models import Assignment, Item, Judgment, State
from workbench.queries.verify import verify
from workbench.services import accounts, projects
from workbench.services.login import open_session

REVIEWERS, ITEMS = 20, 400
#: A worker is killed every PAUSE seconds, and not before EACH answers came through since the last
#: time: on a busy machine a new worker takes longer to start than to be killed.
KILLS, PAUSE, EACH = 8, 0.7, 5
#: Seconds after which the test gives up, and after which a client stops waiting for a reply.
LIMIT, REPLY = 60.0, 20
#: One in so many answers is sent twice although it was acknowledged.
REPEAT = 5
#: Whether to try once more.
GoingOn = Callable[[], bool]
_HIDDEN = re.compile(r'name="(csrf_token|key|base|guideline|mode)" value="([^"]*)"')
_ITEM = re.compile(r'data-item-id="([a-z2-7]+)"')
_ACTION = re.compile(r'action="([^"]*/answer)"')


@dataclass
class Told:
    """What the clients were told."""

    acknowledged: list[tuple[int, str]] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)


@pytest.mark.slow
def test_nothing_acknowledged_is_lost_when_workers_are_killed(config: Config) -> None:
    database = Database(config.database_url, key=config.read_key())
    cast, cookies = _prepare(database, config)
    told = Told()
    server = Server(config)
    try:
        server.start()
        clients = [_Reviewer(server.port, user, cookie, told) for user, cookie in cookies]
        kills = _work_and_kill(clients, server.master)
        _finish(clients)
    finally:
        server.kill()
    assert kills == KILLS, f"{kills} kills, replies: {dict(told.faults)}"
    print(f"{kills} kills, {len(told.acknowledged)} acknowledged, replies: {dict(told.faults)}")
    _check(database, cast, told, config.read_key())
    database.dispose()


def _prepare(
    database: Database, config: Config, items: int = ITEMS
) -> tuple[Cast, list[tuple[int, str]]]:
    with database.write() as session:
        cast = make_cast(session, overlap=3)
        for n in range(items):
            make_item(session, cast.project, f"item-{n:03d}")
        users = [
            accounts.create_user(session, name=f"r{n}", role="reviewer", now=now(session))
            for n in range(REVIEWERS)
        ]
        for user in users:
            projects.add_member(session, cast.project, user, role="reviewer", now=now(session))
        day = timedelta(days=1)
        tokens = [open_session(session, user, now(session), day, "") for user in users]
    signing = Flask("signing")
    signing.secret_key = config.read_key()
    signer = SecureCookieSessionInterface().get_signing_serializer(signing)
    assert signer is not None
    signed = [signer.dumps({"_user_id": token, "_fresh": True}) for token in tokens]
    return cast, [(user.id, str(cookie)) for user, cookie in zip(users, signed, strict=True)]


def _work_and_kill(clients: list[_Reviewer], master: int) -> int:
    """Everyone works while a random worker is killed again and again; how often it was."""
    stop = threading.Event()
    threads = [
        threading.Thread(target=client.work, args=(lambda: not stop.is_set(),))
        for client in clients
    ]
    for thread in threads:
        thread.start()
    try:
        return _kill(master, clients[0].told)
    finally:
        stop.set()
        for thread in threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in threads)


def _kill(master: int, told: Told) -> int:
    """Kill KILLS workers, or as many as there is time for; how many."""
    kills, before = 0, 0
    chance, deadline = random.Random(7), time.monotonic() + LIMIT
    while kills < KILLS and time.monotonic() < deadline:
        time.sleep(PAUSE)
        workers = Path(f"/proc/{master}/task/{master}/children").read_text().split()
        if workers and len(told.acknowledged) >= before + EACH:
            os.kill(int(chance.choice(workers)), signal.SIGKILL)
            kills, before = kills + 1, len(told.acknowledged)
    return kills


def _finish(clients: list[_Reviewer]) -> None:
    """Whoever has an answer under way sends it until it is told what became of it."""
    end = time.monotonic() + LIMIT
    for client in clients:
        client.send_until_told(lambda: time.monotonic() < end)
        assert client.under_way is None, "an answer was never told what became of it"


class _Reviewer:
    """A browser that sends an answer, with the same key, until a server says that it is stored.

    It goes on at once with the item that was kept ready, as the desk's script does.
    """

    def __init__(self, port: int, user: int, cookie: str, told: Told) -> None:
        self.port, self.user, self.told = port, user, told
        self.headers = {"Cookie": f"workbench={cookie}", "Accept": "text/html"}
        self.chance = random.Random(user)
        self.page = self.ahead = ""
        self.under_way: tuple[str, dict[str, str]] | None = None

    def work(self, going_on: GoingOn) -> None:
        while going_on():
            if self.under_way is None:
                self._next_answer(going_on)
            self.send_until_told(going_on)

    def send_until_told(self, going_on: GoingOn) -> None:
        while self.under_way is not None and going_on():
            path, form = self.under_way
            reply = self._send("POST", path, form)
            if reply is None:
                time.sleep(0.05)
                continue
            status, page = reply
            self.told.faults[str(status)] += status != 200
            if status == 200:
                self.told.acknowledged.append((self.user, form["key"]))
                if self.chance.randrange(REPEAT) == 0:
                    self._send("POST", path, form)
                following = orjson.loads(page)
                self.page, self.under_way = following["desk"] or self.ahead, None
                self.ahead = following["upcoming"] or ""
            elif status == 409:
                self.page = self.ahead = ""
                self.under_way = None

    def _next_answer(self, going_on: GoingOn) -> None:
        while 'id="answer"' not in self.page and going_on():
            self._take()
        if 'id="answer"' in self.page:
            form = dict(_HIDDEN.findall(self.page[self.page.index('id="answer"') :]))
            form["pair"] = self.chance.choice(["0>1:2", "1>0:3", "="])
            form["showing"] = next(iter(_ITEM.findall(self.ahead)), "")
            self.under_way = (_ACTION.findall(self.page)[0].replace("/answer", "/send"), form)

    def _take(self) -> None:
        desk = self._send("GET", "/projects/main/desk", None)
        if desk is None or desk[0] != 200:
            time.sleep(0.05)
            return
        token = dict(_HIDDEN.findall(desk[1]))["csrf_token"]
        reply = self._send("POST", "/projects/main/desk/next", {"csrf_token": token})
        self.page = reply[1] if reply is not None and reply[0] == 200 else ""

    def _send(self, method: str, path: str, form: dict[str, str] | None) -> tuple[int, str] | None:
        """(status, body); None when no whole answer came back."""
        headers = dict(self.headers)
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            by_script = path.endswith("/send")
            headers |= {"Accept": "application/json"} if by_script else {"HX-Request": "true"}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=REPLY)
        try:
            connection.request(method, path, urlencode(form) if form else None, headers)
            response = connection.getresponse()
            body = response.read().decode()
        except (OSError, http.client.HTTPException):
            self.told.faults["cut off"] += 1
            return None
        finally:
            connection.close()
        cookie = response.headers.get("Set-Cookie")
        if cookie:
            self.headers["Cookie"] = cookie.partition(";")[0]
        return response.status, body


def _check(database: Database, cast: Cast, told: Told, key: str) -> None:
    assert len(set(told.acknowledged)) == len(told.acknowledged)
    with database.read() as session:
        stored = Counter(
            (row.user_id, row.idempotency_key)
            for row in session.execute(select(Judgment.user_id, Judgment.idempotency_key))
        )
        lost = [key for key in told.acknowledged if stored[key] != 1]
        assert lost == []
        counted = (
            select(func.count())
            .where(Assignment.item_id == Item.id, Assignment.state == State.JUDGED)
            .correlate(Item)
            .scalar_subquery()
        )
        over = session.scalars(select(Item.id).where(counted > cast.project.overlap)).all()
        assert over == []
    with database.read() as session:
        assert verify(session, key) == []
