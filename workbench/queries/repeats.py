"""Agreement with oneself: what people say when an item comes to them a second time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import select
from sqlalchemy.orm import Session, aliased

from workbench import task_types
from workbench.models import Assignment, Copy, Item, Judgment, Project, State
from workbench.queries.items import as_item
from workbench.queries.review import Someone, everyone
from workbench.stats.shares import Share, of_independent
from workbench.task_types.base import Answer
from workbench.task_types.comparison import compare, is_right

#: The newest so many repeats of a project are looked at.
LOOKED_AT = 2_000


@dataclass(frozen=True)
class PersonLine:
    """How often one reviewer said the same again, and in all (`who` is None there)."""

    who: Someone | None
    score: Share


def with_oneself(session: Session, project: Project, *, named: bool) -> list[PersonLine]:
    """All together, then each reviewer who was given a repeat, the lowest share first; [] where
    nothing was repeated.

    The same is what `is_right` takes for right, the first answer being the expected one.
    """
    task_type, config = task_types.get(project.type), project.config
    same, asked = Counter[int](), Counter[int]()
    for user_id, item, first, again in _pairs(session, project.id):
        compared = compare(task_type, as_item(item), config, first, again)
        if compared:
            asked[user_id] += 1
            same[user_id] += is_right(compared)
    people = everyone(session, project.id, named=named)
    lines = [
        PersonLine(people[user_id], of_independent(same[user_id], n))
        for user_id, n in asked.items()
        if user_id in people
    ]
    if not lines:
        return []
    whole = PersonLine(None, of_independent(same.total(), asked.total()))
    return [whole, *sorted(lines, key=lambda line: (line.score.value or 0, str(line.who)))]


def _pairs(session: Session, project_id: int) -> list[tuple[int, Item, Answer, Answer]]:
    again, first = aliased(Assignment), aliased(Assignment)
    said, before = aliased(Judgment), aliased(Judgment)
    rows = session.execute(
        select(again.user_id, Item, before.answer, said.answer)
        .join(again, again.item_id == Item.id)
        .join(said, said.id == again.judgment_id)
        .join(first, (first.item_id == Item.copy_of) & (first.user_id == again.user_id))
        .join(before, before.id == first.judgment_id)
        .where(
            Item.project_id == project_id,
            Item.copy_kind == Copy.REPEAT,
            again.state == State.JUDGED,
            first.state == State.JUDGED,
        )
        .order_by(Item.id.desc())
        .limit(LOOKED_AT)
    )
    return [(user_id, item, one or {}, two or {}) for user_id, item, one, two in rows]
