"""What a row of a training set rests on: its item, judgments, decisions, the audit trail."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from workbench.models import (
    Adjudication,
    AuditEntry,
    Item,
    Judgment,
    Membership,
    Settled,
    Source,
)
from workbench.queries.export import rfc3339


@dataclass(frozen=True)
class Said:
    """One revision of what somebody said of the item: a judgment, or a lead's decision.

    `audit` is the number of the entry that was written with it; `digest` is what that entry holds.
    """

    who: str
    revision: int
    at: str
    #: "desk" or "import"; of a decision how it was settled.
    how: str
    guideline_version: int | None
    audit: int
    digest: str
    #: Whether it was the one that counted when the set was made.
    counted: bool


@dataclass(frozen=True)
class Entry:
    """An entry of the audit trail."""

    seq: int
    at: str
    action: str
    hash: str


@dataclass(frozen=True)
class Trace:
    """Where a row comes from, as far as `watermark`; and what was said of its item since."""

    item: str
    revision: int
    #: It is in no export any more: replaced, taken out, or gold.
    left: bool
    #: The file that the item came in with, and its line there.
    source: str | None
    source_sha256: str | None
    source_line: int | None
    watermark: int
    judgments: tuple[Said, ...]
    decisions: tuple[Said, ...]
    #: Judgments and decisions on it that came after the set was made.
    since: int
    entries: tuple[Entry, ...]

    def as_dict(self) -> dict[str, Any]:
        """The trace as JSON holds it."""
        return asdict(self)


def trace(session: Session, item_id: int, mark: int, *, with_decisions: bool) -> Trace:
    """What there was to be said of the item in that row at watermark `mark`.

    `with_decisions`: what leads settled counted in the place of the judgments.
    """
    item = session.get_one(Item, item_id)
    source = session.get(Source, item.source_id) if item.source_id is not None else None
    judgments = _said(session, Judgment, item, mark)
    decisions = _said(session, Adjudication, item, mark)
    if with_decisions and decisions and decisions[-1].how != Settled.REOPENED:
        judgments = _uncounted(judgments)
    else:
        decisions = _uncounted(decisions)
    numbers = {each.audit for each in (*judgments, *decisions)}
    return Trace(
        item=item.external_id,
        revision=item.revision,
        left=item.is_gold or not item.is_current,
        source=source.name if source else None,
        source_sha256=source.sha256 if source else None,
        source_line=item.source_line,
        watermark=mark,
        judgments=judgments,
        decisions=decisions,
        since=sum(_since(session, table, item, mark) for table in (Judgment, Adjudication)),
        entries=_entries(session, numbers),
    )


def rows_named(session: Session, project_id: int, name: str) -> list[int]:
    """Rows of the project's items of that name, present or not, in their order."""
    return list(
        session.scalars(
            select(Item.id)
            .where(Item.project_id == project_id, Item.external_id == name, Item.copy_of.is_(None))
            .order_by(Item.id)
        )
    )


def _said(
    session: Session, table: type[Judgment | Adjudication], item: Item, mark: int
) -> tuple[Said, ...]:
    """Everything up to the mark, in the order in which it was committed."""
    rows: Sequence[Any] = session.execute(
        select(table, Membership.pseudonym)
        .join(
            Membership,
            (Membership.project_id == table.project_id) & (Membership.user_id == table.user_id),
        )
        .where(table.item_id == item.id, table.audit_seq <= mark)
        .order_by(table.audit_seq, table.id)
    ).all()
    # Of each reviewer the newest revision counts, of leads the newest decision on the item.
    newest = {_by(row): row.revision for row, _ in rows}
    return tuple(
        Said(
            who=who,
            revision=row.revision,
            at=rfc3339(row.made_at),
            how=row.origin if isinstance(row, Judgment) else row.outcome,
            guideline_version=row.guideline_version,
            audit=row.audit_seq,
            digest=row.digest,
            counted=newest[_by(row)] == row.revision and row.answer is not None,
        )
        for row, who in rows
    )


def _uncounted(said: tuple[Said, ...]) -> tuple[Said, ...]:
    return tuple(replace(each, counted=False) for each in said)


def _by(row: Judgment | Adjudication) -> int:
    return row.user_id if isinstance(row, Judgment) else 0


def _since(session: Session, table: type[Judgment | Adjudication], item: Item, mark: int) -> int:
    later = select(func.count()).where(table.item_id == item.id, table.audit_seq > mark)
    return session.scalar(later) or 0


def _entries(session: Session, numbers: set[int]) -> tuple[Entry, ...]:
    rows = session.scalars(
        select(AuditEntry).where(AuditEntry.seq.in_(numbers)).order_by(AuditEntry.seq)
    )
    return tuple(Entry(row.seq, rfc3339(row.at), row.action, row.hash) for row in rows)
