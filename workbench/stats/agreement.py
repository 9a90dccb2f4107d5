"""How far reviewers agree: Krippendorff's alpha and the share of agreeing pairs, with intervals."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.messages import N_, Message
from workbench.stats.arrays import Floats
from workbench.stats.distances import Distance, NominalScale, Scale, scale_of
from workbench.stats.intervals import RESAMPLES, Interval, Statistic, bootstrap
from workbench.stats.profiles import Prepared, Profiles, prepare


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


def krippendorff_alpha(
    table: pd.DataFrame | Prepared, distance: Distance = "nominal", *, resamples: int = RESAMPLES
) -> Estimate:
    """Krippendorff's alpha: 1 is perfect, 0 what chance gives, below 0 systematic disagreement.

    The table has the columns item, reviewer, unit, value; values are compared within (item, unit).
    The interval resamples items; `resamples=0` leaves it out. Undefined when nothing can be
    compared, or when all compared values are the same, since then chance would agree as well.
    Source: Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011).
    Raises Invalid and ValueError as `coding.encode` and `distances.scale_of` do.
    """
    prepared = prepare(table)
    profiles = prepared.profiles
    scale = scale_of(distance, prepared.coded.known_values)
    width = max(len(prepared.coded.known_values), 4 * profiles.types.sizes.size)
    return _estimate(prepared, lambda: _alpha(profiles, scale), width, resamples)


def percent_agreement(table: pd.DataFrame | Prepared, *, resamples: int = RESAMPLES) -> Estimate:
    """The chance (0..1) that two reviewers of a unit, unit and both drawn at random, say the same.

    That is the mean over units of the share of equal pairs: P-bar of J. L. Fleiss, "Measuring
    nominal scale agreement among many raters" (1971). Table, interval and errors as for alpha.
    """
    prepared = prepare(table)
    profiles = prepared.profiles
    width = profiles.types.sizes.size
    return _estimate(prepared, lambda: _share_equal(profiles), width, resamples)


def alpha_of(observed: Floats, expected: Floats, margins: Floats) -> Floats:
    """Alpha (b,), NaN where undefined, of b tables at once.

    `observed` (b,): sum over units of delta squared over ordered pairs divided by (values - 1);
    `expected` (b,): the same sum over all pairs of values; `margins` (b, n_values).
    """
    n = margins.sum(axis=1)
    told_apart = (expected > 0) & (np.count_nonzero(margins, axis=1) > 1)
    ratio = np.full(n.size, np.nan)
    np.divide((n - 1) * observed, expected, out=ratio, where=told_apart)
    return 1 - ratio


def _alpha(profiles: Profiles, scale: Scale) -> Statistic:
    types = profiles.types
    spread = scale.spread(types)
    pairable = (types.sizes - 1)[:, None]

    def statistic(weights: Floats) -> Floats:
        drawn = profiles.type_weights(weights)
        margins = np.ascontiguousarray((types.counts.T @ drawn).T)
        observed = (spread(margins) / pairable * drawn).sum(axis=0)
        return alpha_of(observed, scale.expected(margins), margins)

    return statistic


def _share_equal(profiles: Profiles) -> Statistic:
    types = profiles.types
    apart = NominalScale().spread(types)(np.empty((1, 0)))[:, 0]
    share = 1 - apart / (types.sizes * (types.sizes - 1))

    def statistic(weights: Floats) -> Floats:
        drawn = profiles.type_weights(weights)
        equal: Floats = share @ drawn / drawn.sum(axis=0)
        return equal

    return statistic


def _estimate(
    prepared: Prepared, make: Callable[[], Statistic], cells: int, resamples: int
) -> Estimate:
    profiles = prepared.profiles
    if not profiles.n_items:
        return _counted(profiles, None, Interval(None, None), undefined=_nothing(prepared))
    statistic = make()
    value = float(statistic(profiles.multiplicity[:, None])[0])
    if np.isnan(value):
        same = N_("All judgments say the same, so agreement beyond chance cannot be told.")
        return _counted(profiles, None, Interval(None, None), undefined=same)
    interval = Interval(None, None)
    if resamples:
        interval = bootstrap(profiles.multiplicity, statistic, cells=cells, resamples=resamples)
    return _counted(profiles, value, interval)


def _nothing(prepared: Prepared) -> Message:
    if not prepared.coded.unit.size:
        return N_("There are no judgments yet.")
    return N_("No two reviewers have judged the same thing yet, so nothing can be compared.")


def _counted(
    profiles: Profiles, value: float | None, interval: Interval, undefined: Message | None = None
) -> Estimate:
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
