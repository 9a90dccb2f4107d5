"""Append to the audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import Row, insert, select, update
from sqlalchemy.orm import Session

from workbench.db import added
from workbench.models import AuditEntry, AuditHead, tables
from workbench.models.seals import GENESIS, entry_hash, seal
from workbench.statements import Query, Write

__all__ = ["GENESIS", "append", "entry_hash", "seal"]

_head = tables.audit_head.c
_HEAD = Query(select(_head.seq, _head.hash).with_for_update())
_MOVE = Write(update(tables.audit_head))
_INSERT = Write(insert(tables.audit_entry))
_COLUMNS = [column.name for column in tables.audit_entry.c]


def append(
    session: Session,
    action: str,
    subject: str,
    *,
    actor: int | None,
    at: datetime,
    detail: dict[str, Any] | None = None,
) -> int:
    """Write the next entry and return its number.

    Holds the head's row lock until the transaction ends, so numbers follow the order of commits.
    Call it as late in the transaction as possible.
    """
    session.flush()  # what is locked before the head
    head = _HEAD.one_or_none(session, {}) or _first_head(session)
    entry = AuditEntry(
        seq=head.seq + 1,
        at=at,
        actor_id=actor,
        action=action,
        subject=subject,
        detail=detail or {},
        prev_hash=head.hash,
    )
    entry.hash = entry_hash(entry)
    _INSERT.run(session, {name: getattr(entry, name) for name in _COLUMNS})
    sealed = seal(session.info["key"], entry.seq, entry.hash)
    _MOVE.run(session, {"seq": entry.seq, "hash": entry.hash, "seal": sealed})
    return entry.seq


def _first_head(session: Session) -> Row[int, str]:
    added(session, AuditHead(id=1, seq=0, hash=GENESIS, seal=""))
    return _HEAD.one(session, {})
