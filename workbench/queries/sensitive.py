"""Which items are sensitive: of a category of harm, or of any severity."""

from __future__ import annotations

from sqlalchemy import ColumnElement, or_

from workbench.models import Item


def is_sensitive() -> ColumnElement[bool]:
    """Whether the item in the query is."""
    return or_(Item.harm.is_not(None), Item.severity > 0, Item.severity_mark > 0)
