"""Which model is better: strengths from comparisons of two models, ties included.

A tie is an outcome of its own, as in Davidson's model (see `davidson`). Counting it as half a win
for each side instead draws all strengths together: half wins say that two models which tie often
are close, whatever the rest of their comparisons says.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.stats import norm, t

from workbench.messages import N_, Message
from workbench.stats.arrays import Bools, Floats, Ints
from workbench.stats.battles import Battles, encode_battles
from workbench.stats.davidson import Counts, Fit, chances, fit, is_bounded, parts, ranks_above
from workbench.stats.profiles import Sparse


@dataclass(frozen=True, eq=False)
class League:
    """Models by strength.

    `models`: one row a model, the strongest first, with model; strength, the log-strength less the
    mean of all; se, low, high of it; rank_low, rank_high, the best and worst rank it may have: as
    many models are before it, and behind it, as a 95 % interval of the difference of the two shows;
    wins, ties, losses and n_judgments. None when `undefined` says why. se to rank_high are NaN when
    `no_interval` says why. `nu` is the tie parameter, with its interval: two models as strong as
    each other tie with the chance nu / (2 + nu).

    `wins` and `ties` are counts of model (row) against model (column), in the order of `models`;
    `covariance` (n, n) is that of the strengths. `interval_over` says what was taken as
    independent: "judgments", or "items" where one has several. `fitted` has the models in the order
    of `fitted_models`, for `next_pairs`.
    """

    wins: pd.DataFrame
    ties: pd.DataFrame
    interval_over: Literal["judgments", "items"]
    n_items: int
    n_judgments: int
    n_reviewers: int
    models: pd.DataFrame | None = None
    nu: float | None = None
    nu_low: float | None = None
    nu_high: float | None = None
    covariance: Floats | None = None
    fitted: Fit | None = None
    fitted_models: tuple[Hashable, ...] = ()
    undefined: Message | None = None
    no_interval: Message | None = None


def league(
    table: pd.DataFrame,
    *,
    prior_sd: float | None = None,
    models: Iterable[Hashable] = (),
) -> League:
    """Strengths of models.

    The table has the columns item, reviewer, model_a, model_b, value: 1 (a better), 0 (tie), -1 (b
    better). Undefined when nothing was compared, when no comparison connects some models with the
    others, or when the strengths have no limit. `prior_sd`, off unless given, makes them defined: a
    normal prior around 0 of that standard deviation on each log-strength and on log nu, which draws
    them together. `models` names those that belong to it though they were never compared.

    Intervals are of normal theory. Where an item has several judgments these are not independent:
    then it is a sandwich clustered by item, with n / (n - 1) and Student's t on n - 1, for n items.
    Source: `davidson`; H. White, "Maximum likelihood estimation of misspecified models" (1982); on
    clusters K.-Y. Liang, S. L. Zeger (1986). Raises Invalid as `encode_battles` does, ValueError
    for a prior_sd that is not above 0.
    """
    if prior_sd is not None and not prior_sd > 0:
        raise ValueError("the prior's standard deviation is above 0")
    battles = encode_battles(table, models)
    counts = battles.counts()
    undefined = why_undefined(battles, counts, prior_sd)
    if undefined is not None:
        return _league(battles, counts, np.arange(len(battles.models)), undefined=undefined)
    fitted = fit(counts, prior_sd)
    order = np.argsort(-fitted.strengths, kind="stable")
    return _league(battles, counts, order, fitted)


def covariance_of(fitted: Fit) -> Floats:
    """The inverse of the information (n + 1, n + 1), with strengths taken from their mean.

    Zero for log nu where nothing was tied.
    """
    n = fitted.strengths.size
    free = np.arange(n + 1 if np.isfinite(fitted.log_nu) else n)
    here = fitted.information[np.ix_(free, free)]
    gauge = np.zeros_like(here)
    gauge[:n, :n] = max(here.max(), 1.0) / n
    centre = np.eye(free.size)
    centre[:n, :n] -= 1 / n
    covariance = np.zeros((n + 1, n + 1))
    covariance[np.ix_(free, free)] = centre @ np.linalg.inv(here + gauge) @ centre
    return covariance


def why_undefined(battles: Battles, counts: Counts, prior_sd: float | None) -> Message | None:
    """Why there are no strengths, or None."""
    if prior_sd is not None and len(battles.models) > 1:
        return None
    if not battles.value.size:
        return N_("No two models have been compared yet.")
    part = parts(counts)
    if part.max() > 0:
        groups = "; ".join(_names(battles, part == i) for i in range(int(part.max()) + 1))
        return N_("No comparison connects these groups of models: %(groups)s.", groups=groups)
    if ranks_above(counts).max() > 0:
        return N_(
            "These models were never beaten or tied by the others, so that their lead has no "
            "limit: %(models)s.",
            models=_names(battles, _on_top(counts)),
        )
    if not is_bounded(counts):
        return N_(
            "So few wins speak against each other that strengths and ties have no limit; a few "
            "more comparisons will set one."
        )
    return None


def _names(battles: Battles, chosen: Bools) -> str:
    return ", ".join(str(battles.models[i]) for i in np.flatnonzero(chosen))


def _on_top(counts: Counts) -> Bools:
    """The members of a group that lost to and tied with nobody outside it."""
    group = ranks_above(counts)
    beaten, by = np.nonzero((counts.wins + counts.ties).T)
    outside = group[beaten] != group[by]
    yields = np.bincount(group[beaten], weights=outside, minlength=int(group.max()) + 1)
    top: Bools = group == np.flatnonzero(yields == 0)[0]
    return top


def _league(
    battles: Battles,
    counts: Counts,
    order: Ints,
    fitted: Fit | None = None,
    undefined: Message | None = None,
) -> League:
    names = [battles.models[i] for i in order]
    inside = np.ix_(order, order)
    wins, ties = counts.wins[inside].astype(np.int64), counts.ties[inside].astype(np.int64)
    found = League(
        wins=pd.DataFrame(wins, index=names, columns=names),
        ties=pd.DataFrame(ties, index=names, columns=names),
        interval_over="items" if battles.value.size > battles.n_items else "judgments",
        n_items=battles.n_items,
        n_judgments=battles.value.size,
        n_reviewers=len(battles.reviewers),
        undefined=undefined,
    )
    if fitted is None:
        return found
    spread = _spread(battles, fitted, clustered=found.interval_over == "items")
    covariance = spread.covariance[inside]
    strengths = fitted.strengths[order]
    frame = pd.DataFrame(
        {
            "model": pd.Series(names, dtype=object),
            "strength": strengths,
            **_intervals(strengths, covariance, spread.reach),
            "wins": wins.sum(axis=1),
            "ties": ties.sum(axis=1),
            "losses": wins.sum(axis=0),
            "n_judgments": wins.sum(axis=1) + ties.sum(axis=1) + wins.sum(axis=0),
        }
    )
    low, high = _nu_interval(fitted, spread)
    return replace(
        found,
        models=frame,
        nu=float(np.exp(fitted.log_nu)),
        nu_low=low,
        nu_high=high,
        covariance=None if spread.undefined is not None else covariance,
        fitted=fitted,
        fitted_models=battles.models,
        no_interval=spread.undefined,
    )


@dataclass(frozen=True, eq=False)
class _Spread:
    """`covariance` (n + 1, n + 1), and how many standard errors an interval reaches."""

    covariance: Floats
    reach: float
    undefined: Message | None = None


def _spread(battles: Battles, fitted: Fit, *, clustered: bool) -> _Spread:
    covariance = covariance_of(fitted)
    if not clustered:
        return _Spread(covariance, float(norm.ppf(0.975)))
    n_items, n_models = battles.n_items, fitted.strengths.size
    if n_items <= n_models:
        why = N_(
            "Items have several judgments, and an interval then needs more items than there are "
            "models, %(models)s.",
            models=n_models,
        )
        return _Spread(np.full_like(covariance, np.nan), np.nan, why)
    scores = _scores(battles, fitted)
    meat = (scores.T @ scores).toarray() * n_items / (n_items - 1)
    return _Spread(covariance @ meat @ covariance, float(t.ppf(0.975, n_items - 1)))


def _scores(battles: Battles, fitted: Fit) -> Sparse:
    """The gradient of each item's log-likelihood (n_items, n + 1)."""
    n = fitted.strengths.size
    difference = fitted.strengths[battles.a] - fitted.strengths[battles.b]
    chance = chances(difference, fitted.log_nu)
    surprise = (battles.value + 1) / 2 - chance.expected
    tied = (battles.value == 0) - chance.tie
    columns = np.concatenate([battles.a, battles.b, np.full(tied.size, n)])
    entries = np.concatenate([surprise, -surprise, tied])
    return csr_array((entries, (np.tile(battles.item, 3), columns)), shape=(battles.n_items, n + 1))


def _intervals(strengths: Floats, covariance: Floats, reach: float) -> dict[str, Floats]:
    # Where all say the same a sandwich is 0 but for the last digits, which may be below.
    error = np.sqrt(np.maximum(np.diag(covariance), 0))
    ahead = strengths[:, None] - strengths
    variance = np.diag(covariance)[:, None] + np.diag(covariance) - 2 * covariance
    surely = ahead > reach * np.sqrt(np.maximum(variance, 0))
    unknown = np.where(np.isfinite(error), 0, np.nan)
    return {
        "se": error,
        "low": strengths - reach * error,
        "high": strengths + reach * error,
        "rank_low": 1 + surely.sum(axis=0) + unknown,
        "rank_high": strengths.size - surely.sum(axis=1) + unknown,
    }


def _nu_interval(fitted: Fit, spread: _Spread) -> tuple[float | None, float | None]:
    """None where nothing was tied or there are no intervals."""
    error = float(np.sqrt(np.maximum(spread.covariance[-1, -1], 0)))
    if not np.isfinite(fitted.log_nu) or spread.undefined is not None:
        return None, None
    low, high = np.exp(fitted.log_nu + spread.reach * error * np.array([-1, 1]))
    return float(low), float(high)
