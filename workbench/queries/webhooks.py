"""Webhooks: which there are, what they were sent, and which have something to be sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, or_, select
from sqlalchemy.orm import Session

from workbench.models import PING, Sending, User, Webhook, WebhookDelivery

#: Deliveries of a page.
LISTED = 50


@dataclass(frozen=True)
class HookLine:
    """A webhook as it is listed."""

    hook: Webhook
    #: Who made it; None: the command line.
    maker: str | None
    #: What it was sent last, or is being sent.
    last: WebhookDelivery | None

    @property
    def state(self) -> str:
        """One of "failing", "paused", "retrying" and "active"."""
        if self.hook.failing_at is not None:
            return "failing"
        if self.hook.paused_at is not None:
            return "paused"
        waits = self.last is not None and self.last.state == Sending.PENDING
        return "retrying" if waits and self.last is not None and self.last.error else "active"


def hooks_of(session: Session, project_id: int) -> list[HookLine]:
    """The project's webhooks, newest first."""
    rows = session.execute(
        select(Webhook, User.name)
        .outerjoin(User, User.id == Webhook.created_by)
        .where(Webhook.project_id == project_id, Webhook.removed_at.is_(None))
        .order_by(Webhook.id.desc())
    ).all()
    return [HookLine(hook, maker, _last(session, hook.id)) for hook, maker in rows]


def _last(session: Session, hook_id: int) -> WebhookDelivery | None:
    """The delivery that was tried last, or the newest."""
    query = select(WebhookDelivery).where(WebhookDelivery.webhook_id == hook_id)
    newest = (WebhookDelivery.tried_at.desc().nulls_last(), WebhookDelivery.number.desc())
    return session.scalars(query.order_by(*newest).limit(1)).one_or_none()


def hook_named(session: Session, project_id: int, name: str) -> HookLine | None:
    """That webhook of the project; None where there is none."""
    found = [line for line in hooks_of(session, project_id) if line.hook.name == name]
    return found[0] if found else None


def deliveries(
    session: Session, hook_id: int, before: int | None = None, limit: int = LISTED
) -> list[WebhookDelivery]:
    """What a webhook was sent and is to be sent, newest first; `before`: older than that number."""
    query = select(WebhookDelivery).where(WebhookDelivery.webhook_id == hook_id)
    if before is not None:
        query = query.where(WebhookDelivery.number < before)
    return list(session.scalars(query.order_by(WebhookDelivery.number.desc()).limit(limit)))


def at_work(session: Session) -> list[Webhook]:
    """Webhooks of all projects that nothing waits for and that are to be told what happens."""
    waits = exists().where(
        WebhookDelivery.webhook_id == Webhook.id, WebhookDelivery.state == Sending.PENDING
    )
    return list(
        session.scalars(
            select(Webhook)
            .where(
                Webhook.removed_at.is_(None),
                Webhook.paused_at.is_(None),
                Webhook.failing_at.is_(None),
                ~waits,
            )
            .order_by(Webhook.id)
        )
    )


def next_waiting(session: Session, hook: Webhook) -> WebhookDelivery | None:
    """What is to be sent next to that webhook: a ping before all others, then the oldest that
    waits; of one that is paused or failing pings alone."""
    waiting = (
        select(WebhookDelivery)
        .where(WebhookDelivery.webhook_id == hook.id, WebhookDelivery.state == Sending.PENDING)
        .order_by(WebhookDelivery.number)
        .limit(1)
    )
    ping = session.scalars(waiting.where(WebhookDelivery.event == PING)).one_or_none()
    return ping if ping is not None or not hook.open else session.scalars(waiting).one_or_none()


def due(session: Session, now: datetime) -> list[int]:
    """Webhooks that something is to be sent to now, and that nobody is sending to."""
    waits = exists().where(
        WebhookDelivery.webhook_id == Webhook.id, WebhookDelivery.state == Sending.PENDING
    )
    hooks = session.scalars(
        select(Webhook)
        .where(
            Webhook.removed_at.is_(None),
            or_(Webhook.held_until.is_(None), Webhook.held_until <= now),
            waits,
        )
        .order_by(Webhook.id)
    ).all()
    found = ((hook.id, next_waiting(session, hook)) for hook in hooks)
    return [hook_id for hook_id, row in found if row is not None and row.due_at <= now]


def has_old(session: Session, now: datetime, kept: timedelta) -> bool:
    """Whether a delivery is older than those that are kept."""
    found = select(WebhookDelivery.id).where(
        WebhookDelivery.made_at < now - kept, WebhookDelivery.state != Sending.PENDING
    )
    return session.scalar(found.limit(1)) is not None
