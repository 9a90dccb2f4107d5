from __future__ import annotations

from typing import Any

import pandas as pd
import pytest

from tests.stats.tables import by_item, rankings, table
from workbench.stats import item_disagreement


def test_the_most_disputed_item_comes_first_and_ties_go_by_item() -> None:
    found = item_disagreement(by_item([[1, 1], [1, 2], [2, 2], [2, 1]]))
    assert found["item"].tolist() == ["item 00001", "item 00003", "item 00000", "item 00002"]
    assert found["disagreement"].tolist() == [1, 1, 0, 0]
    assert found.columns.tolist() == ["item", "n_reviewers", "disagreement", "share"]


def test_disagreement_is_the_mean_over_pairs_of_reviewers() -> None:
    found = item_disagreement(by_item([[1, 1, 4]]), "interval")
    assert found["disagreement"].tolist() == [pytest.approx(2 * 9 / 3)]


@pytest.mark.parametrize(
    ("distance", "shares"),
    [
        ("nominal", [1, 1]),
        ("interval", [1, 1 / 16]),
        # The middle ranks of 0 to 4 are 0.5, 2, 3.5, 4.5, 5.5: the ends are 5 apart, 2 and 3 one.
        ("ordinal", [1, (1 / 5) ** 2]),
        (lambda a, b: abs(a - b), [1, 1 / 4]),
    ],
)
def test_the_share_is_of_what_two_values_can_be_apart(distance: Any, shares: list[float]) -> None:
    found = item_disagreement(by_item([[0, 4], [2, 3], [1, 1]]), distance)
    assert found["share"].tolist()[:2] == [pytest.approx(share) for share in shares]
    assert found["share"].tolist()[2] == 0


def test_where_all_say_the_same_nothing_is_apart() -> None:
    for distance in ("nominal", "ordinal", "interval"):
        assert item_disagreement(by_item([[2, 2], [2, 2]]), distance)["share"].tolist() == [0, 0]


def test_items_whose_figures_differ_by_rounding_alone_are_ties() -> None:
    apart = [[0.1, 0.3], [0.2, 0.4], [0.5, 0.7], [0.7, 0.9]]
    assert len({(v - w) ** 2 for v, w in apart}) > 1
    found = item_disagreement(by_item(apart), "interval")
    assert found["item"].tolist() == [f"item {i:05}" for i in range(4)]
    assert len(set(found["disagreement"])) == 1


def test_an_item_with_one_reviewer_is_left_out() -> None:
    found = item_disagreement(by_item([[1, None], [1, 2]]))
    assert found["item"].tolist() == ["item 00001"]


@pytest.mark.parametrize("distance", ["nominal", "ordinal", "interval"])
@pytest.mark.parametrize("rows", [[], [[None, 3]]])
def test_without_two_values_of_an_item_no_item_is_listed(distance: Any, rows: Any) -> None:
    assert item_disagreement(by_item(rows), distance).empty


def test_reviewers_are_counted_once_whatever_their_units() -> None:
    rows = [("i", who, unit, 1) for who in ("ana", "luis") for unit in "ab"]
    found = item_disagreement(table([*rows, ("i", "eva", "c", 1)]))
    assert found["n_reviewers"].tolist() == [3]


def test_the_order_of_rows_changes_nothing() -> None:
    data = table(
        (item, who, unit, (item * who + len(unit)) % 3 / 10)
        for item in range(40)
        for who in range(4)
        for unit in ("", "b", "cc")
    )
    found = item_disagreement(data, "interval")
    assert found["disagreement"].nunique() < len(found)
    pd.testing.assert_frame_equal(
        item_disagreement(data.sample(frac=1, random_state=1), "interval"), found
    )


def test_opposite_rankings_are_the_most_disputed() -> None:
    judged = {
        ("opposite", "ana"): [["a"], ["b"], ["c"]],
        ("opposite", "luis"): [["c"], ["b"], ["a"]],
        ("near", "ana"): [["a"], ["b"], ["c"]],
        ("near", "luis"): [["a"], ["b", "c"]],
        ("same", "ana"): [["a", "b"], ["c"]],
        ("same", "luis"): [["b", "a"], ["c"]],
    }
    found = item_disagreement(rankings(judged), "interval")
    assert found["item"].tolist() == ["opposite", "near", "same"]
    assert found["disagreement"].tolist() == [4, pytest.approx(1 / 3), 0]


def test_item_ids_of_any_kind_have_an_order() -> None:
    ids = ["b", 2, ("x", 1), 10, "a"]
    data = table((item, who, "", 1) for item in ids for who in ("ana", "luis"))
    assert item_disagreement(data)["item"].tolist() == [2, 10, "a", "b", ("x", 1)]


def test_a_table_where_nothing_can_be_compared_has_no_disputes() -> None:
    assert item_disagreement(table([])).empty
    assert item_disagreement(by_item([[1, None]])).empty
