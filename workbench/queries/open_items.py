"""What a reviewer may be given: one rule for the queue, the home page and the desk."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import lru_cache

from sqlalchemy import ColumnElement, and_, bindparam, exists, func, or_, select
from sqlalchemy.orm import Session

from workbench.models import Assignment, Item, ReviewerCare, State, tables
from workbench.statements import Query


@dataclass(frozen=True)
class Spared:
    """What a reviewer is not given of what is open. Nothing unless said."""

    #: Categories of harm that they declined.
    harms: tuple[str, ...] = ()
    #: Items of this severity and above rest for now; None: none do.
    severe_from: int | None = None

    def __bool__(self) -> bool:
        return bool(self.harms) or self.severe_from is not None

    def lets(self, harm: str | None, severity: int | None) -> bool:
        """Whether such an item may be given: `conditions` for one that is known already."""
        rests = self.severe_from is not None and (severity or 0) >= self.severe_from
        return not rests and (harm is None or harm not in self.harms)

    def conditions(self) -> list[ColumnElement[bool]]:
        """What an item must be like to be given."""
        item, found = tables.item.c, []
        if self.harms:
            declined = (item.harm != harm for harm in self.harms)
            found.append(or_(item.harm.is_(None), and_(*declined)))
        if self.severe_from is not None:
            found.append(func.coalesce(tables.severity_now, 0) < self.severe_from)
        return found


def declined(session: Session, user_id: int) -> tuple[str, ...]:
    """Categories of harm that this person is not given. Theirs alone to know."""
    own = session.get(ReviewerCare, user_id)
    return tuple(own.declined) if own is not None else ()


def bases(speaks: Sequence[str]) -> list[str]:
    """Languages without regions, which is how items are matched."""
    return list(dict.fromkeys(code.partition("-")[0] for code in speaks))


@lru_cache(maxsize=512)
def first_open(
    spared: Spared, *, lock: bool = False, lane: bool = False
) -> Query[int, int, str, int | None]:
    """(id, queue_key, language_base, severity) of the first open item in `language` behind
    `passed` that the reviewer `user_id` has not met and may be given.

    With `lock`: that no other transaction has locked, locked. With `lane`: of those ahead of the
    queue alone. The four names are parameters of the statement, which is built once for all.
    """
    item, their = tables.item.c, tables.assignment.c
    met = exists().where(
        their.item_id == item.id,
        their.user_id == bindparam("user_id"),
        their.state != State.RELEASED,
    )
    query = (
        select(item.id, item.queue_key, item.language_base, tables.severity_now.label("severity"))
        .where(
            item.project_id == bindparam("project_id"),
            item.language_base == bindparam("language"),
            item.queue_key > bindparam("passed"),
            item.slots_left > 0,
            item.copy_of.is_(None),
            ~met,
            *spared.conditions(),
        )
        .order_by(item.queue_key)
        .limit(1)
    )
    if lane:
        query = query.where(item.queue_key < 0)
    if lock:
        query = query.with_for_update(of=tables.item, skip_locked=True)
    return Query(query)


def count_open(
    session: Session, project_id: int, user_id: int, languages: Collection[str], spared: Spared
) -> int:
    """How many open items this reviewer has not met and may be given."""
    met = select(Assignment.item_id).where(
        Assignment.user_id == user_id,
        Assignment.project_id == project_id,
        Assignment.state != State.RELEASED,
    )
    counted = (
        select(func.count())
        .select_from(Item)
        .where(
            Item.project_id == project_id,
            Item.language_base.in_(languages),
            Item.slots_left > 0,
            Item.copy_of.is_(None),
            Item.id.not_in(met),
            *spared.conditions(),
        )
    )
    return session.scalar(counted) or 0
