"""Shares of reviewers: drawn to the team's where there is little to go by."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from tests.stats.judging.simulated import Habits, Team, simulate
from workbench.stats.judging import first_position_preference
from workbench.stats.judging.shrinkage import ReviewerShare, reviewer_shares

Floats = npt.NDArray[np.float64]


def shares(hits: list[float], n: list[float]) -> tuple[ReviewerShare, ...]:
    return reviewer_shares([f"r{i}" for i in range(len(n))], np.array(hits), np.array(n))


def test_few_judgments_are_drawn_further_than_many() -> None:
    team = [(52, 100), (48, 100), (55, 100), (47, 100), (50, 100), (70, 100)]
    few, many = shares([*(h for h, _ in team), 7], [*(n for _, n in team), 10])[-1:-3:-1]
    assert (few.hits / few.n, many.hits / many.n) == (0.7, 0.7)
    assert 0.5 < few.share < many.share < 0.7


def test_many_judgments_speak_for_themselves() -> None:
    found = shares([3_000, 7_000, 5_000], [10_000, 10_000, 10_000])
    assert [each.share for each in found] == pytest.approx([0.3, 0.7, 0.5], abs=0.001)
    assert all(each.low < each.hits / each.n < each.high for each in found)


def test_one_reviewer_has_the_raw_share_and_about_its_interval() -> None:
    (only,) = shares([60], [100])
    assert only.share == pytest.approx(0.6, abs=0.01)
    error = np.sqrt(0.6 * 0.4 / 100)
    assert (only.low, only.high) == pytest.approx((0.6 - 2 * error, 0.6 + 2 * error), abs=0.01)


def test_all_or_none_is_no_certainty() -> None:
    for hits in (0, 20):
        for each in shares([hits] * 3, [20] * 3):
            assert 0 <= each.low < each.high <= 1
            assert 0 < each.share < 1


def test_who_has_no_judgment_is_not_listed() -> None:
    assert [each.reviewer for each in shares([1, 0, 2], [2, 0, 4])] == ["r0", "r2"]
    assert shares([], []) == ()


@pytest.mark.parametrize("spread", [(50, 50), (6, 4), (1, 1), (0.5, 4)])
def test_drawn_shares_are_nearer_to_the_truth_and_their_intervals_cover_it(
    spread: tuple[float, float],
) -> None:
    rng = np.random.default_rng(1)
    covered, near, raw, count = 0, 0.0, 0.0, 0
    for _ in range(150):
        truth = rng.beta(*spread, 12)
        n = rng.integers(5, 80, 12).astype(np.float64)
        hits = rng.binomial(n.astype(np.int64), truth).astype(np.float64)
        for each, true in zip(shares(hits.tolist(), n.tolist()), truth, strict=True):
            covered += each.low <= true <= each.high
            near += (each.share - true) ** 2
            raw += (each.hits / each.n - true) ** 2
            count += 1
    assert near < raw
    assert 0.9 <= covered / count <= 0.985


def test_reviewers_who_take_the_first_stand_out() -> None:
    data = simulate(3, Habits(worth=0), Team(items=600, reviewers=10))
    data.loc[(data["reviewer"] == 4) & (data.index % 2 == 0), "choice"] = 1
    found = first_position_preference(data).by_reviewer
    highest = max(found, key=lambda each: each.share)
    assert highest.reviewer == 4
    assert 0.5 < highest.low < highest.share < highest.hits / highest.n
    assert sum(each.n for each in found) == (data["choice"] != 0).sum()
