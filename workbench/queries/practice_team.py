"""Practice as a lead sees it: its items, how people fared on them, and who may judge live items."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, case, func, select
from sqlalchemy.orm import Session

from workbench.errors import NotFound
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
from workbench.queries.items import is_covered
from workbench.queries.open_items import bases
from workbench.queries.practice import course, practice_item
from workbench.queries.review import excerpt
from workbench.task_types.base import Answer, Item


@dataclass(frozen=True)
class ItemLine:
    """A practice item in the list, with how often it was answered and how often rightly."""

    id: int
    external_id: str
    language: str
    harm: str | None
    covered: bool
    #: "" where the text is to stay covered.
    excerpt: str
    answers: int
    right: int


def item_lines(session: Session, project_id: int) -> list[ItemLine]:
    """The present practice items, in their order."""
    rows = session.execute(
        select(
            PracticeItem,
            func.count(PracticeAnswer.id),
            func.coalesce(func.sum(case((PracticeAnswer.right, 1), else_=0)), 0),
        )
        .outerjoin(PracticeAnswer, PracticeAnswer.practice_item_id == PracticeItem.id)
        .where(PracticeItem.project_id == project_id, PracticeItem.retired_at.is_(None))
        .group_by(PracticeItem.id)
        .order_by(PracticeItem.position)
    )
    return [_item_line(row, answers, right) for row, answers, right in rows]


def _item_line(row: PracticeItem, answers: int, right: int) -> ItemLine:
    covered = is_covered(row.harm, row.severity)
    return ItemLine(
        id=row.id,
        external_id=row.external_id,
        language=row.language,
        harm=row.harm,
        covered=covered,
        excerpt="" if covered else excerpt(row.prompt),
        answers=answers,
        right=right,
    )


@dataclass(frozen=True)
class WholeItem:
    """A practice item with all that it holds."""

    id: int
    item: Item
    expected: Answer
    #: {"es", "en"}
    why: dict[str, Any]
    covered: bool
    retired_at: datetime | None


def whole_item(session: Session, project_id: int, item_id: int) -> WholeItem:
    """Raises NotFound for another project's."""
    row = session.get(PracticeItem, item_id)
    if row is None or row.project_id != project_id:
        raise NotFound("There is no such page, or it is not open to you.")
    covered = is_covered(row.harm, row.severity)
    return WholeItem(row.id, practice_item(row), row.expected, row.why, covered, row.retired_at)


@dataclass(frozen=True)
class PersonLine:
    """A reviewer of the project, and whether they may judge live items."""

    user_id: int
    name: str
    pseudonym: str
    #: How they are let in ("passed", "lead", "judged before") and since when; None: they are not.
    how: str | None
    since: datetime | None
    #: Their newest round; None: not begun.
    practised: PracticeRound | None
    #: Of that round: how many items, and how many answers that are right.
    asked: int
    right: int
    #: Answers given so far; None when the round is over, or not begun.
    answered: int | None
    #: There is no practice item in any of their languages: they are let through.
    nothing_for_them: bool


def people(session: Session, project: Project) -> list[PersonLine]:
    """The reviewers who can log in and are on the project now, by name."""
    languages = set(session.scalars(
        select(PracticeItem.language_base)
        .where(PracticeItem.project_id == project.id, PracticeItem.retired_at.is_(None))
        .distinct()
    ))  # fmt: skip
    rows = session.execute(
        select(User, Membership.pseudonym, Qualification)
        .join(Membership, Membership.user_id == User.id)
        .outerjoin(
            Qualification,
            and_(
                Qualification.project_id == project.id,
                Qualification.user_id == User.id,
                Qualification.revoked_at.is_(None),
            ),
        )
        .where(
            Membership.project_id == project.id,
            Membership.role == Role.REVIEWER,
            Membership.left_at.is_(None),
            User.active,
            User.external.is_(False),
        )
        .order_by(User.name)
    ).all()
    rounds = _newest_rounds(session, project.id)
    return [
        _person_line(session, user, pseudonym, held, rounds.get(user.id), languages)
        for user, pseudonym, held in rows
    ]


def _newest_rounds(session: Session, project_id: int) -> dict[int, PracticeRound]:
    rows = session.scalars(
        select(PracticeRound)
        .where(PracticeRound.project_id == project_id)
        .order_by(PracticeRound.number)
    )
    return {row.user_id: row for row in rows}


def _person_line(  # noqa: PLR0917 - a row and what is known of its person
    session: Session,
    user: User,
    pseudonym: str,
    held: Qualification | None,
    practised: PracticeRound | None,
    languages: set[str],
) -> PersonLine:
    asked, right, answered = _went(session, practised)
    return PersonLine(
        user_id=user.id,
        name=user.name,
        pseudonym=pseudonym,
        how=held.how if held else None,
        since=held.qualified_at if held else None,
        practised=practised,
        asked=asked,
        right=right,
        answered=answered,
        nothing_for_them=not languages.intersection(bases(user.speaks)),
    )


def _went(session: Session, practised: PracticeRound | None) -> tuple[int, int, int | None]:
    """(asked, right, answered so far): a round that is over says itself how it went."""
    if practised is None:
        return 0, 0, None
    if practised.ended_at is not None:
        return practised.asked or 0, practised.right or 0, None
    done = course(session, practised)
    return len(done.items), done.right, len(done.answers)
