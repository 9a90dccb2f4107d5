"""What the demo has ready: practice, weeks in which agreement fell, items whose answer is known."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import Item, Kind, Notice, PracticeItem, Project, User
from workbench.paths import data_dir
from workbench.queries.practice import must_practise
from workbench.queries.splits import question_named, split
from workbench.services import demo, practice_items, qualify
from workbench.services.watch import look, note

SLUG = "sesgos-es"
BOGOTA = ZoneInfo("America/Bogota")


def load(database: Database, slug: str) -> None:
    [sample] = [each for each in demo.samples(data_dir("sample_tasks")) if each.slug == slug]
    demo.load(database, sample)


def named(session: Session, slug: str) -> Project:
    return session.scalars(select(Project).where(Project.slug == slug)).one()


def test_who_speaks_its_language_practises_first_and_loading_again_undoes_nothing(
    database: Database,
) -> None:
    load(database, SLUG)
    demo.let_in(database)
    with database.write() as session:
        project = named(session, SLUG)
        people = {user.name: user.id for user in session.scalars(select(User))}
        assert project.practice_pass_mark == demo.PASS_MARK
        assert must_practise(session, project, people["revisora-es"])
        assert not must_practise(session, project, people["reviewer-en"])
        now = database_now(session)
        qualify.set_pass_mark(session, project, None, now=now, actor=None)
        for item in session.scalars(select(PracticeItem.id)).all():
            practice_items.retire(session, project, item, now=now, actor=None)
    load(database, SLUG)
    with database.read() as session:
        project = named(session, SLUG)
        assert project.practice_pass_mark is None
        present = select(PracticeItem.id).where(PracticeItem.retired_at.is_(None))
        assert session.scalars(present).all() == []


def test_in_the_pairs_agreement_fell_in_the_last_week_and_the_lead_is_told(
    database: Database,
) -> None:
    load(database, "pares-pandalm")
    demo.let_in(database)
    seen = look(database, BOGOTA)
    with database.write() as session:
        note(session, seen)
    with database.read() as session:
        project = named(session, "pares-pandalm")
        weeks = split(session, project, question_named(project, None), "week", BOGOTA).parts
        alphas = [week.alpha.value or 0.0 for week in weeks]
        assert len(alphas) == 6
        assert min(alphas[:-1]) > 0.8 > alphas[-1]
        [told] = session.scalars(select(Notice).where(Notice.kind == Kind.AGREEMENT))
        assert told.user_id == session.scalar(select(User.id).where(User.name == "lider"))
        assert told.facts["lately"]
        assert told.facts["value"] < 0.8


def test_of_some_attacks_the_answer_is_known_and_they_are_hidden(database: Database) -> None:
    load(database, "ataques-xstest")
    load(database, "ataques-xstest")
    with database.read() as session:
        project = named(session, "ataques-xstest")
        gold = select(func.count()).where(Item.project_id == project.id, Item.is_gold)
        assert session.scalar(gold) == 12
        assert project.gold_percent == demo.GOLD_PERCENT
