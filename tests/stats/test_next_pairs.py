"""Which pair next: fewer comparisons than at random for strengths that are known as well."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.stats.comparisons import COLUMNS, as_table, fight, outcomes
from workbench.stats import league, next_pairs

MODELS, BATCH, BATCHES = 10, 40, 12
PAIRS = list(combinations(range(MODELS), 2))
NOTHING = pd.DataFrame(columns=COLUMNS)


def errors(seed: int, chosen: bool) -> list[float]:
    """The RMSE of strengths after each batch of comparisons of good and bad models."""
    rng = np.random.default_rng(seed)
    strengths = rng.normal(0, 2.5, MODELS)
    strengths -= strengths.mean()
    table, found = NOTHING, []
    for _ in range(BATCHES):
        at: Any = rng.integers(0, len(PAIRS), BATCH)
        if chosen:
            at = next_pairs(league(table, prior_sd=3, models=range(MODELS)), PAIRS * BATCH, BATCH)
        pairs = np.array([(PAIRS * BATCH)[i] for i in at])
        item = len(table) + np.arange(BATCH)
        batch = as_table(pairs, fight(rng, strengths, pairs), item=item)
        table = batch if table.empty else pd.concat([table, batch])
        models: Any = league(table, prior_sd=3, models=range(MODELS)).models
        strength = models.set_index("model")["strength"].sort_index()
        found.append(float(np.sqrt(((strength - strengths) ** 2).mean())))
    return found


def test_chosen_pairs_need_fewer_comparisons_than_random_ones() -> None:
    seeds = range(24)
    chosen = np.mean([errors(seed, chosen=True) for seed in seeds], axis=0)
    at_random = np.mean([errors(seed, chosen=False) for seed in seeds], axis=0)
    spent = BATCH * np.arange(1, BATCHES + 1)
    half = BATCHES // 2
    needed = np.interp(-chosen[half - 1], -at_random, spent)
    assert needed >= 1.25 * spent[half - 1]


def test_each_step_takes_most_from_the_summed_variance() -> None:
    """Against fitting anew with the expected information of each candidate added by hand."""
    found: Any = league(outcomes(*["a>b", "b>a", "b>c", "c>b", "c=a", "d>a", "a>d"] * 3))
    candidates = list(combinations("abcd", 2))
    information = found.fitted.information[:-1, :-1]
    # Log nu is known only so well; its doubt stays in the strengths.
    covariance = covariance_of_strengths(found)
    assert np.linalg.matrix_rank(information) == 3
    strength = dict(zip("abcd", found.fitted.strengths, strict=True))
    nu = found.nu
    gains = []
    for a, b in candidates:
        half = (strength[a] - strength[b]) / 2
        win, lose = np.exp(half), np.exp(-half)
        p, t = win / (win + lose + nu), nu / (win + lose + nu)
        v = p + t / 4 - (p + t / 2) ** 2
        x = np.array([(name == a) * 1.0 - (name == b) for name in "abcd"])
        after = np.linalg.pinv(np.linalg.pinv(covariance) + v * np.outer(x, x))
        gains.append(np.trace(covariance) - np.trace(after))
    assert next_pairs(found, candidates) == (int(np.argmax(gains)),)


def covariance_of_strengths(found: Any) -> Any:
    order = [found.models["model"].tolist().index(name) for name in "abcd"]
    return found.covariance[np.ix_(order, order)]


def test_before_anything_is_compared_every_model_gets_its_turn() -> None:
    nothing = league(NOTHING, prior_sd=2, models=range(6))
    pairs = list(combinations(range(6), 2))
    first = next_pairs(nothing, pairs, 3)
    assert sorted(model for at in first for model in pairs[at]) == list(range(6))


def test_a_place_is_given_once_and_no_more_than_there_are() -> None:
    found = league(outcomes("a>b", "b>a", "b>c", "c>b"))
    assert sorted(next_pairs(found, [("a", "b"), ("a", "c"), ("a", "b")], 9)) == [0, 1, 2]
    assert next_pairs(found, [], 3) == ()


def test_what_cannot_be_asked_is_refused() -> None:
    with pytest.raises(ValueError, match="a prior"):
        next_pairs(league(outcomes("a>b")), [("a", "b")])
    found = league(outcomes("a>b", "b>a"))
    for pair in (("a", "x"), ("a", "a")):
        with pytest.raises(ValueError, match="not two models"):
            next_pairs(found, [pair])
