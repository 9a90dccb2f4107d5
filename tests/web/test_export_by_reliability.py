"""Exports by reliability in the browser: asked for, made, asked for again, and refused."""

from __future__ import annotations

import html
import re

import pytest
from sqlalchemy import select

from tests.arrivals import bring_items, bring_judgments, raw_item, raw_judgment
from tests.cast import Cast
from tests.sample_projects import make_sample_project
from tests.web.conftest import Browser, ClientFor
from workbench import task_types
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import ExportFile, Project
from workbench.services import projects
from workbench.services.make_export import stored_manifest

FORM = {"format": "trl-preference", "aggregate": "weighted", "min_posterior": "66,5 %"}


@pytest.fixture
def edu(client_for: ClientFor, cast: Cast) -> Browser:
    return client_for(cast.edu)


def test_a_set_says_whom_it_trusted_and_is_asked_for_again(
    edu: Browser, database: Database, cast: Cast
) -> None:
    project = make_sample_project(database, cast, "ranking")
    shown = edu.send(f"/projects/{project.slug}/exports/preview", FORM)
    assert "--aggregate weighted --min-posterior 0.665" in " ".join(_text(shown.text).split())
    made = edu.send(f"/projects/{project.slug}/exports", FORM)
    assert made.status_code == 303
    with database.read() as session:
        trust = stored_manifest(session.scalars(select(ExportFile)).one()).meta.trust
    assert trust is not None
    page = edu.look(made.location).text
    for told in (shown.text, page):
        for who, weight in trust.told["weights"].items():
            assert f'<td>{who}</td><td class="num">{weight:.2f}</td>' in told
    again = re.search(r'href="([^"]+min_posterior=66\.5[^"]*)"', html.unescape(page))
    assert again is not None
    form = edu.look(again[1]).text
    assert re.search(r'name="aggregate" value="weighted" checked', form)
    assert re.search(r'id="min_posterior"[^>]*value="66\.5"', form)


def _text(page: str) -> str:
    return html.unescape(re.sub(r"<[^>]+>", " ", page))


@pytest.mark.parametrize("wrong", ["x", "-1", "101", "1e1"])
def test_a_percentage_that_is_none_is_told_at_its_field(
    edu: Browser, database: Database, cast: Cast, wrong: str
) -> None:
    project = make_sample_project(database, cast, "ranking")
    refused = edu.send(f"/projects/{project.slug}/exports", {**FORM, "min_posterior": wrong})
    assert refused.status_code == 422
    assert 'id="min_posterior-error"' in refused.text
    assert 'id="min_agreement-error"' not in refused.text


@pytest.mark.parametrize("where", ["exports", "exports/preview"])
@pytest.mark.parametrize(
    ("form", "field"),
    [
        ({"aggregate": "weighted"}, "aggregate"),
        ({"aggregate": "majority", "min_posterior": "90"}, "min_posterior"),
    ],
)
def test_where_nothing_has_one_true_value_it_is_not_offered_and_refused(
    edu: Browser, database: Database, cast: Cast, where: str, form: dict[str, str], field: str
) -> None:
    project = _rated(database, cast)
    page = edu.look(f"/projects/{project.slug}/data").text
    assert 'value="majority"' in page
    assert 'value="weighted"' not in page
    assert 'id="min_posterior"' not in page
    refused = edu.send(f"/projects/{project.slug}/{where}", {"format": "attribute-ratings", **form})
    assert refused.status_code == 422
    assert f'id="{field}-error"' in refused.text
    assert "has no one true answer" in refused.text
    with database.read() as session:
        assert session.scalars(select(ExportFile)).all() == []


def _rated(database: Database, cast: Cast) -> Project:
    with database.write() as writing:
        moment = database_now(writing)
        project = projects.create_project(
            writing, slug="rated", type_slug="rating", title={"es": "R", "en": "R"}, overlap=2,
            config={}, now=moment,
        )  # fmt: skip
        projects.add_member(writing, project, cast.edu, role="engineer", now=moment)
    bring_items(database, project, [raw_item("i1")])
    kind = task_types.get("rating")
    with database.read() as session:
        config = session.get_one(Project, project.id).config
    keys = [each["key"] for each in config["attributes"]]
    least = config["attributes"][0]["scale"]["least"]
    answer = {"ratings": {i: dict.fromkeys(keys, least) for i in "ab"}, "cannot_judge": {}}
    assert kind.slug == project.type
    bring_judgments(database, project, [raw_judgment("i1", who, answer) for who in ("r1", "r2")])
    return project
