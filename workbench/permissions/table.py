"""The table: a permission is given to who fits any of its predicates."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from workbench.permissions.permissions import Permission
from workbench.permissions.predicates import (
    Who,
    admin,
    anyone,
    engineer,
    lead,
    on_project,
    reviewer,
)

TABLE: Mapping[Permission, tuple[Callable[[Who], bool], ...]] = {
    Permission.OWN_ACCOUNT: (anyone,),
    Permission.SEE_PROJECT: (on_project,),
    Permission.JUDGE: (reviewer,),
    Permission.SEE_QUALITY: (lead, engineer),
    Permission.LOOK_AFTER: (lead,),
    Permission.RESOLVE: (lead,),
    Permission.DECIDE: (lead,),
    Permission.SET_ALERTS: (lead,),
    Permission.SET_OVERLAP: (lead,),
    Permission.WRITE_GUIDELINE: (lead,),
    Permission.QUALIFY: (lead,),
    Permission.IMPORT: (lead, engineer),
    Permission.EXPORT: (engineer, lead),
    Permission.KEEP: (lead,),
    Permission.HOLD_TOKENS: (engineer, lead),
    Permission.HOLD_WEBHOOKS: (engineer, lead),
    Permission.ADMINISTER: (admin,),
}


def allowed(permission: Permission, who: Who) -> bool:
    """Whether this person may. A permission that is not in the table is nobody's."""
    return any(predicate(who) for predicate in TABLE.get(permission, ()))
