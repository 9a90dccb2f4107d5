"""Gold: say what an item's answer is, and hold the answers of reviewers against it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from workbench import task_types
from workbench.errors import Conflict, NotFound
from workbench.messages import N_, Invalid
from workbench.models import Assignment, Copy, Gold, GoldCheck, Item, Judgment, Project, State
from workbench.models.seals import gold_digest
from workbench.queries import gold as known
from workbench.queries.items import as_item
from workbench.services import audit, overlap, qualify, slots
from workbench.services.adjudicate import latest_decision
from workbench.services.leave_item import REASON_CHARS, storable
from workbench.task_types import base
from workbench.task_types.base import Answer, Config, TaskType
from workbench.task_types.comparison import can_be_compared, compare, is_right

_GONE = N_("This item was replaced or taken out meanwhile.")
_UNDECIDED = N_("Nobody has decided what the answer to this item is. Settle it first.")
_OPEN = N_("This answer leaves everything open, so nothing could be compared with it.")
_COPY = N_("This is a copy that one reviewer was given. Open the item that it was made from.")
_NO_PRACTICE = N_(
    "Whoever falls below the floor practises again, so ask for practice first: set a pass mark."
)


@dataclass(frozen=True)
class Known:
    """What the answer to an item is, and why."""

    answer: dict[str, Any]
    type_version: int
    #: What reviewers read where they are told how it went.
    note: str = ""
    #: The decision it comes from.
    adjudication_id: int | None = None


def mark_decided(
    session: Session, project: Project, item_id: int, *, now: datetime, actor: int
) -> Gold:
    """Make gold of an item that a lead has decided, with the answer and the note of the decision.

    Raises Conflict where no decision gives it an answer; else like `mark`.
    """
    _present(session, project, item_id)
    decision = latest_decision(session, item_id)
    if decision is None or decision.answer is None:
        raise Conflict(_UNDECIDED.text)
    said = Known(decision.answer, decision.type_version, decision.note, decision.id)
    return mark(session, project, item_id, said, now=now, actor=actor)


def mark(
    session: Session,
    project: Project,
    item_id: int,
    said: Known,
    *,
    now: datetime,
    actor: int | None,
) -> Gold:
    """Make an item gold, or say anew what its answer is; the row that was there when it says the
    same.

    Nobody is given the item itself any more: its free slots go. Answers that were given to copies
    of it are compared anew. Raises NotFound for another project's, Conflict for one that is gone or
    a copy itself, and Invalid for an answer that settles no question.
    """
    note = storable(said.note)
    if len(note) > REASON_CHARS:
        raise Invalid.at("note", "At most %(n)s characters.", n=REASON_CHARS)
    item = _present(session, project, item_id)
    task_type = task_types.get(project.type)
    answer = _checked(task_type, as_item(item), project.config, said.answer)
    before = known.standing(session, item_id)
    if before is not None and before.answer == answer and before.note == note:
        return before
    item.is_gold = True
    item.wanted, item.slots_left = item.wanted - item.slots_left, 0
    row = _write(session, item, replace(said, answer=answer), note, now, actor)
    for copy, judgment in _judged_copies(session, item_id):
        _check(session, project, row, copy, judgment, now)
    return row


def unmark(
    session: Session, project: Project, item_id: int, *, now: datetime, actor: int | None
) -> None:
    """The item is gold no more: it wants the project's overlap again. Again changes nothing.

    Raises like `mark`.
    """
    item = _present(session, project, item_id)
    before = known.standing(session, item_id)
    if before is None:
        return
    item.is_gold = False
    taken = item.wanted - item.slots_left
    item.wanted = max(project.overlap, taken)
    item.slots_left = item.wanted - taken
    session.flush()
    slots.requeue(session, item)
    overlap.settle(session, item)
    _write(session, item, None, "", now, actor, before.type_version)


def check(session: Session, item: Item, judgment: Judgment, now: datetime) -> GoldCheck | None:
    """Hold a judgment that was stored against what is known; None: there is nothing to compare.

    Where reviewers are told how it went, their first answer is the one that counts. Too many wrong
    ones send the person to practice.
    """
    if item.copy_kind != Copy.GOLD or item.copy_of is None or judgment.answer is None:
        return None
    gold = known.standing(session, item.copy_of)
    project = session.get_one(Project, item.project_id)
    if gold is None or (project.gold_feedback and known.check_of(session, item.id) is not None):
        return None
    found = _check(session, project, gold, item, judgment, now)
    if not found.right and known.is_below_floor(session, project, judgment.user_id):
        qualify.fall(session, project, judgment.user_id, now=now)
    return found


@dataclass(frozen=True)
class Settings:
    """What a project hides among its items, as `Project` stores it."""

    gold_percent: int
    gold_feedback: bool
    gold_floor: int | None
    repeat_percent: int
    repeat_after_days: int

    @classmethod
    def of(cls, project: Project) -> Settings:
        """What is stored."""
        return cls(**{each.name: getattr(project, each.name) for each in fields(cls)})


#: More than every third item hidden would be no work for the project.
MOST_PERCENT, MOST_DAYS = 30, 90


def change_settings(
    session: Session, project: Project, settings: Settings, *, now: datetime, actor: int | None
) -> None:
    """Raises Invalid by field."""
    _refuse(project, settings)
    project = slots.lock_project(session, project.id)
    for name, value in vars(settings).items():
        setattr(project, name, value)
    session.flush()
    audit.append(session, "gold.settings", f"project:{project.id}", actor=actor, at=now,
                 detail=dict(vars(settings)))  # fmt: skip


def _refuse(project: Project, settings: Settings) -> None:
    errors = {}
    for name in ("gold_percent", "repeat_percent"):
        if not 0 <= getattr(settings, name) <= MOST_PERCENT:
            errors[name] = N_("From 0 to %(n)s in a hundred.", n=MOST_PERCENT)
    if not 1 <= settings.repeat_after_days <= MOST_DAYS:
        errors["repeat_after_days"] = N_("From 1 to %(n)s days.", n=MOST_DAYS)
    if settings.gold_floor is not None:
        if not 1 <= settings.gold_floor <= 100:
            errors["gold_floor"] = N_("A whole number of percent, from 1 to 100.")
        elif project.practice_pass_mark is None:
            errors["gold_floor"] = _NO_PRACTICE
    if errors:
        raise Invalid(errors)


def _present(session: Session, project: Project, item_id: int) -> Item:
    item = slots.lock_item(session, item_id)
    if item.project_id != project.id:
        raise NotFound("There is no such item here.")
    if item.retired_at is not None:
        raise Conflict(_GONE.text)
    if item.copy_of is not None:
        raise Conflict(_COPY.text)
    return item


def _checked(task_type: TaskType, item: base.Item, config: Config, answer: Answer) -> Answer:
    """The answer as it is stored. Raises Invalid where it is none, or settles no question."""
    try:
        found = task_type.check_answer(answer, item, config)
    except Invalid as error:
        wrong = {f"answer.{name}": why for name, why in error.errors.items()}
        raise Invalid(wrong) from None
    if not can_be_compared(task_type, item, config, found):
        raise Invalid({"answer": _OPEN})
    return found


def _write(  # noqa: PLR0917 - the parts of one row
    session: Session,
    item: Item,
    said: Known | None,
    note: str,
    now: datetime,
    actor: int | None,
    type_version: int = 1,
) -> Gold:
    row = Gold(
        project_id=item.project_id,
        item_id=item.id,
        answer=said.answer if said else None,
        type_version=said.type_version if said else type_version,
        note=note,
        adjudication_id=said.adjudication_id if said else None,
        user_id=actor,
        made_at=now,
    )
    row.digest = gold_digest(row)
    detail = {"gold": said is not None, "digest": row.digest}
    row.audit_seq = audit.append(
        session, "item.gold", f"item:{item.id}", actor=actor, at=now, detail=detail
    )
    session.add(row)
    session.flush()
    return row


def _judged_copies(session: Session, item_id: int) -> Iterable[tuple[Item, Judgment]]:
    rows = session.execute(
        select(Item, Judgment)
        .join(Assignment, Assignment.item_id == Item.id)
        .join(Judgment, Judgment.id == Assignment.judgment_id)
        .where(
            Item.copy_of == item_id, Item.copy_kind == Copy.GOLD, Assignment.state == State.JUDGED
        )
        .order_by(Item.id)
    )
    return [(copy, judgment) for copy, judgment in rows]


def _check(  # noqa: PLR0917 - what is held against what, and when
    session: Session, project: Project, gold: Gold, copy: Item, judgment: Judgment, now: datetime
) -> GoldCheck:
    compared = compare(
        task_types.get(project.type),
        as_item(copy),
        project.config,
        gold.answer or {},
        judgment.answer or {},
    )
    found = GoldCheck(
        project_id=project.id,
        gold_id=gold.id,
        item_id=copy.id,
        user_id=judgment.user_id,
        judgment_id=judgment.id,
        right=is_right(compared),
        made_at=now,
    )
    session.add(found)
    session.flush()
    return found
