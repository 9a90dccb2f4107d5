"""Gwet's AC1 and AC2: agreement beyond chance where one value is much more common than the others.

Alpha and kappa take chance agreement from how often each value was said, so when nearly everything
is "no attack" nearly all agreement counts as chance. Gwet's chance is that of judgments made at
random, which is small when one value prevails.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from workbench.stats.arrays import Floats
from workbench.stats.distances import Distance, Scale, by_place, scale_of
from workbench.stats.estimates import ALL_THE_SAME, Estimate, Figure, counted, estimate
from workbench.stats.intervals import RESAMPLES, Statistic
from workbench.stats.profiles import Prepared, Profiles, Types, prepare


def gwet_ac(
    table: pd.DataFrame | Prepared,
    distance: Distance = "nominal",
    *,
    values: Sequence[Hashable] = (),
    resamples: int = RESAMPLES,
) -> Estimate:
    """Gwet's AC1 (nominal) or AC2 (any other distance): 1 is perfect, 0 what chance gives.

    The table has the columns item, reviewer, unit, value; values are compared within (item, unit).
    The weight of two values is 1 - delta squared / the greatest delta squared, so that "interval"
    gives quadratic weights and `lambda v, w: abs(v - w)` linear ones. "ordinal" gives Gwet's own
    ordinal weights: delta squared of values k places apart is k (k + 1) / 2, the pairs of values
    from one to the other.

    Chance depends on how many values there are to say: those of the table and of `values`, which
    may name what nobody said. A unit with a single value counts in how common each value is and not
    in how far reviewers agree, as Gwet has it; the counts are of what was compared. The interval
    resamples items; `resamples=0` leaves it out. Undefined when nothing can be compared, when there
    are not two values, or when the distance tells no two of them apart.
    Source: K. L. Gwet, "Handbook of Inter-Rater Reliability", 4th ed. (2014), chapters 2 to 4.
    Raises Invalid and ValueError as `coding.encode` and `distances.scale_of` do.
    """
    prepared = prepare(table)
    weights = _weights_of(distance, prepared.coded.known_values, values)
    if prepared.profiles.n_items and not weights.tell_apart:
        return counted(prepared, None, undefined=ALL_THE_SAME)
    return estimate(prepared, lambda: _figure(prepared.whole, weights), resamples)


@dataclass(frozen=True, eq=False)
class _Weights:
    """The weights of `n_values` values that can be said: 1 - delta squared / `furthest`."""

    scale: Scale
    n_values: int
    furthest: float

    @property
    def tell_apart(self) -> bool:
        return self.n_values > 1 and self.furthest > 0

    def agreeing(self, types: Types) -> Floats:
        """Mean weight of two of a unit's values (n_types,), 0 for a unit with a single one."""
        pairs = types.sizes * (types.sizes - 1)
        apart = self.scale.spread(types)(np.empty((1, 0)))[:, 0]
        share = np.ones_like(apart)
        np.divide(apart, self.furthest * pairs, out=share, where=pairs > 0)
        return 1 - share

    def of_chance(self) -> float:
        """The sum of all weights over q (q - 1), q being `n_values`: 1 / (q - 1) for AC1."""
        apart = float(self.scale.expected(np.ones((1, self.n_values)))[0]) / self.furthest
        return (self.n_values**2 - apart) / (self.n_values * (self.n_values - 1))


def _weights_of(
    distance: Distance, known: Sequence[Hashable], values: Sequence[Hashable]
) -> _Weights:
    said = set(known)
    # The known ones first, so that their codes hold.
    every = [*known, *(value for value in dict.fromkeys(values) if value not in said)]
    scale = by_place(every) if distance == "ordinal" else scale_of(distance, every)
    return _Weights(scale, len(every), float(scale.furthest(np.ones((1, 1)))[0]))


def _figure(profiles: Profiles, weights: _Weights) -> Figure:
    types = profiles.types
    width = max(2 * types.counts.shape[1], 4 * types.sizes.size)
    return Figure(profiles, _statistic(profiles, weights), width)


def _statistic(profiles: Profiles, weights: _Weights) -> Statistic:
    types = profiles.types
    agreeing, of_chance = weights.agreeing(types), weights.of_chance()
    several = (types.sizes > 1).astype(np.float64)
    share = types.counts.copy()
    share.data /= types.sizes[types.row]

    def statistic(drawn_profiles: Floats) -> Floats:
        drawn = profiles.type_weights(drawn_profiles)
        compared = several @ drawn
        observed = np.full(compared.size, np.nan)
        np.divide(agreeing @ drawn, compared, out=observed, where=compared > 0)
        common = np.asarray(share.T @ drawn) / drawn.sum(axis=0)
        chance = of_chance * (common * (1 - common)).sum(axis=0)
        coefficient: Floats = (observed - chance) / (1 - chance)
        return coefficient

    return statistic
