"""Who may do what: the table, written out a second time."""

from __future__ import annotations

from enum import StrEnum
from itertools import product

import pytest

from workbench.models import Role
from workbench.permissions import Permission, Who, allowed
from workbench.permissions.table import TABLE

#: In the order of ON_PROJECT: what one is on the project, "none" when not on it.
ON_PROJECT = ("none", "reviewer", "lead", "engineer")
EXPECTED = {
    #                none reviewer lead engineer
    "own_account":  (1,   1,       1,   1),
    "see_project":  (0,   1,       1,   1),
    "judge":        (0,   1,       0,   0),
    "see_quality":  (0,   0,       1,   1),
    "look_after":   (0,   0,       1,   0),
    "resolve":      (0,   0,       1,   0),
    "decide":       (0,   0,       1,   0),
    "set_alerts":   (0,   0,       1,   0),
    "set_overlap":  (0,   0,       1,   0),
    "write_guideline": (0, 0,    1,   0),
    "qualify":      (0,   0,       1,   0),
    "import":       (0,   0,       1,   1),
    "export":       (0,   0,       1,   1),
    "keep":         (0,   0,       1,   0),
    "hold_tokens":  (0,   0,       1,   1),
    "hold_webhooks": (0,  0,       1,   1),
}  # fmt: skip
#: What one is in the installation, and whether that is enough to run it.
ADMINISTERS = {"reviewer": False, "lead": False, "engineer": False, "admin": True}


class Unlisted(StrEnum):
    """Something that nobody has put into the table."""

    DELETE_EVERYTHING = "delete_everything"


def _who(role: str, on_project: str) -> Who:
    return Who(role=role, on_project=None if on_project == "none" else on_project)


@pytest.mark.parametrize("role", list(Role))
@pytest.mark.parametrize("place", range(len(ON_PROJECT)), ids=ON_PROJECT)
@pytest.mark.parametrize("permission", EXPECTED)
def test_what_one_may_on_a_project_depends_on_what_one_is_there(
    permission: str, place: int, role: str
) -> None:
    who = _who(role, ON_PROJECT[place])
    assert allowed(Permission(permission), who) is bool(EXPECTED[permission][place])


@pytest.mark.parametrize(("role", "on_project"), list(product(ADMINISTERS, ON_PROJECT)))
def test_the_installation_is_run_by_its_admins_alone(role: str, on_project: str) -> None:
    assert allowed(Permission.ADMINISTER, _who(role, on_project)) is ADMINISTERS[role]


def test_every_permission_and_every_role_stands_in_this_test() -> None:
    assert {*EXPECTED, "administer"} == set(Permission) == set(TABLE)
    assert set(ADMINISTERS) == set(Role) == {*ON_PROJECT[1:], "admin"}


@pytest.mark.parametrize(("role", "on_project"), list(product(Role, ON_PROJECT)))
def test_a_permission_that_is_not_in_the_table_is_nobodys(role: str, on_project: str) -> None:
    assert not allowed(Unlisted.DELETE_EVERYTHING, _who(role, on_project))  # type: ignore[arg-type]


@pytest.mark.parametrize("on_project", ["admin", "owner", ""])
def test_a_role_that_there_is_not_on_a_project_opens_no_more_than_its_page(
    on_project: str,
) -> None:
    who = Who(role="reviewer", on_project=on_project)
    assert {permission for permission in Permission if allowed(permission, who)} == {
        Permission.OWN_ACCOUNT,
        Permission.SEE_PROJECT,
    }
