"""What came into a project, what went out of it, and what there is to take out now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, func, select
from sqlalchemy.orm import Session

from workbench.models import Assignment, AuditEntry, ExportFile, Item, Project, Source, State, User

#: Lines of a list of past exports or imports.
SHOWN = 20


@dataclass(frozen=True)
class Standing:
    """How far a project's present items are."""

    items: int
    #: With a judgment or more.
    judged: int
    #: With all the judgments that they want.
    complete: int


def standing(session: Session, project_id: int) -> Standing:
    """Items, judged items and complete items of a project, of those that can be exported: replaced
    items and gold do not count."""
    judgments = (
        select(Assignment.item_id, func.count().label("n"))
        .where(Assignment.project_id == project_id, Assignment.state == State.JUDGED)
        .group_by(Assignment.item_id)
        .subquery()
    )
    row = session.execute(
        select(
            func.count(),
            func.count(judgments.c.n),
            _how_many(judgments.c.n >= Item.wanted),
        )
        .select_from(Item)
        .outerjoin(judgments, judgments.c.item_id == Item.id)
        .where(
            Item.project_id == project_id,
            Item.is_current,
            ~Item.is_gold,
        )
    ).one()
    return Standing(*row)


def _how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))


@dataclass(frozen=True)
class PastImport:
    """A line of the list of imports."""

    id: int
    kind: str
    name: str
    counts: dict[str, Any]
    at: datetime
    #: None: from the command line.
    by: str | None


def past_imports(session: Session, project_id: int, limit: int = SHOWN) -> list[PastImport]:
    """The newest imports, newest first."""
    rows = session.execute(_imports(project_id).order_by(Source.id.desc()).limit(limit))
    return [_past_import(source, by) for source, by in rows]


def one_import(session: Session, project_id: int, source_id: int) -> PastImport | None:
    """That import of the project; None when there is none."""
    row = session.execute(_imports(project_id).where(Source.id == source_id)).one_or_none()
    return _past_import(row[0], row[1]) if row else None


def _imports(project_id: int) -> Select[Source, str | None]:
    return (
        select(Source, User.name)
        .outerjoin(User, User.id == Source.created_by)
        .where(Source.project_id == project_id)
    )


def _past_import(source: Source, by: str | None) -> PastImport:
    return PastImport(source.id, source.kind, source.name, source.counts, source.created_at, by)


@dataclass(frozen=True)
class PastExport:
    """An export and who made it."""

    export: ExportFile
    by: str | None
    #: When the last judgment or decision that is in it was stored, by the audit trail: what was
    #: imported may say that it was made at any time. None where nothing was said.
    said_at: datetime | None


def past_exports(session: Session, project_id: int, limit: int = SHOWN) -> list[PastExport]:
    """The newest exports, newest first."""
    rows = session.execute(
        _exports(project_id)
        .where(ExportFile.source_id.is_(None))
        .order_by(ExportFile.id.desc())
        .limit(limit)
    )
    found = [(export, by) for export, by in rows]
    said = _said_at(session, [export for export, _ in found])
    return [PastExport(export, by, said.get(_mark(export))) for export, by in found]


def _mark(export: ExportFile) -> int:
    """The entry of the audit trail up to which judgments are in it; 0 for lines of an import."""
    return int(export.manifest.get("watermark", 0))


def _said_at(session: Session, exports: list[ExportFile]) -> dict[int, datetime]:
    """When the entries were written that exports go up to."""
    marks = {_mark(export) for export in exports}
    entries = select(AuditEntry.seq, AuditEntry.at).where(AuditEntry.seq.in_(marks))
    return {row.seq: row.at for row in session.execute(entries)}


def all_snapshots(session: Session, project_id: int) -> list[ExportFile]:
    """Every snapshot of the project, the newest first."""
    return list(
        session.scalars(
            select(ExportFile)
            .where(ExportFile.project_id == project_id, ExportFile.source_id.is_(None))
            .order_by(ExportFile.id.desc())
        )
    )


def snapshot_named(session: Session, project_id: int, name: str) -> ExportFile | None:
    """The project's snapshot of that name; None when there is none."""
    return session.scalars(
        select(ExportFile).where(ExportFile.project_id == project_id, ExportFile.name == name)
    ).one_or_none()


def snapshot_of(session: Session, slug: str, name: str) -> ExportFile | None:
    """The snapshot of that name, of the project of that name; None where one of them is none."""
    return session.scalars(
        select(ExportFile)
        .join(Project, Project.id == ExportFile.project_id)
        .where(Project.slug == slug, ExportFile.name == name)
    ).one_or_none()


def one_export(session: Session, project_id: int, export_id: int) -> PastExport | None:
    """That export, or those rejected lines, of the project; None when there is none."""
    row = session.execute(_exports(project_id).where(ExportFile.id == export_id)).one_or_none()
    if row is None:
        return None
    export, by = row
    return PastExport(export, by, _said_at(session, [export]).get(_mark(export)))


def _exports(project_id: int) -> Select[ExportFile, str | None]:
    return (
        select(ExportFile, User.name)
        .outerjoin(User, User.id == ExportFile.created_by)
        .where(ExportFile.project_id == project_id)
    )


def rejects_of(session: Session, project_id: int, source_id: int) -> ExportFile | None:
    """The lines that an import left out; None when it left none out."""
    return session.scalars(
        select(ExportFile).where(
            ExportFile.project_id == project_id, ExportFile.source_id == source_id
        )
    ).one_or_none()


def newest_source(session: Session, project_id: int) -> Source:
    """The project's last import; in the transaction that imports, its own."""
    return session.scalars(
        select(Source).where(Source.project_id == project_id).order_by(Source.id.desc()).limit(1)
    ).one()
