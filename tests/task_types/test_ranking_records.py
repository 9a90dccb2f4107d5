"""What rankings give beside preferences and labels: graded pairs, whole rankings, battles."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.task_types.builders import an_item, of_kind, reasons, told
from workbench.task_types.base import Answer, AnswerRecord, Item, Policy, Record
from workbench.task_types.ranking import Ranking

RANKING = Ranking()
CONFIG = RANKING.parse_config({"strengths": [1, 2, 3]})
PAIR = an_item("Agua que cae.", "No sé.")
THREE = an_item("Agua que cae.", "Agua.", "No sé.")


def ballot(tiers: str = "", strength: int | None = None, item: Item = PAIR, **more: Any) -> Answer:
    """`ballot("b>ac")`: b first, then a and c tied."""
    ranked = [list(tier) for tier in tiers.split(">")] if tiers else []
    unranked = [r.id for r in item.responses if r.id not in tiers]
    raw = {"tiers": ranked, "unranked": unranked, "strength": strength, **more}
    return RANKING.check_answer(raw, item, CONFIG)


def export(item: Item, *answers: Answer, **policy: Any) -> list[Record]:
    given = told({f"r{n}": answer for n, answer in enumerate(answers)})
    return list(RANKING.records(item, given, CONFIG, Policy(**policy)))


# Graded preferences


def test_a_strength_is_the_mean_over_all_judgments_and_a_tie_says_none() -> None:
    records = export(PAIR, ballot("a>b", 3), ballot("b>a", 1), ballot("a>b", 2), ballot("ab"))
    [data] = of_kind(records, "graded")
    assert (data["chosen"].id, data["rejected"].id) == ("a", "b")
    assert data["strength"] == (3 - 1 + 2 + 0) / 4
    assert (data["n_for"], data["n_against"], data["n_tied"]) == (2, 1, 1)
    assert data["scores"] == (("r0", 3, ""), ("r1", -1, ""), ("r2", 2, ""), ("r3", 0, ""))


def test_the_same_pair_won_by_the_other_side_is_its_mirror() -> None:
    [data] = of_kind(export(PAIR, ballot("b>a", 3), ballot("a>b", 1), ballot("b>a", 1)), "graded")
    assert (data["chosen"].id, data["strength"]) == ("b", 1.0)
    assert [score for _, score, _ in data["scores"]] == [3, -1, 1]


def test_one_judgment_without_a_strength_leaves_the_pair_out() -> None:
    records = export(PAIR, ballot("a>b", 3), ballot("a>b"))
    assert of_kind(records, "graded") == []
    assert reasons(records, "graded") == ["no_strength"]
    assert len(of_kind(records, "preference")) == 1


def test_a_majority_that_prefers_faintly_what_one_abhors_has_no_margin() -> None:
    records = export(PAIR, ballot("a>b", 1), ballot("a>b", 1), ballot("b>a", 3))
    assert reasons(records, "graded") == ["contrary_strengths"]
    assert [data["chosen"].id for data in of_kind(records, "preference")] == ["a"]


@pytest.mark.parametrize("ties", ["drop", "both"])
@pytest.mark.parametrize("aggregate", ["each", "majority"])
def test_a_tie_has_no_margin_whatever_the_policy(ties: str, aggregate: str) -> None:
    records = export(PAIR, ballot("ab"), ties=ties, aggregate=aggregate)
    assert reasons(records, "graded") == ["tie"]


def test_each_judgment_has_its_own_strength_and_reason() -> None:
    first, second = ballot("a>b", 3, reason="Es clara."), ballot("b>a", 1)
    found = of_kind(export(PAIR, first, second, aggregate="each"), "graded")
    assert [(data["chosen"].id, data["strength"], data["scores"]) for data in found] == [
        ("a", 3.0, (("r0", 3, "Es clara."),)),
        ("b", 1.0, (("r1", 1, ""),)),
    ]


def test_the_thresholds_of_the_policy_hold_for_graded_pairs_too() -> None:
    split = ballot("a>b", 3), ballot("a>b", 3), ballot("b>a", 1)
    assert reasons(export(PAIR, *split, min_judgments=4), "graded") == ["too_few_judgments"]
    assert reasons(export(PAIR, *split, min_agreement=0.7), "graded") == ["low_agreement"]


# Whole rankings


def tiers_of(records: list[Record]) -> list[str]:
    return [
        ">".join("".join(each.id for each in tier) for tier in data["tiers"])
        for data in of_kind(records, "ranking")
    ]


def test_a_ranking_has_every_pair_as_the_majority_has_it() -> None:
    votes = [ballot(each, item=THREE) for each in ("a>b>c", "a>c>b", "b>a>c")]
    records = export(THREE, *votes)
    assert tiers_of(records) == ["a>b>c"]
    assert of_kind(records, "ranking")[0]["n_judgments"] == 3


def test_ties_of_the_majority_stay() -> None:
    votes = [ballot(each, item=THREE) for each in ("a>bc", "a>bc", "c>b>a")]
    assert tiers_of(export(THREE, *votes)) == ["a>bc"]


def test_majorities_that_run_in_a_circle_give_no_ranking() -> None:
    votes = [ballot(each, item=THREE) for each in ("a>b>c", "b>c>a", "c>a>b")]
    records = export(THREE, *votes)
    assert (tiers_of(records), reasons(records, "ranking")) == ([], ["no_order"])
    assert len(of_kind(records, "preference")) == 3


@given(st.lists(st.permutations("abc"), min_size=1, max_size=5))
def test_a_ranking_never_contradicts_a_preference(orders: list[list[str]]) -> None:
    records = export(THREE, *(ballot(">".join(order), item=THREE) for order in orders))
    pairs = {(d["chosen"].id, d["rejected"].id) for d in of_kind(records, "preference")}
    for data in of_kind(records, "ranking"):
        place = {each.id: n for n, tier in enumerate(data["tiers"]) for each in tier}
        above = {(a, b) for a in place for b in place if place[a] < place[b]}
        assert above == pairs


def test_each_judgment_ranks_what_it_ranked() -> None:
    votes = [ballot("c>a", item=THREE), ballot("ab>c", item=THREE), ballot("abc", item=THREE)]
    records = export(THREE, *votes, aggregate="each")
    assert tiers_of(records) == ["c>a", "ab>c"]
    assert reasons(records, "ranking") == ["tie"]


def test_a_pair_below_the_thresholds_spoils_the_whole_ranking() -> None:
    votes = [ballot(each, item=THREE) for each in ("a>b>c", "a>b>c", "b>a>c")]
    assert tiers_of(export(THREE, *votes, min_agreement=0.6)) == ["a>b>c"]
    records = export(THREE, *votes, min_agreement=0.7)
    assert reasons(records, "ranking") == ["low_agreement"]


def test_one_text_in_two_places_or_without_words_is_no_ranking() -> None:
    same = an_item("Agua.", "Agua. ", "No sé.")
    assert reasons(export(same, ballot("a>b>c", item=same)), "ranking") == ["identical_texts"]
    assert tiers_of(export(same, ballot("ab>c", item=same))) == ["ab>c"]
    blank = an_item("Agua.", " ")
    assert reasons(export(blank, ballot("a>b", item=blank)), "ranking") == ["empty_text"]


# Battles


def battles(records: list[Record]) -> list[tuple[str, str, str, str]]:
    return [(d["a"].id, d["b"].id, d["winner"], d["reviewer"]) for d in of_kind(records, "battle")]


def test_every_judgment_of_a_pair_is_a_battle_whatever_the_policy() -> None:
    votes = [
        ballot("a>b"),
        ballot("b>a"),
        ballot("ab"),
        ballot(verdict="all_bad"),
        ballot("a>b", verdict="all_bad"),
        ballot(verdict="cannot_judge", reason="No hay contexto."),
    ]
    for policy in ({}, {"aggregate": "each"}, {"min_judgments": 99}, {"min_agreement": 1.0}):
        records = export(PAIR, *votes, **policy)
        assert battles(records) == [
            ("a", "b", "a", "r0"),
            ("a", "b", "b", "r1"),
            ("a", "b", "tie", "r2"),
            ("a", "b", "both_bad", "r3"),
            ("a", "b", "both_bad", "r4"),
        ]
        assert reasons(records, "battle") == ["cannot_judge"]


def test_a_battle_stands_as_it_was_shown() -> None:
    answer = AnswerRecord("r1", ballot("a>b"), shown=("b", "a"))
    records = list(RANKING.records(PAIR, [answer], CONFIG, Policy()))
    assert battles(records) == [("b", "a", "b", "r1")]


def test_a_response_without_a_place_fights_no_battle() -> None:
    records = export(THREE, ballot("c>a", item=THREE))
    assert battles(records) == [("a", "c", "b", "r0")]
    assert reasons(records, "battle") == ["unranked", "unranked"]
