"""Terms that people agree to before they work here, and that they agreed."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from workbench.db import added
from workbench.errors import Conflict
from workbench.messages import Invalid
from workbench.models import Consent, Terms
from workbench.services import audit

#: Code points of the terms in one language.
LONGEST = 100_000
_OTHERS = "There is a newer version of the terms: read that one."


def publish(
    session: Session, *, es: str, en: str, now: datetime, actor: int | None = None
) -> Terms:
    """The next version; everybody has to agree to it before anything else. Raises Invalid, and
    Conflict where it says what the one in force says."""
    for name, text in (("es", es), ("en", en)):
        if not text.strip():
            raise Invalid.at(name, "Give the terms in both languages.")
        if len(text) > LONGEST or "\0" in text:
            raise Invalid.at(name, "At most %(n)s characters, and no NUL.", n=LONGEST)
    newest = session.scalars(select(Terms).order_by(Terms.version.desc()).limit(1)).one_or_none()
    if newest is not None and (newest.es, newest.en) == (es, en):
        raise Conflict("These are the terms in force already.")
    terms = Terms(version=newest.version + 1 if newest else 1, es=es, en=en, published_at=now)
    if not added(session, terms):
        raise Conflict(_OTHERS)
    audit.append(session, "terms.publish", "terms", actor=actor, at=now,
                 detail={"version": terms.version})  # fmt: skip
    return terms


def agree(session: Session, user_id: int, version: int, now: datetime) -> None:
    """Note that the person agreed to what they read. Again changes nothing. Raises Conflict where
    another version is in force by now."""
    if version != session.scalar(select(func.max(Terms.version))):
        raise Conflict(_OTHERS)
    if session.get(Consent, (user_id, version)) is not None:
        return
    if not added(session, Consent(user_id=user_id, version=version, at=now)):
        return
    audit.append(session, "user.consent", f"user:{user_id}", actor=user_id, at=now,
                 detail={"version": version})  # fmt: skip
