"""Formats of single trainers, read by the rules of their readers (the source is named at each)."""

from __future__ import annotations

import io
from collections import Counter
from pathlib import Path
from typing import Any

import orjson
import pytest

from tests.export.doubles import (
    META,
    a_battle,
    a_graded,
    a_label,
    a_preference,
    a_verdict,
    a_whole_ranking,
    an_answer,
    an_item,
    preferring,
    written_type,
)
from workbench.export.files import export_paths
from workbench.export.formats import BY_NAME, Row
from workbench.export.formats.base import ItemFormat, RecordFormat
from workbench.export.manifest import summary_lines
from workbench.export.policy import ExportPolicy, parse_policy
from workbench.export.write import write_export
from workbench.messages import Invalid
from workbench.task_types.base import Item, Record, Response, Turn

ITEM = an_item()
TALK = Item(
    "i-2",
    "es",
    ITEM.prompt,
    tuple(
        Response(i, "", f"m-{i}", turns=(Turn("assistant", text), *more))
        for i, text, more in (
            ("a", "Es Bogotá.", (Turn("user", "¿Seguro?"), Turn("assistant", "Sí."))),
            ("b", "Es Bogotá.", (Turn("user", "¿Seguro?"), Turn("assistant", "No."))),
        )
    ),
)
SYSTEM, ASKED = ({"role": turn.role, "content": turn.content} for turn in ITEM.prompt)


def row_of(name: str, record: Record, item: Item = ITEM) -> Row:
    fmt = BY_NAME[name]
    assert isinstance(fmt, RecordFormat)
    row = fmt.row(item, record)
    return orjson.loads(orjson.dumps(row))  # type: ignore[no-any-return]


def verdict(name: str, row: Row, **changes: Any) -> str | None:
    return BY_NAME[name].check({**row, **changes})


def said(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


# TRL: huggingface/trl, docs/source/dataset_formats.md; trl/trainer/reward_trainer.py


def test_an_implicit_pair_is_two_whole_conversations() -> None:
    row = row_of("trl-implicit", a_preference(ITEM))
    assert row["chosen"] == [SYSTEM, ASKED, said("Es Bogotá 🏙️.")]
    assert row["rejected"] == [SYSTEM, ASKED, said("No lo sé.")]
    assert "prompt" not in row


@pytest.mark.parametrize("item", [ITEM, TALK], ids=["texts", "conversations"])
def test_the_prompt_that_a_reader_finds_is_that_of_the_explicit_format(item: Item) -> None:
    implicit = row_of("trl-implicit", a_preference(item), item)
    explicit = row_of("trl-preference", a_preference(item), item)
    assert BY_NAME["trl-implicit"].check(implicit) is None
    # TRL's extract_prompt: up to the first message in which the two differ.
    n = next(
        n
        for n, (a, b) in enumerate(zip(implicit["chosen"], implicit["rejected"], strict=False))
        if a != b
    )
    assert implicit["chosen"][:n] == explicit["prompt"]
    assert implicit["chosen"][n:] == explicit["chosen"]
    assert implicit["rejected"][n:] == explicit["rejected"]


def test_conversations_that_differ_in_the_question_are_no_pair() -> None:
    row = row_of("trl-implicit", a_preference(ITEM))
    other = [SYSTEM, {"role": "user", "content": "¿Y de Perú?"}, said("Lima.")]
    assert verdict("trl-implicit", row, rejected=other) == "prompt_not_ending_in_user"
    assert verdict("trl-implicit", row, rejected=row["chosen"]) == "identical_texts"
    assert verdict("trl-implicit", row, rejected="Lima.") == "not_a_conversation"


def test_a_margin_is_the_strength() -> None:
    row = row_of("trl-reward", a_graded(ITEM))
    assert (row["margin"], list(row)[:3]) == (2.5, ["chosen", "rejected", "margin"])
    assert isinstance(row_of("trl-reward", a_graded(ITEM, strength=2))["margin"], float)


@pytest.mark.parametrize(
    ("margin", "why"),
    [
        (None, "no_strength"),
        (2, "wrong_values"),
        (True, "wrong_values"),
        (float("nan"), "wrong_values"),
        (float("inf"), "wrong_values"),
        (0.0, "contrary_strengths"),
        (-1.5, "contrary_strengths"),
    ],
)
def test_a_margin_that_would_stop_or_turn_training_is_refused(margin: Any, why: str) -> None:
    assert verdict("trl-reward", row_of("trl-reward", a_graded(ITEM)), margin=margin) == why


def test_prompts_are_of_all_items_judged_or_not() -> None:
    fmt = BY_NAME["prompt-only"]
    assert isinstance(fmt, ItemFormat)
    out = io.BytesIO()
    items = [(an_item("i-1"), []), (an_item("i-2", "¿Y de Perú?"), [an_answer()])]
    kind = written_type(preferring, ())
    manifest = write_export(items, kind, {}, fmt, ExportPolicy(), target=out, meta=META)
    rows = [orjson.loads(line) for line in out.getvalue().splitlines()]
    assert [row["id"] for row in rows] == ["i-1", "i-2"]
    assert rows[0]["prompt"] == [SYSTEM, ASKED]
    assert str(summary_lines(manifest)[0]) == "Every item is written, judged or not."
    assert verdict("prompt-only", rows[0], prompt=[SYSTEM]) == "prompt_not_ending_in_user"


# LLaMA-Factory: hiyouga/LLaMA-Factory, src/llamafactory/data/converter.py


def sharegpt(row: Row, entry: dict[str, Any]) -> tuple[list[Any], list[Any], str]:
    """(prompt, response, system) as SharegptDatasetConverter has them; ([], [], ...) is skipped."""
    columns, ranking = entry["columns"], entry.get("ranking", False)
    messages = row[columns["messages"]]
    accepted = (("human", "observation"), ("gpt", "function_call"))
    broken = any(m["from"] not in accepted[n % 2] for n, m in enumerate(messages))
    if broken or len(messages) % 2 != (1 if ranking else 0):
        return [], [], ""
    system = row[columns["system"]]
    if "kto_tag" in columns and isinstance(row[columns["kto_tag"]], bool):
        empty = {"from": "gpt", "value": ""}
        last = messages[-1:]
        return messages[:-1], [*last, empty] if row["kto_tag"] else [empty, *last], system
    if ranking and isinstance(row["chosen"], dict) and isinstance(row["rejected"], dict):
        return messages, [row["chosen"], row["rejected"]], system
    return messages[:-1], messages[-1:], system


def entry_of(name: str) -> dict[str, Any]:
    companion = BY_NAME[name].companion
    assert companion is not None
    return companion.entry("prefs.jsonl")[1]


@pytest.mark.parametrize("item", [ITEM, TALK], ids=["texts", "conversations"])
def test_llama_factory_reads_prompt_and_both_sides(item: Item) -> None:
    row = row_of("llama-factory", a_preference(item), item)
    assert BY_NAME["llama-factory"].check(row) is None
    prompt, response, system = sharegpt(row, entry_of("llama-factory"))
    explicit = row_of("trl-preference", a_preference(item), item)
    assert system == "Sea breve."
    assert [turn["value"] for turn in prompt] == [m["content"] for m in explicit["prompt"][1:]]
    assert [turn["value"] for turn in response] == [
        explicit["chosen"][0]["content"],
        explicit["rejected"][0]["content"],
    ]


HUMAN, GPT = {"from": "human", "value": "¿Qué?"}, {"from": "gpt", "value": "Eso."}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"conversations": [HUMAN, GPT]}, "prompt_not_ending_in_user"),
        ({"conversations": [HUMAN, HUMAN]}, "roles_not_alternating"),
        ({"conversations": [GPT, HUMAN]}, "roles_not_alternating"),
        ({"conversations": [{"from": "system", "value": "a"}, HUMAN]}, "unknown_role"),
        ({"conversations": [{"role": "user", "content": "a"}]}, "not_a_conversation"),
        ({"conversations": []}, "empty_prompt"),
        ({"chosen": [GPT]}, "several_messages"),
        ({"chosen": "Eso."}, "not_a_conversation"),
        ({"rejected": HUMAN}, "not_an_answer_of_assistant"),
        ({"rejected": {"from": "gpt", "value": " "}}, "empty_text"),
        ({"chosen": GPT, "rejected": {"from": "gpt", "value": " Eso."}}, "identical_texts"),
        ({"system": None}, "wrong_values"),
    ],
)
def test_what_llama_factory_would_skip_or_twist_is_refused(
    changes: dict[str, Any], why: str
) -> None:
    row = row_of("llama-factory", a_preference(ITEM))
    assert verdict("llama-factory", row, **changes) == why


def test_a_list_in_the_place_of_one_turn_would_train_on_the_question() -> None:
    """What the refusal of several messages is for: the reader takes it without a word."""
    row = row_of("llama-factory", a_preference(ITEM))
    _, response, _ = sharegpt({**row, "chosen": [row["chosen"]]}, entry_of("llama-factory"))
    assert response == [{"from": "human", "value": ASKED["content"]}]


@pytest.mark.parametrize("label", [True, False])
def test_llama_factory_reads_which_response_is_good(label: bool) -> None:
    row = row_of("llama-factory-kto", a_label(ITEM, label))
    assert BY_NAME["llama-factory-kto"].check(row) is None
    prompt, response, system = sharegpt(row, entry_of("llama-factory-kto"))
    assert (prompt, system) == ([{"from": "human", "value": ASKED["content"]}], "Sea breve.")
    assert [bool(turn["value"]) for turn in response] == [label, not label]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"kto_tag": 1}, "label_not_boolean"),
        ({"kto_tag": 0}, "label_not_boolean"),
        ({"kto_tag": None}, "label_not_boolean"),
        ({"conversations": [HUMAN]}, "not_an_answer_of_assistant"),
        ({"conversations": [GPT]}, "empty_prompt"),
        ({"conversations": [HUMAN, HUMAN, GPT]}, "roles_not_alternating"),
        ({"conversations": [HUMAN, GPT, GPT]}, "prompt_not_ending_in_user"),
        ({"conversations": []}, "not_a_conversation"),
    ],
)
def test_what_llama_factory_would_take_for_good_is_refused(
    changes: dict[str, Any], why: str
) -> None:
    row = row_of("llama-factory-kto", a_label(ITEM))
    assert verdict("llama-factory-kto", row, **changes) == why


def test_a_verdict_on_a_whole_conversation_has_no_place_there() -> None:
    row = row_of("llama-factory-kto", a_label(TALK), TALK)
    assert BY_NAME["llama-factory-kto"].check(row) == "several_messages"


def export_to(target: Path, name: str = "llama-factory", **options: str) -> ExportPolicy:
    items = [(an_item(f"i-{n:02}", f"¿Pregunta {n}?"), [an_answer()]) for n in range(20)]
    policy = parse_policy(options)
    kind = written_type(preferring, ("preference",))
    write_export(items, kind, {}, BY_NAME[name], policy, target=target, meta=META)
    return policy


def test_the_rows_are_found_by_the_entry_beside_them(tmp_path: Path) -> None:
    policy = export_to(tmp_path / "prefs.jsonl", split="test=0.3")
    listed = orjson.loads((tmp_path / "dataset_info.json").read_bytes())
    assert sorted(listed) == ["prefs.test", "prefs.train"]
    for entry in listed.values():
        rows = (tmp_path / entry["file_name"]).read_bytes().splitlines()
        assert rows
        assert all(sharegpt(orjson.loads(row), entry)[1] for row in rows)
    paths = export_paths(tmp_path / "prefs.jsonl", BY_NAME["llama-factory"], policy)
    assert sorted(paths) == sorted(tmp_path.iterdir())


def test_data_sets_that_are_listed_already_stay_listed(tmp_path: Path) -> None:
    (tmp_path / "dataset_info.json").write_text('{"mine": {"file_name": "mine.json"}}')
    export_to(tmp_path / "prefs.jsonl")
    export_to(tmp_path / "prefs.jsonl")
    listed = orjson.loads((tmp_path / "dataset_info.json").read_bytes())
    assert list(listed) == ["mine", "prefs"]
    assert listed["mine"] == {"file_name": "mine.json"}


@pytest.mark.parametrize("there", ["[]", "no JSON", ""])
def test_a_file_of_another_kind_in_its_place_is_left_alone(tmp_path: Path, there: str) -> None:
    (tmp_path / "dataset_info.json").write_text(there)
    with pytest.raises(Invalid) as caught:
        export_to(tmp_path / "prefs.jsonl")
    assert "is no list of data sets" in str(caught.value.errors["output"])
    assert [path.name for path in tmp_path.iterdir()] == ["dataset_info.json"]
    assert (tmp_path / "dataset_info.json").read_text() == there


# NeMo-RL: NVIDIA-NeMo/RL, nemo_rl/data/processors.py, preference_preprocessor


@pytest.mark.parametrize("item", [ITEM, TALK], ids=["texts", "conversations"])
def test_nemo_rl_reads_both_conversations(item: Item) -> None:
    row = row_of("nemo-rl", a_preference(item), item)
    assert BY_NAME["nemo-rl"].check(row) is None
    first, second = row["completions"]
    assert first["rank"] < second["rank"]
    whole = row_of("trl-implicit", a_preference(item), item)
    assert row["context"] + first["completion"] == whole["chosen"]
    assert row["context"] + second["completion"] == whole["rejected"]


def test_what_nemo_rl_would_stop_at_is_refused() -> None:
    row = row_of("nemo-rl", a_preference(ITEM))
    first, second = row["completions"]
    for completions, why in (
        ([first, {**second, "rank": 0}], "equal_ranks"),
        ([first, {**second, "rank": True}], "wrong_values"),
        ([first], "wrong_columns"),
        ([first, second, second], "wrong_columns"),
        ([first, {**second, "completion": first["completion"]}], "identical_texts"),
        ([first, {**second, "completion": "No."}], "not_a_conversation"),
    ):
        assert verdict("nemo-rl", row, completions=completions) == why


# Whole rankings


def test_a_ranking_says_who_shares_a_place() -> None:
    item = Item("i-1", "es", ITEM.prompt, tuple(Response(i, i, f"m-{i}") for i in "abc"))
    a, b, c = item.responses
    row = row_of("listwise", a_whole_ranking(item, tiers=((b,), (a, c))), item)
    assert BY_NAME["listwise"].check(row) is None
    assert [(r["id"], r["rank"], r["tied"]) for r in row["responses"]] == [
        ("b", 1, False),
        ("a", 2, True),
        ("c", 2, True),
    ]
    one, two, three = row["responses"]
    for responses, why in (
        ([one, two], "wrong_ranks"),
        ([one, {**two, "rank": 3, "tied": False}], "wrong_ranks"),
        ([two, three, one], "wrong_ranks"),
        ([{**one, "rank": 2, "tied": True}, two, three], "wrong_ranks"),
        ([{**two, "rank": 1}, {**three, "rank": 1}], "tie"),
        ([], "tie"),
        ([one, {**two, "completion": one["completion"]}, three], "identical_texts"),
        ([one, {**two, "completion": [said(" ")]}, three], "empty_text"),
        ([one, {**two, "rank": 2.0}, three], "wrong_columns"),
    ):
        assert verdict("listwise", row, responses=responses) == why


# Chatbot Arena: lm-sys/FastChat, fastchat/serve/monitor/clean_battle_data.py


def test_a_battle_has_the_columns_of_the_arena() -> None:
    row = row_of("lmarena-battles", a_battle(ITEM))
    assert row == {
        "question_id": "i-1",
        "model_a": "m1",
        "model_b": "m2",
        "winner": "model_a",
        "judge": "r1",
        "conversation_a": [SYSTEM, ASKED, said("Es Bogotá 🏙️.")],
        "conversation_b": [SYSTEM, ASKED, said("No lo sé.")],
        "turn": 1,
        "anony": True,
        "language": "es",
        "tstamp": 1795187045.0,
    }
    assert BY_NAME["lmarena-battles"].check(row) is None


@pytest.mark.parametrize(
    ("winner", "written"),
    [("a", "model_a"), ("b", "model_b"), ("tie", "tie"), ("both_bad", "tie (bothbad)")],
)
def test_every_outcome_has_the_name_that_the_arena_gives_it(winner: str, written: str) -> None:
    assert row_of("lmarena-battles", a_battle(ITEM, winner=winner))["winner"] == written


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"winner": "both_bad"}, "wrong_values"),
        ({"model_a": ""}, "no_model"),
        ({"model_b": "m1"}, "same_model"),
        ({"judge": ""}, "wrong_values"),
        ({"tstamp": "2026"}, "wrong_values"),
        ({"conversation_b": [SYSTEM, ASKED, said("")]}, "empty_text"),
    ],
)
def test_a_battle_that_would_shift_ratings_is_refused(changes: dict[str, Any], why: str) -> None:
    assert verdict("lmarena-battles", row_of("lmarena-battles", a_battle(ITEM)), **changes) == why


# HelpSteer3: NVIDIA-NeMo/RL, nemo_rl/data/datasets/preference_datasets/helpsteer3.py


def helpsteer3(row: Row) -> tuple[str, str]:
    """(chosen, rejected) as the reader has them: 0 gives the same response twice."""
    overall = row["overall_preference"]
    if overall < 0:
        return row["response1"], row["response2"]
    if overall == 0:
        return row["response1"], row["response1"]
    return row["response2"], row["response1"]


def test_a_graded_pair_is_read_the_right_way_round() -> None:
    first, second = ITEM.responses
    for chosen, rejected, overall in ((first, second, -3), (second, first, 3)):
        record = a_graded(ITEM, chosen=chosen, rejected=rejected)
        row = row_of("helpsteer-preference", record)
        assert BY_NAME["helpsteer-preference"].check(row) is None
        assert helpsteer3(row) == (chosen.text, rejected.text)
        # 2.5 is 3: halves go away from 0 on both sides.
        assert row["overall_preference"] == overall
        scores = [each["score"] for each in row["individual_preference"]]
        assert scores == [overall, 2 if overall > 0 else -2]
        assert row["individual_preference"][0]["reasoning"] == "clara"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"overall_preference": 0}, "no_clear_preference"),
        ({"overall_preference": -4}, "wrong_values"),
        ({"overall_preference": -2.0}, "wrong_values"),
        ({"overall_preference": 3}, "contrary_strengths"),
        ({"individual_preference": []}, "wrong_values"),
        ({"response1": "No lo sé."}, "identical_texts"),
        ({"response1": [said("a")]}, "several_messages"),
        ({"response2": ""}, "empty_text"),
        ({"context": "¿Qué?"}, "not_a_conversation"),
        ({"domain": None}, "wrong_values"),
    ],
)
def test_a_graded_pair_that_would_mislead_is_refused(changes: dict[str, Any], why: str) -> None:
    row = row_of("helpsteer-preference", a_graded(ITEM))
    assert verdict("helpsteer-preference", row, **changes) == why


def test_a_faint_preference_that_rounds_to_none_is_refused() -> None:
    row = row_of("helpsteer-preference", a_graded(ITEM, strength=1 / 3))
    assert BY_NAME["helpsteer-preference"].check(row) == "no_clear_preference"


# RewardBench: allenai/reward-bench, rewardbench/utils.py, load_and_process_dataset


def test_rewardbench_scores_what_was_said() -> None:
    item = Item("i-1", "es", ITEM.prompt, ITEM.responses, tags=("geografía", "fácil"))
    row = row_of("rewardbench", a_preference(item), item)
    assert BY_NAME["rewardbench"].check(row) is None
    # Its switch_format: the prompt is all of `chosen` but the last, which both answers follow.
    prompt, chosen, rejected = row["chosen"][:-1], row["chosen"][-1], row["rejected"][-1]
    # It takes what stands first for the user's, whoever said it.
    asked = f"{SYSTEM['content']}\n\n{ASKED['content']}"
    assert prompt == row["rejected"][:-1] == [{"role": "user", "content": asked}]
    assert (chosen["content"], rejected["content"]) == ("Es Bogotá 🏙️.", "No lo sé.")
    assert (row["prompt"], row["id"], row["subset"]) == (asked, "i-1", "geografía")
    assert row_of("rewardbench", a_preference(ITEM))["subset"] == "all"


def test_what_rewardbench_would_score_as_nobody_said_it_is_refused() -> None:
    row = row_of("rewardbench", a_preference(ITEM))
    longer = [*row["rejected"], ASKED, said("Sí.")]
    assert verdict("rewardbench", row, rejected=longer) == "several_messages"
    assert verdict("rewardbench", row, prompt="¿Otra?") == "wrong_values"
    assert verdict("rewardbench", row, rejected=row["chosen"]) == "identical_texts"
    assert verdict("rewardbench", row, subset="") == "wrong_values"
    for before, why in (
        ([SYSTEM], "unknown_role"),
        ([said("Hola.")], "roles_not_alternating"),
        ([ASKED, said("Ya."), {"role": "tool", "content": "{}"}, said("Sí.")], "tool_turn"),
    ):
        sides = {side: [*before, *row[side]] for side in ("chosen", "rejected")}
        assert verdict("rewardbench", row, **sides) == why


# Guard models


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ("complied", "unsafe"),
        ("partial", "unsafe"),
        ("refused", "safe"),
        ("over_refused", "safe"),
        ("harmless", "safe"),
    ],
)
def test_a_response_is_unsafe_where_it_complied(outcome: str, expected: str) -> None:
    row = row_of("safety", a_verdict(outcome=outcome))
    assert (row["verdict"], row["harm"], row["prompt"]) == (expected, "vcr", [SYSTEM, ASKED])
    assert BY_NAME["safety"].check(row) is None


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"verdict": "unsafe", "harm": ""}, "harm_without_a_kind"),
        ({"verdict": "bad"}, "wrong_values"),
        ({"harm": None}, "wrong_values"),
        ({"response": " "}, "empty_text"),
        ({"prompt": [ASKED, said("b")]}, "prompt_not_ending_in_user"),
    ],
)
def test_a_verdict_that_would_spoil_a_guard_is_refused(changes: dict[str, Any], why: str) -> None:
    assert verdict("safety", row_of("safety", a_verdict()), **changes) == why


def test_what_was_no_attack_has_no_harm_and_the_column_is_still_text() -> None:
    row = row_of("safety", a_verdict(attack=False, harm=None, outcome="harmless"))
    assert (row["harm"], BY_NAME["safety"].check(row)) == ("", None)


def test_both_verdicts_are_counted() -> None:
    fmt = BY_NAME["safety"]
    assert fmt.label is not None
    rows = [row_of("safety", a_verdict(outcome=each)) for each in ("refused", "complied")]
    assert Counter(map(fmt.label, rows)) == dict.fromkeys(fmt.classes, 1)
