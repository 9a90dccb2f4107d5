"""Remove the contents of a closed project: the one door past the triggers that forbid changes.

Texts of items, quotes and what people wrote in their own words go. Ids, hashes, choices, times and
the audit trail stay, so that figures and the chain of what was done can still be followed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from workbench.errors import Conflict
from workbench.models import (
    Adjudication,
    Assignment,
    Base,
    ContentRemoval,
    Escalation,
    ExportFile,
    Gold,
    Item,
    Job,
    Judgment,
    PracticeAnswer,
    PracticeItem,
    PracticeRound,
    Project,
    Review,
)
from workbench.services import audit, slots
from workbench.services.keeping import kept_until, was_emptied
from workbench.task_types.free_texts import without_texts

#: Rows that are rewritten at once.
PAGE = 500
#: In the place of a text that may not be empty.
GONE = "—"
#: Columns of what people wrote in their own words.
_WRITTEN = (
    Adjudication.note,
    Gold.note,
    Review.note,
    Escalation.reason,
    Escalation.note,
    Assignment.reason,
)


@dataclass(frozen=True)
class Removed:
    """What was removed, or would be."""

    items: int
    judgments: int
    files: int


def due(session: Session, now: datetime) -> list[Project]:
    """Closed projects that are past their days and not on legal hold, with contents still there."""
    emptied = select(ContentRemoval.id).where(ContentRemoval.project_id == Project.id)
    query = select(Project).where(
        Project.closed_at.is_not(None),
        Project.keep_days.is_not(None),
        Project.legal_hold.is_(False),
        ~emptied.exists(),
    )
    return [each for each in session.scalars(query.order_by(Project.slug)) if is_past(each, now)]


def is_past(project: Project, now: datetime) -> bool:
    """Whether the days that its contents are kept are over."""
    end = kept_until(project)
    return end is not None and now >= end


def would_remove(session: Session, project_id: int) -> Removed:
    """How much there is to remove."""
    counts = (
        session.scalars(select(func.count()).where(table.project_id == project_id)).one()
        for table in (Item, Judgment, ExportFile)
    )
    return Removed(*counts)


def remove_contents(
    session: Session, project: Project, now: datetime, actor: int | None = None
) -> tuple[Removed, list[str]]:
    """Remove them; what was removed, and the folders of exports, which the caller deletes when this
    is committed. Raises Conflict where it is not due."""
    row = slots.lock_project(session, project.id)
    if row.legal_hold:
        raise Conflict("This project is on legal hold: nothing is removed.")
    if was_emptied(session, row.id) or not is_past(row, now):
        raise Conflict("The contents of this project are not to be removed now.")
    found = would_remove(session, row.id)
    door = ContentRemoval(project_id=row.id, started_at=now)
    session.add(door)
    session.flush()
    _empty(session, row.id)
    door.ended_at = now
    audit.append(session, "project.removed", f"project:{row.id}", actor=actor, at=now,
                 detail=asdict(found))  # fmt: skip
    folders = select(ExportFile.folder).where(ExportFile.project_id == row.id)
    return found, list(session.scalars(folders))


def _empty(session: Session, project_id: int) -> None:
    """Everything that holds a text, with the door open."""
    for kind in (Item, PracticeItem):
        for row in _pages(session, kind, kind.project_id == project_id):
            _empty_item(row)
    rounds = select(PracticeRound.id).where(PracticeRound.project_id == project_id)
    said: tuple[tuple[type[Base], ColumnElement[bool]], ...] = (
        (Judgment, Judgment.project_id == project_id),
        (Adjudication, Adjudication.project_id == project_id),
        (Gold, Gold.project_id == project_id),
        (PracticeAnswer, PracticeAnswer.round_id.in_(rounds)),
    )
    for table, where in said:
        for row in _pages(session, table, where):
            if row.answer is not None:
                row.answer = without_texts(row.answer)
    for column in _WRITTEN:
        written = column.class_
        session.execute(
            update(written)
            .where(written.project_id == project_id, column != "")
            .values({column.key: GONE})
            .execution_options(synchronize_session=False)
        )
    session.execute(
        update(Job)
        .where(Job.project_id == project_id, Job.ended_at.is_not(None))
        .values(result=None, error=None)
        .execution_options(synchronize_session=False)
    )


def _pages(session: Session, table: type[Base], where: ColumnElement[bool]) -> Iterator[Any]:
    """Each row of the table, to be changed; at most PAGE in memory."""
    last, key = 0, table.id  # type: ignore[attr-defined]
    while True:
        rows: Sequence[Any] = session.scalars(
            select(table).where(where, key > last).order_by(key).limit(PAGE)
        ).all()
        if not rows:
            return
        last = rows[-1].id
        yield from rows
        session.flush()
        for row in rows:
            session.expunge(row)


def _empty_item(row: Any) -> None:
    row.prompt = [_silent(turn) for turn in row.prompt]
    row.responses = [_silent(response) for response in row.responses]
    row.meta = {}
    if isinstance(row, PracticeItem):
        row.expected = without_texts(row.expected)
        row.why = {}


def _silent(part: Any) -> Any:
    """A turn or a response as it was, with roles, ids and models, and nothing said."""
    if isinstance(part, str):
        return ""
    if isinstance(part, list):
        return [_silent(each) for each in part]
    kept = {"role", "id", "model"}
    return {key: value if key in kept else {} if key == "metadata" else _silent(value)
            for key, value in part.items()}  # fmt: skip
