"""What people do, in one line each, so that a test reads as their story."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy.orm import Session

from workbench.db import now as database_now
from workbench.models import Assignment, Judgment, Project, User
from workbench.services.claim import Reviewer, claim
from workbench.services.submit import Submission, latest_revision, submit

HOUR = timedelta(hours=1)


def prefers(first: str, second: str = "") -> dict[str, Any]:
    """A ranking answer over the two responses of `make_item`: `first` is better."""
    second = second or ("b" if first == "a" else "a")
    return {
        "tiers": [[first], [second]],
        "unranked": [],
        "verdict": None,
        "strength": None,
        "reason": "",
    }


def take(
    session: Session,
    project: Project,
    who: User,
    now: datetime | None = None,
    lease: timedelta = HOUR,
) -> Assignment | None:
    """`who` asks for the next item."""
    reviewer = Reviewer(who.id, tuple(who.speaks))
    return claim(session, project, reviewer, now or database_now(session), lease)


def must_take(
    session: Session, project: Project, who: User, now: datetime | None = None
) -> Assignment:
    """`who` asks for the next item, and there is one."""
    lease = take(session, project, who, now)
    assert lease is not None
    return lease


def judge(
    session: Session,
    item_id: int,
    who: User,
    first: str = "a",
    *,
    key: str = "",
    base: int | None = None,
    now: datetime | None = None,
) -> Judgment:
    """`who` submits an answer from a form opened a moment ago."""
    if base is None:
        base = latest_revision(session, item_id, who.id)
    submission = Submission(
        item_id=item_id,
        user_id=who.id,
        answer=prefers(first),
        type_version=1,
        idempotency_key=key or secrets.token_hex(8),
        base_revision=base,
        guideline_version=None,
        active_ms=4_000,
        locale="es",
    )
    return submit(session, submission, now or database_now(session))


def take_and_judge(session: Session, project: Project, who: User, first: str = "a") -> Judgment:
    """`who` takes the next item and judges it."""
    return judge(session, must_take(session, project, who).item_id, who, first)
