"""How far reviewers agree: Krippendorff's alpha and the share of agreeing pairs, with intervals."""

from __future__ import annotations

import numpy as np
import pandas as pd

from workbench.stats.arrays import Floats
from workbench.stats.distances import Distance, NominalScale, Scale, scale_of
from workbench.stats.estimates import Estimate, Figure, estimate
from workbench.stats.intervals import RESAMPLES, Statistic
from workbench.stats.profiles import Prepared, Profiles, prepare


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
    return estimate(prepared, lambda: Figure(profiles, _alpha(profiles, scale), width), resamples)


def percent_agreement(table: pd.DataFrame | Prepared, *, resamples: int = RESAMPLES) -> Estimate:
    """The chance (0..1) that two reviewers of a unit, unit and both drawn at random, say the same.

    That is the mean over units of the share of equal pairs: P-bar of J. L. Fleiss, "Measuring
    nominal scale agreement among many raters" (1971). Table, interval and errors as for alpha.
    """
    prepared = prepare(table)
    profiles = prepared.profiles
    width = profiles.types.sizes.size
    return estimate(prepared, lambda: Figure(profiles, _share_equal(profiles), width), resamples)


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
