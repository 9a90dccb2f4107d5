"""Pace: judgments a day, the forecast, times; one reviewer's by the address; CSV."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.cast import Cast, make_item
from tests.sample_projects import make_sample_project
from tests.web.conftest import Browser, ClientFor
from tests.web.stage import meet
from workbench import task_types
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import Item, Membership, Project
from workbench.queries import pace
from workbench.queries.items import as_item
from workbench.queries.review import Someone
from workbench.services.submit import Submission, submit
from workbench.web import pace as web_pace
from workbench.web.charts import stacked_days
from workbench.web.request import WorkbenchFlask

PAGE = "/projects/main/quality/pace"
BOGOTA = ZoneInfo("America/Bogota")


def _look(browser: Browser, page: str = PAGE, **query: str) -> TestResponse:
    return browser.look(page, query_string=query)


def _csv(answer: TestResponse) -> list[dict[str, str]]:
    assert answer.mimetype == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


@pytest.fixture
def worked(database: Database, cast: Cast) -> Project:
    """Ana judged two items on each of the four days before today, Beto one; some are left."""
    task_type = task_types.get(cast.project.type)
    with database.write() as writing:
        now = database_now(writing)
        for n in range(4):
            at = now - timedelta(days=n + 1)
            for k, who in enumerate((cast.ana, cast.ana, cast.beto)):
                item_id = make_item(writing, cast.project, f"i{n}-{k}").id
                meet(writing, cast.project, item_id, who)
                item = as_item(writing.get_one(Item, item_id))
                answer = task_type.example_answer(item, cast.project.config)
                key = f"{item_id}-{who.id}"
                sent = Submission(item_id, who.id, answer, 1, key, 0, active_ms=8000 * (k + 1))
                submit(writing, sent, at)
    return cast.project


def _pseudonym(database: Database, project: Project, user_id: int) -> str:
    with database.read() as reading:
        found = select(Membership.pseudonym).where(
            Membership.project_id == project.id, Membership.user_id == user_id
        )
        return str(reading.scalars(found).one())


def test_days_and_times_are_counted(
    luz: Browser, database: Database, cast: Cast, worked: Project
) -> None:
    text = _look(luz).text
    assert text.count('class="chart"') == 3
    assert "From the last 4 working days" in text
    assert "Done about" in text
    rows = _csv(_look(luz, format="days"))
    ana = _pseudonym(database, worked, cast.ana.id)
    assert [row["judgments"] for row in rows if row["reviewer"] == ana] == ["2"] * 4
    assert len(rows) == 8
    [hers] = [row for row in _csv(_look(luz, format="times")) if row["reviewer"] == ana]
    assert (hers["judgments"], float(hers["median_s"])) == ("8", 12.0)
    assert float(hers["median_characters"]) > 0


def test_what_is_left_goes_on_into_the_forecast(luz: Browser, cast: Cast, worked: Project) -> None:
    text = _look(luz).text
    assert "What is left, day by day" in text
    assert "the dashed line is what is likely left" in text
    rows = _csv(_look(luz, format="backlog"))
    past, ahead = rows[: pace.DAYS], rows[pace.DAYS :]
    assert past[-1]["left"] == str(12 * cast.project.overlap - 12)
    assert sum(int(row["judged"]) for row in past) == 12
    assert all(not row["low"] for row in past)
    assert (ahead[-1]["left"], ahead[-1]["high"]) == ("0", "0")
    assert all(int(row["low"]) <= int(row["left"]) <= int(row["high"]) for row in ahead)


def test_days_are_stacked_by_those_who_judged_most_and_others(app: WorkbenchFlask) -> None:
    days = pace.Days(
        tuple(datetime(2026, 11, n, tzinfo=UTC).date() for n in (26, 27)),
        {n: (n, 1) for n in range(1, 12)},
    )
    people = {n: Someone(f"r-{n}") for n in range(1, 12)}
    stack = web_pace._stack(days, people)
    assert [who.pseudonym if who else None for who, _ in stack] == [
        *(f"r-{n}" for n in range(11, 3, -1)), None
    ]  # fmt: skip
    assert list(stack[-1][1]) == [1 + 2 + 3, 3]
    parts = [(who.pseudonym if who else "o", counts) for who, counts in stack]
    with app.test_request_context():
        made = stacked_days("label", days.dates, parts)
    bars, texts = (each["data"]["values"] for each in made.spec["layer"])
    first = [row for row in bars if row["start"].startswith("2026-11-26")]
    assert [(row["from"], row["to"]) for row in first][-1] == (60, 66)
    assert all(one["to"] == other["from"] for one, other in pairwise(first))
    # What is thinner than a letter has no number in it, and what is others' never.
    assert {row["written"] for row in texts} == {str(n) for n in range(1, 8)}


def test_the_stack_has_its_key_and_gives_way_to_one_reviewer(
    luz: Browser, database: Database, cast: Cast, worked: Project
) -> None:
    text = _look(luz).text
    assert text.count('class="swatch') == 2
    ana = _pseudonym(database, worked, cast.ana.id)
    assert 'class="swatch' not in _look(luz, reviewer=ana).text


def test_one_reviewer_is_chosen_in_the_address(
    luz: Browser, client_for: ClientFor, database: Database, cast: Cast, worked: Project
) -> None:
    ana = _pseudonym(database, worked, cast.ana.id)
    text = _look(luz, reviewer=ana).text
    assert f'<option value="{ana}" selected>' in text
    assert _look(luz, reviewer="nobody").status_code == 404
    assert _look(luz, format="exe").status_code == 404
    # Who does not lead knows nobody by name.
    assert cast.ana.name not in _look(client_for(cast.edu), reviewer=ana).text


def test_what_was_judged_elsewhere_is_no_pace(luz: Browser, database: Database, cast: Cast) -> None:
    make_sample_project(database, cast, "ranking")
    text = _look(luz, "/projects/sample-ranking/quality/pace").text
    assert "Nobody judged here in the last four weeks." in text
    assert "It cannot be said yet" in text
    assert "No judgment was timed yet." in text
    # What is left is drawn alone.
    assert text.count('class="chart"') == 1
    assert "What is left, day by day" in text


def test_days_without_work_are_passed_over_in_the_calendar() -> None:
    # Mondays to Fridays of four weeks, ten judgments each; today is a Friday.
    today = datetime(2026, 11, 27, tzinfo=UTC).date()
    dates = tuple(today - timedelta(days=pace.DAYS - 1 - n) for n in range(pace.DAYS))
    counts = tuple(10 if day.weekday() < 5 else 0 for day in dates)
    found = pace.finish(pace.Days(dates, {1: counts}), 30)
    assert found.n_days == 19  # today is not over
    assert found.likely == datetime(2026, 12, 2, tzinfo=UTC).date()
    assert found.early == found.late == found.likely


def test_it_is_in_spanish_too(client_for: ClientFor, cast: Cast, worked: Project) -> None:
    text = _look(client_for(cast.luz, locale="es")).text
    assert "Ritmo" in text
    assert "Juicios por día" in text
