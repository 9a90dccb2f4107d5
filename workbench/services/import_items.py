"""Bring items in: a file is stored as a whole or not at all.

First `prepare(source, task_type, config)`, then `import_items` in a writing transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO, NamedTuple

from sqlalchemy import bindparam, insert, select
from sqlalchemy.orm import Session

from workbench.db import WrittenJson, dump_json, listed
from workbench.intake import Source, item_as_dict, read_items
from workbench.messages import N_
from workbench.models import Item, Project, tables
from workbench.models import Source as SourceRow
from workbench.services import audit, slots
from workbench.services.resolve import retire
from workbench.services.spool import ImportCounts, Prepared, Progress, no_progress
from workbench.task_types import base
from workbench.task_types.base import Config, TaskType

_OTHER_CONTENT = N_("is the id of an item with other content; a revision would replace that one")


def prepare(
    source: Source,
    task_type: TaskType,
    config: Config,
    reject_to: BinaryIO | None = None,
    progress: Progress = no_progress,
) -> Prepared:
    """Read and check a source without the database. See `Prepared`; close it by a `with`."""
    prepared = Prepared(source, reject_to, progress)
    with source:
        for line in prepared.watch(read_items(source, task_type, config)):
            if line.parsed is None:
                prepared.note(line)
            else:
                prepared.keep(line, [line.content_hash, columns_of(line.parsed)])
    return prepared


class _Line(NamedTuple):
    """A line as `prepare` kept it."""

    number: int
    raw: str | None
    content_hash: str
    columns: dict[str, Any]

    @property
    def name(self) -> str:
        name: str = self.columns["external_id"]
        return name


class _Stored(NamedTuple):
    """The newest revision of an item, which may have been taken out. `id` 0: of this batch."""

    id: int
    content_hash: str
    revision: int
    retired: bool
    #: A lead's mark, which stays with the next revision.
    severity_mark: int | None = None


def import_items(
    session: Session,
    project: Project,
    prepared: Prepared,
    *,
    now: datetime,
    actor: int | None,
    revise: bool = False,
) -> ImportCounts:
    """Store the good lines, as new items at the tail of the queue.

    An id that is here with the same content stays as it is, also where a lead took the item out.
    With other content it is wrong, or with `revise` its next revision: the old row is retired.
    Imports into one project follow each other: the project's row is locked.
    Raises Rejected when a line is wrong and may not be left out; the caller then rolls back.
    """
    prepared.check()
    project = slots.lock_project(session, project.id)
    source = add_source(session, project, "items", prepared, now=now, actor=actor)
    run = _Run(session, project, source, now, prepared, revise, slots.next_key(session, project.id))
    for batch in prepared.batches():
        run.take([_Line(*kept) for kept in batch])
    prepared.check()
    source.counts = run.counts.as_dict()
    audit.append(
        session,
        "items.import",
        f"project:{project.id}",
        actor=actor,
        at=now,
        detail={"source": source.id, "sha256": source.sha256, **source.counts},
    )
    return run.counts


def add_source(
    session: Session,
    project: Project,
    kind: str,
    prepared: Prepared,
    *,
    now: datetime,
    actor: int | None,
) -> SourceRow:
    """Note where what follows came from. `counts` are known when all is stored."""
    source = SourceRow(
        project_id=project.id,
        kind=kind,
        name=prepared.name,
        sha256=prepared.sha256,
        counts={},
        created_at=now,
        created_by=actor,
    )
    session.add(source)
    session.flush()
    return source


@dataclass
class _Run:
    """One import under way."""

    session: Session
    project: Project
    source: SourceRow
    now: datetime
    prepared: Prepared
    revise: bool
    next_key: int
    _new: int = 0
    _same: int = 0
    _revised: int = 0
    _rows: list[dict[str, Any]] = field(default_factory=list)

    @property
    def counts(self) -> ImportCounts:
        return ImportCounts(self._new, self._same, self._revised, self.prepared.rejected)

    def take(self, batch: Sequence[_Line]) -> None:
        """Compare a batch with what is stored, and store what is new."""
        stored = _newest(self.session, self.project.id, [line.name for line in batch])
        self._rows = []
        for line in batch:
            found = stored.get(line.name)
            if found is None:
                self._new += 1
                stored[line.name] = self._add(line, 1)
            elif found.content_hash == line.content_hash:
                self._same += 1
            elif self.revise:
                self._revised += 1
                stored[line.name] = self._replace(line, found)
            else:
                self.prepared.reject_kept(line, "id", _OTHER_CONTENT)
        if self._rows and not self.prepared.refused:
            self.session.execute(_INSERT, self._rows)

    def _replace(self, line: _Line, found: _Stored) -> _Stored:
        if not found.retired:
            old = slots.lock_item(self.session, found.id)
            retire(self.session, old, self.now)
        return self._add(line, found.revision + 1, found.severity_mark)

    def _add(self, line: _Line, revision: int, severity_mark: int | None = None) -> _Stored:
        overlap = self.project.overlap
        self._rows.append(
            {
                **line.columns,
                "project_id": self.project.id,
                "revision": revision,
                "content_hash": line.content_hash,
                "severity_mark": severity_mark,
                "wanted": overlap,
                "slots_left": overlap,
                "queue_key": self.next_key,
                "source_id": self.source.id,
                "source_line": line.number,
                "created_at": self.now,
            }
        )
        self.next_key += 1
        return _Stored(0, line.content_hash, revision, retired=False, severity_mark=severity_mark)


def columns_of(item: base.Item) -> dict[str, Any]:
    """The columns that an item's own object fills, as they go through the spool: JSON is written
    once, here, and not read again before it is stored."""
    found = item_as_dict(item)
    return {
        "external_id": found["id"],
        "language": found["language"],
        "prompt_json": dump_json(found["prompt"]),
        "responses_json": dump_json(found["responses"]),
        "tags_json": dump_json(found["tags"]),
        "harm": found["harm"],
        "severity": found.get("severity"),
        "meta_json": dump_json(found["metadata"]),
    }


_INSERT = insert(tables.item).values(
    {
        name: bindparam(f"{name}_json", type_=WrittenJson())
        for name in ("prompt", "responses", "tags", "meta")
    }
)


_STORED = (
    select(
        Item.external_id,
        Item.id,
        Item.content_hash,
        Item.revision,
        Item.retired_at.is_not(None).label("retired"),
        Item.severity_mark,
    )
    .where(Item.project_id == bindparam("project"), Item.external_id.in_(listed("names")))
    .order_by(Item.revision)
)


def _newest(session: Session, project_id: int, names: list[str]) -> dict[str, _Stored]:
    """The newest revision of each of these items that is stored."""
    rows = session.execute(_STORED, {"project": project_id, "names": names})
    return {
        row.external_id: _Stored(
            row.id, row.content_hash, row.revision, bool(row.retired), row.severity_mark
        )
        for row in rows
    }
