"""What people are told: in the page, and by e-mail where they asked for it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKey,
    Index,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from workbench.models.base import Base, Key
from workbench.models.user import Role


class Kind(StrEnum):
    """What a person may be told."""

    #: A lead gave a judgment of theirs back.
    RETURNED = "returned"
    #: A lead settled what they asked.
    ANSWERED = "answered"
    #: They are given no live items for now.
    PAUSED = "paused"
    #: A reviewer asks; or asked so long ago that the answer is overdue.
    ESCALATION = "escalation"
    #: Agreement fell below the project's floor.
    AGREEMENT = "agreement"
    #: A reviewer is given no live items for now.
    REVIEWER_PAUSED = "reviewer_paused"
    #: There is little left to judge.
    QUEUE = "queue"
    #: What a webhook is sent does not arrive, and nobody tries any more.
    WEBHOOK = "webhook"
    #: What they had done in the background has ended.
    JOB = "job"


#: Each kind is for people of these roles on the project, and for nobody else.
ROLES_OF: dict[Kind, tuple[Role, ...]] = {
    Kind.RETURNED: (Role.REVIEWER,),
    Kind.ANSWERED: (Role.REVIEWER,),
    Kind.PAUSED: (Role.REVIEWER,),
    Kind.ESCALATION: (Role.LEAD,),
    Kind.AGREEMENT: (Role.LEAD,),
    Kind.REVIEWER_PAUSED: (Role.LEAD,),
    Kind.QUEUE: (Role.LEAD,),
    Kind.WEBHOOK: (Role.ENGINEER,),
    Kind.JOB: (Role.ENGINEER, Role.LEAD),
}

_KINDS = ", ".join(f"'{kind}'" for kind in Kind)
_WAITING = text("read_at IS NULL AND over_at IS NULL")


class Notice(Base):
    """One person is told one thing of one project. Nothing of an item's content is in it."""

    __tablename__ = "notice"
    __table_args__ = (
        UniqueConstraint("user_id", "project_id", "kind", "subject", "number"),
        CheckConstraint(f"kind IN ({_KINDS})", name="kind"),
        Index("ix_notice_waiting", "user_id", sqlite_where=_WAITING, postgresql_where=_WAITING),
        Index("ix_notice_subject", "project_id", "kind", "subject"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    kind: Mapped[str]
    #: What it is about: the id of a review, an escalation or a person; "" for the project itself.
    subject: Mapped[str] = mapped_column(Key)
    #: 1, 2, ... of the same subject: told again after it was over.
    number: Mapped[int]
    #: Numbers of the sentence, and of the link, as they were then.
    facts: Mapped[dict[str, Any]]
    made_at: Mapped[datetime]
    #: When the person marked it as read.
    read_at: Mapped[datetime | None]
    #: When it was no longer so: judged anew, settled, above the floor again.
    over_at: Mapped[datetime | None]
    #: When a mail server took it.
    mailed_at: Mapped[datetime | None]


class Mailbox(Base):
    """Where a person gets e-mail and what of. No row: none, and nothing is sent."""

    __tablename__ = "mailbox"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    #: Whoever reads it has confirmed that it is theirs.
    address: Mapped[str | None]
    #: Entered and not confirmed yet: gets nothing but the link.
    pending: Mapped[str | None]
    #: How many links were asked for since `asked_at`.
    asked: Mapped[int] = mapped_column(default=0)
    asked_at: Mapped[datetime | None]
    #: Kind to "daily" or "at_once"; a kind that is not there is shown in the page only.
    choices: Mapped[dict[str, Any]]
    #: When the last daily digest was due for them.
    digest_at: Mapped[datetime | None]
    #: A run is sending to them until then; another one leaves them alone.
    held_until: Mapped[datetime | None]
    #: When a mail server last refused the address for good.
    refused_at: Mapped[datetime | None]


class Watch(Base):
    """From what on the leads of a project are told. No row: the defaults."""

    __tablename__ = "watch"
    __table_args__ = (
        CheckConstraint("agreement_floor > 0 AND agreement_floor <= 1", name="agreement_floor"),
        CheckConstraint("queue_days >= 0", name="queue_days"),
    )

    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), primary_key=True)
    #: Krippendorff's alpha of the main question; None: none is asked for.
    agreement_floor: Mapped[float | None] = mapped_column(Double)
    #: Days of work left in the queue; 0: leads are not told.
    queue_days: Mapped[int]
    #: When agreement was last looked at, and up to which entry of the audit trail.
    looked_at: Mapped[datetime | None]
    looked_seq: Mapped[int] = mapped_column(BigInteger)
    #: Since when a look has found agreement below that floor; None: it was not, when last looked.
    below_at: Mapped[datetime | None]
