"""What people agree to before they work here. Rows are never changed (triggers see to it)."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from workbench.models.base import Base


class Terms(Base):
    """A version of the terms, in both languages. The newest is in force."""

    __tablename__ = "terms"

    version: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    #: Markdown.
    es: Mapped[str]
    en: Mapped[str]
    published_at: Mapped[datetime]


class Consent(Base):
    """A person has agreed to a version of the terms."""

    __tablename__ = "consent"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    version: Mapped[int] = mapped_column(
        ForeignKey("terms.version"), primary_key=True, autoincrement=False
    )
    at: Mapped[datetime]
