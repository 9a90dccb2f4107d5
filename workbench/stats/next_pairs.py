"""Which models to compare next, so that strengths are known best for the judgments spent."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm

from workbench.stats.arrays import Floats, Ints
from workbench.stats.davidson import Fit, chances
from workbench.stats.league import League, covariance_of

#: Standard deviation of the prior on log-strengths where few comparisons are there yet: of two
#: models that nobody compared one wins up to four times for each time of the other, in half of the
#: cases.
PRIOR_SD = 1.5

_SAME = 1e-12


def next_pairs(
    league: League,
    candidates: Sequence[tuple[Hashable, ...]],
    n: int = 1,
    *,
    times: Sequence[int] | None = None,
    judgments: Sequence[float] | None = None,
) -> tuple[int, ...]:
    """The places in `candidates` of the `n` (fewer if there are fewer) to compare next.

    A candidate is a pair of models, or the models of an item of more than two responses, of which
    all pairs are compared. One after the other, always the one that is expected to take most from
    the summed variance of the strengths (A-optimal). With C their covariance, E (n_models, m) the
    columns of the identity of the candidate's m models, and J the information of its comparisons,
    the Laplacian (m, m) of the graph whose edges weigh k v: k judgments of the candidate, v the
    variance of a comparison's outcome, that is trace(E'CCE J (I + E'CE J)^-1) by the Woodbury
    identity; of one judgment of a pair, x = e_a - e_b, it is v |C x|^2 / (1 + v x'C x) (Sherman and
    Morrison, 1950). C is then updated as if the comparisons had been made. The information about
    ties is left out, and so is it that the pairs of one ranking do not come about alone.

    `times` says how often each candidate may be given, once unless said; `judgments` the k of each,
    1 unless said: what counts is then what each of them takes on average. Before
    enough was compared, use a league with a `prior_sd` and all `models`. Raises ValueError for a
    league that is undefined, a model that is not in it, or a candidate of fewer than two different
    models.
    Source: A. C. Atkinson, A. N. Donev, "Optimum Experimental Designs" (1992), on A-optimality.
    """
    fitted, names = league.fitted, league.fitted_models
    if fitted is None:
        raise ValueError("the league is undefined; give it a prior")
    at = {name: i for i, name in enumerate(names)}
    for candidate in candidates:
        if len({*candidate}) < 2 or not {*candidate} <= at.keys():
            raise ValueError(f"{candidate} are not two or more models of the league")
    left = np.ones(len(candidates), np.int64) if times is None else np.array(times, np.int64)
    weights = np.ones(len(candidates)) if judgments is None else np.array(judgments, float)
    # In one order, so that candidates of the same models gain the same to the last digit.
    models = [sorted(at[name] for name in candidate) for candidate in candidates]
    groups = [
        _of_size(fitted, places, np.array([models[i] for i in places]), weights[places])
        for places in _by_size(models)
    ]
    return _greedy(covariance_of(fitted)[:-1, :-1], groups, left, min(n, int(left.sum())))


def order_doubts(league: League) -> pd.DataFrame:
    """How sure the order of each two models is, the least sure first.

    Columns: ahead and behind, by strength; sure, the chance (0.5..1) that ahead is the stronger
    one; n_judgments, how often the two were compared. The chance is normal theory's, with the
    larger of the two variances that the league has: that of its information (with its prior), and
    the sandwich clustered by item. Raises ValueError for a league that is undefined.
    """
    fitted = league.fitted
    if fitted is None:
        raise ValueError("the league is undefined; give it a prior")
    order = np.argsort(-fitted.strengths, kind="stable")
    first, second = np.triu_indices(order.size, 1)
    spread = _between(covariance_of(fitted)[np.ix_(order, order)], first, second)
    if league.covariance is not None:
        spread = np.fmax(spread, _between(league.covariance, first, second))
    strengths = fitted.strengths[order]
    met = (league.wins + league.wins.T + league.ties).to_numpy()
    names = np.array(league.fitted_models, dtype=object)[order]
    found = pd.DataFrame(
        {
            "ahead": names[first],
            "behind": names[second],
            "sure": norm.cdf((strengths[first] - strengths[second]) / np.sqrt(spread)),
            "n_judgments": met[first, second],
        }
    )
    return found.sort_values("sure", kind="stable", ignore_index=True)


def _between(covariance: Floats, first: Ints, second: Ints) -> Floats:
    """The variance of the difference of the two."""
    own = np.diag(covariance)
    variance: Floats = own[first] + own[second] - 2 * covariance[first, second]
    return variance


@dataclass(frozen=True, eq=False)
class _Group:
    """Candidates of m models each: their `places`, `models` (n, m), `judgments` (n,), and
    `information` (n, m, m)."""

    places: Ints
    models: Ints
    judgments: Floats
    information: Floats

    def only(self, at: int) -> _Group:
        """The candidate at that place alone."""
        one = [at]
        return _Group(
            self.places[one], self.models[one], self.judgments[one], self.information[one]
        )

    def within(self, matrix: Floats) -> Floats:
        """The rows and columns of each candidate's models (n, m, m)."""
        found: Floats = matrix[self.models[:, :, None], self.models[:, None, :]]
        return found

    def kept(self, covariance: Floats) -> Floats:
        """J (I + E'CE J)^-1 of each candidate (n, m, m)."""
        here, within = self.information, self.within(covariance)
        if self.models.shape[1] == 2:  # of rank one, and most candidates are
            spent = 1 + np.einsum("nij,nji->n", within, here)
            return np.asarray(here / spent[:, None, None], dtype=np.float64)
        turned = np.eye(self.models.shape[1]) + here @ within
        return np.asarray(np.linalg.solve(turned, here), dtype=np.float64)


def _by_size(candidates: Sequence[Sequence[int]]) -> list[Ints]:
    """The places of the candidates of each size."""
    sizes = np.array([len(models) for models in candidates], dtype=np.int64)
    return [np.flatnonzero(sizes == size) for size in np.unique(sizes)]


def _of_size(fitted: Fit, places: Ints, models: Ints, judgments: Floats) -> _Group:
    strengths = fitted.strengths[models]
    difference = strengths[:, :, None] - strengths[:, None, :]
    weight = judgments[:, None, None] * chances(difference, fitted.log_nu).variance
    m = np.arange(models.shape[1])
    weight[:, m, m] = 0
    information = -weight
    information[:, m, m] = weight.sum(axis=2)
    return _Group(places, models, judgments, information)


def _greedy(covariance: Floats, groups: Sequence[_Group], left: Ints, n: int) -> tuple[int, ...]:
    chosen = []
    for _ in range(n):
        squared = covariance @ covariance
        best, gain = (groups[0], 0), -np.inf
        for group in groups:
            gains = np.einsum("nij,nji->n", group.within(squared), group.kept(covariance))
            gains = np.where(left[group.places] > 0, gains / group.judgments, -np.inf)
            # The first of those that gain the same, but for the last digits.
            at = int(np.argmax(gains >= gains.max() * (1 - _SAME)))
            if gains[at] > gain:
                best, gain = (group, at), float(gains[at])
        group, at = best
        place = int(group.places[at])
        chosen.append(place)
        left[place] -= 1
        moved = covariance[:, group.models[at]]
        covariance = covariance - moved @ group.only(at).kept(covariance)[0] @ moved.T
    return tuple(chosen)
