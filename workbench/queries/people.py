"""Who is asking, and what is theirs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from workbench.models import Membership, Project, WebSession, tables
from workbench.queries.second_factor import has_second_factor
from workbench.queries.terms import unagreed
from workbench.statements import Query


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
    #: When it was last shown that it is this person; None: before anybody noted it.
    asked_at: datetime | None
    second_factor: bool
    #: The version of the terms that they have to agree to before anything else; None: they have.
    unagreed: int | None


_user, _web = tables.user.c, tables.web_session.c
_LOGGED_IN = Query(
    select(
        _user.id,
        _user.name,
        _user.role,
        _user.locale,
        _user.timezone,
        _user.break_minutes,
        _user.speaks,
        _web.id.label("session_id"),
        _web.last_seen_at,
        _web.asked_at,
        or_(_web.second_by_provider, has_second_factor()).label("second_factor"),
        unagreed().label("unagreed"),
    )
    .join(tables.web_session, _web.user_id == _user.id)
    .where(
        _web.token_hash == bindparam("token_hash"),
        _web.ended_at.is_(None),
        _web.expires_at > bindparam("now"),
        _web.last_seen_at > bindparam("idle_since"),
        _user.active,
    )
)


def logged_in(session: Session, token_hash: str, now: datetime, idle: timedelta) -> Person | None:
    """The person of an open session: not ended, not idle, not too old, not disabled."""
    row = _LOGGED_IN.one_or_none(
        session, {"token_hash": token_hash, "now": now, "idle_since": now - idle}
    )
    if row is None:
        return None
    fields = row._asdict()
    return Person(**{**fields, "speaks": tuple(fields["speaks"])})


_MEMBERSHIP = (
    select(Project, Membership)
    .join(Membership, Membership.project_id == Project.id)
    .where(
        Project.slug == bindparam("slug"),
        Membership.user_id == bindparam("user_id"),
        Membership.left_at.is_(None),
    )
)


def membership(session: Session, slug: str, user_id: int) -> tuple[Project, Membership] | None:
    """The project of that name and this person's place on it; None when not on it."""
    row = session.execute(_MEMBERSHIP, {"slug": slug, "user_id": user_id}).one_or_none()
    return (row[0], row[1]) if row else None


def membership_of(
    session: Session, project_id: int, user_id: int
) -> tuple[Project, Membership] | None:
    """The same by the project's number."""
    row = session.execute(
        select(Project, Membership)
        .join(Membership, Membership.project_id == Project.id)
        .where(
            Project.id == project_id,
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
