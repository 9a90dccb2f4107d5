"""LMArena, Anthropic HH, HelpSteer and OpenAssistant: what people preferred, in published sets."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.intake.tools.reading import DATA, good, tiers, two, wrong
from tests.trainers.make_files import META, RANKED, judged_items
from workbench import task_types
from workbench.export.formats import format_named
from workbench.export.policy import parse_policy
from workbench.export.write import write_export
from workbench.intake.tools import BY_NAME
from workbench.intake.tools.base import Given, Place


def chat(*texts: str) -> list[dict[str, str]]:
    roles = ("user", "assistant")
    return [{"role": roles[i % 2], "content": text} for i, text in enumerate(texts)]


def battle(winner: Any = "model_b", **fields: Any) -> dict[str, Any]:
    """The fields that clean_battle_data.py of lm-sys/FastChat writes."""
    return {
        "question_id": "c0fc", "model_a": "vicuna-13b", "model_b": "koala-13b", "winner": winner,
        "judge": "arena_user_973", "conversation_a": chat("Count", "1, 4"),
        "conversation_b": chat("Count", "1, 4, 7"), "turn": 1, "anony": True,
        "language": "English", "tstamp": 1682351591.1322, **fields,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("winner", "expected", "verdict"),
    [
        ("model_a", [["model_a"], ["model_b"]], None),
        ("model_b", [["model_b"], ["model_a"]], None),
        ("tie", [["model_a", "model_b"]], None),
        ("tie (bothbad)", [], "all_bad"),
        ("both_bad", [], "all_bad"),
    ],
)
def test_a_battle_is_a_ranking_of_its_last_answers(
    winner: str, expected: Any, verdict: Any
) -> None:
    [item], [judgment], _ = good("lmarena", [battle(winner)])
    assert (item["id"], item["language"]) == ("lmarena-c0fc", "en")
    assert [r["model"] for r in item["responses"]] == ["vicuna-13b", "koala-13b"]
    assert (judgment["answer"]["tiers"], judgment["answer"]["verdict"]) == (expected, verdict)
    assert judgment["reviewer"] == "lmarena-arena_user_973"
    assert judgment["at"].startswith("2023-04-24T15:53:11")


def test_another_pair_of_models_on_a_question_is_an_item_of_its_own() -> None:
    koala, llama = chat("Count", "1, 4, 7"), chat("Count", "No.")
    turned = {"model_a": "koala-13b", "conversation_a": koala, "model_b": "vicuna-13b",
              "conversation_b": chat("Count", "1, 4")}  # fmt: skip
    other = {"model_b": "llama-13b", "conversation_b": llama}
    other_turned = {"model_a": "llama-13b", "conversation_a": llama, "model_b": "vicuna-13b",
                    "conversation_b": chat("Count", "1, 4")}  # fmt: skip
    rows = [
        battle(judge="one"), battle("model_a", judge="two", **turned),
        battle("model_a", judge="one", **other), battle("model_b", judge="two", **other_turned),
        battle(judge="one", question_id="next"),
    ]  # fmt: skip
    items, judgments, _ = good("lmarena", rows)
    # What stood first on the screen makes no other item of two answers.
    first, again, own, own_again, following = (item["id"] for item in items)
    assert (first, again, following) == ("lmarena-c0fc", "lmarena-c0fc", "lmarena-next")
    assert own == own_again
    assert own.startswith("lmarena-c0fc-")
    assert (items[0], items[2]) == (items[1], items[3])

    def best(n: int) -> str:
        [[name], [_other]] = judgments[n]["answer"]["tiers"]
        return next(r["model"] for r in items[n]["responses"] if r["id"] == name)

    assert [best(n) for n in range(4)] == ["koala-13b", "koala-13b", "vicuna-13b", "vicuna-13b"]
    assert [j["shown"][0] for j in judgments[:2]] == ["model_a", "model_b"]
    assert good("lmarena", rows)[0] == items


def test_a_pair_whose_own_id_is_taken_as_well_is_wrong() -> None:
    other = {"model_b": "llama-13b", "conversation_b": chat("Count", "No.")}
    rows = [battle(), battle(**other), battle(**other, language="Spanish")]
    [problem] = wrong("lmarena", rows)
    assert problem == "file.json:3: item.id: is that of record 1 as well"


def test_what_we_export_as_battles_of_three_responses_comes_back(tmp_path: Path) -> None:
    config = RANKED.kind.parse_config({})
    written = tmp_path / "battles.jsonl"
    battles = format_named("lmarena-battles", RANKED.kind)
    judged = list(judged_items(RANKED, config))
    write_export(judged, RANKED.kind, config, battles, parse_policy({}), target=written, meta=META)
    items, judgments, left = good("lmarena", written.read_bytes())
    assert not left
    assert len({item["id"] for item in items}) == 3 * len(judged)
    texts = {(item["id"], r["id"]): r["text"] for item in items for r in item["responses"]}

    def pairs(item: str, tiers: Any) -> set[tuple[str, str]]:
        """(better, worse) by their texts."""
        found = set()
        for n, tier in enumerate(tiers):
            worse = [r for below in tiers[n + 1 :] for r in below]
            found |= {(texts[item, a], texts[item, b]) for a in tier for b in worse}
        return found

    back: dict[tuple[str, str], set[tuple[str, str]]] = {}
    for judgment in judgments:
        told = judgment["item"].removeprefix("lmarena-")[:11], judgment["reviewer"]
        back.setdefault(told, set())
        back[told] |= pairs(judgment["item"], judgment["answer"]["tiers"])
    for item, records in judged:
        texts |= {(item.id, r.id): r.text for r in item.responses}
        for record in records:
            if record.answer["verdict"] != "cannot_judge":
                told = item.id, f"lmarena-{record.reviewer}"
                assert back.pop(told) == pairs(item.id, record.answer["tiers"])
    assert not back


def test_battles_that_part_early_are_counted_and_left() -> None:
    parted = battle(
        conversation_a=chat("Hi", "Yes?", "Count", "1"),
        conversation_b=chat("Hi", "Well?", "Count", "1"),
    )
    items, judgments, left = good("lmarena", [parted])
    assert (items, judgments) == ([], [])
    assert left == {"battles whose conversations part before their last answer": 1}


def test_messages_in_parts_are_read_and_pictures_are_not() -> None:
    parts = [{"type": "text", "text": "Count"}]
    both = [{"role": "user", "content": parts}, {"role": "assistant", "content": "1"}]
    newer = battle(conversation_a=both, question_id=None, id="x1", language="es")
    [item], _, _ = good("lmarena", [newer])
    assert (item["id"], item["language"]) == ("lmarena-x1", "es")
    parts.append({"type": "image", "image": "data:"})
    [problem] = wrong("lmarena", [newer])
    assert "conversation_a[0].content[1].type: is not text" in problem


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"winner": "model_c"}, "winner: "),
        ({"winner": None}, "winner: must be text"),
        ({"judge": "arena_user_10.16.17.217"}, "judge: holds the address of a computer"),
        ({"judge": None}, "judge: must be text or a whole number"),
        ({"language": "unknown"}, "language: is missing"),
        ({"conversation_a": []}, "conversation_a: must end with an answer"),
        ({"conversation_a": chat("Hi")}, "conversation_a: must end with an answer"),
        ({"tstamp": "now"}, "tstamp: must be a time in seconds"),
        ({"tstamp": 1e30}, "tstamp: must be a time in seconds"),
    ],
)
def test_a_battle_that_is_wrong_is_named(fields: Any, said: str) -> None:
    [problem] = wrong("lmarena", [battle(), battle(**fields, question_id="other")])
    assert problem.startswith(f"file.json:2: {said}")


def test_a_project_with_one_criterion_takes_the_answer_for_it_and_one_with_two_does_not() -> None:
    def made(*keys: str) -> Any:
        criteria = [{"key": key, "title": two(key)} for key in keys]
        config = task_types.get("ranking").parse_config({"criteria": criteria})
        return BY_NAME["lmarena"].make(Place(battle()), Given("ranking", config))

    assert set(made("helpful").judgments[0]["answer"]["criteria"]) == {"helpful"}
    with pytest.raises(ValueError, match="this project asks several: helpful, safe"):
        made("helpful", "safe")


def test_the_real_pairs_of_hh_do_not_say_in_their_ids_which_was_chosen() -> None:
    content = (DATA / "hh-rlhf" / "pairs.jsonl").read_bytes()
    items, judgments, left = good("hh-rlhf", content, language="en")
    assert (len(items), len(judgments), left) == (3, 3, {})
    for raw, item, judgment in zip(content.splitlines(), items, judgments, strict=True):
        [best], [_other] = judgment["answer"]["tiers"]
        text = next(r["text"] for r in item["responses"] if r["id"] == best)
        assert orjson.loads(raw)["chosen"].endswith(f"Assistant: {text}")
        assert item["prompt"][-1]["role"] == "user"
    assert {judgment["reviewer"] for judgment in judgments} == {"hh-rlhf"}
    again = good("hh-rlhf", content, language="en")[0]
    assert [item["id"] for item in again] == [item["id"] for item in items]


def pair(chosen: Any, rejected: Any) -> dict[str, Any]:
    return {"chosen": chosen, "rejected": rejected}


YES, NO = "\n\nHuman: So?\n\nAssistant: Yes.", "\n\nHuman: So?\n\nAssistant: No."


def test_the_other_choice_of_the_same_pair_is_about_the_same_item() -> None:
    items, judgments, _ = good(
        "hh-rlhf", [pair(YES, NO), pair(NO, YES)], language="en", reviewer="r"
    )
    assert items[0] == items[1]
    assert tiers(judgments)[0] == tiers(judgments)[1][::-1]


def test_white_space_of_an_answer_stays_as_it_is() -> None:
    [item], _, _ = good("hh-rlhf", [pair(YES + " \n", NO)], language="en")
    assert {response["text"] for response in item["responses"]} == {"Yes. \n", "No."}


def test_pairs_that_are_equal_or_part_early_are_counted() -> None:
    parted = pair("\n\nHuman: A\n\nAssistant: x", "\n\nHuman: B\n\nAssistant: x")
    assert good("hh-rlhf", [pair(YES, YES), parted], language="en")[2] == {
        "pairs of equal transcripts": 1,
        "pairs whose transcripts part before their last answer": 1,
    }


@pytest.mark.parametrize("chosen", ["", "Hello", "\n\nHuman: Hi", "\n\nAssistant: Hi", 3, None])
def test_what_is_no_transcript_is_named(chosen: Any) -> None:
    [problem] = wrong("hh-rlhf", [pair(chosen, NO)], language="en")
    assert problem.startswith("file.json:1: chosen: ")


def test_helpsteer2_rates_a_response_on_the_attributes_of_the_project() -> None:
    prompt = "Hi<extra_id_1>Assistant\nYes?\n<extra_id_1>User\nWhy?"
    ratings = {"quality": 4, "helpfulness": 3, "verbosity": 1}
    row = {"prompt": prompt, "response": "Because.", **ratings}
    [item], [judgment], left = good("helpsteer", [row], "rating", language="en")
    assert [t["content"] for t in item["prompt"]] == ["Hi", "Yes?", "Why?"]
    assert judgment["answer"]["ratings"] == {"response": {"quality": 4}}
    assert left == {"ratings on attributes that are not asked here": 2}
    [problem] = wrong("helpsteer", [{**row, "quality": 4.5}], "rating", language="en")
    assert problem == "file.json:1: quality: must be a whole number"


@pytest.mark.parametrize(
    ("strength", "expected", "amount"),
    [(-3, [["response_1"], ["response_2"]], 3), (1, [["response_2"], ["response_1"]], 1),
     (0, [["response_1", "response_2"]], None)],
)  # fmt: skip
def test_helpsteer_preferences_have_a_strength(strength: int, expected: Any, amount: Any) -> None:
    row = {"prompt": "P", "response_1": "A", "response_2": "B", "preference_strength": strength}
    [judgment] = good("helpsteer", [row], language="en")[1]
    assert (judgment["answer"]["tiers"], judgment["answer"]["strength"]) == (expected, amount)
    [problem] = wrong("helpsteer", [{**row, "preference_strength": 4}], language="en")
    assert problem == "file.json:1: preference_strength: must be a whole number from -3 to 3"


def test_helpsteer3_has_a_judgment_of_each_person_with_the_reason() -> None:
    each = [{"score": -2, "reasoning": "Clearer."}, {"score": 0, "reasoning": ""}]
    row = {"domain": "multilingual", "language": "spanish", "context": chat("¿Qué?"),
           "response1": "A", "response2": "B", "overall_preference": -1,
           "individual_preference": each}  # fmt: skip
    [item], judgments, _ = good("helpsteer", [row])
    assert (item["language"], item["tags"]) == ("es", ["multilingual"])
    assert [j["reviewer"] for j in judgments] == ["helpsteer-1", "helpsteer-2"]
    assert judgments[0]["answer"]["reason"] == "Clearer."
    [problem] = wrong("helpsteer", [{**row, "language": "python"}])
    assert problem.startswith("file.json:1: language: is missing")


def test_the_real_tree_is_one_ranking_of_four_replies() -> None:
    content = (DATA / "oasst" / "tree.jsonl").read_bytes()
    [item], [judgment], left = good("oasst", content)
    assert item["prompt"][0]["content"].startswith("I have a question about the movie Tombstone")
    assert [tier[0][:4] for tier in judgment["answer"]["tiers"]] == ["ec69", "9f16", "17ad", "dba4"]
    assert not left


def message(name: str, role: str, *replies: Any, **fields: Any) -> dict[str, Any]:
    return {"message_id": name, "role": role, "text": name, "lang": "es", "replies": list(replies),
            **fields}  # fmt: skip


def test_every_message_with_ranked_replies_is_an_item_and_the_rest_is_counted() -> None:
    later = message("q2", "prompter", message("c", "assistant", rank=0),
                    message("d", "assistant", rank=0), message("e", "assistant"))  # fmt: skip
    gone = message("x", "assistant", deleted=True)
    best, second = message("b", "assistant", rank=0), message("a", "assistant", later, rank=1)
    tree = message("q1", "prompter", second, best, gone)
    items, judgments, left = good("oasst", [{"prompt": tree}])
    assert [item["id"] for item in items] == ["oasst-q1", "oasst-q2"]
    assert tiers(judgments) == [[["b"], ["a"]], [["c", "d"]]]
    assert [t["content"] for t in items[1]["prompt"]] == ["q1", "a", "q2"]
    assert left == {"deleted messages": 1, "replies without a rank": 1}
    [problem] = wrong("oasst", [{"prompt": message("q", "teacher")}])
    assert problem.startswith("file.json:1: prompt.role: ")
    assert good("oasst", [{"prompt": message("q", "prompter")}])[0] == []
