"""Bring practice items in, whole files or nothing, and take one out."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from workbench.errors import Conflict, NotFound
from workbench.intake import ParsedPractice, Source, item_as_dict, read_practice
from workbench.messages import N_
from workbench.models import PracticeItem, Project
from workbench.services import audit, slots
from workbench.services.practice import end_if_done, open_rounds
from workbench.services.qualify import has_items
from workbench.services.spool import ImportCounts, Prepared, Progress, no_progress
from workbench.task_types.base import Config, TaskType

#: A round is to be gone through in one sitting: more than this is no practice.
MOST = 100

_OTHER_CONTENT = N_("is the id of a practice item with other content: take that one out first")
_TOO_MANY = N_("is one too many: a project has at most %(most)d practice items", most=MOST)
_LAST = N_("This is the last practice item. Stop asking for practice first, or bring another in.")


def prepare(
    source: Source, task_type: TaskType, config: Config, progress: Progress = no_progress
) -> Prepared:
    """Read and check a source without the database. See `Prepared`; close it by a `with`."""
    prepared = Prepared(source, None, progress)
    with source:
        for line in prepared.watch(read_practice(source, task_type, config)):
            if line.parsed is None:
                prepared.note(line)
            else:
                prepared.keep(line, [line.content_hash, _record(line.parsed)])
    return prepared


def _record(given: ParsedPractice) -> dict[str, Any]:
    return {"item": item_as_dict(given.item), "expected": given.expected, "why": given.why}


def add_items(
    session: Session, project: Project, prepared: Prepared, *, now: datetime, actor: int | None
) -> ImportCounts:
    """Store what is new. An id that is here with the same content stays as it is.

    Rounds that are open go on with the items that they began with.
    Raises Rejected when a line is wrong; the caller then rolls back.
    """
    prepared.check()
    slots.lock_project(session, project.id)
    here = _present(session, project.id)
    position = _last_position(session, project.id)
    new = same = 0
    for batch in prepared.batches():
        for number, raw, digest, record in batch:
            name = record["item"]["id"]
            if here.get(name, digest) != digest:
                prepared.reject_kept((number, raw), "id", _OTHER_CONTENT)
            elif name in here:
                same += 1
            elif len(here) >= MOST:
                prepared.reject_kept((number, raw), "id", _TOO_MANY)
            else:
                new += 1
                here[name] = digest
                session.add(_row(project.id, record, digest, position + new, now, actor))
    prepared.check()
    session.flush()
    counts = ImportCounts(new, same, 0, 0)
    detail = {"sha256": prepared.sha256, "new": new, "same": same}
    audit.append(session, "practice.items", f"project:{project.id}", actor=actor, at=now,
                 detail=detail)  # fmt: skip
    return counts


def _present(session: Session, project_id: int) -> dict[str, str]:
    """Content hashes of the present practice items by their ids."""
    rows = session.execute(
        select(PracticeItem.external_id, PracticeItem.content_hash).where(
            PracticeItem.project_id == project_id, PracticeItem.retired_at.is_(None)
        )
    )
    return dict(rows.all())


def _last_position(session: Session, project_id: int) -> int:
    query = select(func.max(PracticeItem.position)).where(PracticeItem.project_id == project_id)
    return session.scalar(query) or 0


def _row(  # noqa: PLR0917 - what is stored, where and when
    project_id: int,
    record: Mapping[str, Any],
    digest: str,
    position: int,
    now: datetime,
    actor: int | None,
) -> PracticeItem:
    item = record["item"]
    return PracticeItem(
        project_id=project_id,
        external_id=item["id"],
        language=item["language"],
        language_base=item["language"].partition("-")[0],
        prompt=item["prompt"],
        responses=item["responses"],
        tags=item["tags"],
        harm=item["harm"],
        severity=item.get("severity"),
        meta=item["metadata"],
        expected=record["expected"],
        why=record["why"],
        content_hash=digest,
        position=position,
        created_at=now,
        created_by=actor,
    )


def retire(
    session: Session, project: Project, item_id: int, *, now: datetime, actor: int | None
) -> PracticeItem:
    """Take a practice item out: nobody is asked it any more, and open rounds count without it.

    Again changes nothing. Raises NotFound for another project's, Conflict for the last one while
    practice is asked for.
    """
    project = slots.lock_project(session, project.id)
    row = session.get(PracticeItem, item_id)
    if row is None or row.project_id != project.id:
        raise NotFound("There is no such page, or it is not open to you.")
    if row.retired_at is not None:
        return row
    if project.practice_pass_mark is not None and not has_items(session, project.id, item_id):
        raise Conflict(_LAST.text)
    slots.lock_members(session, project_id=project.id)
    row.retired_at = now
    session.flush()
    for practised in open_rounds(session, project.id):
        end_if_done(session, project, practised, now)
    audit.append(session, "practice.retire", f"project:{project.id}", actor=actor, at=now,
                 detail={"practice_item": item_id})  # fmt: skip
    return row
