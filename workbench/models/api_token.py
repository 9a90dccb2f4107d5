"""Tokens by which programs are let in."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index
from sqlalchemy.orm import Mapped, mapped_column

from workbench.models.base import Base, Key


class Scope(StrEnum):
    """What a token is good for. Never more than its owner's role on the project allows."""

    #: How far the project is, and how far its reviewers agree.
    READ = "read"
    #: Bring items in.
    IMPORT = "import"
    #: Take judgments out.
    EXPORT = "export"
    #: Bring judgments in that were made elsewhere.
    JUDGE = "judge"


class ApiToken(Base):
    """A person's token for one project. Its holder has the secret, this row its sha256."""

    __tablename__ = "api_token"
    __table_args__ = (
        CheckConstraint("expires_at > created_at", name="expires_at"),
        Index("ix_api_token_project", "project_id", "id"),
        Index("ix_api_token_owner", "user_id", "project_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    project_id: Mapped[int] = mapped_column(ForeignKey("project.id"))
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    #: What its owner calls it.
    name: Mapped[str]
    #: The beginning of the token, which is shown: a token that was found somewhere is known by it.
    prefix: Mapped[str] = mapped_column(Key, unique=True)
    token_hash: Mapped[str] = mapped_column(Key, unique=True)
    #: Values of `Scope`.
    scopes: Mapped[list[Any]]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    #: Written once a minute at most; None: never used.
    last_used_at: Mapped[datetime | None]
    revoked_at: Mapped[datetime | None]
