"""Who is asking, and what is theirs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from workbench.models import Membership, Project, User, WebSession


@dataclass(frozen=True)
class Person:
    """Someone who is logged in, as far as a request needs to know them."""

    id: int
    name: str
    role: str
    locale: str
    timezone: str | None
    #: Minutes of work until the desk reminds of a break; 0: never.
    break_minutes: int
    speaks: tuple[str, ...]
    session_id: int
    last_seen_at: datetime


def logged_in(session: Session, token_hash: str, now: datetime, idle: timedelta) -> Person | None:
    """The person of an open session: not ended, not idle, not too old, not disabled."""
    row = session.execute(
        select(User, WebSession)
        .join(WebSession, WebSession.user_id == User.id)
        .where(
            WebSession.token_hash == token_hash,
            WebSession.ended_at.is_(None),
            WebSession.expires_at > now,
            WebSession.last_seen_at > now - idle,
            User.active,
        )
    ).one_or_none()
    if row is None:
        return None
    user, web = row
    return Person(
        id=user.id,
        name=user.name,
        role=user.role,
        locale=user.locale,
        timezone=user.timezone,
        break_minutes=user.break_minutes,
        speaks=tuple(user.speaks),
        session_id=web.id,
        last_seen_at=web.last_seen_at,
    )


def membership(session: Session, slug: str, user_id: int) -> tuple[Project, Membership] | None:
    """The project of that name and this person's place on it; None when not on it."""
    row = session.execute(
        select(Project, Membership)
        .join(Membership, Membership.project_id == Project.id)
        .where(
            Project.slug == slug,
            Membership.user_id == user_id,
            Membership.left_at.is_(None),
        )
    ).one_or_none()
    return (row[0], row[1]) if row else None


def open_sessions(
    session: Session, user_id: int, now: datetime, idle: timedelta
) -> list[WebSession]:
    """A person's open log-ins, newest first."""
    return list(
        session.scalars(
            select(WebSession)
            .where(
                WebSession.user_id == user_id,
                WebSession.ended_at.is_(None),
                WebSession.expires_at > now,
                WebSession.last_seen_at > now - idle,
            )
            .order_by(WebSession.last_seen_at.desc())
        )
    )
