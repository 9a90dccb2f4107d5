"""Write the audit trail's end down outside the database."""

from __future__ import annotations

import os
from pathlib import Path

from workbench.db import Database, now
from workbench.queries.anchors import Anchor, head_anchor, read_anchors


def drop_anchor(database: Database, path: Path) -> Anchor | None:
    """Append the trail's end to the file, on disk when this returns; the anchor that is the last
    one then. None while the trail is empty. Raises OSError, ValueError for a file that is none."""
    with database.read() as session:
        anchor = head_anchor(session, now(session))
    if anchor is None:
        return None
    known = read_anchors(path)
    if known and (known[-1].seq, known[-1].hash) == (anchor.seq, anchor.hash):
        return known[-1]
    handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
    try:
        _drop_half(handle)
        os.write(handle, anchor.line())
        os.fsync(handle)
    finally:
        os.close(handle)
    return anchor


def _drop_half(handle: int) -> None:
    """A line that was being written when the machine stopped is no anchor."""
    size = os.fstat(handle).st_size
    if size and os.pread(handle, 1, size - 1) != b"\n":
        os.ftruncate(handle, os.pread(handle, size, 0).rfind(b"\n") + 1)
