"""Who may do what. What is not in the table is denied."""

from workbench.permissions.permissions import Permission
from workbench.permissions.predicates import Who
from workbench.permissions.table import allowed

__all__ = ["Permission", "Who", "allowed"]
