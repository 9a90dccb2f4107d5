"""A served Workbench with a crowd at work, one fault under it, and what became of it."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.faults import report
from tests.faults.clock import Clock
from tests.faults.crowd import EACH, LIMIT, Crowd, Told, prepare
from tests.support import postgres
from tests.support.serving import Server
from workbench import migrate
from workbench.config import Config, load_config, make_key
from workbench.db import Database


class Missing(Exception):
    """The fault cannot be brought about here. The text says why."""


class Off(Exception):
    """Something is not as it must be. The text says what."""


@dataclass(frozen=True)
class Place:
    """Where a fault is brought about."""

    home: Path
    #: None: SQLite, in `home`.
    url: str | None = None
    postgres: postgres.Server | None = None
    #: The clock that counts: that of the database's host.
    clock: Clock | None = None


@dataclass
class Stage:
    """A server at work, and its database as this process sees it."""

    place: Place
    config: Config
    server: Server
    database: Database
    crowd: Crowd
    told: Told
    seconds: float

    @property
    def home(self) -> Path:
        """The folder of the installation."""
        return self.place.home


#: Brings the fault about, and says what was done. Raises Missing or Off.
Inject = Callable[[Stage], str]


@dataclass(frozen=True)
class Fault:
    """One line of the plan."""

    inject: Inject
    #: Whether people are at work when it begins.
    crowded: bool = True
    #: Items that there are; None: enough for everybody.
    items: int | None = None

    @property
    def name(self) -> str:
        """As it stands in the table."""
        return self.inject.__name__


def wait_until(done: Callable[[], bool]) -> None:
    """Until it is so, or LIMIT seconds are over."""
    end = time.monotonic() + LIMIT
    while not done() and time.monotonic() < end:
        time.sleep(0.05)


def more_come_through(told: Told, count: int = EACH) -> None:
    """Wait until some more answers were acknowledged. Raises Off when none are."""
    least = len(told.acknowledged) + count
    wait_until(lambda: len(told.acknowledged) >= least)
    if len(told.acknowledged) < least:
        raise Off("too little comes through")


def try_fault(fault: Fault, place: Place, seconds: float) -> bool:
    """One line of the table; whether all was well."""
    make_key(place.home / "secret.key")
    environ = {"WORKBENCH_DATABASE_URL": place.url} if place.url else {}
    config = load_config(environ, home=place.home, https=False)
    database = Database(config.database_url, key=config.read_key())
    migrate.upgrade(database)
    environ = {}
    if place.clock is not None:
        # Who has not been seen for half an hour is logged out: an hour on, that would be everybody.
        environ = {"WORKBENCH_SESSION_IDLE_MINUTES": "600"}
        environ |= {} if place.url else place.clock.environ
    _, cookies = prepare(database, config, items=fault.items or int(400 + 100 * seconds))
    told, server = Told(), Server(config, settings=environ)
    crowd = Crowd(server, cookies, told)
    stage = Stage(place, config, server, database, crowd, told, seconds)
    said, wrong = "", ""
    try:
        server.start()
        if fault.crowded:
            crowd.start()
            more_come_through(told)
        said = fault.inject(stage)
        if crowd.is_at_work:
            more_come_through(told)
            crowd.stop()
            crowd.finish()
    except Missing as missing:
        report.skipped(fault.name, place.url, str(missing))
        return True
    except (Off, RuntimeError) as error:
        wrong = str(error) or "the server did not start"
    finally:
        crowd.stop()
        server.kill()
        database.engine.dispose()
    try:
        found = report.look(database, config.read_key(), told)
    finally:
        database.dispose()
    return report.line(fault.name, place.url, (said, wrong), found)
