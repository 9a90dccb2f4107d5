"""What it is worth to choose by information: on a known truth, and where nothing can be won."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.stats.comparisons import as_table, fight
from workbench.messages import Invalid
from workbench.stats import league
from workbench.stats.pair_simulation import AS_IT_COMES, BY_INFORMATION, SHARES, simulate_pairs

MODELS = 12


@pytest.fixture(scope="module")
def planted() -> tuple[pd.DataFrame, dict[Any, float]]:
    """Models of very unequal strengths, compared two at random, each in an item of its own."""
    rng = np.random.default_rng(3)
    strengths = np.sort(rng.normal(0, 2.5, MODELS))
    strengths -= strengths.mean()
    pairs = np.array([rng.choice(MODELS, 2, replace=False) for _ in range(1_500)])
    table = as_table(pairs, fight(rng, strengths, pairs), item=np.arange(len(pairs)))
    return table, dict(enumerate(strengths))


def _by_rule(curve: Any, rule: str) -> pd.DataFrame:
    found: pd.DataFrame = curve[curve["rule"] == rule].set_index("share")
    return found


def test_of_unequal_models_the_chosen_pairs_tell_more(
    planted: tuple[pd.DataFrame, dict[Any, float]],
) -> None:
    found = simulate_pairs(*planted, seeds=6)
    assert (found.n_items, found.n_judgments, found.n_models) == (1_500, 1_500, MODELS)
    chosen = _by_rule(found.curve, BY_INFORMATION)
    plain = _by_rule(found.curve, AS_IT_COMES)
    assert tuple(chosen.index) == SHARES
    assert chosen["difference"][0.5] < 0
    assert chosen["difference_high"][0.5] < 0, "surely"
    assert chosen["worth"][0.5] > 0.55
    assert chosen["rmse"][0.5] == pytest.approx(plain["rmse"][0.5] + chosen["difference"][0.5])
    assert plain["worth"][0.5] == pytest.approx(0.5, abs=0.1)


def test_both_end_where_all_is_spent(planted: tuple[pd.DataFrame, dict[Any, float]]) -> None:
    """Checked against a league of the whole table."""
    table, strengths = planted
    found = simulate_pairs(table, strengths, seeds=2)
    models: Any = league(table, prior_sd=1.5).models
    fitted = models.set_index("model")["strength"].sort_index()
    truth = np.array([strengths[name] for name in fitted.index])
    expected = float(np.sqrt(((fitted - truth) ** 2).mean()))
    for rule in (BY_INFORMATION, AS_IT_COMES):
        last = _by_rule(found.curve, rule).loc[1.0]
        assert last["spent"] == 1_500
        assert last["rmse"] == pytest.approx(expected, abs=1e-6)
    own = simulate_pairs(table, seeds=1).curve
    assert _by_rule(own, AS_IT_COMES)["rmse"][1.0] == pytest.approx(0, abs=1e-6)
    assert np.isnan(_by_rule(own, AS_IT_COMES)["rmse_low"][0.5]), "one order has no interval"


def test_an_item_is_spent_with_all_its_judgments_and_pairs() -> None:
    rows = [
        (item, who, a, b, 1)
        for item in range(40)
        for who in ("x", "y")
        for a, b in (("p", "q"), ("p", "r"), ("q", "r"))
    ]
    table = pd.DataFrame(rows, columns=["item", "reviewer", "model_a", "model_b", "value"])
    found = simulate_pairs(table, seeds=2)
    assert (found.n_items, found.n_judgments, found.n_models) == (40, 240, 3)
    for rule in (BY_INFORMATION, AS_IT_COMES):
        assert _by_rule(found.curve, rule)["spent"].tolist() == [8.0 * n for n in range(1, 11)]
        assert _by_rule(found.curve, rule)["in_order"].tolist() == [1.0] * 10


def test_what_cannot_be_is_said() -> None:
    empty = pd.DataFrame(columns=["item", "reviewer", "model_a", "model_b", "value"])
    found = simulate_pairs(empty)
    assert found.curve is None
    assert found.undefined is not None
    with pytest.raises(Invalid):
        simulate_pairs(pd.DataFrame({"item": [1]}))
    with pytest.raises(ValueError, match="one seed"):
        simulate_pairs(empty, seeds=0)
