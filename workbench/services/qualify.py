"""Who may judge a project's live items, where it asks for practice first."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from workbench.errors import Conflict, NotFound
from workbench.messages import N_, Invalid
from workbench.models import (
    Assignment,
    How,
    Membership,
    PracticeItem,
    PracticeRound,
    Project,
    Qualification,
    Role,
    State,
    User,
)
from workbench.queries.practice import course, is_qualified
from workbench.services import audit, slots
from workbench.services.tell import tell_goes_on, tell_paused

_NO_ITEMS = N_("Bring practice items in first: without them nobody could pass.")
_NOT_ASKED = N_("This project asks nobody to practise.")


def set_pass_mark(
    session: Session,
    project: Project,
    percent: int | None,
    *,
    now: datetime,
    actor: int | None,
    excuse: bool = True,
) -> int:
    """Ask for practice before live items, with this share of right answers; None asks for none.

    `excuse`: whoever has judged here already need not practise. How many that were.
    What is kept ready for those who must practise now goes back. Raises Invalid at `pass_mark`.
    """
    if percent is not None and not 1 <= percent <= 100:
        raise Invalid.at("pass_mark", "A whole number of percent, from 1 to 100.")
    project = slots.lock_project(session, project.id)
    if percent is not None and not has_items(session, project.id):
        raise Invalid({"pass_mark": _NO_ITEMS})
    slots.lock_members(session, project_id=project.id)
    project.practice_pass_mark = percent
    excused = _judged_before(session, project.id) if percent is not None and excuse else []
    for user_id in excused:
        session.add(_qualification(project.id, user_id, How.JUDGED_BEFORE, now))
    session.flush()
    if percent is not None:
        _take_back(session, project.id, _reviewers(session, project.id), now)
    detail = {"pass_mark": percent, "excused": len(excused)}
    audit.append(session, "practice.pass_mark", f"project:{project.id}", actor=actor, at=now,
                 detail=detail)  # fmt: skip
    return len(excused)


def has_items(session: Session, project_id: int, besides: int = 0) -> bool:
    """Whether the project has a practice item in any language, other than `besides`."""
    query = select(PracticeItem.id).where(
        PracticeItem.project_id == project_id,
        PracticeItem.retired_at.is_(None),
        PracticeItem.id != besides,
    )
    return session.scalar(query.limit(1)) is not None


def _reviewers(session: Session, project_id: int) -> list[int]:
    """Those who review on the project and log in, without a qualification that holds."""
    holds = exists().where(
        Qualification.project_id == project_id,
        Qualification.user_id == Membership.user_id,
        Qualification.revoked_at.is_(None),
    )
    return list(session.scalars(
        select(Membership.user_id)
        .join(User, User.id == Membership.user_id)
        .where(
            Membership.project_id == project_id,
            Membership.role == Role.REVIEWER,
            Membership.left_at.is_(None),
            User.external.is_(False),
            ~holds,
        )
        .order_by(Membership.user_id)
    ))  # fmt: skip


def _judged_before(session: Session, project_id: int) -> list[int]:
    judged = select(Assignment.user_id).where(
        Assignment.project_id == project_id, Assignment.state == State.JUDGED
    )
    those = set(session.scalars(judged.distinct()))
    return [user_id for user_id in _reviewers(session, project_id) if user_id in those]


def let_in(
    session: Session, project: Project, user_id: int, *, now: datetime, actor: int | None
) -> None:
    """A lead lets a reviewer judge without a round that was passed. Again changes nothing.

    Raises NotFound for who does not review here, Conflict where no practice is asked for.
    """
    _must_review(session, project, user_id)
    if is_qualified(session, project.id, user_id):
        return
    end_open_round(session, project, user_id, now)
    session.add(_qualification(project.id, user_id, How.LEAD, now))
    tell_goes_on(session, project.id, user_id, now)
    _note(session, "practice.let_in", project, user_id, now, actor)


def send_back(
    session: Session, project: Project, user_id: int, *, now: datetime, actor: int | None
) -> None:
    """Have a reviewer practise again before their next live item. Again changes nothing.

    The item on their screen stays theirs. Raises like `let_in`.
    """
    _must_review(session, project, user_id)
    held = _qualified(session, project.id, user_id)
    if held is not None:
        held.revoked_at = now
        session.flush()
        _take_back(session, project.id, [user_id], now)
        tell_paused(session, project.id, user_id, now, besides=actor)
        _note(session, "practice.send_back", project, user_id, now, actor)


def fall(session: Session, project: Project, user_id: int, *, now: datetime) -> None:
    """Have a reviewer practise again whose answers to gold are surely below the project's floor.

    Changes nothing where no practice is asked for, or they are practising already. Comes after a
    judgment in the same transaction, which holds the audit trail's lock, so it waits for nothing:
    where their place is locked, their next wrong answer does it.
    """
    if project.practice_pass_mark is None:
        return
    if not slots.lock_member(session, project.id, user_id, wait=False):
        return
    held = _qualified(session, project.id, user_id)
    if held is not None:
        held.revoked_at, held.fell = now, True
        session.flush()
        _take_back(session, project.id, [user_id], now, wait=False)
        tell_paused(session, project.id, user_id, now)
        _note(session, "practice.fall", project, user_id, now, None)


def passed(session: Session, practised: PracticeRound, now: datetime) -> None:
    """Let in who has passed that round."""
    held = is_qualified(session, practised.project_id, practised.user_id)
    if held:
        return
    session.add(_qualification(practised.project_id, practised.user_id, How.PASSED, now))
    tell_goes_on(session, practised.project_id, practised.user_id, now)
    session.flush()
    detail = {"round": practised.number, "right": practised.right, "asked": practised.asked}
    audit.append(session, "practice.pass", f"project:{practised.project_id}",
                 actor=practised.user_id, at=now, detail=detail)  # fmt: skip


def end_open_round(session: Session, project: Project, user_id: int, now: datetime) -> None:
    """End the round that the person is in, if any, as far as it has come."""
    found = session.scalars(
        select(PracticeRound).where(
            PracticeRound.project_id == project.id,
            PracticeRound.user_id == user_id,
            PracticeRound.ended_at.is_(None),
        )
    ).one_or_none()
    if found is not None:
        end(session, project, found, now)


def end(session: Session, project: Project, practised: PracticeRound, now: datetime) -> None:
    """Write down how the round went."""
    done = course(session, practised)
    practised.right, practised.asked = done.right, len(done.items)
    practised.pass_mark, practised.ended_at = project.practice_pass_mark or 100, now
    session.flush()


def _qualified(session: Session, project_id: int, user_id: int) -> Qualification | None:
    """The qualification of theirs that holds."""
    return session.scalars(
        select(Qualification).where(
            Qualification.project_id == project_id,
            Qualification.user_id == user_id,
            Qualification.revoked_at.is_(None),
        )
    ).one_or_none()


def _must_review(session: Session, project: Project, user_id: int) -> None:
    member = session.get(Membership, (project.id, user_id))
    there = slots.lock_member(session, project.id, user_id, wait=True)
    if member is None or not there or member.role != Role.REVIEWER:
        raise NotFound("There is no such page, or it is not open to you.")
    if project.practice_pass_mark is None:
        raise Conflict(_NOT_ASKED.text)


def _qualification(project_id: int, user_id: int, how: How, now: datetime) -> Qualification:
    return Qualification(project_id=project_id, user_id=user_id, how=how, qualified_at=now)


def _note(  # noqa: PLR0917 - who did what to whom
    session: Session, what: str, project: Project, user_id: int, now: datetime, actor: int | None
) -> None:
    session.flush()
    detail = {"person": user_id}
    audit.append(session, what, f"project:{project.id}", actor=actor, at=now, detail=detail)


def _take_back(
    session: Session, project_id: int, people: Iterable[int], now: datetime, *, wait: bool = True
) -> None:
    """Give back what is only kept ready for these people (their places are locked)."""
    for user_id in people:
        kept = session.scalars(
            select(Assignment.item_id).where(
                Assignment.user_id == user_id,
                Assignment.project_id == project_id,
                Assignment.state == State.LEASED,
                Assignment.shown_at.is_(None),
            )
        ).all()
        if kept:
            slots.release_kept(session, user_id, kept, now, wait=wait)
