"""What was said of a project's items since a watermark, and which items left since."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Literal, TypeAlias

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from workbench.models import Adjudication, Gold, Item, Judgment

#: What became of an item: somebody took their judgment back; said otherwise; judged it for the
#: first time; a lead settled it, or opened it again; it was replaced or taken out; it became gold.
News: TypeAlias = Literal["withdrawn", "corrected", "judged", "settled", "replaced", "gold"]


def news(session: Session, project_id: int, mark: int, moment: datetime) -> dict[int, set[News]]:
    """By the item's row: what was said after entry `mark` of the audit trail, and what became of
    items after `moment`. Copies for one reviewer are left out, as they are in exports."""
    found: dict[int, set[News]] = {}
    for item_id, what in _all(session, project_id, mark, moment):
        found.setdefault(item_id, set()).add(what)
    return found


def _all(
    session: Session, project_id: int, mark: int, moment: datetime
) -> Iterator[tuple[int, News]]:
    original = (Item.project_id == project_id, Item.copy_of.is_(None))
    said = session.execute(
        select(Judgment.item_id, Judgment.revision, Judgment.answer.is_(None))
        .join(Item, Item.id == Judgment.item_id)
        .where(Judgment.project_id == project_id, Judgment.audit_seq > mark, *original)
    )
    for item_id, revision, withdrawn in said:
        yield item_id, _of(revision, withdrawn=withdrawn)
    settled = select(Adjudication.item_id).where(
        Adjudication.project_id == project_id, Adjudication.audit_seq > mark
    )
    for item_id in session.scalars(settled):
        yield item_id, "settled"
    replaced = select(Item.id).where(*original, Item.created_at <= moment, Item.retired_at > moment)
    for item_id in session.scalars(replaced):
        yield item_id, "replaced"
    since = exists().where(Gold.item_id == Item.id, Gold.made_at > moment)
    before = exists().where(Gold.item_id == Item.id, Gold.made_at <= moment)
    for item_id in session.scalars(select(Item.id).where(*original, Item.is_gold, since, ~before)):
        yield item_id, "gold"


def _of(revision: int, *, withdrawn: bool) -> News:
    if withdrawn:
        return "withdrawn"
    return "judged" if revision == 1 else "corrected"
