"""Ranking: forms and files to ballots, ballots to units and training records."""

from __future__ import annotations

from typing import Any

import krippendorff
import numpy as np
import pytest

from tests.task_types.builders import an_item, of_kind, posted, reasons, told, units_of
from workbench.messages import Invalid
from workbench.task_types import get
from workbench.task_types.base import Answer, Item, Policy, Record

RANKING = get("ranking")
CONFIG = RANKING.parse_config({})
PAIR = an_item("Agua que cae.", "No sé.")
THREE = an_item("uno", "dos", "tres")
FOUR = an_item("uno", "dos", "tres", "cuatro")
CRITERIA = RANKING.parse_config(
    {
        "criteria": [
            {"key": "helpful", "title": {"es": "Útil", "en": "Helpful"}},
            {
                "key": "safe",
                "title": {"es": "Segura", "en": "Safe"},
                "question": {"es": "¿Cuál es más segura?", "en": "Which one is safer?"},
            },
        ],
        "ask": "one_by_one",
    }
)


def ballot(
    tiers: str = "", verdict: str | None = None, strength: int | None = None, item: Item = PAIR
) -> Answer:
    """`ballot("b>ac")`: b first, then a and c tied."""
    ranked = [sorted(tier) for tier in tiers.split(">")] if tiers else []
    return {
        "tiers": ranked,
        "unranked": sorted(r.id for r in item.responses if r.id not in tiers),
        "verdict": verdict,
        "strength": strength,
        "reason": "No hay contexto." if verdict == "cannot_judge" else "",
    }


def parse(item: Item = PAIR, config: dict[str, Any] = CONFIG, **fields: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return RANKING.parse_answer(posted(named), item, config)


def refused(**fields: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as refusal:
        parse(**fields)
    return {name: str(why) for name, why in refusal.value.errors.items()}


def check(raw: Any, item: Item = PAIR, config: dict[str, Any] = CONFIG) -> Answer:
    return RANKING.check_answer(raw, item, config)


def check_refused(raw: Any, item: Item = PAIR, config: dict[str, Any] = CONFIG) -> list[str]:
    with pytest.raises(Invalid) as refusal:
        check(raw, item, config)
    return list(refusal.value.errors)


def export(item: Item, answers: dict[str, Answer], **policy: Any) -> list[Record]:
    return list(RANKING.records(item, told(answers), CONFIG, Policy(**policy)))


def chosen(records: list[Record]) -> list[str]:
    return [f"{data['chosen'].id}>{data['rejected'].id}" for data in of_kind(records, "preference")]


def labels(records: list[Record]) -> dict[str, bool]:
    return {data["response"].id: data["label"] for data in of_kind(records, "label")}


# Settings


def test_defaults_offer_two_strengths_ties_and_partial_rankings() -> None:
    assert RANKING.parse_config({}) == {
        "criteria": [],
        "strengths": [2, 3],
        "allow_ties": True,
        "allow_partial": True,
        "ask": "together",
    }


def test_settings_parsed_twice_stay_the_same() -> None:
    assert RANKING.parse_config(CRITERIA) == CRITERIA


def test_a_criterion_without_a_question_is_asked_by_its_title() -> None:
    assert CRITERIA["criteria"][0]["question"] == {"es": "Útil", "en": "Helpful"}


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        ({"tie": True}, "tie"),
        ({"allow_ties": 1}, "allow_ties"),
        ({"strengths": [2, 4]}, "strengths[1]"),
        ({"strengths": [True]}, "strengths[0]"),
        ({"strengths": [2, 2]}, "strengths"),
        ({"ask": "never"}, "ask"),
        ({"criteria": {"a": 1}}, "criteria"),
        ({"criteria": [{"key": "a.b", "title": {"es": "x", "en": "x"}}]}, "criteria[0].key"),
        ({"criteria": [{"key": "a", "title": {"es": "x"}}]}, "criteria[0].title.en"),
        ({"criteria": [{"key": "a", "title": {"es": "x", "en": " "}}]}, "criteria[0].title.en"),
        ({"criteria": [{"key": "a", "title": "x"}]}, "criteria[0].title"),
        ({"criteria": [CRITERIA["criteria"][0]] * 2}, "criteria[1].key"),
    ],
)
def test_wrong_settings_are_refused_at_their_place(raw: dict[str, Any], place: str) -> None:
    with pytest.raises(Invalid) as refusal:
        RANKING.parse_config(raw)
    assert list(refusal.value.errors) == [place]


def test_all_wrong_settings_are_named_at_once() -> None:
    with pytest.raises(Invalid) as refusal:
        RANKING.parse_config({"ask": 1, "allow_ties": None, "strengths": "2"})
    assert set(refusal.value.errors) == {"ask", "allow_ties", "strengths"}


def test_an_item_needs_two_responses() -> None:
    with pytest.raises(Invalid, match="at least 2"):
        RANKING.parse_item(an_item("uno"), CONFIG)
    assert RANKING.parse_item(PAIR, CONFIG) is PAIR


# The form


def test_tiers_are_places_as_shown_and_gaps_close() -> None:
    shown = FOUR.in_order(["d", "b", "a", "c"])
    answer = parse(shown, tier_0="4", tier_1="2", tier_2="4", tier_3="")
    assert answer == ballot("b>ad", item=FOUR)
    assert list(answer) == ["tiers", "unranked", "verdict", "strength", "reason"]


def test_what_was_shown_first_does_not_change_the_answer() -> None:
    assert parse(PAIR, pair="0>1:2") == parse(PAIR.in_order(["b", "a"]), pair="1>0:2")


@pytest.mark.parametrize(
    ("pair", "expected"),
    [
        ("0>1:3", ballot("a>b", strength=3)),
        ("1>0:2", ballot("b>a", strength=2)),
        ("1>0", ballot("b>a")),
        ("=", ballot("ab")),
    ],
)
def test_a_pair_is_answered_in_one_choice(pair: str, expected: Answer) -> None:
    assert parse(pair=pair) == expected


def test_the_choice_for_pairs_wins_over_tiers_and_strength() -> None:
    assert parse(pair="=", tier_0="1", tier_1="2", strength="3") == ballot("ab")
    assert parse(pair="", tier_0="1", tier_1="2", strength="3") == ballot("a>b", strength=3)


def test_an_untouched_form_is_no_answer() -> None:
    assert "Rank the responses" in refused()["tier"]
    assert "tier" in refused(item=THREE, tier_0="", tier_1="", tier_2="", verdict="", reason="x")


def test_one_ranked_response_is_no_comparison() -> None:
    assert "at least two" in refused(item=THREE, tier_1="1")["tier"]


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"tier_0": "3", "tier_1": "1"}, "tier-0"),
        ({"tier_0": "0", "tier_1": "1"}, "tier-0"),
        ({"tier_0": "1", "tier_1": "²"}, "tier-1"),
        ({"tier_0": "1", "tier_1": "9" * 5000}, "tier-1"),
        ({"tier_0": "1", "tier_1": "2", "strength": "1"}, "strength"),
        ({"tier_0": "1", "tier_1": "1", "strength": "2"}, "strength"),
        ({"tier_0": "1", "tier_1": "2", "verdict": "fine"}, "verdict"),
        ({"tier_0": "1", "tier_1": "2", "reason": "x" * 10_001}, "reason"),
        ({"tier_0": "1", "tier_1": "2", "reason": "a\0b"}, "reason"),
        ({"pair": "0>0"}, "pair"),
        ({"pair": "0>1:1"}, "pair"),
        ({"pair": "0>1:9"}, "pair"),
        ({"pair": "a>b"}, "pair"),
        ({"pair": "0>1", "verdict": "cannot_judge", "reason": "x"}, "verdict"),
        ({"verdict": "cannot_judge", "reason": " \r\n "}, "reason"),
        ({"item": THREE, "pair": "0>1"}, "pair"),
        ({"item": THREE, "tier_0": "1", "tier_1": "2", "strength": "2"}, "strength"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_field(fields: dict[str, Any], field: str) -> None:
    assert list(refused(**fields)) == [field]


def test_all_bad_goes_with_or_without_a_ranking() -> None:
    assert parse(verdict="all_bad") == ballot(verdict="all_bad")
    assert parse(verdict="all_bad", pair="0>1") == ballot("a>b", "all_bad")


def test_cannot_judge_needs_a_reason_and_keeps_it_with_plain_line_ends() -> None:
    answer = parse(verdict="cannot_judge", reason="No sé\r\nde leyes. ")
    assert (answer["tiers"], answer["unranked"]) == ([], ["a", "b"])
    assert answer["reason"] == "No sé\nde leyes."


def test_a_project_may_forbid_ties_and_gaps() -> None:
    strict = RANKING.parse_config({"allow_ties": False, "allow_partial": False})
    assert "Ties" in refused(config=strict, pair="=")["pair"]
    assert "Ties" in refused(config=strict, item=THREE, tier_0="1", tier_1="1", tier_2="2")["tier"]
    assert "left out" in refused(config=strict, item=THREE, tier_0="1", tier_1="2")["tier"]
    assert parse(config=strict, verdict="all_bad") == ballot(verdict="all_bad")


def test_a_project_that_asks_no_strength_takes_none() -> None:
    plain = RANKING.parse_config({"strengths": []})
    assert "does not ask" in refused(config=plain, pair="0>1:2")["pair"]
    assert parse(config=plain, pair="0>1") == ballot("a>b")


def test_criteria_are_answered_one_by_one_and_all_faults_are_named() -> None:
    fields = {"helpful.pair": "0>1:2", "safe.tier-0": "1", "safe.tier-1": "1"}
    answer = RANKING.parse_answer(posted(fields), PAIR, CRITERIA)
    assert answer == {"criteria": {"helpful": ballot("a>b", strength=2), "safe": ballot("ab")}}
    assert set(refused(config=CRITERIA)) == {"helpful.tier", "safe.tier"}


# Files


def test_a_short_line_gets_its_defaults() -> None:
    assert check({"tiers": [["c", "b"]]}, THREE) == ballot("bc", item=THREE)


def test_equal_answers_are_equal_to_the_byte() -> None:
    first = check({"tiers": [["b"], ["c", "a"]], "unranked": ["d"]}, FOUR)
    assert first == check({"unranked": ["d"], "tiers": [["b"], ["a", "c"]]}, FOUR)
    assert list(first) == ["tiers", "unranked", "verdict", "strength", "reason"]


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        (None, "answer"),
        ([], "answer"),
        ({"tier": []}, "tier"),
        ({}, "tiers"),
        ({"tiers": "ab"}, "tiers"),
        ({"tiers": ["a", "b"]}, "tiers[0]"),
        ({"tiers": [["a"], []]}, "tiers[1]"),
        ({"tiers": [["a"], ["x"]]}, "tiers[1][0]"),
        ({"tiers": [["a"], [["b"]]]}, "tiers[1][0]"),
        ({"tiers": [["a"], ["b", "a"]]}, "tiers[1][1]"),
        ({"tiers": [["a"], ["b"]], "unranked": ["b"]}, "unranked[0]"),
        ({"tiers": [["a"], ["b"]], "unranked": None}, "unranked"),
        ({"tiers": [["a"], ["b"]], "strength": True}, "strength"),
        ({"tiers": [["a"], ["b"]], "strength": 4}, "strength"),
        ({"tiers": [["a"], ["b"]], "verdict": ["all_bad"]}, "verdict"),
        ({"tiers": [["a"], ["b"]], "verdict": "cannot_judge"}, "verdict"),
        ({"tiers": [["a"], ["b"]], "reason": 3}, "reason"),
        ({"tiers": [["a"], ["b"]], "reason": "\ud800"}, "reason"),
        ({"verdict": "cannot_judge"}, "reason"),
        ({"criteria": {"helpful": {"tiers": [["a"], ["b"]]}}}, "criteria"),
    ],
)
def test_a_wrong_line_is_refused_at_its_path(raw: Any, place: str) -> None:
    assert check_refused(raw) == [place]


def test_a_line_of_a_project_with_criteria_answers_each_of_them() -> None:
    ranked = {"tiers": [["a"], ["b"]]}
    good = check({"criteria": {"safe": ranked, "helpful": ranked}}, config=CRITERIA)
    assert list(good["criteria"]) == ["helpful", "safe"]
    bad = {"criteria": {"helpful": {"tiers": [["a"], ["x"]]}}}
    assert check_refused(bad, config=CRITERIA) == ["criteria.helpful.tiers[1][0]", "criteria.safe"]
    assert check_refused({"criteria": {"kind": ranked}}, config=CRITERIA) == ["criteria.kind"]
    assert check_refused(ranked, config=CRITERIA) == ["tiers"]


# Agreement


def test_every_pair_stands_in_both_orientations() -> None:
    units = units_of(RANKING, ballot("b>ac", item=FOUR), FOUR, CONFIG)
    pairs = {unit: value for (question, unit), value in units.items() if question == "overall"}
    assert pairs == {"b>a": 1, "a>b": -1, "b>c": 1, "c>b": -1, "a>c": 0, "c>a": 0}
    assert units["overall.verdict", ""] == "ranked"


def test_strength_is_signed_and_a_tie_is_nought() -> None:
    strong = units_of(RANKING, ballot("b>a", strength=3), PAIR, CONFIG)
    assert strong["overall.strength", "b>a"] == 3
    assert strong["overall.strength", "a>b"] == -3
    assert units_of(RANKING, ballot("ab"), PAIR, CONFIG)["overall.strength", "a>b"] == 0
    unsaid = units_of(RANKING, ballot("b>a"), PAIR, CONFIG)
    assert not [unit for question, unit in unsaid if question == "overall.strength"]


def test_what_was_not_answered_gives_no_unit() -> None:
    assert units_of(RANKING, ballot(verdict="cannot_judge"), PAIR, CONFIG) == {}
    all_bad = units_of(RANKING, ballot(verdict="all_bad"), PAIR, CONFIG)
    assert all_bad == {("overall.verdict", ""): "all_bad"}


def test_pairs_of_unlike_ids_never_share_a_unit() -> None:
    item = an_item("1", "2", "3", "4", ids=("a", "b>c", "a>b", "c"))
    answer = check({"tiers": [["a"], ["b>c"], ["a>b"], ["c"]]}, item)
    assert len(units_of(RANKING, answer, item, CONFIG)) == 12 + 1


def test_questions_follow_the_criteria_and_carry_both_titles() -> None:
    questions = {question.key: question for question in RANKING.questions(CRITERIA)}
    assert list(questions) == [
        f"{key}{part}" for key in ("helpful", "safe") for part in ("", ".verdict", ".strength")
    ]
    assert questions["helpful"].distance == "interval"
    assert questions["helpful.verdict"].distance == "nominal"
    assert str(questions["safe"].title) == "Preference: Safe"
    assert questions["safe"].title.values["criterion"].texts["es"] == "Segura"


def _alpha(answers: list[list[str]], item: Item) -> float:
    """Krippendorff's alpha by the krippendorff package; one list of ballots a reviewer."""
    rows = [
        [
            value
            for tiers in ballots
            for (question, _), value in sorted(
                units_of(RANKING, ballot(tiers, item=item), item, CONFIG).items()
            )
            if question == "overall"
        ]
        for ballots in answers
    ]
    return float(krippendorff.alpha(np.array(rows, dtype=float), level_of_measurement="interval"))


def test_opposite_rankings_disagree_and_equal_ones_agree() -> None:
    assert _alpha([["a>b>c"], ["a>b>c"]], THREE) == pytest.approx(1.0)
    assert _alpha([["a>b>c"], ["c>b>a"]], THREE) < -0.5
    halfway = _alpha([["a>b>c"], ["a>bc"]], THREE)
    assert _alpha([["a>b>c"], ["a>c>b"]], THREE) < halfway < 1


def test_agreement_does_not_depend_on_the_names_of_responses() -> None:
    one = _alpha([["a>b", "a>b"], ["a>b", "b>a"]], PAIR)
    assert one == pytest.approx(_alpha([["a>b", "b>a"], ["a>b", "a>b"]], PAIR))


# Preferences


def test_a_majority_decides_each_pair() -> None:
    answers = {"r1": ballot("a>b", strength=3), "r2": ballot("a>b", strength=2),
               "r3": ballot("b>a", strength=2)}  # fmt: skip
    records = export(PAIR, answers)
    [data] = of_kind(records, "preference")
    assert (data["chosen"], data["rejected"]) == PAIR.responses
    assert (data["n_for"], data["n_against"], data["n_tied"]) == (2, 1, 0)
    assert data["strength"] == pytest.approx((3 + 2 - 2) / 3)


def test_strength_points_to_the_chosen_response() -> None:
    [data] = of_kind(export(PAIR, {"r1": ballot("b>a", strength=2)}), "preference")
    assert (data["chosen"].id, data["strength"]) == ("b", 2)


def test_each_judgment_can_stand_for_itself() -> None:
    answers = {"r2": ballot("b>a"), "r1": ballot("a>b", strength=2)}
    records = export(PAIR, answers, aggregate="each")
    assert chosen(records) == ["a>b", "b>a"]
    assert [d["n_for"] for d in of_kind(records, "preference")] == [1, 1]
    assert [d["strength"] for d in of_kind(records, "preference")] == [2, None]


@pytest.mark.parametrize("tiers", [["a>b", "b>a"], ["ab", "ab"], ["a>b", "ab"]])
def test_a_tie_is_dropped_or_taken_in_both_orders(tiers: list[str]) -> None:
    answers = {f"r{i}": ballot(t) for i, t in enumerate(tiers)}
    dropped = export(PAIR, answers)
    assert (chosen(dropped), reasons(dropped, "preference")) == ([], ["tie"])
    assert chosen(export(PAIR, answers, ties="both")) == ["a>b", "b>a"]


def test_a_win_needs_more_orders_than_ties() -> None:
    answers = {"r1": ballot("a>b"), "r2": ballot("a>b"), "r3": ballot("ab")}
    assert chosen(export(PAIR, answers)) == ["a>b"]
    answers |= {"r4": ballot("ab")}
    assert reasons(export(PAIR, answers), "preference") == ["tie"]


@pytest.mark.parametrize("aggregate", ["each", "majority"])
def test_thresholds_look_at_all_judgments_of_a_pair(aggregate: str) -> None:
    answers = {"r1": ballot("a>b"), "r2": ballot("a>b"), "r3": ballot("b>a")}
    few = export(PAIR, answers, aggregate=aggregate, min_judgments=4)
    assert set(reasons(few, "preference")) == {"too_few_judgments"}
    assert set(reasons(few, "label")) == {"too_few_judgments"}
    split = export(PAIR, answers, aggregate=aggregate, min_agreement=0.7)
    assert set(reasons(split, "preference")) == {"low_agreement"}
    passed = chosen(export(PAIR, answers, aggregate=aggregate, min_agreement=0.6))
    assert set(passed) == {"a>b"}


def test_a_tie_in_both_orders_is_held_to_the_agreement_too() -> None:
    answers = {"r1": ballot("a>b"), "r2": ballot("b>a")}
    records = export(PAIR, answers, ties="both", min_agreement=0.5)
    assert reasons(records, "preference") == ["low_agreement"]


@pytest.mark.parametrize(
    ("texts", "reason"),
    [(("igual", " igual\n"), "identical_texts"), (("", "algo"), "empty_text"),
     (("algo", " \n"), "empty_text")],
)  # fmt: skip
def test_texts_that_teach_nothing_are_dropped(texts: tuple[str, str], reason: str) -> None:
    for policy in ({}, {"aggregate": "each"}):
        records = export(an_item(*texts), {"r1": ballot("a>b")}, **policy)
        assert reasons(records, "preference") == [reason]


def test_all_bad_gives_no_preference_and_only_bad_labels() -> None:
    answers = {"r1": ballot("a>b", "all_bad"), "r2": ballot(verdict="all_bad"),
               "r3": ballot("a>b")}  # fmt: skip
    records = export(PAIR, answers)
    assert reasons(records, "preference") == ["all_bad"]
    assert labels(records) == {"a": False, "b": False}
    single = export(PAIR, answers, aggregate="each")
    assert reasons(single, "preference") == ["all_bad", "all_bad"]
    assert chosen(single) == ["a>b"]


def test_half_that_say_all_bad_are_no_majority() -> None:
    records = export(PAIR, {"r1": ballot(verdict="all_bad"), "r2": ballot("a>b")})
    assert chosen(records) == ["a>b"]


def test_cannot_judge_is_counted_once_a_judgment_and_speaks_of_nothing() -> None:
    answers = {"r1": ballot(verdict="cannot_judge", item=THREE), "r2": ballot("a>bc", item=THREE)}
    single = export(THREE, answers, aggregate="each")
    assert reasons(single, "preference").count("cannot_judge") == 1
    assert reasons(single, "label").count("cannot_judge") == 1
    [first, _] = of_kind(export(THREE, answers), "preference")
    assert (first["n_for"], first["n_against"], first["n_tied"]) == (1, 0, 0)


def test_unranked_responses_are_counted_and_not_guessed() -> None:
    answers = {"r1": ballot("a>b", item=THREE)}
    assert reasons(export(THREE, answers), "preference") == ["too_few_judgments"] * 2
    assert reasons(export(THREE, answers, aggregate="each"), "preference") == ["unranked"] * 2


# Labels


def test_labels_follow_the_decided_pairs() -> None:
    answers = {"r1": ballot("a>b>c", item=THREE), "r2": ballot("a>b>c", item=THREE)}
    records = export(THREE, answers)
    assert labels(records) == {"a": True, "c": False}
    assert reasons(records, "label") == ["neither_best_nor_worst"]
    assert {d["n_judgments"] for d in of_kind(records, "label")} == {2}


def test_a_circle_of_majorities_labels_nothing() -> None:
    answers = {f"r{i}": ballot(t, item=THREE) for i, t in enumerate(["a>b>c", "b>c>a", "c>a>b"])}
    assert labels(export(THREE, answers)) == {}
    assert reasons(export(THREE, answers), "label") == ["neither_best_nor_worst"] * 3


def test_pairs_that_are_not_decided_label_nothing() -> None:
    tied = export(PAIR, {"r1": ballot("ab")})
    assert reasons(tied, "label") == ["neither_best_nor_worst"] * 2
    answers = {"r1": ballot("a>b"), "r2": ballot("a>b"), "r3": ballot("b>a")}
    assert labels(export(PAIR, answers)) == {"a": True, "b": False}
    assert labels(export(PAIR, answers, min_agreement=0.7)) == {}


def test_each_judgment_labels_its_best_and_its_worst() -> None:
    records = export(FOUR, {"r1": ballot("a>bc>d", item=FOUR)}, aggregate="each")
    assert labels(records) == {"a": True, "d": False}
    assert reasons(records, "label") == ["neither_best_nor_worst"] * 2
    tied = export(PAIR, {"r1": ballot("ab")}, aggregate="each")
    assert reasons(tied, "label") == ["neither_best_nor_worst"] * 2


# Criteria and order


def test_an_export_names_its_criterion_exactly_where_there_are_some() -> None:
    with pytest.raises(Invalid, match="helpful, safe"):
        RANKING.records(PAIR, [], CRITERIA, Policy())
    with pytest.raises(Invalid, match="no criteria"):
        RANKING.records(PAIR, [], CONFIG, Policy(criterion="safe"))


def test_records_speak_of_the_criterion_that_was_named() -> None:
    answers = {"r1": {"criteria": {"helpful": ballot("a>b"), "safe": ballot("b>a")}}}
    safe = RANKING.records(PAIR, told(answers), CRITERIA, Policy(criterion="safe"))
    assert chosen(list(safe)) == ["b>a"]


def test_answers_from_before_a_criterion_was_asked_are_passed_over() -> None:
    older = {"r1": ballot("a>b"), "r2": {"criteria": {"helpful": ballot("a>b")}}}
    safe = list(RANKING.records(PAIR, told(older), CRITERIA, Policy(criterion="safe")))
    assert reasons(safe, "preference") == ["too_few_judgments"]
    assert units_of(RANKING, older["r1"], PAIR, CRITERIA) == {}
    assert ("safe", "a>b") not in units_of(RANKING, older["r2"], PAIR, CRITERIA)


@pytest.mark.parametrize("aggregate", ["each", "majority"])
def test_records_depend_on_the_data_alone(aggregate: str) -> None:
    answers = {f"r{i}": ballot(t, item=THREE) for i, t in enumerate(["a>b>c", "c>ab", "b>a"])}
    policy = Policy(aggregate=aggregate, ties="both")  # type: ignore[arg-type]
    one = list(RANKING.records(THREE, told(answers), CONFIG, policy))
    turned = THREE.in_order(["c", "a", "b"])
    assert one == list(RANKING.records(turned, told(answers)[::-1], CONFIG, policy))


def test_a_file_may_bring_a_strength_that_the_desk_does_not_offer() -> None:
    answer = RANKING.check_answer({"tiers": [["a"], ["b"]], "strength": 1}, PAIR, CONFIG)
    assert answer["strength"] == 1
