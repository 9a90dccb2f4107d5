"""The audit trail as people read it: filtered, page by page, and as it is copied for auditors."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Integer, Select, and_, case, cast, func, select
from sqlalchemy.orm import InstrumentedAttribute, Session

from workbench.models import (
    ApiToken,
    AuditEntry,
    Item,
    Job,
    Membership,
    PracticeItem,
    Project,
    User,
    Webhook,
)

#: Entries on a page.
LISTED = 50
#: Entries that are read at once for a copy.
PAGE = 1_000

#: What an entry's subject may name, and how that leads to a project.
_OF_PROJECT: dict[str, tuple[InstrumentedAttribute[int], InstrumentedAttribute[int]]] = {
    "item": (Item.id, Item.project_id),
    "practice": (PracticeItem.id, PracticeItem.project_id),
    "token": (ApiToken.id, ApiToken.project_id),
    "webhook": (Webhook.id, Webhook.project_id),
    "job": (Job.id, Job.project_id),
}


@dataclass(frozen=True)
class Asked:
    """Which entries; what is None or "" does not narrow them. Times are aware."""

    since: datetime | None = None
    until: datetime | None = None
    person: int | None = None
    action: str = ""
    project: int | None = None


@dataclass(frozen=True)
class Line:
    """An entry. `actor` None: nobody who was logged in, such as the command line."""

    seq: int
    at: datetime
    actor_id: int | None
    actor: str | None
    action: str
    subject: str
    project: str | None
    detail: dict[str, Any]
    hash: str


def project_of_entry() -> ColumnElement[int | None]:
    """The project that an entry is of, by its subject, which its hash covers; NULL for none."""
    whens = [
        (
            AuditEntry.subject.like(f"{kind}:%"),
            select(project).where(key == _behind(kind)).scalar_subquery(),
        )
        for kind, (key, project) in _OF_PROJECT.items()
    ]
    return case((AuditEntry.subject.like("project:%"), _behind("project")), *whens, else_=None)


def _behind(kind: str) -> ColumnElement[int]:
    """The number in a subject of that kind; 0 where there is none, which a server refuses to take
    for one."""
    behind = func.substr(AuditEntry.subject, len(kind) + 2)
    is_number = and_(
        AuditEntry.subject.like(f"{kind}:_%"),
        func.ltrim(behind, "0123456789") == "",
        func.length(behind) < 10,
    )
    return cast(case((is_number, behind), else_="0"), Integer)


def _entries(asked: Asked) -> Select[Any]:
    entry, of_project = AuditEntry, project_of_entry()
    query = (
        select(
            entry.seq, entry.at, entry.actor_id, User.name.label("actor"), entry.action,
            entry.subject, Project.slug.label("project"), entry.detail, entry.hash,
        )
        .outerjoin(User, User.id == entry.actor_id)
        .outerjoin(Project, Project.id == of_project)
    )  # fmt: skip
    if asked.since is not None:
        query = query.where(entry.at >= asked.since)
    if asked.until is not None:
        query = query.where(entry.at < asked.until)
    if asked.person is not None:
        query = query.where(entry.actor_id == asked.person)
    if asked.action:
        query = query.where(entry.action == asked.action)
    if asked.project is not None:
        query = query.where(of_project == asked.project)
    return query


def listed(
    session: Session, asked: Asked, before: int | None = None, most: int = LISTED
) -> list[Line]:
    """The newest entries that are asked for, or those before that number."""
    query = _entries(asked).order_by(AuditEntry.seq.desc()).limit(most)
    if before is not None:
        query = query.where(AuditEntry.seq < before)
    return [Line(*row) for row in session.execute(query)]


def bounds(session: Session, since: datetime | None, until: datetime | None) -> tuple[int, int]:
    """The first and the last entry of that time; (1, 0) where there is none."""
    query = select(func.min(AuditEntry.seq), func.max(AuditEntry.seq))
    if since is not None:
        query = query.where(AuditEntry.at >= since)
    if until is not None:
        query = query.where(AuditEntry.at < until)
    first, last = session.execute(query).one()
    return (1, 0) if first is None else (first, last)


def whole_entries(
    session: Session, first: int, last: int
) -> Iterator[tuple[AuditEntry, int | None]]:
    """The entries from the first to the last one, each with its project; in pages."""
    for start in range(first, last + 1, PAGE):
        query = select(AuditEntry, project_of_entry()).where(
            AuditEntry.seq.between(start, min(start + PAGE - 1, last))
        )
        for entry, project in session.execute(query.order_by(AuditEntry.seq)):
            yield entry, project
            session.expunge(entry)


def names(session: Session) -> dict[int, str]:
    """What people are called, by their number."""
    return {row.id: row.name for row in session.execute(select(User.id, User.name))}


def projects(session: Session) -> list[tuple[int, str]]:
    """All of the installation: number and slug, by slug."""
    return [(row.id, row.slug) for row in
            session.execute(select(Project.id, Project.slug).order_by(Project.slug))]  # fmt: skip


def people(session: Session) -> list[tuple[int, str]]:
    """Whoever has an account: number and name, by name."""
    query = select(User.id, User.name).where(User.external.is_(False)).order_by(User.name)
    return [(row.id, row.name) for row in session.execute(query)]


def pseudonyms(session: Session, project_id: int) -> dict[int, str]:
    """Everyone's name in what leaves that project."""
    query = select(Membership.user_id, Membership.pseudonym)
    rows = session.execute(query.where(Membership.project_id == project_id))
    return {row.user_id: row.pseudonym for row in rows}
