"""Say what the answers to many items are: a file is stored as a whole or not at all."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from workbench import task_types
from workbench.errors import Conflict
from workbench.intake import Source, read_gold
from workbench.messages import N_, Invalid
from workbench.models import Gold, Item, Project
from workbench.queries import gold as known
from workbench.services import gold, slots
from workbench.services.spool import ImportCounts, Prepared, Progress, no_progress

_NOT_HERE = N_("is not the id of an item of this project")


def prepare(source: Source, progress: Progress = no_progress) -> Prepared:
    """Read a source without the database. See `Prepared`; close it by a `with`."""
    prepared = Prepared(source, None, progress)
    with source:
        for line in prepared.watch(read_gold(source)):
            if line.parsed is None:
                prepared.note(line)
            else:
                prepared.keep(line, [line.parsed])
    return prepared


def load_gold(
    session: Session, project: Project, prepared: Prepared, *, now: datetime, actor: int | None
) -> ImportCounts:
    """Make the items gold that the lines name; one that was gold gets the answer of its line.

    Raises Rejected when a line is wrong; the caller then rolls back.
    """
    prepared.check()
    project = slots.lock_project(session, project.id)
    version = task_types.get(project.type).version
    counts = {"new": 0, "same": 0, "revised": 0}
    for batch in prepared.batches():
        lines = [(number, raw, given) for number, raw, given in batch]
        here = _present(session, project.id, [given["item"] for *_, given in lines])
        # Items are locked in the order of their ids, as everywhere.
        for number, raw, given in sorted(lines, key=lambda line: here.get(line[2]["item"], 0)):
            item_id = here.get(given["item"])
            if item_id is None:
                prepared.reject_kept((number, raw), "item", _NOT_HERE)
                continue
            before = known.standing(session, item_id)
            said = gold.Known(given["answer"], version, given["note"])
            try:
                row = gold.mark(session, project, item_id, said, now=now, actor=actor)
            except Invalid as error:
                for field, why in error.errors.items():
                    prepared.reject_kept((number, raw), field, why)
            except Conflict as error:
                prepared.reject_kept((number, raw), "item", error.message)
            else:
                counts[_became(before, row)] += 1
    prepared.check()
    return ImportCounts(**counts)


def _became(before: Gold | None, row: Gold) -> str:
    if before is None:
        return "new"
    return "same" if before.id == row.id else "revised"


def _present(session: Session, project_id: int, names: list[str]) -> dict[str, int]:
    rows = session.execute(
        select(Item.external_id, Item.id).where(
            Item.project_id == project_id, Item.external_id.in_(names), Item.is_current
        )
    )
    return dict(rows.all())
