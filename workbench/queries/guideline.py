"""A project's guideline: its versions, and who has read which."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, func, select
from sqlalchemy.orm import Session

from workbench.models import Acknowledgement, Guideline, Membership, Role, User, tables
from workbench.statements import Query


@dataclass(frozen=True)
class VersionLine:
    """A line of the list of versions."""

    version: int
    at: datetime
    #: Log-in name; None when it came from the command line.
    by: str | None
    #: What changed, in one line; "" when nobody said.
    note: str
    must_read: bool


@dataclass(frozen=True)
class VersionText(VersionLine):
    """A version with all that it says; the lists as `Guideline` stores them."""

    #: {"es", "en"}; "" for a language it was published without.
    texts: dict[str, str]
    examples: list[dict[str, Any]]
    glossary: list[dict[str, Any]]


_LINE = (
    Guideline.version,
    Guideline.created_at,
    Guideline.note,
    Guideline.must_read,
    User.name,
)


def versions(session: Session, project_id: int, after: int = 0) -> list[VersionLine]:
    """The versions with a number above `after`, newest first."""
    rows = session.execute(
        select(*_LINE)
        .outerjoin(User, User.id == Guideline.created_by)
        .where(Guideline.project_id == project_id, Guideline.version > after)
        .order_by(Guideline.version.desc())
    )
    return [VersionLine(r.version, r.created_at, r.name, r.note, r.must_read) for r in rows]


def version_text(
    session: Session, project_id: int, version: int | None = None
) -> VersionText | None:
    """That version, or the newest one; None when there is none."""
    query = (
        select(Guideline, User.name)
        .outerjoin(User, User.id == Guideline.created_by)
        .where(Guideline.project_id == project_id)
        .order_by(Guideline.version.desc())
        .limit(1)
    )
    if version is not None:
        query = query.where(Guideline.version == version)
    found = session.execute(query).one_or_none()
    if found is None:
        return None
    row, by = found
    return VersionText(
        version=row.version,
        at=row.created_at,
        by=by,
        note=row.note,
        must_read=row.must_read,
        texts={"es": row.es, "en": row.en},
        examples=row.examples or [],
        glossary=row.glossary or [],
    )


def has_version(session: Session, project_id: int, version: int) -> bool:
    """Whether the project has that version."""
    query = select(Guideline.id).where(
        Guideline.project_id == project_id, Guideline.version == version
    )
    return session.scalar(query) is not None


# --- what a reviewer has yet to read --------------------------------------------------------


@dataclass(frozen=True)
class Unread:
    """What a reviewer must read before they are given an item."""

    #: The newest version.
    now: VersionText
    #: The version they read last, if any.
    before: VersionText | None
    #: What was published since then, oldest first.
    since: list[VersionLine]


_guideline, _read = tables.guideline.c, tables.acknowledgement.c
_LAST_READ = select(func.max(_read.version)).where(
    _read.project_id == bindparam("project_id"), _read.user_id == bindparam("user_id")
)
_MUST_READ = Query(
    select(_guideline.id)
    .where(
        _guideline.project_id == bindparam("project_id"),
        _guideline.must_read,
        _guideline.version > func.coalesce(_LAST_READ.scalar_subquery(), 0),
    )
    .limit(1)
)


def must_read(session: Session, project_id: int, user_id: int) -> bool:
    """Whether a version that must be read came after the last one that this reviewer read."""
    whose = {"project_id": project_id, "user_id": user_id}
    return _MUST_READ.scalar(session, whose) is not None


def unread(session: Session, project_id: int, user_id: int) -> Unread | None:
    """The newest version beside the last one that this reviewer read, when they must read it."""
    if not must_read(session, project_id, user_id):
        return None
    newest = version_text(session, project_id)
    if newest is None:
        return None
    last = session.scalar(_LAST_READ, {"project_id": project_id, "user_id": user_id})
    return Unread(
        now=newest,
        before=version_text(session, project_id, last) if last else None,
        since=versions(session, project_id, last or 0)[::-1],
    )


@dataclass(frozen=True)
class Reader:
    """A reviewer of the project, and the newest version that they said they read."""

    name: str
    pseudonym: str
    version: int | None
    at: datetime | None


def readers(session: Session, project_id: int) -> list[Reader]:
    """The reviewers who can log in and are on the project now, by name."""
    last = (
        select(Acknowledgement.user_id, func.max(Acknowledgement.version).label("version"))
        .where(Acknowledgement.project_id == project_id)
        .group_by(Acknowledgement.user_id)
        .subquery()
    )
    rows = session.execute(
        select(User.name, Membership.pseudonym, Acknowledgement.version, Acknowledgement.at)
        .join(Membership, Membership.user_id == User.id)
        .outerjoin(last, last.c.user_id == User.id)
        .outerjoin(
            Acknowledgement,
            and_(
                Acknowledgement.project_id == project_id,
                Acknowledgement.user_id == User.id,
                Acknowledgement.version == last.c.version,
            ),
        )
        .where(
            Membership.project_id == project_id,
            Membership.role == Role.REVIEWER,
            Membership.left_at.is_(None),
            User.active,
            User.external.is_(False),
        )
        .order_by(User.name)
    )
    return [Reader(row.name, row.pseudonym, row.version, row.at) for row in rows]
