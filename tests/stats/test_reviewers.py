from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.stats.tables import by_reviewer, rankings, table
from workbench.stats import arrays, pairwise_agreement, reviewer_agreement

SAID = by_reviewer(
    [
        [1, 1, 2, 2, None],
        [1, 1, 2, 1, None],
        [None, None, None, 1, 1],
        [None, None, None, None, None],
    ]
)


def pair(found: pd.DataFrame, a: object, b: object) -> Any:
    chosen = found[(found["reviewer_a"] == a) & (found["reviewer_b"] == b)]
    assert len(chosen) == 1
    return chosen.iloc[0]


def test_every_pair_of_reviewers_has_one_row_in_order() -> None:
    found = pairwise_agreement(SAID.sample(frac=1, random_state=3))
    pairs = list(zip(found["reviewer_a"], found["reviewer_b"], strict=True))
    assert pairs == [("r0", "r1"), ("r0", "r2"), ("r1", "r2")]


def test_a_pair_agrees_on_the_share_of_units_that_both_judged() -> None:
    found = pair(pairwise_agreement(SAID), "r0", "r1")
    assert (found["n_units"], found["n_items"], found["agreement"]) == (4, 4, 0.75)


def test_alpha_of_a_pair_is_undefined_when_they_only_ever_gave_one_value() -> None:
    found = pair(pairwise_agreement(SAID), "r1", "r2")
    assert found["agreement"] == 1
    assert np.isnan(found["alpha"])


def test_a_pair_that_never_met_has_no_figures() -> None:
    apart = table([("i1", "ana", "a", 1), ("i1", "luis", "b", 1)])
    found = pair(pairwise_agreement(apart), "ana", "luis")
    assert (found["n_units"], found["n_items"]) == (0, 0)
    assert np.isnan([found["agreement"], found["alpha"]]).all()


def test_a_pair_that_always_ranks_the_opposite_is_seen() -> None:
    judged: dict[Any, list[list[str]]] = {}
    for item in range(10):
        up = [["a"], ["b"], ["c"]] if item % 2 else [["b"], ["c"], ["a"]]
        judged |= {(item, "ana"): up, (item, "luis"): up, (item, "zoe"): up[::-1]}
    found = pairwise_agreement(rankings(judged), "interval")
    assert pair(found, "ana", "luis")["alpha"] == 1
    assert pair(found, "ana", "zoe")["alpha"] < -0.9
    assert pair(found, "ana", "zoe")["agreement"] == 0


def test_pairs_are_measured_in_parts_alike(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(2)
    data = table(
        (item, who, unit, int(rng.integers(4)))
        for item in range(30)
        for who in rng.permutation(8)[:5].tolist()
        for unit in "ab"
    )
    whole = pairwise_agreement(data, "ordinal")
    assert whole["alpha"].notna().all()
    monkeypatch.setattr(arrays.chunks, "__defaults__", (10,))
    pd.testing.assert_frame_equal(pairwise_agreement(data, "ordinal"), whole)


def test_a_reviewer_is_compared_with_everyone_else() -> None:
    found: Any = reviewer_agreement(SAID).set_index("reviewer")
    assert found.loc["r0"].tolist() == [4, 4, 5, pytest.approx(3 / 5)]
    assert found.loc["r1"].tolist() == [4, 4, 5, pytest.approx(4 / 5)]
    assert found.loc["r2"].tolist() == [1, 1, 2, pytest.approx(1 / 2)]


def test_a_reviewer_whom_no_one_met_is_listed_without_a_figure() -> None:
    found = reviewer_agreement(table([("i1", "ana", "", 1)]))
    assert found[["n_items", "n_units", "n_pairs"]].iloc[0].tolist() == [0, 0, 0]
    assert np.isnan(found["agreement"].iloc[0])


def test_reviewers_of_an_empty_table_are_none() -> None:
    assert pairwise_agreement(table([])).empty
    assert reviewer_agreement(table([])).empty
