"""The API of engineers' programs, /api/v1: JSON and JSON lines, by token. A module a resource."""

from workbench.web.api import agreement, description, imports, items, judgments, projects, snapshots
from workbench.web.api.operation import bp

__all__ = [
    "agreement",
    "bp",
    "description",
    "imports",
    "items",
    "judgments",
    "projects",
    "snapshots",
]
