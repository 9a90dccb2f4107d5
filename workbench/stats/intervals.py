"""Confidence intervals by resampling items.

The cluster bootstrap: items are drawn with replacement, and whatever was said about an item comes
along whole, since judgments of one item are not independent of each other. Source: A. C. Davison,
D. V. Hinkley, "Bootstrap Methods and their Application" (1997), on hierarchical data and on
percentile intervals.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeAlias

import numpy as np
from scipy.stats import norm, t

from workbench.messages import N_, Message
from workbench.stats.arrays import CELLS, Floats

#: Gives the figure (b,), NaN where undefined, from weights of profiles (n_profiles, b).
Statistic: TypeAlias = Callable[[Floats], Floats]

RESAMPLES = 1_000
#: The same data gives the same figures, today and on another machine.
SEED = 20_110_125
#: Share of resamples that may be without a figure.
MOST_UNDEFINED = 0.1
#: Items without which there is nothing to resample.
FEWEST_ITEMS = 2
_PERCENTILES = (2.5, 97.5)

#: Drawing a count a profile costs this many times as much as drawing an item.
_MULTINOMIAL_COST = 16

#: Items drawn by one call, over as many resamples as that takes.
_DRAWN_AT_ONCE = 1 << 14


@dataclass(frozen=True)
class Interval:
    """A 95 % interval, or the reason for which there is none."""

    low: float | None
    high: float | None
    undefined: Message | None = None


def bootstrap(
    multiplicity: Floats,
    statistic: Statistic,
    *,
    cells: int,
    resamples: int = RESAMPLES,
    seed: int = SEED,
    expanded: bool = False,
) -> Interval:
    """The 95 % percentile interval of a statistic over resampled items.

    `multiplicity` (n_profiles,) says how many items have each profile; `cells` is how many numbers
    the statistic holds for one resample, which bounds memory. Resamples in which the statistic is
    undefined are left out; if they are more than `MOST_UNDEFINED` of all, there is no interval:
    those that are left all have what the rest lacks, such as the one item on which people differ,
    and would look surer than anybody can be.

    Percentile intervals of few items are too narrow: resamples spread less than new items would,
    and their tails are a normal's. `expanded` reads the percentiles further out, where the interval
    of a mean would be Student's. Source: T. C. Hesterberg, "What Teachers Should Know About the
    Bootstrap", The American Statistician 69 (2015).
    """
    if multiplicity.sum() < FEWEST_ITEMS:
        why = N_("An interval needs %(count)s items or more.", count=FEWEST_ITEMS)
        return Interval(None, None, why)
    rng = np.random.default_rng(seed)
    batch = max(1, min(resamples, CELLS // max(cells, multiplicity.size)))
    drawn = [statistic(weights) for weights in _weights(rng, multiplicity, resamples, batch)]
    levels = _expanded(multiplicity.sum()) if expanded else _PERCENTILES
    return _percentile_interval(np.concatenate(drawn), levels)


def bootstrap_sums(sums: Floats, figure: Statistic, *, resamples: int = RESAMPLES) -> Interval:
    """The expanded 95 % interval of a figure of sums over clusters, of which there are many.

    `sums` (n_clusters, n_sums) are resampled by cluster, and `figure` gives (b,) from their totals
    (n_sums, b). Totals over many resampled clusters are normal, with the mean and the covariance of
    the clusters times their number, and are drawn so: this costs nothing by cluster.
    """
    n = len(sums)
    spread = n * np.cov(sums, rowvar=False, ddof=0).reshape(sums.shape[1], -1)
    rng = np.random.default_rng(SEED)
    totals = rng.multivariate_normal(sums.sum(axis=0), spread, size=resamples, method="eigh")
    return _percentile_interval(figure(totals.T), _expanded(n))


def _expanded(n_items: float) -> tuple[float, float]:
    """The percentiles to read for 95 % when there are few items."""
    out = np.sqrt(n_items / (n_items - 1)) * t.ppf(0.975, n_items - 1)
    return float(100 * norm.cdf(-out)), float(100 * norm.cdf(out))


def _percentile_interval(figures: Floats, levels: tuple[float, float]) -> Interval:
    defined = figures[np.isfinite(figures)]
    if figures.size - defined.size > MOST_UNDEFINED * figures.size:
        why = N_("No interval: the figure rests on too few of the items.")
        return Interval(None, None, why)
    low, high = np.percentile(defined, levels)
    return Interval(float(low), float(high))


def _weights(
    rng: np.random.Generator, multiplicity: Floats, resamples: int, batch: int
) -> Iterator[Floats]:
    """How often each profile is drawn, as (n_profiles, b), in batches of resamples."""
    draw = _by_profile if _few_profiles(multiplicity) else _by_item
    for left in range(0, resamples, batch):
        yield draw(rng, multiplicity, min(batch, resamples - left))


def _few_profiles(multiplicity: Floats) -> bool:
    return bool(multiplicity.size * _MULTINOMIAL_COST < multiplicity.sum())


def _by_profile(rng: np.random.Generator, multiplicity: Floats, size: int) -> Floats:
    n_items = int(multiplicity.sum())
    drawn = rng.multinomial(n_items, multiplicity / n_items, size=size)
    return np.ascontiguousarray(drawn.T, dtype=np.float64)


def _by_item(rng: np.random.Generator, multiplicity: Floats, size: int) -> Floats:
    """The same distribution, drawn item by item."""
    n_profiles = multiplicity.size
    profile = np.repeat(np.arange(n_profiles, dtype=np.int32), multiplicity.astype(np.int64))
    weights = np.empty((size, n_profiles))
    # Of few items, many resamples at once: each by itself would cost the calls alone.
    step = max(1, _DRAWN_AT_ONCE // profile.size)
    for first in range(0, size, step):
        rows = weights[first : first + step]
        at_once = len(rows), profile.size
        drawn = profile[rng.integers(0, profile.size, size=at_once, dtype=np.int32)]
        drawn += np.arange(len(rows), dtype=np.int32)[:, None] * n_profiles
        rows[:] = np.bincount(drawn.ravel(), minlength=rows.size).reshape(rows.shape)
    return np.ascontiguousarray(weights.T)
