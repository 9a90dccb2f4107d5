"""What a person asked to be spared, and what they were shown of it today."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from workbench.models.base import Base


class ReviewerCare(Base):
    """One row a person, over all their projects. Only the queue and their own pages read it."""

    __tablename__ = "reviewer_care"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    #: Codes of the categories of harm that they are not given.
    declined: Mapped[list[Any]] = mapped_column(default=list)
    #: Their own day that the counts below are of; None: they were never shown a severe item.
    day: Mapped[date | None]
    #: Severe items that came on their screen that day.
    severe: Mapped[int] = mapped_column(default=0)
    #: When the last one did.
    severe_at: Mapped[datetime | None]
    #: Other items that did since, that day.
    others: Mapped[int] = mapped_column(default=0)
