"""Items as task types see them."""

from __future__ import annotations

import hashlib
import random
from collections.abc import Iterable
from typing import TypeVar

from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from workbench.models import Guideline, tables
from workbench.models import Item as ItemRow
from workbench.statements import AnyRow
from workbench.task_types.base import Item, Response, Turn

T = TypeVar("T")


def shuffled(things: Iterable[T], drawn_from: str) -> list[T]:
    """The things in an order that is random for each `drawn_from` and can be told again."""
    order = list(things)
    digest = hashlib.sha256(drawn_from.encode()).digest()
    random.Random(digest).shuffle(order)  # noqa: S311 - a shuffle, not a secret
    return order


def shown_order(seed: str, item: ItemRow | AnyRow, user_id: int) -> list[str]:
    """Response ids in an order that is random for each (item, person) and can be told again."""
    ids = (response["id"] for response in item.responses)
    return shuffled(ids, f"{seed}|{item.id}|{user_id}")


#: What `as_item` reads.
CONTENT = [
    tables.item.c[name]
    for name in ("external_id", "language", "prompt", "responses", "tags", "harm", "meta",
                 "severity")
]  # fmt: skip


def as_item(row: ItemRow | AnyRow) -> Item:
    """A stored item as the task types' Item; of a row, the columns `CONTENT` are needed."""
    return Item(
        id=row.external_id,
        language=row.language,
        prompt=tuple(Turn(turn["role"], turn["content"]) for turn in row.prompt),
        responses=tuple(
            Response(
                r["id"],
                r.get("text", ""),
                r.get("model", ""),
                r.get("metadata", {}),
                tuple(Turn(turn["role"], turn["content"]) for turn in r.get("messages", ())),
                tuple(r.get("steps", ())),
            )
            for r in row.responses
        ),
        tags=tuple(row.tags),
        harm=row.harm,
        metadata=row.meta,
        severity=row.severity,
    )


#: Text of this severity is covered, whether or not a category of harm is named.
COVERED_FROM = 2


def is_covered(harm: str | None, severity: int | None) -> bool:
    """Whether an item's text stays covered until somebody asks for it."""
    return harm is not None or (severity or 0) >= COVERED_FROM


_NEWEST = (
    select(Guideline)
    .where(Guideline.project_id == bindparam("project_id"))
    .order_by(Guideline.version.desc())
    .limit(1)
)


def newest_guideline(session: Session, project_id: int) -> Guideline | None:
    """The guideline that reviewers see now."""
    return session.scalars(_NEWEST, {"project_id": project_id}).one_or_none()
