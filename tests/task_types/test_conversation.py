"""Conversations: what an item must be, forms and files to answers, answers to units and records."""

from __future__ import annotations

from typing import Any

import krippendorff
import pytest

from tests.task_types.builders import a_talk, an_item, of_kind, posted, reasons, told, units_of
from workbench.messages import Invalid
from workbench.task_types import get
from workbench.task_types.base import Answer, Config, Item, Policy, Response, Turn
from workbench.task_types.conversation import Conversation
from workbench.task_types.conversation.rounds import MOST_ROUNDS

TALK = Conversation()
RANKING = get("ranking")
CONFIG = TALK.parse_config({})
REQUIRED = TALK.parse_config({"turns": "required"})
OFF = TALK.parse_config({"turns": "off"})
PAIR = a_talk("Agua que cae.", "No sé.")
SYSTEM, ASK = Turn("system", "Sea breve."), Turn("user", "¿Qué es la lluvia?")


def talk(*conversations: str, prompt: tuple[Turn, ...] = (ASK,)) -> Item:
    """`talk("aua", "a")`: the first has three messages, the second one; each with its own words."""
    roles = {"a": "assistant", "u": "user", "t": "tool", "s": "system"}
    responses = tuple(
        Response(
            name,
            "",
            f"m-{name}",
            turns=tuple(Turn(roles[c], f"{c}{i}") for i, c in enumerate(said)),
        )
        for name, said in zip("ab", conversations, strict=False)
    )
    return Item("i-1", "es", prompt, responses)


def errors(read: Any, *given: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as refusal:
        read(*given)
    return {place: str(why) for place, why in refusal.value.errors.items()}


def parse(item: Item = PAIR, config: Config = CONFIG, **fields: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in fields.items()}
    return TALK.parse_answer(posted(named), item, config)


def whole(tiers: list[list[str]] | None = None, **parts: Any) -> Answer:
    """What a ranking of a and b holds."""
    ranked = tiers if tiers is not None else [["a"], ["b"]]
    left = [] if ranked else ["a", "b"]
    base = {"tiers": ranked, "unranked": left, "verdict": None, "strength": None, "reason": ""}
    return {**base, **parts}


def turn(number: int, better: str | None = None, verdict: str | None = None, note: str = "") -> Any:
    return {"turn": number, "better": better, "verdict": verdict, "note": note}


# Items


@pytest.mark.parametrize(
    ("first", "second", "place"),
    [
        ("aa", "a", "responses[0].messages[1].role"),
        ("uau", "a", "responses[0].messages[0].role"),
        ("a", "ata", "responses[1].messages[1].role"),
        ("a", "asa", "responses[1].messages[1].role"),
        ("au", "a", "responses[0].messages"),
        ("a", "", "responses[1].messages"),
    ],
)
def test_messages_take_turns_from_the_prompt_on_and_end_with_the_assistant(
    first: str, second: str, place: str
) -> None:
    assert place in errors(TALK.parse_item, talk(first, second), CONFIG)


@pytest.mark.parametrize("prompt", [(SYSTEM,), (ASK, Turn("assistant", "Agua."))])
def test_after_a_prompt_that_asks_nothing_each_begins_with_its_question(
    prompt: tuple[Turn, ...],
) -> None:
    item = talk("ua", "uaua", prompt=prompt)
    assert TALK.parse_item(item, CONFIG) is item
    assert errors(TALK.parse_item, talk("a", "ua", prompt=prompt), CONFIG) == {
        "responses[0].messages[0].role": "This must be user: user and assistant take turns."
    }


def test_a_conversation_is_no_longer_than_a_person_can_judge() -> None:
    most = "a" + "ua" * (MOST_ROUNDS - 1)
    assert TALK.parse_item(talk(most, "a"), CONFIG)
    assert list(errors(TALK.parse_item, talk(most + "ua", "a"), CONFIG)) == [
        "responses[0].messages"
    ]


def test_texts_are_no_conversations() -> None:
    assert set(errors(TALK.parse_item, an_item("uno", "dos"), CONFIG)) == {
        "responses[0].messages", "responses[1].messages",
    }  # fmt: skip


# Rounds


def test_answers_of_the_same_number_stand_beside_each_other() -> None:
    first, second = TALK.rounds(PAIR)
    assert (first.number, first.shared) == (1, ())
    assert [side[0].content for side in first.sides] == ["Agua que cae.", "No sé."]
    # The question was the same, so it is said once.
    assert [t.content for t in second.shared] == ["¿Y el granizo?"]
    assert [len(side) for side in second.sides] == [1, 1]
    assert first.comparable
    assert second.comparable


def test_other_questions_stay_with_their_conversation() -> None:
    first = Response("a", "", turns=(Turn("assistant", "x"), ASK, Turn("assistant", "y")))
    other = Response("b", "", turns=(Turn("assistant", "x"), SYSTEM, Turn("assistant", "y")))
    rounds = TALK.rounds(Item("i-1", "es", (ASK,), (first, other)))
    assert rounds[1].shared == ()
    assert [side[0] for side in rounds[1].sides] == [ASK, SYSTEM]


def test_the_longer_one_goes_on_alone() -> None:
    rounds = TALK.rounds(talk("auaua", "aua"))
    assert [found.comparable for found in rounds] == [True, True, False]
    assert rounds[2].sides[1] == ()
    assert [t.content for t in rounds[2].sides[0]] == ["u3", "a4"]


# Forms


def test_a_form_speaks_of_places_and_the_answer_of_ids() -> None:
    turned = PAIR.in_order(["b", "a"])
    answer = parse(turned, pair="0>1:3", turn_1="1", turn_2="tie", turn_2_note=" Igual.\r\n")
    assert answer == {
        "overall": whole([["b"], ["a"]], strength=3),
        "turns": [turn(1, "a"), turn(2, verdict="tie", note="Igual.")],
    }


def test_turns_of_which_nothing_is_said_are_left_out() -> None:
    assert parse(pair="=", turn_1="", turn_2="both_bad")["turns"] == [turn(2, verdict="both_bad")]
    assert parse(pair="=", turn_1_note="¿Y esto?")["turns"] == [turn(1, note="¿Y esto?")]
    assert parse(pair="=")["turns"] == []


def test_turns_alone_are_no_answer() -> None:
    assert list(errors(lambda: parse(turn_1="0", turn_2="0"))) == ["tier"]


def test_every_fault_is_named_by_its_field() -> None:
    assert set(errors(lambda: parse(pair="0>9", turn_1="2", turn_2_note="x" * 10_001))) == {
        "pair", "turn-1", "turn-2-note",
    }  # fmt: skip


def test_where_the_project_asks_it_every_turn_needs_a_choice() -> None:
    found = errors(lambda: parse(config=REQUIRED, pair="=", turn_1="0", turn_2_note="no"))
    assert found == {"turn-2": "Say which is better at turn 2."}
    assert parse(config=REQUIRED, pair="=", turn_1="0", turn_2="both_bad")
    # Who cannot judge the whole is not held to its turns.
    assert parse(config=REQUIRED, verdict="cannot_judge", reason="No sé de esto.")


def test_only_turns_that_both_have_are_asked_about() -> None:
    item = talk("auaua", "a")
    assert parse(item, REQUIRED, pair="=", turn_1="0", turn_3="0")["turns"] == [turn(1, "a")]


def test_where_turns_are_not_asked_the_form_says_nothing_of_them() -> None:
    assert parse(config=OFF, pair="=", turn_1="0") == {"overall": whole([["a", "b"]]), "turns": []}
    assert not [name for name in TALK.fill_form(parse(pair="="), PAIR, OFF) if "turn" in name]


def test_criteria_are_those_of_a_ranking() -> None:
    criteria = [{"key": k, "title": {"es": k, "en": k}} for k in ("helpful", "turns")]
    config = TALK.parse_config({"criteria": criteria})
    form = {"helpful.pair": "0>1", "turns.pair": "=", "turn-1": "0"}
    answer = TALK.parse_answer(posted(form), PAIR, config)
    assert answer["overall"] == {"criteria": {"helpful": whole(), "turns": whole([["a", "b"]])}}
    keys = [question.key for question in TALK.questions(config)]
    assert len(set(keys)) == len(keys)
    assert errors(TALK.parse_config, {"criteria": criteria * 2}) != {}
    assert list(errors(TALK.parse_config, {"ask": "together", "turns": "on"})) == ["ask"]
    assert list(errors(TALK.parse_config, {"turns": "on"})) == ["turns"]


# Files


def test_turns_of_a_file_are_put_in_order_and_cleaned() -> None:
    raw = {
        "overall": {"tiers": [["a"], ["b"]]},
        "turns": [{"turn": 2, "better": "b"}, {"turn": 1, "verdict": "tie", "note": " x "}],
    }
    assert TALK.check_answer(raw, PAIR, CONFIG) == {
        "overall": whole(),
        "turns": [turn(1, verdict="tie", note="x"), turn(2, "b")],
    }


@pytest.mark.parametrize(
    ("turns", "place"),
    [
        ({}, "turns"),
        ([1], "turns[0]"),
        ([{"better": "a"}], "turns[0].turn"),
        ([{"turn": 3, "better": "a"}], "turns[0].turn"),
        ([{"turn": True, "better": "a"}], "turns[0].turn"),
        ([{"turn": 1, "better": "tie"}], "turns[0].better"),
        ([{"turn": 1, "better": ["a"]}], "turns[0].better"),
        ([{"turn": 1, "better": "a", "verdict": "tie"}], "turns[0].verdict"),
        ([{"turn": 1, "verdict": "all_bad"}], "turns[0].verdict"),
        ([{"turn": 1, "better": "a", "score": 3}], "turns[0].score"),
        ([{"turn": 1, "better": "a"}, {"turn": 1, "better": "b"}], "turns[1].turn"),
    ],
)
def test_a_wrong_turn_of_a_file_is_named(turns: Any, place: str) -> None:
    raw = {"overall": {"tiers": [["a"], ["b"]]}, "turns": turns}
    assert list(errors(TALK.check_answer, raw, PAIR, CONFIG)) == [place]


def test_faults_of_the_whole_are_named_beneath_it() -> None:
    assert list(errors(TALK.check_answer, {"overall": {"tiers": "a"}}, PAIR, CONFIG)) == [
        "overall.tiers"
    ]
    assert list(errors(TALK.check_answer, {"turns": []}, PAIR, CONFIG)) == ["overall"]
    said = {"overall": {"tiers": [["a"], ["b"]]}, "turns": [{"turn": 1, "better": "a"}]}
    assert list(errors(TALK.check_answer, said, PAIR, OFF)) == ["turns"]
    assert errors(TALK.check_answer, said, PAIR, REQUIRED) == {
        "turns": "Say which is better at turn 2."
    }


def test_ids_that_are_words_of_the_answer_are_only_ids() -> None:
    """A response may be called anything, so a tie is never said in the place of an id."""
    item = a_talk("uno", "dos", ids=("tie", "both_bad"))
    answer = parse(item, pair="0>1", turn_1="1", turn_2="tie")
    assert answer["turns"] == [turn(1, "both_bad"), turn(2, verdict="tie")]
    units = units_of(TALK, answer, item, CONFIG)
    assert units["turns.both_bad", "1"] == "compared"
    assert {value for (key, _), value in units.items() if key == "turns.better"} == {-1, 0, 1}


# Agreement


def test_the_whole_has_the_units_of_a_ranking() -> None:
    answer = parse(pair="1>0:2", turn_1="0")
    found = units_of(TALK, answer, PAIR, OFF)
    assert found == units_of(RANKING, answer["overall"], PAIR, RANKING.parse_config({}))
    assert found["overall", "b>a"] == 1


def test_a_turn_is_compared_in_both_orientations_whatever_was_on_the_left() -> None:
    answer = parse(pair="=", turn_1="1", turn_2="tie")
    turned = PAIR.in_order(["b", "a"])
    assert units_of(TALK, answer, PAIR, CONFIG) == units_of(TALK, answer, turned, CONFIG)
    found = units_of(TALK, answer, PAIR, CONFIG)
    turns = {name: value for (key, name), value in found.items() if key == "turns.better"}
    assert turns == {"1:a>b": -1, "1:b>a": 1, "2:a>b": 0, "2:b>a": 0}


def test_both_bad_at_a_turn_is_a_question_of_its_own() -> None:
    answer = parse(pair="=", turn_1="both_bad", turn_2_note="¿?")
    found = units_of(TALK, answer, PAIR, CONFIG)
    turns = {unit: value for unit, value in found.items() if unit[0].startswith("turns.")}
    assert turns == {("turns.both_bad", "1"): "both_bad"}


def test_people_who_say_the_opposite_at_every_turn_disagree() -> None:
    """Alpha over the units, by the reference package: below zero, as for two opposite rankings."""
    said = [parse(pair="=", turn_1=a, turn_2=b) for a, b in (("0", "1"), ("1", "0"))]
    tables = [units_of(TALK, answer, PAIR, CONFIG) for answer in said]
    keys = sorted(key for key in tables[0] if key[0] == "turns.better")
    data = [[table[key] for key in keys] for table in tables]
    assert krippendorff.alpha(data, level_of_measurement="interval") < 0
    same = [data[0], data[0]]
    assert krippendorff.alpha(same, level_of_measurement="interval") == pytest.approx(1)


# Records


def test_records_are_those_of_the_ranking_of_the_whole() -> None:
    answers = [parse(pair=pair, turn_1="1") for pair in ("0>1:3", "0>1:2", "1>0:2")]
    given = told({f"r{i}": answer for i, answer in enumerate(answers)})
    records = list(TALK.records(PAIR, given, CONFIG, Policy()))
    [preference] = of_kind(records, "preference")
    assert (preference["chosen"].id, preference["n_for"], preference["n_against"]) == ("a", 2, 1)
    assert preference["chosen"].turns == PAIR.responses[0].turns
    labels = {data["response"].id: data["label"] for data in of_kind(records, "label")}
    assert labels == {"a": True, "b": False}
    strict = list(TALK.records(PAIR, given, CONFIG, Policy(min_agreement=0.7)))
    assert reasons(strict, "preference") == ["low_agreement"]
    both = list(TALK.records(PAIR, told({"r": parse(pair="=")}), CONFIG, Policy(ties="both")))
    assert [data["chosen"].id for data in of_kind(both, "preference")] == ["a", "b"]


def test_a_conversation_with_an_empty_answer_teaches_nothing() -> None:
    item = a_talk("", "No sé.")
    records = list(TALK.records(item, told({"r": parse(item, pair="1>0")}), CONFIG, Policy()))
    assert reasons(records, "preference") == ["empty_text"]
    assert [data["response"].id for data in of_kind(records, "label")] == ["b"]
