from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import pytest

from tests.stats.tables import by_code, by_item
from workbench.stats import RESAMPLES, bootstrap, intervals, krippendorff_alpha, percent_agreement
from workbench.stats.intervals import _by_item, _by_profile, _weights

Floats = npt.NDArray[np.float64]


def said(rng: np.random.Generator, items: int, reviewers: int = 3) -> npt.NDArray[np.int64]:
    """Reviewers who know the truth seven times in ten and otherwise guess one of three."""
    truth = rng.choice(3, size=(items, 1), p=[0.6, 0.3, 0.1])
    knows = rng.random((items, reviewers)) < 0.7
    return np.where(knows, truth, rng.integers(0, 3, (items, reviewers)))


def in_units(rng: np.random.Generator, items: int) -> pd.DataFrame:
    """Three units an item, hard or easy together, so that units are no independent draws."""
    hard = rng.random((items, 1)) < 0.5
    parts = []
    for unit in "abc":
        truth = rng.integers(0, 2, (items, 1))
        guess = rng.integers(0, 2, (items, 3))
        knows = rng.random((items, 3)) < np.where(hard, 0.1, 0.95)
        parts.append(by_code(np.where(knows, truth, guess)).assign(unit=unit))
    return pd.concat(parts)


def flat(rng: np.random.Generator, items: int) -> pd.DataFrame:
    return by_code(said(rng, items))


@pytest.mark.parametrize("measure", [krippendorff_alpha, percent_agreement])
@pytest.mark.parametrize("draw", [flat, in_units])
def test_about_95_of_100_intervals_cover_the_truth(measure: Any, draw: Any) -> None:
    truth = measure(draw(np.random.default_rng(0), 200_000), resamples=0).value
    covered = 0
    for seed in range(1, 101):
        found = measure(draw(np.random.default_rng(seed), 120))
        covered += found.low <= truth <= found.high
    assert 88 <= covered <= 100


def test_units_of_an_item_travel_together() -> None:
    """Copies of a unit within an item tell nothing new, so the interval stays as wide."""
    once = flat(np.random.default_rng(3), 80)
    copied = pd.concat([once.assign(unit=unit) for unit in "abcd"])
    one, four = percent_agreement(once), percent_agreement(copied)
    assert (one.low, one.value, one.high) == pytest.approx((four.low, four.value, four.high))


def test_more_items_give_a_narrower_interval() -> None:
    def width(items: int) -> float:
        found: Any = krippendorff_alpha(flat(np.random.default_rng(1), items))
        return float(found.high - found.low)

    assert 5 < width(50) / width(5_000) < 20  # the root of 100 is 10


def test_the_same_data_gives_the_same_interval() -> None:
    data = flat(np.random.default_rng(8), 70)
    assert krippendorff_alpha(data) == krippendorff_alpha(data.copy())


def test_one_item_has_a_figure_but_no_interval() -> None:
    found = krippendorff_alpha(by_item([[1, 1, 2]]))
    assert found.value is not None
    assert (found.low, found.high, found.undefined) == (None, None, None)
    assert "2 items" in str(found.no_interval)


def test_no_interval_is_made_when_none_is_asked_for() -> None:
    found = krippendorff_alpha(flat(np.random.default_rng(8), 70), resamples=0)
    assert found.value is not None
    assert (found.low, found.high, found.no_interval) == (None, None, None)


def test_resamples_without_a_figure_are_left_out() -> None:
    """Six items agree on 1, four are disputed: without any of those there is no alpha."""
    found: Any = krippendorff_alpha(by_item([[1, 1]] * 6 + [[1, 2]] * 4))
    assert np.isfinite([found.low, found.high]).all()


def test_there_is_no_interval_when_most_resamples_have_no_figure() -> None:
    def rarely(weights: Floats) -> Floats:
        return np.where(weights[0] > 1, 0.5, np.nan)  # the first of ten items drawn twice or more

    found = bootstrap(np.ones(10), rarely, cells=10)
    assert (found.low, found.high) == (None, None)
    assert "rests on too few" in str(found.undefined)


def test_one_item_that_differs_gives_no_interval_that_all_resamples_with_it_would_share() -> None:
    found: Any = krippendorff_alpha(by_item([[1, 1]] * 99 + [[1, 2]]))
    assert found.value == pytest.approx(0.0)
    assert (found.low, found.high) == (None, None)
    assert "rests on too few" in str(found.no_interval)


def test_the_interval_of_a_mean_is_the_textbook_one() -> None:
    scores = np.random.default_rng(2).normal(size=400)
    found = bootstrap(np.ones(400), lambda weights: scores @ weights / 400, cells=400)
    error = scores.std() / 20
    expected = (scores.mean() - 1.96 * error, scores.mean() + 1.96 * error)
    assert (found.low, found.high) == pytest.approx(expected, abs=0.01)


def test_the_expanded_interval_of_a_few_items_is_students() -> None:
    scores = np.random.default_rng(5).normal(size=9)

    def mean(weights: Floats) -> Floats:
        return np.asarray(scores @ weights / 9)

    error = scores.std(ddof=1) / 3
    expected = (scores.mean() - 2.306 * error, scores.mean() + 2.306 * error)  # t of 8 degrees
    found = bootstrap(np.ones(9), mean, cells=9, resamples=40_000, expanded=True)
    assert (found.low, found.high) == pytest.approx(expected, abs=0.1 * error)
    plain: Any = bootstrap(np.ones(9), mean, cells=9, resamples=40_000)
    assert plain.high - plain.low < 2 * 2 * error


def test_a_resample_draws_as_many_items_as_there_are() -> None:
    multiplicity = np.array([5.0, 1.0, 2_000.0])
    drawn = list(_weights(np.random.default_rng(1), multiplicity, resamples=25, batch=10))
    assert [weights.shape for weights in drawn] == [(3, 10), (3, 10), (3, 5)]
    assert all((weights.sum(axis=0) == 2_006).all() for weights in drawn)


def test_drawing_items_or_counts_of_profiles_is_the_same_distribution() -> None:
    multiplicity = np.array([1.0, 3.0, 6.0])
    for draw in (_by_item, _by_profile):
        weights = draw(np.random.default_rng(6), multiplicity, 40_000)
        share = multiplicity / 10
        assert weights.mean(axis=1) == pytest.approx(multiplicity, abs=0.05)
        expected = 10 * (np.diag(share) - np.outer(share, share))
        assert np.cov(weights) == pytest.approx(expected, abs=0.06)


@pytest.mark.parametrize("multiplicity", [np.ones(300), np.array([500.0, 300.0])])
def test_memory_bounds_change_nothing_of_the_figures(
    multiplicity: Floats, monkeypatch: pytest.MonkeyPatch
) -> None:
    scores = np.arange(multiplicity.size) % 7

    def total(weights: Floats) -> Floats:
        return np.asarray(scores @ weights)

    whole = bootstrap(multiplicity, total, cells=1)
    monkeypatch.setattr(intervals, "CELLS", 1_000)
    assert bootstrap(multiplicity, total, cells=1) == whole


def test_no_resample_is_handed_over_beyond_the_memory_bound(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sizes = []

    def spy(weights: Floats) -> Floats:
        sizes.append(weights.shape[1])
        return np.asarray(weights[0])

    monkeypatch.setattr(intervals, "CELLS", 1_000)
    bootstrap(np.ones(5), spy, cells=30)
    assert max(sizes) == 33
    assert sum(sizes) == RESAMPLES
