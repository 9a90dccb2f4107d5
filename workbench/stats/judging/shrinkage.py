"""Shares of reviewers, each drawn towards the team's by as much as few judgments deserve.

The share of someone with ten judgments is mostly luck, and a list of raw shares has such people at
both ends. Here each share is a draw from a beta distribution of the team, whose spread is not known
either: all spreads count by how well they fit. Source: C. L. Christiansen, C. N. Morris,
"Hierarchical Poisson Regression Modeling", JASA 92 (1997), for the prior of the spread, in which
the weight of the team in a typical reviewer's share is anything from 0 to 1 alike.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betaln
from scipy.stats import beta

from workbench.stats.arrays import Floats

#: How many strengths of the team are tried, from half a judgment to this many times what a typical
#: reviewer has.
_GRID, _MOST = 60, 100

_LEVELS = (0.025, 0.975)


@dataclass(frozen=True)
class ReviewerShare:
    """A reviewer's share (0..1), drawn towards the team's, with its 95 % interval.

    It rests on `hits` of `n` judgments; `hits / n` is the raw share.
    """

    reviewer: Hashable
    share: float
    low: float
    high: float
    hits: int
    n: int


def reviewer_shares(
    reviewers: Sequence[Hashable], hits: Floats, n: Floats
) -> tuple[ReviewerShare, ...]:
    """The shares of the reviewers with a judgment, from hits and judgments (n_reviewers,) of each.

    The interval is that of a beta distribution with the mean and the variance of the posterior.
    """
    some = np.flatnonzero(n > 0)
    if not some.size:
        return ()
    mean, variance = _posterior(hits[some], n[some])
    strength = mean * (1 - mean) / variance - 1
    a, b = mean * strength, (1 - mean) * strength
    low, high = (np.asarray(beta.ppf(level, a, b)) for level in _LEVELS)
    return tuple(
        ReviewerShare(
            reviewers[who],
            float(mean[i]),
            float(low[i]),
            float(high[i]),
            int(hits[who]),
            int(n[who]),
        )
        for i, who in enumerate(some.tolist())
    )


def _posterior(hits: Floats, n: Floats) -> tuple[Floats, Floats]:
    """Mean and variance of every share (n_reviewers,), over all spreads of the team."""
    typical = float(np.median(n))
    prior = np.geomspace(0.5, _MOST * typical, _GRID)  # judgments that the team counts for
    of_team = prior / (prior + typical)
    told = n[:, None] * (prior + 1) / (prior + n[:, None])
    team = (told * (hits / n)[:, None]).sum(axis=0) / told.sum(axis=0)
    edge = 0.5 / (n.sum() + 1)
    team = np.clip(team, edge, 1 - edge)
    a, b = hits[:, None] + team * prior, (n - hits)[:, None] + (1 - team) * prior
    fit = (betaln(a, b) - betaln(team * prior, (1 - team) * prior)).sum(axis=0)
    fit += np.log(of_team * (1 - of_team))  # steps of the logarithm as steps of the team's weight
    weight = np.exp(fit - fit.max())
    weight /= weight.sum()
    mean = a / (a + b)
    uncertain_team = team * (1 - team) / told.sum(axis=0)
    variance = mean * (1 - mean) / (a + b + 1)
    variance += (prior / (prior + n[:, None])) ** 2 * uncertain_team
    center = mean @ weight
    return center, (variance + (mean - center[:, None]) ** 2) @ weight
