"""Responses that are conversations, from every format."""

from __future__ import annotations

import csv
import io
from typing import Any

import orjson
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.intake.samples import as_csv, item, items, json_lines, report
from workbench.intake import item_as_dict
from workbench.intake.items import content_hash, parse_item
from workbench.messages import Invalid
from workbench.task_types.base import Turn


def said(*contents: str) -> list[dict[str, str]]:
    """Messages in turn, the assistant's first."""
    roles = ("assistant", "user")
    return [{"role": roles[i % 2], "content": text} for i, text in enumerate(contents)]


TALK = item(
    responses=[
        {"id": "a", "model": "m1", "messages": said("Amigo.", "¿Y «parcero»?", "Lo mismo.")},
        {"id": "b", "model": "m2", "messages": said("No sé.", "¿Seguro?", "")},
    ]
)


def with_response(**fields: Any) -> dict[str, Any]:
    return item(responses=[{"id": "a", **fields}])


def test_messages_become_turns_and_leave_the_text_empty() -> None:
    first, second = parse_item(TALK).responses
    assert first.text == second.text == ""
    assert first.turns[1] == Turn("user", "¿Y «parcero»?")
    assert [turn.content for turn in second.turns] == ["No sé.", "¿Seguro?", ""]


def test_the_canonical_form_has_messages_or_text_and_never_both() -> None:
    [talk, *_] = item_as_dict(parse_item(TALK))["responses"]
    assert list(talk) == ["id", "model", "messages", "metadata"]
    [text, *_] = item_as_dict(parse_item(item()))["responses"]
    assert list(text) == ["id", "model", "text", "metadata"]
    assert content_hash(parse_item(TALK)) != content_hash(parse_item(item()))


@pytest.mark.parametrize(
    ("raw", "field", "why"),
    [
        ({"text": "x", "messages": said("y")}, "messages", "goes without text: give one of"),
        ({"messages": []}, "messages", "is empty"),
        ({"messages": "y"}, "messages", "must be a list of messages"),
        ({"messages": None}, "messages", "must be a list of messages"),
        ({"messages": ["y"]}, "messages[0]", "must be a message"),
        ({"messages": [{"role": "bot", "content": "y"}]}, "messages[0].role", "must be one of"),
        ({"messages": [{"role": "user", "content": 5}]}, "messages[0].content", "must be text"),
        ({"messages": [{"role": "user"}]}, "messages[0].content", "is missing"),
        ({"messages": [{**said("y")[0], "name": "x"}]}, "messages[0].name", "is not known here"),
        ({}, "text", "is missing"),
    ],
    ids=lambda value: str(value)[:30],
)
def test_a_wrong_conversation_is_named_by_its_place(
    raw: dict[str, Any], field: str, why: str
) -> None:
    with pytest.raises(Invalid) as refused:
        parse_item(with_response(**raw))
    [(place, message)] = refused.value.errors.items()
    assert place == f"responses[0].{field}"
    assert str(message).startswith(why)


@pytest.mark.parametrize("kind", ["ranking", "bias", "adversarial"])
def test_a_type_that_judges_texts_takes_no_conversation(kind: str) -> None:
    raw = {**TALK, "responses": TALK["responses"][: 1 if kind == "adversarial" else 2]}
    found = report(json_lines(raw), kind=kind)
    assert "responses[0]: must be a text, {id, model, text}" in found[0]
    assert len(found) == len(raw["responses"])


def test_a_type_that_judges_conversations_takes_no_text() -> None:
    found = report(json_lines(item()), kind="conversation")
    assert "responses[0]: must be a conversation, {id, model, messages}" in found[0]
    # A cell of response.<id> is a text, whatever stands in it.
    found = report(as_csv(item()), "f.csv", kind="conversation")
    assert found[0].startswith("f.csv:2: response.a: must be a conversation")


def test_csv_has_conversations_as_json_in_the_column_of_responses() -> None:
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["id", "language", "prompt", "responses", "tags", "metadata"])
    cells = [orjson.dumps(TALK[key]).decode() for key in ("responses", "metadata")]
    writer.writerow(["mt-81", "es-CO", TALK["prompt"], cells[0], "jerga|es", cells[1]])
    assert items(out.getvalue().encode(), "f.csv", "conversation") == [parse_item(TALK)]


def test_nested_parquet_has_conversations_as_lists_of_structs() -> None:
    """Beside texts, too: there a null stands for the one that a response has not."""
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([TALK, {**item(), "id": "text"}]), out)
    [line] = report(out.getvalue(), "f.parquet", "conversation")[1:]
    assert line.startswith("f.parquet:2: responses[1]: must be a conversation")
    out = io.BytesIO()
    pq.write_table(pa.Table.from_pylist([TALK]), out)
    assert items(out.getvalue(), "f.parquet", "conversation") == [parse_item(TALK)]
