"""Practice as its reviewer meets it: who must practise, what is asked next, how an answer went."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, cast

from sqlalchemy import ColumnElement, or_, select
from sqlalchemy.orm import Session

from workbench import task_types
from workbench.errors import NotFound
from workbench.models import Item as ItemRow
from workbench.models import (
    Membership,
    PracticeAnswer,
    PracticeItem,
    PracticeRound,
    Project,
    Qualification,
    Role,
    User,
)
from workbench.queries.desk import LETTERS, OnDesk, beside_it
from workbench.queries.items import as_item, is_covered, shuffled
from workbench.queries.open_items import bases, declined
from workbench.queries.review import excerpt
from workbench.task_types.base import Answer, Item
from workbench.task_types.comparison import Comparison, compare
from workbench.task_types.lettered import in_letters


def must_practise(session: Session, project: Project, user_id: int) -> bool:
    """Whether this person is given no live item before they have passed a round of practice.

    Where there is nothing for them to practise on, in their languages, they are let through.
    """
    if project.practice_pass_mark is None or is_qualified(session, project.id, user_id):
        return False
    return bool(items_for(session, project.id, user_id))


def is_qualified(session: Session, project_id: int, user_id: int) -> bool:
    """Whether a qualification of theirs holds."""
    query = select(Qualification.id).where(
        Qualification.project_id == project_id,
        Qualification.user_id == user_id,
        Qualification.revoked_at.is_(None),
    )
    return session.scalar(query) is not None


def items_for(session: Session, project_id: int, user_id: int) -> list[int]:
    """Ids of the present practice items in the person's languages, without what they declined."""
    speaks = session.get_one(User, user_id).speaks
    query = select(PracticeItem.id).where(
        PracticeItem.project_id == project_id,
        PracticeItem.language_base.in_(bases(speaks)),
        *_may_be_asked(session, user_id),
    )
    return list(session.scalars(query.order_by(PracticeItem.position)))


def _may_be_asked(session: Session, user_id: int) -> tuple[ColumnElement[bool], ...]:
    """It was not taken out, and is of no category of harm that the person declined."""
    harm = PracticeItem.harm
    spared = or_(harm.is_(None), harm.not_in(declined(session, user_id)))
    return PracticeItem.retired_at.is_(None), spared


def practice_first(session: Session, user_id: int) -> set[str]:
    """Slugs of the projects that this person reviews and where they are to practise first."""
    rows = session.scalars(
        select(Project)
        .join(Membership, Membership.project_id == Project.id)
        .where(
            Membership.user_id == user_id,
            Membership.role == Role.REVIEWER,
            Membership.left_at.is_(None),
            Project.practice_pass_mark.is_not(None),
        )
    )
    return {project.slug for project in rows if must_practise(session, project, user_id)}


# --- rounds ---------------------------------------------------------------------------------


def last_round(session: Session, project_id: int, user_id: int) -> PracticeRound | None:
    """The person's newest round on the project, open or over."""
    return session.scalars(
        select(PracticeRound)
        .where(PracticeRound.project_id == project_id, PracticeRound.user_id == user_id)
        .order_by(PracticeRound.number.desc())
        .limit(1)
    ).one_or_none()


def one_round(session: Session, project_id: int, user_id: int, number: int) -> PracticeRound:
    """The person's round of that number. Raises NotFound."""
    found = session.scalars(
        select(PracticeRound).where(
            PracticeRound.project_id == project_id,
            PracticeRound.user_id == user_id,
            PracticeRound.number == number,
        )
    ).one_or_none()
    if found is None:
        raise NotFound("There is no such page, or it is not open to you.")
    return found


@dataclass(frozen=True)
class Course:
    """How far a round has come: practice items in the order they are asked, and answers by item."""

    items: list[int]
    answers: dict[int, PracticeAnswer]

    @property
    def next(self) -> int | None:
        """The first item without an answer; None at the end."""
        return next((i for i in self.items if i not in self.answers), None)

    @property
    def right(self) -> int:
        """How many answers are right."""
        return sum(answer.right for answer in self.answers.values())

    def place(self, item_id: int) -> int:
        """The item's place, from 1."""
        return self.items.index(item_id) + 1


def course(session: Session, practised: PracticeRound) -> Course:
    """How far the round has come. What a lead took out or the person declined meanwhile counts no
    more, answered or not; what is over stays as it was."""
    present = set(
        session.scalars(
            select(PracticeItem.id).where(
                PracticeItem.id.in_(practised.items), *_may_be_asked(session, practised.user_id)
            )
        )
    )
    rows = session.scalars(
        select(PracticeAnswer).where(PracticeAnswer.round_id == practised.id)
    ).all()
    answers = {row.practice_item_id: row for row in rows}
    if practised.ended_at is not None:
        return Course([i for i in practised.items if i in answers], answers)
    answers = {i: row for i, row in answers.items() if i in present}
    return Course([i for i in practised.items if i in present], answers)


@dataclass(frozen=True)
class AnswerLine:
    """An answer of a round that is over. `excerpt`: of the item; "" where it stays covered."""

    item_id: int
    language: str
    right: bool
    covered: bool
    excerpt: str


def answer_lines(session: Session, practised: PracticeRound) -> list[AnswerLine]:
    """The answers of a round that is over, in the order they were asked for."""
    done = course(session, practised)
    found = []
    rows = session.scalars(select(PracticeItem).where(PracticeItem.id.in_(done.items)))
    items = {row.id: row for row in rows}
    for item_id in done.items:
        row = items[item_id]
        covered = is_covered(row.harm, row.severity)
        text = "" if covered else excerpt(row.prompt)
        right = done.answers[item_id].right
        found.append(AnswerLine(item_id, row.language, right, covered, text))
    return found


def answer_of(session: Session, practised: PracticeRound, item_id: int) -> PracticeAnswer | None:
    """The round's answer to that item."""
    return session.scalars(
        select(PracticeAnswer).where(
            PracticeAnswer.round_id == practised.id, PracticeAnswer.practice_item_id == item_id
        )
    ).one_or_none()


# --- what is on the screen ------------------------------------------------------------------


def asked(session: Session, project: Project, practised: PracticeRound, item_id: int) -> OnDesk:
    """A practice item as the desk shows items. Raises NotFound for one that is not of the round."""
    row = _row(session, practised, item_id)
    return OnDesk(
        item_id=row.id,
        item=_as_shown(project, practised, row),
        state="practice",
        revision=0,
        answer=None,
        severity=row.severity,
        covered=is_covered(row.harm, row.severity),
        **beside_it(session, project.id),
    )


def _row(session: Session, practised: PracticeRound, item_id: int) -> PracticeItem:
    if item_id not in practised.items:
        raise NotFound("There is no such page, or it is not open to you.")
    return session.get_one(PracticeItem, item_id)


def practice_item(row: PracticeItem) -> Item:
    """A stored practice item as the task types' Item."""
    return as_item(cast(ItemRow, row))


def _as_shown(project: Project, practised: PracticeRound, row: PracticeItem) -> Item:
    item = practice_item(row)
    ids = [response.id for response in item.responses]
    order = shuffled(ids, f"{project.seed}|practice|{practised.id}|{row.id}")
    return item.in_order(order)


@dataclass(frozen=True)
class Feedback:
    """How an answer went, by the letters that the reviewer saw: no id and no model."""

    item: Item
    expected: Answer
    given: Answer
    compared: list[Comparison]
    right: bool
    #: {"es", "en"}
    why: dict[str, Any]
    covered: bool
    #: Whether some question has no single right answer and was not compared.
    open: bool


def feedback(
    session: Session, project: Project, practised: PracticeRound, item_id: int
) -> Feedback:
    """How the round's answer to that item went. Raises NotFound without one."""
    row = _row(session, practised, item_id)
    answer = answer_of(session, practised, item_id)
    if answer is None:
        raise NotFound("There is no such page, or it is not open to you.")
    task_type, config = task_types.get(project.type), project.config
    shown = _as_shown(project, practised, row)
    letters = LETTERS[: len(shown.responses)]
    item, [expected, given] = in_letters(
        task_type, shown, config, letters, row.expected, answer.answer
    )
    return Feedback(
        item=item,
        expected=expected,
        given=given,
        compared=compare(task_type, shown, config, row.expected, answer.answer),
        right=answer.right,
        why=row.why,
        covered=is_covered(row.harm, row.severity),
        open=any(not question.settled for question in task_type.questions(config)),
    )
