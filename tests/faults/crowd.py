"""Twenty reviewers who send what the desk's script sends, and what they were told."""

from __future__ import annotations

import http.client
import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Protocol
from urllib.parse import urlencode

import orjson
from flask import Flask
from flask.sessions import SecureCookieSessionInterface

from tests.cast import Cast, make_cast, make_item
from tests.support.desk_page import HIDDEN, ITEM, answer_of
from workbench.config import Config
from workbench.db import Database, now
from workbench.services import accounts, projects
from workbench.services.login import open_session

REVIEWERS, ITEMS = 20, 400
#: Answers that come through before the first fault, and between two of them: on a busy machine a
#: new worker takes longer to start than to be killed.
EACH = 5
#: Seconds after which all is given up, and after which a client stops waiting for a reply.
LIMIT, REPLY = 60.0, 20.0
#: One in so many answers is sent once more although it was acknowledged.
REPEAT = 5
#: Milliseconds that a browser says somebody looked, when its clock jumps by a day.
DAY_MS = 86_400_000
#: Whether to try once more.
GoingOn = Callable[[], bool]
#: (status, body, seconds that the client is asked to wait)
Reply = tuple[int, str, str | None]


@dataclass
class Told:
    """What the clients were told."""

    acknowledged: list[tuple[int, str]] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)
    requests: int = 0
    #: Answers that were sent more than once at the same moment.
    repeated: int = 0
    #: The longest that a request took, in seconds.
    longest: float = 0.0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def asked(self, seconds: float) -> None:
        """A request is over."""
        with self.lock:
            self.requests += 1
            self.longest = max(self.longest, seconds)

    def fault(self, what: str) -> None:
        """A reply that was no 200, or none at all."""
        with self.lock:
            self.faults[what] += 1


class Reviewer:
    """A browser that sends an answer, with the same key, until a server says that it is stored.

    It goes on at once with the item that was kept ready, as the desk's script does.
    """

    def __init__(self, port: int, user: int, cookie: str, told: Told) -> None:
        self.port, self.user, self.told = port, user, told
        self.headers = {"Cookie": f"workbench={cookie}", "Accept": "text/html"}
        self.chance = random.Random(user)
        self.page = self.ahead = ""
        self.under_way: tuple[str, dict[str, str]] | None = None
        #: Share of the answers that are sent from two or three connections at once.
        self.at_once = 0.0
        #: Milliseconds that its clock says somebody looked.
        self.looked: int | None = None
        self.reply = REPLY

    def work(self, going_on: GoingOn) -> None:
        """Answer one item after another."""
        while going_on():
            if self.under_way is None:
                self._next_answer(going_on)
            if self.under_way is not None and self.chance.random() < self.at_once:
                self._send_at_once(*self.under_way)
            self.send_until_told(going_on)

    def send_until_told(self, going_on: GoingOn) -> None:
        """Send what is under way until it is told what became of it."""
        while self.under_way is not None and going_on():
            path, form = self.under_way
            reply = self._send("POST", path, form)
            if reply is None or reply[0] not in {200, 409}:
                time.sleep(0.05)
            elif reply[0] == 200:
                self.told.acknowledged.append((self.user, form["key"]))
                if self.chance.randrange(REPEAT) == 0:
                    self._send("POST", path, form)
                following = orjson.loads(reply[1])
                self.page, self.under_way = following["desk"] or self.ahead, None
                self.ahead = following["upcoming"] or ""
            else:
                self.page = self.ahead = ""
                self.under_way = None

    def _send_at_once(self, path: str, form: dict[str, str]) -> None:
        """The same under the same key and under a new one, and another answer under the same key:
        one of them is first, and the others are told of that one or refused."""
        with self.told.lock:
            self.told.repeated += 1
        new = {**form, "key": f"{form['key'][:-4]}{self.chance.randrange(16**4):04x}"}
        other = {**form, "pair": "0>1:2" if form["pair"] == "=" else "="}
        forms = [form, self.chance.choice([form, new]), self.chance.choice([form, new, other])]
        said: list[tuple[str, str]] = []

        def send(each: dict[str, str]) -> None:
            reply = self._send("POST", path, each)
            if reply is not None and reply[0] == 200:
                said.append((each["key"], each["pair"]))

        threads = [threading.Thread(target=send, args=(each,)) for each in forms]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.told.acknowledged.extend((self.user, key) for key in {key for key, _ in said})
        if len(set(said)) > 1:
            self.told.fault(f"acknowledged {sorted(set(said))}")
        if said:  # what is sent until it is told is what was stored first
            key, pair = said[0]
            self.under_way = (path, {**form, "key": key, "pair": pair})

    def _next_answer(self, going_on: GoingOn) -> None:
        while 'id="answer"' not in self.page and going_on():
            self._take()
            if 'id="answer"' not in self.page:
                time.sleep(0.05)
        if 'id="answer"' in self.page:
            path, form = answer_of(self.page)
            form["pair"] = self.chance.choice(["0>1:2", "1>0:3", "="])
            form["showing"] = next(iter(ITEM.findall(self.ahead)), "")
            if self.looked is not None:
                form["active_ms"] = str(self.looked)
            self.under_way = (path, form)

    def _take(self) -> None:
        desk = self._send("GET", "/projects/main/desk", None)
        if desk is None or desk[0] != 200:
            return
        token = dict(HIDDEN.findall(desk[1])).get("csrf_token")
        if token is None:
            self.told.fault("logged out")
            return
        reply = self._send("POST", "/projects/main/desk/next", {"csrf_token": token})
        self.page = reply[1] if reply is not None and reply[0] == 200 else ""

    def _send(self, method: str, path: str, form: dict[str, str] | None) -> Reply | None:
        """None when no whole answer came back."""
        headers = dict(self.headers)
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
            by_script = path.endswith("/send")
            headers |= {"Accept": "application/json"} if by_script else {"HX-Request": "true"}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.reply)
        began = time.monotonic()
        try:
            connection.request(method, path, urlencode(form) if form else None, headers)
            response = connection.getresponse()
            body = response.read().decode()
        except (OSError, http.client.HTTPException):
            self.told.fault("cut off")
            return None
        finally:
            connection.close()
            self.told.asked(time.monotonic() - began)
        cookie = response.headers.get("Set-Cookie")
        if cookie:
            self.headers["Cookie"] = cookie.partition(";")[0]
        wait = response.headers.get("Retry-After")
        if response.status == 503 and wait is None:
            self.told.fault("503 without Retry-After")
        elif response.status != 200:
            self.told.fault(str(response.status))
        return response.status, body, wait


def prepare(
    database: Database, config: Config, items: int = ITEMS
) -> tuple[Cast, list[tuple[int, str]]]:
    """A project with items; and its reviewers, as (id, session cookie)."""
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


class Served(Protocol):
    """Whatever answers at a port of this machine."""

    port: int


class Crowd:
    """All reviewers at work, each in a thread, until `stop`."""

    def __init__(
        self,
        served: Served,
        cookies: list[tuple[int, str]],
        told: Told,
        person: type[Reviewer] = Reviewer,
    ) -> None:
        self.clients = [person(served.port, user, cookie, told) for user, cookie in cookies]
        self._over = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Everyone begins."""
        for client in self.clients:
            going_on = (lambda: not self._over.is_set(),)
            self._threads.append(threading.Thread(target=client.work, args=going_on))
            self._threads[-1].start()

    @property
    def is_at_work(self) -> bool:
        """Whether they have begun."""
        return bool(self._threads)

    def stop(self) -> None:
        """Everyone ends with the reply that they wait for."""
        self._over.set()
        for thread in self._threads:
            thread.join(60)
        assert not any(thread.is_alive() for thread in self._threads)

    def finish(self) -> None:
        """Whoever has an answer under way sends it until it is told what became of it."""
        end = time.monotonic() + LIMIT
        for client in self.clients:
            client.send_until_told(lambda: time.monotonic() < end)
            if client.under_way is not None:
                raise RuntimeError("an answer was never told what became of it")
