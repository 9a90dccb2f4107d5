"""What reviewers say given what is true, learnt by EM from their judgments alone.

The model of A. P. Dawid, A. M. Skene, "Maximum likelihood estimation of observer error-rates using
the EM algorithm", Applied Statistics 28 (1979): each unit has one true value, and reviewer r says l
where c is true with chance pi[r, c, l], independently of the others. Rows of few judgments are
shrunk in two steps, as posterior means under Dirichlet priors of weight `prior`: a reviewer's row
towards the row of all reviewers pooled, and the pooled row towards a symmetric one, in which all
wrong values are equally likely. With prior 0 it is the method of 1979.
"""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
from scipy.sparse import csr_array

from workbench.stats.arrays import Floats, Ints
from workbench.stats.profiles import Sparse

#: Judgments that the prior of each row of a confusion matrix is worth.
PRIOR = 10.0
#: EM ends when no chance moves by more than this from one step to the next.
STILL = 1e-6
_MOST_STEPS = 500
#: A chance of nothing, where a logarithm is taken.
LEAST = 1e-300


@dataclass(frozen=True, eq=False)
class Confusion:
    """Chances, learnt or assumed.

    `prevalence` (n_values,) of each true value; `pooled` (n_values, n_values) the chance that
    anybody says the value of the column where that of the row is true; `of` (n_reviewers, n_values,
    n_values) the same by reviewer.
    """

    values: tuple[Hashable, ...]
    prevalence: Floats
    pooled: Floats
    of: Floats


@dataclass(frozen=True, eq=False)
class Learnt:
    """Where EM has ended.

    `posterior` (n_units, n_values) is the chance that each value is the true one, `counts`
    (n_reviewers, n_values, n_values) how often each reviewer said the value of the column where
    that of the row is true, each judgment shared out by the posterior of its unit.
    `log_likelihood` is that of the judgments; `converged` is False when EM ran out of steps.
    """

    confusion: Confusion
    posterior: Floats
    counts: Floats
    log_likelihood: float
    steps: int
    converged: bool


@dataclass(frozen=True, eq=False)
class Judgments:
    """Rows of judgments as codes (n_rows,), in a table of the given sizes.

    A reviewer may stand twice in a unit: two judgments, independent of each other.
    """

    unit: Ints
    reviewer: Ints
    value: Ints
    n_units: int
    n_reviewers: int
    values: tuple[Hashable, ...]

    def cells(self) -> Sparse:
        """How often a unit has which value by which reviewer (n_units, n_reviewers * n_values)."""
        n_values = len(self.values)
        column = self.reviewer * n_values + self.value
        shape = (self.n_units, self.n_reviewers * n_values)
        return csr_array((np.ones(column.size), (self.unit, column)), shape=shape)


def learn(judgments: Judgments, prior: float = PRIOR, still: float = STILL) -> Learnt:
    """EM from the shares of the votes. Raises ValueError when the prior is negative."""
    if prior < 0:
        raise ValueError("a prior weighs 0 judgments or more")
    cells, n_values = judgments.cells(), len(judgments.values)
    by_cell = cells.T.tocsr()
    posterior = _vote_shares(cells, n_values)
    counts, confusion = _chances(
        np.asarray(by_cell @ posterior), posterior, judgments.values, prior
    )
    likelihood, converged, step = -np.inf, False, 0
    while not converged and step < _MOST_STEPS:
        step += 1
        posterior, likelihood = posterior_of(cells, confusion)
        before = confusion
        counts, confusion = _chances(
            np.asarray(by_cell @ posterior), posterior, judgments.values, prior
        )
        converged = _moved(before, confusion) < still
    return Learnt(confusion, posterior, counts, likelihood, step, converged)


def posterior_of(cells: Sparse, confusion: Confusion) -> tuple[Floats, float]:
    """Chances of the true value of each unit (n_units, n_values), and the log-likelihood."""
    n_values = len(confusion.values)
    says = np.log(np.maximum(confusion.of, LEAST)).transpose(0, 2, 1).reshape(-1, n_values)
    joint: Floats = cells @ says
    joint += np.log(np.maximum(confusion.prevalence, LEAST))
    return normalise(joint)


def by_said(by_cell: Floats) -> Floats:
    """(n_reviewers * n_values said, n_values true) as (n_reviewers, true, said)."""
    n_values = by_cell.shape[1]
    return by_cell.reshape(-1, n_values, n_values).transpose(0, 2, 1)


def normalise(joint: Floats) -> tuple[Floats, float]:
    """Log-chances (n, n_values) up to a constant a row as chances; the sum of those constants."""
    most = joint.max(axis=1, keepdims=True)
    chance = np.exp(joint - most)
    total = chance.sum(axis=1, keepdims=True)
    chance /= total
    return chance, float(np.log(total).sum() + most.sum())


def _vote_shares(cells: Sparse, n_values: int) -> Floats:
    value = np.arange(cells.shape[1]) % n_values
    votes: Floats = cells @ (value[:, None] == np.arange(n_values)).astype(np.float64)
    votes /= votes.sum(axis=1, keepdims=True)
    return votes


def _chances(
    by_cell: Floats, posterior: Floats, values: tuple[Hashable, ...], prior: float
) -> tuple[Floats, Confusion]:
    """The M-step, from `by_cell` (n_reviewers * n_values, n_values): said, then true."""
    counts = by_said(by_cell)
    together = counts.sum(axis=0)
    pooled = _rows(together + prior * _symmetric(together))
    of = _rows(counts + prior * pooled)
    prevalence = posterior.mean(axis=0)
    return counts, Confusion(values, prevalence, pooled, of)


def _symmetric(counts: Floats) -> Floats:
    """The share that is right on the diagonal, the rest spread evenly."""
    n_values = counts.shape[0]
    # Half a judgment right and half wrong, so that neither is ever impossible.
    right = (np.trace(counts) + 0.5) / (counts.sum() + 1)
    even = np.full((n_values, n_values), (1 - right) / max(n_values - 1, 1))
    np.fill_diagonal(even, right)
    return even


def _rows(weights: Floats) -> Floats:
    """Each row as chances; even ones where it has no weight."""
    total = weights.sum(axis=-1, keepdims=True)
    chance = np.full(weights.shape, 1 / weights.shape[-1])
    np.divide(weights, total, out=chance, where=total > 0)
    return chance


def _moved(before: Confusion, after: Confusion) -> float:
    chances = np.abs(after.of - before.of).max(initial=0)
    return float(max(chances, np.abs(after.prevalence - before.prevalence).max(initial=0)))
