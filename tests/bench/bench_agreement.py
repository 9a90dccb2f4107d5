"""Agreement over a million judgments: 200,000 items, 5 of 50 reviewers each, 5 classes.

Beside each figure stands its limit from the same run: the same sums in bare NumPy over values that
are coded already, and the `krippendorff` package, which has no interval.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable
from typing import Any

import krippendorff
import numpy as np
import numpy.typing as npt
import pandas as pd

from workbench.stats import (
    dawid_skene,
    gwet_ac,
    item_disagreement,
    krippendorff_alpha,
    league,
    pairwise_agreement,
    percent_agreement,
    prepare,
    reviewer_agreement,
    simulate,
)

ITEMS, OVERLAP, REVIEWERS, CLASSES, RESAMPLES = 200_000, 5, 50, 5, 1_000
#: The promise for alpha, percent agreement and their intervals, in seconds.
BAR = 0.5
#: The same for AC1 or AC2 and its interval.
BAR_GWET = 0.3
#: That for Dawid-Skene.
DAWID_SKENE_BAR = 2.0

Figure = tuple[str, float, str]


def run() -> list[Figure]:
    """Measure, print, and give back every figure as (name, value, unit); each the best of three."""
    judgments = _judgments()
    counts = _counts(judgments)
    figures: list[Figure] = [
        ("agreement, 1M judgments: alpha, percent, intervals", _best(_ours, judgments), "s"),
        ("  the bar", BAR, "s"),
        ("  the same with ids and values as texts", _best(_ours, _as_texts(judgments)), "s"),
        ("  limit: bare NumPy on coded values", _best(_bare, judgments), "s"),
        ("  krippendorff package, nominal alpha alone, from counts", _best(_theirs, counts), "s"),
        ("  the counts it needs", _best(_counts, judgments), "s"),
        ("Gwet's AC1 with its interval, 1M judgments", _best(gwet_ac, judgments), "s"),
        ("  AC2, quadratic weights", _best(_quadratic, judgments), "s"),
        ("  AC1 where every third judgment is missing", _best(gwet_ac, _thinned(judgments)), "s"),
        ("  the bar", BAR_GWET, "s"),
        ("pairs of reviewers, 1M judgments", _best(pairwise_agreement, judgments), "s"),
        ("each reviewer against the others", _best(reviewer_agreement, judgments), "s"),
        ("disputed items", _best(item_disagreement, judgments), "s"),
        (
            "Dawid-Skene, 1M judgments: truths, matrices, intervals",
            _best(dawid_skene, judgments),
            "s",
        ),
        ("  the bar", DAWID_SKENE_BAR, "s"),
        ("league of 100 models, 1M comparisons with ties", _best(league, _comparisons()), "s"),
        ("replaying 20,000 judgments under 11 rules, one order", _best(_replay, judgments), "s"),
        ("largest memory of the process", _peak(), "MB"),
    ]
    for name, value, unit in figures:
        sys.stdout.write(f"{name:<60} {value:10.3f} {unit}\n")
    return figures


def _judgments() -> pd.DataFrame:
    """Reviewers of differing skill, rows in no order."""
    rng = np.random.default_rng(0)
    truth = rng.choice(CLASSES, size=(ITEMS, 1), p=[0.4, 0.25, 0.15, 0.12, 0.08])
    reviewer = np.argsort(rng.random((ITEMS, REVIEWERS), dtype=np.float32), axis=1)[:, :OVERLAP]
    knows = rng.random((ITEMS, OVERLAP)) < rng.uniform(0.55, 0.95, REVIEWERS)[reviewer]
    said = np.where(knows, truth, rng.integers(0, CLASSES, (ITEMS, OVERLAP)))
    item = np.repeat(np.arange(ITEMS), OVERLAP)
    columns = {"item": item, "reviewer": reviewer.ravel(), "unit": "", "value": said.ravel()}
    return pd.DataFrame(columns).sample(frac=1, random_state=1, ignore_index=True)


def _comparisons() -> pd.DataFrame:
    """100 models of normal log-strengths, a tie parameter of 0.5."""
    rng = np.random.default_rng(1)
    n, models = 1_000_000, 100
    strength = rng.normal(0, 1, models)
    a = rng.integers(0, models, n)
    b = (a + rng.integers(1, models, n)) % models
    half = (strength[a] - strength[b]) / 2
    drawn = rng.random(n) * (np.exp(half) + np.exp(-half) + 0.5)
    value = np.select([drawn < np.exp(half), drawn < np.exp(half) + np.exp(-half)], [1, -1], 0)
    columns = {"item": np.arange(n), "reviewer": rng.integers(0, REVIEWERS, n)}
    return pd.DataFrame({**columns, "model_a": a, "model_b": b, "value": value})


def _replay(judgments: pd.DataFrame) -> None:
    simulate(judgments[judgments["item"] < 4_000], seeds=1)


def _as_texts(judgments: pd.DataFrame) -> pd.DataFrame:
    return judgments.assign(
        item=judgments["item"].map("item-{:06}".format),
        reviewer=judgments["reviewer"].map("r{:02}".format),
        value=judgments["value"].map("abcde".__getitem__),
    )


def _ours(judgments: pd.DataFrame) -> None:
    prepared = prepare(judgments)
    krippendorff_alpha(prepared, "nominal")
    percent_agreement(prepared)


def _quadratic(judgments: pd.DataFrame) -> None:
    gwet_ac(judgments, "interval")


def _thinned(judgments: pd.DataFrame) -> pd.DataFrame:
    """Units with 0 to 5 values, which are the most patterns there can be."""
    return judgments[np.random.default_rng(2).random(len(judgments)) < 2 / 3]


def _counts(judgments: pd.DataFrame) -> npt.NDArray[np.int64]:
    cell = judgments["item"].to_numpy() * CLASSES + judgments["value"].to_numpy()
    return np.bincount(cell, minlength=ITEMS * CLASSES).reshape(ITEMS, CLASSES)


def _theirs(counts: npt.NDArray[np.int64]) -> None:
    krippendorff.alpha(value_counts=counts, level_of_measurement="nominal")


def _bare(judgments: pd.DataFrame) -> None:
    """Nominal alpha, the share and both intervals, with nothing checked or looked up."""
    packed = _counts(judgments) @ (OVERLAP + 1) ** np.arange(CLASSES)
    key, times = np.unique(np.sort(packed), return_counts=True)
    counts = key[:, None] // (OVERLAP + 1) ** np.arange(CLASSES) % (OVERLAP + 1)
    apart = OVERLAP**2 - (counts**2).sum(axis=1)
    weights = np.random.default_rng(0).multinomial(ITEMS, times / ITEMS, size=RESAMPLES)
    margins = weights @ counts
    n = ITEMS * OVERLAP
    observed = weights @ apart / (OVERLAP - 1) / n
    expected = (n**2 - (margins**2).sum(axis=1)) / (n * (n - 1))
    np.percentile(1 - observed / expected, [2.5, 97.5])
    np.percentile(1 - weights @ apart / (OVERLAP * (OVERLAP - 1)) / ITEMS, [2.5, 97.5])


def _best(what: Callable[[Any], Any], given: Any, times: int = 3) -> float:
    taken = []
    for _ in range(times):
        start = time.perf_counter()
        what(given)
        taken.append(time.perf_counter() - start)
    return min(taken)


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    run()
