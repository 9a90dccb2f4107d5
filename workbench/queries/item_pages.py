"""A project's items page by page, in the order of their ids, with how far each of them is."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from workbench.models import Assignment, Item, State
from workbench.queries.page_cursor import numbers_of, signed

#: Items that a page looks at for those that are wanted, so that none takes long, however few there
#: are of these.
LOOKED_AT = 2_000
_FETCH = 100

_PURPOSE = "items"


def cursor_of(key: str, project_id: int, item_id: int) -> str:
    """The place of an item in the project's list as a cursor."""
    return signed(key, _PURPOSE, project_id, item_id)


def item_of(key: str, project_id: int, cursor: str) -> int | None:
    """The item that a cursor means; None for what was not given out for this project."""
    numbers = numbers_of(key, _PURPOSE, project_id, cursor)
    return None if numbers is None else numbers[0]


@dataclass(frozen=True)
class Listed:
    """An item and how far it is."""

    #: As the engineers call it.
    name: str
    revision: int
    #: That count now, and how many it wants.
    judgments: int
    wanted: int

    @property
    def finished(self) -> bool:
        """Whether it has all the judgments that it wants."""
        return self.judgments >= self.wanted


@dataclass(frozen=True)
class ItemPage:
    """Items of a page."""

    items: list[Listed]
    #: The last item that was looked at, on this page or before it; None where there was none.
    last: int | None
    #: Whether there are items behind that one.
    more: bool


def page(
    session: Session,
    project_id: int,
    *,
    after: int | None = None,
    finished: bool | None = None,
    limit: int,
) -> ItemPage | None:
    """At most `limit` items behind that one; with `finished`, those alone that are, or are not.

    None where the project has no such item. Items that were replaced or taken out, gold and hidden
    copies are left out, as in exports. A page may hold fewer items than there are: it ends after
    LOOKED_AT that were not wanted.
    """
    place = None
    if after is not None:
        place = session.scalar(
            select(Item.external_id).where(Item.id == after, Item.project_id == project_id)
        )
        if place is None:
            return None
    found: list[Listed] = []
    last, looked_at = after, max(LOOKED_AT, limit)
    query = _items(project_id, place).limit(looked_at + 1)
    with session.execute(query.execution_options(yield_per=_FETCH)) as rows:
        for number, row in enumerate(rows):
            if len(found) == limit or number == looked_at:
                return ItemPage(found, last, more=True)
            last = row.id
            item = Listed(row.external_id, row.revision, row.judgments, row.wanted)
            if not row.is_gold and finished in {None, item.finished}:
                found.append(item)
    return ItemPage(found, last, more=False)


def _items(project_id: int, place: str | None) -> Select[Any]:
    """Present items behind that id, from the index that has them in this order."""
    judgments = (
        select(func.count())
        .where(Assignment.item_id == Item.id, Assignment.state == State.JUDGED)
        .scalar_subquery()
    )
    query = (
        select(
            Item.id,
            Item.external_id,
            Item.revision,
            Item.wanted,
            Item.is_gold,
            judgments.label("judgments"),
        )
        .where(Item.project_id == project_id, Item.is_current)
        .order_by(Item.external_id)
    )
    return query if place is None else query.where(Item.external_id > place)
