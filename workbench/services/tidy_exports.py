"""Halves of exports, of whoever was killed while the files were written."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from workbench.models import ExportFile

_NAME = re.compile(r"[0-9a-f]{32}")


def drop_unrecorded(session: Session, exports: Path, before: float) -> int:
    """Delete folders that no row names and nobody wrote to since then (seconds since 1970); how
    many."""
    if not exports.is_dir():
        return 0
    old = {
        folder.name
        for folder in exports.iterdir()
        if _NAME.fullmatch(folder.name) and folder.stat().st_mtime < before
    }
    left = old - set(session.scalars(select(ExportFile.folder))) if old else set()
    for name in left:
        shutil.rmtree(exports / name, ignore_errors=True)
    return len(left)
