"""Tokens for programs: whose one is, and which there are."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import bindparam, func, or_, select
from sqlalchemy.orm import Session

from workbench.models import ApiToken, User
from workbench.queries.terms import unagreed

#: Tokens that have ended, of a list.
ENDED_SHOWN = 20


@dataclass(frozen=True)
class Bearer:
    """Who sent a token that is good, and what it is good for."""

    token_id: int
    token_name: str
    project_id: int
    scopes: frozenset[str]
    last_used_at: datetime | None
    #: The owner.
    user_id: int
    #: The owner's role in the installation.
    role: str
    timezone: str | None
    #: The version of the terms that the owner has yet to agree to; None: they have.
    unagreed: int | None


_BEARER = (
    select(ApiToken, User, unagreed())
    .join(User, User.id == ApiToken.user_id)
    .where(
        ApiToken.token_hash == bindparam("token_hash"),
        ApiToken.revoked_at.is_(None),
        ApiToken.expires_at > bindparam("now"),
        User.active,
    )
)


def bearer(session: Session, token_hash: str, now: datetime) -> Bearer | None:
    """Whose token that is, while it is good: not revoked, not expired, its owner not disabled."""
    row = session.execute(_BEARER, {"token_hash": token_hash, "now": now}).one_or_none()
    if row is None:
        return None
    token, user, owed = row
    return Bearer(
        token_id=token.id,
        token_name=token.name,
        project_id=token.project_id,
        scopes=frozenset(token.scopes),
        last_used_at=token.last_used_at,
        user_id=user.id,
        role=user.role,
        timezone=user.timezone,
        unagreed=owed,
    )


def refused_tokens(session: Session, now: datetime) -> int:
    """How many tokens of all projects are good, and refused until their owners agree to the terms
    in force."""
    count = (
        select(func.count())
        .select_from(ApiToken)
        .join(User, User.id == ApiToken.user_id)
        .where(
            ApiToken.revoked_at.is_(None),
            ApiToken.expires_at > now,
            User.active,
            unagreed().is_not(None),
        )
    )
    return session.scalars(count).one()


@dataclass(frozen=True)
class TokenLine:
    """A line of the list of tokens."""

    name: str
    prefix: str
    scopes: tuple[str, ...]
    owner: str
    made_at: datetime
    expires_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


def open_tokens(session: Session, project_id: int, now: datetime) -> list[TokenLine]:
    """The project's tokens that are good, newest first."""
    open_now = (ApiToken.revoked_at.is_(None), ApiToken.expires_at > now, User.active)
    return _lines(session, project_id, None, *open_now)


def ended_tokens(session: Session, project_id: int, now: datetime) -> list[TokenLine]:
    """The newest tokens of the project that are good no more, newest first."""
    over = or_(ApiToken.revoked_at.is_not(None), ApiToken.expires_at <= now, ~User.active)
    return _lines(session, project_id, ENDED_SHOWN, over)


def open_token(session: Session, project_id: int, prefix: str, now: datetime) -> TokenLine | None:
    """That token of the project, while it is good."""
    found = [line for line in open_tokens(session, project_id, now) if line.prefix == prefix]
    return found[0] if found else None


def _lines(session: Session, project_id: int, limit: int | None, *where: object) -> list[TokenLine]:
    rows = session.execute(
        select(ApiToken, User.name)
        .join(User, User.id == ApiToken.user_id)
        .where(ApiToken.project_id == project_id, *where)  # type: ignore[arg-type]
        .order_by(ApiToken.id.desc())
        .limit(limit)
    )
    return [
        TokenLine(
            name=token.name,
            prefix=token.prefix,
            scopes=tuple(token.scopes),
            owner=owner,
            made_at=token.created_at,
            expires_at=token.expires_at,
            last_used_at=token.last_used_at,
            revoked_at=token.revoked_at,
        )
        for token, owner in rows
    ]
