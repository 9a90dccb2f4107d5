"""Shares of so many trials, with an interval."""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

from workbench.stats.intervals import Interval


def wilson(right: int, n: int, *, level: float = 0.95) -> Interval | None:
    """Wilson's score interval of the share `right` / `n`; None where `n` is 0.

    E. B. Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22
    (1927), 209-212. It keeps its level with few trials and near 0 and 1. Raises ValueError for
    counts that cannot be.
    """
    if not 0 <= right <= n or not 0 < level < 1:
        raise ValueError("a share has 0 <= right <= n, and an interval a level between 0 and 1")
    if n == 0:
        return None
    z = NormalDist().inv_cdf((1 + level) / 2)
    share = right / n
    middle = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z / (1 + z * z / n) * sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return Interval(max(0.0, middle - half), min(1.0, middle + half))
