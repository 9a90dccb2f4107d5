"""What is written down of deliveries: what there is to send, that it is being sent, how it went.

A webhook is told in order, one delivery at a time. What is to be told next is looked for only when
nothing waits, so that a receiver that is down is owed a look, and not a row for all that happens.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from datetime import datetime, timedelta

import orjson
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from workbench.models import PING, Kind, Project, Sending, Webhook, WebhookDelivery, Why
from workbench.queries.export import rfc3339
from workbench.queries.webhook_events import Data, Look
from workbench.queries.webhooks import next_waiting
from workbench.services.tell import tell

#: Others leave a webhook alone for so long; after that whoever sent to it has been killed.
HOLD = timedelta(seconds=30)
#: The first pause after a failure; each one after is twice as long, up to the longest.
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=10), timedelta(hours=6)
#: Pauses are so much shorter or longer by chance, so that those who failed together do not come
#: back together.
JITTER = 0.2
#: A delivery that failed for so long makes its webhook a failing one.
GIVE_UP = timedelta(days=3)
#: How long deliveries are kept.
KEPT = timedelta(days=30)
#: "Gone": the receiver wants no more of this, and the webhook is failing at once.
GONE = 410


@dataclass(frozen=True)
class Held:
    """A delivery that is this deliverer's alone for HOLD."""

    hook: Webhook
    delivery_id: int
    message_id: str
    body: bytes
    #: Which attempt it is.
    attempt: int


def add(session: Session, hook: Webhook, event: str, data: Data, now: datetime) -> WebhookDelivery:
    """One event more for that webhook, whose row is locked."""
    hook.number += 1
    project = session.get_one(Project, hook.project_id)
    body = {"type": event, "timestamp": rfc3339(now), "data": {"project": project.slug, **data}}
    row = WebhookDelivery(
        webhook_id=hook.id,
        number=hook.number,
        event=event,
        body=orjson.dumps(body).decode(),
        state=Sending.PENDING,
        attempts=0,
        tries=0,
        asked_at=now,
        due_at=now,
        made_at=now,
    )
    session.add(row)
    session.flush()
    return row


def note_look(session: Session, look: Look, now: datetime) -> int:
    """Write down what a look found, unless another look was faster; how many events it was."""
    hook = _lock(session, look.webhook_id)
    if (hook.told_seq, hook.told_export) != (look.told_seq, look.told_export) or not hook.open:
        return 0
    hook.told_seq, hook.told_export = look.upto_seq, look.upto_export
    for event, data in look.events:
        add(session, hook, event, data, now)
    session.flush()
    return len(look.events)


def hold(session: Session, hook_id: int, now: datetime) -> Held | None:
    """The next delivery of that webhook, this deliverer's alone; None: there is none that is due,
    or somebody is at it."""
    hook = _lock(session, hook_id)
    held = hook.held_until is not None and hook.held_until > now
    if held or hook.removed_at is not None:
        return None
    row = next_waiting(session, hook)
    if row is None or row.due_at > now:
        return None
    hook.held_until = now + HOLD
    row.attempts += 1
    row.tries += 1
    row.tried_at = now
    session.flush()
    message_id = f"{hook.name}_{row.number}"
    return Held(hook, row.id, message_id, row.body.encode(), row.attempts)


def done(
    session: Session, held: Held, status: int | None, error: Why | None, now: datetime
) -> bool:
    """How the attempt went; whether the next one of this webhook may follow at once.

    What another deliverer has taken over meanwhile is its business, and nothing is written.
    """
    hook = _lock(session, held.hook.id)
    row = session.get_one(WebhookDelivery, held.delivery_id, populate_existing=True)
    if row.attempts != held.attempt:
        return False
    hook.held_until = None
    row.status, row.error = status, error
    if error is None:
        row.state, row.delivered_at = Sending.DELIVERED, now
    elif row.event == PING:
        row.state = Sending.FAILED
    else:
        row.due_at = now + pause_after(row.tries)
        if status == GONE or now - row.asked_at >= GIVE_UP:
            hook.failing_at = now
            tell(session, hook.project_id, Kind.WEBHOOK, hook.id, now)
    session.flush()
    return error is None or row.event == PING


def pause_after(tries: int) -> timedelta:
    """How long to wait after so many tries that failed."""
    longest = LONGEST_PAUSE / FIRST_PAUSE
    plain = FIRST_PAUSE * min(longest, 2.0 ** min(tries - 1, 30))
    return plain * random.uniform(1 - JITTER, 1 + JITTER)  # noqa: S311 - no secret


def prune(session: Session, now: datetime) -> None:
    """Forget deliveries that are older than KEPT and wait for nothing."""
    waits = select(WebhookDelivery.id).join(Webhook, Webhook.id == WebhookDelivery.webhook_id)
    waits = waits.where(WebhookDelivery.state == Sending.PENDING, Webhook.removed_at.is_(None))
    session.execute(
        delete(WebhookDelivery)
        .where(WebhookDelivery.made_at < now - KEPT, WebhookDelivery.id.not_in(waits))
        .execution_options(synchronize_session=False)
    )


def _lock(session: Session, hook_id: int) -> Webhook:
    return session.get_one(Webhook, hook_id, with_for_update=True, populate_existing=True)
