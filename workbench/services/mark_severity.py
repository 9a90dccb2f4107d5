"""A lead says how hard an item is to read."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy.orm import Session

from workbench.errors import NotFound
from workbench.intake.items import MOST_SEVERE
from workbench.messages import Invalid
from workbench.models import Item
from workbench.services import audit, slots


def mark_severity(
    session: Session, project_id: int, item_id: int, mark: int | None, *, now: datetime, actor: int
) -> Item:
    """Set a lead's mark beside the item's content; None takes it off, and what came with it counts.

    Raises Invalid, and NotFound when the project has no such item.
    """
    item = slots.lock_item(session, item_id)
    if item.project_id != project_id:
        raise NotFound("There is no such page, or it is not open to you.")
    if mark is not None and not 0 <= mark <= MOST_SEVERE:
        raise Invalid.at("severity", "Choose one of the severities on the page.")
    if item.severity_mark == mark:
        return item
    before, item.severity_mark = item.severity_now, mark
    if (item.severity_now or 0) < (before or 0):
        # Cursors that left severe items aside have passed it.
        slots.requeue(session, item)
    session.flush()
    audit.append(
        session,
        "item.severity",
        f"item:{item_id}",
        actor=actor,
        at=now,
        detail={"mark": mark, "before": before, "now": item.severity_now},
    )
    return item
