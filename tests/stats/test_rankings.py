from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from workbench.stats import kendall_distance, pair_sign

IDS = "abcdef"

#: Partial rankings with ties: every response gets a tier or none.
RANKINGS = st.dictionaries(st.sampled_from(IDS), st.integers(0, 4)).map(
    lambda places: [
        sorted(r for r in places if places[r] == tier) for tier in sorted(set(places.values()))
    ]
)
STRICT = st.permutations(IDS).map(lambda order: [[response] for response in order])


def signs(tiers: list[list[str]]) -> dict[tuple[str, str], int]:
    found = {(a, b): pair_sign(tiers, IDS, a, b) for a, b in combinations(IDS, 2)}
    return {pair: sign for pair, sign in found.items() if sign is not None}


def test_a_response_in_an_earlier_tier_is_better() -> None:
    tiers = [["b"], ["a", "c"]]
    assert pair_sign(tiers, [], "b", "a") == 1
    assert pair_sign(tiers, [], "a", "b") == -1
    assert pair_sign(tiers, [], "a", "c") == 0


def test_a_response_left_unranked_is_neither_better_nor_worse() -> None:
    assert pair_sign([["a"]], ["b", "c"], "a", "b") is None
    assert pair_sign([["a"]], ["b", "c"], "b", "a") is None
    assert pair_sign([["a"]], ["b", "c"], "b", "c") is None


def test_an_unknown_response_is_an_error() -> None:
    with pytest.raises(KeyError, match="z"):
        pair_sign([["a"]], ["b"], "a", "z")


@pytest.mark.parametrize("twice", [[["a"], ["b", "a"]], [["a", "a"]]])
def test_a_response_ranked_twice_is_an_error(twice: list[list[str]]) -> None:
    with pytest.raises(ValueError, match="'a' is ranked twice"):
        pair_sign(twice, [], "a", "b")
    with pytest.raises(ValueError, match="'a' is ranked twice"):
        kendall_distance([["a"], ["b"]], twice)


@given(tiers=RANKINGS, a=st.sampled_from(IDS), b=st.sampled_from(IDS))
def test_turning_a_pair_round_turns_its_sign_round(tiers: list[list[str]], a: str, b: str) -> None:
    sign, back = pair_sign(tiers, IDS, a, b), pair_sign(tiers, IDS, b, a)
    assert back == (None if sign is None else -sign)


@given(x=RANKINGS, y=RANKINGS)
def test_the_distance_is_the_same_both_ways(x: list[list[str]], y: list[list[str]]) -> None:
    assert kendall_distance(x, y) == kendall_distance(y, x)


@given(x=RANKINGS, y=RANKINGS)
def test_the_distance_is_zero_exactly_when_shared_pairs_are_ranked_alike(
    x: list[list[str]], y: list[list[str]]
) -> None:
    in_x, in_y = signs(x), signs(y)
    shared = in_x.keys() & in_y.keys()
    found = kendall_distance(x, y)
    assert (found is None) == (not shared)
    if found is not None:
        assert 0 <= found <= 1
        assert (found == 0) == all(in_x[pair] == in_y[pair] for pair in shared)


@given(x=STRICT)
def test_opposite_strict_rankings_are_as_far_apart_as_can_be(x: list[list[str]]) -> None:
    assert kendall_distance(x, x[::-1]) == 1


@given(x=STRICT)
def test_a_tie_of_everything_is_half_way_from_every_strict_ranking(x: list[list[str]]) -> None:
    assert kendall_distance(x, [list(IDS)]) == 0.5


@given(x=RANKINGS, y=RANKINGS)
def test_the_distance_is_the_signs_apart(x: list[list[str]], y: list[list[str]]) -> None:
    in_x, in_y = signs(x), signs(y)
    apart = [abs(in_x[pair] - in_y[pair]) / 2 for pair in in_x.keys() & in_y.keys()]
    expected = pytest.approx(sum(apart) / len(apart)) if apart else None
    assert kendall_distance(x, y) == expected


def test_one_swap_of_neighbours_among_three_is_a_third() -> None:
    assert kendall_distance([["a"], ["b"], ["c"]], [["b"], ["a"], ["c"]]) == pytest.approx(1 / 3)


def test_pairs_that_only_one_of_them_ranks_do_not_count() -> None:
    assert kendall_distance([["a"], ["b"], ["c"]], [["b"], ["c"]]) == 0
    assert kendall_distance([["a"], ["b"]], [["b"], ["c"]]) is None
