"""Mappings of columns that a project keeps by name."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from workbench.models.base import Base, Key


class SavedMapping(Base):
    """Which columns of a table are read for what. Saved again it is changed in place; the audit
    trail keeps what it was."""

    __tablename__ = "mapping"
    __table_args__ = (UniqueConstraint("project_id", "name"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    name: Mapped[str] = mapped_column(Key)
    #: {"columns", "constants", "values"}, as `intake.mapping` writes it.
    body: Mapped[dict[str, Any]]
    saved_at: Mapped[datetime]
    #: None: the command line.
    saved_by: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
