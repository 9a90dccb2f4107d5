"""Likely truths and reviewers' accuracy: published values, planted ones, real ones against gold."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.stats.planted import plant
from tests.stats.tables import by_item, by_reviewer, golden, hatecheck, table
from workbench.stats import DawidSkene, Prepared, confusion, dawid_skene, prepare
from workbench.stats.coding import CodedTable
from workbench.stats.confusion import Judgments, learn


def anaesthetists() -> CodedTable:
    """Table 1 of 1979, where the first observer stands three times in every unit."""
    patients = [line.split() for line in golden()["dawid_skene_1979"]["patients"]]
    rows = [
        (unit, observer, int(said) - 1)
        for unit, line in enumerate(patients)
        for observer, several in enumerate(line)
        for said in several
    ]
    unit, observer, said = np.array(rows, dtype=np.int64).T
    n = len(patients)
    return CodedTable(
        items=pd.Index(range(n)),
        reviewers=tuple(range(1, 6)),
        known_values=(1, 2, 3, 4),
        item_of_unit=np.arange(n),
        unit=unit,
        reviewer=observer,
        value=said,
        name_of_unit=np.zeros(n, dtype=np.int64),
        unit_names=pd.Index([""]),
    )


def accuracy(found: DawidSkene, truth: Any) -> float:
    return float((found.units["value"] == found.units["item"].map(truth)).mean())


def test_without_a_prior_it_gives_the_values_of_1979() -> None:
    published = golden()["dawid_skene_1979"]
    found = dawid_skene(Prepared(anaesthetists()), prior=0)
    assert found.converged
    assert found.confusion.prevalence == pytest.approx(published["class_marginals"], abs=0.002)
    assert found.log_likelihood == pytest.approx(published["loglik_converged"], abs=1e-4)
    observer = found.confusion_of(1)
    assert observer.to_numpy() == pytest.approx(
        np.array(published["observer1_confusion_true_by_response"]), abs=0.006
    )
    assert observer.index.tolist() == observer.columns.tolist() == [1, 2, 3, 4]
    assert found.units["value"].tolist() == published["labels"]
    assert found.units["n_judgments"].tolist() == [7] * 45


def test_the_likelihood_never_falls_without_a_prior() -> None:
    coded = anaesthetists()
    given = Judgments(coded.unit, coded.reviewer, coded.value, 45, 5, coded.known_values)
    reached = []
    for steps in range(1, 15):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(confusion, "_MOST_STEPS", steps)
            reached.append(learn(given, prior=0).log_likelihood)
    assert np.diff(reached).min() >= -1e-9
    assert reached[-1] > reached[0]


def test_planted_confusion_matrices_and_prevalences_are_found() -> None:
    planted = plant(np.random.default_rng(1), n_items=6_000, n_reviewers=12, overlap=5, n_values=3)
    found, truth = dawid_skene(planted.table), dict(enumerate(planted.truth))
    assert np.abs(found.confusion.of - planted.confusion).max() < 0.08
    assert np.abs(found.confusion.of - planted.confusion).mean() < 0.015
    assert found.confusion.prevalence == pytest.approx(planted.prevalence, abs=0.02)
    assert accuracy(found, truth) > majority_accuracy(planted.table, truth) + 0.01


def majority_accuracy(judgments: pd.DataFrame, truth: Any) -> float:
    """The share of items whose most frequent value is the truth, ties given their share."""
    votes = pd.crosstab(judgments["item"], judgments["value"])
    top = votes.eq(votes.max(axis=1), axis=0)
    truths = np.array([truth[item] for item in votes.index])
    right = top.to_numpy()[np.arange(len(top)), votes.columns.get_indexer(truths)]
    return float((right / top.sum(axis=1)).mean())


@pytest.mark.parametrize(("n_items", "overlap"), [(300, 3), (10_000, 5)])
def test_intervals_hold_planted_accuracies(n_items: int, overlap: int) -> None:
    """Of 95 % intervals 88 % or more: the prior here is not quite what was planted from."""
    held = []
    for seed in range(12 if n_items < 1_000 else 3):
        rng = np.random.default_rng(seed)
        planted = plant(rng, n_items=n_items, n_reviewers=10, overlap=overlap, n_values=2)
        reviewers = dawid_skene(planted.table).reviewers
        true = np.einsum("rcc,c->r", planted.confusion, planted.prevalence)
        held += ((reviewers["low"] <= true) & (true <= reviewers["high"])).tolist()
    assert np.mean(held) >= 0.88


def test_ten_judgments_condemn_nobody_and_a_hundred_do() -> None:
    """Somebody who is wrong as often as right."""
    planted = plant(np.random.default_rng(4), n_items=400, n_reviewers=8, overlap=3, n_values=2)
    rng = np.random.default_rng(5)

    def judged(n: int) -> Any:
        said = [(item, "new", "", int(rng.integers(2))) for item in range(n)]
        reviewers = dawid_skene(pd.concat([planted.table, table(said)])).reviewers
        return reviewers.set_index("reviewer").loc["new"]

    typical = float(np.einsum("rcc,c->r", planted.confusion, planted.prevalence).mean())
    few, many = judged(10), judged(200)
    assert few["n_judgments"] == 10
    assert few["high"] > typical - 0.05
    assert many["high"] < typical - 0.1
    assert few["high"] - few["low"] > 1.5 * (many["high"] - many["low"])


def test_hatecheck_is_solved_no_worse_than_by_majority() -> None:
    judgments, gold = hatecheck()
    found = dawid_skene(judgments)
    assert accuracy(found, gold) >= majority_accuracy(judgments, gold)
    right = judgments["value"] == judgments["item"].map(gold)
    true = right.groupby(judgments["reviewer"]).mean()
    rows = found.reviewers.set_index("reviewer")
    assert ((rows["low"] <= true) & (true <= rows["high"])).mean() >= 0.8


def test_the_order_of_rows_changes_nothing_but_the_order_of_units() -> None:
    planted = plant(np.random.default_rng(7), n_items=100, n_reviewers=6, overlap=3, n_values=3)
    one = dawid_skene(planted.table)
    other = dawid_skene(planted.table.sample(frac=1, random_state=0))
    assert one.confusion.of == pytest.approx(other.confusion.of, abs=1e-9)
    pd.testing.assert_frame_equal(
        one.units.sort_values("item", ignore_index=True),
        other.units.sort_values("item", ignore_index=True),
    )


def test_units_of_an_item_have_truths_of_their_own() -> None:
    rows = [
        (item, reviewer, unit, {"a": "yes", "b": "no"}[unit])
        for item in range(5)
        for reviewer in "xyz"
        for unit in "ab"
    ]
    found = dawid_skene(table(rows))
    assert set(zip(found.units["unit"], found.units["value"], strict=True)) == {
        ("a", "yes"),
        ("b", "no"),
    }
    assert found.posterior.sum(axis=1) == pytest.approx(np.ones(10))
    assert found.posterior.max(axis=1) == pytest.approx(found.units["probability"].to_numpy())


@pytest.mark.parametrize(
    ("judgments", "why"),
    [
        (by_reviewer([[None, None]]), "no judgments yet"),
        (by_reviewer([["a", "b", "a"]]), "No two reviewers"),
        (by_item([["a", None], [None, "b"]]), "No two reviewers"),
        (by_item([["a", "a"], ["a", "a"]]), "say the same"),
    ],
)
def test_what_cannot_be_told_is_said(judgments: pd.DataFrame, why: str) -> None:
    found = dawid_skene(judgments)
    assert (found.units, found.posterior, found.reviewers, found.confusion) == (None,) * 4
    assert why in str(found.undefined)
    with pytest.raises(KeyError):
        found.confusion_of("r0")


def test_who_is_not_there_has_no_matrix_and_a_prior_is_not_negative() -> None:
    judgments = by_item([["a", "a"], ["b", "b"], ["a", "b"]])
    with pytest.raises(KeyError):
        dawid_skene(judgments).confusion_of("nobody")
    with pytest.raises(ValueError, match="0 judgments or more"):
        dawid_skene(judgments, prior=-1)


def test_a_prepared_table_gives_the_same() -> None:
    judgments = by_item([["a", "a"], ["b", "b"], ["a", "b"]])
    one, other = dawid_skene(judgments).reviewers, dawid_skene(prepare(judgments)).reviewers
    pd.testing.assert_frame_equal(one, other)
