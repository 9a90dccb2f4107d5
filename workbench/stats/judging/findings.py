"""What a figure of the judging says, and how certain it is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar, TypeAlias

import numpy as np

from workbench.messages import N_, Message
from workbench.stats.arrays import Floats, Ints, tally
from workbench.stats.intervals import Interval, bootstrap, bootstrap_sums
from workbench.stats.judging.choices import Choices

#: Gives a figure (b,), NaN where undefined, from sums over clusters (n_sums, b).
Figure: TypeAlias = Callable[[Floats], Floats]

#: Sums that differ only in the rounding of their terms are one sum.
_DECIMALS = 9


#: From so many clusters on, their totals are drawn rather than they themselves.
_MANY = 10_000

#: Fewer clusters than this say too little of how they differ: intervals over three reviewers would
#: hold the truth in three of four cases, over five in nine of ten, from eight on as they should.
FEWEST_CLUSTERS = 5

_NO_INTERVAL = Interval(None, None)


@dataclass(frozen=True, kw_only=True)
class Finding:
    """A figure about the judging, its 95 % interval, what it rests on and what it means.

    `value` is None when the figure is undefined, and `undefined` says why. `low` and `high` are
    None when there is no interval, and `no_interval` says why. The counts are of what the figure
    rests on. `sentence` says it in plain words, or why there is nothing to say.
    """

    value: float | None
    low: float | None
    high: float | None
    n_items: int
    n_judgments: int
    n_reviewers: int
    sentence: Message
    undefined: Message | None = None
    no_interval: Message | None = None

    #: The figure when the judging has no such bias.
    neutral: ClassVar[float] = 0.0

    @property
    def clear(self) -> bool:
        """True when the interval leaves out the neutral figure."""
        if self.low is None or self.high is None:
            return False
        return not self.low <= self.neutral <= self.high


@dataclass(frozen=True)
class Measured:
    """A figure and its interval, None where undefined."""

    value: float | None
    interval: Interval = _NO_INTERVAL


UNDEFINED = Measured(None)


def by_cluster(cluster: Ints, *terms: Floats) -> Floats:
    """Terms (n,) summed by cluster (n,), as (n_clusters, n_terms)."""
    codes, which = np.unique(cluster, return_inverse=True)
    return np.stack([tally(which, term, codes.size) for term in terms], axis=1)


def measure(figure: Figure, resamples: int, *clustered: Floats) -> Measured:
    """The figure of sums by cluster (n_clusters, n_sums), its interval over resampled clusters.

    The same sums may be given by several kinds of clusters: the widest interval is taken. Undefined
    without clusters.
    """
    total = clustered[0].sum(axis=0)[:, None]
    value = float(figure(total)[0]) if clustered[0].size else np.nan
    if np.isnan(value):
        return UNDEFINED
    if not resamples:
        return Measured(value)
    return Measured(value, _widest([_interval(sums, figure, resamples) for sums in clustered]))


def _interval(sums: Floats, figure: Figure, resamples: int) -> Interval:
    if len(sums) < FEWEST_CLUSTERS:
        return _NO_INTERVAL
    if len(sums) > _MANY:
        return bootstrap_sums(sums, figure, resamples=resamples)
    # Numbered by their content, so that neither rows' order nor names change what is drawn.
    profiles, times = np.unique(np.round(sums, _DECIMALS), axis=0, return_counts=True)

    def statistic(weights: Floats) -> Floats:
        return figure(profiles.T @ weights)

    return bootstrap(
        times.astype(np.float64),
        statistic,
        cells=sum(profiles.shape),
        resamples=resamples,
        expanded=True,
    )


def _widest(intervals: list[Interval]) -> Interval:
    """The widest of those there are, or why there is none."""
    widest = max(intervals, key=_width)
    if _width(widest) < 0:
        why = N_("An interval needs %(count)s reviewers or more.", count=FEWEST_CLUSTERS)
        return Interval(None, None, why)
    if _width(widest) == 0:
        why = N_("All judgments are alike in this, so nothing says how certain the figure is.")
        return Interval(None, None, why)
    return widest


def _width(interval: Interval) -> float:
    """-1 when there is no interval."""
    if interval.low is None or interval.high is None:
        return -1.0
    return interval.high - interval.low


def basis(
    rows: Choices, measured: Measured, *, says: Message, undefined: Message
) -> dict[str, Any]:
    """The fields of a finding that rests on some judgments: `says` is its sentence."""
    if measured.value is None:
        none = {"n_items": 0, "n_judgments": 0, "n_reviewers": 0}
        return {
            **none,
            "value": None,
            "low": None,
            "high": None,
            "sentence": undefined,
            "undefined": undefined,
        }
    return {
        "value": measured.value,
        "low": measured.interval.low,
        "high": measured.interval.high,
        "n_items": np.unique(rows.item).size,
        "n_judgments": rows.n,
        "n_reviewers": np.unique(rows.reviewer).size,
        "sentence": says,
        "no_interval": measured.interval.undefined,
    }


def percent(measured: Measured) -> Message:
    """A share as "56 % (53 to 59 %)"."""
    value, low, high = _hundredths(measured)
    if low is None:
        return N_("%(value)s %%", value=value)
    return N_("%(value)s %% (%(low)s to %(high)s %%)", value=value, low=low, high=high)


def points(measured: Measured) -> Message:
    """A difference of shares as "−3 percentage points (−5 to −1)"."""
    value, low, high = _hundredths(measured)
    one = value in {"1", "−1"}
    said = N_("%(value)s percentage points", value=value)
    if one:
        said = N_("%(value)s percentage point", value=value)
    if low is None:
        return said
    return N_("%(points)s (%(low)s to %(high)s)", points=said, low=low, high=high)


def _hundredths(measured: Measured) -> tuple[str | None, str | None, str | None]:
    """Figure and interval in whole hundredths, with a minus sign that is one."""
    found = (measured.value, measured.interval.low, measured.interval.high)
    whole = (None if each is None else str(round(100 * each)).replace("-", "−") for each in found)
    value, low, high = whole
    return value, low, high


def ratio_of_sums(sums: Floats) -> Floats:
    """The first of two sums (2, b) over the second, NaN where that is 0."""
    ratio = np.full(sums.shape[1], np.nan)
    np.divide(sums[0], sums[1], out=ratio, where=sums[1] > 0)
    return ratio
