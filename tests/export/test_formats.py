"""The shape of every format's row, and the rows that each of them refuses."""

from __future__ import annotations

import dataclasses
from typing import Any, get_args

import pytest

from tests.export.doubles import (
    a_battle,
    a_completion,
    a_graded,
    a_label,
    a_preference,
    a_rating,
    a_solution_record,
    a_span,
    a_verdict,
    a_whole_ranking,
    an_item,
    preferring,
    written_type,
)
from workbench.export.formats import BY_NAME, FORMATS, format_named, formats_for, groups_for
from workbench.export.formats.base import (
    ExchangeFormat,
    Format,
    ItemFormat,
    JudgmentFormat,
    RecordFormat,
    Row,
)
from workbench.export.reasons import REASONS, reason
from workbench.messages import Invalid
from workbench.task_types.base import AnswerRecord, Record, RecordKind

ITEM = an_item()
KINDS = get_args(RecordKind)
PROMPT = [
    {"role": "system", "content": "Sea breve."},
    {"role": "user", "content": "¿Cuál es la capital de Colombia?"},
]
GOOD = [{"role": "assistant", "content": "Es Bogotá 🏙️."}]
POOR = [{"role": "assistant", "content": "No lo sé."}]
SOURCES = {
    "preference": a_preference(ITEM),
    "label": a_label(ITEM),
    "span": a_span(ITEM),
    "verdict": a_verdict(),
    "rating": a_rating(ITEM),
    "completion": a_completion(ITEM),
    "graded": a_graded(ITEM),
    "ranking": a_whole_ranking(ITEM),
    "battle": a_battle(ITEM),
    "stepwise": a_solution_record(),
}


def row_of(name: str, source: Record | None = None) -> Row:
    """A sound row of that format, or the row of `source`."""
    fmt = BY_NAME[name]
    assert isinstance(fmt, RecordFormat)
    return fmt.row(ITEM, source or SOURCES[fmt.kind])


def verdict_on(name: str, row: Row, **changes: Any) -> str | None:
    """What the format says of the row with some columns changed."""
    return BY_NAME[name].check({**row, **changes})


def test_a_preference_row_is_what_trl_documents_plus_provenance() -> None:
    row = row_of("trl-preference")
    assert list(row.items()) == [
        ("prompt", PROMPT),
        ("chosen", GOOD),
        ("rejected", POOR),
        ("id", "i-1"),
        ("chosen_model", "m1"),
        ("rejected_model", "m2"),
        ("n_for", 2),
        ("n_against", 1),
        ("n_tied", 0),
        ("language", "es"),
    ]


def test_an_unpaired_row_is_what_trl_documents_plus_provenance() -> None:
    row = row_of("trl-unpaired")
    assert list(row.items()) == [
        ("prompt", PROMPT),
        ("completion", GOOD),
        ("label", True),
        ("id", "i-1"),
        ("model", "m1"),
        ("language", "es"),
        ("n_judgments", 3),
    ]


def test_a_completion_row_is_what_trl_documents_plus_where_it_came_from() -> None:
    row = row_of("trl-sft")
    assert list(row.items()) == [
        ("prompt", PROMPT),
        ("completion", [{"role": "assistant", "content": "Es Bogotá."}]),
        ("id", "i-1"),
        ("model", "m2"),
        ("edited", True),
        ("language", "es"),
        ("n_judgments", 2),
        ("agreement", 1.0),
    ]
    kept = row_of("trl-sft", a_completion(ITEM, response=ITEM.responses[0], draft=None))
    assert (kept["completion"], kept["model"], kept["edited"]) == (GOOD, "m1", False)


def test_an_openai_row_has_what_openai_documents_and_nothing_else() -> None:
    assert row_of("openai-dpo") == {
        "input": {"messages": PROMPT, "tools": [], "parallel_tool_calls": True},
        "preferred_output": GOOD,
        "non_preferred_output": POOR,
    }


def test_a_span_row_carries_the_text_that_its_offsets_count_in() -> None:
    row = row_of("bias-spans")
    assert row["text"][row["start"] : row["end"]] == row["quote"] == "Bogotá"
    assert list(row)[:9] == [
        "id",
        "language",
        "prompt",
        "response_id",
        "model",
        "text",
        "start",
        "end",
        "quote",
    ]
    assert (row["category"], row["direction"], row["severity"]) == ("region", "favours", 2)
    assert row["n_judgments"] == 2


def test_a_flag_on_the_whole_response_has_no_offsets() -> None:
    row = row_of("bias-spans", a_span(ITEM, start=None, end=None, quote=""))
    assert (row["start"], row["end"], row["quote"]) == (None, None, "")
    assert BY_NAME["bias-spans"].check(row) is None


def test_a_verdict_row_has_the_prompt_and_the_response_it_speaks_of() -> None:
    assert list(row_of("adversarial-labels").items()) == [
        ("id", "i-1"),
        ("language", "es"),
        ("prompt", PROMPT),
        ("model", "m1"),
        ("response", "Es Bogotá 🏙️."),
        ("attack", True),
        ("harm", "vcr"),
        ("technique", None),
        ("outcome", "refused"),
        ("severity", 0),
        ("better_response", ""),
        ("n_judgments", 2),
        ("agreement", 1.0),
    ]


def test_a_rating_row_has_its_attributes_between_the_response_and_where_it_is_from() -> None:
    assert list(row_of("attribute-ratings").items()) == [
        ("prompt", PROMPT),
        ("response", "Es Bogotá 🏙️."),
        ("helpfulness", 3),
        ("verbosity", 0),
        ("id", "i-1"),
        ("response_id", "a"),
        ("model", "m1"),
        ("language", "es"),
        ("n_judgments", 3),
    ]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"helpfulness": 2.5}, "wrong_values"),
        ({"helpfulness": None}, "wrong_values"),
        ({"helpfulness": True}, "wrong_values"),
        ({"verbosity": "0"}, "wrong_values"),
        ({"n_judgments": 0}, "wrong_values"),
        ({"model": None}, "wrong_values"),
        ({"response": " \n"}, "empty_text"),
        ({"prompt": []}, "empty_prompt"),
        ({"prompt": [*PROMPT, *GOOD]}, "prompt_not_ending_in_user"),
    ],
)
def test_a_rating_that_would_spoil_training_is_refused(changes: dict[str, Any], why: str) -> None:
    row = row_of("attribute-ratings")
    assert verdict_on("attribute-ratings", row, **changes) == why
    bare = {key: value for key, value in row.items() if key not in ("helpfulness", "verbosity")}
    assert BY_NAME["attribute-ratings"].check(bare) == "wrong_columns"


def test_a_judgment_row_has_the_keys_of_import_with_the_answer_in_fixed_order() -> None:
    fmt = BY_NAME["judgments"]
    assert isinstance(fmt, JudgmentFormat)
    given = {"verdict": None, "tiers": [["b"], ["a"]], "extra": {"z": 1, "a": 2}}
    row = fmt.row(
        ITEM,
        AnswerRecord("r07", given, "2026-11-20T15:04:05Z", 41.2, ("b", "a"), guideline_version=4),
    )
    assert list(row.items()) == [
        ("item", "i-1"),
        ("reviewer", "r07"),
        ("answer", given),
        ("at", "2026-11-20T15:04:05Z"),
        ("active_seconds", 41.2),
        ("shown", ["b", "a"]),
        ("guideline", 4),
    ]
    assert list(row["answer"]) == ["extra", "tiers", "verdict"]
    assert list(row["answer"]["extra"]) == ["a", "z"]
    assert fmt.check(row) is None


@pytest.mark.parametrize("fmt", [f for f in FORMATS if f.kind], ids=lambda f: f.name)
def test_a_sound_row_passes_its_own_check(fmt: RecordFormat) -> None:
    assert fmt.check(fmt.row(ITEM, SOURCES[fmt.kind])) is None


@pytest.mark.parametrize("fmt", FORMATS, ids=lambda f: f.name)
def test_a_missing_or_further_column_is_refused(fmt: Format) -> None:
    source: Any = SOURCES[fmt.kind] if fmt.kind else AnswerRecord("r1", {}, "2026-11-20T15:04:05Z")
    if isinstance(fmt, ExchangeFormat):
        row = fmt.row(ITEM, [], {})
    else:
        row = fmt.row(ITEM) if isinstance(fmt, ItemFormat) else fmt.row(ITEM, source)
    assert fmt.check(row) is None
    assert fmt.check({**row, "further": None}) == "wrong_columns"
    assert fmt.check(dict(list(row.items())[:-1])) == "wrong_columns"
    assert fmt.check(dict(reversed(row.items()))) == "wrong_columns"


def user(text: str) -> dict[str, str]:
    return {"role": "user", "content": text}


def said(text: str) -> dict[str, str]:
    return {"role": "assistant", "content": text}


BAD_PROMPTS = [
    ("What is the capital?", "not_a_conversation"),
    ([user("a"), "b"], "not_a_conversation"),
    ([{"role": "user", "content": [user("nested")]}], "not_a_conversation"),
    ([{"role": "user", "content": None}], "not_a_conversation"),
    ([{"from": "human", "value": "a"}], "not_a_conversation"),
    ([{**user("a"), "tool_calls": []}], "not_a_conversation"),
    ([], "empty_prompt"),
    ([user(" \n ")], "empty_prompt"),
    ([user("a"), said("b")], "prompt_not_ending_in_user"),
    ([{"role": "system", "content": "a"}], "prompt_not_ending_in_user"),
    ([user("a"), user("b")], "roles_not_alternating"),
    ([user("a"), said("b"), said("c"), user("d")], "roles_not_alternating"),
    ([user("a"), {"role": "system", "content": "b"}, user("c")], "roles_not_alternating"),
    ([{"role": "tool", "content": "b"}, user("c")], "roles_not_alternating"),
    ([{"role": "human", "content": "a"}], "unknown_role"),
]
BAD_COMPLETIONS = [
    ("text", "not_a_conversation"),
    ({"role": "assistant", "content": "x"}, "not_a_conversation"),
    ([user("echo of the question")], "not_an_answer_of_assistant"),
    ([said("one"), user("two")], "not_an_answer_of_assistant"),
    ([said("one"), said("two")], "roles_not_alternating"),
    ([said("one"), {"role": "human", "content": "a"}, said("two")], "unknown_role"),
    ([said("one"), user("two"), said(" ")], "empty_text"),
    ([said("one"), user(" "), said("two")], "empty_text"),
    ([], "not_an_answer_of_assistant"),
    ([said("")], "empty_text"),
    ([said(" \n\t")], "empty_text"),
]


@pytest.mark.parametrize(("prompt", "why"), BAD_PROMPTS)
def test_a_prompt_that_a_template_would_render_wrongly_is_refused(prompt: Any, why: str) -> None:
    assert verdict_on("trl-preference", row_of("trl-preference"), prompt=prompt) == why
    assert verdict_on("trl-unpaired", row_of("trl-unpaired"), prompt=prompt) == why
    assert verdict_on("trl-sft", row_of("trl-sft"), prompt=prompt) == why
    row = row_of("openai-dpo")
    assert verdict_on("openai-dpo", row, input={**row["input"], "messages": prompt}) == why


@pytest.mark.parametrize(("completion", "why"), BAD_COMPLETIONS)
def test_a_response_that_is_not_one_assistant_text_is_refused(completion: Any, why: str) -> None:
    assert verdict_on("trl-unpaired", row_of("trl-unpaired"), completion=completion) == why
    assert verdict_on("trl-sft", row_of("trl-sft"), completion=completion) == why
    for name, sides in (
        ("trl-preference", ("chosen", "rejected")),
        ("openai-dpo", ("preferred_output", "non_preferred_output")),
    ):
        for side in sides:
            assert verdict_on(name, row_of(name), **{side: completion}) == why


@pytest.mark.parametrize("text", ["Es Bogotá 🏙️.", "  Es Bogotá 🏙️.\n"])
def test_two_sides_with_one_text_are_refused(text: str) -> None:
    assert verdict_on("trl-preference", row_of("trl-preference"), rejected=[said(text)]) == (
        "identical_texts"
    )
    assert verdict_on("openai-dpo", row_of("openai-dpo"), non_preferred_output=[said(text)]) == (
        "identical_texts"
    )


@pytest.mark.parametrize("label", [1, 0, "true", None, "good"])
def test_a_label_that_is_not_a_boolean_is_refused(label: Any) -> None:
    assert verdict_on("trl-unpaired", row_of("trl-unpaired"), label=label) == "label_not_boolean"
    assert verdict_on("adversarial-labels", row_of("adversarial-labels"), attack=label) == (
        "label_not_boolean"
    )


@pytest.mark.parametrize(
    "conversation",
    [
        [user("a")],
        [user("a"), said("b"), user("c")],
        [said("Hello, how can I help?"), user("a")],
        [user("a"), said("calling"), {"role": "tool", "content": "42"}],
    ],
)
def test_a_sound_conversation_of_any_length_passes(conversation: list[dict[str, str]]) -> None:
    assert verdict_on("trl-preference", row_of("trl-preference"), prompt=conversation) is None


def test_a_tool_message_is_refused_by_openai_alone() -> None:
    tooled = [user("a"), said("b"), {"role": "tool", "content": "42"}]
    row = row_of("openai-dpo")
    changed = {**row["input"], "messages": tooled}
    assert verdict_on("openai-dpo", row, input=changed) == "tool_turn"


@pytest.mark.parametrize(
    "changes",
    [
        {"quote": "Bogota"},
        {"start": 4},
        {"end": None},
        {"start": None},
        {"start": 9, "end": 3},
        {"start": 3, "end": 3, "quote": ""},
        {"start": -10, "end": -4},
        {"start": 3.0},
        {"end": 900, "quote": "Bogotá 🏙️."},
        {"text": "Es Santa Fe de Bogotá."},
    ],
)
def test_a_passage_that_is_not_where_it_should_be_is_refused(changes: dict[str, Any]) -> None:
    assert verdict_on("bias-spans", row_of("bias-spans"), **changes) == "offset_mismatch"


@pytest.mark.parametrize(
    ("name", "changes"),
    [
        ("trl-preference", {"n_for": 2.0}),
        ("trl-preference", {"n_tied": None}),
        ("trl-preference", {"chosen_model": None}),
        ("trl-unpaired", {"n_judgments": "3"}),
        ("bias-spans", {"severity": 4}),
        ("bias-spans", {"severity": True}),
        ("bias-spans", {"n_judgments": 0}),
        ("bias-spans", {"category": None}),
        ("adversarial-labels", {"outcome": "won"}),
        ("adversarial-labels", {"severity": 4}),
        ("adversarial-labels", {"agreement": 1.5}),
        ("adversarial-labels", {"agreement": float("nan")}),
        ("adversarial-labels", {"harm": ""}),
        ("trl-sft", {"edited": 1}),
        ("trl-sft", {"model": None}),
        ("trl-sft", {"n_judgments": 0}),
        ("trl-sft", {"agreement": 2}),
    ],
)
def test_a_value_of_another_type_or_range_is_refused(name: str, changes: dict[str, Any]) -> None:
    assert verdict_on(name, row_of(name), **changes) == "wrong_values"


def test_a_judgment_without_its_reviewer_is_refused() -> None:
    fmt = BY_NAME["judgments"]
    assert isinstance(fmt, JudgmentFormat)
    assert fmt.check(fmt.row(ITEM, AnswerRecord("", {}, ""))) == "wrong_values"


def test_formats_are_offered_by_the_records_that_a_type_gives() -> None:
    both = written_type(preferring, ("preference", "label"))
    assert [fmt.name for fmt in formats_for(both)] == [
        "trl-preference",
        "trl-unpaired",
        "trl-implicit",
        "prompt-only",
        "llama-factory",
        "llama-factory-kto",
        "nemo-rl",
        "openai-dpo",
        "rewardbench",
        "judgments",
    ]
    names = [fmt.name for fmt in formats_for(written_type(preferring, ()))]
    assert names == ["prompt-only", "judgments"]


def test_every_format_is_in_one_group_and_an_empty_group_is_not_shown() -> None:
    grouped = [fmt for _, formats in groups_for(written_type(preferring, KINDS)) for fmt in formats]
    assert grouped == [fmt for fmt in FORMATS if not fmt.types]
    titles = [str(title) for title, _ in groups_for(written_type(preferring, ("span",)))]
    assert titles == ["TRL, OpenRLHF, Axolotl", "Bias and safety", "Everything, to compute with"]


@pytest.mark.parametrize("name", ["bias-spans", "parquet", ""])
def test_a_format_that_does_not_fit_says_which_ones_do(name: str) -> None:
    with pytest.raises(Invalid) as caught:
        format_named(name, written_type(preferring, ("preference",)))
    known = "trl-preference, trl-implicit, prompt-only, llama-factory, nemo-rl, openai-dpo"
    assert known in str(caught.value.errors["format"])


def test_names_are_unique_and_every_format_has_a_title() -> None:
    assert len(BY_NAME) == len(FORMATS)
    assert all(str(fmt.title) for fmt in FORMATS)


def test_every_reason_reads_as_a_sentence_and_an_unknown_one_as_itself() -> None:
    assert all(" " in str(message) for message in REASONS.values())
    assert str(reason("100%_new")) == "100%_new"


def test_a_stepwise_row_is_what_trl_documents_plus_provenance() -> None:
    row = row_of("trl-stepwise")
    assert row == {
        "prompt": "system: Sea breve.\n\nuser: ¿Cuál es la capital de Colombia?",
        "completions": ["2 + 2 = 4", "Es par.", "4 + 1 = 6"],
        "labels": [True, True, False],
        "ratings": [1, 0, -1],
        "id": "i-1",
        "model": "m1",
        "language": "es",
        "n_judgments": 3,
        "agreement": 2 / 3,
    }
    assert verdict_on("trl-stepwise", row) is None
    alone = dataclasses.replace(ITEM, prompt=ITEM.prompt[1:])
    fmt = BY_NAME["trl-stepwise"]
    assert isinstance(fmt, RecordFormat)
    asked = fmt.row(alone, SOURCES["stepwise"])["prompt"]
    assert asked == "¿Cuál es la capital de Colombia?"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"labels": [1, 1, 0]}, "label_not_boolean"),
        ({"labels": [1, 0, -1]}, "label_not_boolean"),
        ({"labels": ["true", "true", "false"]}, "label_not_boolean"),
        ({"labels": [True, False]}, "labels_not_of_steps"),
        ({"labels": [True, True, True]}, "labels_not_of_steps"),
        ({"ratings": [1, 0]}, "labels_not_of_steps"),
        ({"labels": [True, False, True], "ratings": [1, -1, 1]}, "goes_on_after_bad"),
        ({"ratings": [1, 0, -2]}, "wrong_values"),
        ({"ratings": [True, 0, -1]}, "wrong_values"),
        ({"completions": ["2 + 2 = 4", " \n", "4 + 1 = 6"]}, "empty_text"),
        ({"completions": ["2 + 2 = 4", None, "4 + 1 = 6"]}, "wrong_values"),
        ({"completions": [], "labels": [], "ratings": []}, "wrong_values"),
        ({"completions": "2 + 2 = 4"}, "wrong_values"),
        ({"prompt": " "}, "empty_prompt"),
        ({"prompt": [{"role": "user", "content": "?"}]}, "wrong_values"),
        ({"n_judgments": 0}, "wrong_values"),
        ({"agreement": 1.5}, "wrong_values"),
        ({"more": 1}, "wrong_columns"),
    ],
)
def test_a_solution_that_would_spoil_training_is_refused(changes: dict[str, Any], why: str) -> None:
    assert verdict_on("trl-stepwise", row_of("trl-stepwise"), **changes) == why
