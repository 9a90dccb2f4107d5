"""Reviewer by reviewer: the picture for two people and for fifty, the table, the CSV."""

from __future__ import annotations

import csv
import io
import json
import re
from typing import Any

import pytest
from sqlalchemy import select

from tests.arrivals import A_BETTER, B_BETTER, bring_items, bring_judgments, raw_item, raw_judgment
from tests.cast import Cast
from tests.web.conftest import Browser, ClientFor
from workbench.db import Database
from workbench.models import Item

PAGE = "/projects/main/quality/pairs"


def _rows(browser: Browser, **query: str) -> list[dict[str, str]]:
    answer = browser.look(PAGE, query_string={"format": "csv", **query})
    assert answer.mimetype == "text/csv"
    return list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))


def _cells(text: str) -> dict[tuple[str, str], dict[str, Any]]:
    found = re.search(r'<script type="application/json">(.*?)</script>', text, re.DOTALL)
    assert found is not None
    rows = json.loads(found[1])["layer"][0]["data"]["values"]
    return {(row["row"], row["column"]): row for row in rows}


@pytest.fixture
def three(database: Database, cast: Cast) -> None:
    """r1 and r2 are of one mind on one item of two; r3 judged another one alone."""
    bring_items(database, cast.project, [raw_item(name) for name in "abc"])
    given = [("a", "r1", A_BETTER), ("a", "r2", A_BETTER), ("b", "r1", A_BETTER),
             ("b", "r2", B_BETTER), ("c", "r3", A_BETTER)]  # fmt: skip
    bring_judgments(database, cast.project, [raw_judgment(*each) for each in given])


@pytest.mark.usefixtures("three")
def test_pairs_are_shaded_listed_and_come_as_csv(luz: Browser) -> None:
    text = luz.look(PAGE).text
    cells = _cells(text)
    assert cells["r1", "r2"]["share"] == cells["r2", "r1"]["share"] == 0.5
    assert "the same answer to 50 % of 2 items" in cells["r1", "r2"]["says"]
    assert cells["r1", "r1"]["share"] is None
    assert "The faintest shade is 40 %, the strongest 50 %." in text
    [both] = [row for row in _rows(luz) if row["agreement"]]
    assert (both["reviewer_a"], both["reviewer_b"], both["items"]) == ("r1", "r2", "2")
    assert float(both["agreement"]) == 0.5


def test_of_fifty_people_the_picture_is_scrolled(
    luz: Browser, database: Database, cast: Cast
) -> None:
    bring_items(database, cast.project, [raw_item("a")])
    with database.write() as writing:
        item = writing.scalars(select(Item)).one()
        item.wanted = item.slots_left = 50
    given = [raw_judgment("a", f"r{n:02}", A_BETTER if n % 3 else B_BETTER) for n in range(50)]
    bring_judgments(database, cast.project, given)
    text = luz.look(PAGE).text
    assert len(_cells(text)) == 2500
    assert 'class="chart fixed"' in text
    assert "more rows are in the CSV" in text
    assert len(_rows(luz)) == 50 * 49 // 2


def test_without_pairs_the_page_says_so(luz: Browser) -> None:
    text = luz.look(PAGE).text
    assert "No two reviewers have judged the same item yet." in text
    assert "application/json" not in text


@pytest.mark.usefixtures("three")
def test_another_question_is_in_the_address(luz: Browser) -> None:
    assert luz.look(PAGE, query_string={"question": "nothing"}).status_code == 404
    assert luz.look(PAGE, query_string={"format": "exe"}).status_code == 404


@pytest.mark.usefixtures("three")
def test_the_quality_page_leads_there_also_in_spanish(client_for: ClientFor, cast: Cast) -> None:
    spanish = client_for(cast.luz, locale="es")
    assert PAGE in spanish.look("/projects/main/quality").text
    assert "Dos evaluadores" in spanish.look(PAGE).text
