"""Preferences between whole conversations, in every format that takes them."""

from __future__ import annotations

from collections.abc import Sequence

from tests.export.test_real_types import export
from workbench.export.manifest import Manifest
from workbench.export.policy import ExportPolicy
from workbench.task_types import get
from workbench.task_types.base import AnswerRecord, Item, Response, Turn

TYPE = get("conversation")
SYSTEM, ASK = Turn("system", "Sea breve."), Turn("user", "¿Capital?")
BOGOTA, CALI = Turn("assistant", "Bogotá."), Turn("assistant", "Cali.")
SURE, YES = Turn("user", "¿Seguro?"), Turn("assistant", "Sí.")


def said(*turns: Turn) -> list[dict[str, str]]:
    return [{"role": turn.role, "content": turn.content} for turn in turns]


def compare(
    a: Sequence[Turn], b: Sequence[Turn], fmt: str, prompt: Sequence[Turn] = (SYSTEM, ASK)
) -> tuple[list[dict[str, object]], Manifest]:
    """Rows where one person found conversation a better."""
    responses = (Response("a", "", "m1", turns=tuple(a)), Response("b", "", "m2", turns=tuple(b)))
    config = TYPE.parse_config({})
    item = TYPE.parse_item(Item("i-1", "es", tuple(prompt), responses), config)
    answers = [AnswerRecord("r1", TYPE.example_answer(item, config))]
    return export(TYPE, [(item, answers)], fmt, ExportPolicy())


def test_conversations_that_part_at_once_keep_the_prompt_of_the_item() -> None:
    [row], _ = compare((BOGOTA, SURE, YES), (CALI, SURE, YES), "trl-preference")
    assert row["prompt"] == said(SYSTEM, ASK)
    assert row["chosen"] == said(BOGOTA, SURE, YES)
    assert row["rejected"] == said(CALI, SURE, YES)
    assert (row["chosen_model"], row["rejected_model"]) == ("m1", "m2")


def test_what_both_begin_with_goes_into_the_prompt() -> None:
    [row], _ = compare((BOGOTA, SURE, YES), (BOGOTA, SURE, CALI), "trl-preference")
    assert row["prompt"] == said(SYSTEM, ASK, BOGOTA, SURE)
    assert (row["chosen"], row["rejected"]) == (said(YES), said(CALI))


def test_the_prompt_ends_with_a_question_where_the_next_questions_differ() -> None:
    other = Turn("user", "¿Por qué?")
    [row], _ = compare((BOGOTA, SURE, YES), (BOGOTA, other, CALI), "trl-preference")
    assert row["prompt"] == said(SYSTEM, ASK)
    assert row["chosen"] == said(BOGOTA, SURE, YES)
    assert row["rejected"] == said(BOGOTA, other, CALI)


def test_one_that_goes_on_where_the_other_ends_leaves_both_an_answer() -> None:
    [row], _ = compare((BOGOTA, SURE, YES), (BOGOTA,), "trl-preference")
    assert row["prompt"] == said(SYSTEM, ASK)
    assert (row["chosen"], row["rejected"]) == (said(BOGOTA, SURE, YES), said(BOGOTA))


def test_the_first_question_may_be_part_of_the_conversations() -> None:
    [row], _ = compare((ASK, BOGOTA), (ASK, CALI), "trl-preference", prompt=(SYSTEM,))
    assert row["prompt"] == said(SYSTEM, ASK)
    assert (row["chosen"], row["rejected"]) == (said(BOGOTA), said(CALI))
    # With a question of its own each has no prompt in common: no trainer takes that.
    rows, manifest = compare((ASK, BOGOTA), (SURE, CALI), "trl-preference", prompt=(SYSTEM,))
    assert (rows, manifest.dropped) == ([], {"prompt_not_ending_in_user": 1})


def test_a_format_of_one_message_counts_the_conversations_it_leaves_out() -> None:
    rows, manifest = compare((BOGOTA, SURE, YES), (CALI, SURE, YES), "openai-dpo")
    assert (rows, manifest.dropped) == ([], {"several_messages": 1})
    [row], _ = compare((BOGOTA, SURE, YES), (BOGOTA, SURE, CALI), "openai-dpo")
    assert row["preferred_output"] == said(YES)


def test_each_conversation_is_labelled_as_a_whole() -> None:
    rows, _ = compare((BOGOTA, SURE, YES), (CALI, SURE, YES), "trl-unpaired")
    assert [row["label"] for row in rows] == [True, False]
    assert [row["completion"] for row in rows] == [said(BOGOTA, SURE, YES), said(CALI, SURE, YES)]


def test_what_teaches_nothing_is_counted() -> None:
    silent = Turn("assistant", " ")
    rows, manifest = compare((BOGOTA, SURE, YES), (CALI, SURE, silent), "trl-preference")
    assert (rows, manifest.dropped) == ([], {"empty_text": 1})
    padded = Turn("assistant", "Bogotá. ")
    rows, manifest = compare((BOGOTA, SURE, YES), (padded, SURE, YES), "trl-preference")
    assert (rows, manifest.dropped) == ([], {"identical_texts": 1})
