"""Work that is done beside the requests: what was asked, how far it is and what came of it."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from workbench.models.base import Base


class JobKind(StrEnum):
    """What there is to be done."""

    #: Bring in items, judgments, or both out of the file of another tool.
    ITEMS = "items"
    JUDGMENTS = "judgments"
    TOOL = "tool"
    #: Make a snapshot.
    SNAPSHOT = "snapshot"


class JobState(StrEnum):
    """Where it stands. The last three are for good."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Unit(StrEnum):
    """What `done` and `total` count."""

    BYTES = "bytes"
    LINES = "lines"
    ITEMS = "items"


_KINDS = ", ".join(f"'{kind}'" for kind in JobKind)
_STATES = ", ".join(f"'{state}'" for state in JobState)
_LIVE = text("state IN ('waiting', 'running')")


class Job(Base):
    """One piece of work. The row is the truth: whoever works asks it, and ends it in the very
    transaction that stores what the work brought."""

    __tablename__ = "job"
    __table_args__ = (
        CheckConstraint(f"kind IN ({_KINDS})", name="kind"),
        CheckConstraint(f"state IN ({_STATES})", name="state"),
        Index("ix_job_project", "project_id", "id"),
        Index("ix_job_live", "id", sqlite_where=_LIVE, postgresql_where=_LIVE),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    kind: Mapped[str]
    state: Mapped[str]
    #: What was asked for, as the form said it.
    parameters: Mapped[dict[str, Any]]
    #: The upload that it reads; "" for none.
    kept: Mapped[str] = mapped_column(server_default=text("''"))
    #: How far it is, and of how much where that is known. `unit` "": it has not begun.
    unit: Mapped[str] = mapped_column(server_default=text("''"))
    done: Mapped[int] = mapped_column(BigInteger, server_default=text("0"))
    total: Mapped[int | None] = mapped_column(BigInteger)
    #: How long it has been at this, from which follows how long it will be.
    seconds: Mapped[int] = mapped_column(server_default=text("0"))
    #: How often it was taken up: who works on it by another number has been overtaken.
    attempt: Mapped[int] = mapped_column(server_default=text("0"))
    #: How often whoever worked on it was gone without a word.
    lost: Mapped[int] = mapped_column(server_default=text("0"))
    made_at: Mapped[datetime]
    started_at: Mapped[datetime | None]
    #: When whoever works on it last gave a sign of life.
    beat_at: Mapped[datetime | None]
    ended_at: Mapped[datetime | None]
    #: When somebody asked that it be given up.
    cancel_at: Mapped[datetime | None]
    cancel_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    #: {"source": id} or {"export": id} of what it brought; {"report": ...}, wrong lines.
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    #: Why it failed: sentences, each as `Message.as_dict` writes it.
    error: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))

    @property
    def live(self) -> bool:
        """Whether it has not ended."""
        return self.state in {JobState.WAITING, JobState.RUNNING}
