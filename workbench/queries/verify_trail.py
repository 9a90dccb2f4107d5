"""Does the audit trail hold together, and does it tell of the judgments that are stored?"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Callable, Iterable, Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from workbench.messages import N_, Message
from workbench.models import (
    Adjudication,
    AuditEntry,
    AuditHead,
    ContentRemoval,
    Gold,
    Judgment,
)
from workbench.models.seals import (
    GENESIS,
    decision_digest,
    digest,
    digest_of_digests,
    entry_hash,
    gold_digest,
    seal,
)
from workbench.queries.readable import readable

#: Rows that are read at once.
PAGE = 1_000
#: What an entry says when a judgment is written, by its reviewer at the desk or by an import.
AT_THE_DESK = ("judgment.submit", "judgment.withdraw")
IMPORTED = "judgments.import"
#: What it says of a decision of a lead.
DECIDED = "item.adjudicate"
#: What it says of an answer that is known.
GILDED = "item.gold"

Found = Iterator[tuple[str, Message]]


def trail(session: Session, key: str) -> Found:
    """The entries are numbered without a gap, each follows the one before, the last is sealed."""
    last, last_hash = 0, GENESIS
    for seq, entry in readable(session, AuditEntry, AuditEntry.seq, PAGE):
        yield from _entry(seq, entry, last, last_hash)
        last, last_hash = seq, entry.hash if entry is not None else ""
    yield from _head(session, key, last, last_hash)
    yield from _untold(session)


def _entry(seq: int, entry: AuditEntry | None, last: int, last_hash: str) -> Found:
    if seq > last + 1:
        yield f"audit:{last + 1}", N_("entries %(first)d to %(last)d are missing", first=last + 1,
                                      last=seq - 1)  # fmt: skip
    elif entry is not None and entry.prev_hash != last_hash:
        yield f"audit:{seq}", N_("does not follow the entry before it")
    if entry is None or entry_hash(entry) != entry.hash:
        yield f"audit:{seq}", N_("was changed after it was written")


def _head(session: Session, key: str, last: int, last_hash: str) -> Found:
    head = session.scalars(select(AuditHead)).one_or_none()
    if head is None:
        if last:
            yield f"audit:{last}", N_("is the last entry and nothing seals it")
        return
    if head.seq > last:
        yield f"audit:{last + 1}", N_("the end of the trail is missing: entries %(first)d to "
                                      "%(last)d", first=last + 1, last=head.seq)  # fmt: skip
    elif head.seq < last:
        yield f"audit:{head.seq + 1}", N_("comes after the entry that is sealed as the last one")
    elif head.hash != last_hash:
        yield f"audit:{last}", N_("is not the entry that was sealed as the last one")
    if not hmac.compare_digest(head.seal, seal(key, head.seq, head.hash)):
        yield f"audit:{head.seq}", N_("the seal on the last entry was not made with this key")


def _untold(session: Session) -> Found:
    """Every entry that tells of a judgment has that judgment."""
    rows = session.execute(
        select(AuditEntry.seq, AuditEntry.action, AuditEntry.detail)
        .where(
            AuditEntry.action.in_((*AT_THE_DESK, IMPORTED)),
            AuditEntry.seq.not_in(select(Judgment.audit_seq)),
        )
        .order_by(AuditEntry.seq)
    )
    nothing = digest_of_digests(())
    for seq, action, detail in rows:
        if action != IMPORTED or detail.get("digests") != nothing:
            yield f"audit:{seq}", N_("tells of a judgment that is not there")


def emptied_projects(session: Session) -> set[int]:
    """Those whose contents were removed, as the trail tells: their rows are no longer what they
    were hashed as, and their hashes are."""
    subjects = select(AuditEntry.subject).where(AuditEntry.action == "project.removed")
    return {int(subject.partition(":")[2]) for subject in session.scalars(subjects)}


def door(session: Session) -> Found:
    """Nothing may be changed that is not to be: no removal of contents is under way."""
    left_open = select(ContentRemoval).where(ContentRemoval.ended_at.is_(None))
    for row in session.scalars(left_open.order_by(ContentRemoval.id)):
        yield f"project:{row.project_id}", N_("may be changed: a removal of contents was left open")


def judgments(session: Session) -> Found:
    """Each judgment is what its digest says, and its audit entry holds that digest."""
    pairs, emptied = _with_entries(session), emptied_projects(session)
    for seq, group in groupby(pairs, key=lambda pair: pair[0].audit_seq):
        yield from _group(seq, group, emptied)


def decisions(session: Session) -> Found:
    """Each decision of a lead, and each answer that one says is known, is what its digest says, and
    the audit trail tells of it; and the trail tells of none that is not there."""
    yield from _sealed(session, Adjudication, decision_digest, DECIDED)
    yield from _sealed(session, Gold, gold_digest, GILDED)


def _sealed(
    session: Session,
    table: Any,
    digest_of: Callable[[Any], str],
    action: str,
) -> Found:
    told = {
        seq: detail.get("digest")
        for seq, detail in session.execute(
            select(AuditEntry.seq, AuditEntry.detail).where(AuditEntry.action == action)
        )
    }
    emptied = emptied_projects(session)
    query = select(table).order_by(table.id).execution_options(yield_per=PAGE)
    for row in session.scalars(query):
        subject = f"{table.__tablename__}:{row.id}"
        if row.project_id not in emptied and digest_of(row) != row.digest:
            yield subject, N_("was changed after it was written")
        if told.pop(row.audit_seq, None) != row.digest:
            yield subject, N_("is not what audit entry %(seq)d tells of", seq=row.audit_seq)
    for seq in sorted(told):
        yield f"audit:{seq}", N_("tells of a decision that is not there")


def _with_entries(session: Session) -> Iterator[tuple[Judgment, AuditEntry | None]]:
    """The judgments in the order they were committed, each with the entry it names."""
    query = (
        select(Judgment)
        .order_by(Judgment.project_id, Judgment.audit_seq, Judgment.id)
        .execution_options(yield_per=PAGE)
    )
    for page in session.scalars(query).partitions():
        numbers = {judgment.audit_seq for judgment in page}
        entries = {
            entry.seq: entry
            for entry in session.scalars(select(AuditEntry).where(AuditEntry.seq.in_(numbers)))
        }
        for judgment in page:
            yield judgment, entries.get(judgment.audit_seq)


def _group(
    seq: int, group: Iterable[tuple[Judgment, AuditEntry | None]], emptied: set[int]
) -> Found:
    """The judgments of one audit entry: one from the desk, or all of an import."""
    together = hashlib.sha256()
    entry, number = None, 0
    for judgment, named in group:
        entry, number = named, number + 1
        together.update(judgment.digest.encode())
        if judgment.project_id not in emptied and digest(judgment) != judgment.digest:
            yield f"judgment:{judgment.id}", N_("was changed after it was written")
        if not _told(judgment, entry, number):
            yield f"judgment:{judgment.id}", N_("is not what audit entry %(seq)d tells of", seq=seq)
    told = entry.detail.get("digests") if entry is not None and entry.action == IMPORTED else None
    if told is not None and told != together.hexdigest():
        yield f"audit:{seq}", N_("the judgments of this import are not those that it stored")


def _told(judgment: Judgment, entry: AuditEntry | None, number: int) -> bool:
    if entry is None:
        return False
    if entry.action == IMPORTED:
        return "digests" in entry.detail
    written = AT_THE_DESK[judgment.answer is None]
    return number == 1 and entry.action == written and entry.detail.get("digest") == judgment.digest
