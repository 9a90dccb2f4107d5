"""Gold as leads see it: what is known, how often reviewers find it, who falls below the floor."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session, aliased

from workbench import task_types
from workbench.models import (
    Assignment,
    Copy,
    Gold,
    GoldCheck,
    Item,
    Judgment,
    Project,
    Qualification,
    State,
)
from workbench.queries.desk import LETTERS
from workbench.queries.items import as_item, is_covered
from workbench.queries.review import NOBODY, Someone, everyone, excerpt
from workbench.stats.shares import Share, of_independent
from workbench.task_types import base
from workbench.task_types.lettered import in_letters

#: The floor is held against the last so many answers to gold, and never against fewer than the
#: second number: a bad morning condemns nobody.
LAST, LEAST = 30, 5

_original = aliased(Item)


def standing(session: Session, item_id: int) -> Gold | None:
    """What the answer to an item is known to be; None: it is not gold."""
    newest = session.scalars(
        select(Gold).where(Gold.item_id == item_id).order_by(Gold.id.desc()).limit(1)
    ).one_or_none()
    return newest if newest is not None and newest.answer is not None else None


def check_of(session: Session, copy_id: int) -> GoldCheck | None:
    """The check that counts of a copy; None before it is judged."""
    return session.scalars(
        select(GoldCheck).where(GoldCheck.item_id == copy_id).order_by(GoldCheck.id.desc()).limit(1)
    ).one_or_none()


@dataclass(frozen=True)
class HiddenCopy:
    """What an item is a copy of, why, and for whom."""

    of_id: int
    of_name: str
    kind: Copy
    who: Someone


def hidden_copy(session: Session, item_id: int, *, named: bool) -> HiddenCopy | None:
    """None for an item that is no copy."""
    copy = session.get_one(Item, item_id)
    if copy.copy_of is None or copy.copy_kind is None:
        return None
    people = everyone(session, copy.project_id, named=named)
    original = session.get_one(Item, copy.copy_of)
    who = people.get(copy.copy_for or 0, NOBODY)
    return HiddenCopy(original.id, original.external_id, Copy(copy.copy_kind), who)


def _checks(project_id: int) -> Select[Any]:
    """The checks that count: the newest of each copy, of what is gold still and judged still."""
    newer = aliased(GoldCheck)
    return (
        select(GoldCheck)
        .join(Item, Item.id == GoldCheck.item_id)
        .join(_original, _original.id == Item.copy_of)
        .join(
            Assignment,
            (Assignment.item_id == GoldCheck.item_id) & (Assignment.user_id == GoldCheck.user_id),
        )
        .where(
            GoldCheck.project_id == project_id,
            Assignment.state == State.JUDGED,
            _original.is_gold,
            ~select(newer.id)
            .where(newer.item_id == GoldCheck.item_id, newer.id > GoldCheck.id)
            .exists(),
        )
    )


# --- the floor ------------------------------------------------------------------------------


def is_below_floor(session: Session, project: Project, user_id: int) -> bool:
    """Whether this person's share of right answers is surely under the project's floor.

    Of their last `LAST` answers to gold since they were let in, `LEAST` at least: sure is where the
    high end of the 95 % interval is under it.
    """
    if project.gold_floor is None:
        return False
    since = session.scalar(
        select(func.max(Qualification.qualified_at)).where(
            Qualification.project_id == project.id, Qualification.user_id == user_id
        )
    )
    query = (
        _checks(project.id)
        .with_only_columns(GoldCheck.right)
        .join(Judgment, Judgment.id == GoldCheck.judgment_id)
        .where(GoldCheck.user_id == user_id)
        .order_by(Judgment.id.desc())
        .limit(LAST)
    )
    if since is not None:
        query = query.where(Judgment.made_at >= since)
    right = session.scalars(query).all()
    high = of_independent(sum(right), len(right)).high
    return len(right) >= LEAST and high is not None and high * 100 < project.gold_floor


@dataclass(frozen=True)
class Told:
    """How a reviewer's answer to gold went, by the letters that they saw: no id and no model."""

    right: bool
    item: base.Item
    expected: base.Answer
    given: base.Answer
    note: str


def told(session: Session, project: Project, user_id: int, ids: Iterable[int]) -> dict[int, Told]:
    """What this reviewer is told of these items (their own copies); {} where nothing is told."""
    if not project.gold_feedback:
        return {}
    rows = session.execute(
        _checks(project.id)
        .join(Gold, Gold.id == GoldCheck.gold_id)
        .join(Judgment, Judgment.id == GoldCheck.judgment_id)
        .with_only_columns(GoldCheck.right, Gold, Judgment, Item)
        .where(GoldCheck.user_id == user_id, GoldCheck.item_id.in_(list(ids)))
    )
    return {
        item.id: _told(project, item, gold, judgment, right) for right, gold, judgment, item in rows
    }


def _told(project: Project, copy: Item, gold: Gold, judgment: Judgment, right: bool) -> Told:
    read = as_item(copy).in_order([str(each) for each in judgment.shown])
    letters = LETTERS[: len(read.responses)]
    answers = gold.answer or {}, judgment.answer or {}
    item, [expected, given] = in_letters(
        task_types.get(project.type), read, project.config, letters, *answers
    )
    return Told(right, item, expected, given, gold.note)


# --- a lead's page --------------------------------------------------------------------------


@dataclass(frozen=True)
class PersonLine:
    """How one reviewer does on gold."""

    user_id: int
    who: Someone
    score: Share
    #: When they fell below the floor, where they have not been let in since.
    fell_at: datetime | None


def people(session: Session, project_id: int, *, named: bool) -> list[PersonLine]:
    """Who has answered gold or fell below the floor, the lowest share first."""
    right, asked = Counter[int](), Counter[int]()
    query = (
        _checks(project_id)
        .with_only_columns(GoldCheck.user_id, func.count(), _sum_right())
        .group_by(GoldCheck.user_id)
    )
    for user_id, n, well in session.execute(query):
        asked[user_id], right[user_id] = n, int(well)
    fell = fallen(session, project_id)
    names = everyone(session, project_id, named=named)
    lines = [
        PersonLine(
            user_id,
            names[user_id],
            of_independent(right[user_id], asked[user_id]),
            fell.get(user_id),
        )
        for user_id in set(asked) | set(fell)
        if user_id in names
    ]
    return sorted(
        lines, key=lambda line: (line.fell_at is None, line.score.value or 0, line.who.pseudonym)
    )


def _sum_right() -> Any:
    return func.coalesce(func.sum(case((GoldCheck.right, 1), else_=0)), 0)


def fallen(session: Session, project_id: int) -> dict[int, datetime]:
    """When each person fell below the floor who has not been let in since."""
    later = aliased(Qualification)
    let_in = select(later.id).where(
        later.project_id == Qualification.project_id,
        later.user_id == Qualification.user_id,
        later.id > Qualification.id,
    )
    rows = session.execute(
        select(Qualification.user_id, Qualification.revoked_at).where(
            Qualification.project_id == project_id, Qualification.fell, ~let_in.exists()
        )
    )
    return {user_id: at for user_id, at in rows if at is not None}


@dataclass(frozen=True)
class GoldLine:
    """An item of gold, and how often its answer was found."""

    item_id: int
    item: base.Item
    covered: bool
    #: "" where the text is to stay covered.
    excerpt: str
    answer: dict[str, Any]
    note: str
    score: Share


def lines(session: Session, project_id: int) -> list[GoldLine]:
    """The project's gold, what is found least often first."""
    counts = {
        item_id: of_independent(int(right), n)
        for item_id, n, right in session.execute(
            _checks(project_id)
            .with_only_columns(_original.id, func.count(), _sum_right())
            .group_by(_original.id)
        )
    }
    newer = aliased(Gold)
    rows = session.execute(
        select(Item, Gold)
        .join(Gold, Gold.item_id == Item.id)
        .where(
            Item.project_id == project_id,
            Item.is_gold,
            Item.retired_at.is_(None),
            ~select(newer.id).where(newer.item_id == Gold.item_id, newer.id > Gold.id).exists(),
        )
        .order_by(Item.external_id)
    )
    found = [_line(item, gold, counts.get(item.id, of_independent(0, 0))) for item, gold in rows]
    return sorted(found, key=lambda line: 2.0 if line.score.value is None else line.score.value)


def _line(item: Item, gold: Gold, score: Share) -> GoldLine:
    covered = is_covered(item.harm, item.severity_now)
    return GoldLine(
        item_id=item.id,
        item=as_item(item),
        covered=covered,
        excerpt="" if covered else excerpt(item.prompt),
        answer=gold.answer or {},
        note=gold.note,
        score=score,
    )
