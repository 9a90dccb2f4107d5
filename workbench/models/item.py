"""Items, where they came from, and the queue they stand in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import (
    BigInteger,
    CheckConstraint,
    ColumnElement,
    ForeignKey,
    Index,
    UniqueConstraint,
    and_,
    false,
    func,
    select,
    text,
)
from sqlalchemy.engine.default import DefaultExecutionContext
from sqlalchemy.ext.hybrid import hybrid_property
from sqlalchemy.orm import Mapped, column_property, mapped_column

from workbench.models.base import Base, Key
from workbench.models.project import Project

_OPEN = text("slots_left > 0 AND copy_of IS NULL")
_CURRENT = text("retired_at IS NULL")
_GOLD = text("is_gold")
_COPY = text("copy_of IS NOT NULL")
_RETIRED = text("retired_at IS NOT NULL")
#: Items that are hard to read, or may be.
HARD = text("(item.harm IS NOT NULL OR item.severity > 0 OR item.severity_mark > 0)")
_HARD = text("harm IS NOT NULL OR severity > 0 OR severity_mark > 0")


class Copy(StrEnum):
    """Why an item is given to one person as if it were a new one."""

    #: Its answer is known: how often does this person find it?
    GOLD = "gold"
    #: They have judged it before: do they say the same?
    REPEAT = "repeat"


def _language_base(context: DefaultExecutionContext) -> str:
    parameters = context.get_current_parameters()  # type: ignore[no-untyped-call]
    language: str = parameters["language"]
    return language.partition("-")[0]


class Source(Base):
    """One import: a file of items or of judgments."""

    __tablename__ = "source"

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), index=True)
    kind: Mapped[str]
    name: Mapped[str]
    sha256: Mapped[str]
    #: New rows, rows that were there already, revisions, rejected lines.
    counts: Mapped[dict[str, Any]]
    created_at: Mapped[datetime]
    created_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))


class Item(Base):
    """Model outputs to be judged. For every item, always:

    slots_left + assignments in state leased + assignments in state judged = wanted
    """

    __tablename__ = "item"
    __table_args__ = (
        UniqueConstraint("project_id", "external_id", "revision"),
        CheckConstraint("slots_left >= 0 AND slots_left <= wanted", name="slots_left"),
        CheckConstraint("severity BETWEEN 0 AND 3", name="severity"),
        CheckConstraint("severity_mark BETWEEN 0 AND 3", name="severity_mark"),
        CheckConstraint(
            "(copy_of IS NULL) = (copy_kind IS NULL) AND (copy_of IS NULL) = (copy_for IS NULL)",
            name="copy_of",
        ),
        CheckConstraint("copy_kind IN ('gold', 'repeat')", name="copy_kind"),
        Index(
            "ix_item_open",
            "project_id",
            "language_base",
            "queue_key",
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
        # With what items are told apart and counted by, so that their texts are not read for it.
        Index(
            "ix_item_queue",
            "project_id",
            "queue_key",
            "language_base",
            "wanted",
            "retired_at",
            "copy_of",
        ),
        Index(
            "ix_item_current",
            "project_id",
            "external_id",
            unique=True,
            sqlite_where=_CURRENT,
            postgresql_where=_CURRENT,
        ),
        Index("ix_item_gold", "project_id", sqlite_where=_GOLD, postgresql_where=_GOLD),
        Index(
            "ix_item_copies",
            "project_id",
            "copy_for",
            "copy_kind",
            "copy_of",
            sqlite_where=_COPY,
            postgresql_where=_COPY,
        ),
        Index(
            "ix_item_hard",
            "project_id",
            sqlite_where=_HARD,
            postgresql_where=_HARD,
        ),
        Index(
            "ix_item_retired",
            "project_id",
            "retired_at",
            "copy_of",
            sqlite_where=_RETIRED,
            postgresql_where=_RETIRED,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    external_id: Mapped[str] = mapped_column(Key)
    revision: Mapped[int] = mapped_column(default=1)
    #: As it came, e.g. "es-CO".
    language: Mapped[str]
    #: The language without its region, e.g. "es": what reviewers are matched by.
    language_base: Mapped[str] = mapped_column(default=_language_base)
    #: [{"role", "content"}, ...]
    prompt: Mapped[list[Any]]
    #: [{"id", "model", "text", "metadata"}, ...], with "messages" as in the prompt in place of
    #: "text" where a response is a conversation, or "steps" (texts) where it is a solution.
    responses: Mapped[list[Any]]
    tags: Mapped[list[Any]]
    harm: Mapped[str | None]
    #: How hard it is to read, 0..3, as it came with the content; None: not said.
    severity: Mapped[int | None]
    #: What a lead says of that, beside the content. It wins.
    severity_mark: Mapped[int | None]
    meta: Mapped[dict[str, Any]]
    content_hash: Mapped[str]
    #: Judgments this item wants.
    wanted: Mapped[int]
    slots_left: Mapped[int]
    #: Place in the queue. A slot that comes back moves its item to the tail, so that nobody who
    #: has passed it has to look behind. Negative: in the lane ahead of the queue.
    queue_key: Mapped[int] = mapped_column(BigInteger)
    source_id: Mapped[int | None] = mapped_column(ForeignKey("source.id"), index=True)
    source_line: Mapped[int | None]
    created_at: Mapped[datetime]
    #: Set when a later revision took its place, or a lead took it out.
    retired_at: Mapped[datetime | None]
    #: A lead says what its answer is (`Gold`), and reviewers meet copies of it. It is in no export.
    is_gold: Mapped[bool] = mapped_column(default=False, server_default=false())
    #: The item that this is a copy of, why, and for whom: nobody else is ever given it. Only the
    #: pages of leads know of copies; agreement, progress and exports leave them out.
    copy_of: Mapped[int | None] = mapped_column(ForeignKey("item.id"))
    copy_kind: Mapped[str | None]
    copy_for: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))

    #: Up to how many judgments its project's rule may have it want; None: what it wants is fixed.
    #: Read with the item where it is locked (`slots.lock_item`), so that it costs no query there.
    most_wanted: Mapped[int | None] = column_property(
        select(Project.overlap_most).where(Project.id == project_id).scalar_subquery(),
        deferred=True,
    )

    @hybrid_property
    def is_current(self) -> bool:
        """Whether it is one of the project's items now: not taken out, and no copy."""
        return self.retired_at is None and self.copy_of is None

    @is_current.inplace.expression
    @classmethod
    def _is_current(cls) -> ColumnElement[bool]:
        return and_(cls.retired_at.is_(None), cls.copy_of.is_(None))

    @hybrid_property
    def severity_now(self) -> int | None:
        """The severity that counts: a lead's mark, else what came with the item."""
        return self.severity if self.severity_mark is None else self.severity_mark

    @severity_now.inplace.expression
    @classmethod
    def _severity_now(cls) -> ColumnElement[int | None]:
        return func.coalesce(cls.severity_mark, cls.severity)


class QueueCursor(Base):
    """How far a reviewer has come in a project's queue, by language.

    Everything at or before it was given to this reviewer, was full when it was passed, or is of a
    category of harm that they declined.
    """

    __tablename__ = "queue_cursor"

    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"), primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    language: Mapped[str] = mapped_column(primary_key=True)
    queue_key: Mapped[int] = mapped_column(BigInteger)
    #: The same, leaving severe items aside: how far they came while those rested. None: no further
    #: than `queue_key`.
    calm_key: Mapped[int | None] = mapped_column(BigInteger)
    #: The same in the lane ahead of the queue. It stays while severe items rest. None: at its foot.
    ahead_key: Mapped[int | None] = mapped_column(BigInteger)
