"""A stage on which every page has something to show, in two projects that are closed to each other.

On `main`: Ana holds an item, has judged one, asked about one and skipped one; Beto has judged the
same; Edu has brought items in and made an export. Ana has answered one of two practice items, which
nobody is asked for now. On `other` Dora has done what Ana did, and Omar what Edu did.
"""

from __future__ import annotations

import io
import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from tests.cast import Cast, make_item
from tests.web.conftest import ClientFor
from workbench import task_types
from workbench.db import Database
from workbench.db import now as database_now
from workbench.export.policy import ExportPolicy
from workbench.models import (
    Assignment,
    Escalation,
    Item,
    JobKind,
    PracticeAnswer,
    PracticeItem,
    PracticeRound,
    Project,
    State,
    User,
)
from workbench.queries.items import as_item
from workbench.services import jobs, leave_item, slots
from workbench.services.claim import shown_order
from workbench.services.guideline import Draft, publish
from workbench.services.jobs import Wanted
from workbench.services.make_export import as_options
from workbench.services.submit import Submission, submit

HOUR = timedelta(hours=1)


@dataclass(frozen=True)
class Things:
    """What there is on one project, as numbers in addresses."""

    slug: str
    #: Held by the first reviewer.
    held: int
    #: Judged by everyone there.
    judged: int
    #: What the first reviewer said of that one.
    judgment: int
    #: Asked about by the first reviewer.
    asked: int
    skipped: int
    #: Nobody has met it.
    fresh: int
    escalation: int
    export: int
    file: str
    source: int
    #: Waits to be worked on.
    job: int
    #: A practice item that the first reviewer has answered, in the round of that number.
    practised: int
    number: int
    #: Somebody who reviews on `main`, or who does not.
    person: int


def meet(session: Session, project: Project, item_id: int, user: User) -> Assignment:
    """Show the item to the person, as a claim does."""
    item = session.get_one(Item, item_id)
    assert slots.take(session, item_id)
    now = database_now(session)
    lease = Assignment(
        item_id=item_id,
        user_id=user.id,
        project_id=project.id,
        shown=shown_order(project.seed, item, user.id),
        state=State.LEASED,
        expires_at=now + HOUR,
        reason="",
        created_at=now,
        updated_at=now,
        shown_at=now,
    )
    session.add(lease)
    session.flush()
    return lease


def judge(
    session: Session, project: Project, item_id: int, user: User, **parts: Any
) -> dict[str, Any]:
    """Show the item to the person and store an answer of theirs, with these parts."""
    meet(session, project, item_id, user)
    item = as_item(session.get_one(Item, item_id))
    task_type = task_types.get(project.type)
    answer = {**task_type.example_answer(item, project.config), **parts}
    submission = Submission(
        item_id=item_id,
        user_id=user.id,
        answer=answer,
        type_version=task_type.version,
        idempotency_key=f"stage-{item_id}-{user.id}",
        base_revision=0,
    )
    submit(session, submission, database_now(session))
    return answer


def practise(session: Session, project: Project, item_id: int, user: User, number: int) -> int:
    """A practice item like that item, answered by the person in an open round of that number."""
    item = session.get_one(Item, item_id)
    task_type = task_types.get(project.type)
    expected = task_type.example_answer(as_item(item), project.config)
    now = database_now(session)
    rows = [
        PracticeItem(
            project_id=project.id,
            external_id=f"{project.slug}-practice-{position}",
            language=item.language,
            language_base=item.language_base,
            prompt=item.prompt,
            responses=item.responses,
            tags=[],
            harm=item.harm,
            severity=item.severity,
            meta=item.meta,
            expected=expected,
            why={"es": "Porque sí.", "en": "Because."},
            content_hash="",
            position=position,
            created_at=now,
        )
        for position in (1, 2)
    ]
    session.add_all(rows)
    session.flush()
    practised = PracticeRound(
        project_id=project.id,
        user_id=user.id,
        number=number,
        items=[row.id for row in rows],
        started_at=now,
    )
    session.add(practised)
    session.flush()
    session.add(
        PracticeAnswer(
            round_id=practised.id,
            practice_item_id=rows[0].id,
            answer=expected,
            right=True,
            made_at=now,
        )
    )
    session.flush()
    return rows[0].id


def set_up(
    database: Database,
    cast: Cast,
    client_for: ClientFor,
    *,
    other: bool = False,
    **item_values: Any,
) -> Things:
    """Fill `main`, or `other`."""
    project = cast.other_project if other else cast.project
    reviewers = (cast.dora,) if other else (cast.ana, cast.beto)
    with database.write() as writing:
        names = ("held", "judged", "asked", "skipped", "fresh")
        items = {
            name: make_item(writing, project, f"{project.slug}-{name}", **item_values).id
            for name in names
        }
        for reviewer in reversed(reviewers):
            judge(writing, project, items["judged"], reviewer)
        judgment = writing.get_one(Assignment, (items["judged"], reviewers[0].id)).judgment_id
        assert judgment is not None
        now = database_now(writing)
        publish(writing, project, Draft("Guía", "Guide"), now=now)
        first = reviewers[0]
        meet(writing, project, items["asked"], first)
        leave_item.escalate(writing, items["asked"], first.id, "Which?", database_now(writing))
        meet(writing, project, items["skipped"], first)
        leave_item.skip(writing, items["skipped"], first.id, "Not mine", database_now(writing))
        meet(writing, project, items["held"], first)
        number = 2 if other else 1
        practised = practise(writing, project, items["fresh"], first, number)
        escalation = writing.scalars(
            select(Escalation.id).where(Escalation.project_id == project.id)
        ).one()
    engineer = client_for(cast.omar if other else cast.edu)
    made = engineer.send(f"/projects/{project.slug}/exports", {"format": "judgments"})
    assert made.status_code == 303, made.text
    with database.write() as writing:
        job = make_job(writing, project, cast.omar if other else cast.edu)
    line = {
        "id": f"{project.slug}-brought-in",
        "language": "en",
        "prompt": "One more?",
        "responses": [
            {**response, "model": "m"}
            for response in item_values.get(
                "responses", [{"id": "a", "text": "Yes."}, {"id": "b", "text": "Yes."}]
            )
        ],
    }
    upload = {"kind": "items", "file": (io.BytesIO(json.dumps(line).encode()), "new.jsonl")}
    brought = engineer.send(f"/projects/{project.slug}/import", upload)
    assert brought.status_code == 303, brought.text
    return Things(
        slug=project.slug,
        escalation=escalation,
        export=_last_number(made.location or ""),
        file=f"{project.slug}-judgments.jsonl",
        source=_last_number(brought.location or ""),
        job=job,
        judgment=judgment,
        practised=practised,
        number=number,
        person=cast.omar.id if other else cast.ana.id,
        **items,
    )


def make_job(session: Session, project: Project, user: User) -> int:
    """A snapshot that nobody makes."""
    said = {"format": "judgments", "options": as_options(ExportPolicy()), "name": "later"}
    wanted = Wanted(JobKind.SNAPSHOT, said)
    return jobs.make(session, project, wanted, now=database_now(session), actor=user.id).id


def _last_number(address: str) -> int:
    return int(address.rpartition("/")[2])
