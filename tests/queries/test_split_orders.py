"""Kendall's W and tau-b of whole rankings, part by part, against rankings compared one by one."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from scipy.stats import kendalltau, rankdata
from sqlalchemy import select

from tests.arrivals import A_BETTER, bring_items, bring_judgments, raw_item, raw_judgment
from tests.cast import Cast
from tests.judged_parts import GIVEN, Given, make_judged
from workbench.db import Database, now
from workbench.models import Project, User
from workbench.queries import orders as module
from workbench.queries.orders import Orders, orders
from workbench.queries.parts import Which, look_into
from workbench.queries.splits import WAYS, By, Split, question_named, split
from workbench.services.accounts import change_site

BOGOTA = ZoneInfo("America/Bogota")
RESPONSES = "abc"
Places = tuple[int, ...]


def _places(given: Given) -> Places:
    """The place of each response in a judgment, equal ones tied."""
    rng = np.random.default_rng([given.number, int(given.who[1])])
    return tuple(rng.integers(3, size=3).tolist())


def _answer(places: Places) -> dict[str, Any]:
    tiers = [[r for r, p in zip(RESPONSES, places, strict=True) if p == place]
             for place in sorted(set(places))]  # fmt: skip
    return {"tiers": tiers, "unranked": [], "verdict": None, "strength": None, "reason": ""}


@pytest.fixture
def ranked(database: Database, cast: Cast) -> Project:
    return make_judged(database, cast, "ranking", lambda given: _answer(_places(given)))


def _item(name: str, language: str) -> dict[str, Any]:
    responses = [{"id": key, "text": key.upper(), "model": "m"} for key in RESPONSES]
    return raw_item(name, language=language, responses=responses)


def _split(database: Database, project: Project, by: By) -> Split:
    with database.read() as session:
        return split(session, project, question_named(project, None), by, BOGOTA)


def _by_hand(some: Sequence[Given]) -> tuple[float | None, float | None]:
    """Mean W and mean tau-b over items, from the rankings themselves."""
    by_item: dict[str, list[Places]] = {}
    for each in some:
        by_item.setdefault(each.item, []).append(_places(each))
    several = [places for places in by_item.values() if len(places) > 1]
    ws = [w for places in several if not np.isnan(w := _w(places))]
    taus = [t for places in several if not np.isnan(t := _tau(places))]
    return (float(np.mean(ws)) if ws else None, float(np.mean(taus)) if taus else None)


def _w(rankings: Sequence[Places]) -> float:
    """With the correction for ties as textbooks have it: 12 S over m² (n³ - n) - m T."""
    ranks = np.array([rankdata(places) for places in rankings])
    m, n = ranks.shape
    sums = ranks.sum(axis=0)
    ties = sum((t**3 - t) for row in ranks for t in np.unique(row, return_counts=True)[1])
    most = m**2 * (n**3 - n) - m * ties
    return 12 * float(((sums - sums.mean()) ** 2).sum()) / most if most else float("nan")


def _tau(rankings: Sequence[Places]) -> float:
    taus = [kendalltau(a, b).statistic for a, b in combinations(rankings, 2)
            if len(set(a)) > 1 and len(set(b)) > 1]  # fmt: skip
    return float(np.mean(taus)) if taus else float("nan")


def _orders(found: Orders | None) -> Orders:
    assert found is not None
    return found


@pytest.mark.parametrize("by", WAYS)
def test_a_part_has_the_figures_of_its_own_judgments(
    database: Database, ranked: Project, by: By
) -> None:
    found = _split(database, ranked, by)
    keys = {key for each in GIVEN for key in each.parts[by]}
    assert {part.key for part in found.parts} == keys
    for part in found.parts:
        w, tau = _by_hand([each for each in GIVEN if part.key in each.parts[by]])
        one = _orders(part.orders)
        assert one.w.value == pytest.approx(w)
        assert one.tau.value == pytest.approx(tau)
        assert one.tau.low is not None
        assert one.tau.high is not None
        assert one.tau.low <= tau <= one.tau.high
        assert one.w.note is None


def test_the_whole_is_that_of_the_quality_page(database: Database, ranked: Project) -> None:
    with database.read() as session:
        [expected] = orders(session, ranked)
    for by in WAYS:
        assert _split(database, ranked, by).whole.orders == expected
    assert (expected.w.value, expected.tau.value) == pytest.approx(_by_hand(GIVEN))


@pytest.mark.parametrize("by", WAYS)
def test_the_page_of_a_part_has_the_same(database: Database, ranked: Project, by: By) -> None:
    found = _split(database, ranked, by)
    for part in found.parts:
        with database.read() as session:
            question = question_named(ranked, None)
            one = look_into(session, ranked, question, Which(by, part.key), zone=BOGOTA, most=3)
        assert (one.part, one.whole) == (part, found.whole)


def test_of_a_large_part_some_items_are_drawn_and_it_says_so(
    database: Database, ranked: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "MOST_OF_PART", 4)
    found = _split(database, ranked, "language")
    for part in found.parts:
        drawn = module.lowest([f"i{n}" for n in range(12) if n % 2 == (part.key == "es")], 4)
        some = [each for each in GIVEN if each.item in drawn]
        one = _orders(part.orders)
        assert (one.w.value, one.tau.value) == pytest.approx(_by_hand(some))
        assert "4 items drawn at random out of 6" in str(one.w.note)
    assert _orders(found.whole.orders).w.note is None


def test_a_part_that_nobody_shares_says_why(database: Database, cast: Cast) -> None:
    bring_items(database, cast.project, [_item("i0", "en"), _item("i1", "es")])
    given = [("i0", "r0"), ("i1", "r0"), ("i1", "r1")]
    bring_judgments(
        database, cast.project, [raw_judgment(*each, _answer((0, 1, 2))) for each in given]
    )
    parts = {part.key: part.orders for part in _split(database, cast.project, "language").parts}
    alone, together = _orders(parts["en"]), _orders(parts["es"])
    assert (alone.w.value, alone.tau.value) == (None, None)
    assert "No item has two complete rankings" in str(alone.w.undefined)
    assert "No two reviewers" in str(alone.tau.undefined)
    assert (together.w.value, together.tau.value) == (1.0, 1.0)
    assert together.w.low is None
    assert "2 items or more" in str(together.w.no_interval)


def test_where_all_is_tied_it_says_so(database: Database, cast: Cast) -> None:
    bring_items(database, cast.project, [_item("i0", "en"), _item("i1", "es")])
    given = [(f"i{n}", f"r{r}", _answer((n * r, 0, 0))) for n in range(2) for r in range(2)]
    bring_judgments(database, cast.project, [raw_judgment(*each) for each in given])
    parts = {part.key: part.orders for part in _split(database, cast.project, "language").parts}
    tied = _orders(parts["en"])
    assert "tell its responses apart" in str(tied.w.undefined)
    assert "ties all responses" in str(tied.tau.undefined)


def test_pairs_have_none(database: Database, cast: Cast) -> None:
    bring_items(database, cast.project, [raw_item("one")])
    given = [raw_judgment("one", who, A_BETTER) for who in ("r0", "r1")]
    bring_judgments(database, cast.project, given)
    for by in WAYS:
        found = _split(database, cast.project, by)
        assert [part.orders for part in (found.whole, *found.parts) if part.orders] == []
        assert len(found.as_dict()["whole"]) == 3


def test_json_has_five_figures(database: Database, ranked: Project) -> None:
    said = _split(database, ranked, "tag").as_dict()
    for measures in (said["whole"], *(part["measures"] for part in said["parts"])):
        assert [each["measure"] for each in measures[3:]] == ["kendall_w", "kendall_tau_b"]


def test_who_moves_to_another_site_is_counted_there_at_once(
    database: Database, ranked: Project
) -> None:
    assert len(_split(database, ranked, "site").parts) == 2
    with database.write() as session:
        user = session.scalars(select(User).where(User.name == "r3")).one()
        change_site(session, user, "Cali", now(session))
    assert {part.key for part in _split(database, ranked, "site").parts} == {
        "Bogotá", "Medellín", "Cali"
    }  # fmt: skip
