"""People, how they get in, and what slows down those who guess."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import CheckConstraint, ForeignKey, Index, UniqueConstraint, false, text
from sqlalchemy.orm import Mapped, mapped_column

from workbench.models.base import Base, Key


class Role(StrEnum):
    """What a person is: in the installation (User.role) or on one project (Membership.role)."""

    REVIEWER = "reviewer"
    LEAD = "lead"
    ENGINEER = "engineer"
    ADMIN = "admin"


_ROLES = ", ".join(f"'{role}'" for role in Role)


class User(Base):
    """A person. Never deleted: people leave, labels stay."""

    __tablename__ = "user_account"
    __table_args__ = (CheckConstraint(f"role IN ({_ROLES})", name="role"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    #: Log-in name, lower case.
    name: Mapped[str] = mapped_column(Key, unique=True)
    role: Mapped[str]
    #: None: cannot log in with a password (not set yet, or judged elsewhere).
    password_hash: Mapped[str | None]
    locale: Mapped[str] = mapped_column(default="es")
    timezone: Mapped[str | None]
    #: Minutes of work after which the desk reminds of a break; 0: never.
    break_minutes: Mapped[int] = mapped_column(default=50, server_default=text("50"))
    #: Languages whose items this person may be given, e.g. ["es", "en"].
    speaks: Mapped[list[Any]]
    #: Where the person works, e.g. "Bogotá"; "": not said.
    site: Mapped[str] = mapped_column(Key, default="", server_default=text("''"))
    active: Mapped[bool] = mapped_column(default=True)
    #: Came in with judgments made elsewhere; never logs in.
    external: Mapped[bool] = mapped_column(default=False)
    created_at: Mapped[datetime]
    #: When they asked to be erased, and when they were: then `name` is a pseudonym.
    erasure_asked_at: Mapped[datetime | None]
    erased_at: Mapped[datetime | None]


class LoginCode(Base):
    """A one-time code that lets its owner choose a password."""

    __tablename__ = "login_code"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), index=True)
    #: sha256 of the code.
    code_hash: Mapped[str] = mapped_column(Key, unique=True)
    expires_at: Mapped[datetime]
    used_at: Mapped[datetime | None]


class WebSession(Base):
    """A log-in. The browser holds the token, this row its sha256: it can be ended from here."""

    __tablename__ = "web_session"
    __table_args__ = (
        Index(
            "ix_web_session_live",
            "user_id",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    token_hash: Mapped[str] = mapped_column(Key, unique=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    created_at: Mapped[datetime]
    last_seen_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    #: When it was last shown that it is the person: at the log-in, and asked again since.
    asked_at: Mapped[datetime | None]
    #: What the person sees in the list of their sessions.
    browser: Mapped[str] = mapped_column(default="")
    #: A second factor was shown to the organisation's provider, whose word is taken for it.
    second_by_provider: Mapped[bool] = mapped_column(default=False, server_default=false())


class ProviderAccount(Base):
    """A person's log-in at an OpenID provider. Who it is, is issuer and subject: an address of
    e-mail there may be anybody's tomorrow."""

    __tablename__ = "provider_account"
    __table_args__ = (UniqueConstraint("issuer", "subject"), UniqueConstraint("user_id", "issuer"))

    id: Mapped[int] = mapped_column(primary_key=True)
    issuer: Mapped[str] = mapped_column(Key)
    subject: Mapped[str] = mapped_column(Key)
    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"))
    linked_at: Mapped[datetime]


class LoginThrottle(Base):
    """Failed log-ins by account and by address: after five, a growing wait. Never a hard lock."""

    __tablename__ = "login_throttle"

    #: "account:<sha256>" or "address:<sha256>".
    key: Mapped[str] = mapped_column(Key, primary_key=True)
    failures: Mapped[int] = mapped_column(default=0)
    blocked_until: Mapped[datetime | None]
    updated_at: Mapped[datetime]
