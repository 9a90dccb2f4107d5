"""The demo: sample projects with real texts, and four people to try each place with."""

from __future__ import annotations

import secrets
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import select
from sqlalchemy.orm import Session

from workbench import task_types
from workbench.db import Database, now
from workbench.errors import Conflict
from workbench.intake import Source, open_source
from workbench.models import AuditEntry, Gold, Membership, PracticeItem, Project, User
from workbench.models import Source as Brought
from workbench.queries.watch import QUEUE_DAYS
from workbench.services import (
    accounts,
    audit,
    gold,
    import_items,
    import_judgments,
    load_gold,
    login,
    practice_items,
    projects,
    qualify,
)
from workbench.services.demo_weeks import dated
from workbench.services.guideline import Draft, publish
from workbench.services.watch import set_watch

#: (log-in name, role, language of the pages, languages spoken)
PEOPLE = (
    ("revisora-es", "reviewer", "es", ("es", "en")),
    ("reviewer-en", "reviewer", "en", ("en",)),
    ("lider", "lead", "es", ("es", "en")),
    ("ingeniera", "engineer", "en", ("es", "en")),
)
#: Percent of a round of practice, where a sample has practice items.
PASS_MARK = 75
#: How many in a hundred items are gold, where a sample has some.
GOLD_PERCENT = 10
_STARTED = "demo.start"

_CONSONANTS, _VOWELS = "bdfgjklmnprstvz", "aeiou"


@dataclass(frozen=True)
class Sample:
    """A folder of `sample_tasks/`."""

    folder: Path
    about: dict[str, Any]

    @property
    def slug(self) -> str:
        slug: str = self.about["slug"]
        return slug


@dataclass(frozen=True)
class LogIn:
    """Someone whom the demo lets in. The password is stored nowhere."""

    name: str
    role: str
    locale: str
    password: str


def samples(folder: Path) -> list[Sample]:
    """The sample projects, in the order they are shown in."""
    found = [
        Sample(path.parent, orjson.loads(path.read_bytes()))
        for path in folder.glob("*/project.json")
    ]
    return sorted(found, key=lambda sample: (sample.about["order"], sample.slug))


def check(database: Database) -> None:
    """Raises Conflict where this is no demo: an installation in use, with people of its own."""
    with database.read() as session:
        started = select(AuditEntry.seq).where(AuditEntry.action == _STARTED).limit(1)
        if session.scalar(started) is not None:
            return
        if session.scalar(select(User.id).where(User.password_hash.is_not(None)).limit(1)):
            raise Conflict(
                "This installation is in use, and the demo would change the passwords of its "
                "people. Give the demo a folder of its own with --home."
            )
    with database.write() as session:
        audit.append(session, _STARTED, "demo", actor=None, at=now(session))


def load(database: Database, sample: Sample) -> tuple[int, int] | None:
    """Make a sample's project, with its items and judgments, as far as it is not there.

    How many of each were stored; None when all was there already.
    """
    with database.write() as session:
        project = _project(session, sample)
    items = _items(database, project, sample)
    judgments = _judgments(database, project, sample)
    _practice(database, project, sample)
    _gold(database, project, sample)
    return (items, judgments) if items or judgments else None


def _project(session: Session, sample: Sample) -> Project:
    about, at = sample.about, now(session)
    found = session.scalars(select(Project).where(Project.slug == sample.slug)).one_or_none()
    if found is not None:
        return found
    project = projects.create_project(
        session,
        slug=sample.slug,
        type_slug=about["type"],
        title=about["title"],
        overlap=about["overlap"],
        config=about["config"],
        now=at,
    )
    es, en = ((sample.folder / f"guideline.{each}.md").read_text("utf-8") for each in ("es", "en"))
    publish(session, project, Draft(es, en), now=at)
    floor = about.get("agreement_floor")
    if floor is not None:
        set_watch(session, project, agreement_floor=floor, queue_days=QUEUE_DAYS, now=at,
                  actor=None)  # fmt: skip
    return project


def _items(database: Database, project: Project, sample: Sample) -> int:
    if _has(database, project, "items"):
        return 0
    task_type = task_types.get(project.type)
    source = open_source(sample.folder / "items.jsonl", "items.jsonl")
    with (
        import_items.prepare(source, task_type, project.config) as prepared,
        database.write() as session,
    ):
        at = now(session)
        return import_items.import_items(session, project, prepared, now=at, actor=None).new


def _judgments(database: Database, project: Project, sample: Sample) -> int:
    path = sample.folder / "judgments.jsonl"
    if not path.exists() or _has(database, project, "judgments"):
        return 0
    with (
        import_judgments.prepare(database, project, _told(sample, path)) as prepared,
        database.write() as session,
    ):
        at = now(session)
        counts = import_judgments.import_judgments(session, project, prepared, now=at, actor=None)
        return counts.new


def _told(sample: Sample, path: Path) -> Source:
    """The sample's judgments, in their weeks where it has some."""
    weeks = sample.about.get("weeks")
    if weeks is None:
        return open_source(path, path.name)
    lines = dated(sample.folder / "items.jsonl", path, weeks, datetime.now(UTC))
    return open_source(BytesIO(b"".join(lines)), path.name)


def _gold(database: Database, project: Project, sample: Sample) -> None:
    """Items whose answer is known, where the sample has some and nobody has made any yet."""
    path = sample.folder / "gold.jsonl"
    if not path.exists():
        return
    with database.read() as session:
        any_gold = select(Gold.id).where(Gold.project_id == project.id)
        if session.scalar(any_gold.limit(1)) is not None:
            return
    with (
        load_gold.prepare(open_source(path, path.name)) as prepared,
        database.write() as session,
    ):
        at = now(session)
        load_gold.load_gold(session, project, prepared, now=at, actor=None)
        hidden = replace(gold.Settings.of(project), gold_percent=GOLD_PERCENT)
        gold.change_settings(session, project, hidden, now=at, actor=None)


def _practice(database: Database, project: Project, sample: Sample) -> None:
    """Practice items and a pass mark, where the sample has them and nobody has touched them yet.

    Whoever has judged there already need not practise.
    """
    path = sample.folder / "practice.jsonl"
    if not path.exists():
        return
    with database.read() as session:
        any_item = select(PracticeItem.id).where(PracticeItem.project_id == project.id)
        if session.scalar(any_item.limit(1)) is not None:
            return
    task_type = task_types.get(project.type)
    source = open_source(path, path.name)
    with (
        practice_items.prepare(source, task_type, project.config) as prepared,
        database.write() as session,
    ):
        at = now(session)
        practice_items.add_items(session, project, prepared, now=at, actor=None)
        qualify.set_pass_mark(session, project, PASS_MARK, now=at, actor=None)


def _has(database: Database, project: Project, kind: str) -> bool:
    with database.read() as session:
        found = select(Brought.id).where(Brought.project_id == project.id, Brought.kind == kind)
        return session.scalar(found.limit(1)) is not None


def let_in(database: Database) -> list[LogIn]:
    """Make the four people where they are missing, put them on every project, and give each a new
    password, which ends their sessions."""
    log_ins = [LogIn(name, role, locale, new_password()) for name, role, locale, _ in PEOPLE]
    hashes = {person.name: login.hash_password(person.password) for person in log_ins}
    with database.write() as session:
        at = now(session)
        everything = session.scalars(select(Project).order_by(Project.id)).all()
        for name, role, locale, speaks in PEOPLE:
            user = session.scalars(select(User).where(User.name == name)).one_or_none()
            if user is None:
                user = accounts.create_user(
                    session, name=name, role=role, now=at, locale=locale, speaks=speaks
                )
            for project in everything:
                if session.get(Membership, (project.id, user.id)) is None:
                    projects.add_member(session, project, user, role=role, now=at)
            accounts.set_password(session, user, hashes[name], at, actor=None)
    return log_ins


def new_password() -> str:
    """Four words that can be read out, such as "kodu-mave-pilo-tuze": 49 random bits."""
    syllables = [secrets.choice(_CONSONANTS) + secrets.choice(_VOWELS) for _ in range(8)]
    return "-".join(a + b for a, b in zip(syllables[::2], syllables[1::2], strict=True))
