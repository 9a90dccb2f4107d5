"""Rating: forms and files to numbers, numbers to units and training records."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.task_types.builders import an_item, of_kind, posted, reasons, told, units_of
from workbench.export.formats import attribute_ratings
from workbench.messages import Invalid
from workbench.task_types import get
from workbench.task_types.base import Answer, Config, Item, Policy, Record
from workbench.task_types.rating.config import RESERVED

RATING = get("rating")
DEFAULTS = RATING.parse_config({})
TITLE = {"es": "Tono", "en": "Tone"}
#: Two attributes, so that whole answers can be written out.
CONFIG = RATING.parse_config(
    {
        "attributes": [
            {"key": "helpful", "title": {"es": "Útil", "en": "Helpful"}},
            {"key": "tone", "title": TITLE, "scale": {"least": -2, "most": 2}},
        ]
    }
)
ONE = an_item("Agua que cae.")
PAIR = an_item("Agua que cae.", "No sé.")
THREE = an_item("uno", "dos", "tres")


def answer(cannot: dict[str, str] | None = None, reason: str = "", **ratings: str) -> Answer:
    """`answer(a="3 -1")`: 3 on helpful and -1 on tone."""
    numbers = {i: [int(n) for n in given.split()] for i, given in ratings.items()}
    return {
        "ratings": {
            i: dict(zip(("helpful", "tone"), given, strict=True)) for i, given in numbers.items()
        },
        "cannot_judge": cannot or {},
        "reason": reason,
    }


def parse(fields: dict[str, str], item: Item = PAIR, config: Config = CONFIG) -> Answer:
    return RATING.parse_answer(posted(fields), item, config)


def rated(place: int, helpful: int, tone: int) -> dict[str, str]:
    return {f"rating-{place}-helpful": str(helpful), f"rating-{place}-tone": str(tone)}


def errors(read: Any, *args: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as refusal:
        read(*args)
    return {place: str(why) for place, why in refusal.value.errors.items()}


def export(*answers: Answer, item: Item = PAIR, **policy: Any) -> list[Record]:
    named = told({f"r{i}": given for i, given in enumerate(answers)})
    return list(RATING.records(item, named, CONFIG, Policy(**policy)))


def numbers(records: list[Record]) -> list[tuple[str, int, int, int]]:
    """(response, helpful, tone, judgments) of every rating."""
    return [
        (data["response"].id, data["helpful"], data["tone"], data["n_judgments"])
        for data in of_kind(records, "rating")
    ]


def chosen(records: list[Record]) -> list[str]:
    return [f"{data['chosen'].id}>{data['rejected'].id}" for data in of_kind(records, "preference")]


# Settings


def test_the_default_attributes_are_those_of_helpsteer_with_every_point_in_both_languages() -> None:
    keys = [attribute["key"] for attribute in DEFAULTS["attributes"]]
    assert keys == ["helpfulness", "correctness", "coherence", "complexity", "verbosity"]
    assert DEFAULTS["decides"] == "helpfulness"
    for attribute in DEFAULTS["attributes"]:
        assert attribute["scale"] == {"least": 0, "most": 4}
        assert [anchor["value"] for anchor in attribute["anchors"]] == [0, 1, 2, 3, 4]
        texts = [
            attribute["title"],
            attribute["question"],
            *(a["text"] for a in attribute["anchors"]),
        ]
        assert all(text[language] for text in texts for language in ("es", "en"))


def test_an_attribute_needs_a_key_and_a_title_and_gets_the_rest() -> None:
    [helpful, tone] = CONFIG["attributes"]
    assert helpful["scale"] == {"least": 0, "most": 4}
    assert (tone["question"], tone["anchors"]) == (TITLE, [])
    assert (CONFIG["decides"], CONFIG["allow_cannot_judge"]) == ("helpful", True)


def an_attribute(**parts: Any) -> dict[str, Any]:
    return {"attributes": [{"key": "tone", "title": TITLE, **parts}]}


ANCHOR = {"value": 1, "text": {"es": "x", "en": "x"}}


@pytest.mark.parametrize(
    ("raw", "place"),
    [
        ({"attribute": []}, "attribute"),
        ({"attributes": []}, "attributes"),
        ({"attributes": "all"}, "attributes"),
        ({"decides": "charm"}, "decides"),
        ({"allow_cannot_judge": 1}, "allow_cannot_judge"),
        (an_attribute(key="Tone"), "attributes[0].key"),
        (an_attribute(key="a-b"), "attributes[0].key"),
        (an_attribute(key="prompt"), "attributes[0].key"),
        (an_attribute(title={"es": "x"}), "attributes[0].title.en"),
        (an_attribute(help="x"), "attributes[0].help"),
        (an_attribute(scale={"least": 0}), "attributes[0].scale.most"),
        (an_attribute(scale={"least": 0, "most": True}), "attributes[0].scale.most"),
        (an_attribute(scale={"least": 3, "most": 3}), "attributes[0].scale.most"),
        (an_attribute(scale={"least": -1, "most": 10}), "attributes[0].scale.most"),
        (an_attribute(scale={"least": 0, "most": 11}), "attributes[0].scale.most"),
        (an_attribute(anchors=[{**ANCHOR, "value": 5}]), "attributes[0].anchors[0].value"),
        (an_attribute(anchors=[ANCHOR, ANCHOR]), "attributes[0].anchors[1].value"),
        (an_attribute(anchors=[{"value": 1}]), "attributes[0].anchors[0].text"),
        ({"attributes": [{"key": "a", "title": TITLE}] * 2}, "attributes[1].key"),
    ],
)
def test_wrong_settings_are_refused_at_their_place(raw: dict[str, Any], place: str) -> None:
    assert list(errors(RATING.parse_config, raw)) == [place]


@pytest.mark.parametrize(("least", "most"), [(0, 1), (0, 10), (1, 7), (-3, 3), (-10, 0)])
def test_a_scale_has_two_to_eleven_points(least: int, most: int) -> None:
    scale = {"least": least, "most": most}
    config = RATING.parse_config(an_attribute(scale=scale))
    assert config["attributes"][0]["scale"] == scale
    example = RATING.example_answer(ONE, config)
    assert RATING.check_answer(example, ONE, config) == example


def test_anchors_come_in_the_order_of_the_scale() -> None:
    anchors = [{**ANCHOR, "value": 4}, ANCHOR]
    config = RATING.parse_config(an_attribute(anchors=anchors))
    assert [anchor["value"] for anchor in config["attributes"][0]["anchors"]] == [1, 4]


def test_no_attribute_can_be_called_like_another_column_of_the_export() -> None:
    assert set(RESERVED) == {*attribute_ratings.BEFORE, *attribute_ratings.AFTER}


# The form


def test_numbers_are_stored_by_response_whatever_the_order_they_were_shown_in() -> None:
    fields = {**rated(0, 4, -2), **rated(1, 0, 2), "reason": "Todo\r\nbien. "}
    assert parse(fields) == answer(a="4 -2", b="0 2", reason="Todo\nbien.")
    turned = parse(fields, PAIR.in_order(["b", "a"]))
    assert turned == answer(a="0 2", b="4 -2", reason="Todo\nbien.")
    assert list(turned["ratings"]) == ["a", "b"]
    assert list(turned["ratings"]["a"]) == ["helpful", "tone"]


def test_an_untouched_attribute_is_no_answer_and_response_and_attribute_are_named() -> None:
    found = errors(parse, {**rated(0, 4, 0), "rating-1-tone": "0"})
    assert list(found) == ["rating-1-helpful"]
    assert "Response B" in found["rating-1-helpful"]
    assert "Helpful" in found["rating-1-helpful"]
    assert list(errors(parse, {})) == [
        f"rating-{i}-{k}" for i in (0, 1) for k in ("helpful", "tone")
    ]


@pytest.mark.parametrize("value", ["5", "-1", "3.0", "+3", "03", "٣", "1e0", "x"])
def test_what_is_no_point_of_the_scale_is_refused_at_its_field(value: str) -> None:
    found = errors(parse, {**rated(0, 0, 0), "rating-0-helpful": value}, ONE)
    assert list(found) == ["rating-0-helpful"]


def test_cannot_judge_stands_in_place_of_the_ratings_and_needs_a_reason() -> None:
    given = {**rated(0, 1, 1), "cannot-1": "1", "why-1": "Es latín.\r\n"}
    assert parse(given) == answer(a="1 1", cannot={"b": "Es latín."})
    assert list(errors(parse, {**given, "why-1": "  "})) == ["why-1"]
    assert list(errors(parse, {**given, "rating-1-tone": "0"})) == ["cannot-1"]
    assert list(errors(parse, {**given, "cannot-1": "on"})) == ["cannot-1"]
    every = {f"{part}-{i}": "1" for part in ("cannot", "why") for i in (0, 1)}
    assert parse(every) == answer(cannot={"a": "1", "b": "1"})


def test_a_reason_without_its_mark_is_not_lost_in_silence() -> None:
    found = errors(parse, {**rated(0, 1, 1), **rated(1, 1, 1), "why-1": "Es latín."})
    assert list(found) == ["cannot-1"]


def test_a_project_may_want_every_response_rated() -> None:
    strict = {**CONFIG, "allow_cannot_judge": False}
    given = {**rated(0, 1, 1), "cannot-1": "1", "why-1": "Es latín."}
    assert list(errors(parse, given, PAIR, strict)) == ["cannot-1"]
    stored = answer(a="1 1", cannot={"b": "Es latín."})
    assert list(errors(RATING.check_answer, stored, PAIR, strict)) == ["cannot_judge.b"]


# Files


def test_equal_answers_are_equal_to_the_byte() -> None:
    raw = {"ratings": {"b": {"tone": 0, "helpful": 1}, "a": {"tone": 2, "helpful": 3}}}
    clean = RATING.check_answer(raw, PAIR, CONFIG)
    assert json.dumps(clean) == json.dumps(answer(a="3 2", b="1 0"))


@pytest.mark.parametrize(
    ("raw", "places"),
    [
        (None, ["answer"]),
        ({}, ["ratings.a", "ratings.b"]),
        ({**answer(a="1 1", b="1 1"), "note": ""}, ["note"]),
        ({"ratings": {"a": {"helpful": 1, "tone": 1}}}, ["ratings.b"]),
        ({"ratings": {"a": {"helpful": 1}, "b": {"helpful": 9, "tone": 1}}},
         ["ratings.a.tone", "ratings.b.helpful"]),
        ({"ratings": {"a": {"helpful": "1", "tone": True}, "b": {"helpful": 1.0, "tone": 1}}},
         ["ratings.a.helpful", "ratings.a.tone", "ratings.b.helpful"]),
        ({"ratings": {"a": {"helpful": 1, "tone": 1, "wit": 1}, "b": {"helpful": 1, "tone": 1}}},
         ["ratings.a.wit"]),
        ({"ratings": {"c": {}}}, ["ratings.c"]),
        ({"ratings": []}, ["ratings"]),
        (answer(a="1 1", cannot={"b": ""}), ["cannot_judge.b"]),
        (answer(a="1 1", cannot={"a": "x", "b": "x"}), ["cannot_judge.a"]),
        ({**answer(a="1 1", b="1 1"), "reason": None}, ["reason"]),
    ],
)  # fmt: skip
def test_a_wrong_line_is_refused_at_its_path(raw: Any, places: list[str]) -> None:
    assert list(errors(RATING.check_answer, raw, PAIR, CONFIG)) == places


# Agreement


def test_each_attribute_is_a_question_and_each_response_a_unit() -> None:
    questions = RATING.questions(CONFIG)
    assert [(q.key, q.distance) for q in questions] == [("helpful", "ordinal"), ("tone", "ordinal")]
    assert questions[1].title.values["attribute"].texts == TITLE
    given = answer(a="3 -1", cannot={"b": "Es latín."})
    assert units_of(RATING, given, PAIR, CONFIG) == {("helpful", "a"): 3, ("tone", "a"): -1}


# Ratings


def test_each_judgment_can_stand_for_itself() -> None:
    records = export(answer(a="3 0", b="1 0"), answer(a="4 2", cannot={"b": "?"}), aggregate="each")
    assert numbers(records) == [("a", 3, 0, 1), ("a", 4, 2, 1), ("b", 1, 0, 1)]
    assert reasons(records, "rating") == ["cannot_judge"]


@pytest.mark.parametrize(
    ("given", "median"),
    [([3], 3), ([0, 4, 4], 4), ([1, 2, 4], 2), ([2, 3], 2), ([1, 4], 2), ([2, 4], 3)],
)
def test_the_majority_is_the_median_and_a_half_goes_down(given: list[int], median: int) -> None:
    records = export(*(answer(a=f"{n} 0") for n in given), item=ONE)
    assert numbers(records) == [("a", median, 0, len(given))]


def test_a_half_goes_down_below_nought_too() -> None:
    records = export(answer(a="0 -1"), answer(a="0 -2"), item=ONE)
    assert numbers(records) == [("a", 0, -2, 2)]


def test_who_could_not_judge_a_response_does_not_count_in_it() -> None:
    records = export(answer(a="3 0", cannot={"b": "?"}), answer(a="1 0", b="4 1"))
    assert numbers(records) == [("a", 2, 0, 2), ("b", 4, 1, 1)]
    records = export(answer(cannot={"a": "?"}), item=ONE)
    assert reasons(records, "rating") == ["too_few_judgments"]


@pytest.mark.parametrize("aggregate", ["each", "majority"])
def test_thresholds_look_at_all_judgments_of_a_response(aggregate: str) -> None:
    given = [answer(a="4 0"), answer(a="3 0"), answer(a="0 0")]
    few = export(*given, item=ONE, aggregate=aggregate, min_judgments=4)
    assert set(reasons(few, "rating")) == {"too_few_judgments"}
    passed = export(*given, item=ONE, aggregate=aggregate, min_agreement=0.6)
    wanted = {"each": [("a", 4, 0, 1), ("a", 3, 0, 1)], "majority": [("a", 3, 0, 3)]}
    assert numbers(passed) == wanted[aggregate]
    split = export(*given, item=ONE, aggregate=aggregate, min_agreement=0.7)
    assert set(reasons(split, "rating")) == {"low_agreement"}


def test_of_all_attributes_the_one_with_the_least_agreement_counts() -> None:
    given = [answer(a="4 -2"), answer(a="4 0"), answer(a="4 2")]
    assert numbers(export(*given, item=ONE, min_agreement=0.3)) == [("a", 4, 0, 3)]
    assert reasons(export(*given, item=ONE, min_agreement=0.5), "rating") == ["low_agreement"]


@pytest.mark.parametrize("text", ["", " \n"])
def test_a_response_without_text_is_no_training_data(text: str) -> None:
    for aggregate in ("each", "majority"):
        records = export(answer(a="0 0"), item=an_item(text), aggregate=aggregate)
        assert reasons(records, "rating") == ["empty_text"]


def test_answers_from_before_an_attribute_was_asked_are_passed_over() -> None:
    older = {"ratings": {"a": {"helpful": 4}}, "cannot_judge": {}, "reason": ""}
    assert numbers(export(older, answer(a="1 1"), item=ONE)) == [("a", 1, 1, 1)]
    assert units_of(RATING, older, ONE, CONFIG) == {("helpful", "a"): 4}


# Preferences


def test_the_first_attribute_decides_unless_the_project_or_the_export_says_another() -> None:
    told_once = told({"r1": answer(a="4 -2", b="1 2")})
    assert chosen(list(RATING.records(PAIR, told_once, CONFIG, Policy()))) == ["a>b"]
    by_tone = {**CONFIG, "decides": "tone"}
    assert chosen(list(RATING.records(PAIR, told_once, by_tone, Policy()))) == ["b>a"]
    policy = Policy(criterion="tone")
    assert chosen(list(RATING.records(PAIR, told_once, CONFIG, policy))) == ["b>a"]


def test_an_attribute_that_there_is_not_is_refused_before_anything_is_read() -> None:
    with pytest.raises(Invalid, match="helpful, tone") as refusal:
        RATING.records(PAIR, [], CONFIG, Policy(criterion="charm"))
    assert list(refusal.value.errors) == ["criterion"]


def test_a_strict_judge_counts_as_much_as_a_mild_one() -> None:
    mild = answer(a="4 0", b="3 0")
    strict = [answer(a="1 0", b="0 0"), answer(a="0 0", b="1 0")]
    [data] = of_kind(export(mild, *strict), "preference")
    assert (data["chosen"].id, data["n_for"], data["n_against"], data["n_tied"]) == ("a", 2, 1, 0)


def test_equal_ratings_are_a_tie_which_is_dropped_or_taken_in_both_orders() -> None:
    same = answer(a="2 0", b="2 1")
    for aggregate in ("each", "majority"):
        dropped = export(same, aggregate=aggregate)
        assert (chosen(dropped), reasons(dropped, "preference")) == ([], ["tie"])
        assert chosen(export(same, aggregate=aggregate, ties="both")) == ["a>b", "b>a"]


def test_a_pair_counts_only_where_both_were_rated() -> None:
    half = answer(a="4 0", cannot={"b": "?"})
    assert reasons(export(half), "preference") == ["too_few_judgments"]
    assert reasons(export(half, aggregate="each"), "preference") == ["cannot_judge"]
    [data] = of_kind(export(half, answer(a="0 0", b="1 0")), "preference")
    assert (data["chosen"].id, data["n_for"], data["n_against"]) == ("b", 1, 0)


def test_three_responses_give_three_pairs_and_one_gives_none() -> None:
    three = answer(a="1 0", b="3 0", c="2 0")
    assert chosen(export(three, item=THREE)) == ["b>a", "c>a", "b>c"]
    assert chosen(export(answer(a="1 0"), item=ONE)) == []


def test_thresholds_hold_for_pairs_as_they_do_for_rankings() -> None:
    given = [answer(a="4 0", b="1 0"), answer(a="3 0", b="1 0"), answer(a="0 0", b="1 0")]
    assert chosen(export(*given, min_agreement=0.6)) == ["a>b"]
    assert reasons(export(*given, min_agreement=0.7), "preference") == ["low_agreement"]
    assert reasons(export(*given, min_judgments=4), "preference") == ["too_few_judgments"]
    same = an_item("igual", " igual\n")
    assert reasons(export(given[0], item=same), "preference") == ["identical_texts"]
