"""Agreement on whole rankings: the figures on the page and in the command."""

from __future__ import annotations

import json
from typing import Any

import pytest
from scipy.stats import kendalltau

from tests.arrivals import bring_items, bring_judgments, raw_item, raw_judgment
from tests.cast import Cast
from tests.cli.conftest import call, good
from tests.web.conftest import ClientFor
from workbench.db import Database
from workbench.queries import orders as module
from workbench.queries.orders import orders

PAGE = "/projects/main/quality/orders"
SECTION = 'hx-get="/projects/main/quality/orders"'


def _three(name: str) -> dict[str, Any]:
    texts = {"a": "One.", "b": "Two.", "c": "Three."}
    return raw_item(name, responses=[
        {"id": key, "text": text, "model": f"m{key}"} for key, text in texts.items()
    ])  # fmt: skip


def _ranks(*tiers: str) -> dict[str, Any]:
    return {"tiers": [list(tier) for tier in tiers], "unranked": [], "verdict": None,
            "strength": None, "reason": ""}  # fmt: skip


@pytest.fixture
def ranked(database: Database, cast: Cast) -> None:
    """Two items of three responses: the same order twice, and two that differ in one pair."""
    bring_items(database, cast.project, [_three("one"), _three("two")])
    given = [
        ("one", "r1", _ranks("a", "b", "c")),
        ("one", "r2", _ranks("a", "b", "c")),
        ("two", "r1", _ranks("a", "b", "c")),
        ("two", "r2", _ranks("b", "a", "c")),
    ]
    bring_judgments(database, cast.project, [raw_judgment(*each) for each in given])


@pytest.mark.usefixtures("ranked")
def test_the_figures_are_those_of_an_independent_library(database: Database, cast: Cast) -> None:
    with database.read() as session:
        [found] = orders(session, cast.project)
    taus = [kendalltau([1, 2, 3], each).statistic for each in ([1, 2, 3], [2, 1, 3])]
    assert found.tau.value == pytest.approx(sum(taus) / 2)
    # Two rankings of n: W = (mean of Spearman's rho + 1) / 2; rho is 1 and .5 here.
    assert found.w.value == pytest.approx((1 + 0.75) / 2)
    assert (found.w.n_items, found.w.n_judgments) == (2, 4)
    assert found.w.note is None


@pytest.mark.usefixtures("ranked")
def test_of_many_items_some_are_drawn_and_it_is_said(
    database: Database, cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_ITEMS", 1)
    with database.read() as session:
        [found] = orders(session, cast.project)
    assert found.w.n_items == 1
    assert "1 items drawn at random out of 2" in str(found.w.note)


@pytest.mark.usefixtures("ranked")
def test_the_quality_page_fetches_the_section_and_the_page_has_it_whole(
    client_for: ClientFor, cast: Cast
) -> None:
    luz = client_for(cast.luz)
    assert SECTION in luz.look("/projects/main/quality").text
    whole = luz.look(PAGE)
    assert whole.status_code == 200
    assert "0.88" in whole.text
    assert "<html" in whole.text
    part = luz.look(PAGE, headers={"HX-Request": "true"})
    assert "0.88" in part.text
    assert "<html" not in part.text
    assert "ordenamientos" in client_for(cast.luz, locale="es").look(PAGE).text


def test_where_pairs_alone_are_compared_there_is_none(
    client_for: ClientFor, database: Database, cast: Cast
) -> None:
    bring_items(database, cast.project, [raw_item("one")])
    answers = [raw_judgment("one", who) for who in ("r1", "r2")]
    bring_judgments(database, cast.project, answers)
    luz = client_for(cast.luz)
    assert luz.look(PAGE).status_code == 404
    assert SECTION not in luz.look("/projects/main/quality").text


@pytest.mark.usefixtures("ranked")
def test_the_command_tells_them_too(
    monkeypatch: pytest.MonkeyPatch, home: Any, database_url: str
) -> None:
    monkeypatch.setenv("WORKBENCH_HOME", str(home))
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", database_url)
    told = json.loads(good(call("agreement", "main", "--json")))
    found = {each["measure"]: each["value"] for each in told["measures"]}
    assert found["kendall_w"] == pytest.approx(0.875)
    assert found["kendall_tau_b"] == pytest.approx(2 / 3)
