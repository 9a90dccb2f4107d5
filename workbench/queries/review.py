"""What a lead looks into: one item with everything said of it, and the escalations."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from workbench.messages import N_, Message
from workbench.models import (
    Adjudication,
    Assignment,
    Escalation,
    Gold,
    Judgment,
    Membership,
    Outcome,
    Review,
    Settled,
    State,
    User,
    Verdict,
)
from workbench.models import Item as ItemRow
from workbench.queries import decisions
from workbench.queries.items import as_item, is_covered
from workbench.task_types.base import Item

EXCERPT_CHARS = 120
#: Settled escalations on a page.
SETTLED = 50


@dataclass(frozen=True)
class Someone:
    """A person of a project, as far as the reader may know them."""

    pseudonym: str
    #: Log-in name; None where the reader is not to know it, and of those who judged elsewhere.
    name: str | None = None
    #: Judged somewhere else: the judgments were brought in.
    elsewhere: bool = False


NOBODY = Someone("–")


def everyone(session: Session, project_id: int, *, named: bool) -> dict[int, Someone]:
    """Who is or was on the project, by user id. Log-in names only when `named`."""
    rows = session.execute(
        select(Membership.user_id, Membership.pseudonym, User.name, User.external)
        .join(User, User.id == Membership.user_id)
        .where(Membership.project_id == project_id)
    )
    return {
        row.user_id: Someone(
            row.pseudonym, row.name if named and not row.external else None, row.external
        )
        for row in rows
    }


@dataclass(frozen=True)
class ItemLine:
    """An item in a list. `excerpt` is "" where the text is to stay covered."""

    item_id: int
    external_id: str
    language: str
    harm: str | None
    covered: bool
    excerpt: str


_LINE = (
    ItemRow.id,
    ItemRow.external_id,
    ItemRow.language,
    ItemRow.harm,
    ItemRow.severity_now.label("severity"),
    ItemRow.prompt,
)


def item_lines(session: Session, ids: Iterable[int]) -> dict[int, ItemLine]:
    """Lines of these items, by id."""
    rows = session.execute(select(*_LINE).where(ItemRow.id.in_(list(ids))))
    return {row.id: item_line(row) for row in rows}


def item_line(row: Row[Any]) -> ItemLine:
    """The line of a row that has the columns of `_LINE`."""
    covered = is_covered(row.harm, row.severity)
    return ItemLine(
        item_id=row.id,
        external_id=row.external_id,
        language=row.language,
        harm=row.harm,
        covered=covered,
        excerpt="" if covered else excerpt(row.prompt),
    )


def excerpt(prompt: list[Any]) -> str:
    """The beginning of the last turn, in one line."""
    text = " ".join(prompt[-1]["content"].split()) if prompt else ""
    return text if len(text) <= EXCERPT_CHARS else text[: EXCERPT_CHARS - 1] + "…"


# --- escalations ----------------------------------------------------------------------------


@dataclass(frozen=True)
class EscalationLine:
    """An escalation, with the item that it is about."""

    id: int
    item: ItemLine
    who: Someone
    reason: str
    created_at: datetime
    due_at: datetime
    owner: Someone | None
    outcome: Outcome | None
    note: str
    resolved_at: datetime | None
    resolved_by: Someone | None


@dataclass(frozen=True)
class OpenEscalations:
    """How many wait, and until when the most urgent one."""

    count: int
    next_due: datetime | None


def count_open(session: Session, project_id: int) -> OpenEscalations:
    """What waits for a lead."""
    row = session.execute(
        select(func.count(), func.min(Escalation.due_at)).where(
            Escalation.project_id == project_id, Escalation.resolved_at.is_(None)
        )
    ).one()
    return OpenEscalations(row[0], row[1])


def open_escalations(session: Session, project_id: int) -> list[EscalationLine]:
    """What waits for a lead, the most urgent first."""
    query = _escalations(project_id).where(Escalation.resolved_at.is_(None))
    return _lines(session, project_id, query.order_by(Escalation.due_at, Escalation.id))


def settled_escalations(
    session: Session, project_id: int, limit: int = SETTLED
) -> list[EscalationLine]:
    """What was settled last."""
    query = _escalations(project_id).where(Escalation.resolved_at.is_not(None))
    newest = query.order_by(Escalation.resolved_at.desc(), Escalation.id.desc())
    return _lines(session, project_id, newest.limit(limit))


def escalation(session: Session, project_id: int, escalation_id: int) -> EscalationLine | None:
    """One escalation; None when this project has none of that id."""
    query = _escalations(project_id).where(Escalation.id == escalation_id)
    return next(iter(_lines(session, project_id, query)), None)


def _escalations(project_id: int) -> Select[Any]:
    return (
        select(Escalation, *_LINE)
        .join(ItemRow, ItemRow.id == Escalation.item_id)
        .where(Escalation.project_id == project_id)
    )


def _lines(session: Session, project_id: int, query: Select[Any]) -> list[EscalationLine]:
    people = everyone(session, project_id, named=True)
    return [_escalation_line(row, people) for row in session.execute(query)]


def _escalation_line(row: Row[Any], people: Mapping[int, Someone]) -> EscalationLine:
    found: Escalation = row.Escalation
    return EscalationLine(
        id=found.id,
        item=item_line(row),
        who=people.get(found.user_id, NOBODY),
        reason=found.reason,
        created_at=found.created_at,
        due_at=found.due_at,
        owner=people.get(found.owner_id, NOBODY) if found.owner_id else None,
        outcome=Outcome(found.outcome) if found.outcome else None,
        note=found.note,
        resolved_at=found.resolved_at,
        resolved_by=people.get(found.resolved_by, NOBODY) if found.resolved_by else None,
    )


# --- one item -------------------------------------------------------------------------------


@dataclass(frozen=True)
class GivenAnswer:
    """A reviewer's judgment that counts now."""

    judgment_id: int
    user_id: int
    who: Someone
    answer: dict[str, Any]
    at: datetime
    revision: int
    active_seconds: float | None
    #: Response ids in the order this reviewer saw.
    shown: tuple[str, ...]
    guideline_version: int | None


@dataclass(frozen=True)
class Event:
    """Something that happened to an item. `text` is what the person wrote then."""

    at: datetime
    who: Someone | None
    what: Message
    text: str = ""


@dataclass(frozen=True)
class ItemReview:
    """An item with everything said of it."""

    item_id: int
    item: Item
    revision: int
    wanted: int
    retired_at: datetime | None
    #: The severity that counts (0..3), what came with the item, and a lead's mark.
    severity: int | None
    imported_severity: int | None
    severity_mark: int | None
    covered: bool
    #: An escalation about it that nobody has settled.
    waiting: int | None
    answers: tuple[GivenAnswer, ...]
    #: What leads decided on it, oldest first.
    decisions: tuple[Adjudication, ...]
    #: Oldest first.
    history: tuple[Event, ...]

    @property
    def decided(self) -> Adjudication | None:
        """The decision that stands; None without one."""
        last = self.decisions[-1] if self.decisions else None
        return last if last is not None and last.outcome != Settled.REOPENED else None


_OUTCOMES = {
    Outcome.KEPT: N_("settled it: kept as it is"),
    Outcome.ANSWERED: N_("settled it: answered"),
    Outcome.REMOVED: N_("settled it: taken out of the project"),
}


_DECISIONS = {
    Settled.TAKEN: N_("settled the disagreement: one of the answers holds"),
    Settled.ANSWERED: N_("settled the disagreement with an answer of their own"),
    Settled.OPEN: N_("left it open: more than one answer is right"),
    Settled.REOPENED: N_("took the decision back"),
}
_VERDICTS = {
    Verdict.ACCEPTED: N_("looked at the judgment of %(name)s: accepted"),
    Verdict.CORRECTED: N_("looked at the judgment of %(name)s: corrected"),
    Verdict.RETURNED: N_("gave the judgment back to %(name)s"),
}


def item_review(
    session: Session, project_id: int, item_id: int, *, named: bool
) -> ItemReview | None:
    """An item of the project; None when it has none of that id."""
    row = session.get(ItemRow, item_id)
    if row is None or row.project_id != project_id:
        return None
    people = everyone(session, project_id, named=named)
    judgments = session.scalars(
        select(Judgment).where(Judgment.item_id == item_id).order_by(Judgment.id)
    ).all()
    met = session.scalars(select(Assignment).where(Assignment.item_id == item_id)).all()
    asked = session.scalars(select(Escalation).where(Escalation.item_id == item_id)).all()
    counted = {each.judgment_id for each in met if each.judgment_id is not None}
    decided = decisions.decisions_on(session, item_id)
    looks = decisions.reviews_of(session, (each.id for each in judgments))
    events = [
        *_arrival(row),
        *(_judgment_event(each, people) for each in judgments),
        *(_skip_event(each, people) for each in met if each.state == State.SKIPPED),
        *(event for each in asked for event in _escalation_events(each, people)),
        *(_decision_event(each, people) for each in decided),
        *(_review_event(each, people) for each in looks),
        *(_gold_event(each, people) for each in _said_gold(session, item_id)),
    ]
    return ItemReview(
        item_id=row.id,
        item=as_item(row),
        revision=row.revision,
        wanted=row.wanted,
        retired_at=row.retired_at,
        severity=row.severity_now,
        imported_severity=row.severity,
        severity_mark=row.severity_mark,
        covered=is_covered(row.harm, row.severity_now),
        waiting=next((each.id for each in asked if each.resolved_at is None), None),
        answers=tuple(_given(each, people) for each in judgments if each.id in counted),
        decisions=tuple(decided),
        history=tuple(sorted(events, key=lambda event: event.at)),
    )


def reviewed_item(session: Session, judgment: Judgment) -> tuple[ItemRow, Item]:
    """The row of a judgment's item, and the item in the order that its author saw."""
    row = session.get_one(ItemRow, judgment.item_id)
    return row, as_item(row).in_order([str(each) for each in judgment.shown])


def _given(judgment: Judgment, people: Mapping[int, Someone]) -> GivenAnswer:
    return GivenAnswer(
        judgment_id=judgment.id,
        user_id=judgment.user_id,
        who=people.get(judgment.user_id, NOBODY),
        answer=judgment.answer or {},
        at=judgment.made_at,
        revision=judgment.revision,
        active_seconds=None if judgment.active_ms is None else judgment.active_ms / 1000,
        shown=tuple(judgment.shown),
        guideline_version=judgment.guideline_version,
    )


def _arrival(row: ItemRow) -> Iterable[Event]:
    yield Event(row.created_at, None, N_("brought in"))
    if row.retired_at is not None:
        yield Event(row.retired_at, None, N_("out of the queue"))


def _judgment_event(judgment: Judgment, people: Mapping[int, Someone]) -> Event:
    if judgment.answer is None:
        what = N_("took the judgment back")
    elif judgment.origin == "import":
        what = N_("judged it elsewhere")
    elif judgment.revision == 1:
        what = N_("judged it")
    else:
        what = N_("judged it again (revision %(n)s)", n=judgment.revision)
    return Event(judgment.made_at, people.get(judgment.user_id, NOBODY), what)


def _decision_event(decided: Adjudication, people: Mapping[int, Someone]) -> Event:
    who = people.get(decided.user_id, NOBODY)
    return Event(decided.made_at, who, _DECISIONS[Settled(decided.outcome)], decided.note)


def _review_event(look: Review, people: Mapping[int, Someone]) -> Event:
    author = people.get(look.author_id, NOBODY)
    said = _VERDICTS[Verdict(look.verdict)]
    what = replace(said, values={"name": author.name or author.pseudonym})
    return Event(look.made_at, people.get(look.user_id, NOBODY), what, look.note)


def _said_gold(session: Session, item_id: int) -> Sequence[Gold]:
    return session.scalars(select(Gold).where(Gold.item_id == item_id).order_by(Gold.id)).all()


def _gold_event(said: Gold, people: Mapping[int, Someone]) -> Event:
    what = N_("no gold any more") if said.answer is None else N_("made it gold")
    who = people.get(said.user_id, NOBODY) if said.user_id is not None else None
    return Event(said.made_at, who, what, said.note)


def _skip_event(met: Assignment, people: Mapping[int, Someone]) -> Event:
    who = people.get(met.user_id, NOBODY)
    return Event(met.updated_at, who, N_("skipped it"), met.reason)


def _escalation_events(asked: Escalation, people: Mapping[int, Someone]) -> Iterable[Event]:
    who = people.get(asked.user_id, NOBODY)
    yield Event(asked.created_at, who, N_("asked a lead"), asked.reason)
    if asked.resolved_at is not None and asked.outcome is not None:
        lead = people.get(asked.resolved_by or 0, NOBODY)
        yield Event(asked.resolved_at, lead, _OUTCOMES[Outcome(asked.outcome)], asked.note)
