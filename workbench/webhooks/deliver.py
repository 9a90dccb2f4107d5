"""Deliver what is due: one pass, or one after the other by whoever has the lock.

A delivery is marked as delivered after its receiver said so. Who is killed in between leaves it
held, and it is sent again, with the same id, when that has run out: at least once. Two who deliver
at once share the work: who sends to a webhook holds it, so nothing is sent by both.
"""

from __future__ import annotations

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from sqlalchemy.exc import SQLAlchemyError

from workbench.config import Config
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import Why
from workbench.only_one import only_one
from workbench.queries import webhook_events, webhooks
from workbench.services import webhook_sending, webhook_signing
from workbench.services.webhook_sending import KEPT, Held
from workbench.webhooks.post import Outcome, post

#: Seconds between two passes: judgments of that time are told as one.
EVERY = 5.0
#: Receivers that are sent to at once, so that one that hangs does not hold up all others.
AT_ONCE = 4
#: Held by whoever delivers, a file of the home folder. It only spares work; what keeps two from
#: sending the same is the hold.
LOCK = "deliver.lock"
#: Deliveries of one webhook in one pass.
IN_A_ROW = 20

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Passed:
    """What a pass did: attempts that arrived, and that did not."""

    delivered: int
    failed: int


#: Nobody sets it.
_NEVER = threading.Event()


def deliver(database: Database, config: Config, stop: threading.Event = _NEVER) -> Passed:
    """One pass: look what there is to tell, and send what is due, until told to stop."""
    _look(database)
    with database.read() as session:
        now = database_now(session)
        due = webhooks.due(session, now)
        old = webhooks.has_old(session, now, KEPT)
    if old:
        with database.write() as session:
            webhook_sending.prune(session, database_now(session))
    if not due:
        return Passed(0, 0)
    with ThreadPoolExecutor(min(AT_ONCE, len(due))) as pool:
        passed = list(pool.map(lambda hook_id: send_due(database, config, hook_id, stop), due))
    return Passed(sum(each.delivered for each in passed), sum(each.failed for each in passed))


def _look(database: Database) -> None:
    """What is read is read while nothing is locked, and written down only if there is anything."""
    with database.read() as session:
        looks = [webhook_events.look(session, hook) for hook in webhooks.at_work(session)]
    for look in looks:
        if look is not None and look.counts:
            with database.write() as session:
                webhook_sending.note_look(session, look, database_now(session))


def send_due(
    database: Database, config: Config, hook_id: int, stop: threading.Event = _NEVER
) -> Passed:
    """Send what is due to one webhook, in order, until one does not arrive."""
    delivered = failed = 0
    for _ in range(IN_A_ROW):
        if stop.is_set():
            break
        with database.write() as session:
            held = webhook_sending.hold(session, hook_id, database_now(session))
        if held is None:
            break
        outcome = _send(database, config, held)
        delivered += outcome.error is None
        failed += outcome.error is not None
        with database.write() as session:
            now = database_now(session)
            if not webhook_sending.done(session, held, outcome.status, outcome.error, now):
                break
    return Passed(delivered, failed)


def _send(database: Database, config: Config, held: Held) -> Outcome:
    """Nothing is locked while the receiver is waited for."""
    with database.read() as session:
        key, now = session.info["key"], database_now(session)
    headers = webhook_signing.headers(key, held.hook, held.message_id, held.body, now)
    try:
        return post(held.hook.url, held.body, headers, networks=config.webhook_networks)
    except Exception:  # noqa: BLE001 - one address must not keep the others from being sent to
        _log.exception("a webhook could not be sent")
        return Outcome(None, Why.CONNECTION)


def keep_delivering(
    database: Database, config: Config, stop: threading.Event, every: float = EVERY
) -> None:
    """Deliver until told to stop; wait meanwhile while another process of the installation does."""
    while not stop.is_set():
        with only_one(config.home / LOCK, database) as mine:
            while mine and not stop.wait(every):
                try:
                    deliver(database, config, stop)
                except (SQLAlchemyError, OSError):
                    # A database that is busy or away for now: the next pass finds all of it.
                    _log.exception("webhooks could not be delivered")
        stop.wait(every)
