"""From where agreement fell to the items, the people and the clause behind it, and to settling."""

from __future__ import annotations

import csv
import io
import re

import pytest

from tests.cast import Cast
from tests.sample_projects import FALL, make_weeks_project
from tests.web.conftest import Browser, ClientFor
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import Project
from workbench.services.guideline import Draft, publish

PART = "/projects/weeks/quality/part"
DISPUTES = "/projects/weeks/disputes"
GUIDE = "# Pairs\n\nRead both.\n\n## Ties\n\nA tie is rare.\n\n## Empty answers\n\n- Both bad.\n"


@pytest.fixture
def weeks(database: Database, cast: Cast) -> Project:
    project = make_weeks_project(database, cast)
    with database.write() as writing:
        draft = Draft("# Pares", GUIDE, one_language=True)
        publish(writing, project, draft, now=database_now(writing))
    return project


def test_a_lead_sees_items_people_and_clauses_of_a_week(luz: Browser, weeks: Project) -> None:
    page = luz.look(PART, query_string={"by": "week", "part": FALL})
    assert page.status_code == 200
    assert "Week from Nov 16, 2026" in page.text
    assert "Items on which people differ" in page.text
    assert f"{DISPUTES}?by=week&amp;part={FALL}" in page.text
    assert re.findall(r"<summary[^>]*>([^<]+)</summary>", page.text) == [
        "Pairs", "Ties", "Empty answers"
    ]  # fmt: skip
    first = page.text.index("a1</")
    assert first < page.text.index("a2</")
    assert "/guideline/edit" in page.text


def test_an_engineer_sees_it_and_is_offered_nothing_that_only_leads_do(
    client_for: ClientFor, cast: Cast, weeks: Project
) -> None:
    page = client_for(cast.edu).look(PART, query_string={"by": "week", "part": FALL})
    assert page.status_code == 200
    assert DISPUTES + "?" not in page.text
    assert "/guideline/edit" not in page.text


def test_the_items_come_as_csv(luz: Browser, weeks: Project) -> None:
    query = {"by": "week", "part": FALL, "format": "csv"}
    answer = luz.look(PART, query_string=query)
    rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
    assert len(rows) > 10
    assert {row["reviewers"] for row in rows} == {"3"}


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"by": "moon"},
        {"by": "week"},
        {"by": "week", "part": "2026-W01"},
        {"by": "tag", "part": "<script>"},
        {"by": "week", "part": FALL, "question": "none"},
        {"by": "week", "part": FALL, "format": "xls"},
    ],
)
def test_what_there_is_not_is_not_found(
    luz: Browser, weeks: Project, query: dict[str, str]
) -> None:
    assert luz.look(PART, query_string=query).status_code == 404


def test_settling_keeps_to_the_part_until_it_is_empty(luz: Browser, weeks: Project) -> None:
    kept = {"by": "week", "part": FALL}
    page = luz.look(DISPUTES, query_string=kept)
    counted = re.search(r"Disagreement 1 of (\d+)", page.text)
    assert counted is not None
    assert "Week from Nov 16, 2026" in page.text
    for left in range(int(counted[1]) - 1, -1, -1):
        [action] = set(re.findall(r'id="settle" method="post" action="([^"]+)"', page.text))
        assert f"by=week&amp;part={FALL}" in action
        form = {"base": "0", "outcome": "open", "note": ""}
        page = luz.send(action.replace("&amp;", "&"), form)
        assert page.status_code == 303
        assert f"by=week&part={FALL}" in page.location
        page = luz.look(page.location)
        assert (f"Disagreement 1 of {left}" in page.text) == bool(left)
    assert "Nothing to settle" in page.text
    assert "Disagreement 1 of" in luz.look(DISPUTES).text


def test_answering_oneself_and_going_back_keep_to_the_part(luz: Browser, weeks: Project) -> None:
    page = luz.look(DISPUTES, query_string={"by": "week", "part": FALL})
    [own] = re.findall(r'href="([^"]+/own\?[^"]+)"', page.text)
    desk = luz.look(own.replace("&amp;", "&"))
    assert desk.status_code == 200
    assert f"/disputes?item={own.split('/')[-2]}&amp;by=week&amp;part={FALL}" in desk.text
    assert f"/answer?by=week&amp;part={FALL}" in desk.text


def test_a_part_that_is_not_there_settles_nothing(luz: Browser, weeks: Project) -> None:
    for query in ({"by": "moon"}, {"by": "week", "part": "2026-W01"}):
        assert luz.look(DISPUTES, query_string=query).status_code == 404
