"""Who saw sensitive items outside the desk: once a person, item and day (decision 0023)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from workbench.db import added
from workbench.models import Item, SensitiveView
from workbench.queries.sensitive import is_sensitive
from workbench.services import audit


def unseen(session: Session, user_id: int, item_ids: Sequence[int], now: datetime) -> list[int]:
    """Those of the items that are sensitive and that the person has not seen today; one query."""
    if not item_ids:
        return []
    seen = select(SensitiveView.item_id).where(
        SensitiveView.user_id == user_id,
        SensitiveView.day == now.astimezone(UTC).date(),
        SensitiveView.item_id == Item.id,
    )
    query = select(Item.id).where(Item.id.in_(item_ids), is_sensitive(), ~seen.exists())
    return list(session.scalars(query.order_by(Item.id)))


def note_views(session: Session, user_id: int, item_ids: Sequence[int], now: datetime) -> None:
    """Write down what the person sees now and has not seen today."""
    day = now.astimezone(UTC).date()
    for item_id in unseen(session, user_id, item_ids, now):
        if added(session, SensitiveView(user_id=user_id, item_id=item_id, day=day)):
            audit.append(session, "item.view", f"item:{item_id}", actor=user_id, at=now)
