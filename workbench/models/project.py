"""A project, who is on it, and its guideline."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import (
    JSON,
    BigInteger,
    CheckConstraint,
    Double,
    ForeignKey,
    ForeignKeyConstraint,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from workbench.models.base import Base, Key

#: Below every place in the lane ahead of the queue, which are negative and grow upwards.
LANE_FOOT = -(2**62)


class Project(Base):
    """One kind of judging over one body of items."""

    __tablename__ = "project"
    __table_args__ = (
        CheckConstraint("overlap >= 1", name="overlap"),
        CheckConstraint("severe_from IN (2, 3)", name="severe_from"),
        CheckConstraint("severe_per_day >= 1", name="severe_per_day"),
        CheckConstraint("severe_gap_items >= 1", name="severe_gap_items"),
        CheckConstraint("severe_gap_minutes >= 1", name="severe_gap_minutes"),
        CheckConstraint("practice_pass_mark BETWEEN 1 AND 100", name="practice_pass_mark"),
        CheckConstraint("review_percent BETWEEN 0 AND 100", name="review_percent"),
        CheckConstraint("review_new_percent BETWEEN 0 AND 100", name="review_new_percent"),
        CheckConstraint("review_new_until >= 0", name="review_new_until"),
        CheckConstraint("gold_percent BETWEEN 0 AND 100", name="gold_percent"),
        CheckConstraint("gold_floor BETWEEN 1 AND 100", name="gold_floor"),
        CheckConstraint("repeat_percent BETWEEN 0 AND 100", name="repeat_percent"),
        CheckConstraint("repeat_after_days >= 0", name="repeat_after_days"),
        CheckConstraint("overlap_most >= overlap", name="overlap_most"),
        CheckConstraint(
            "overlap_confidence > 0 AND overlap_confidence <= 1", name="overlap_confidence"
        ),
        CheckConstraint("overlap_audit BETWEEN 0 AND 1", name="overlap_audit"),
        CheckConstraint("pairs_ahead >= 1", name="pairs_ahead"),
        CheckConstraint("lane_key < 0", name="lane_key"),
        CheckConstraint("keep_days >= 0", name="keep_days"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(Key, unique=True)
    type: Mapped[str]
    #: {"es": ..., "en": ...}
    title: Mapped[dict[str, Any]]
    #: The task type's settings, complete.
    config: Mapped[dict[str, Any]]
    #: Judgments that a new item wants.
    overlap: Mapped[int]
    #: Up to how many it may come to want while its answer is in doubt; None: the overlap is fixed.
    overlap_most: Mapped[int | None]
    #: From which chance (0..1) of the likely answer on it is not in doubt.
    overlap_confidence: Mapped[float] = mapped_column(
        Double, default=0.98, server_default=text("0.98")
    )
    #: Share (0..1) of items that get two judgments or more, however sure the first was.
    overlap_audit: Mapped[float] = mapped_column(Double, default=0.05, server_default=text("0.05"))
    #: Up to how many items stand ahead of the queue, for what they tell of models; None: no lane.
    pairs_ahead: Mapped[int | None]
    #: The last place that was given in that lane: no place of it is given twice.
    lane_key: Mapped[int] = mapped_column(
        BigInteger, default=LANE_FOOT, server_default=text(str(LANE_FOOT))
    )
    #: What the card of its data sets says beside figures: "summary", "licence", "pay", "use"; what
    #: is missing was not told.
    card: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    #: Secret of this project: the order of responses is drawn from it.
    seed: Mapped[str]
    #: Items of this severity and above are severe.
    severe_from: Mapped[int] = mapped_column(default=3, server_default=text("3"))
    #: Severe items that a person is given a day, in all projects together; None: any number.
    severe_per_day: Mapped[int | None]
    #: Between two severe items: so many others, or so many minutes, whichever comes first.
    severe_gap_items: Mapped[int | None]
    severe_gap_minutes: Mapped[int | None]
    #: Percent of a practice round that must be right before live items are given; None: no practice
    #: is asked for.
    practice_pass_mark: Mapped[int | None]
    #: Of how many in a hundred judgments a lead looks at: of everybody's, and of those of people
    #: who have fewer than `review_new_until` here.
    review_percent: Mapped[int] = mapped_column(default=5, server_default=text("5"))
    review_new_percent: Mapped[int] = mapped_column(default=25, server_default=text("25"))
    review_new_until: Mapped[int] = mapped_column(default=50, server_default=text("50"))
    #: How many in a hundred of the items that a reviewer is given are gold, hidden among others.
    gold_percent: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    #: Whether a reviewer is told, after their answer, that it was gold and how it went.
    gold_feedback: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: Percent of gold that must be right; who is surely under it practises again. None: no floor.
    gold_floor: Mapped[int | None]
    #: How many in a hundred are items that the reviewer has judged before, so many days ago.
    repeat_percent: Mapped[int] = mapped_column(default=0, server_default=text("0"))
    repeat_after_days: Mapped[int] = mapped_column(default=3, server_default=text("3"))
    #: No item is given since then; what was judged can be read.
    closed_at: Mapped[datetime | None]
    #: Days after which the contents of the closed project are removed; None: kept for good.
    keep_days: Mapped[int | None]
    #: Nothing is removed, whatever the days say.
    legal_hold: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: Who looks stands faintly over sensitive items.
    watermark: Mapped[bool] = mapped_column(default=False, server_default=false())
    created_at: Mapped[datetime]


class Membership(Base):
    """Who is on a project, as what, and under which pseudonym."""

    __tablename__ = "membership"
    __table_args__ = (UniqueConstraint("project_id", "pseudonym"),)

    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(
        ForeignKey("user_account.id"), primary_key=True, index=True
    )
    role: Mapped[str]
    #: The only name of this person in this project's exports, agreement tables and pages.
    pseudonym: Mapped[str] = mapped_column(Key)
    #: Set when the person left the project; the row stays, for the pseudonym.
    left_at: Mapped[datetime | None]
    created_at: Mapped[datetime]


class Guideline(Base):
    """A version of what reviewers are asked to do, in both languages. Rows are never changed."""

    __tablename__ = "guideline"
    __table_args__ = (UniqueConstraint("project_id", "version"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    version: Mapped[int]
    #: Markdown; "" where the version was published without that language.
    es: Mapped[str]
    en: Mapped[str]
    #: What changed, in one line.
    note: Mapped[str] = mapped_column(default="", server_default=text("''"))
    #: Reviewers are given no item before they have read it.
    must_read: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: [{"kind": "good" or "bad", "title": {"es", "en"}, "text": {...}, "why": {...}}]; or None.
    examples: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    #: [{"term": {"es", "en"}, "meaning": {...}}]; or None.
    glossary: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class Acknowledgement(Base):
    """A reviewer has said that they have read a version of the guideline. Never taken back."""

    __tablename__ = "acknowledgement"
    __table_args__ = (
        ForeignKeyConstraint(
            ["project_id", "version"], ["guideline.project_id", "guideline.version"]
        ),
    )

    project_id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    version: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime]
