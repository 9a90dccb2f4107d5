"""Fixed and adaptive overlap on real and on planted judgments."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.stats.planted import Planted, plant
from tests.stats.tables import by_item, hatecheck, pandalm, table
from workbench.messages import Invalid
from workbench.stats import OverlapSettings, Reliability, dawid_skene, one_more, prepare, simulate
from workbench.stats.replay import Arrived, arrive, spend, what_is_known


def row(curve: Any, rule: str, at: float, aggregate: str, reference: str = "gold") -> Any:
    [found] = curve[
        (curve["rule"] == rule)
        & (curve["setting"] == at)
        & (curve["answer_by"] == aggregate)
        & (curve["reference"] == reference)
    ].itertuples()
    return found


def adaptive(curve: Any, reference: str) -> Any:
    return curve[(curve["rule"] == "adaptive") & (curve["reference"] == reference)]


def gold_of(planted: Planted) -> pd.DataFrame:
    n = planted.truth.size
    return pd.DataFrame({"item": np.arange(n), "unit": "", "value": planted.truth})


def known_truth(**how: Any) -> Any:
    """The curve of planted judgments against what was planted."""
    planted = plant(np.random.default_rng(11), n_items=1_500, n_reviewers=12, overlap=5, **how)
    return simulate(
        planted.table, gold_of(planted), seeds=4, confidences=(0.8, 0.85, 0.9, 0.95, 0.98, 0.99)
    ).curve


@pytest.mark.parametrize(
    ("how", "saves"),
    [
        ({"prevalence": (0.9, 0.1), "accuracy": (0.85, 0.97)}, 0.35),
        ({"n_values": 4, "accuracy": (0.8, 0.97)}, 0.25),
        ({"prevalence": (0.6, 0.4), "accuracy": (0.85, 0.97), "spammers": 3}, 0.25),
    ],
    ids=["skewed", "four values", "a quarter spam"],
)
def test_it_is_as_right_as_three_judgments_for_fewer(how: dict[str, Any], saves: float) -> None:
    curve = known_truth(**how)
    beside = max(
        row(curve, "fixed", 3, aggregate).accuracy for aggregate in ("majority", "posterior")
    )
    points = adaptive(curve, "gold").sort_values("spent")
    spent = np.interp(beside, np.maximum.accumulate(points["accuracy"]), points["spent"])
    assert points["accuracy"].max() > beside
    assert spent <= 3 * (1 - saves)


def test_with_weak_reviewers_there_is_nothing_to_save() -> None:
    curve = known_truth(prevalence=(0.6, 0.4), accuracy=(0.6, 0.8))
    assert row(curve, "adaptive", 0.9, "posterior").spent > 3


def test_a_higher_confidence_asks_more_and_is_more_often_right() -> None:
    curve = known_truth(n_values=3)
    points = adaptive(curve, "gold")
    assert points["spent"].is_monotonic_increasing
    assert points["accuracy"].iloc[-1] > points["accuracy"].iloc[0] + 0.01
    assert (points["accuracy_low"] <= points["accuracy"]).all()
    assert (points["accuracy"] <= points["accuracy_high"]).all()
    assert ((points["spent"] >= 1) & (points["spent"] <= 5)).all()


def test_hatecheck_has_every_reference_and_adds_up() -> None:
    judgments, gold = hatecheck()
    truth = pd.DataFrame({"item": list(gold), "unit": "", "value": list(gold.values())})
    found = simulate(judgments, truth, seeds=3, confidences=(0.9, 0.99))
    assert (found.n_items, found.n_judgments, found.n_reviewers, found.seeds) == (301, 1505, 10, 3)
    curve: Any = found.curve
    assert set(curve["reference"]) == {"gold", "full", "held out"}
    assert row(curve, "fixed", 5, "majority", "full").accuracy == 1
    assert row(curve, "fixed", 5, "majority", "full").accuracy_low < 1
    for k in (1, 2, 3):
        assert row(curve, "fixed", k, "majority", "held out").spent == k
    assert not ((curve["reference"] == "held out") & (curve["setting"] == 5)).any()
    base = row(curve, "fixed", 3, "posterior")
    point = row(curve, "adaptive", 0.99, "posterior")
    assert (point.baseline, base.saved) == (3, 0)
    assert point.saved == pytest.approx(1 - point.spent / 3)
    best = max(base.accuracy, row(curve, "fixed", 3, "majority").accuracy)
    assert point.difference == pytest.approx(point.accuracy - best)


def test_the_full_majority_favours_those_whose_votes_are_in_it() -> None:
    """Of three judgments, three are always right about their own majority, and nothing else is."""
    curve = simulate(pandalm(), seeds=2, confidences=(0.95,)).curve
    assert row(curve, "fixed", 3, "majority", "full").accuracy == 1
    assert row(curve, "adaptive", 0.95, "posterior", "full").difference < 0
    held: Any = curve[curve["reference"] == "held out"]
    assert set(held["baseline"]) == {2}
    assert (held["difference_high"] > -0.02).all()


def test_without_names_everybody_is_one_reviewer() -> None:
    planted = plant(np.random.default_rng(2), n_items=600, n_reviewers=4, overlap=4, spammers=1)
    named = simulate(planted.table, gold_of(planted), seeds=2).curve
    place = planted.table.assign(reviewer=planted.table.groupby("item").cumcount())
    nameless = simulate(place, gold_of(planted), seeds=2, anonymous=True).curve
    assert (
        row(nameless, "fixed", 3, "posterior").accuracy
        < row(named, "fixed", 3, "posterior").accuracy
    )
    one = arrive(prepare(place).coded, np.random.default_rng(0), anonymous=True)
    assert one.n_reviewers == 1
    assert not one.reviewer.any()


# --- what a replay may see ------------------------------------------------------------------


def arrived(judgments: pd.DataFrame, seed: int = 0) -> Arrived:
    return arrive(prepare(judgments).coded, np.random.default_rng(seed), anonymous=False)


def test_what_was_not_spent_changes_nothing() -> None:
    """The answers to all judgments that were left over are turned around: nobody notices."""
    planted = plant(np.random.default_rng(3), n_items=400, n_reviewers=8, overlap=5)
    seen = arrived(planted.table)
    settings = OverlapSettings(confidence=0.95)
    taken, known = spend(seen, settings, np.random.default_rng(1), 10.0)
    assert 1 < taken.mean() < 4
    left = seen.rank >= taken[seen.coded.item]
    other = planted.table.copy()
    other.loc[left, "value"] = 1 - other.loc[left, "value"]
    again, known_again = spend(arrived(other), settings, np.random.default_rng(1), 10.0)
    assert np.array_equal(taken, again)
    assert known.chances == pytest.approx(known_again.chances)


def test_the_replay_stops_where_the_rule_for_one_item_stops() -> None:
    planted = plant(np.random.default_rng(5), n_items=300, n_reviewers=6, overlap=5)
    seen = arrived(planted.table)
    settings = OverlapSettings(confidence=0.97, audit=0)
    taken, known = spend(seen, settings, np.random.default_rng(1), 10.0)
    reliability = Reliability(
        known.confusion.values,
        known.confusion.prevalence,
        known.confusion.pooled,
        dict(enumerate(known.confusion.of)),
    )
    for item in range(300):
        rows = (seen.coded.item == item) & (seen.rank < taken[item])
        said = list(zip(seen.coded.reviewer[rows], seen.coded.value[rows], strict=True))
        decision = one_more(said, reliability, settings)
        assert decision.posterior is not None
        expected = dict(enumerate(known.chances[item]))
        assert decision.posterior == pytest.approx(expected, abs=1e-3)


def test_an_item_takes_judgments_until_all_its_units_are_sure() -> None:
    rng = np.random.default_rng(6)
    rows = [
        (item, reviewer, unit, "yes" if unit == "easy" else str(rng.choice(["yes", "no"])))
        for item in range(200)
        for reviewer in range(4)
        for unit in ("easy", "hard")
    ]
    both, easy = table(rows), table([each for each in rows if each[2] == "easy" or each[0] < 100])
    settings = OverlapSettings(confidence=0.9, audit=0)
    taken, _ = spend(arrived(both), settings, np.random.default_rng(0), 10.0)
    fewer, _ = spend(arrived(easy), settings, np.random.default_rng(0), 10.0)
    assert fewer[100:].mean() < fewer[:100].mean()
    assert taken.mean() > fewer[100:].mean()


def test_judgments_arrive_in_random_order_and_one_can_be_held_out() -> None:
    seen = arrived(by_item([["a", "b", "a"], ["b", None, "b"], ["a", None, None]] * 50))
    for item in range(150):
        ranks = np.sort(seen.rank[seen.coded.item == item])
        assert ranks.tolist() == list(range(seen.there[item]))
    assert len({tuple(seen.rank[seen.coded.item == 3 * i]) for i in range(50)}) == 6
    last, rest = seen.last(), seen.without_last()
    assert rest.there.tolist() == [2, 1, 0] * 50
    assert (last[2::3] == -1).all()
    assert set(last[0::3]) == {0, 1}
    assert (last[1::3] == 1).all()
    known = what_is_known(rest, rest.there, 10.0)
    assert known.chances.shape == (150, 2)


# --- what cannot be told --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("judgments", "why"),
    [
        (by_item([["a", "a"], ["a", "a"]]), "say the same"),
        (by_item([["a", None], [None, "b"]]), "No two reviewers"),
    ],
)
def test_what_cannot_be_told_is_said(judgments: pd.DataFrame, why: str) -> None:
    found = simulate(judgments)
    assert found.curve is None
    assert why in str(found.undefined)
    assert str(found.undefined) == str(dawid_skene(judgments).undefined)


def test_gold_that_nobody_ever_says_is_never_right_and_items_without_gold_do_not_count() -> None:
    judgments = by_item([["a", "a", "b"], ["b", "b", "a"], ["a", "a", "a"]])
    gold = table([("item 00000", None, "", "c"), ("item 00001", None, "", "b")])
    curve: Any = simulate(judgments, gold, seeds=2).curve
    fixed = row(curve, "fixed", 3, "majority")
    assert (fixed.n_items, fixed.accuracy) == (2, 0.5)


def test_a_call_that_makes_no_sense_is_refused() -> None:
    judgments = by_item([["a", "b"], ["b", "b"]])
    with pytest.raises(ValueError, match="one seed"):
        simulate(judgments, seeds=0)
    with pytest.raises(Invalid, match="no such column"):
        simulate(judgments, pd.DataFrame({"item": ["item 00000"]}))


def test_progress_is_told_seed_by_seed() -> None:
    told: list[tuple[int, int]] = []
    judgments = by_item([["a", "b"], ["b", "b"]])
    simulate(judgments, seeds=3, progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 3), (2, 3), (3, 3)]
