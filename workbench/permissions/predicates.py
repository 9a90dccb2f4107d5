"""Tiny questions about a person, on one project or in the installation."""

from __future__ import annotations

from dataclasses import dataclass

from workbench.models import Role


@dataclass(frozen=True)
class Who:
    """Someone who is logged in. `on_project` is their role there, None when not on it."""

    role: str
    on_project: str | None = None


def anyone(_who: Who) -> bool:
    """Any person who is logged in."""
    return True


def on_project(who: Who) -> bool:
    """Is on the project, as whatever."""
    return who.on_project is not None


def reviewer(who: Who) -> bool:
    """Reviews on the project."""
    return who.on_project == Role.REVIEWER


def lead(who: Who) -> bool:
    """Leads the project."""
    return who.on_project == Role.LEAD


def engineer(who: Who) -> bool:
    """Brings items in and takes sets out of the project."""
    return who.on_project == Role.ENGINEER


def admin(who: Who) -> bool:
    """Runs the installation."""
    return who.role == Role.ADMIN
