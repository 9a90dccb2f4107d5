"""Practise: begin a round, and answer its items one after the other."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from workbench import task_types
from workbench.errors import Conflict, NotFound
from workbench.messages import N_
from workbench.models import PracticeAnswer, PracticeItem, PracticeRound, Project
from workbench.queries.items import shuffled
from workbench.queries.practice import (
    answer_of,
    course,
    items_for,
    last_round,
    must_practise,
    one_round,
    practice_item,
)
from workbench.services import qualify, slots
from workbench.task_types.comparison import compare, is_right

_GONE = N_("This practice item was taken out meanwhile.")
_OVER = N_("You need not practise here any more: go on to your items.")


def begin(session: Session, project: Project, user_id: int, now: datetime) -> PracticeRound | None:
    """The round that the person is in, or a new one with the items in another order.

    None when they need not practise.
    """
    if not slots.lock_member(session, project.id, user_id, wait=True):
        raise NotFound("There is no such page, or it is not open to you.")
    if not must_practise(session, project, user_id):
        return None
    last = last_round(session, project.id, user_id)
    if last is not None and last.ended_at is None:
        if course(session, last).next is not None:
            return last
        # All that was left of it has been taken out.
        qualify.end(session, project, last, now)
    number = last.number + 1 if last is not None else 1
    ids = items_for(session, project.id, user_id)
    practised = PracticeRound(
        project_id=project.id,
        user_id=user_id,
        number=number,
        items=shuffled(ids, f"{project.seed}|{user_id}|{number}"),
        started_at=now,
    )
    session.add(practised)
    session.flush()
    return practised


def answer(  # noqa: PLR0917 - whose answer, to what, when
    session: Session,
    project: Project,
    user_id: int,
    number: int,
    item_id: int,
    given: Mapping[str, Any],
    now: datetime,
) -> PracticeRound:
    """Store an answer (checked by the task type), right or wrong; the round as it is then.

    Sent again it changes nothing: the first answer to an item of a round is the one that counts.
    The last answer ends the round, and lets the person in where the pass mark is reached.
    Raises NotFound for what is not of their round, and Conflict where it can no longer be answered.
    """
    if not slots.lock_member(session, project.id, user_id, wait=True):
        raise NotFound("There is no such page, or it is not open to you.")
    practised = one_round(session, project.id, user_id, number)
    if item_id not in practised.items:
        raise NotFound("There is no such page, or it is not open to you.")
    if answer_of(session, practised, item_id) is not None:
        return practised
    row = session.get_one(PracticeItem, item_id)
    if row.retired_at is not None:
        raise Conflict(_GONE.text)
    if practised.ended_at is not None or not must_practise(session, project, user_id):
        raise Conflict(_OVER.text)
    task_type, config = task_types.get(project.type), project.config
    compared = compare(task_type, practice_item(row), config, row.expected, dict(given))
    session.add(PracticeAnswer(
        round_id=practised.id,
        practice_item_id=item_id,
        answer=dict(given),
        right=is_right(compared),
        made_at=now,
    ))  # fmt: skip
    session.flush()
    end_if_done(session, project, practised, now)
    return practised


def end_if_done(
    session: Session, project: Project, practised: PracticeRound, now: datetime
) -> None:
    """End a round of which nothing is left, and let its person in where it was passed."""
    if course(session, practised).next is not None:
        return
    qualify.end(session, project, practised, now)
    if practised.passed:
        qualify.passed(session, practised, now)


def open_rounds(session: Session, project_id: int) -> list[PracticeRound]:
    """The rounds of a project that somebody is in."""
    return list(session.scalars(
        select(PracticeRound)
        .where(PracticeRound.project_id == project_id, PracticeRound.ended_at.is_(None))
        .order_by(PracticeRound.user_id)
    ))  # fmt: skip
