"""Anchors: heads of the audit trail that were written down outside the database.

Whoever holds the installation's key can cut the trail's end off and seal what is left. They cannot
make it agree with an anchor that lies where they do not write.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from workbench.messages import N_, Message
from workbench.models import AuditEntry, AuditHead

_HASH = re.compile(r"[0-9a-f]{64}")
#: Bytes that two lines of the file surely fit in.
_LONGEST_LINES = 1_024


@dataclass(frozen=True)
class Anchor:
    """Entry `seq` had this hash and was the last one, at that time (ISO 8601, UTC)."""

    seq: int
    hash: str
    at: str

    def line(self) -> bytes:
        """As it stands in the file."""
        return orjson.dumps(asdict(self)) + b"\n"


def head_anchor(session: Session, at: datetime) -> Anchor | None:
    """The trail's end now; None while nothing is in it."""
    head = session.scalars(select(AuditHead)).one_or_none()
    return None if head is None or not head.seq else Anchor(head.seq, head.hash, at.isoformat())


def read_anchors(path: Path) -> list[Anchor]:
    """Those of the file, oldest first; [] where there is none. Raises ValueError naming the line.

    A last line without its end was being written when the machine stopped: it is passed over.
    """
    if not path.exists():
        return []
    *lines, _half = path.read_bytes().split(b"\n")
    return [_anchor(path, number, line) for number, line in enumerate(lines, 1)]


def last_anchor(path: Path) -> Anchor | None:
    """The newest one, without the others being read. Raises ValueError where it is none."""
    if not path.exists():
        return None
    with path.open("rb") as file:
        file.seek(max(0, file.seek(0, os.SEEK_END) - _LONGEST_LINES))
        *lines, _half = file.read().split(b"\n")
    return _anchor(path, 0, lines[-1]) if lines else None


def _anchor(path: Path, number: int, line: bytes) -> Anchor:
    try:
        found = Anchor(**orjson.loads(line))
        datetime.fromisoformat(found.at)
        if type(found.seq) is int and found.seq > 0 and _HASH.fullmatch(found.hash):
            return found
    except (TypeError, ValueError):
        pass
    raise ValueError(f"{path.name}, line {number}: this is no anchor.")


def contradicted(
    session: Session, anchors: Sequence[Anchor], page: int = 500
) -> Iterator[tuple[str, Message]]:
    """Anchors that the trail does not hold: its end was cut off, or it was written anew."""
    last = session.scalar(select(AuditHead.seq)) or 0
    for start in range(0, len(anchors), page):
        part = anchors[start : start + page]
        query = select(AuditEntry.seq, AuditEntry.hash).where(
            AuditEntry.seq.in_([each.seq for each in part])
        )
        hashes = {row.seq: row.hash for row in session.execute(query)}
        for each in part:
            subject = f"audit:{each.seq}"
            if each.seq not in hashes or each.seq > last:
                yield subject, N_("the end of the trail was cut off: an anchor of %(at)s tells of "
                                  "this entry", at=each.at)  # fmt: skip
            elif hashes[each.seq] != each.hash:
                yield subject, N_("is another one than when it was anchored at %(at)s", at=each.at)
