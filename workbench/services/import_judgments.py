"""Bring judgments in that were made elsewhere: a file is stored as a whole or not at all.

First `prepare(database, project, source)`, then `import_judgments` in a writing transaction.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from types import SimpleNamespace
from typing import Any, NamedTuple, cast

from sqlalchemy import bindparam, insert, select, update
from sqlalchemy.orm import Session

from workbench import task_types
from workbench.db import WrittenJson, canonical, dump_json, listed
from workbench.messages import N_, Message
from workbench.models import (
    Assignment,
    AuditHead,
    Item,
    Judgment,
    Membership,
    Project,
    Role,
    State,
    User,
    tables,
)
from workbench.models.seals import digest
from workbench.services import audit, overlap, projects, slots
from workbench.services.check_judgments import Checked, PreparedJudgments, prepare
from workbench.services.import_items import add_source
from workbench.services.spool import ImportCounts, Prepared, in_batches

__all__ = ["import_judgments", "prepare"]

_GONE = N_("was replaced or taken out while this file was read")
_OTHER = N_("is not what this reviewer said before; a revision would replace that answer")

Pair = tuple[int, int]

#: Columns that are written as JSON here, once.
_JSON = ("answer", "shown")
_INSERT = insert(tables.judgment).values(
    {name: bindparam(f"{name}_json", type_=WrittenJson()) for name in _JSON}
)


def import_judgments(
    session: Session,
    project: Project,
    prepared: PreparedJudgments,
    *,
    now: datetime,
    actor: int | None,
    revise: bool = False,
) -> ImportCounts:
    """Store the good lines as judgments of this project's pseudonyms.

    Someone whose pseudonym is not known becomes an external person, who never logs in. Each new
    judgment takes a slot; a lease of that reviewer becomes the judgment. The same answer again
    stays as it is; another one is wrong, or with `revise` the next revision.
    Locks are taken as everywhere: project, items (all, by id), audit. From then on until the caller
    commits, others wait to store theirs.
    Raises Rejected when a line is wrong and may not be left out; the caller then rolls back.
    """
    prepared.check()
    project = slots.lock_project(session, project.id)
    _lock(session, prepared.item_ids)
    people = _people(session, project, prepared.reviewers, now, actor)
    source = add_source(session, project, "judgments", prepared, now=now, actor=actor)
    run = _Run(session, project, prepared, people, now, _next_seq(session), revise)
    for batch in prepared.batches():
        lines = [(number, raw, Checked(*rest)) for number, raw, *rest in batch]
        run.take(lines)
    prepared.check()
    source.counts = run.counts.as_dict()
    seq = audit.append(
        session,
        "judgments.import",
        f"project:{project.id}",
        actor=actor,
        at=now,
        detail={
            "count": run.written,
            "source": source.id,
            "sha256": source.sha256,
            "digests": run.digests.hexdigest(),
        },
    )
    if seq != run.seq:
        raise RuntimeError("the audit trail moved on while it was locked")
    return run.counts


_LOCKED = select(Item.id).where(Item.id.in_(listed("items"))).order_by(Item.id).with_for_update()


def _lock(session: Session, item_ids: Iterable[int]) -> None:
    """Lock the items in the order of their ids, as everybody does, without reading their texts."""
    for some in in_batches(item_ids, lambda _id: 0):
        session.execute(_LOCKED, {"items": some}).all()


def _people(
    session: Session, project: Project, names: Iterable[str], now: datetime, actor: int | None
) -> dict[str, int]:
    """User ids of the pseudonyms; people are made for those that are new here."""
    members = select(Membership.pseudonym, Membership.user_id).where(
        Membership.project_id == project.id
    )
    known: dict[str, int] = dict(session.execute(members).all())
    for name in sorted(set(names) - known.keys()):
        user = User(
            name=f"{project.slug}/{name}",
            role=Role.REVIEWER,
            speaks=[],
            external=True,
            created_at=now,
        )
        session.add(user)
        session.flush()
        projects.add_member(
            session, project, user, role=Role.REVIEWER, now=now, actor=actor, pseudonym=name
        )
        known[name] = user.id
    return known


def _next_seq(session: Session) -> int:
    """The number of the next audit entry, which nobody else can take from now on."""
    return (session.scalar(select(AuditHead.seq).with_for_update()) or 0) + 1


class _Said(NamedTuple):
    """The newest revision of a judgment. `answer` None: it was taken back."""

    revision: int
    answer: dict[str, Any] | None


@dataclass
class _Batch:
    """What is stored of the items of some lines, and what these lines add to it."""

    #: Free slots of the items that can still be judged.
    free: dict[int, int]
    wanted: dict[int, int]
    states: dict[Pair, str]
    latest: dict[Pair, _Said]
    taken: Counter[int] = field(default_factory=Counter)
    rows: list[dict[str, Any]] = field(default_factory=list)
    #: What the newest answers say.
    said: dict[Pair, int] = field(default_factory=dict)
    #: The order of responses for people who had not met the item.
    shown: dict[Pair, list[str]] = field(default_factory=dict)


@dataclass
class _Run:
    """One import under way."""

    session: Session
    project: Project
    prepared: Prepared
    people: dict[str, int]
    now: datetime
    seq: int
    revise: bool
    written: int = 0
    digests: Any = field(default_factory=hashlib.sha256)
    _same: int = 0
    _revised: int = 0

    def __post_init__(self) -> None:
        #: What all rows have in common.
        self._alike: dict[str, Any] = {
            "project_id": self.project.id,
            "type_version": task_types.get(self.project.type).version,
            "guideline_version": None,
            "origin": "import",
            "audit_seq": self.seq,
        }

    @property
    def counts(self) -> ImportCounts:
        new = self.written - self._revised
        return ImportCounts(new, self._same, self._revised, self.prepared.rejected)

    def take(self, lines: Sequence[tuple[int, str | None, Checked]]) -> None:
        """Compare some lines with what is stored, and store what is new."""
        batch = _stored(self.session, sorted({checked.item_id for *_, checked in lines}))
        for number, raw, checked in lines:
            fault = self._add(batch, checked)
            if fault is not None:
                self.prepared.reject_kept((number, raw), *fault)
        if batch.rows and not self.prepared.refused:
            _store(self.session, self.project.id, batch, self.now)
            self._settle({row["item_id"] for row in batch.rows})

    def _settle(self, item_ids: Collection[int]) -> None:
        """Where the overlap adapts, ask whether the items want more beside what came."""
        if self.project.overlap_most is not None:
            for item_id in sorted(item_ids):
                overlap.settle(self.session, slots.lock_item(self.session, item_id))

    def _add(self, batch: _Batch, line: Checked) -> tuple[str, Message] | None:
        """Add a line to the batch; the field and the reason if that cannot be."""
        pair = (line.item_id, self.people[line.reviewer])
        if line.item_id not in batch.free:
            return "item", _GONE
        said = batch.latest.get(pair, _Said(0, None))
        if said.answer is not None:
            if canonical(said.answer) == canonical(line.answer):
                self._same += 1
                return None
            if not self.revise:
                return "answer", _OTHER
            self._revised += 1
        elif not _hold_slot(batch, pair):
            return "item", _full(batch, line)
        batch.latest[pair] = _Said(said.revision + 1, line.answer)
        batch.shown[pair] = line.shown or line.order
        batch.said[pair] = line.said
        batch.rows.append(self._row(line, pair, said.revision + 1))
        return None

    def _row(self, line: Checked, pair: Pair, revision: int) -> dict[str, Any]:
        """The judgment's columns. Counts it and takes its digest."""
        row: dict[str, Any] = self._alike | {
            "item_id": pair[0],
            "user_id": pair[1],
            "revision": revision,
            "answer": line.answer,
            "shown": line.shown,
            "active_ms": line.active_ms,
            "locale": line.language,
            "idempotency_key": f"import:{line.item_id}:{revision}",
            "made_at": datetime.fromisoformat(line.at) if line.at else self.now,
        }
        # Only its values are read, and an instance of the model takes ten times as long to make.
        row["digest"] = digest(cast(Judgment, SimpleNamespace(**row)))
        row |= {f"{name}_json": dump_json(row.pop(name)) for name in _JSON}
        self.digests.update(row["digest"].encode())
        self.written += 1
        return row


def _full(batch: _Batch, line: Checked) -> Message:
    return N_(
        "%(item)s already has the %(wanted)d judgments it wants, given or under way; "
        "raise the overlap",
        item=line.item,
        wanted=batch.wanted[line.item_id],
    )


def _hold_slot(batch: _Batch, pair: Pair) -> bool:
    """Whether this person holds a slot of the item: by a lease, or because one was free."""
    if batch.states.get(pair) == State.LEASED:
        return True
    item_id = pair[0]
    if batch.free[item_id] == 0:
        return False
    batch.free[item_id] -= 1
    batch.taken[item_id] += 1
    return True


_ITEMS = select(Item.id, Item.slots_left, Item.wanted).where(
    Item.id.in_(listed("items")), Item.retired_at.is_(None)
)
_STATES = select(Assignment.item_id, Assignment.user_id, Assignment.state).where(
    Assignment.item_id.in_(listed("items"))
)
_SAID = (
    select(Judgment.item_id, Judgment.user_id, Judgment.revision, Judgment.answer)
    .where(Judgment.item_id.in_(listed("items")))
    .order_by(Judgment.revision)
)


def _stored(session: Session, item_ids: list[int]) -> _Batch:
    """What is stored of these items, which are locked."""
    these = {"items": item_ids}
    items = session.execute(_ITEMS, these).all()
    states = session.execute(_STATES, these)
    said = session.execute(_SAID, these)
    return _Batch(
        free={row.id: row.slots_left for row in items},
        wanted={row.id: row.wanted for row in items},
        states={(item, user): state for item, user, state in states},
        latest={(item, user): _Said(revision, answer) for item, user, revision, answer in said},
    )


def _store(session: Session, project_id: int, batch: _Batch, now: datetime) -> None:
    """Write judgments, assignments and slots."""
    session.execute(_INSERT, batch.rows)
    ids = _newest_ids(session, sorted({row["item_id"] for row in batch.rows}))
    new = [pair for pair in batch.shown if pair not in batch.states]
    if new:
        _meet(session, project_id, [_New(pair, ids[pair], batch) for pair in new], now)
    met = [_New(pair, ids[pair], batch) for pair in batch.shown if pair in batch.states]
    if met:
        _mark_judged(session, met, now)
    if batch.taken:
        _take_slots(session, batch.taken)


class _New(NamedTuple):
    """A judgment that counts now."""

    pair: Pair
    judgment: int
    batch: _Batch


def _meet(session: Session, project_id: int, new: list[_New], now: datetime) -> None:
    """Assignments of people who had not met the item."""
    rows = [
        {
            "item_id": pair[0],
            "user_id": pair[1],
            "project_id": project_id,
            "state": State.JUDGED,
            "shown": batch.shown[pair],
            "judgment_id": judgment,
            "said": batch.said[pair],
            "created_at": now,
            "updated_at": now,
        }
        for pair, judgment, batch in new
    ]
    session.execute(insert(tables.assignment), rows)


def _mark_judged(session: Session, met: list[_New], now: datetime) -> None:
    """Assignments that were there: whatever they were, they are judged now."""
    table = tables.assignment
    statement = (
        update(table)
        .where(table.c.item_id == bindparam("item"), table.c.user_id == bindparam("user"))
        .values(
            state=State.JUDGED,
            expires_at=None,
            reason="",
            judgment_id=bindparam("judgment"),
            said=bindparam("says"),
            updated_at=now,
        )
    )
    rows = [
        {"item": pair[0], "user": pair[1], "judgment": judgment, "says": batch.said[pair]}
        for pair, judgment, batch in met
    ]
    session.execute(statement, rows)


_IDS = (
    select(Judgment.item_id, Judgment.user_id, Judgment.id)
    .where(Judgment.item_id.in_(listed("items")))
    .order_by(Judgment.revision)
)


def _newest_ids(session: Session, item_ids: list[int]) -> dict[Pair, int]:
    rows = session.execute(_IDS, {"items": item_ids})
    return {(item, user): judgment for item, user, judgment in rows}


def _take_slots(session: Session, taken: Counter[int]) -> None:
    table = tables.item
    statement = (
        update(table)
        .where(table.c.id == bindparam("item"))
        .values(slots_left=table.c.slots_left - bindparam("slots"))
    )
    session.execute(statement, [{"item": item, "slots": n} for item, n in taken.items()])
