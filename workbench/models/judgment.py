"""What stands between an item and a reviewer, and what the reviewer said of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from workbench.models.base import Base, Key
from workbench.models.item import Item


class State(StrEnum):
    """Where an (item, reviewer) stands."""

    #: The reviewer's until it expires, and holds a slot: a lease. On their screen, or kept ready.
    LEASED = "leased"
    #: Judged; its judgment counts and holds a slot.
    JUDGED = "judged"
    #: Not for this reviewer.
    SKIPPED = "skipped"
    #: The reviewer asked a lead.
    ESCALATED = "escalated"
    #: The lease ran out and its slot went back.
    RELEASED = "released"


_STATES = ", ".join(f"'{state}'" for state in State)
_LEASED = text("state = 'leased'")
_WITHDRAWN = text("answer IS NULL")


class Assignment(Base):
    """One row an (item, reviewer) that have met: so nobody meets an item twice."""

    __tablename__ = "assignment"
    __table_args__ = (
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        CheckConstraint("(state = 'leased') = (expires_at IS NOT NULL)", name="expires_at"),
        CheckConstraint("(state = 'judged') = (judgment_id IS NOT NULL)", name="judgment_id"),
        CheckConstraint("said IS NULL OR judgment_id IS NOT NULL", name="said"),
        Index(
            "ix_assignment_leases",
            "project_id",
            "expires_at",
            sqlite_where=_LEASED,
            postgresql_where=_LEASED,
        ),
        Index("ix_assignment_held", "user_id", "project_id", "state", "updated_at"),
        Index("ix_assignment_mine", "user_id", "project_id", "updated_at"),
        # All that figures are made of, so that a million judgments are read without their rows.
        Index("ix_assignment_project", "project_id", "state", "item_id", "user_id", "said"),
    )

    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True)
    item: Mapped[Item] = relationship()
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    state: Mapped[str]
    expires_at: Mapped[datetime | None]
    #: When it came on this reviewer's screen; None while it is only kept ready for them.
    shown_at: Mapped[datetime | None]
    #: Response ids in the order this reviewer sees them.
    shown: Mapped[list[Any]]
    #: The judgment that counts now.
    judgment_id: Mapped[int | None] = mapped_column(ForeignKey("judgment.id"))
    #: What that judgment says, as `task_types.said` has it; None where nobody wrote it down, and it
    #: is worked out from the answer.
    said: Mapped[int | None] = mapped_column(BigInteger)
    #: Why it was skipped.
    reason: Mapped[str] = mapped_column(default="")
    created_at: Mapped[datetime]
    updated_at: Mapped[datetime]


class Judgment(Base):
    """What a reviewer said of an item. Rows are never changed or deleted (a trigger sees to it).

    A change of mind is a new revision; taking an answer back is a revision without an answer.
    """

    __tablename__ = "judgment"
    __table_args__ = (
        UniqueConstraint("item_id", "user_id", "revision"),
        UniqueConstraint("user_id", "idempotency_key"),
        # Both grow at their end alone, and have what is counted without reading the rows.
        Index(
            "ix_judgment_audit",
            "project_id",
            "audit_seq",
            "item_id",
            "user_id",
            "revision",
            "active_ms",
        ),
        Index(
            "ix_judgment_day",
            "project_id",
            "made_at",
            "revision",
            "item_id",
            "user_id",
            "origin",
            "digest",
        ),
        Index(
            "ix_judgment_withdrawn",
            "project_id",
            "made_at",
            sqlite_where=_WITHDRAWN,
            postgresql_where=_WITHDRAWN,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    revision: Mapped[int]
    #: None: the reviewer took the answer back.
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    type_version: Mapped[int]
    #: The guideline on screen.
    guideline_version: Mapped[int | None]
    shown: Mapped[list[Any]]
    #: Milliseconds with the tab visible and focused.
    active_ms: Mapped[int | None] = mapped_column(BigInteger)
    #: Language of the interface.
    locale: Mapped[str]
    #: "desk" or "import".
    origin: Mapped[str]
    idempotency_key: Mapped[str] = mapped_column(Key)
    #: sha256 of what makes up this judgment; the audit trail holds it too.
    digest: Mapped[str]
    made_at: Mapped[datetime]
    #: Number of the audit entry written with it: the order in which judgments were committed.
    audit_seq: Mapped[int] = mapped_column(BigInteger)


class Outcome(StrEnum):
    """How a lead settled an escalation."""

    #: Kept as it is; others judge it, the one who asked does not.
    KEPT = "kept"
    #: Answered; the item goes back to the reviewer who asked.
    ANSWERED = "answered"
    #: Taken out of the project.
    REMOVED = "removed"


class Escalation(Base):
    """A reviewer needs a lead: a reason, an owner, a due time and a recorded outcome."""

    __tablename__ = "escalation"
    __table_args__ = (
        Index(
            "ix_escalation_open",
            "project_id",
            "due_at",
            sqlite_where=text("resolved_at IS NULL"),
            postgresql_where=text("resolved_at IS NULL"),
        ),
        CheckConstraint("(resolved_at IS NULL) = (outcome IS NULL)", name="outcome"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    reason: Mapped[str]
    created_at: Mapped[datetime]
    due_at: Mapped[datetime]
    owner_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    outcome: Mapped[str | None]
    #: What the lead tells the reviewer.
    note: Mapped[str] = mapped_column(default="")
    resolved_at: Mapped[datetime | None]
    resolved_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
