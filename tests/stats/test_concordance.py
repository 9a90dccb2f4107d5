"""Kendall's tau-b and W against SciPy, against published values and under relabelling."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import friedmanchisquare, kendalltau

from tests.stats.tables import by_code, golden, rankings, table
from workbench.messages import Invalid
from workbench.stats import kendall_tau_b, kendall_w, prepare
from workbench.task_types.ranking.agreement import pair_name

Places = npt.NDArray[np.int64]

#: (items, reviewers, responses) the tier a response is in, -1 where it is unranked.
PLACES = arrays(
    np.int64,
    st.tuples(st.integers(1, 4), st.integers(1, 4), st.integers(2, 5)),
    elements=st.sampled_from([-1, 0, 0, 1, 1, 2, 3]),
)
COMPLETE = arrays(
    np.int64,
    st.tuples(st.integers(1, 4), st.integers(1, 5), st.integers(2, 5)),
    elements=st.integers(0, 4),
)


def tiers_of(places: Places) -> list[list[str]]:
    """Responses r0, r1, ... by tier."""
    return [
        [f"r{i}" for i in np.flatnonzero(places == tier)] for tier in np.unique(places[places >= 0])
    ]


def signed(places: Places) -> pd.DataFrame:
    judged = {
        (item, f"p{reviewer}"): tiers_of(places[item, reviewer])
        for item, reviewer in np.ndindex(*places.shape[:2])
    }
    return rankings(judged)


def mean(values: Sequence[float]) -> float | None:
    return float(np.mean(values)) if len(values) else None


def near(expected: float | None) -> Any:
    return expected if expected is None else pytest.approx(expected, abs=1e-9)


def tau(judged: Mapping[Any, Sequence[Sequence[str]]]) -> Any:
    return kendall_tau_b(rankings(judged), resamples=0).value


def w(judged: Mapping[Any, Sequence[Sequence[str]]]) -> Any:
    return kendall_w(rankings(judged), resamples=0).value


def test_w_of_the_anxiety_data_is_as_published() -> None:
    example = golden()["kendall_w_anxiety(irr)"]
    found = kendall_w(signed(np.array(example["data_20x3"]).T[None]))
    assert found.value == pytest.approx(example["Wt_tie_corrected"], abs=1e-10)
    assert 3 * 19 * (found.value or 0) == pytest.approx(example["chi2_19"], abs=1e-8)
    assert (found.n_items, found.n_judgments, found.n_reviewers, found.n_units) == (1, 3, 3, 380)
    assert "2 items" in str(found.no_interval)


def test_tau_with_ties_is_what_counting_by_hand_gives() -> None:
    judged = {("i", "ana"): [["a"], ["b", "c"], ["d"]], ("i", "luis"): [["a", "b"], ["c"], ["d"]]}
    # Six pairs, five untied in each; both untied and alike: ac, ad, bd, cd.
    assert tau(judged) == pytest.approx(4 / 5)


def test_equal_orders_have_tau_and_w_of_one_and_opposite_ones_the_least_there_is() -> None:
    strict = [["a"], ["b"], ["c"]]
    equal = {(i, who): strict for i in "ij" for who in "xy"}
    opposite = {(i, who): strict[:: 1 if who == "x" else -1] for i in "ij" for who in "xy"}
    assert (tau(equal), w(equal)) == (1, 1)
    assert (tau(opposite), w(opposite)) == (-1, 0)


def test_what_only_one_of_two_ranks_does_not_count_in_tau() -> None:
    assert tau({("i", "x"): [["a"], ["b"], ["c"]], ("i", "y"): [["b"], ["c"]]}) == 1
    found = kendall_tau_b(rankings({("i", "x"): [["a"], ["b"]], ("i", "y"): [["b"], ["c"]]}))
    assert found.value is None
    assert "No two reviewers" in str(found.undefined)


def test_tau_is_the_mean_over_items_of_the_mean_over_pairs_of_reviewers() -> None:
    up, down = [["a"], ["b"]], [["b"], ["a"]]
    judged = {("i", "x"): up, ("i", "y"): down} | {("j", who): up for who in "xyz"}
    found: Any = kendall_tau_b(rankings(judged))
    assert found.value == pytest.approx((-1 + 1) / 2)
    assert (found.low, found.high) == (-1, 1)
    assert (found.n_items, found.n_judgments, found.n_reviewers, found.n_units) == (2, 5, 3, 4)


def test_a_ranking_that_ties_everything_has_no_tau_and_is_not_counted() -> None:
    up, flat = [["a"], ["b"]], [["a", "b"]]
    found = kendall_tau_b(rankings({("i", "x"): up, ("i", "y"): up, ("i", "z"): flat}))
    assert (found.value, found.n_judgments, found.n_reviewers) == (1, 2, 2)
    only = kendall_tau_b(rankings({("i", "x"): up, ("i", "z"): flat}))
    assert (only.value, only.n_items, only.n_units) == (None, 0, 0)
    assert "ties all responses" in str(only.undefined)


def test_w_leaves_out_a_ranking_that_is_not_complete() -> None:
    strict = [["a"], ["b"], ["c"]]
    two = {("i", "x"): strict, ("i", "y"): strict}
    partial = {("i", "z"): [["c"], ["b"]]}
    found = kendall_w(rankings({**two, **partial}))
    assert (found.value, found.n_judgments, found.n_units) == (1, 2, 6)
    one = kendall_w(rankings({("i", "x"): strict, **partial}))
    assert (one.value, one.n_items, one.n_judgments) == (None, 0, 0)
    assert "complete rankings" in str(one.undefined)


def test_w_is_undefined_when_everything_is_tied() -> None:
    found = kendall_w(rankings({("i", who): [["a", "b", "c"]] for who in "xyz"}))
    assert found.value is None
    assert "tell its responses apart" in str(found.undefined)


@pytest.mark.parametrize("measure", [kendall_tau_b, kendall_w])
def test_nothing_is_said_of_a_table_without_judgments(measure: Any) -> None:
    found = measure(table([]))
    assert (found.value, found.n_items) == (None, 0)
    assert "no judgments" in str(found.undefined)


def test_ids_with_the_mark_between_them_are_told_apart() -> None:
    ids = ["a", "a>b", "b", "a\\", "\\>"]
    rows = [
        ("i", who, pair_name(x, y), (i < j) - (i > j))
        for who in "pq"
        for i, x in enumerate(ids)
        for j, y in enumerate(ids)
        if i != j
    ]
    found = kendall_w(table(rows))
    assert (found.value, found.n_units) == (1, 20)


def test_what_is_no_table_of_rankings_is_refused() -> None:
    with pytest.raises(Invalid, match="none of 1, 0 and -1"):
        kendall_tau_b(table([("i", "x", "a>b", 2)]))
    for unit in ("", "a", "a>", ">b", "a>b>c", "a\\>b"):
        with pytest.raises(Invalid, match="pair of responses"):
            kendall_w(table([("i", "x", unit, 1)]))


@given(places=PLACES)
@settings(max_examples=100, deadline=None)
def test_tau_is_scipys_over_what_both_rank(places: Places) -> None:
    scores = []
    for item in places:
        taus = []
        for x, y in combinations(item, 2):
            both = (x >= 0) & (y >= 0)
            if np.unique(x[both]).size > 1 and np.unique(y[both]).size > 1:
                taus.append(kendalltau(x[both], y[both], variant="b").statistic)
        if taus:
            scores.append(np.mean(taus))
    found = kendall_tau_b(signed(places), resamples=0)
    assert found.value == near(mean(scores))
    assert found.n_items == len(scores)


@given(places=COMPLETE)
@settings(max_examples=100, deadline=None)
def test_w_is_friedmans_chi_squared_over_its_most(places: Places) -> None:
    scores = []
    for item in places:
        m, n = item.shape
        if m < 2 or (item == item[:, :1]).all():
            continue
        if n > 2:
            scores.append(friedmanchisquare(*item.T).statistic / (m * (n - 1)))
        else:  # SciPy wants three columns; of two, W is the sum of signs squared
            signs = np.sign(item[:, 1] - item[:, 0])
            scores.append(signs.sum() ** 2 / (m * (signs**2).sum()))
    found = kendall_w(signed(places), resamples=0)
    assert found.value == near(mean(scores))
    assert found.n_items == len(scores)


@given(places=PLACES)
@settings(max_examples=60, deadline=None)
def test_w_takes_only_complete_rankings_of_what_anyone_ranked(places: Places) -> None:
    kept = []
    for item in places:
        # Who ranks one response alone has no pair, and so no row.
        judges = item[(item >= 0).sum(axis=1) > 1]
        ranked = judges[:, (judges >= 0).any(axis=0)]
        kept.append(ranked[(ranked >= 0).all(axis=1)])
    scores = [
        kendall_w(signed(item[None]), resamples=0).value
        for item in kept
        if item.shape[0] > 1 and item.shape[1] > 1
    ]
    expected = mean([score for score in scores if score is not None])
    assert kendall_w(signed(places), resamples=0).value == near(expected)


@pytest.mark.parametrize("measure", [kendall_tau_b, kendall_w])
@given(places=PLACES, seed=st.integers(0, 99))
@settings(max_examples=40, deadline=None)
def test_orders_and_names_change_nothing(measure: Any, places: Places, seed: int) -> None:
    rng = np.random.default_rng(seed)
    items, reviewers, responses = map(rng.permutation, places.shape)
    moved = places[items][:, reviewers][:, :, responses]
    expected = measure(signed(places), resamples=50)
    assert measure(signed(moved), resamples=50) == expected
    shuffled = signed(places).sample(frac=1, random_state=seed)
    assert measure(prepare(shuffled), resamples=50) == expected


@pytest.mark.parametrize("measure", [kendall_tau_b, kendall_w])
@given(places=COMPLETE)
@settings(max_examples=40, deadline=None)
def test_turning_every_ranking_round_changes_nothing(measure: Any, places: Places) -> None:
    turned = measure(signed(places.max() - places), resamples=0)
    assert turned == measure(signed(places), resamples=0)


@pytest.mark.parametrize("measure", [kendall_tau_b, kendall_w])
def test_about_95_of_100_intervals_cover_the_truth(measure: Any) -> None:
    def draw(seed: int, items: int) -> pd.DataFrame:
        rng = np.random.default_rng(seed)
        quality = rng.normal(size=(items, 1, 3))
        seen = quality + rng.normal(size=(items, 3, 3))
        parts = [
            by_code(np.sign(seen[:, :, a] - seen[:, :, b]).astype(np.int64) + 1).assign(unit=unit)
            for unit, a, b in (("0>1", 0, 1), ("0>2", 0, 2), ("1>2", 1, 2))
        ]
        parts += [
            part.assign(unit=part["unit"].str[::-1], value=2 - part["value"]) for part in parts
        ]
        together = pd.concat(parts)
        return together.assign(value=together["value"] - 1)

    truth = measure(draw(0, 20_000), resamples=0).value
    found = [measure(draw(seed, 80)) for seed in range(1, 101)]
    assert 88 <= sum(f.low <= truth <= f.high for f in found) <= 100
