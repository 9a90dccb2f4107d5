"""Items as task types see them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from workbench.models import Guideline
from workbench.models import Item as ItemRow
from workbench.task_types.base import Item, Response, Turn


def as_item(row: ItemRow) -> Item:
    """A stored item as the task types' Item."""
    return Item(
        id=row.external_id,
        language=row.language,
        prompt=tuple(Turn(turn["role"], turn["content"]) for turn in row.prompt),
        responses=tuple(
            Response(
                r["id"],
                r["text"] if "messages" not in r else "",
                r.get("model", ""),
                r.get("metadata", {}),
                tuple(Turn(turn["role"], turn["content"]) for turn in r.get("messages", ())),
            )
            for r in row.responses
        ),
        tags=tuple(row.tags),
        harm=row.harm,
        metadata=row.meta,
    )


def newest_guideline(session: Session, project_id: int) -> Guideline | None:
    """The guideline that reviewers see now."""
    return session.scalars(
        select(Guideline)
        .where(Guideline.project_id == project_id)
        .order_by(Guideline.version.desc())
        .limit(1)
    ).one_or_none()
