"""A share with its interval, where what is counted comes in clusters."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.stats import norm, t

from workbench.stats.arrays import Floats, Ints, tally


@dataclass(frozen=True)
class Share:
    """`hits` of `n`, and the 95 % interval of their share; None for all three where n is 0."""

    hits: int
    n: int
    value: float | None
    low: float | None
    high: float | None


def share(hits: Floats, cluster: Ints) -> Share:
    """The share of ones among `hits` (n,), whose clusters are codes (n,) from 0 up.

    Wilson's score interval for an effective number of counts: n divided by the design effect, which
    is the variance of the share between clusters over that of as many independent counts, and not
    below 1. Where each cluster has one count it is Wilson's own. Sources: E. B. Wilson, "Probable
    inference, the law of succession, and statistical inference", JASA 22 (1927); E. L. Korn,
    B. I. Graubard, "Confidence intervals for proportions with small expected number of positive
    counts estimated from survey data", Survey Methodology 24 (1998), also for the quantile: with
    clusters it is Student's over the normal's, of as many degrees of freedom as clusters less one.
    """
    n = int(hits.size)
    if not n:
        return Share(0, 0, None, None, None)
    value = float(hits.mean())
    low, high = _wilson(value, _effective(hits, cluster, value))
    return Share(int(hits.sum()), n, value, low, high)


def of_independent(hits: int, n: int) -> Share:
    """The share of `hits` among `n` counts of which none has to do with another: Wilson's own."""
    if not n:
        return Share(0, 0, None, None, None)
    return Share(hits, n, hits / n, *_wilson(hits / n, n))


def _effective(hits: Floats, cluster: Ints, value: float) -> float:
    """How many independent counts these are worth."""
    n, n_clusters = hits.size, int(cluster.max()) + 1
    if n_clusters == n:
        return float(n)
    if n_clusters < 2 or value in {0.0, 1.0}:
        return float(n_clusters)  # nothing is known of how alike a cluster's counts are
    apart = tally(cluster, hits - value, n_clusters)
    variance = n_clusters / (n_clusters - 1) * float(apart @ apart) / n**2
    alone = value * (1 - value) / n
    quantiles = norm.ppf(0.975) / t.ppf(0.975, n_clusters - 1)
    return float(min(n, n * alone / max(variance, 1e-12) * quantiles**2))


def _wilson(value: float, n: float) -> tuple[float, float]:
    z = float(norm.ppf(0.975))
    middle = (value + z**2 / (2 * n)) / (1 + z**2 / n)
    reach = z / (1 + z**2 / n) * float(np.sqrt(value * (1 - value) / n + z**2 / (4 * n**2)))
    return max(0.0, middle - reach), min(1.0, middle + reach)
