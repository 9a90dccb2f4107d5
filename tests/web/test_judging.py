"""The page on who is reliable, which model is better and what moves the judging."""

from __future__ import annotations

import re

from tests.cast import Cast
from tests.sample_projects import make_sample_project
from tests.web.conftest import Browser, ClientFor
from tests.web.test_settle import said
from workbench.db import Database
from workbench.queries.reliability import model_league, reliability
from workbench.stats import League
from workbench.web.judging import Bar, bar


def test_real_judgments_give_reviewers_and_models(
    client_for: ClientFor, database: Database, cast: Cast
) -> None:
    project = make_sample_project(database, cast, "ranking")
    with database.read() as session:
        lines = reliability(session, project).reviewers
        league = model_league(session, project)
    seen = said(client_for(cast.luz).look(f"/projects/{project.slug}/quality/judging").text)
    assert "How often each person says what is likely true" in seen
    for line in lines:
        assert line.pseudonym in seen
        assert line.accuracy is not None
        assert f"{round(100 * line.accuracy)}" in seen
    assert isinstance(league, League)
    if league.models is None:
        assert str(league.undefined) in seen
    else:
        assert all(model in seen for model in league.models["model"])


def test_without_judgments_each_part_says_why_it_is_empty(
    client_for: ClientFor, cast: Cast
) -> None:
    seen = said(client_for(cast.luz).look("/projects/main/quality/judging").text)
    assert "There are no judgments yet." in seen
    assert "No two models have been compared yet." in seen
    assert seen.count("not enough to tell") == 6


def test_a_type_that_compares_nothing_says_so(
    client_for: ClientFor, database: Database, cast: Cast
) -> None:
    project = make_sample_project(database, cast, "bias")
    seen = said(client_for(cast.luz).look(f"/projects/{project.slug}/quality/judging").text)
    assert "This type of task compares none." in seen
    assert "so it has no league of models" in seen


def test_only_leads_read_names(client_for: ClientFor, database: Database, cast: Cast) -> None:
    project = make_sample_project(database, cast, "ranking")

    def opened(browser: Browser) -> str:
        return said(browser.look(f"/projects/{project.slug}/quality/judging").text)

    engineer = re.findall(r"\w+", opened(client_for(cast.edu)))
    assert not {"ana", "beto"} & set(engineer)


def test_a_bar_lies_within_its_scale() -> None:
    assert bar(0.5, 0.25, 0.75, 0, 1) == Bar(25.0, 75.0, 50.0)
    assert bar(2, -1, 3, 0, 1) == Bar(0.0, 100.0, 100.0)
    assert bar(1, 1, 1, 1, 1) == Bar(50.0, 50.0, 50.0)
