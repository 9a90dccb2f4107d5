"""What a reviewer sees: the item on the desk, their projects, their own past judgments."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, func, or_, select
from sqlalchemy.orm import Session

from workbench.models import Assignment, Escalation, Membership, Project, State, tables
from workbench.models import Item as ItemRow
from workbench.queries.items import CONTENT, as_item, is_covered, shown_order
from workbench.queries.open_items import Spared, bases, count_open, declined
from workbench.statements import Query
from workbench.task_types.base import Item

LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(frozen=True)
class OnDesk:
    """An item as one reviewer has it before them. Holds nothing that they may not know.

    `item.responses` are in the order this reviewer sees; templates use their place and letter.
    """

    item_id: int
    item: Item
    state: str
    #: Newest revision of this reviewer's judgment; 0 for none.
    revision: int
    #: Their newest answer, None when they have not judged it.
    answer: dict[str, Any] | None
    guideline_version: int | None
    guideline: dict[str, str]
    #: The severity that counts, 0..3.
    severity: int | None
    #: Its text stays covered until the reviewer uncovers it.
    covered: bool
    #: As `Guideline` stores them.
    examples: list[dict[str, Any]]
    glossary: list[dict[str, Any]]

    @property
    def letters(self) -> list[str]:
        """A, B, C, ... one for each response."""
        return list(LETTERS[: len(self.item.responses)])


@dataclass(frozen=True)
class Lease:
    """An item that is a reviewer's for a while, as a claim leaves it: `Assignment` in brief."""

    item_id: int
    user_id: int
    project_id: int
    state: str
    #: Response ids in the order this reviewer sees them.
    shown: list[str]
    #: Whether they have not met the item before, so that they have no answer to it either.
    new: bool


_ON_DESK = Query(
    select(*CONTENT, tables.severity_now.label("severity_now")).where(
        tables.item.c.id == bindparam("item_id")
    )
)


def on_desk(session: Session, assignment: Assignment | Lease) -> OnDesk:
    """Everything the desk needs to show this assignment."""
    row = _ON_DESK.one(session, {"item_id": assignment.item_id})
    revision, answer = _own_answer(session, assignment)
    return OnDesk(
        item_id=assignment.item_id,
        item=as_item(row).in_order(assignment.shown),
        state=assignment.state,
        revision=revision,
        answer=answer,
        severity=row.severity_now,
        covered=is_covered(row.harm, row.severity_now),
        **beside_it(session, assignment.project_id),
    )


def for_decision(session: Session, project: Project, item_id: int, user_id: int) -> OnDesk | None:
    """A present item as a lead answers it, in an order of their own and without any answer; None:
    the project has no such item."""
    row = session.get(ItemRow, item_id)
    if row is None or row.project_id != project.id or row.retired_at is not None:
        return None
    return OnDesk(
        item_id=row.id,
        item=as_item(row).in_order(shown_order(project.seed, row, user_id)),
        state="",
        revision=0,
        answer=None,
        severity=row.severity_now,
        covered=is_covered(row.harm, row.severity_now),
        **beside_it(session, project.id),
    )


_guideline = tables.guideline.c
_BESIDE = Query(
    select(
        _guideline.version,
        _guideline.es,
        _guideline.en,
        _guideline.examples,
        _guideline.glossary,
    )
    .where(_guideline.project_id == bindparam("project_id"))
    .order_by(_guideline.version.desc())
    .limit(1)
)


def beside_it(session: Session, project_id: int) -> dict[str, Any]:
    """The fields of `OnDesk` that hold the newest guideline: empty where there is none."""
    guideline = _BESIDE.one_or_none(session, {"project_id": project_id})
    if guideline is None:
        return {"guideline_version": None, "guideline": {}, "examples": [], "glossary": []}
    return {
        "guideline_version": guideline.version,
        "guideline": {"es": guideline.es, "en": guideline.en},
        "examples": guideline.examples or [],
        "glossary": guideline.glossary or [],
    }


_met = tables.assignment.c
_SHOWN = Query(
    select(*CONTENT, _met.shown)
    .join(tables.assignment, _met.item_id == tables.item.c.id)
    .where(
        _met.item_id == bindparam("item_id"),
        _met.user_id == bindparam("user_id"),
        _met.project_id == bindparam("project_id"),
    )
)


def shown_item(session: Session, project_id: int, item_id: int, user_id: int) -> Item | None:
    """The item alone, its responses in the order that this reviewer sees; None: never theirs."""
    which = {"project_id": project_id, "item_id": item_id, "user_id": user_id}
    row = _SHOWN.one_or_none(session, which)
    return as_item(row).in_order(row.shown) if row is not None else None


_FIRST_COPY = (
    select(func.min(ItemRow.created_at))
    .where(
        ItemRow.copy_of.is_not(None),
        ItemRow.copy_for == bindparam("user_id"),
        ItemRow.project_id == bindparam("project_id"),
    )
    .scalar_subquery()
)
_MET_BEFORE_COPIES = select(Assignment.item_id).where(
    Assignment.item_id == bindparam("item_id"),
    Assignment.user_id == bindparam("user_id"),
    Assignment.project_id == bindparam("project_id"),
    or_(_FIRST_COPY.is_(None), Assignment.created_at < _FIRST_COPY),
)


def met_before_copies(session: Session, project_id: int, item_id: int, user_id: int) -> bool:
    """Whether the reviewer met that item of the project before any copy was made for them there.

    Of items that they met later none is told from another: neither those that are copies nor the
    rest.
    """
    which = {"project_id": project_id, "item_id": item_id, "user_id": user_id}
    return session.scalar(_MET_BEFORE_COPIES, which) is not None


_said = tables.judgment.c
_OWN_ANSWERS = Query(
    select(_said.revision, _said.answer)
    .where(_said.item_id == bindparam("item_id"), _said.user_id == bindparam("user_id"))
    .order_by(_said.revision.desc())
    .limit(2)
)


def _own_answer(
    session: Session, assignment: Assignment | Lease
) -> tuple[int, dict[str, Any] | None]:
    """(newest revision, newest answer): after an undo the answer is the one taken back."""
    if isinstance(assignment, Lease) and assignment.new:
        return 0, None
    whose = {"item_id": assignment.item_id, "user_id": assignment.user_id}
    rows = _OWN_ANSWERS.all(session, whose)
    if not rows:
        return 0, None
    return rows[0].revision, next((row.answer for row in rows if row.answer is not None), None)


def held(session: Session, project_id: int, user_id: int) -> Assignment | None:
    """The item on this reviewer's screen, if any: what is only kept ready is none."""
    return session.scalars(
        select(Assignment)
        .where(
            Assignment.user_id == user_id,
            Assignment.project_id == project_id,
            Assignment.state == State.LEASED,
            Assignment.shown_at.is_not(None),
        )
        .order_by(Assignment.updated_at.desc(), Assignment.item_id)
        .limit(1)
    ).one_or_none()


def is_on_screen(session: Session, project_id: int, user_id: int, item_id: int) -> bool:
    """Whether the reviewer was shown that item of the project and still holds it."""
    met = session.get(Assignment, (item_id, user_id))
    if met is None or met.project_id != project_id or met.shown_at is None:
        return False
    return met.state == State.LEASED


_DONE_SINCE = Query(
    select(func.count())
    .select_from(tables.assignment)
    .where(
        _met.user_id == bindparam("user_id"),
        _met.project_id == bindparam("project_id"),
        _met.updated_at >= bindparam("since"),
        _met.state == State.JUDGED,
    )
)


def done_since(session: Session, project_id: int, user_id: int, since: datetime) -> int:
    """Items of the project that this reviewer has judged since then."""
    of = {"user_id": user_id, "project_id": project_id, "since": since}
    return _DONE_SINCE.scalar(session, of) or 0


@dataclass(frozen=True)
class MyProject:
    """A project on its member's home page."""

    slug: str
    type: str
    title: dict[str, str]
    role: str
    #: Nobody is given its items.
    closed: bool
    waiting: int
    today: int


def my_projects(
    session: Session, user_id: int, speaks: Sequence[str], since: datetime
) -> list[MyProject]:
    """The projects a person is on; for a reviewer with what waits and what was done today."""
    rows = session.execute(
        select(Project, Membership.role)
        .join(Membership, Membership.project_id == Project.id)
        .where(Membership.user_id == user_id, Membership.left_at.is_(None))
        .order_by(Project.slug)
    )
    return [
        MyProject(
            slug=project.slug,
            type=project.type,
            title=project.title,
            role=role,
            closed=project.closed_at is not None,
            waiting=0 if project.closed_at else _waiting(session, project.id, user_id, speaks),
            today=done_since(session, project.id, user_id, since),
        )
        for project, role in rows
    ]


def _waiting(session: Session, project_id: int, user_id: int, speaks: Sequence[str]) -> int:
    """Items that this reviewer could be given, those they hold included.

    Severe ones that rest for today count: they come back.
    """
    spared = Spared(declined(session, user_id))
    mine = (
        select(func.count())
        .select_from(Assignment)
        .where(
            Assignment.user_id == user_id,
            Assignment.project_id == project_id,
            Assignment.state == State.LEASED,
        )
    )
    theirs = count_open(session, project_id, user_id, bases(speaks), spared)
    return theirs + (session.scalar(mine) or 0)


@dataclass(frozen=True)
class PastItem:
    """A line of a reviewer's own list."""

    item_id: int
    language: str
    state: str
    at: datetime
    excerpt: str
    covered: bool
    reason: str
    #: The lead's answer to an escalation, when there is one.
    outcome: str | None
    note: str


PAGE = 50


def my_past(
    session: Session, project_id: int, user_id: int, page: int
) -> tuple[list[PastItem], bool]:
    """A page (from 1) of what this reviewer judged, skipped or escalated, newest first.

    The second value tells whether there are more.
    """
    rows = session.execute(
        select(Assignment, ItemRow)
        .join(ItemRow, ItemRow.id == Assignment.item_id)
        .where(
            Assignment.user_id == user_id,
            Assignment.project_id == project_id,
            or_(
                Assignment.state.in_((State.JUDGED, State.SKIPPED, State.ESCALATED)),
                # What was kept ready and given back unseen is nobody's past.
                and_(Assignment.state == State.RELEASED, Assignment.shown_at.is_not(None)),
            ),
        )
        .order_by(Assignment.updated_at.desc(), Assignment.item_id.desc())
        .offset((page - 1) * PAGE)
        .limit(PAGE + 1)
    ).all()
    asked = _escalations(session, user_id, [item.id for _, item in rows])
    past = [_past_item(assignment, item, asked.get(item.id)) for assignment, item in rows]
    return past[:PAGE], len(past) > PAGE


def _escalations(session: Session, user_id: int, items: list[int]) -> dict[int, Escalation]:
    found = session.scalars(
        select(Escalation)
        .where(Escalation.user_id == user_id, Escalation.item_id.in_(items))
        .order_by(Escalation.id)
    )
    return {escalation.item_id: escalation for escalation in found}


def _past_item(assignment: Assignment, item: ItemRow, asked: Escalation | None) -> PastItem:
    last_turn = item.prompt[-1]["content"] if item.prompt else ""
    covered = is_covered(item.harm, item.severity_now)
    return PastItem(
        item_id=item.id,
        language=item.language,
        state=assignment.state,
        at=assignment.updated_at,
        excerpt="" if covered else " ".join(last_turn.split())[:120],
        covered=covered,
        reason=asked.reason if asked else assignment.reason,
        outcome=asked.outcome if asked else None,
        note=asked.note if asked else "",
    )
