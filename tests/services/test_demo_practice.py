"""The demo has one project that asks for practice, and somebody who is to practise there."""

from __future__ import annotations

from sqlalchemy import select

from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import PracticeItem, Project, User
from workbench.paths import data_dir
from workbench.queries.practice import must_practise
from workbench.services import demo, practice_items, qualify

SLUG = "sesgos-es"


def test_who_speaks_its_language_practises_first_and_loading_again_undoes_nothing(
    database: Database,
) -> None:
    [sample] = [each for each in demo.samples(data_dir("sample_tasks")) if each.slug == SLUG]
    demo.load(database, sample)
    demo.let_in(database)
    with database.write() as session:
        project = session.scalars(select(Project).where(Project.slug == SLUG)).one()
        people = {user.name: user.id for user in session.scalars(select(User))}
        assert project.practice_pass_mark == demo.PASS_MARK
        assert must_practise(session, project, people["revisora-es"])
        assert not must_practise(session, project, people["reviewer-en"])
        now = database_now(session)
        qualify.set_pass_mark(session, project, None, now=now, actor=None)
        for item in session.scalars(select(PracticeItem.id)).all():
            practice_items.retire(session, project, item, now=now, actor=None)
    demo.load(database, sample)
    with database.read() as session:
        project = session.scalars(select(Project).where(Project.slug == SLUG)).one()
        assert project.practice_pass_mark is None
        present = select(PracticeItem.id).where(PracticeItem.retired_at.is_(None))
        assert session.scalars(present).all() == []
