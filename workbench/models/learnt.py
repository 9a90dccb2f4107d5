"""What was learnt from a project's judgments. Rows are never changed (triggers)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from workbench.models.base import Base


class Learnt(Base):
    """How reliable reviewers were found to be at that time. The newest row of a project counts."""

    __tablename__ = "learnt"
    __table_args__ = (Index("ix_learnt_project", "project_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    #: Key of the question that it was learnt from.
    question: Mapped[str]
    #: What it rests on: judgments that counted, items, people; up to which entry of the trail.
    judgments: Mapped[int]
    items: Mapped[int]
    reviewers: Mapped[int]
    audit_seq: Mapped[int] = mapped_column(BigInteger)
    #: {"values": [...], "prevalence": [...], "pooled": [[...]], "of": {pseudonym: [[...]]}}, as
    #: `stats.Reliability` describes them; None: nothing could be learnt yet.
    chances: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    made_at: Mapped[datetime]


class PairsChosen(Base):
    """Which models were in doubt at that time, and how many items were put ahead of the queue for
    it. The newest row of a project counts."""

    __tablename__ = "pairs_chosen"
    __table_args__ = (Index("ix_pairs_chosen_project", "project_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    #: What it rests on: comparisons of two models, and up to which entry of the trail.
    comparisons: Mapped[int]
    judgments: Mapped[int]
    audit_seq: Mapped[int] = mapped_column(BigInteger)
    #: Models that were compared or wait in the items that were looked at, and these items.
    models: Mapped[int]
    looked_at: Mapped[int]
    #: Items that were put ahead.
    ahead: Mapped[int]
    #: [{"ahead", "behind", "sure", "n_judgments", "open"}, ...]: pairs of models whose order is
    #: least sure, as `stats.next_pairs.order_doubts` has them, and open items with both.
    doubts: Mapped[list[Any]]
    made_at: Mapped[datetime]
