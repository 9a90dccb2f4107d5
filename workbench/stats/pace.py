"""When what is left will be done, from what recent working days brought; and how times spread."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from workbench.messages import N_, Message
from workbench.stats.arrays import Floats, Ints
from workbench.stats.intervals import RESAMPLES, SEED

#: Working days without which nothing is forecast.
FEWEST_DAYS = 3
#: Working days beyond which a forecast would be a guess.
FARTHEST = 250
#: Percentiles of the ends of a 95 % interval, with the median between.
_BOUNDS = (2.5, 50, 97.5)
#: Bins of the histogram to a doubling of the time.
_PER_DOUBLING = 2
#: Shortest time that is told apart, in seconds.
_SHORTEST = 1.0


@dataclass(frozen=True)
class Forecast:
    """Working days until all is done: `likely` the median, `early` to `late` the 95 % interval.

    None for all three where `undefined` says why. `per_day` is the mean of the days it rests on.
    `ahead` has (low, median, high) of what is left after each working day to come, with the 95 %
    interval of that day alone: they reach 0 on days `early`, `likely` and `late`.
    """

    per_day: float | None
    early: int | None
    likely: int | None
    late: int | None
    undefined: Message | None = None
    ahead: tuple[tuple[int, int, int], ...] = ()


def forecast(per_day: Sequence[int], left: int, *, seed: int = SEED) -> Forecast:
    """How many more days like these (judgments a working day) `left` judgments take.

    A bootstrap in two steps: the days are drawn anew, since other days could have been seen, and
    each day to come is one of those drawn. The interval is that of the day on which the sum
    reaches `left`. Assumes that days are alike and independent: no trend, nobody comes or goes.
    """
    days = np.asarray(per_day, dtype=np.int64)
    mean = float(days.mean()) if days.size else None
    if not left:
        return Forecast(mean, None, None, None, N_("Nothing is left to judge."))
    if days.size < FEWEST_DAYS or not days.sum():
        why = N_(
            "It cannot be said yet: a forecast needs %(fewest)s whole working days at the desk or"
            " more, and there are %(n)s.",
            fewest=FEWEST_DAYS,
            n=int(np.count_nonzero(days)),
        )
        return Forecast(mean, None, None, None, why)
    rng = np.random.default_rng(seed)
    seen = days[rng.integers(0, days.size, size=(RESAMPLES, days.size))]
    drawn = rng.integers(0, days.size, size=(RESAMPLES, FARTHEST))
    done = np.cumsum(np.take_along_axis(seen, drawn, axis=1), axis=1)
    needed = 1 + np.sum(done < left, axis=1)
    early, likely, late = np.percentile(needed, _BOUNDS, method="inverted_cdf")
    if late > FARTHEST:
        why = N_(
            "At this pace it may take more than %(n)s working days: a date so far away would be a"
            " guess.",
            n=FARTHEST,
        )
        return Forecast(mean, None, None, None, why)
    rest = np.maximum(left - done[:, : int(late)], 0)
    ahead = np.percentile(rest, _BOUNDS, axis=0, method="inverted_cdf").T.tolist()
    return Forecast(
        mean, int(early), int(likely), int(late), ahead=tuple((a, b, c) for a, b, c in ahead)
    )


@dataclass(frozen=True, eq=False)
class Times:
    """How times (seconds) spread: quartiles, and a histogram whose bins are even in logarithm.

    `edges` (n_bins + 1,), `counts` (n_bins,). Times under a second are in the first bin.
    """

    n: int
    lower: float
    median: float
    upper: float
    edges: Floats
    counts: Ints


def times(seconds: Floats) -> Times | None:
    """None where there are none."""
    if not seconds.size:
        return None
    lower, median, upper = (float(each) for each in np.percentile(seconds, (25, 50, 75)))
    place = np.floor(np.log2(np.maximum(seconds, _SHORTEST)) * _PER_DOUBLING + 1e-9)
    first, last = int(place.min()), int(place.max())
    edges = 2.0 ** (np.arange(first, last + 2) / _PER_DOUBLING)
    counts = np.bincount((place - first).astype(np.int64), minlength=last - first + 1)
    return Times(seconds.size, lower, median, upper, edges, counts)
