"""The one door by which contents leave."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey, Index, text
from sqlalchemy.orm import Mapped, mapped_column

from workbench.models.base import Base

_OPEN = text("ended_at IS NULL")


class ContentRemoval(Base):
    """The contents of a project were removed. While its row is open, and only then, triggers let
    rows of the project be changed that are otherwise never changed."""

    __tablename__ = "content_removal"
    __table_args__ = (
        Index(
            "ix_content_removal_open",
            "project_id",
            unique=True,
            sqlite_where=_OPEN,
            postgresql_where=_OPEN,
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    started_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
