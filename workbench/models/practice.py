"""Practice: items whose answer is known, what people said of them, and who may judge live items.

None of it is an item, an assignment or a judgment: the queue, agreement and exports never see it.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from workbench.models.base import Base, Key

_PRESENT = text("retired_at IS NULL")
_OPEN = text("ended_at IS NULL")
_HOLDS = text("revoked_at IS NULL")


class PracticeItem(Base):
    """Something to practise on, with the answer that is expected and why it is."""

    __tablename__ = "practice_item"
    __table_args__ = (
        CheckConstraint("severity BETWEEN 0 AND 3", name="severity"),
        Index(
            "ix_practice_item_present",
            "project_id",
            "external_id",
            unique=True,
            sqlite_where=_PRESENT,
            postgresql_where=_PRESENT,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    external_id: Mapped[str] = mapped_column(Key)
    language: Mapped[str]
    #: The language without its region: what reviewers are matched by.
    language_base: Mapped[str]
    #: These as `Item` stores them.
    prompt: Mapped[list[Any]]
    responses: Mapped[list[Any]]
    tags: Mapped[list[Any]]
    harm: Mapped[str | None]
    severity: Mapped[int | None]
    meta: Mapped[dict[str, Any]]
    #: As the task type stores answers.
    expected: Mapped[dict[str, Any]]
    #: {"es": ..., "en": ...}
    why: Mapped[dict[str, Any]]
    #: Of all of the above but the id.
    content_hash: Mapped[str]
    #: Place in the lead's list.
    position: Mapped[int]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    #: Set when a lead took it out: nobody is asked it any more.
    retired_at: Mapped[datetime | None]


class PracticeRound(Base):
    """A person goes through a project's practice items once. At most one round is open."""

    __tablename__ = "practice_round"
    __table_args__ = (
        UniqueConstraint("project_id", "user_id", "number"),
        CheckConstraint(
            '(ended_at IS NULL) = ("right" IS NULL) AND (ended_at IS NULL) = (asked IS NULL)'
            " AND (ended_at IS NULL) = (pass_mark IS NULL)",
            name="ended_at",
        ),
        Index(
            "ix_practice_round_open",
            "project_id",
            "user_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    #: 1, 2, ... for each person and project.
    number: Mapped[int]
    #: Ids of its practice items in the order they are asked.
    items: Mapped[list[Any]]
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    #: At its end: how many answers were right, of how many, and the pass mark then in percent.
    right: Mapped[int | None]
    asked: Mapped[int | None]
    pass_mark: Mapped[int | None]

    @property
    def passed(self) -> bool:
        """Whether it is over and the pass mark was reached."""
        if self.right is None or not self.asked or self.pass_mark is None:
            return False
        return self.right * 100 >= self.pass_mark * self.asked


class PracticeAnswer(Base):
    """What a person said of a practice item. Rows are never changed (a trigger sees to it)."""

    __tablename__ = "practice_answer"
    __table_args__ = (UniqueConstraint("round_id", "practice_item_id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("practice_round.id"))
    practice_item_id: Mapped[int] = mapped_column(ForeignKey("practice_item.id"), index=True)
    answer: Mapped[dict[str, Any]]
    right: Mapped[bool]
    made_at: Mapped[datetime]


class How(StrEnum):
    """How a person came to be let in to a project's live items."""

    PASSED = "passed"
    LEAD = "lead"
    JUDGED_BEFORE = "judged before"


_HOWS = ", ".join(f"'{how}'" for how in How)


class Qualification(Base):
    """A person may judge live items. One that was taken back stays, as what was true once."""

    __tablename__ = "qualification"
    __table_args__ = (
        CheckConstraint(f"how IN ({_HOWS})", name="how"),
        Index(
            "ix_qualification_holds",
            "project_id",
            "user_id",
            unique=True,
            sqlite_where=_HOLDS,
            postgresql_where=_HOLDS,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    how: Mapped[str]
    qualified_at: Mapped[datetime]
    revoked_at: Mapped[datetime | None]
    #: Whether it was taken back because too many of their answers to gold were wrong.
    fell: Mapped[bool] = mapped_column(default=False, server_default=false())
