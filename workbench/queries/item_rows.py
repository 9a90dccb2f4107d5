"""Items by the thousand: the columns that a task type needs, without an object of the session each.

Making such an object takes longer than all the rest of reading a row.
"""

from __future__ import annotations

from typing import Any, cast

from sqlalchemy import Row, Select, select

from workbench.models import Item as ItemRow
from workbench.queries.items import as_item
from workbench.task_types.base import Item


def copies(project_id: int) -> Select[int]:
    """Ids of the project's copies: what is said of these is in no count and no figure."""
    return select(ItemRow.id).where(ItemRow.project_id == project_id, ItemRow.copy_of.is_not(None))


def select_items() -> Select[Any]:
    """Rows that `plain_item` takes, with `id` and `language_base` besides."""
    return select(
        ItemRow.id,
        ItemRow.external_id,
        ItemRow.language,
        ItemRow.language_base,
        ItemRow.prompt,
        ItemRow.responses,
        ItemRow.tags,
        ItemRow.harm,
        ItemRow.severity,
        ItemRow.meta,
    )


def plain_item(row: Row[Any]) -> Item:
    """A row as the task types' Item."""
    return as_item(cast(ItemRow, row))
