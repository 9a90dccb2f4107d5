"""Addresses that are told what happens on a project, and what each of them is sent."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from workbench.models.base import Base, Key


class Event(StrEnum):
    """What a webhook may be told of. Nothing of an item's content is in any of them."""

    #: Judgments were stored, changed or taken back: as many as one look finds.
    JUDGMENTS = "judgment.created"
    #: Items have all the judgments that they want.
    COMPLETED = "item.completed"
    #: A snapshot can be fetched.
    SNAPSHOT = "snapshot.ready"
    #: Agreement fell below the project's floor.
    AGREEMENT = "agreement.below"


#: Sent to try an address; nobody subscribes to it.
PING = "ping"


class Sending(StrEnum):
    """Where a delivery stands."""

    PENDING = "pending"
    #: The receiver said that it has it.
    DELIVERED = "delivered"
    #: A ping that did not arrive. What is no ping stays pending.
    FAILED = "failed"


class Why(StrEnum):
    """Why a delivery did not arrive."""

    #: The name has no address.
    NAME = "name"
    #: An address that nothing is sent to from here.
    ADDRESS = "address"
    CONNECTION = "connection"
    TLS = "tls"
    TIMEOUT = "timeout"
    #: Redirects are not followed.
    REDIRECT = "redirect"
    #: Another status than 2xx.
    STATUS = "status"


_SENDINGS = ", ".join(f"'{sending}'" for sending in Sending)
_PENDING = text("state = 'pending'")


class Webhook(Base):
    """An address that is told of events of one project."""

    __tablename__ = "webhook"
    __table_args__ = (
        CheckConstraint("turn >= 1", name="turn"),
        Index("ix_webhook_project", "project_id", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    #: What it is called in addresses and commands. Its secret is made of it.
    name: Mapped[str] = mapped_column(Key, unique=True)
    url: Mapped[str]
    #: Values of `Event`.
    events: Mapped[list[Any]]
    #: Which secret it has: the first, the second, ... None is stored; each follows from the key.
    turn: Mapped[int]
    #: When it got that one: the one before is good for a while yet.
    turned_at: Mapped[datetime | None]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    #: Up to which entry of the audit trail, and up to which snapshot, it has been told.
    told_seq: Mapped[int] = mapped_column(BigInteger)
    told_export: Mapped[int]
    #: The number of its newest delivery.
    number: Mapped[int]
    paused_at: Mapped[datetime | None]
    #: When it was given up; nothing but pings is sent until somebody resumes it.
    failing_at: Mapped[datetime | None]
    removed_at: Mapped[datetime | None]
    #: Somebody is sending to it until then; another one leaves it alone.
    held_until: Mapped[datetime | None]

    @property
    def open(self) -> bool:
        """Whether it is told what happens: neither paused nor given up nor removed."""
        return self.paused_at is None and self.failing_at is None and self.removed_at is None


class WebhookDelivery(Base):
    """One event on its way to one address."""

    __tablename__ = "webhook_delivery"
    __table_args__ = (
        UniqueConstraint("webhook_id", "number"),
        CheckConstraint(f"state IN ({_SENDINGS})", name="state"),
        Index(
            "ix_webhook_delivery_pending",
            "webhook_id",
            "number",
            sqlite_where=_PENDING,
            postgresql_where=_PENDING,
        ),
        Index("ix_webhook_delivery_made", "made_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    webhook_id: Mapped[int] = mapped_column(ForeignKey("webhook.id"))
    #: 1, 2, ... of the webhook: the order in which they are sent.
    number: Mapped[int]
    event: Mapped[str]
    #: The body, byte for byte as every attempt sends it.
    body: Mapped[str]
    state: Mapped[str]
    #: How often it was tried, ever: who tried it when it was another number has been overtaken.
    attempts: Mapped[int]
    #: How often it was tried since it was made, replayed or resumed: the pause grows with it.
    tries: Mapped[int]
    #: When that was: it is given up some days after.
    asked_at: Mapped[datetime]
    due_at: Mapped[datetime]
    made_at: Mapped[datetime]
    tried_at: Mapped[datetime | None]
    delivered_at: Mapped[datetime | None]
    #: The status that was answered last, and a `Why`.
    status: Mapped[int | None]
    error: Mapped[str | None]
