"""Reviewers who are given no items for now: they fell below the floor of gold."""

from __future__ import annotations

from sqlalchemy.orm import Session

from workbench.queries import gold
from workbench.queries.counted import pseudonyms


def paused(session: Session, project_id: int) -> list[str]:
    """Their pseudonyms, in order."""
    names = pseudonyms(session, project_id)
    return sorted(names[user] for user in gold.fallen(session, project_id) if user in names)


def and_paused(session: Session, project_id: int, without: str) -> str:
    """Pseudonyms with commas between them, and those of the paused behind."""
    given = [name.strip() for name in without.split(",") if name.strip()]
    return ",".join(dict.fromkeys([*given, *paused(session, project_id)]))
