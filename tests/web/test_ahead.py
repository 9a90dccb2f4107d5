"""A lead lets items stand ahead of the queue, and sees which models are in doubt."""

from __future__ import annotations

import re

import pytest
from sqlalchemy import select, update

from tests.cast import Cast, make_item
from tests.flows.acts import judge, must_take
from tests.web.conftest import Browser, ClientFor
from workbench.db import Database
from workbench.models import AuditEntry, Item, PairsChosen, Project

OVERLAP, PAIRS = "/projects/main/overlap", "/projects/main/overlap/pairs"


@pytest.fixture
def database_url(one_url: str) -> str:
    """Pages are asked of no database."""
    return one_url


@pytest.fixture
def waiting(database: Database, cast: Cast) -> None:
    """Four judged items of two models, and ten that wait, the last of three models."""
    with database.write() as session:
        for n in range(4):
            item = make_item(session, cast.project, f"done {n}").id
            for who in (cast.ana, cast.beto):
                must_take(session, cast.project, who)
                judge(session, item, who, "ab"[n == 3])
        for n in range(10):
            make_item(session, cast.project, f"item {n}")
        third = [{"id": "a", "model": "model-three", "text": "x"},
                 {"id": "b", "model": "model-one", "text": "y"}]  # fmt: skip
        make_item(session, cast.project, "third", responses=third)
        make_item(session, cast.project, "last")


def _ahead(database: Database) -> list[str]:
    with database.read() as reading:
        ahead = select(Item.external_id).where(Item.queue_key < 0).order_by(Item.queue_key)
        return list(reading.scalars(ahead))


@pytest.mark.usefixtures("waiting")
def test_a_lead_lets_items_stand_ahead_and_sees_what_is_in_doubt(
    luz: Browser, database: Database, cast: Cast
) -> None:
    page = luz.look(OVERLAP).text
    assert "Which items come first" in page
    assert re.search(r'name="pairs" value="off" checked', page)
    assert "stand ahead now" not in page
    answer = luz.send(PAIRS, {"pairs": "ahead", "ahead": "3"})
    assert answer.location == f"{OVERLAP}?arranged=1"
    assert _ahead(database)[0] == "third"
    assert len(_ahead(database)) == 3
    page = luz.look(f"{OVERLAP}?arranged=1").text
    assert "was chosen anew" in page
    assert re.search(r'name="pairs" value="ahead" checked', page)
    assert "3 items stand ahead now, of 3 at most" in page
    assert "by 8 comparisons of 3 models" in page
    rows = re.findall(r'<tr><th scope="row">([\w-]+)</th><td>([\w-]+)</td>', page)
    assert len(rows) == 3
    assert ("model-one", "model-two") in rows
    with database.read() as reading:
        entry = reading.scalars(
            select(AuditEntry).where(AuditEntry.action == "project.pairs")
        ).one()
        assert (entry.actor_id, entry.detail) == (cast.luz.id, {"ahead": 3})


@pytest.mark.usefixtures("waiting")
def test_off_puts_all_of_them_back(luz: Browser, database: Database) -> None:
    luz.send(PAIRS, {"pairs": "ahead", "ahead": "3"})
    assert luz.send(PAIRS, {"pairs": "off", "ahead": "much"}).status_code == 303
    assert _ahead(database) == []
    assert "stand ahead now" not in luz.look(OVERLAP).text


@pytest.mark.parametrize("ahead", ["", "0", "-3", "501", "1e9", "three"])
def test_what_cannot_be_is_named_and_changes_nothing(
    luz: Browser, database: Database, cast: Cast, ahead: str
) -> None:
    answer = luz.send(PAIRS, {"pairs": "ahead", "ahead": ahead})
    assert answer.status_code == 422
    assert re.search(r'id="ahead-more" class="error-text"', answer.text)
    assert re.search(r'name="pairs" value="ahead" checked', answer.text), "what was entered stays"
    assert re.search(r'name="overlap" type="number" value="2"', answer.text)
    with database.read() as reading:
        assert reading.get_one(Project, cast.project.id).pairs_ahead is None
        assert reading.scalars(select(PairsChosen)).all() == []


def test_where_fewer_than_two_models_are_named_the_page_says_so(
    luz: Browser, database: Database, cast: Cast
) -> None:
    with database.write() as session:
        make_item(session, cast.project, "one", responses=[{"id": "a", "text": "x"},
                                                           {"id": "b", "text": "y"}])  # fmt: skip
    assert luz.send(PAIRS, {"pairs": "ahead", "ahead": "3"}).status_code == 303
    assert "fewer than two models" in luz.look(OVERLAP).text


def test_where_nothing_is_compared_the_page_says_so_and_offers_nothing(
    luz: Browser, database: Database, cast: Cast
) -> None:
    with database.write() as session:
        change = {"type": "rewrite", "config": {"problems": []}}
        session.execute(update(Project).where(Project.id == cast.project.id).values(change))
    page = luz.look(OVERLAP).text
    assert "compares no two responses" in page
    assert 'name="pairs"' not in page
    assert luz.send(PAIRS, {"pairs": "ahead", "ahead": "3"}).status_code == 422


@pytest.mark.usefixtures("waiting")
def test_no_reviewer_reads_a_models_name(luz: Browser, client_for: ClientFor, cast: Cast) -> None:
    luz.send(PAIRS, {"pairs": "ahead", "ahead": "3"})
    desk = client_for(cast.ana).get("/projects/main/desk", follow_redirects=True)
    assert "model-" not in desk.text
    assert client_for(cast.ana).get(OVERLAP).status_code == 403
