"""A figure with its interval, what it rests on, and why it may be missing."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from workbench.messages import N_, Message
from workbench.stats.intervals import Interval, Statistic, bootstrap
from workbench.stats.profiles import Prepared, Profiles

#: Why agreement beyond chance is undefined when nothing tells values apart.
ALL_THE_SAME = N_("All judgments say the same, so agreement beyond chance cannot be told.")


@dataclass(frozen=True)
class Estimate:
    """A figure, its 95 % interval and what it rests on.

    `value` is None when the figure is undefined, and `undefined` says why. `low` and `high` are
    None when there is no interval, and `no_interval` says why (None when none was asked for or the
    figure itself is undefined). The counts are of what was compared: units with two values or more,
    the items and reviewers they come from, and judgments, a judgment being one reviewer on one item
    however many units it has.
    """

    value: float | None
    low: float | None
    high: float | None
    n_items: int
    n_units: int
    n_judgments: int
    n_reviewers: int
    undefined: Message | None = None
    no_interval: Message | None = None


@dataclass(frozen=True, eq=False)
class Figure:
    """A statistic over the weights of some profiles, and the numbers it holds for one resample."""

    profiles: Profiles
    statistic: Statistic
    cells: int


def estimate(prepared: Prepared, make: Callable[[], Figure], resamples: int) -> Estimate:
    """The figure of a table. It is made only when two values can be compared."""
    if not prepared.profiles.n_items:
        return counted(prepared, None, undefined=nothing_compared(prepared))
    figure = make()
    multiplicity = figure.profiles.multiplicity
    value = float(figure.statistic(multiplicity[:, None])[0])
    if np.isnan(value):
        return counted(prepared, None, undefined=ALL_THE_SAME)
    if not resamples:
        return counted(prepared, value)
    interval = bootstrap(multiplicity, figure.statistic, cells=figure.cells, resamples=resamples)
    return counted(prepared, value, interval)


def nothing_compared(prepared: Prepared) -> Message:
    """Why no two values of a table can be compared."""
    if not prepared.coded.unit.size:
        return N_("There are no judgments yet.")
    return N_("No two reviewers have judged the same thing yet, so nothing can be compared.")


def counted(
    prepared: Prepared,
    value: float | None,
    interval: Interval | None = None,
    undefined: Message | None = None,
) -> Estimate:
    """An estimate that rests on everything in the table that can be compared."""
    profiles = prepared.profiles
    interval = interval or Interval(None, None)
    return Estimate(
        value=value,
        low=interval.low,
        high=interval.high,
        n_items=profiles.n_items,
        n_units=profiles.n_units,
        n_judgments=profiles.n_judgments,
        n_reviewers=profiles.n_reviewers,
        undefined=undefined,
        no_interval=interval.undefined,
    )
