"""Shares with intervals, against scipy's Wilson and against what clusters are worth."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest

from workbench.stats import share
from workbench.stats.shares import of_independent


@pytest.mark.parametrize(("hits", "n"), [(0, 5), (1, 1), (3, 10), (40, 41), (120, 400)])
def test_alone_in_its_cluster_each_count_gives_wilsons_interval(hits: int, n: int) -> None:
    found = share(np.array([1.0] * hits + [0.0] * (n - hits)), np.arange(n))
    wilson = binomtest(hits, n).proportion_ci(method="wilson")
    assert (found.hits, found.n, found.value) == (hits, n, hits / n)
    assert (found.low, found.high) == pytest.approx((wilson.low, wilson.high))
    plain = of_independent(hits, n)
    assert (plain.hits, plain.n, plain.value) == (found.hits, found.n, found.value)
    assert (plain.low, plain.high) == pytest.approx((wilson.low, wilson.high))


def test_no_count_at_all_has_no_share() -> None:
    assert of_independent(0, 0) == share(np.array([]), np.array([], dtype=np.int64))


def test_counts_that_repeat_each_other_are_worth_one() -> None:
    once = np.array([1.0] * 30 + [0.0] * 70)
    twice = share(np.repeat(once, 2), np.repeat(np.arange(100), 2))
    alone = share(once, np.arange(100))
    assert twice.n == 200
    # Student's quantile and the divisor n - 1 make it a little wider still.
    for end in ("low", "high"):
        assert getattr(twice, end) == pytest.approx(getattr(alone, end), abs=0.005)
    assert twice.high - twice.low > alone.high - alone.low  # type: ignore[operator]


def test_clusters_in_which_all_agree_by_chance_are_no_narrower_than_independent_ones() -> None:
    # Each cluster has one of each: between clusters nothing varies.
    found = share(np.tile([1.0, 0.0], 50), np.repeat(np.arange(50), 2))
    wilson = binomtest(50, 100).proportion_ci(method="wilson")
    assert (found.low, found.high) == pytest.approx((wilson.low, wilson.high))


def test_one_cluster_or_no_variation_counts_clusters() -> None:
    one = share(np.array([1.0, 0.0, 1.0]), np.zeros(3, dtype=np.int64))
    assert one.high - one.low > 0.7  # type: ignore[operator]
    none = share(np.zeros(20), np.repeat(np.arange(10), 2))
    wilson = binomtest(0, 10).proportion_ci(method="wilson")
    assert none.high == pytest.approx(wilson.high)


def test_nothing_has_no_share() -> None:
    found = share(np.array([]), np.array([], dtype=np.int64))
    assert (found.n, found.value, found.low, found.high) == (0, None, None, None)


def test_the_interval_covers_the_share_of_clustered_counts() -> None:
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(400):
        chance = rng.beta(0.6, 1.4, size=40)  # 0.3 on average, alike within a cluster
        hits = (rng.random((40, 4)) < chance[:, None]).astype(float)
        found = share(hits.ravel(), np.repeat(np.arange(40), 4))
        covered += found.low <= 0.3 <= found.high  # type: ignore[operator]
    assert 0.92 <= covered / 400 <= 0.99
