"""Snapshots in the browser: their names, what has changed since, and their card."""

from __future__ import annotations

import io
from datetime import timedelta

import pytest
from sqlalchemy import select

from tests.arrivals import as_bytes
from tests.cast import Cast, make_item
from tests.flows.acts import take_and_judge
from tests.sample_projects import make_sample_project
from tests.web.conftest import Browser, ClientFor
from workbench.db import Database
from workbench.db import now as database_now
from workbench.intake import open_source
from workbench.models import ExportFile, Item, Judgment, Membership, Project
from workbench.services import import_judgments
from workbench.services.undo import undo


@pytest.fixture
def edu(client_for: ClientFor, cast: Cast) -> Browser:
    return client_for(cast.edu)


@pytest.fixture
def pairs(database: Database, cast: Cast) -> Project:
    return make_sample_project(database, cast, "ranking")


def _make(edu: Browser, project: Project, **form: str) -> str:
    asked = {"format": "trl-preference", "aggregate": "each", **form}
    made = edu.send(f"/projects/{project.slug}/exports", asked)
    assert made.status_code == 303, made.text
    return made.location


def _correct(database: Database, project: Project) -> str:
    """A reviewer says the opposite of what they said; the name of the item."""
    with database.read() as session:
        judgment, name, who = session.execute(
            select(Judgment, Item.external_id, Membership.pseudonym)
            .join(Item, Item.id == Judgment.item_id)
            .join(
                Membership,
                (Membership.user_id == Judgment.user_id)
                & (Membership.project_id == Judgment.project_id),
            )
            .where(Judgment.project_id == project.id)
            .order_by(Judgment.id)
        ).first() or (None, None, None)
        tiers = judgment.answer["tiers"][::-1]
    answer = {**judgment.answer, "tiers": tiers}
    lines = as_bytes([{"item": name, "reviewer": who, "answer": answer}])
    source = open_source(io.BytesIO(lines), "again.jsonl")
    with (
        import_judgments.prepare(database, project, source) as checked,
        database.write() as writing,
    ):
        import_judgments.import_judgments(
            writing, project, checked, now=database_now(writing), actor=None, revise=True
        )
    return str(name)


def test_it_has_the_name_it_was_given_else_one_of_its_format_and_day(
    edu: Browser, pairs: Project, database: Database
) -> None:
    for name in ("november", "", ""):
        _make(edu, pairs, name=name)
    with database.read() as session:
        names = session.scalars(select(ExportFile.name).order_by(ExportFile.id)).all()
        day = f"{database_now(session):%Y-%m-%d}"
    assert names == ["november", f"trl-preference-{day}", f"trl-preference-{day}-2"]
    page = edu.look(f"/projects/{pairs.slug}/data").text
    assert ">november</a>" in page


@pytest.mark.parametrize("name", ["november", "No Such", "../x"])
def test_a_name_that_is_taken_or_none_is_refused_in_the_form(
    edu: Browser, pairs: Project, database: Database, name: str
) -> None:
    _make(edu, pairs, name="november")
    refused = edu.send(
        f"/projects/{pairs.slug}/exports", {"format": "trl-preference", "name": name}
    )
    assert refused.status_code == 422
    assert 'id="name-error"' in refused.text
    with database.read() as session:
        assert len(session.scalars(select(ExportFile)).all()) == 1


def test_its_page_tells_what_was_said_of_its_items_since(
    edu: Browser, pairs: Project, database: Database
) -> None:
    made = _make(edu, pairs, name="november")
    assert "Nothing was said of its items since it was made" in edu.look(made).text
    item = _correct(database, pairs)
    page = edu.look(made).text
    assert (
        f'<td class="file-name">{item}</td><td>a judgment was corrected</td><td>other rows</td>'
        in page
    )
    assert "1 would give other rows today, or none." in page
    again = _make(edu, pairs, name="december")
    assert "Nothing was said of its items since it was made" in edu.look(again).text


def test_a_judgment_that_was_taken_back_is_news(
    edu: Browser, cast: Cast, database: Database
) -> None:
    with database.write() as session:
        for name in ("first", "second"):
            make_item(session, cast.project, name)
            take_and_judge(session, cast.project, cast.ana)
    made = _make(edu, cast.project, name="november")
    with database.write() as session:
        undo(session, cast.project.id, cast.ana.id, database_now(session), timedelta(hours=1))
    page = edu.look(made).text
    assert (
        '<td class="file-name">second</td><td>a judgment was taken back</td><td>no rows</td>'
        in page
    )
    assert ">first</td>" not in page


def test_the_card_says_what_people_told(edu: Browser, pairs: Project) -> None:
    where = f"/projects/{pairs.slug}/card"
    told = {"summary": "Pairs.", "licence": "CC-BY-4.0", "use": "<b>DPO</b>", "pay": "COP 9.000"}
    saved = edu.send(where, told)
    assert saved.status_code == 303
    page = edu.look(saved.location).text
    assert "Saved." in page
    assert "COP 9.000</textarea>" in page
    page = edu.look(_make(edu, pairs)).text
    assert "COP 9.000" in page
    assert "&lt;b&gt;DPO&lt;/b&gt;" in page
    assert "license:" not in page


def test_a_card_too_long_changes_nothing(edu: Browser, pairs: Project, database: Database) -> None:
    refused = edu.send(f"/projects/{pairs.slug}/card", {"pay": "x" * 2001})
    assert refused.status_code == 422
    assert 'id="pay-error"' in refused.text
    with database.read() as session:
        assert session.get_one(Project, pairs.id).card is None
