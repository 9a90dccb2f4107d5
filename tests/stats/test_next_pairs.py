"""Which pair next: fewer comparisons than at random for strengths that are known as well."""

from __future__ import annotations

from itertools import combinations
from math import erf
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.stats.comparisons import COLUMNS, as_table, fight, outcomes
from workbench.stats import league, next_pairs
from workbench.stats.league import covariance_of
from workbench.stats.next_pairs import order_doubts

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
            known = league(table, prior_sd=3, models=range(MODELS))
            at = next_pairs(known, PAIRS, BATCH, times=[BATCH] * len(PAIRS))
        pairs = np.array([PAIRS[i] for i in at])
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
        with pytest.raises(ValueError, match="not two or more models"):
            next_pairs(found, [pair])


def after(found: Any, names: str, candidate: str, judgments: int) -> float:
    """The summed variance once all pairs of the candidate are compared, by adding outer products
    of contrasts to the information."""
    strength = dict(zip(names, found.fitted.strengths, strict=True))
    precision = np.linalg.pinv(covariance_of(found.fitted)[:-1, :-1])
    for a, b in combinations(candidate, 2):
        half = (strength[a] - strength[b]) / 2
        total = np.exp(half) + np.exp(-half) + found.nu
        p, t = np.exp(half) / total, found.nu / total
        x = np.array([(name == a) * 1.0 - (name == b) for name in names])
        precision += judgments * (p + t / 4 - (p + t / 2) ** 2) * np.outer(x, x)
    return float(np.trace(np.linalg.pinv(precision)))


def test_an_item_of_several_responses_counts_by_all_its_pairs_and_judgments() -> None:
    names = "abcdef"
    battles = ["a>b", "b>a", "b>c", "c>b", "c=a", "d>a", "a>d", "e>f", "f=e", "f>a", "b>e"]
    found = league(outcomes(*battles * 2), prior_sd=2)
    candidates = ["abc", "ef", "adf", "bde", "cd", "abcdef", "aab", "cdf"]
    for judgments in ([1] * 8, [3, 9, 2, 1, 30, 1, 9, 4]):
        before = float(np.trace(covariance_of(found.fitted)[:-1, :-1]))
        gains = [
            (before - after(found, names, candidate, k)) / k
            for candidate, k in zip(candidates, judgments, strict=True)
        ]
        [best] = next_pairs(found, [tuple(each) for each in candidates], judgments=judgments)
        assert best == int(np.argmax(gains))
    two = next_pairs(found, [tuple("abc")], 2, times=[2], judgments=[1])
    assert two == (0, 0)


def test_what_was_chosen_first_changes_what_is_chosen_next() -> None:
    """A second step against the same done by hand: the first one counts as made."""
    found = league(outcomes(*["a>b", "b>a", "b>c", "c>b", "c=a", "d>a", "a>d"]), prior_sd=2)
    candidates = [tuple(each) for each in ("ab", "bcd", "acd", "cd", "bd")]
    chosen = next_pairs(found, candidates, 4, times=[4] * 5)
    strength = dict(zip("abcd", found.fitted.strengths, strict=True))
    precision = np.linalg.pinv(covariance_of(found.fitted)[:-1, :-1])
    for place in chosen:
        added = []
        for candidate in candidates:
            more = np.zeros((4, 4))
            for a, b in combinations(candidate, 2):
                half = (strength[a] - strength[b]) / 2
                total = np.exp(half) + np.exp(-half) + found.nu
                p, t = np.exp(half) / total, found.nu / total
                x = np.array([(name == a) * 1.0 - (name == b) for name in "abcd"])
                more += (p + t / 4 - (p + t / 2) ** 2) * np.outer(x, x)
            added.append(more)
        left = [float(np.trace(np.linalg.pinv(precision + more))) for more in added]
        assert left[place] == pytest.approx(min(left), rel=1e-9)
        precision = precision + added[place]


def test_the_least_sure_order_comes_first() -> None:
    found: Any = league(outcomes(*["a>b"] * 9, "b>a", *["b>c"] * 5, *["c>b"] * 4), prior_sd=2)
    doubts = order_doubts(found)
    assert doubts[["ahead", "behind"]].to_numpy().tolist() == [["b", "c"], ["a", "c"], ["a", "b"]]
    assert doubts["n_judgments"].tolist() == [9, 0, 10]
    strength = found.models.set_index("model")["strength"]
    at = [found.fitted_models.index(name) for name in "bc"]
    covariance = covariance_of(found.fitted)[np.ix_(at, at)]
    error = np.sqrt(covariance[0, 0] + covariance[1, 1] - 2 * covariance[0, 1])
    wider = found.covariance[1, 1] + found.covariance[2, 2] - 2 * found.covariance[1, 2]
    error = max(error, np.sqrt(wider))
    expected = 0.5 + 0.5 * erf((strength["b"] - strength["c"]) / error / np.sqrt(2))
    assert doubts["sure"][0] == pytest.approx(expected)
    with pytest.raises(ValueError, match="a prior"):
        order_doubts(league(outcomes("a>b")))
