"""What is hidden among a reviewer's items: gold, and items that they have judged before.

Each is given as a copy: an item of its own, for one person, that wants one judgment. Lease, answer,
undo and history are then those of any item, and nothing on the desk tells it from others.
"""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Select, bindparam, exists, func, select
from sqlalchemy.orm import Session, aliased

from workbench.models import Assignment, Copy, Item, Project, State, tables
from workbench.queries import items
from workbench.services.cursors import Search, is_work_ahead
from workbench.statements import Query

#: The columns that make up what a reviewer reads.
_CONTENT = (
    "project_id", "language", "language_base", "prompt", "responses", "tags", "harm", "severity",
    "severity_mark", "meta", "content_hash", "queue_key",
)  # fmt: skip

#: Beside the items and assignments of the query that asks about them.
_copied, _met = aliased(Item), aliased(Assignment)


@dataclass(frozen=True)
class Due:
    """A copy that is to be given now."""

    id: int
    severity: int | None


def due(session: Session, project: Project, search: Search, now: datetime) -> Due | None:
    """A copy in place of the reviewer's next item, as often as the project says; None: no copy.

    Never when nothing else waits for them: "nothing left" must not be followed by an item.
    The caller has locked the reviewer's place on the project. Costs nothing where nothing is
    hidden.
    """
    kind = _drawn(project)
    if kind is None or not is_work_ahead(session, search):
        return None
    original = (
        _gold(session, search) if kind is Copy.GOLD else _repeat(session, project, search, now)
    )
    return _copy(session, original, kind, search.reviewer.id, now) if original else None


def _drawn(project: Project) -> Copy | None:
    """Gold, a repeat or neither, by chance."""
    if not project.gold_percent and not project.repeat_percent:
        return None
    drawn = secrets.randbelow(100)
    if drawn < project.gold_percent:
        return Copy.GOLD
    return Copy.REPEAT if drawn < project.gold_percent + project.repeat_percent else None


_ORDERED = Query(
    select(
        tables.item.c.id, tables.item.c.responses, tables.item.c.copy_kind, tables.item.c.copy_of
    ).where(tables.item.c.id == bindparam("item_id"))
)


def shown_order(session: Session, project: Project, item_id: int, user_id: int) -> list[str]:
    """Response ids in the order in which this person is to see them.

    Random for each (item, person); of a repeat never the order that they saw before.
    """
    item = _ORDERED.one(session, {"item_id": item_id})
    order = items.shown_order(project.seed, item, user_id)
    if item.copy_kind != Copy.REPEAT:
        return order
    before = session.get_one(Assignment, (item.copy_of, user_id)).shown
    return order if order != before else [*order[1:], *order[:1]]


# --- which item -----------------------------------------------------------------------------


def _may_be_given(search: Search) -> list[ColumnElement[bool]]:
    return [
        Item.project_id == search.project_id,
        Item.language_base.in_(search.reviewer.languages),
        Item.retired_at.is_(None),
        *search.spared.conditions(),
    ]


def _copied_before(search: Search, kind: Copy) -> ColumnElement[bool]:
    """Whether this person was given a copy of the `Item` and did not leave it unanswered."""
    return exists().where(
        _copied.copy_of == Item.id,
        _copied.copy_for == search.reviewer.id,
        _copied.project_id == search.project_id,
        _copied.copy_kind == kind,
        _met.item_id == _copied.id,
        _met.user_id == search.reviewer.id,
        _met.state != State.RELEASED,
    )


def _unmet_gold(search: Search) -> Select[int]:
    met = exists().where(
        Assignment.item_id == Item.id,
        Assignment.user_id == search.reviewer.id,
        Assignment.state != State.RELEASED,
    )
    return select(Item.id).where(
        *_may_be_given(search), Item.is_gold, ~met, ~_copied_before(search, Copy.GOLD)
    )


def _gold(session: Session, search: Search) -> Item | None:
    found: Sequence[int] = session.scalars(_unmet_gold(search)).all()
    return session.get_one(Item, secrets.choice(found)) if found else None


def _repeat(session: Session, project: Project, search: Search, now: datetime) -> Item | None:
    """An item that they judged long enough ago, from a random moment on."""
    until = now - timedelta(days=project.repeat_after_days)
    judged = (
        Assignment.user_id == search.reviewer.id,
        Assignment.project_id == search.project_id,
        Assignment.updated_at <= until,
    )
    first = session.scalar(select(func.min(Assignment.updated_at)).where(*judged))
    if first is None:
        return None
    since = first + (until - first) * (secrets.randbelow(1_000) / 1_000)
    query = (
        select(Item)
        .join(Assignment, Assignment.item_id == Item.id)
        .where(
            *judged,
            Assignment.state == State.JUDGED,
            *_may_be_given(search),
            Item.copy_of.is_(None),
            ~Item.is_gold,
            ~_copied_before(search, Copy.REPEAT),
        )
        .order_by(Assignment.updated_at)
        .limit(1)
    )
    later = session.scalars(query.where(Assignment.updated_at >= since)).one_or_none()
    return later or session.scalars(query).one_or_none()


def _copy(session: Session, original: Item, kind: Copy, user_id: int, now: datetime) -> Due:
    """The copy of an item for this person: one that came back unanswered, or a new one."""
    before = session.scalars(
        select(Item).where(
            Item.project_id == original.project_id,
            Item.copy_for == user_id,
            Item.copy_kind == kind,
            Item.copy_of == original.id,
        )
    ).first()
    if before is not None:
        return Due(before.id, before.severity_now)
    copy = Item(
        **{name: getattr(original, name) for name in _CONTENT},
        # A name of its own: the original's may be brought in again.
        external_id=f"copy-{secrets.token_hex(8)}",
        wanted=1,
        slots_left=1,
        created_at=now,
        copy_of=original.id,
        copy_kind=kind,
        copy_for=user_id,
    )
    session.add(copy)
    session.flush()
    return Due(copy.id, copy.severity_now)
