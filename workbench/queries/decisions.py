"""What leads decided, what waits for a decision, and which judgments are to be looked at."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, func, literal, or_, select
from sqlalchemy.orm import Session, aliased

from workbench.db import kept
from workbench.models import (
    Adjudication,
    Assignment,
    Item,
    Judgment,
    Membership,
    Project,
    Review,
    Settled,
    State,
    Verdict,
)
from workbench.queries.counted import counted, last_seq

#: A review is of fresh work: what is older is not asked about any more.
FRESH = timedelta(days=14)
#: Settled items, and judgments that were given back, on a page.
LISTED = 50


@dataclass(frozen=True)
class SettledItem:
    """A decision that stands, on the item that it is about."""

    item_id: int
    external_id: str
    decision: Adjudication


def _newest() -> ColumnElement[bool]:
    """Whether an `Adjudication` is the newest of its item."""
    newer = aliased(Adjudication)
    return ~(
        select(newer.id)
        .where(newer.item_id == Adjudication.item_id, newer.revision > Adjudication.revision)
        .exists()
    )


def _standing(project_id: int) -> Select[*tuple[Any, ...]]:
    return (
        select(Adjudication, Item.external_id)
        .join(Item, Item.id == Adjudication.item_id)
        .where(
            Adjudication.project_id == project_id,
            Adjudication.outcome != Settled.REOPENED,
            Item.retired_at.is_(None),
            _newest(),
        )
    )


def settled_ids(session: Session, project_id: int) -> set[int]:
    """The items on which a decision stands."""
    return set(session.scalars(_standing(project_id).with_only_columns(Item.id)))


def count_settled(session: Session, project_id: int) -> int:
    """On how many items a decision stands."""
    return session.scalar(select(func.count()).select_from(_standing(project_id).subquery())) or 0


def settled_items(session: Session, project_id: int, limit: int = LISTED) -> list[SettledItem]:
    """The decisions that stand, the last one first."""
    query = _standing(project_id).order_by(Adjudication.audit_seq.desc()).limit(limit)
    return [
        SettledItem(row.Adjudication.item_id, row.external_id, row.Adjudication)
        for row in session.execute(query)
    ]


def decisions_on(session: Session, item_id: int) -> list[Adjudication]:
    """Every decision on an item, oldest first."""
    query = select(Adjudication).where(Adjudication.item_id == item_id)
    return list(session.scalars(query.order_by(Adjudication.revision)))


def judged_by(session: Session, project: Project, user_id: int) -> set[int]:
    """The items of the project that this person has judged: others settle those."""
    found = counted(session, project)
    return set(found.answers.item[found.answers.reviewer == found.user(user_id)].tolist())


# --- the stream of reviews ------------------------------------------------------------------


def _sampled(percent: int) -> ColumnElement[bool]:
    """Whether a judgment falls into the sample of that size.

    Its digest is as good as a random number, the same every time, and its author does not know it.
    """
    if percent >= 100:
        return Judgment.digest >= ""
    return Judgment.digest < f"{percent * 2**32 // 100:08x}"


def _in_sample(project: Project, new: list[int]) -> Select[int]:
    """Ids of judgments that count and fall into the sample. `new`: people who are not known yet.

    `ix_judgment_day` has what most of them are ruled out by.
    """
    sampled = or_(
        and_(Judgment.user_id.in_(new), _sampled(project.review_new_percent)),
        and_(Judgment.user_id.not_in(new), _sampled(project.review_percent)),
    )
    retired = select(Item.id).where(Item.project_id == project.id, Item.retired_at.is_not(None))
    later = aliased(Judgment)
    changed = select(later.id).where(
        later.item_id == Judgment.item_id,
        later.user_id == Judgment.user_id,
        later.revision > Judgment.revision,
    )
    # The newest of a person and an item counts unless it takes the answer back.
    withdrawn = select(later.id).where(later.project_id == project.id, later.answer.is_(None))
    return select(Judgment.id).where(
        Judgment.project_id == project.id,
        # Most are ruled out by this alone.
        _sampled(max(project.review_percent, project.review_new_percent)),
        Judgment.origin == "desk",
        Judgment.item_id.not_in(retired),
        sampled,
        ~changed.exists(),
        Judgment.id.not_in(withdrawn),
    )


def _new_people(session: Session, project: Project) -> list[int]:
    """People with fewer judgments here than make them known."""
    if project.review_new_until == 0:
        return []
    # Nobody's judgments are counted further than that.
    enough = (
        select(literal(1))
        .where(
            Assignment.user_id == Membership.user_id,
            Assignment.project_id == Membership.project_id,
            Assignment.state == State.JUDGED,
        )
        .offset(project.review_new_until - 1)
        .limit(1)
        .scalar_subquery()
    )
    people = select(Membership.user_id).where(Membership.project_id == project.id, enough.is_(None))
    return sorted(session.scalars(people))


@dataclass(frozen=True, eq=False)
class _Sample:
    """The judgments of the sample, (item, person): (judgment, when it was made), up to that entry
    of the audit trail. `rules`: all else that it goes by."""

    seq: int
    rules: tuple[object, ...]
    rows: dict[tuple[int, int], tuple[int, datetime]]


def _sample(session: Session, project: Project, since: datetime) -> _Sample:
    """The sample of judgments made since then, and maybe of older ones."""
    new, seq = _new_people(session, project), last_seq(session, project.id)
    retired = select(func.count()).where(
        Item.project_id == project.id, Item.retired_at.is_not(None)
    )
    percents = project.review_percent, project.review_new_percent
    rules = (*percents, *new, session.scalar(retired))

    def found(condition: ColumnElement[bool]) -> dict[tuple[int, int], tuple[int, datetime]]:
        columns = (Judgment.item_id, Judgment.user_id, Judgment.id, Judgment.made_at)
        query = _in_sample(project, new).where(condition).with_only_columns(*columns)
        return {(row[0], row[1]): (row[2], row[3]) for row in session.execute(query)}

    def current(known: _Sample | None) -> _Sample:
        if known is None or known.rules != rules:
            return _Sample(seq, rules, found(Judgment.made_at >= since))
        if seq <= known.seq:
            return known
        newer = Judgment.audit_seq > known.seq
        judged = select(Judgment.item_id, Judgment.user_id).where(
            Judgment.project_id == project.id, newer
        )
        changed = {(row.item_id, row.user_id) for row in session.execute(judged)}
        stay = {
            pair: row for pair, row in known.rows.items() if pair not in changed and row[1] >= since
        }
        return _Sample(seq, rules, stay | found(newer))

    return kept(session, ("sample", project.id), current, lambda each: len(each.rows))


def count_to_review(session: Session, project: Project, lead_id: int, now: datetime) -> int:
    """How many fresh judgments of others wait for a look by this lead."""
    since = now - FRESH
    looked_at = set(
        session.scalars(
            select(Review.judgment_id).where(
                Review.project_id == project.id, Review.made_at >= since
            )
        )
    )
    return sum(
        made_at >= since and user_id != lead_id and judgment_id not in looked_at
        for (_, user_id), (judgment_id, made_at) in _sample(session, project, since).rows.items()
    )


def next_to_review(
    session: Session, project: Project, lead_id: int, now: datetime, after: int = 0
) -> Judgment | None:
    """The oldest that waits behind judgment `after`; None when there is none."""
    looked_at = select(Review.id).where(Review.judgment_id == Judgment.id)
    waiting = (
        _in_sample(project, _new_people(session, project))
        .where(
            Judgment.made_at >= now - FRESH,
            Judgment.user_id != lead_id,
            Judgment.id > after,
            ~looked_at.exists(),
        )
        .subquery()
    )
    first = session.scalar(select(func.min(waiting.c.id)))
    return None if first is None else session.get_one(Judgment, first)


def reviews_of(session: Session, judgment_ids: Iterable[int]) -> list[Review]:
    """Every look at these judgments, oldest first."""
    query = select(Review).where(Review.judgment_id.in_(list(judgment_ids)))
    return list(session.scalars(query.order_by(Review.made_at, Review.id)))


# --- what was given back --------------------------------------------------------------------


def _returned() -> Select[Any]:
    """Judgments that were given back and that their authors have not judged anew."""
    later = aliased(Review)
    superseded = select(later.id).where(
        later.judgment_id == Review.judgment_id, later.number > Review.number
    )
    return (
        select(
            Review,
            Item.id.label("item_id"),
            Item.external_id,
            Project.slug,
            Project.title,
        )
        .join(Judgment, Judgment.id == Review.judgment_id)
        .join(Assignment, Assignment.judgment_id == Judgment.id)
        .join(Item, Item.id == Judgment.item_id)
        .join(Project, Project.id == Review.project_id)
        .where(Review.verdict == Verdict.RETURNED, ~superseded.exists(), Item.retired_at.is_(None))
    )


def returned_to(session: Session, user_id: int, project_id: int | None = None) -> list[Row[Any]]:
    """(Review, item_id, external_id, slug, title) of what was given back to this person, on one
    project or on all that they are on, the oldest first."""
    query = (
        _returned()
        .join(
            Membership,
            (Membership.project_id == Review.project_id) & (Membership.user_id == user_id),
        )
        .where(Review.author_id == user_id, Membership.left_at.is_(None))
        .order_by(Review.made_at, Review.id)
    )
    if project_id is not None:
        query = query.where(Review.project_id == project_id)
    return list(session.execute(query))


def returned_on(session: Session, project_id: int) -> list[Row[Any]]:
    """The same of all authors of a project: what a lead waits for."""
    query = _returned().where(Review.project_id == project_id)
    return list(session.execute(query.order_by(Review.made_at, Review.id).limit(LISTED)))


def returned_note(session: Session, item_id: int, user_id: int) -> Review | None:
    """The review by which this person's judgment of the item was given back; None when it was not,
    or they judged anew."""
    query = _returned().where(Review.author_id == user_id, Item.id == item_id)
    row = session.execute(query).one_or_none()
    return row.Review if row is not None else None
