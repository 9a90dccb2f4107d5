"""Beside the requests: failed log-ins are told, and the trail's end is anchored, from time to time.

One process of the installation does it; the others wait.
"""

from __future__ import annotations

import logging
import threading
import time

from sqlalchemy.exc import SQLAlchemyError

from workbench.config import Config
from workbench.db import Database, now
from workbench.only_one import Turn, only_one
from workbench.services.anchors import drop_anchor
from workbench.services.failed_logins import has_failures, tell_failures

#: Seconds between two looks.
EVERY = 60.0
LOCK = "anchor.lock"

_log = logging.getLogger(__name__)


def keep_anchoring(
    database: Database, config: Config, stop: threading.Event, every: float = EVERY
) -> None:
    """Go on until told to stop."""
    while not stop.is_set():
        with only_one(config.home / LOCK, database) as mine:
            if mine:
                _go_on(database, config, stop, every, mine)
        stop.wait(every)


def _go_on(
    database: Database, config: Config, stop: threading.Event, every: float, mine: Turn
) -> None:
    due = time.monotonic()
    while mine and not stop.is_set():
        try:
            tell(database)
            if time.monotonic() >= due:
                drop_anchor(database, config.anchors)
                due = time.monotonic() + 60 * config.anchor_minutes
        except (SQLAlchemyError, OSError, ValueError):
            _log.exception("the audit trail could not be anchored")
        stop.wait(every)


def tell(database: Database) -> None:
    """Have the trail tell of failed log-ins whose interval is over. Writes only where there are."""
    with database.read() as session:
        waits = has_failures(session, now(session))
    if waits:
        with database.write() as session:
            tell_failures(session, now(session))
