"""What takes two requests: a log-in with a second factor, and everything about passkeys.

The browser holds a token and the row its sha256. It runs out by itself, is finished once, and lets
its holder finish what was begun and nothing else.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from workbench.models import Begun, Purpose
from workbench.services.login import new_token, token_hash

#: How long there is to get the telephone out.
VALID = timedelta(minutes=10)


def begin(
    session: Session,
    purpose: Purpose,
    user_id: int | None,
    now: datetime,
    challenge: str | None = None,
    *,
    token: str | None = None,
) -> str:
    """Begin; the token goes to the browser and is not stored. What has run out is swept away."""
    session.execute(delete(Begun).where(Begun.expires_at <= now))
    token = token or new_token()
    session.add(
        Begun(
            token_hash=token_hash(token),
            purpose=purpose,
            user_id=user_id,
            challenge=challenge,
            expires_at=now + VALID,
        )
    )
    session.flush()
    return token


def find(session: Session, purpose: Purpose, token: str, now: datetime) -> Begun | None:
    """What was begun with this token for this purpose, while it can be finished."""
    return session.scalars(
        select(Begun).where(
            Begun.token_hash == token_hash(token),
            Begun.purpose == purpose,
            Begun.expires_at > now,
        )
    ).one_or_none()


def challenge(session: Session, begun: Begun, value: str | None) -> None:
    """What a device is to sign now, in the place of what it was to sign before."""
    session.execute(update(Begun).where(Begun.id == begun.id).values(challenge=value))


def finish(session: Session, begun: Begun) -> bool:
    """Done; False when another request was first."""
    done = session.execute(delete(Begun).where(Begun.id == begun.id))
    return bool(done.rowcount)  # type: ignore[attr-defined]
