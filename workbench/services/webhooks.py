"""Webhooks: made, paused, given another secret, removed; and what an engineer has sent again."""

from __future__ import annotations

import ipaddress
import re
import secrets
from base64 import b32encode
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from workbench.errors import Conflict, NotFound
from workbench.messages import Invalid
from workbench.models import PING, Event, Kind, Project, Sending, Webhook, WebhookDelivery
from workbench.queries import webhook_events
from workbench.services import audit, slots
from workbench.services.tell import over
from workbench.services.webhook_sending import add
from workbench.services.webhook_signing import secret_of

URL_LENGTH = 500
#: Open webhooks of one project.
MOST = 20
#: No space, no control character, nothing but ASCII: a request line is made of it.
_PLAIN = re.compile(r"[!-~]+")


@dataclass(frozen=True)
class Wanted:
    """What somebody asks of a webhook. Checked by `make`."""

    url: str
    events: tuple[str, ...]


def make(
    session: Session, project: Project, wanted: Wanted, *, now: datetime, actor: int | None
) -> tuple[Webhook, str]:
    """A new webhook, told of what happens from now on; and its secret.

    Raises Invalid at "url" or "events"; Conflict where the project has enough.
    """
    url, events = _checked_url(wanted.url), _checked_events(wanted.events)
    slots.lock_project(session, project.id)
    there = select(func.count()).where(
        Webhook.project_id == project.id, Webhook.removed_at.is_(None)
    )
    if (session.scalar(there) or 0) >= MOST:
        raise Conflict("A project has at most %(n)s webhooks. Remove one first.", n=MOST)
    row = Webhook(
        project_id=project.id,
        name="hook_" + b32encode(secrets.token_bytes(5)).decode().lower(),
        url=url,
        events=events,
        turn=1,
        created_at=now,
        created_by=actor,
        told_seq=0,
        told_export=webhook_events.newest_export(session, project.id),
        number=0,
    )
    session.add(row)
    session.flush()
    row.told_seq = _note(session, "webhook.make", row, now, actor, host=host_of(url), events=events)
    session.flush()
    return row, secret_of(session.info["key"], row.name, row.turn)


def host_of(url: str) -> str:
    """The host alone: addresses may carry secrets of their own."""
    return urlsplit(url).hostname or ""


def _checked_url(text: str) -> str:
    """The address. Raises Invalid at "url"."""
    url = text.strip()
    if len(url) > URL_LENGTH:
        raise Invalid.at("url", "At most %(n)s characters.", n=URL_LENGTH)
    try:
        parts = urlsplit(url)
        good = bool(
            _PLAIN.fullmatch(url)
            and parts.scheme in {"https", "http"}
            and parts.hostname
            and parts.port != 0
            and "\\" not in url
        )
        if good and parts.hostname and ":" in parts.hostname:
            ipaddress.IPv6Address(parts.hostname)
    except ValueError:
        good = False
    if not good:
        raise Invalid.at("url", "Write an address such as https://pipeline.example.org/hooks.")
    if "@" in parts.netloc or parts.fragment:
        raise Invalid.at("url", "An address without a user name, a password and a #.")
    return url


def _checked_events(names: tuple[str, ...]) -> list[str]:
    if not names or not set(names) <= set(Event):
        raise Invalid.at("events", "Choose at least one of what it can be told.")
    return [str(event) for event in Event if event in names]


def find(session: Session, project_id: int, name: str) -> Webhook:
    """The project's webhook of that name, locked. Raises NotFound where there is none."""
    row = session.scalars(
        select(Webhook)
        .where(Webhook.project_id == project_id, Webhook.name == name, Webhook.removed_at.is_(None))
        .with_for_update()
    ).one_or_none()
    if row is None:
        raise NotFound("This project has no webhook of that name.")
    return row


def pause(session: Session, row: Webhook, *, now: datetime, actor: int | None) -> None:
    """Send nothing but pings until it is resumed."""
    if row.paused_at is None:
        row.paused_at = now
        session.flush()
        _note(session, "webhook.pause", row, now, actor)


def resume(session: Session, row: Webhook, *, now: datetime, actor: int | None) -> None:
    """Go on where it stopped, whether it was paused or given up: what waits is sent at once, and
    what happened meanwhile after it."""
    if row.paused_at is None and row.failing_at is None:
        return
    row.paused_at = row.failing_at = None
    over(session, row.project_id, Kind.WEBHOOK, (row.id,), now)
    session.execute(
        update(WebhookDelivery)
        .where(WebhookDelivery.webhook_id == row.id, WebhookDelivery.state == Sending.PENDING)
        .values(asked_at=now, due_at=now, tries=0)
        .execution_options(synchronize_session=False)
    )
    session.flush()
    _note(session, "webhook.resume", row, now, actor)


def turn(session: Session, row: Webhook, *, now: datetime, actor: int | None) -> str:
    """Another secret, which is shown this once. The one before is good for a day yet."""
    row.turn, row.turned_at = row.turn + 1, now
    session.flush()
    _note(session, "webhook.turn", row, now, actor)
    return secret_of(session.info["key"], row.name, row.turn)


def remove(session: Session, row: Webhook, *, now: datetime, actor: int | None) -> None:
    """Send it nothing any more, for good."""
    row.removed_at = now
    over(session, row.project_id, Kind.WEBHOOK, (row.id,), now)
    session.flush()
    _note(session, "webhook.remove", row, now, actor)


def ping(session: Session, row: Webhook, *, now: datetime) -> WebhookDelivery:
    """Have something harmless sent, once, ahead of what waits, though it be paused or given up."""
    return add(session, row, PING, {}, now)


def replay(
    session: Session, row: Webhook, number: int, *, now: datetime, actor: int | None
) -> WebhookDelivery:
    """Have that delivery sent again, with the same id and body, whatever became of it.

    Raises NotFound where it is not kept any more.
    """
    found = session.scalars(
        select(WebhookDelivery)
        .where(WebhookDelivery.webhook_id == row.id, WebhookDelivery.number == number)
        .with_for_update()
    ).one_or_none()
    if found is None:
        raise NotFound("This webhook has no delivery of that number, or no more.")
    found.state, found.tries = Sending.PENDING, 0
    found.asked_at = found.due_at = now
    session.flush()
    _note(session, "webhook.replay", row, now, actor, number=number)
    return found


def _note(
    session: Session, action: str, row: Webhook, now: datetime, actor: int | None, **more: object
) -> int:
    detail = {"project": row.project_id, "name": row.name, **more}
    return audit.append(session, action, f"webhook:{row.id}", actor=actor, at=now, detail=detail)
