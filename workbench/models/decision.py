"""What leads say of items and of judgments. Rows are never changed (a trigger sees to it)."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from workbench.models.base import Base


class Settled(StrEnum):
    """How a lead settled what reviewers disagree about."""

    #: One of the judgments is the item's answer.
    TAKEN = "taken"
    #: The lead's own answer is.
    ANSWERED = "answered"
    #: More than one answer is right: the item stays without one.
    OPEN = "open"
    #: The decision before was taken back: the item waits again.
    REOPENED = "reopened"


_SETTLED = ", ".join(f"'{how}'" for how in Settled)


class Adjudication(Base):
    """What a lead decided that an item's answer is. The newest revision of an item counts."""

    __tablename__ = "adjudication"
    __table_args__ = (
        UniqueConstraint("item_id", "revision"),
        CheckConstraint(f"outcome IN ({_SETTLED})", name="outcome"),
        CheckConstraint("(outcome IN ('taken', 'answered')) = (answer IS NOT NULL)", name="answer"),
        CheckConstraint("(outcome = 'taken') = (taken_from IS NOT NULL)", name="taken_from"),
        Index("ix_adjudication_project", "project_id", "audit_seq"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    revision: Mapped[int]
    outcome: Mapped[str]
    #: As the task type stores answers.
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    type_version: Mapped[int]
    #: The judgment that was taken.
    taken_from: Mapped[int | None] = mapped_column(ForeignKey("judgment.id"))
    #: Why; reviewers of the item read it.
    note: Mapped[str]
    guideline_version: Mapped[int | None]
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    #: sha256 of what makes up this decision; the audit trail holds it too.
    digest: Mapped[str]
    made_at: Mapped[datetime]
    audit_seq: Mapped[int] = mapped_column(BigInteger)


class Verdict(StrEnum):
    """What a second pair of eyes says of a judgment."""

    ACCEPTED = "accepted"
    #: The lead's own answer is the item's; the judgment stays what its author said.
    CORRECTED = "corrected"
    #: Given back to its author with a note: they judge again, or stand by it.
    RETURNED = "returned"


_VERDICTS = ", ".join(f"'{verdict}'" for verdict in Verdict)


class Review(Base):
    """A lead has looked at a judgment. A later look at the same one is another row."""

    __tablename__ = "review"
    __table_args__ = (
        UniqueConstraint("judgment_id", "number"),
        CheckConstraint(f"verdict IN ({_VERDICTS})", name="verdict"),
        CheckConstraint("verdict <> 'returned' OR note <> ''", name="note"),
        CheckConstraint(
            "(verdict = 'corrected') = (adjudication_id IS NOT NULL)", name="adjudication_id"
        ),
        Index("ix_review_author", "author_id", "project_id", "verdict"),
        Index("ix_review_project", "project_id", "made_at"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    judgment_id: Mapped[int] = mapped_column(ForeignKey("judgment.id"))
    #: 1, 2, ... for each judgment; the last one counts.
    number: Mapped[int]
    #: Whose judgment it is.
    author_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    verdict: Mapped[str]
    #: What the author reads.
    note: Mapped[str]
    #: The decision with the answer that it was corrected to.
    adjudication_id: Mapped[int | None] = mapped_column(ForeignKey("adjudication.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]
    audit_seq: Mapped[int] = mapped_column(BigInteger)
