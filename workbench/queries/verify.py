"""Is what is stored still what was stored? Looks up every rule that may never be broken.

Reads the whole database once, in pages, within the one transaction that it is given.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from sqlalchemy import case, func, or_, select, text
from sqlalchemy.exc import DatabaseError
from sqlalchemy.orm import Session, aliased

from workbench.intake.items import content_hash
from workbench.messages import N_, Message
from workbench.models import Assignment, Item, Judgment, Membership, Project, State
from workbench.queries.anchors import Anchor, contradicted
from workbench.queries.counted import wrongly_said
from workbench.queries.items import as_item
from workbench.queries.readable import readable
from workbench.queries.verify_trail import decisions, door, emptied_projects, judgments, trail

#: Findings of one rule; more of the same tell nothing new.
MOST = 1_000
#: Items, with their texts, that are read at once.
PAGE = 100

_HASH = re.compile(r"[0-9a-f]{64}")

#: What a rule finds: the row and what is wrong with it.
Found = Iterator[tuple[str, Message]]


@dataclass(frozen=True)
class Finding:
    """Something that is not as it must be. `subject` names the row, e.g. `item:12`."""

    rule: str
    subject: str
    text: Message


def verify(session: Session, key: str, anchors: Sequence[Anchor] = ()) -> list[Finding]:
    """Everything that is wrong in the database, at most MOST findings a rule; [] when nothing is.

    `key` is the installation's secret, which seals the audit trail; `anchors` are ends of the trail
    that were written down elsewhere. `Database.read` shows it one
    moment of a database that is in use.
    """
    rules: dict[str, Callable[[], Found]] = {
        "database": lambda: _database(session),
        "slots": lambda: _slots(session),
        "membership": lambda: _without_membership(session),
        "counted": lambda: _wrongly_counted(session),
        "not counted": lambda: _not_counted(session),
        "revisions": lambda: _revisions(session),
        "said": lambda: _said(session),
        "item": lambda: _contents(session),
        "audit": lambda: trail(session, key),
        "door": lambda: door(session),
        "anchor": lambda: contradicted(session, anchors),
        "judgment": lambda: judgments(session),
        "decision": lambda: decisions(session),
    }
    return [finding for rule, look in rules.items() for finding in _look(rule, look)]


def _look(rule: str, look: Callable[[], Found]) -> list[Finding]:
    found: list[Finding] = []
    try:
        for subject, message in islice(look(), MOST):
            found.append(Finding(rule, subject, message))
    except (DatabaseError, TypeError, ValueError) as error:
        why = N_("cannot be read: %(error)s", error=str(getattr(error, "orig", None) or error))
        found.append(Finding(rule, "database", why))
    return found


def _database(session: Session) -> Found:
    """What SQLite finds wrong with its file; a server looks after its own."""
    if session.get_bind().dialect.name != "sqlite":
        return
    for (problem,) in session.execute(text("PRAGMA integrity_check")):
        if problem != "ok":
            yield "database", N_("is damaged: %(problem)s", problem=problem)
    for table, rowid, parent, _ in session.execute(text("PRAGMA foreign_key_check")):
        why = N_("names a row of %(parent)s that is not there", parent=parent)
        yield f"{table}:{rowid}", why


def _slots(session: Session) -> Found:
    leased, judged = (
        func.coalesce(func.sum(case((Assignment.state == state, 1), else_=0)), 0)
        for state in (State.LEASED, State.JUDGED)
    )
    rows = session.execute(
        select(Item.id, Item.wanted, Item.slots_left, leased.label("leased"),
               judged.label("judged"))
        .outerjoin(Assignment, Assignment.item_id == Item.id)
        .group_by(Item.id)
        .having(or_(Item.slots_left + leased + judged != Item.wanted, judged > Item.wanted))
        .order_by(Item.id)
        .limit(MOST)
    )  # fmt: skip
    for row in rows:
        numbers = {"wanted": row.wanted, "left": row.slots_left}
        numbers |= {"leased": row.leased, "judged": row.judged}
        if row.judged > row.wanted:
            yield f"item:{row.id}", N_("has %(judged)d judgments and wants %(wanted)d", **numbers)
        else:
            why = N_(
                "wants %(wanted)d: %(left)d free, %(leased)d leased, %(judged)d judged", **numbers
            )
            yield f"item:{row.id}", why


def _without_membership(session: Session) -> Found:
    member = select(Membership.user_id).where(
        Membership.project_id == Assignment.project_id, Membership.user_id == Assignment.user_id
    )
    rows = session.execute(
        select(Assignment.item_id, Assignment.user_id).where(~member.exists()).limit(MOST)
    )
    for row in rows:
        yield _pair(row.item_id, row.user_id), N_("was given to a person who is not on the project")


def _wrongly_counted(session: Session) -> Found:
    """The judgment that counts is this person's newest of this item, and has an answer."""
    newer = aliased(Judgment)
    superseded = select(newer.id).where(
        newer.item_id == Judgment.item_id,
        newer.user_id == Judgment.user_id,
        newer.revision > Judgment.revision,
    )
    rows = session.execute(
        select(Assignment.item_id, Assignment.user_id, Assignment.judgment_id)
        .outerjoin(Judgment, Judgment.id == Assignment.judgment_id)
        .where(
            Assignment.state == State.JUDGED,
            or_(
                Judgment.id.is_(None),
                Judgment.item_id != Assignment.item_id,
                Judgment.user_id != Assignment.user_id,
                Judgment.answer.is_(None),
                superseded.exists(),
            ),
        )
        .limit(MOST)
    )
    for row in rows:
        why = N_("counts judgment %(id)s, which is not its newest answer", id=row.judgment_id)
        yield _pair(row.item_id, row.user_id), why


def _not_counted(session: Session) -> Found:
    """A newest judgment with an answer is the one that counts."""
    newer = aliased(Judgment)
    superseded = select(newer.id).where(
        newer.item_id == Judgment.item_id,
        newer.user_id == Judgment.user_id,
        newer.revision > Judgment.revision,
    )
    counted = select(Assignment.item_id).where(
        Assignment.item_id == Judgment.item_id,
        Assignment.user_id == Judgment.user_id,
        Assignment.judgment_id == Judgment.id,
    )
    rows = session.scalars(
        select(Judgment.id)
        .where(Judgment.answer.is_not(None), ~superseded.exists(), ~counted.exists())
        .limit(MOST)
    )
    for judgment_id in rows:
        yield f"judgment:{judgment_id}", N_("is a newest answer and does not count")


def _revisions(session: Session) -> Found:
    first, last, number = (
        func.min(Judgment.revision),
        func.max(Judgment.revision),
        func.count(Judgment.id),
    )
    rows = session.execute(
        select(Judgment.item_id, Judgment.user_id, number.label("number"), last.label("last"))
        .group_by(Judgment.item_id, Judgment.user_id)
        .having(or_(first != 1, last != number))
        .limit(MOST)
    )
    for row in rows:
        why = N_("has %(number)d revisions, the last of them number %(last)d",
                 number=row.number, last=row.last)  # fmt: skip
        yield _pair(row.item_id, row.user_id), why


def _said(session: Session) -> Found:
    """What is written down of an answer is what it says, where the rules are still the same."""
    emptied = emptied_projects(session)
    for project in session.scalars(select(Project).order_by(Project.id)):
        if project.id in emptied:
            continue
        for item_id, user_id in wrongly_said(session, project):
            yield _pair(item_id, user_id), N_("is written down as saying what its answer does not")


def _contents(session: Session) -> Found:
    emptied = emptied_projects(session)
    for item_id, item in readable(session, Item, Item.id, PAGE):
        try:
            same = item is not None and (
                item.project_id in emptied
                or not _HASH.fullmatch(item.content_hash)
                or content_hash(as_item(item)) == item.content_hash
            )
        except (AttributeError, KeyError, TypeError, ValueError):
            same = False
        if not same:
            yield f"item:{item_id}", N_("is not what was brought in: its content has changed")


def _pair(item_id: int, user_id: int) -> str:
    return f"item:{item_id} user:{user_id}"
