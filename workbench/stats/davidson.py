"""Davidson's model of comparisons with ties, fitted to counts of pairs.

R. R. Davidson, "On extending the Bradley-Terry model to accommodate ties in paired comparison
experiments", JASA 65 (1970): of models of log-strengths s, i beats j with a chance that is
proportional to exp((s_i - s_j) / 2), loses with exp((s_j - s_i) / 2), and ties with nu. The
log-likelihood is concave in s and log nu.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array
from scipy.sparse.csgraph import NegativeCycleError, bellman_ford, connected_components

from workbench.stats.arrays import Floats, Ints

_MOST_STEPS = 100
#: Newton ends when no parameter moves by more than this.
_STILL = 1e-10
#: And it moves none by more than this at once.
_STRIDE = 2.0


@dataclass(frozen=True, eq=False)
class Counts:
    """How often each model (row) beat each other one (column), and tied with it.

    Both (n, n), zero on the diagonal; `ties` is symmetric, each tie standing on both sides.
    """

    wins: Floats
    ties: Floats

    @property
    def compared(self) -> Floats:
        """How often two models met (n, n)."""
        met: Floats = self.wins + self.wins.T + self.ties
        return met


@dataclass(frozen=True, eq=False)
class Fit:
    """`strengths` (n,) of mean 0; `log_nu` is -inf where nothing was tied.

    `information` (n + 1, n + 1) is the Fisher information of the strengths and log nu, the prior's
    included; its last row and column are zero where nothing was tied.
    """

    strengths: Floats
    log_nu: float
    information: Floats


@dataclass(frozen=True, eq=False)
class Chances:
    """Of each pair: the chance that i (row) wins, and that it is a tie."""

    win: Floats
    tie: Floats

    @property
    def expected(self) -> Floats:
        """Wins of i and half its ties."""
        half: Floats = self.win + 0.5 * self.tie
        return half

    @property
    def variance(self) -> Floats:
        """Of wins and half ties: the information about s_i - s_j of one comparison."""
        spread: Floats = self.win + 0.25 * self.tie - self.expected**2
        return spread


def chances(difference: Floats, log_nu: float) -> Chances:
    """Chances at differences of log-strengths, of any shape."""
    # All three divided by the larger of the first two, so that none overflows.
    away = np.exp(-np.abs(difference))
    tie = np.exp(log_nu - np.abs(difference) / 2)
    total = 1 + away + tie
    win = np.where(difference > 0, 1.0, away) / total
    return Chances(win, tie / total)


def fit(counts: Counts, prior_sd: float | None = None) -> Fit:
    """The most likely strengths by Newton's method; `prior_sd` adds normal priors around 0.

    Without a prior the counts must have a maximum: see `parts` and `is_bounded`.
    """
    n = counts.wins.shape[0]
    tied = bool(counts.ties.any()) or prior_sd is not None
    weight = 0.0 if prior_sd is None else prior_sd**-2
    at = np.zeros(n + 1)
    at[n] = 0.0 if tied else -np.inf
    free = np.arange(n + 1 if tied else n)
    gauge = np.zeros((free.size, free.size))
    gauge[:n, :n] = 1 / n
    for _ in range(_MOST_STEPS):
        gradient, information = _derivatives(counts, at, weight)
        here = information[np.ix_(free, free)]
        step = np.linalg.solve(here + gauge * max(here.max(), 1.0), gradient[free])
        # Far from the maximum the curvature says little; nobody is moved out of sight at once.
        step *= min(1.0, _STRIDE / max(np.abs(step).max(), _STRIDE))
        at[free] += step
        if np.abs(step).max() < _STILL:
            break
    at[:n] -= at[:n].mean()
    return Fit(at[:n], float(at[n]), _derivatives(counts, at, weight)[1])


def _derivatives(counts: Counts, at: Floats, weight: float) -> tuple[Floats, Floats]:
    """The gradient (n + 1,) of the log-likelihood and its negative Hessian."""
    n = at.size - 1
    strengths, log_nu = at[:n], float(at[n])
    chance, met = chances(strengths[:, None] - strengths, log_nu), counts.compared
    gradient, information = np.zeros(n + 1), np.zeros((n + 1, n + 1))
    gradient[:n] = (counts.wins + 0.5 * counts.ties - met * chance.expected).sum(axis=1)
    gradient[n] = (counts.ties - met * chance.tie).sum() / 2
    between = met * chance.variance
    information[:n, :n] = np.diag(between.sum(axis=1)) - between
    cross = (met * chance.tie * (0.5 - chance.expected)).sum(axis=1)
    information[:n, n] = information[n, :n] = cross
    information[n, n] = (met * chance.tie * (1 - chance.tie)).sum() / 2
    if weight:
        gradient -= weight * at
        information += weight * np.eye(n + 1)
    return gradient, information


def parts(counts: Counts) -> Ints:
    """The part of the comparison graph that each model is in (n,): models met, by others or not."""
    _, part = connected_components(csr_array(counts.compared), directed=False)
    return part.astype(np.int64)


def ranks_above(counts: Counts) -> Ints:
    """Groups of models (n,) within which each is beaten or tied by the others, by others or not.

    With more than one group there is no finite maximum: one of them only ever beat the rest.
    """
    graph = csr_array(counts.wins + counts.ties)
    _, part = connected_components(graph, directed=True, connection="strong")
    return part.astype(np.int64)


def is_bounded(counts: Counts) -> bool:
    """Whether the likelihood has a finite maximum, given that `ranks_above` finds one group.

    It has none in just this case: there are strengths at which every model that beat another is
    ahead of it by 2 or more, and all that tied are within 2. Then these strengths and log nu can
    grow for ever in proportion. Such differences exist unless their bounds have a negative circle.
    """
    if not counts.ties.any():
        return True
    # s_j - s_i <= -2 where i beat j; s_j - s_i <= 2 and the other way round where they tied.
    bounds = np.where(counts.ties > 0, 2.0, 0.0)
    bounds[counts.wins > 0] = -2.0
    try:
        bellman_ford(csr_array(bounds), directed=True, indices=[0])
    except NegativeCycleError:
        return True
    return False
