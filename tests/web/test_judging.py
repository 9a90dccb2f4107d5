"""The page of who is reliable and what moves the judging."""

from __future__ import annotations

import csv
import io
from typing import Any

import pytest

from tests.arrivals import A_BETTER, TIED, bring_items, bring_judgments, raw_item, raw_judgment
from tests.cast import Cast, make_item
from tests.sample_projects import make_sample_project
from tests.web.conftest import Browser, ClientFor
from tests.web.seen import TAG, words
from tests.web.stage import judge
from workbench.db import Database
from workbench.db import now as database_now
from workbench.messages import N_
from workbench.models import Item, Membership
from workbench.services import accounts, projects
from workbench.services.claim import shown_order
from workbench.stats import PositionPreference, Speeding
from workbench.web.judging import Bar, bar, finding_bar


def _page(browser: Browser, slug: str) -> str:
    answer = browser.look(f"/projects/{slug}/quality/judging")
    assert answer.status_code == 200
    return answer.text


def _text(browser: Browser, slug: str) -> str:
    """What the page says, in one line."""
    return " ".join(TAG.sub(" ", _page(browser, slug)).split())


def test_quality_leads_to_it(database: Database, cast: Cast, luz: Browser) -> None:
    project = make_sample_project(database, cast, "ranking")
    text = luz.look(f"/projects/{project.slug}/quality").text
    assert f'href="/projects/{project.slug}/quality/judging"' in text


def test_real_judgments_have_reviewers_and_models(
    database: Database, cast: Cast, luz: Browser
) -> None:
    project = make_sample_project(database, cast, "ranking")
    text = _page(luz, project.slug)
    assert text.count('class="interval"') >= 3
    assert "Tells models apart" in text
    assert "Models by strength" in text
    # All judgments are from elsewhere, so no finding has a figure.
    assert text.count("not enough to tell") == 6
    assert "style=" not in text.partition("<main")[2]


@pytest.mark.parametrize("type_slug", ["bias", "adversarial"])
def test_a_type_that_compares_nothing_says_why(
    database: Database, cast: Cast, luz: Browser, type_slug: str
) -> None:
    seen = _text(luz, make_sample_project(database, cast, type_slug).slug)
    assert "This type of task compares none." in seen
    assert "This type of task compares no two responses" in seen
    assert "Tells models apart" not in seen


def test_an_empty_project_says_why(luz: Browser) -> None:
    seen = _text(luz, "main")
    assert "There are no judgments yet." in seen
    assert "No two models have been compared yet." in seen


def test_names_are_for_leads_alone(database: Database, cast: Cast, client_for: ClientFor) -> None:
    with database.write() as writing:
        answers = ([["a"], ["b"]], [["b"], ["a"]])
        for name, tiers in zip(("one", "two"), answers, strict=True):
            item = make_item(writing, cast.project, name)
            for who in (cast.ana, cast.beto):
                judge(writing, cast.project, item.id, who, tiers=tiers)
        pseudonym = writing.get_one(Membership, (cast.project.id, cast.ana.id)).pseudonym
    of_lead = _page(client_for(cast.luz), "main")
    of_engineer = _page(client_for(cast.edu), "main")
    assert "ana" in words(of_lead)
    assert "ana" not in words(of_engineer)
    assert pseudonym in of_lead
    assert pseudonym in of_engineer


def test_nobody_is_told_by_two_judgments(database: Database, cast: Cast, luz: Browser) -> None:
    with database.write() as writing:
        for name, tiers in (("one", [["a"], ["b"]]), ("two", [["b"], ["a"]])):
            item = make_item(writing, cast.project, name)
            for who in (cast.ana, cast.beto):
                judge(writing, cast.project, item.id, who, tiers=tiers)
    assert _text(luz, "main").count("too few to tell") == 2


def test_reviewers_and_others_do_not_see_it(cast: Cast, client_for: ClientFor) -> None:
    path = "/projects/main/quality/judging"
    assert client_for(cast.ana).look(path).status_code == 403
    assert client_for(cast.omar).look(path).status_code == 404


def test_it_speaks_spanish(database: Database, cast: Cast, client_for: ClientFor) -> None:
    project = make_sample_project(database, cast, "ranking")
    text = _page(client_for(cast.luz, locale="es"), project.slug)
    assert "Tells models apart" not in text
    assert "Models by strength" not in text
    assert "Distingue los modelos" in text


def test_a_bar_lies_on_its_scale_and_what_is_beyond_is_cut() -> None:
    drawn = bar(0.5, -1.0, 0.75, 0.0, 1.0)
    assert (drawn.left, drawn.at, drawn.right, drawn.neutral) == (0.0, 50.0, 75.0, None)


def _judged_here(database: Database, cast: Cast, people: int) -> str:
    """A project in which so many people take the response that they see first, of ten items."""
    with database.write() as writing:
        at = database_now(writing)
        project = projects.create_project(
            writing, slug="here", type_slug="ranking", title={"es": "A", "en": "H"},
            overlap=people, config={}, now=at,
        )  # fmt: skip
        projects.add_member(writing, project, cast.luz, role="lead", now=at)
        items = [make_item(writing, project, f"i{n}").id for n in range(10)]
        for number in range(people):
            who = accounts.create_user(writing, name=f"p{number}", role="reviewer", now=at,
                                       speaks=("en",))  # fmt: skip
            projects.add_member(writing, project, who, role="reviewer", now=at)
            for n, item in enumerate(items):
                first, second = shown_order(project.seed, writing.get_one(Item, item), who.id)
                taken = (first, second) if n + number < 11 else (second, first)
                judge(writing, project, item, who, tiers=[[one] for one in taken])
        return project.slug


def test_findings_of_many_have_a_bar_and_say_whether_they_are_clear(
    database: Database, cast: Cast, luz: Browser
) -> None:
    page = _page(luz, _judged_here(database, cast, 6))
    assert 'class="neutral"' in page
    assert "clear effect" in page


def test_findings_of_few_people_are_not_called_clear_of_bias(
    database: Database, cast: Cast, luz: Browser
) -> None:
    text = _text(luz, _judged_here(database, cast, 2))
    # Carry-over asks for five reviewers: a figure without an interval is no verdict.
    carried = text.partition("The item before")[2].partition("Hours at work")[0]
    assert "not enough to tell" in carried
    assert "clear effect" not in carried


_COUNTS: dict[str, Any] = {"n_items": 9, "n_judgments": 90, "n_reviewers": 9, "sentence": N_("x")}


def test_a_finding_lies_about_what_it_would_be_without_bias() -> None:
    drawn = finding_bar(PositionPreference(value=0.6, low=0.55, high=0.65, **_COUNTS))
    assert drawn == Bar(left=62.5, right=87.5, at=75.0, neutral=50.0)
    # One that reaches further makes the scale longer, and stays on it.
    wide = finding_bar(PositionPreference(value=0.9, low=0.4, high=1.0, **_COUNTS))
    assert wide == Bar(left=40.0, right=100.0, at=90.0, neutral=50.0)


def test_the_share_of_fast_judgments_is_of_all() -> None:
    drawn = finding_bar(Speeding(value=0.1, low=0.05, high=0.2, fastest=60.0, **_COUNTS))
    assert drawn == Bar(left=5.0, right=20.0, at=10.0)


def test_without_an_interval_there_is_no_bar() -> None:
    assert finding_bar(PositionPreference(value=0.6, low=None, high=None, **_COUNTS)) is None
    assert finding_bar(PositionPreference(value=None, low=None, high=None, **_COUNTS)) is None


def test_the_league_has_a_chart_and_comes_as_csv(
    luz: Browser, database: Database, cast: Cast
) -> None:
    make_sample_project(database, cast, "ranking")
    page = "/projects/sample-ranking/quality/judging"
    text = luz.look(page).text
    assert 'class="chart"' in text
    for what, head in (("league", "model,"), ("wins", "model,")):
        answer = luz.look(page, query_string={"format": what})
        assert answer.mimetype == "text/csv"
        lines = answer.data.decode("utf-8-sig").splitlines()
        assert lines[0].startswith(head)
        assert len(lines) > 2
    assert luz.look(page, query_string={"format": "exe"}).status_code == 404


def test_model_against_model_is_shaded_also_without_a_league(
    luz: Browser, database: Database, cast: Cast
) -> None:
    """m1 won two of three against m2 and tied one: its lead has no limit."""
    bring_items(database, cast.project, [raw_item(name) for name in "abc"])
    given = [("a", A_BETTER), ("b", A_BETTER), ("c", TIED)]
    bring_judgments(database, cast.project, [raw_judgment(n, "r", each) for n, each in given])
    page = "/projects/main/quality/judging"
    text = luz.look(page).text
    assert "m1 against m2: won 67 % of 3 (2 won, 1 tied, 0 lost)" in text
    assert "m2 against m1: won 0 % of 3 (0 won, 1 tied, 2 lost)" in text
    answer = luz.look(page, query_string={"format": "wins"})
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert [(row["model"], row["won"], row["tied"], row["lost"]) for row in rows] == [
        ("m1", "2", "1", "0"), ("m2", "0", "1", "2")
    ]  # fmt: skip
    assert float(rows[0]["share_won"]) == pytest.approx(2 / 3)
