"""A lead says how many judgments items get, and sees what that rests on, spends and saves."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select

from tests.cast import Cast, make_item
from tests.flows.acts import judge, must_take
from tests.web.conftest import Browser, ClientFor
from workbench.db import Database
from workbench.models import Item, Learnt, Project
from workbench.services.overlap import Rule

OVERLAP = "/projects/main/overlap"
ADAPTS = {"way": "adapts", "overlap": "2", "most": "4", "confidence": "90", "audit": "0"}


@pytest.fixture
def database_url(one_url: str) -> str:
    """Pages are asked of no database."""
    return one_url


@pytest.fixture
def judged(database: Database, cast: Cast) -> None:
    """Twenty items, on which two people agree but for the last two."""
    with database.write() as session:
        items = [make_item(session, cast.project, f"item {n}") for n in range(20)]
        for who, differs in ((cast.ana, False), (cast.beto, True)):
            for n, item in enumerate(items):
                must_take(session, cast.project, who)
                judge(session, item.id, who, "ab"[(n % 2) ^ (differs and n >= 18)])


def _rule(database: Database, cast: Cast) -> Rule:
    with database.read() as reading:
        return Rule.of(reading.get_one(Project, cast.project.id))


@pytest.mark.usefixtures("judged")
def test_a_lead_lets_it_adapt_and_items_in_doubt_are_asked_again(
    luz: Browser, database: Database, cast: Cast
) -> None:
    page = luz.look(OVERLAP).text
    assert "Nothing was learnt yet" in page
    assert re.search(r'value="fixed" checked', page)
    answer = luz.send(OVERLAP, {**ADAPTS, "confidence": "90,5"})
    assert answer.location == f"{OVERLAP}?saved=1"
    assert _rule(database, cast) == Rule(2, 4, 0.905, 0)
    with database.read() as reading:
        again = select(Item.external_id).where(Item.wanted == 3, Item.slots_left == 1)
        assert set(reading.scalars(again)) == {"item 18", "item 19"}
        assert reading.scalars(select(Learnt)).one().judgments == 40
    page = luz.look(OVERLAP).text
    assert re.search(r'value="adapts" checked', page)
    assert "from 40 judgments of 2 people on 20 items" in page
    assert re.search(r"Finished items</dt><dd>18<", page)
    assert re.search(r"Judgments saved</dt><dd>36 <small>beside 4 for each", page)
    assert "2 more items are in doubt" in page


@pytest.mark.usefixtures("judged")
def test_a_fixed_number_again_keeps_the_other_numbers_for_later(
    luz: Browser, database: Database, cast: Cast
) -> None:
    luz.send(OVERLAP, ADAPTS)
    answer = luz.send(OVERLAP, {"way": "fixed", "overlap": "2", "confidence": "much"})
    assert answer.status_code == 303
    assert _rule(database, cast) == Rule(2, None, 0.9, 0)
    with database.read() as reading:
        assert set(reading.scalars(select(Item.wanted))) == {2}


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"overlap": ""}, "overlap"),
        ({"overlap": "-1"}, "overlap"),
        ({"overlap": "0"}, "overlap"),
        ({"most": "2"}, "most"),
        ({"most": "1e9"}, "most"),
        ({"confidence": "sure"}, "confidence"),
        ({"confidence": "nan"}, "confidence"),
        ({"confidence": "101"}, "confidence"),
        ({"confidence": "1e999"}, "confidence"),
        ({"audit": "-1"}, "audit"),
    ],
)
def test_what_cannot_be_is_named_and_changes_nothing(
    luz: Browser, database: Database, cast: Cast, change: dict[str, str], field: str
) -> None:
    answer = luz.send(OVERLAP, {**ADAPTS, **change})
    assert answer.status_code == 422
    assert re.search(rf'id="{field}-more" class="error-text"', answer.text)
    assert re.search(r'value="adapts" checked', answer.text), "what was entered stays"
    assert _rule(database, cast) == Rule(2, None, 0.98, 0.05)
    with database.read() as reading:
        assert reading.scalars(select(Learnt)).all() == []


def test_where_it_cannot_adapt_the_page_says_why_and_offers_a_number_alone(
    luz: Browser, database: Database, cast: Cast
) -> None:
    with database.write() as session:
        project = session.get_one(Project, cast.project.id)
        project.type = "rewrite"
        project.config = {"problems": []}
    page = luz.look(OVERLAP).text
    assert "good texts differ" in page
    assert 'name="most"' not in page
    assert luz.send(OVERLAP, ADAPTS).status_code == 422
    assert luz.send(OVERLAP, {"overlap": "3"}).status_code == 303
    assert _rule(database, cast).start == 3


def test_leads_find_it_on_the_quality_page_and_engineers_do_not(
    luz: Browser, client_for: ClientFor, cast: Cast
) -> None:
    assert OVERLAP in luz.look("/projects/main/quality").text
    assert OVERLAP not in client_for(cast.edu).look("/projects/main/quality").text
