"""Pace: judgments a day, the forecast, times; one reviewer's by the address; CSV."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta
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
from workbench.services.submit import Submission, submit

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
    assert 'class="chart"' not in text


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
