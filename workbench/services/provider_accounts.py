"""Linking people to their log-ins at the organisation's OpenID provider.

The audit trail says that it was done and not which subject it was: what is there is there for
ever, and the link may have to go.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from workbench.db import added
from workbench.errors import Conflict
from workbench.messages import Invalid
from workbench.models import ProviderAccount, User
from workbench.queries.provider_accounts import link_of, owner
from workbench.services import audit

#: Characters of a subject (OpenID Connect Core 1.0, 2).
SUBJECT_CHARS = 255


@dataclass(frozen=True)
class Identity:
    """Who somebody is: the provider and its own name for them."""

    issuer: str
    subject: str


def link(
    session: Session, user: User, who: Identity, now: datetime, *, actor: int | None = None
) -> None:
    """Let this person in by that log-in. Again changes nothing. Raises Invalid, Conflict."""
    subject = who.subject
    if not 0 < len(subject) <= SUBJECT_CHARS or not (subject.isascii() and subject.isprintable()):
        raise Invalid.at("subject", "A subject has 1 to %(n)s ASCII characters.", n=SUBJECT_CHARS)
    if not user.active or user.external:
        raise Conflict("This account is closed.")
    present = owner(session, who.issuer, subject)
    if present is not None and present.id == user.id:
        return
    if present is not None:
        raise _taken()
    if link_of(session, user.id, who.issuer) is not None:
        raise Conflict("%(name)s has another log-in there. End that link first.", name=user.name)
    row = ProviderAccount(issuer=who.issuer, subject=subject, user_id=user.id, linked_at=now)
    if not added(session, row):
        raise _taken()
    audit.append(session, "provider.link", f"user:{user.id}", actor=actor, at=now,
                 detail={"issuer": who.issuer})  # fmt: skip


def _taken() -> Conflict:
    return Conflict("That log-in is another account's already.")


def unlink(
    session: Session, user: User, issuer: str, now: datetime, *, actor: int | None = None
) -> None:
    """Let this person in by it no more. Raises Conflict where there is no link."""
    row = link_of(session, user.id, issuer)
    if row is None:
        raise Conflict("%(name)s has no log-in there.", name=user.name)
    session.delete(row)
    session.flush()
    audit.append(session, "provider.unlink", f"user:{user.id}", actor=actor, at=now,
                 detail={"issuer": issuer})  # fmt: skip


def note_refused(session: Session, user_id: int | None, why: str, now: datetime) -> None:
    """Somebody came from the provider and was not let in."""
    subject = "installation" if user_id is None else f"user:{user_id}"
    audit.append(session, "provider.refused", subject, actor=None, at=now, detail={"why": why})
