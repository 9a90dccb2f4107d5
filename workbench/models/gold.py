"""Items whose answer is known, and how answers to them went. Rows are never changed (triggers)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, BigInteger, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from workbench.models.base import Base


class Gold(Base):
    """What a lead says that an item's answer is. The newest row of an item counts."""

    __tablename__ = "gold"
    __table_args__ = (Index("ix_gold_item", "item_id", "id"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    #: As the task type stores answers; None: the item is gold no more.
    answer: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    type_version: Mapped[int]
    #: Why, in the words that reviewers read where they are told how it went.
    note: Mapped[str]
    #: The decision that it was made from; None: said by hand.
    adjudication_id: Mapped[int | None] = mapped_column(ForeignKey("adjudication.id"))
    #: None: from the command line.
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    made_at: Mapped[datetime]
    #: sha256 of what makes up this row; the audit trail holds it too.
    digest: Mapped[str]
    audit_seq: Mapped[int] = mapped_column(BigInteger)


class GoldCheck(Base):
    """Whether a judgment of a copy of gold is right. The newest check of a copy counts."""

    __tablename__ = "gold_check"
    __table_args__ = (
        Index("ix_gold_check_person", "project_id", "user_id", "id"),
        Index("ix_gold_check_copy", "item_id", "id"),
        Index("ix_gold_check_gold", "gold_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    gold_id: Mapped[int] = mapped_column(ForeignKey("gold.id"))
    #: The copy that was judged.
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    judgment_id: Mapped[int] = mapped_column(ForeignKey("judgment.id"))
    right: Mapped[bool]
    made_at: Mapped[datetime]
