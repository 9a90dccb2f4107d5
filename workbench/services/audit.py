"""Append to the audit trail."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from workbench.db import added
from workbench.models import AuditEntry, AuditHead
from workbench.models.seals import GENESIS, entry_hash, seal

__all__ = ["GENESIS", "append", "entry_hash", "seal"]

_HEAD = select(AuditHead).with_for_update().execution_options(populate_existing=True)


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
    head = session.scalars(_HEAD).one_or_none() or _first_head(session)
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
    head.seq, head.hash = entry.seq, entry.hash
    head.seal = seal(session.info["key"], entry.seq, entry.hash)
    session.add(entry)
    session.flush()
    return entry.seq


def _first_head(session: Session) -> AuditHead:
    added(session, AuditHead(id=1, seq=0, hash=GENESIS, seal=""))
    return session.scalars(_HEAD).one()
