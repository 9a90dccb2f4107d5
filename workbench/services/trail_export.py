"""A signed copy of the audit trail: JSON lines that can be checked without the database.

Each entry is a line with its hash and the hash of the one before. In a copy for one project, other
entries are their hashes alone: nothing of them is told, and the chain can still be followed. The
last line is {"manifest": ..., "signature": ...}; the manifest has the sha256 of all lines before.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import orjson
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy.orm import Session

from workbench.db import canonical
from workbench.messages import Invalid
from workbench.models import AuditEntry, Project
from workbench.queries import trail
from workbench.queries.anchors import head_anchor
from workbench.services import audit
from workbench.services.trail_keys import public_key, signature

#: The shape of the file.
VERSION = 1


@dataclass(frozen=True)
class Wanted:
    """Which part of the trail: of a time, with one project's entries in full or with all."""

    project: Project | None = None
    since: datetime | None = None
    until: datetime | None = None

    @classmethod
    def days(cls, project: Project | None, first: date | None, last: date | None) -> Wanted:
        """From the beginning of one day to the end of another, in UTC. Raises Invalid."""
        if first is not None and last is not None and last < first:
            raise Invalid.at("to", "The last day is before the first one.")
        return cls(project, _midnight(first), _midnight(last, timedelta(days=1)))

    def note(
        self, session: Session, manifest: dict[str, Any], now: datetime, *, actor: int | None
    ) -> None:
        """Have the trail tell that it was copied."""
        subject = "trail" if self.project is None else f"project:{self.project.id}"
        detail = {name: manifest[name] for name in ("first", "last", "shown", "sha256")}
        audit.append(session, "audit.export", subject, actor=actor, at=now, detail=detail)


def _midnight(day: date | None, later: timedelta = timedelta()) -> datetime | None:
    if day is None:
        return None
    return datetime.combine(day, time(), tzinfo=UTC) + later


def export_trail(
    session: Session,
    wanted: Wanted,
    private: Ed25519PrivateKey,
    write: Callable[[bytes], object],
    now: datetime,
) -> dict[str, Any]:
    """Write the copy, line by line; the manifest. Raises Invalid where there is nothing of it."""
    first, last = trail.bounds(session, wanted.since, wanted.until)
    if last < first:
        raise Invalid.at("from", "There is no entry of that time.")
    whole, shown, end = hashlib.sha256(), 0, ""
    project_id = None if wanted.project is None else wanted.project.id
    anchor = head_anchor(session, now)
    people = trail.names(session) if project_id is None else trail.pseudonyms(session, project_id)
    for entry, of_project in trail.whole_entries(session, first, last):
        in_full = project_id is None or of_project == project_id
        line = orjson.dumps(_entry(entry) if in_full else _hashes(entry)) + b"\n"
        whole.update(line)
        write(line)
        shown, end = shown + in_full, entry.hash
    manifest: dict[str, Any] = {
        "version": VERSION,
        "made_at": now.isoformat(),
        "project": None if wanted.project is None else wanted.project.slug,
        "first": first,
        "last": last,
        "last_hash": end,
        "count": last - first + 1,
        "shown": shown,
        "anchor": None if anchor is None else {"seq": anchor.seq, "hash": anchor.hash},
        # Of people who acted on the project, or of everyone: the trail itself has numbers alone.
        "people": {str(number): name for number, name in sorted(people.items())},
        "sha256": whole.hexdigest(),
        "public_key": public_key(private),
    }
    signed = {"manifest": manifest, "signature": signature(private, canonical(manifest))}
    write(orjson.dumps(signed) + b"\n")
    return manifest


def _hashes(entry: AuditEntry) -> dict[str, Any]:
    return {"seq": entry.seq, "prev_hash": entry.prev_hash, "hash": entry.hash}


def _entry(entry: AuditEntry) -> dict[str, Any]:
    return {
        **_hashes(entry),
        "at": entry.at.astimezone(UTC).isoformat(),
        "actor": entry.actor_id,
        "action": entry.action,
        "subject": entry.subject,
        "detail": entry.detail,
    }
