"""Overlap that adapts: an item's number of judgments follows what was said of it.

`Item.wanted` is an item's own number. Where the project has the rule, it is asked when the last
judgment that an item wants is in: the number goes up by one in the same transaction, or stays.
While anybody holds the item, nothing beyond the project's start is open. All of this moves free
places only, with the item locked, so that slots_left + leased + judged = wanted holds throughout.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, bindparam, case, func, select, update
from sqlalchemy.orm import Session

from workbench.db import Database
from workbench.db import now as database_now
from workbench.messages import N_, Invalid, Message
from workbench.models import Assignment, Item, Learnt, Project, State, tables
from workbench.queries import overlap
from workbench.queries.overlap import Found
from workbench.services import audit, projects, slots
from workbench.services.projects import MAX_OVERLAP
from workbench.stats import OverlapSettings
from workbench.stats.overlap import LEARNING

LEAST_CONFIDENCE = 0.5

#: Items that are looked at in one transaction.
_PAGE = 1_000


# --- one item -------------------------------------------------------------------------------


def settle(session: Session, item: Item) -> None:
    """Let the item (locked by the caller) want as many judgments as the project's rule says.

    Costs nothing where there is no rule. Gold and copies are left alone.
    """
    if item.most_wanted is None:
        return
    if item.copy_of is not None or item.is_gold or item.retired_at is not None:
        return
    rule = overlap.rule_of(session, item.project_id)
    if rule is None:
        return
    places = overlap.places_taken(session, item.id)
    said = [(who, answer) for who, answer in places if answer is not None]
    all_in = len(said) == len(places)
    more = (
        all_in
        and rule.start <= len(said) < rule.most
        and overlap.is_unsure(session, item, said, rule)
    )
    _want(session, item, max(rule.start, len(places) + more), len(places))


def _want(session: Session, item: Item, wanted: int, taken: int) -> None:
    if item.wanted == wanted:
        return
    more = wanted > item.wanted
    item.wanted, item.slots_left = wanted, wanted - taken
    session.flush()
    if more:
        slots.requeue(session, item)
        session.flush()


# --- the rule -------------------------------------------------------------------------------


@dataclass(frozen=True)
class Rule:
    """How many judgments items get, as `Project` stores it. `most` None: `start`, all of them.

    `confidence` and `audit` are shares (0..1).
    """

    start: int
    most: int | None
    confidence: float
    audit: float

    @classmethod
    def of(cls, project: Project) -> Rule:
        """What holds now."""
        return cls(
            project.overlap,
            project.overlap_most,
            project.overlap_confidence,
            project.overlap_audit,
        )

    @property
    def until_known(self) -> int:
        """How many judgments items get while nothing is known of anybody."""
        return min(max(self.start, LEARNING), self.most or MAX_OVERLAP)


def set_rule(
    session: Session, project: Project, rule: Rule, *, now: datetime, actor: int | None = None
) -> None:
    """Change how many judgments items get. Raises Invalid by field: overlap, most, confidence,
    audit.

    Judgments and leases stay, whatever the numbers. Call `refit` afterwards: items that are done by
    the old numbers may want more by the new ones.
    """
    _refuse(project, rule)
    project = slots.lock_project(session, project.id)
    before = Rule.of(project)
    project.overlap_most = None
    if rule.start != before.start or (rule.most is None and before.most is not None):
        projects.change_overlap(session, project, rule.start, now=now, actor=actor)
    project.overlap_most = rule.most
    project.overlap_confidence, project.overlap_audit = rule.confidence, rule.audit
    session.flush()
    if rule != before:
        audit.append(session, "project.overlap_rule", f"project:{project.id}", actor=actor, at=now,
                     detail=dict(vars(rule)))  # fmt: skip


def _refuse(project: Project, rule: Rule) -> None:
    errors: dict[str, Message] = {}
    if not 1 <= rule.start <= MAX_OVERLAP:
        errors["overlap"] = N_("From 1 to %(n)s judgments an item.", n=MAX_OVERLAP)
    if rule.most is not None:
        fixed = overlap.why_fixed(project)
        if fixed is not None:
            errors["most"] = fixed
        elif not rule.start < rule.most <= MAX_OVERLAP:
            errors["most"] = N_("More than items begin with, at most %(n)s.", n=MAX_OVERLAP)
    if not LEAST_CONFIDENCE <= rule.confidence <= 1:
        errors["confidence"] = N_("From 50 to 100 percent.")
    if not 0 <= rule.audit <= 1:
        errors["audit"] = N_("From 0 to 100 percent.")
    if errors:
        raise Invalid(errors)


# --- all items, by what was learnt anew -----------------------------------------------------


def refit(database: Database, project_id: int) -> int:
    """Learn who is reliable, store it, and look at all items again; how many want another number.

    In transactions of its own, the long one of which only reads.
    """
    with database.read() as session:
        project = session.get_one(Project, project_id)
        found, rule = overlap.find(session, project), overlap.rule_of(session, project_id)
    with database.write() as session:
        note(session, found, database_now(session))
    if rule is None:
        return 0
    unsure = found.unsure(project, rule)
    changed = 0
    last: int | None = 0
    while last is not None:
        with database.write() as session:
            some, last = reconsider(session, project_id, unsure, last)
        changed += some
    return changed


def refit_due(database: Database) -> int:
    """`refit` of the projects with enough new judgments; how many these were."""
    with database.read() as session:
        ids = overlap.due(session, database_now(session))
    for project_id in ids:
        refit(database, project_id)
    return len(ids)


def note(session: Session, found: Found, now: datetime) -> None:
    """Store what was learnt."""
    session.add(
        Learnt(
            project_id=found.project_id,
            question=found.question,
            judgments=found.judgments,
            items=found.items,
            reviewers=found.reviewers,
            audit_seq=found.audit_seq,
            chances=found.chances,
            made_at=now,
        )
    )
    session.flush()


def apply(session: Session, project: Project, found: Found, now: datetime) -> None:
    """Store what was learnt and look at all items again, in this transaction."""
    note(session, found, now)
    rule = overlap.rule_of(session, project.id)
    unsure = found.unsure(project, rule) if rule is not None else set()
    last: int | None = 0
    while last is not None:
        _, last = reconsider(session, project.id, unsure, last)


def reconsider(
    session: Session, project_id: int, unsure: Collection[str], after: int = 0
) -> tuple[int, int | None]:
    """Let the next items behind the id `after` want as many judgments as the rule says, by which
    those in `unsure` (external ids) are to want one more than they have.

    Returns how many want another number now, and the last id; None: these were the last ones.
    What somebody holds is left: the rule is asked when it comes back judged.
    """
    rule = overlap.rule_of(session, project_id)
    if rule is None:
        return 0, None
    page = session.execute(_counts(project_id).where(Item.id > after).limit(_PAGE)).all()
    ids = [row.id for row in page if _number(row, rule, unsure) != row.wanted]
    lock = select(Item.id).where(Item.id.in_(ids)).order_by(Item.id).with_for_update()
    session.execute(lock).all()
    judged = {row.id: row.judged for row in page}
    # As they are now that they are locked; what was judged meanwhile has been settled by that.
    locked = session.execute(_counts(project_id).where(Item.id.in_(ids))).all()
    still = [row for row in locked if row.judged == judged[row.id]]
    _store(session, project_id, [(row, _number(row, rule, unsure)) for row in still])
    return len(still), (page[-1].id if len(page) == _PAGE else None)


def _counts(project_id: int) -> Select[Any]:
    """(id, external_id, wanted, queue_key, judged, leased) of present items, by id."""
    judged = func.coalesce(func.sum(case((Assignment.state == State.JUDGED, 1), else_=0)), 0)
    leased = func.coalesce(func.sum(case((Assignment.state == State.LEASED, 1), else_=0)), 0)
    columns = (Item.id, Item.external_id, Item.wanted, Item.queue_key)
    return (
        select(*columns, judged.label("judged"), leased.label("leased"))
        .outerjoin(Assignment, Assignment.item_id == Item.id)
        .where(Item.project_id == project_id, Item.is_current, ~Item.is_gold)
        .group_by(*columns)
        .order_by(Item.id)
    )


def _number(row: Row[Any], rule: OverlapSettings, unsure: Collection[str]) -> int:
    """How many judgments the item is to want."""
    if row.leased:
        return int(row.wanted)
    more = row.external_id in unsure and row.judged < rule.most
    return max(rule.start, int(row.judged) + more)


def _store(session: Session, project_id: int, numbers: Sequence[tuple[Row[Any], int]]) -> None:
    """Write the numbers; who wants more goes to the tail, each to a place of its own."""
    key = slots.next_key(session, project_id)
    rows = [
        {
            "item": row.id,
            "wanted": wanted,
            "left": wanted - row.judged - row.leased,
            "key": key + place if wanted > row.wanted else row.queue_key,
        }
        for place, (row, wanted) in enumerate(numbers)
    ]
    if not rows:
        return
    table = tables.item
    session.execute(
        update(table)
        .where(table.c.id == bindparam("item"))
        .values(
            wanted=bindparam("wanted"), slots_left=bindparam("left"), queue_key=bindparam("key")
        ),
        rows,
    )
