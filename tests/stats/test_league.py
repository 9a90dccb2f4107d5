"""Strengths of models: published values, another way of fitting, planted ones, undefined ones."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import linprog, minimize

from tests.stats.comparisons import (
    as_table,
    comparisons,
    fight,
    from_counts,
    outcomes,
    random_pairs,
)
from tests.stats.tables import golden
from workbench.messages import Invalid
from workbench.stats import League, league

Floats = npt.NDArray[np.float64]


def against(found: League, first: Any) -> tuple[pd.Series, pd.Series]:
    """Strengths less that of one model, and the standard errors of these differences."""
    models: Any = found.models
    names = models["model"].tolist()
    at = names.index(first)
    covariance: Any = found.covariance
    variance = np.diag(covariance) + covariance[at, at] - 2 * covariance[:, at]
    strength = models["strength"] - models["strength"][at]
    return pd.Series(strength.to_numpy(), names), pd.Series(np.sqrt(variance), names)


def small() -> pd.DataFrame:
    """Four models with ties, from the golden values."""
    wins, ties = np.zeros((4, 4), dtype=int), {}
    for pair, counts in golden()["davidson_ties_small"]["pairs(i,j)->(win_i,win_j,tie)"].items():
        i, j = map(int, pair.split(","))
        wins[i, j], wins[j, i], ties[i, j] = counts
    return from_counts("abcd", wins.tolist(), ties)


def test_citations_between_journals_have_their_published_strengths_and_errors() -> None:
    published = golden()["bradley_terry_stigler"]
    found = league(from_counts(published["names"], published["wins"], {}))
    strength, error = against(found, published["names"][0])
    assert strength[published["names"]].tolist() == pytest.approx(published["theta_ref0"], abs=5e-5)
    assert error[published["names"]].tolist() == pytest.approx(published["se"], abs=5e-6)
    assert (found.nu, found.nu_low, found.nu_high) == (0, None, None)


def test_ties_are_an_outcome_of_their_own() -> None:
    published = golden()["davidson_ties_small"]
    found = league(small())
    strength, error = against(found, "a")
    assert strength[list("abcd")].tolist() == pytest.approx(published["theta_ref0"], abs=1e-5)
    assert error[list("abcd")].tolist() == pytest.approx(published["se"], abs=1e-4)
    assert found.nu == pytest.approx(published["nu"], abs=1e-5)
    assert found.nu_low is not None
    assert found.nu_high is not None
    assert found.nu_low < found.nu < found.nu_high


def test_counting_ties_as_half_wins_draws_strengths_together_and_this_does_not() -> None:
    rng = np.random.default_rng(0)
    planted = np.linspace(-2, 2, 8)
    pairs = random_pairs(rng, 8, 40_000)
    value = fight(rng, planted, pairs, nu=1.0)
    right = league(as_table(pairs, value))
    twice = np.concatenate([pairs, pairs])
    halves = np.concatenate([np.where(value == 0, 1, value), np.where(value == 0, -1, value)])
    half_wins = league(as_table(twice, halves))

    def slope(found: League) -> float:
        models: Any = found.models
        strength = models.set_index("model")["strength"].sort_index()
        return float(np.polyfit(planted, strength, 1)[0])

    assert slope(right) == pytest.approx(1, abs=0.03)
    assert slope(half_wins) < 0.85


def likelihood(at: Floats, table: pd.DataFrame, names: list[Any]) -> float:
    """Minus the log-likelihood as it stands in the article: a multinomial logit of three."""
    place = {name: i for i, name in enumerate(names)}
    a, b = (at[table[side].map(place).to_numpy()] for side in ("model_a", "model_b"))
    scores = np.stack([(a - b) / 2, np.full(a.size, at[-1]), (b - a) / 2], axis=1)
    said = 1 - table["value"].to_numpy()
    total = np.log(np.exp(scores).sum(axis=1))
    return float(total.sum() - scores[np.arange(a.size), said].sum())


@given(seed=st.integers(0, 10_000), n_models=st.integers(2, 6))
@settings(max_examples=25, deadline=None)
def test_it_is_the_maximum_that_a_general_optimiser_finds(seed: int, n_models: int) -> None:
    rng = np.random.default_rng(seed)
    pairs = random_pairs(rng, n_models, 150)
    table = as_table(pairs, fight(rng, rng.normal(0, 1, n_models), pairs))
    found: Any = league(table)
    if found.models is None:
        return
    names = list(range(n_models))
    best: Any = minimize(
        likelihood, np.zeros(n_models + 1), (table, names), method="BFGS", options={"gtol": 1e-7}
    )
    expected = best.x[:-1] - best.x[:-1].mean()
    strength = found.models.set_index("model")["strength"][names]
    assert strength.to_numpy() == pytest.approx(expected, abs=1e-4)
    assert np.log(found.nu) == pytest.approx(best.x[-1], abs=1e-4)


def test_counts_and_order_of_models_go_together() -> None:
    found: Any = league(outcomes("b>a", "b>a", "a>b", "b=c", "c>a", "a=c", "c>b", "a>c"))
    models = found.models
    assert models["strength"].is_monotonic_decreasing
    assert models["strength"].sum() == pytest.approx(0)
    names = models["model"].tolist()
    assert found.wins.index.tolist() == found.wins.columns.tolist() == names
    assert found.wins.loc["b", "a"] == 2
    assert found.ties.loc["b", "c"] == found.ties.loc["c", "b"] == 1
    row = models.set_index("model").loc["b"]
    assert (row["wins"], row["ties"], row["losses"], row["n_judgments"]) == (2, 1, 2, 5)
    assert (found.n_items, found.n_judgments, found.n_reviewers) == (8, 8, 1)


def test_which_side_a_model_stands_on_and_the_order_of_rows_change_nothing() -> None:
    table = small()
    turned = table.rename(columns={"model_a": "model_b", "model_b": "model_a"})
    turned = turned.assign(value=-turned["value"]).sample(frac=1, random_state=3)
    one, other = league(table), league(turned)
    assert one.models is not None
    assert other.models is not None
    pd.testing.assert_frame_equal(one.models, other.models, rtol=1e-8)


# --- intervals ------------------------------------------------------------------------------


@pytest.mark.parametrize("clustered", [False, True], ids=["one judgment an item", "several"])
def test_intervals_and_ranks_hold_planted_ones(clustered: bool) -> None:
    """With several judgments an item, its four reviewers say the same: one judgment's worth."""
    held, ranks, naive = [], [], []
    planted, true = np.linspace(-1, 1, 6), 6 - np.arange(6)
    for seed in range(60):
        rng = np.random.default_rng(seed)
        pairs = random_pairs(rng, 6, 300)
        value, item = fight(rng, planted, pairs), np.arange(300)
        if clustered:
            pairs, value, item = (np.repeat(each, 4, axis=0) for each in (pairs, value, item))
        found: Any = league(as_table(pairs, value, item=item))
        assert found.interval_over == ("items" if clustered else "judgments")
        models = found.models.set_index("model").sort_index()
        held += ((models["low"] <= planted) & (planted <= models["high"])).tolist()
        ranks += ((models["rank_low"] <= true) & (true <= models["rank_high"])).tolist()
        alone: Any = league(as_table(pairs, value)).models.set_index("model").sort_index()
        naive += ((alone["low"] <= planted) & (planted <= alone["high"])).tolist()
    assert 0.92 < np.mean(held) < 0.98
    assert np.mean(ranks) > 0.97
    if clustered:
        assert np.mean(naive) < 0.8


def test_ranks_are_sure_where_models_are_far_apart_and_open_where_they_are_not() -> None:
    rng = np.random.default_rng(5)
    planted = np.array([3.0, 0.05, 0.0, -3.0])
    pairs = random_pairs(rng, 4, 1_500)
    models: Any = league(as_table(pairs, fight(rng, planted, pairs))).models
    ranks = models.set_index("model")[["rank_low", "rank_high"]].sort_index().to_numpy().tolist()
    assert ranks == [[1, 1], [2, 3], [2, 3], [4, 4]]


def test_too_few_items_of_several_judgments_have_no_interval() -> None:
    table = small().assign(item=lambda rows: rows.index % 3)
    found: Any = league(table)
    assert "more items than there are models, 4" in str(found.no_interval)
    assert found.covariance is None
    assert (found.nu_low, found.nu_high) == (None, None)
    unknown = found.models[["se", "low", "high", "rank_low", "rank_high"]]
    assert unknown.isna().all(axis=None)
    expected: Any = league(small()).models
    assert found.models["strength"].tolist() == pytest.approx(expected["strength"].tolist())


# --- what cannot be told --------------------------------------------------------------------


def test_models_that_no_comparison_connects_are_named() -> None:
    found = league(outcomes("a>b", "b>a", "c>d", "d=c"), models=["e"])
    assert found.models is None
    assert str(found.undefined) == ("No comparison connects these groups of models: a, b; c, d; e.")
    assert found.wins.loc["a", "b"] == 1
    assert (found.nu, found.covariance) == (None, None)


def test_models_that_nobody_beats_are_named() -> None:
    found = league(outcomes("a>b", "b>a", "a>c", "b>c", "c>d", "d>c"))
    assert found.models is None
    assert "never beaten or tied by the others" in str(found.undefined)
    assert str(found.undefined).endswith(": a, b.")


@pytest.mark.parametrize("said", [("a=b",), ("a>b", "a=b"), ("a>b", "b=c", "c=a")])
def test_wins_that_speak_against_nothing_have_no_limit(said: tuple[str, ...]) -> None:
    found = league(outcomes(*said))
    assert found.models is None
    assert "no limit" in str(found.undefined)


def has_limit(table: pd.DataFrame) -> bool:
    """By linear programming: no direction in which no outcome that was seen gets less likely."""
    names = sorted({*table["model_a"], *table["model_b"]})
    rows = []
    for row in table.itertuples():
        apart = np.zeros(len(names) + 1)
        apart[names.index(row.model_a)] += 0.5
        apart[names.index(row.model_b)] -= 0.5
        tie = np.eye(len(names) + 1)[-1]
        own = {1: apart, 0: tie, -1: -apart}[int(row.value)]
        rows += [other - own for other in (apart, tie, -apart)]
    slopes = np.array(rows)
    if (table["value"] != 0).all():
        slopes = np.delete(slopes, -1, axis=1)
    # The best of such directions moves something, unless there is none.
    best: Any = linprog(slopes.sum(axis=0), A_ub=slopes, b_ub=np.zeros(len(rows)), bounds=(-1, 1))
    return bool(best.fun > -1e-9)


@given(
    st.lists(
        st.tuples(st.sampled_from(["ab", "ac", "bc", "cd", "da"]), st.sampled_from([1, 0, -1])),
        min_size=1,
        max_size=12,
    )
)
@settings(max_examples=200, deadline=None)
def test_strengths_are_defined_exactly_when_they_are_connected_and_have_a_limit(
    said: list[tuple[str, int]],
) -> None:
    table = comparisons((i, "r", *pair, value) for i, (pair, value) in enumerate(said))
    found = league(table)
    apart = "connects" in str(found.undefined)
    assert (found.models is not None) == (has_limit(table) and not apart)
    assert (found.undefined is None) == (found.models is not None)


@pytest.mark.parametrize("table", [outcomes(), outcomes("a>b").assign(value=None)])
def test_nothing_compared_is_said(table: pd.DataFrame) -> None:
    found = league(table)
    assert found.models is None
    assert "No two models have been compared" in str(found.undefined)


def test_a_prior_makes_them_defined_and_draws_them_together() -> None:
    said = outcomes(*["a>b"] * 5, "c>d")
    loose: Any = league(said, prior_sd=2.0, models=["e"])
    tight: Any = league(said, prior_sd=0.2, models=["e"])
    assert loose.undefined is None
    assert set(loose.models["model"]) == set("abcde")
    strength = loose.models.set_index("model")["strength"]
    assert strength["a"] > strength["c"] > strength["e"] == pytest.approx(0, abs=1e-9)
    assert tight.models["strength"].abs().max() < 0.3 * strength.abs().max()
    many, plain = (league(small(), prior_sd=sd).models for sd in (100.0, None))
    assert many["strength"].tolist() == pytest.approx(plain["strength"].tolist(), abs=1e-3)


def test_a_model_against_itself_counts_as_no_row() -> None:
    table = outcomes("a>b", "b>a", "a>a")
    assert league(table).n_judgments == 2


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"value": 2}, "value"),
        ({"value": 0.5}, "value"),
        ({"model_a": None}, "model_a"),
        ({"reviewer": None}, "reviewer"),
    ],
)
def test_a_table_that_makes_no_sense_is_refused(change: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as error:
        league(outcomes("a>b", "b>a").assign(**change))
    assert list(error.value.errors) == [field]


def test_a_missing_column_and_a_prior_of_nothing_are_refused() -> None:
    with pytest.raises(Invalid, match="item"):
        league(outcomes("a>b").drop(columns="item"))
    with pytest.raises(ValueError, match="above 0"):
        league(outcomes("a>b"), prior_sd=0)
