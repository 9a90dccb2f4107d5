"""What has happened on a project since a webhook was last told, from what has been committed.

Numbers of the audit trail follow the order of commits, so one number says what was told. Snapshots
are numbered while the trail is locked, so their numbers do too.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, exists, func, select
from sqlalchemy.orm import Session

from workbench.models import (
    AGREEMENT_BELOW,
    Assignment,
    AuditEntry,
    AuditHead,
    Event,
    ExportFile,
    Item,
    Judgment,
    State,
    Webhook,
)
from workbench.queries.judgment_feed import count_between, cursor_of, last_spot

#: Items that an event names; of more it says how many.
NAMED = 500
#: A look that found nothing is written down when the trail has moved on by so many entries.
STRIDE = 1_000

Data = dict[str, Any]


@dataclass(frozen=True)
class Look:
    """What one webhook is to be told, in that order: (event, its data) each."""

    webhook_id: int
    #: Where it was looked from: a look that another one has overtaken counts for nothing.
    told_seq: int
    told_export: int
    upto_seq: int
    upto_export: int
    events: tuple[tuple[str, Data], ...]

    @property
    def counts(self) -> bool:
        """Whether there is anything to write down."""
        return bool(self.events) or self.upto_seq - self.told_seq >= STRIDE


def head(session: Session) -> int:
    """The newest entry of the audit trail."""
    return session.scalar(select(AuditHead.seq)) or 0


def newest_export(session: Session, project_id: int) -> int:
    """The newest snapshot of the project; 0 where there is none."""
    where = (ExportFile.project_id == project_id, ExportFile.name.is_not(None))
    return session.scalar(select(func.max(ExportFile.id)).where(*where)) or 0


def look(session: Session, hook: Webhook) -> Look | None:
    """What the webhook has not been told yet; None where nothing was committed since.

    Judgments, items and snapshots of one look are one event each, however many there are.
    """
    upto = head(session)
    if upto <= hook.told_seq:
        return None
    found: list[tuple[str, Data]] = []
    if Event.JUDGMENTS in hook.events:
        found += [(Event.JUDGMENTS, data) for data in _judgments(session, hook, upto)]
    if Event.COMPLETED in hook.events:
        found += [(Event.COMPLETED, data) for data in _completed(session, hook, upto)]
    snapshots = _snapshots(session, hook)
    if Event.SNAPSHOT in hook.events:
        found += [(Event.SNAPSHOT, data) for _, data in snapshots]
    if Event.AGREEMENT in hook.events:
        found += [(Event.AGREEMENT, data) for data in _agreement(session, hook, upto)]
    last = max((number for number, _ in snapshots), default=hook.told_export)
    return Look(hook.id, hook.told_seq, hook.told_export, upto, last, tuple(found))


def _judgments(session: Session, hook: Webhook, upto: int) -> list[Data]:
    count = count_between(session, hook.project_id, hook.told_seq, upto)
    if not count:
        return []
    key: str = session.info["key"]
    before = last_spot(session, hook.project_id, hook.told_seq)
    last = last_spot(session, hook.project_id, upto)
    cursors = [spot and cursor_of(key, hook.project_id, spot) for spot in (before, last)]
    return [{"count": count, "since": cursors[0], "cursor": cursors[1]}]


def _completed(session: Session, hook: Webhook, upto: int) -> list[Data]:
    judged = select(Judgment.item_id).where(
        Judgment.project_id == hook.project_id,
        Judgment.audit_seq > hook.told_seq,
        Judgment.audit_seq <= upto,
    )
    where = (Item.id.in_(judged), *_complete())
    names = session.scalars(select(Item.external_id).where(*where).order_by(Item.id).limit(NAMED))
    items = list(names)
    if not items:
        return []
    count = session.scalar(select(func.count()).select_from(Item).where(*where))
    return [{"count": count, "items": items}]


def _complete() -> tuple[ColumnElement[bool], ...]:
    """Whether an item has every judgment that it wants."""
    leased = exists().where(Assignment.item_id == Item.id, Assignment.state == State.LEASED)
    return (
        Item.slots_left == 0,
        Item.wanted > 0,
        Item.retired_at.is_(None),
        Item.copy_of.is_(None),
        ~Item.is_gold,
        ~leased,
    )


def _snapshots(session: Session, hook: Webhook) -> list[tuple[int, Data]]:
    rows = session.scalars(
        select(ExportFile)
        .where(
            ExportFile.project_id == hook.project_id,
            ExportFile.name.is_not(None),
            ExportFile.id > hook.told_export,
        )
        .order_by(ExportFile.id)
    )
    return [
        (row.id, {"name": row.name, "format": row.format, "rows": row.manifest["rows"]})
        for row in rows
    ]


def _agreement(session: Session, hook: Webhook, upto: int) -> list[Data]:
    details = session.scalars(
        select(AuditEntry.detail)
        .where(
            AuditEntry.seq > hook.told_seq,
            AuditEntry.seq <= upto,
            AuditEntry.action == AGREEMENT_BELOW,
            AuditEntry.subject == f"project:{hook.project_id}",
        )
        .order_by(AuditEntry.seq)
    )
    return [
        {"alpha": detail["value"], "floor": detail["floor"],
         "last_two_weeks": bool(detail["lately"])}
        for detail in details
    ]  # fmt: skip
