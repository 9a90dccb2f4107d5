"""The audit trail: append-only, each entry sealed with the hash of the one before it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import BigInteger, CheckConstraint, ForeignKey
from sqlalchemy.orm import Mapped, mapped_column

from workbench.models.base import Base, Key

#: The action of an entry that says that agreement fell below the project's floor.
AGREEMENT_BELOW = "project.agreement_below"


class AuditEntry(Base):
    """Something that was done. `hash` covers every other column and `prev_hash`."""

    __tablename__ = "audit_entry"

    seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    at: Mapped[datetime]
    actor_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    #: e.g. "judgment.submit"
    action: Mapped[str]
    #: e.g. "item:12"
    subject: Mapped[str]
    detail: Mapped[dict[str, Any]]
    prev_hash: Mapped[str]
    hash: Mapped[str]


class AuditHead(Base):
    """The newest entry, sealed with the installation's key: a cut-off tail does not fit it.

    Its row lock also makes appending serial, so `seq` is the order of commits.
    """

    __tablename__ = "audit_head"
    __table_args__ = (CheckConstraint("id = 1", name="single"),)

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    seq: Mapped[int] = mapped_column(BigInteger)
    hash: Mapped[str]
    #: HMAC-SHA256 of seq and hash under the installation's key.
    seal: Mapped[str]


class FailedLogin(Base):
    """Tries to log in that failed and of which the trail does not tell yet: a row an account, and
    one for all names that are nobody's, so that guessing fills no disk."""

    __tablename__ = "failed_login"

    #: "user:<id>", or "nobody".
    key: Mapped[str] = mapped_column(Key, primary_key=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user_account.id"))
    tries: Mapped[int]
    since: Mapped[datetime]
    last_at: Mapped[datetime]


class SensitiveView(Base):
    """The trail tells that this person saw this item on that day (UTC), and need not again."""

    __tablename__ = "sensitive_view"

    user_id: Mapped[int] = mapped_column(ForeignKey("user_account.id"), primary_key=True)
    item_id: Mapped[int] = mapped_column(ForeignKey("item.id"), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
