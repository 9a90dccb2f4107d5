"""What people do, in one line each, so that a test reads as their story."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from io import BytesIO
from typing import Any, TypeVar

import orjson
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from workbench import task_types
from workbench.db import Database
from workbench.db import now as database_now
from workbench.intake import open_source
from workbench.models import Assignment, Item, Judgment, Project, User
from workbench.queries.desk import Lease
from workbench.queries.export import judged_items, watermark
from workbench.services import import_items
from workbench.services.claim import Reviewer, claim
from workbench.services.import_items import ImportCounts
from workbench.services.submit import Submission, latest_revision, submit
from workbench.task_types.base import Answer

T = TypeVar("T")

HOUR = timedelta(hours=1)
LANGUAGES = ("en", "es", "es-CO")


def one(pick: int, things: list[T]) -> list[T]:
    """One of them, or none when there is none."""
    return [things[pick % len(things)]] if things else []


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
    """`who` asks for the next item: what is stored of it then."""
    reviewer = Reviewer(who.id, tuple(who.speaks))
    given = claim(session, project, reviewer, now or database_now(session), lease)
    return given and stored(session, given)


def stored(session: Session, given: Lease) -> Assignment:
    """The row of what somebody was given."""
    return session.get_one(Assignment, (given.item_id, given.user_id), populate_existing=True)


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
    judgment = submit(session, submission, now or database_now(session))
    return session.get_one(Judgment, judgment.id)


def take_and_judge(session: Session, project: Project, who: User, first: str = "a") -> Judgment:
    """`who` takes the next item and judges it."""
    return judge(session, must_take(session, project, who).item_id, who, first)


def a_line(number: int, version: int) -> dict[str, Any]:
    """A line of a file of items."""
    return {
        "id": f"item-{number}",
        "language": LANGUAGES[number % len(LANGUAGES)],
        "prompt": f"Version {version}?",
        "responses": [{"id": id_, "text": id_ * 3, "model": "m"} for id_ in "ab"],
    }


def import_lines(
    session: Session, project: Project, lines: list[dict[str, Any]], now: datetime, revise: bool
) -> ImportCounts:
    """Somebody brings these items in."""
    source = open_source(BytesIO(b"\n".join(orjson.dumps(line) for line in lines)), "f.jsonl")
    with import_items.prepare(source, task_types.get("ranking"), project.config) as prepared:
        return import_items.import_items(
            session, project, prepared, now=now, actor=None, revise=revise
        )


def exported(database: Database, project: Project) -> dict[tuple[str, str], Answer]:
    """What an export takes out now, by item and reviewer."""
    with database.read() as session:
        mark = watermark(session, project.id)
    return {
        (item.id, answer.reviewer): answer.answer
        for item, answers, _ in judged_items(database, project.id, mark)
        for answer in answers
    }


def newest_ids(session: Session) -> dict[str, int]:
    """Of each item's name the number of the one that was brought in last."""
    newest = select(Item.external_id, func.max(Item.id).label("id")).group_by(Item.external_id)
    return {row.external_id: row.id for row in session.execute(newest)}
