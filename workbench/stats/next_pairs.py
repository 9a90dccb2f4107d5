"""Which two models to compare next, so that strengths are known best for the judgments spent."""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import numpy as np

from workbench.stats.arrays import Ints
from workbench.stats.davidson import Fit, chances
from workbench.stats.league import League, covariance_of


def next_pairs(
    league: League, candidates: Sequence[tuple[Hashable, Hashable]], n: int = 1
) -> tuple[int, ...]:
    """The places in `candidates` of the `n` pairs (fewer if there are fewer) to compare next.

    One after the other, always the pair whose comparison is expected to take most from the summed
    variance of the strengths (A-optimal): with C their covariance, x = e_a - e_b and v the variance
    of the outcome, v |C x|^2 / (1 + v x'C x), the rank-one update of Sherman and Morrison (1950),
    after which C is updated as if the comparison had been made. The information about ties is left
    out. A place is given once; name a pair several times if it may be compared several times.

    Before enough was compared, use a league with a `prior_sd` and all `models`. Raises ValueError
    for a league that is undefined, a model that is not in it, or a pair of a model with itself.
    Source: A. C. Atkinson, A. N. Donev, "Optimum Experimental Designs" (1992), on A-optimality.
    """
    fitted, names = league.fitted, league.fitted_models
    if fitted is None:
        raise ValueError("the league is undefined; give it a prior")
    at = {name: i for i, name in enumerate(names)}
    for pair in candidates:
        if pair[0] == pair[1] or not {*pair} <= at.keys():
            raise ValueError(f"{pair} are not two models of the league")
    if not candidates:
        return ()
    places = np.array([(at[a], at[b]) for a, b in candidates])
    return _greedy(fitted, places[:, 0], places[:, 1], min(n, len(candidates)))


def _greedy(fitted: Fit, a: Ints, b: Ints, n: int) -> tuple[int, ...]:
    covariance = covariance_of(fitted)[:-1, :-1]
    strengths = fitted.strengths
    variance = chances(strengths[a] - strengths[b], fitted.log_nu).variance
    free, chosen = np.ones(a.size, dtype=bool), []
    for _ in range(n):
        moved = covariance[:, a] - covariance[:, b]
        spread = moved[a, np.arange(a.size)] - moved[b, np.arange(a.size)]
        gain = variance * (moved**2).sum(axis=0) / (1 + variance * spread)
        best = int(np.argmax(np.where(free, gain, -np.inf)))
        chosen.append(best)
        free[best] = False
        row = moved[:, best]
        covariance = covariance - variance[best] * np.outer(row, row) / (
            1 + variance[best] * spread[best]
        )
    return tuple(chosen)
