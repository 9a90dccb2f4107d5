"""The lane ahead of the queue: a few open items that tell most of the models' strengths.

Items change their place in the queue, and nothing else: no slot moves. Places in the lane are
negative and grow; one that was given is never given again, so each lies ahead of everybody.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from workbench.db import Database
from workbench.db import now as database_now
from workbench.messages import N_, Invalid
from workbench.models import Item, PairsChosen, Project, tables
from workbench.queries import pairs
from workbench.queries.pairs import Found
from workbench.services import audit, slots

MOST_AHEAD = 500


def set_ahead(
    session: Session,
    project: Project,
    ahead: int | None,
    *,
    now: datetime,
    actor: int | None = None,
) -> None:
    """Up to how many items stand ahead of the queue; None: no lane. Raises Invalid at "ahead".

    Call `choose` or `apply` afterwards: they say which.
    """
    refuse(project, ahead)
    project = slots.lock_project(session, project.id)
    before, project.pairs_ahead = project.pairs_ahead, ahead
    session.flush()
    if ahead is None:
        arrange(session, project.id, ())
    if ahead != before:
        audit.append(session, "project.pairs", f"project:{project.id}", actor=actor, at=now,
                     detail={"ahead": ahead})  # fmt: skip


def refuse(project: Project, ahead: int | None) -> None:
    """Raises Invalid at "ahead" where so many items cannot stand ahead."""
    if ahead is None:
        return
    why = pairs.why_not(project)
    if why is not None:
        raise Invalid({"ahead": why})
    if not 1 <= ahead <= MOST_AHEAD:
        raise Invalid({"ahead": N_("From 1 to %(n)s items.", n=MOST_AHEAD)})


def choose(database: Database, project_id: int) -> int:
    """Look anew which items tell most, and let these stand ahead; how many do.

    In transactions of its own, the long one of which only reads.
    """
    with database.read() as session:
        project = session.get_one(Project, project_id)
        found = pairs.find(session, project, project.pairs_ahead or 0)
    with database.write() as session:
        return apply(session, found, database_now(session))


def choose_due(database: Database) -> int:
    """`choose` for the projects with enough new judgments; how many these were."""
    with database.read() as session:
        ids = pairs.due(session, database_now(session))
    for project_id in ids:
        choose(database, project_id)
    return len(ids)


def apply(session: Session, found: Found, now: datetime) -> int:
    """Let these items stand ahead, and store what they were chosen by; how many do."""
    ahead = arrange(session, found.project_id, found.items)
    session.add(
        PairsChosen(
            project_id=found.project_id,
            comparisons=found.comparisons,
            judgments=found.judgments,
            audit_seq=found.audit_seq,
            models=found.models,
            looked_at=found.looked_at,
            ahead=ahead,
            doubts=list(found.doubts),
            made_at=now,
        )
    )
    session.flush()
    return ahead


def arrange(session: Session, project_id: int, items: Sequence[int]) -> int:
    """Let these items (ids) stand ahead in this order, as many as the project's lane holds, and
    no others; how many do.

    Who is full, gold or taken out by now stays where it is. So does the last item of the queue:
    the place behind the last one must stay behind everybody's cursor. What else stood ahead goes to
    the tail.
    """
    project = slots.lock_project(session, project_id)
    most = project.pairs_ahead or 0
    wanted = dict.fromkeys(items) if most else {}
    here = (Item.project_id == project_id, Item.is_current, ~Item.is_gold)
    stood = session.scalars(select(Item.id).where(*here, Item.queue_key < 0)).all()
    ids = {*wanted, *stood}
    lock = select(Item.id).where(Item.id.in_(ids)).order_by(Item.id).with_for_update()
    session.execute(lock).all()
    # As they are now that they are locked.
    rows = session.execute(
        select(Item.id, Item.queue_key, Item.slots_left).where(*here, Item.id.in_(ids))
    )
    now = {row.id: row for row in rows}
    tail = slots.next_key(session, project_id)
    ahead = [
        item
        for item in wanted
        if item in now and now[item].slots_left > 0 and now[item].queue_key != tail - 1
    ][:most]
    stay = {*ahead}
    back = [item for item, row in now.items() if row.queue_key < 0 and item not in stay]
    first = project.lane_key + 1
    project.lane_key += len(ahead)
    _move(session, [*zip(ahead, range(first, first + len(ahead)), strict=True),
                    *zip(back, range(tail, tail + len(back)), strict=True)])  # fmt: skip
    session.flush()
    return len(ahead)


def _move(session: Session, places: Sequence[tuple[int, int]]) -> None:
    if not places:
        return
    table = tables.item
    session.execute(
        update(table).where(table.c.id == bindparam("item")).values(queue_key=bindparam("key")),
        [{"item": item, "key": key} for item, key in places],
    )
