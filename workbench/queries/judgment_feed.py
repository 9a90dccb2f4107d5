"""Every judgment in the order in which it was committed, for whoever follows along.

The order is (audit_seq, item, reviewer, revision). Numbers of the audit trail follow the order of
commits, since its head is locked until the transaction that took one ends: whoever has read up to a
judgment has missed none before it. The judgments of an import share one number, and are committed
together; among them the rest of the order, which is that of an index, keeps revisions in a row.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import orjson
from sqlalchemy import Row, Select, func, select, tuple_
from sqlalchemy.orm import Session

from workbench.models import Item, Judgment, Membership
from workbench.queries.export import rfc3339
from workbench.queries.page_cursor import numbers_of, signed

#: Bytes of answers after which a page ends.
PAGE_BYTES = 8 * 1024 * 1024
_FETCH = 100

_PURPOSE = "judgment feed"


class Spot(NamedTuple):
    """A judgment's place in the feed."""

    audit_seq: int
    judgment_id: int


def cursor_of(key: str, project_id: int, spot: Spot) -> str:
    """A place in a project's feed as a cursor."""
    return signed(key, _PURPOSE, project_id, *spot)


def spot_of(key: str, project_id: int, cursor: str) -> Spot | None:
    """The place that a cursor means; None for what was not given out for this project."""
    numbers = numbers_of(key, _PURPOSE, project_id, cursor)
    return None if numbers is None else Spot(*numbers)


@dataclass(frozen=True)
class Told:
    """A revision of a judgment as it is told."""

    spot: Spot
    item: str
    item_revision: int
    language: str
    #: The reviewer's pseudonym.
    reviewer: str
    revision: int
    #: None: the answer was taken back.
    answer: dict[str, Any] | None
    at: str
    active_seconds: float | None
    shown: tuple[str, ...]
    guideline: int | None
    #: "desk" or "import".
    origin: str


#: Gold and hidden copies are not told.
_IN_FEED = (Item.copy_of.is_(None), ~Item.is_gold)


def feed(
    session: Session, project_id: int, after: Spot | None, limit: int
) -> tuple[list[Told], bool] | None:
    """The judgments after that spot, at most `limit`, and whether there are more.

    None where there is no judgment at that spot in this project. Without those of gold and of
    hidden copies, by which reviewers are measured: no export has them either. With those of items
    that were replaced or taken out since, as a history is not rewritten.
    """
    query = _judgments(project_id)
    if after is not None:
        found = session.execute(_at(project_id, after)).one_or_none()
        if found is None:
            return None
        order = (Judgment.audit_seq, Judgment.item_id, Judgment.user_id, Judgment.revision)
        query = query.where(tuple_(*order) > tuple_(*found))
    told: list[Told] = []
    size = 0
    with session.execute(query.limit(limit + 1).execution_options(yield_per=_FETCH)) as rows:
        for row in rows:
            if len(told) == limit or size > PAGE_BYTES:
                return told, True
            told.append(_told(row))
            size += len(orjson.dumps(row.answer))
    return told, False


def last_spot(session: Session, project_id: int, seq: int) -> Spot | None:
    """The place of the last judgment of the feed up to that entry of the audit trail."""
    order = (Judgment.audit_seq, Judgment.item_id, Judgment.user_id, Judgment.revision)
    row = session.execute(
        select(Judgment.audit_seq, Judgment.id)
        .join(Item, Item.id == Judgment.item_id)
        .where(Judgment.project_id == project_id, Judgment.audit_seq <= seq, *_IN_FEED)
        .order_by(*(column.desc() for column in order))
        .limit(1)
    ).one_or_none()
    return None if row is None else Spot(*row)


def count_between(session: Session, project_id: int, after: int, upto: int) -> int:
    """Judgments of the feed behind the entry `after` of the audit trail, up to `upto`."""
    return (
        session.scalar(
            select(func.count())
            .select_from(Judgment)
            .join(Item, Item.id == Judgment.item_id)
            .where(
                Judgment.project_id == project_id,
                Judgment.audit_seq > after,
                Judgment.audit_seq <= upto,
                *_IN_FEED,
            )
        )
        or 0
    )


def _at(project_id: int, spot: Spot) -> Select[int, int, int, int]:
    return select(Judgment.audit_seq, Judgment.item_id, Judgment.user_id, Judgment.revision).where(
        Judgment.id == spot.judgment_id,
        Judgment.audit_seq == spot.audit_seq,
        Judgment.project_id == project_id,
    )


def _judgments(project_id: int) -> Select[Any]:
    return (
        select(
            Judgment.id,
            Judgment.audit_seq,
            Judgment.revision,
            Judgment.answer,
            Judgment.made_at,
            Judgment.active_ms,
            Judgment.shown,
            Judgment.guideline_version,
            Judgment.origin,
            Item.external_id,
            Item.revision.label("item_revision"),
            Item.language,
            Membership.pseudonym,
        )
        .join(Item, Item.id == Judgment.item_id)
        .join(
            Membership,
            (Membership.project_id == Judgment.project_id)
            & (Membership.user_id == Judgment.user_id),
        )
        .where(Judgment.project_id == project_id, *_IN_FEED)
        .order_by(Judgment.audit_seq, Judgment.item_id, Judgment.user_id, Judgment.revision)
    )


def _told(row: Row[Any]) -> Told:
    return Told(
        spot=Spot(row.audit_seq, row.id),
        item=row.external_id,
        item_revision=row.item_revision,
        language=row.language,
        reviewer=row.pseudonym,
        revision=row.revision,
        answer=row.answer,
        at=rfc3339(row.made_at),
        active_seconds=None if row.active_ms is None else row.active_ms / 1000,
        shown=tuple(row.shown),
        guideline=row.guideline_version,
        origin=row.origin,
    )
