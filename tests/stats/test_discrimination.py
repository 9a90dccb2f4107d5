"""How well reviewers tell models apart: planted ones are found, few judgments condemn nobody."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.stats.comparisons import as_table, fight, outcomes, random_pairs
from workbench.stats import league, reviewer_noise


def planted(seed: int, n: int = 1_500) -> tuple[pd.DataFrame, Any, Any]:
    """Twelve reviewers, three of them coin flippers, on eight models."""
    rng = np.random.default_rng(seed)
    strengths = np.linspace(-1.8, 1.8, 8)
    sharp = np.concatenate([[0, 0, 0], rng.uniform(0.7, 1.3, 9)])
    pairs, reviewer = random_pairs(rng, 8, n), rng.integers(0, 12, n)
    sharp *= sharp.sum() / (sharp**2).sum()
    value = fight(rng, strengths, pairs, sharp=sharp[reviewer])
    return as_table(pairs, value, reviewer=reviewer), strengths, sharp


def test_coin_flippers_are_near_zero_and_intervals_hold_what_was_planted() -> None:
    held, apart, noisy, pooled = [], [], [], []
    for seed in range(15):
        table, strengths, sharp = planted(seed)
        found: Any = reviewer_noise(table)
        reviewers = found.reviewers
        assert reviewers["reviewer"].tolist() == list(range(12))
        held += ((reviewers["low"] <= sharp) & (sharp <= reviewers["high"])).tolist()
        assert reviewers["discrimination"][:3].abs().max() < 0.5
        assert (reviewers["high"][:3] < 1).all()
        apart.append((reviewers["discrimination"] - sharp).abs().mean())
        noisy.append(rmse(found.models, strengths))
        pooled.append(rmse(league(table).models, strengths))
    assert 0.9 < np.mean(held) <= 1
    assert np.mean(apart) < 0.2
    # Who is known to flip coins no longer draws the strengths together.
    assert np.mean(noisy) < 0.7 * np.mean(pooled)


def rmse(models: Any, strengths: Any) -> float:
    found = models.set_index("model")["strength"].sort_index()
    return float(np.sqrt(((found - strengths) ** 2).mean()))


def test_few_judgments_stay_near_one_and_many_go_where_they_belong() -> None:
    table, _, _ = planted(3)
    rng = np.random.default_rng(9)

    def flipped(n: int) -> Any:
        pairs = random_pairs(rng, 8, n)
        value = rng.choice([1, -1], n)
        more = as_table(pairs, value, reviewer=99)
        found: Any = reviewer_noise(pd.concat([table[table["reviewer"] > 2], more]))
        return found.reviewers.set_index("reviewer").loc[99]

    few, many = flipped(5), flipped(400)
    assert few["n_decided"] == 5
    assert few["discrimination"] > 0.5
    assert few["high"] > 1
    assert many["discrimination"] < 0.25
    assert many["high"] < 0.5


def test_one_who_answers_the_other_way_round_is_below_zero() -> None:
    table, _, _ = planted(4)
    turned = table["value"].where(table["reviewer"] != 5, -table["value"])
    found: Any = reviewer_noise(table.assign(value=turned))
    row = found.reviewers.set_index("reviewer").loc[5]
    assert row["high"] < 0


def test_how_often_somebody_ties_is_no_noise() -> None:
    table, _, _ = planted(5)
    lazy = table[table["value"] != 0].head(300).assign(reviewer=7, value=0)
    before, after = reviewer_noise(table), reviewer_noise(pd.concat([table, lazy]))
    one: Any = before.reviewers
    other: Any = after.reviewers
    assert one["discrimination"].tolist() == pytest.approx(other["discrimination"].tolist())
    assert other["n_judgments"][7] == one["n_judgments"][7] + 300
    assert other["n_decided"].tolist() == one["n_decided"].tolist()


def test_intervals_are_beside_the_others_and_narrow_with_judgments() -> None:
    """That all together might be sharper or duller is no doubt about any one of them."""
    errors = []
    for n in (600, 6_000):
        table, _, _ = planted(6, n)
        few = table[table["reviewer"].isin([4, 5, 6])]
        found: Any = reviewer_noise(few)
        errors.append((found.reviewers["high"] - found.reviewers["low"]).mean())
    assert errors[1] < 0.45 * errors[0]
    assert errors[1] < 0.5


def test_the_most_likely_is_where_the_penalised_likelihood_is_flat() -> None:
    """By finite differences, in every direction of strengths and discriminations."""
    table, _, _ = planted(7, n=400)
    found: Any = reviewer_noise(table, prior_sd=0.5)
    strengths = found.models.set_index("model")["strength"].sort_index().to_numpy()
    sharp = found.reviewers["discrimination"].to_numpy()
    decided = table[table["value"] != 0]
    a, b, r = (decided[name].to_numpy() for name in ("model_a", "model_b", "reviewer"))

    def objective(s: Any, c: Any) -> float:
        apart = c[r] * (s[a] - s[b]) * decided["value"].to_numpy()
        return float(-np.log1p(np.exp(-apart)).sum() - ((c - 1) ** 2).sum() / (2 * 0.5**2))

    for step in np.eye(8) * 1e-4:
        slope = objective(strengths + step, sharp) - objective(strengths - step, sharp)
        assert slope / 2e-4 == pytest.approx(0, abs=1e-2)
    for step in np.eye(12) * 1e-4:
        slope = objective(strengths, sharp + step) - objective(strengths, sharp - step)
        assert slope / 2e-4 == pytest.approx(0, abs=1e-2)


def test_what_cannot_be_told_is_said() -> None:
    for said, why in (
        (("a=b", "b=a"), "No two models"),
        (("a>b", "b>a", "c>d"), "No comparison connects"),
        (("a>b", "b>c", "a=c"), "never beaten"),
        (("a>b", "b>a"), "One reviewer alone"),
    ):
        found = reviewer_noise(outcomes(*said))
        assert found.reviewers is None
        assert found.models is None
        assert why in str(found.undefined)
    with pytest.raises(ValueError, match="above 0"):
        reviewer_noise(outcomes("a>b"), prior_sd=0)
