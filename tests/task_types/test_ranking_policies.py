"""What a policy decides of rankings: all bad, unranked, circles, and how much better."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.task_types.builders import an_item, of_kind, reasons
from tests.task_types.test_ranking_records import PAIR, THREE, ballot, export
from workbench.task_types.base import Item, Record
from workbench.task_types.pairs import Tally, pairs
from workbench.task_types.ranking.votes import in_circles


def preferred(records: list[Record]) -> set[str]:
    """Each preference as a>b."""
    return {f"{d['chosen'].id}>{d['rejected'].id}" for d in of_kind(records, "preference")}


def all_bad(item: Item = PAIR) -> dict[str, Any]:
    return ballot(item=item, verdict="all_bad")


FOUR = an_item("Agua.", "Agua que cae.", "No.", "Sí.")
CIRCLE = ballot("a>b>c", item=THREE), ballot("b>c>a", item=THREE), ballot("c>a>b", item=THREE)


def test_all_bad_is_no_row_or_a_tie_of_every_pair() -> None:
    most = all_bad(), all_bad(), ballot("a>b")
    assert reasons(export(PAIR, *most), "preference") == ["all_bad"]
    assert reasons(export(PAIR, *most, all_bad="tie"), "preference") == ["tie"]
    assert preferred(export(PAIR, *most, all_bad="tie", ties="both")) == {"a>b", "b>a"}
    # One of three: a judgment that says nothing of the pair, or one for a tie.
    few = all_bad(), ballot("a>b"), ballot("a>b")
    assert preferred(export(PAIR, *few, min_agreement=0.7)) == {"a>b"}
    records = export(PAIR, *few, min_agreement=0.7, all_bad="tie")
    assert reasons(records, "preference") == ["low_agreement"]
    each = export(PAIR, *few, aggregate="each", all_bad="tie", ties="both")
    assert len(of_kind(each, "preference")) == 4
    # To those who ask whether a response is good, it is said of each as before.
    labels = of_kind(export(PAIR, *most, all_bad="tie"), "label")
    assert [data["label"] for data in labels] == [False, False]


def test_an_unranked_response_is_in_no_pair_or_below_the_others() -> None:
    two = ballot("b>a", item=FOUR)
    assert preferred(export(FOUR, two)) == {"b>a"}
    # Of c and d, both left unranked, nothing is known.
    below = {"b>a", "b>c", "b>d", "a>c", "a>d"}
    assert preferred(export(FOUR, two, unranked="last")) == below
    each = export(FOUR, two, unranked="last", aggregate="each")
    assert preferred(each) == below
    assert reasons(each, "preference") == ["unranked"]
    [whole] = of_kind(export(FOUR, two, unranked="last", aggregate="each"), "ranking")
    assert [[r.id for r in tier] for tier in whole["tiers"]] == [["b"], ["a"], ["c", "d"]]
    # Somebody who could not judge left nothing unranked.
    unable = ballot(item=THREE, verdict="cannot_judge", reason="No sé.")
    assert preferred(export(THREE, unable, unranked="last")) == set()


def test_circles_are_kept_or_left_out_and_the_pairs_beside_them_stay() -> None:
    assert preferred(export(THREE, *CIRCLE)) == {"a>b", "b>c", "c>a"}
    records = export(THREE, *CIRCLE, cycles="drop")
    assert preferred(records) == set()
    assert reasons(records, "preference") == ["cycle"] * 3
    # One person's ranking has none.
    assert len(of_kind(export(THREE, *CIRCLE, cycles="drop", aggregate="each"), "preference")) == 9
    around = [ballot(f"d>{tiers}", item=FOUR) for tiers in ("a>b>c", "b>c>a", "c>a>b")]
    assert preferred(export(FOUR, *around, cycles="drop")) == {"d>a", "d>b", "d>c"}


@given(st.lists(st.sampled_from([-1, 0, 1]), min_size=10, max_size=10))
def test_circles_are_those_that_walking_every_way_finds(sides: list[int]) -> None:
    item = an_item("1", "2", "3", "4", "5")
    found = [
        Tally(a, b, (1,) * (side > 0), (1,) * (side < 0), (1,) * (side == 0))
        for (a, b), side in zip(pairs(item), sides, strict=True)
    ]
    above = {(t.a.id, t.b.id)[:: t.side] for t in found if t.side}
    ids = [response.id for response in item.responses]
    # Step by step, as often as there are responses, from each to each.
    ways = {(i, j): (i, j) in above for i, j in product(ids, ids)}
    for via, i, j in product(ids, ids, ids):
        ways[i, j] |= ways[i, via] and ways[via, j]
    expected = {
        (t.a.id, t.b.id) for t in found if t.side and ways[t.a.id, t.b.id] and ways[t.b.id, t.a.id]
    }
    assert in_circles(found) == expected


@pytest.mark.parametrize(
    ("least", "kept"), [(0, True), (1.5, True), (2, True), (2.1, False), (3, False)]
)
def test_a_preference_is_as_strong_as_the_policy_asks_in_the_mean(least: float, kept: bool) -> None:
    records = export(PAIR, ballot("a>b", 3), ballot("a>b", 1), ballot("a>b"), min_strength=least)
    assert (preferred(records) == {"a>b"}) is kept
    assert reasons(records, "preference") == ([] if kept else ["weak"])


def test_strength_counts_towards_the_winner_and_nobody_who_says_none_is_strong() -> None:
    split = ballot("b>a", 3), ballot("b>a", 3), ballot("a>b", 1)
    assert preferred(export(PAIR, *split, min_strength=1.6)) == {"b>a"}
    assert reasons(export(PAIR, *split, min_strength=1.7), "preference") == ["weak"]
    assert reasons(export(PAIR, ballot("a>b"), min_strength=1), "preference") == ["no_strength"]
    each = export(PAIR, *split, min_strength=2, aggregate="each")
    assert preferred(each) == {"b>a"}
    assert reasons(export(PAIR, ballot("ab"), min_strength=2), "preference") == ["tie"]
