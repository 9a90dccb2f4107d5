"""A second pair of eyes: a lead accepts a judgment, corrects it, or gives it back to its author."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from workbench.errors import Conflict, NotFound
from workbench.messages import N_, Invalid
from workbench.models import (
    Assignment,
    Judgment,
    Kind,
    Membership,
    Project,
    Review,
    State,
    Verdict,
)
from workbench.services import audit, slots
from workbench.services.adjudicate import Decision, adjudicate
from workbench.services.leave_item import REASON_CHARS, storable
from workbench.services.tell import over, tell

_CHANGED = N_("That judgment was changed or taken back since you opened it. Look at it again.")
_SEEN = N_("Someone reviewed this judgment since you opened it.")
_OWN = N_("This judgment is your own: another lead reviews it.")
_AWAY = N_("Its author does not review here any more, so nothing can be given back to them.")
_NO_SUCH = N_("There is no such judgment here.")


@dataclass(frozen=True)
class Look:
    """What the lead says of a judgment."""

    judgment_id: int
    lead_id: int
    verdict: Verdict
    #: What the author reads; asked for when it is given back.
    note: str = ""
    #: How many reviews of it there were when the page was opened.
    base_number: int = 0


def review(
    session: Session, look: Look, now: datetime, corrected: Decision | None = None
) -> Review:
    """The stored review; the one stored before when this is a repeat.

    `corrected`: the decision on the item that a correction makes, with it or not at all. Raises
    Invalid for a note that is missing or too long; Conflict when the judgment does not count any
    more, someone else reviewed it, it is the lead's own, or its author has left and it cannot be
    given back; NotFound.
    """
    note = _note(look)
    if (corrected is not None) != (look.verdict == Verdict.CORRECTED):
        raise ValueError("a decision on the item comes with a correction alone")
    judgment = session.get(Judgment, look.judgment_id)
    if judgment is None:
        raise NotFound(_NO_SUCH.text)
    slots.lock_item(session, judgment.item_id)
    number = _reviews(session, judgment.id)
    if before := _repeated(session, look, note, number):
        return before
    _refuse(session, judgment, look, number)
    decided = adjudicate(session, corrected, now) if corrected is not None else None
    row = Review(
        project_id=judgment.project_id,
        judgment_id=judgment.id,
        number=number + 1,
        author_id=judgment.user_id,
        verdict=look.verdict,
        note=note,
        adjudication_id=decided.id if decided else None,
        user_id=look.lead_id,
        made_at=now,
    )
    row.audit_seq = audit.append(
        session,
        "judgment.review",
        f"item:{judgment.item_id}",
        actor=look.lead_id,
        at=now,
        detail={"judgment": judgment.id, "verdict": look.verdict, "note": note},
    )
    session.add(row)
    session.flush()
    _tell_author(session, row, judgment.item_id, now)
    return row


def _tell_author(session: Session, row: Review, item_id: int, now: datetime) -> None:
    project_id, author = row.project_id, row.author_id
    if row.number > 1:
        over(session, project_id, Kind.RETURNED, (item_id,), now, of=author)
    if row.verdict == Verdict.RETURNED:
        facts = {"item": item_id}
        tell(session, project_id, Kind.RETURNED, item_id, now, to=(author,), facts=facts)


def _note(look: Look) -> str:
    note = storable(look.note)
    if len(note) > REASON_CHARS:
        raise Invalid.at("note", "At most %(n)s characters.", n=REASON_CHARS)
    if look.verdict == Verdict.RETURNED and not note:
        raise Invalid.at("note", "Write what the author should look at again.")
    return note


def _reviews(session: Session, judgment_id: int) -> int:
    count = select(func.count()).select_from(Review).where(Review.judgment_id == judgment_id)
    return session.scalar(count) or 0


def _repeated(session: Session, look: Look, note: str, number: int) -> Review | None:
    if number != look.base_number + 1:
        return None
    return session.scalars(
        select(Review).where(
            Review.judgment_id == look.judgment_id,
            Review.number == number,
            Review.user_id == look.lead_id,
            Review.verdict == look.verdict,
            Review.note == note,
        )
    ).one_or_none()


def _refuse(session: Session, judgment: Judgment, look: Look, number: int) -> None:
    counted = session.get(Assignment, (judgment.item_id, judgment.user_id))
    if counted is None or counted.state != State.JUDGED or counted.judgment_id != judgment.id:
        raise Conflict(_CHANGED.text)
    if number != look.base_number:
        raise Conflict(_SEEN.text)
    if judgment.user_id == look.lead_id:
        raise Conflict(_OWN.text)
    if look.verdict == Verdict.RETURNED and not _is_here(session, judgment):
        raise Conflict(_AWAY.text)


def _is_here(session: Session, judgment: Judgment) -> bool:
    member = session.get(Membership, (judgment.project_id, judgment.user_id))
    return judgment.origin == "desk" and member is not None and member.left_at is None


#: Settings of the sample, and the most of each.
SAMPLE = {"review_percent": 100, "review_new_percent": 100, "review_new_until": 100_000}


def set_sample(
    session: Session, project: Project, sample: Mapping[str, int], *, now: datetime, actor: int
) -> None:
    """Change how many judgments are looked at, by the names of SAMPLE. Raises Invalid."""
    for name, most in SAMPLE.items():
        if not 0 <= sample[name] <= most:
            raise Invalid.at(name, "From 0 to %(most)s.", most=most)
    project = slots.lock_project(session, project.id)
    for name in SAMPLE:
        setattr(project, name, sample[name])
    audit.append(
        session,
        "project.review",
        f"project:{project.id}",
        actor=actor,
        at=now,
        detail=dict(sample),
    )
