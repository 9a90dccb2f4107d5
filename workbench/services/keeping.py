"""How long a project's contents are kept: closing, the days after it, and legal hold."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import select
from sqlalchemy.orm import Session

from workbench.errors import Conflict
from workbench.messages import Invalid
from workbench.models import ContentRemoval, Project
from workbench.services import audit, slots

#: Ten years, and some.
MOST_DAYS = 4_000


def close_project(
    session: Session, project: Project, now: datetime, actor: int | None = None
) -> None:
    """No item is given from now on. What somebody holds they may finish; all can be read."""
    row = slots.lock_project(session, project.id)
    if row.closed_at is not None:
        raise Conflict("This project is closed already.")
    row.closed_at = now
    audit.append(session, "project.close", f"project:{row.id}", actor=actor, at=now)


def open_project(
    session: Session, project: Project, now: datetime, actor: int | None = None
) -> None:
    """Items are given again. Raises Conflict where the contents are gone."""
    row = slots.lock_project(session, project.id)
    if row.closed_at is None:
        raise Conflict("This project is open.")
    if was_emptied(session, row.id):
        raise Conflict("The contents of this project were removed: it stays closed.")
    row.closed_at = None
    audit.append(session, "project.open", f"project:{row.id}", actor=actor, at=now)


def was_emptied(session: Session, project_id: int) -> bool:
    """Whether its contents were removed."""
    query = select(ContentRemoval.id).where(ContentRemoval.project_id == project_id).limit(1)
    return session.scalar(query) is not None


def kept_until(project: Project) -> datetime | None:
    """When its contents may be removed; None: not while it is open or its contents are kept."""
    if project.closed_at is None or project.keep_days is None:
        return None
    return project.closed_at + timedelta(days=project.keep_days)


def set_keeping(
    session: Session,
    project: Project,
    *,
    keep_days: int | None,
    legal_hold: bool,
    now: datetime,
    actor: int | None = None,
) -> None:
    """Days after closing until contents are removed (None: kept for good), and whether nothing is
    removed at all. Again changes nothing. Raises Invalid."""
    if keep_days is not None and not 0 <= keep_days <= MOST_DAYS:
        raise Invalid.at("keep_days", "From 0 to %(n)s days; empty: for good.", n=MOST_DAYS)
    row = slots.lock_project(session, project.id)
    if (row.keep_days, row.legal_hold) == (keep_days, legal_hold):
        return
    row.keep_days, row.legal_hold = keep_days, legal_hold
    audit.append(session, "project.keep", f"project:{row.id}", actor=actor, at=now,
                 detail={"days": keep_days, "legal_hold": legal_hold})  # fmt: skip


def set_watermark(
    session: Session, project: Project, on: bool, now: datetime, actor: int | None = None
) -> None:
    """Whether who looks stands faintly over sensitive items."""
    row = slots.lock_project(session, project.id)
    if row.watermark is on:
        return
    row.watermark = on
    audit.append(session, "project.watermark", f"project:{row.id}", actor=actor, at=now,
                 detail={"on": on})  # fmt: skip
