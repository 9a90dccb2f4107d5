"""The likely truth of every unit and the accuracy of every reviewer, from judgments alone."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, replace

import numpy as np
import pandas as pd

from workbench.messages import N_, Message
from workbench.stats.arrays import Floats, count_distinct
from workbench.stats.coding import CodedTable
from workbench.stats.confusion import (
    PRIOR,
    Confusion,
    Judgments,
    Learnt,
    by_said,
    learn,
    posterior_of,
)
from workbench.stats.intervals import SEED
from workbench.stats.profiles import Prepared, prepare

#: Draws of the accuracies, from which the intervals are read, and those before that are forgotten.
DRAWS, _FORGOTTEN = 500, 50
#: Up to this many judgments, truths and chances are drawn together (about a second).
DRAWN_JOINTLY = 30_000
_PERCENTILES = (2.5, 97.5)


@dataclass(frozen=True, eq=False)
class DawidSkene:
    """What is likely true, and who says it how often.

    `units`: one row a unit, with item, unit, value (the likely truth), probability (that it is) and
    n_judgments; `posterior` (n_units, n_values) has the chances of all values, beside it.
    `reviewers`: one row a reviewer, with reviewer, accuracy (the chance of saying the truth, its
    values weighted by `confusion.prevalence`), low, high and n_judgments (units judged).
    `confusion`: by the codes of `confusion.values`, reviewers in the order of `reviewers`.
    All four are None when `undefined` says why. `converged` is False when EM ran out of steps.
    """

    units: pd.DataFrame | None
    posterior: Floats | None
    reviewers: pd.DataFrame | None
    confusion: Confusion | None
    log_likelihood: float | None = None
    converged: bool = False
    undefined: Message | None = None

    def confusion_of(self, reviewer: Hashable) -> pd.DataFrame:
        """Chances of what a reviewer says (columns) given what is true (rows).

        Raises KeyError when the reviewer is not there, or the whole is undefined.
        """
        if self.reviewers is None or self.confusion is None:
            raise KeyError(reviewer)
        at = self.reviewers["reviewer"].tolist()
        if reviewer not in at:
            raise KeyError(reviewer)
        names = list(self.confusion.values)
        return pd.DataFrame(self.confusion.of[at.index(reviewer)], index=names, columns=names)


def dawid_skene(
    table: pd.DataFrame | Prepared, *, prior: float = PRIOR, intervals: bool = True
) -> DawidSkene:
    """Learn what is true and how well each reviewer knows it.

    The table has the columns item, reviewer, unit, value; all units share the values and the
    confusion matrices. Give pairs of a ranking in one orientation: both count each judgment twice.
    Each row of a reviewer's matrix is shrunk towards that of all reviewers as if that had been seen
    in `prior` judgments, so that a few judgments condemn nobody; 0 is the method of 1979 itself.

    The interval holds 95 % of draws of the accuracy from its posterior: up to `DRAWN_JOINTLY`
    judgments by Gibbs sampling of truths, confusion rows (Dirichlet) and prevalences; beyond that
    from the Beta margins of the Dirichlet rows alone, as if the shared-out counts had been seen,
    which is too narrow where the truth is in doubt. Either way the model takes errors of reviewers
    on one unit as independent, and is as wrong as that is. Without `intervals`, which take most of
    the time, `low` and `high` are NaN.
    Undefined when nothing was judged by two reviewers, or only one value was said.
    Source: see `confusion`. Raises Invalid as `coding.encode` does, ValueError for a prior below 0.
    """
    coded = prepare(table).coded
    undefined = why_undefined(coded)
    if undefined is not None:
        return DawidSkene(None, None, None, None, undefined=undefined)
    judgments = judgments_of(coded)
    learnt = learn(judgments, prior)
    return DawidSkene(
        units=_units(coded, learnt),
        posterior=learnt.posterior,
        reviewers=_reviewers(
            coded,
            learnt,
            _accuracy_intervals(judgments, learnt, prior) if intervals else (np.nan, np.nan),
        ),
        confusion=learnt.confusion,
        log_likelihood=learnt.log_likelihood,
        converged=learnt.converged,
    )


def judgments_of(coded: CodedTable) -> Judgments:
    """A coded table as EM takes it."""
    return Judgments(
        coded.unit,
        coded.reviewer,
        coded.value,
        coded.item_of_unit.size,
        len(coded.reviewers),
        coded.known_values,
    )


def why_undefined(coded: CodedTable) -> Message | None:
    """Why nothing can be learnt from a table, or None."""
    if not coded.unit.size:
        return N_("There are no judgments yet.")
    if len(coded.known_values) < 2:
        return N_("All judgments say the same, so nobody can be told from anybody else.")
    n_reviewers = len(coded.reviewers)
    pairs = count_distinct(coded.unit * n_reviewers + coded.reviewer, _cells(coded))
    if pairs == coded.item_of_unit.size:
        return N_("No two reviewers have judged the same thing yet, so nothing can be compared.")
    return None


def _cells(coded: CodedTable) -> int:
    return coded.item_of_unit.size * len(coded.reviewers)


def _units(coded: CodedTable, learnt: Learnt) -> pd.DataFrame:
    likely = learnt.posterior.argmax(axis=1)
    names = np.fromiter(coded.known_values, dtype=object, count=len(coded.known_values))
    columns = {
        "item": coded.items[coded.item_of_unit],
        "unit": coded.unit_names[coded.name_of_unit],
        "value": names[likely],
        "probability": learnt.posterior.max(axis=1),
        "n_judgments": np.bincount(coded.unit, minlength=likely.size),
    }
    return pd.DataFrame(columns)


def _reviewers(
    coded: CodedTable, learnt: Learnt, intervals: tuple[Floats, Floats] | tuple[float, float]
) -> pd.DataFrame:
    confusion = learnt.confusion
    low, high = intervals
    columns = {
        "reviewer": np.fromiter(coded.reviewers, dtype=object, count=len(coded.reviewers)),
        "accuracy": np.einsum("rcc,c->r", confusion.of, confusion.prevalence),
        "low": low,
        "high": high,
        "n_judgments": np.bincount(coded.reviewer, minlength=len(coded.reviewers)),
    }
    return pd.DataFrame(columns)


def _accuracy_intervals(
    judgments: Judgments, learnt: Learnt, prior: float
) -> tuple[Floats, Floats]:
    """The percentiles of each reviewer's accuracy (n_reviewers,)."""
    # Without a prior, a row without judgments would have no distribution.
    around = max(prior, 1.0) * np.maximum(learnt.confusion.pooled, 1e-6)
    if judgments.unit.size <= DRAWN_JOINTLY:
        drawn = _jointly(judgments, learnt, around)
    else:
        drawn = _from_counts(learnt, around)
    low, high = np.percentile(drawn, _PERCENTILES, axis=0)
    return low, high


def _jointly(judgments: Judgments, learnt: Learnt, around: Floats) -> Floats:
    """Accuracies (DRAWS, n_reviewers) by Gibbs sampling: truths given chances, and back."""
    rng = np.random.default_rng(SEED)
    cells, posterior, confusion = judgments.cells(), learnt.posterior, learnt.confusion
    by_cell, n_values = cells.T.tocsr(), len(confusion.values)
    accuracies = []
    for _ in range(_FORGOTTEN + DRAWS):
        truth = (rng.random((posterior.shape[0], 1)) > posterior.cumsum(axis=1)).sum(axis=1)
        known = np.eye(n_values)[np.minimum(truth, n_values - 1)]
        counts = by_said(by_cell @ known) + around
        of = rng.standard_gamma(counts)
        of /= of.sum(axis=2, keepdims=True)
        prevalence = rng.dirichlet(known.sum(axis=0) + 1 / n_values)
        confusion = replace(confusion, prevalence=prevalence, of=of)
        accuracies.append(np.einsum("rcc,c->r", of, prevalence))
        posterior, _ = posterior_of(cells, confusion)
    return np.array(accuracies[_FORGOTTEN:])


def _from_counts(learnt: Learnt, around: Floats) -> Floats:
    """Accuracies (DRAWS, n_reviewers): the diagonal of a Dirichlet row has a Beta distribution."""
    weights = learnt.counts + around
    right = np.einsum("rcc->rc", weights)
    rng = np.random.default_rng(SEED)
    drawn = rng.beta(right, weights.sum(axis=2) - right, size=(DRAWS, *right.shape))
    accuracies: Floats = drawn @ learnt.confusion.prevalence
    return accuracies
