"""Records as `Record.to_dict` of argilla-io/argilla@0991739 writes them; no public export with a
licence that fits was found."""

from __future__ import annotations

from typing import Any

import pytest

from tests.intake.tools.reading import good, lines, tiers, wrong

FIELDS = {"prompt": "Why?", "response1": "Yes.", "response2": "No."}


def record(responses: dict[str, Any], fields: Any = None, **more: Any) -> dict[str, Any]:
    return {
        "id": "9f1b", "fields": fields or FIELDS, "metadata": {"language": "en", "n": 3},
        "suggestions": {"q": {"value": "x", "score": None, "agent": "m"}}, "vectors": {},
        "responses": responses, "_server_id": None, **more,
    }  # fmt: skip


def said(value: Any, by: str = "u1", **more: Any) -> dict[str, Any]:
    return {"value": value, "user_id": by, **more}


def ranks(**by_name: int | None) -> list[dict[str, Any]]:
    return [{"value": name, "rank": rank} for name, rank in by_name.items()]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (ranks(response1=2, response2=1), [["response2"], ["response1"]]),
        (ranks(response1=1, response2=1), [["response1", "response2"]]),
        ("response1", [["response1"], ["response2"]]),
        ("Tie", [["response1", "response2"]]),
    ],
)
def test_rankings_and_labels_compare_responses(value: Any, expected: Any) -> None:
    items, judgments, left = good("argilla", [record({"better": [said(value)]})])
    assert items[0]["id"] == "argilla-9f1b"
    assert items[0]["metadata"] == {"language": "en", "n": 3}
    assert tiers(judgments) == [expected]
    assert judgments[0]["reviewer"] == "argilla-u1"
    assert left == {"suggestions": 1}


def test_without_a_rank_a_response_is_unranked() -> None:
    fields = {**FIELDS, "response3": "Maybe."}
    listed = {"prompt": "Why?", "items": [{"id": k, "text": v} for k, v in fields.items()][1:]}
    value = ranks(response1=1, response2=2, response3=None)
    [judgment] = good("argilla", [record({"better": [said(value)]}, listed)])[1]
    assert judgment["answer"]["tiers"] == [["response1"], ["response2"]]


def test_names_without_ranks_say_nothing() -> None:
    """The order is that of the question's options, whatever people said
    (argilla-io/argilla#5712)."""
    value = ["response2", "response1"]
    ranked = ranks(response1=1, response2=2)
    both = {"better": [said(value), said(ranked, "u2")], "tags": [said(["funny"], "u2")]}
    _, judgments, left = good("argilla", [record(both)])
    assert [judgment["reviewer"] for judgment in judgments] == ["argilla-u2"]
    assert sorted(why.split(",")[0] for why in left) == [
        "answers to questions of another kind",
        "rankings without their ranks",
        "suggestions",
    ]


def in_the_api(value: Any, by: str, status: str) -> dict[str, Any]:
    return {
        "id": "7c1d", "record_id": "9f1b", "user_id": by, "status": status,
        "values": {"better": {"value": value}},
        "inserted_at": "2026-11-20T15:04:05.123456", "updated_at": "2026-11-20T15:04:06.123456",
    }  # fmt: skip


def test_records_of_the_api_say_what_was_sent_and_when() -> None:
    """The fields that argilla 2.8.0 `_models/_record` reads from the server."""
    value = ranks(response1=2, response2=1)
    given = [in_the_api(value, "u1", "submitted"), in_the_api(value, "u2", "draft")]
    raw = {**record({}), "external_id": "mt-81", "responses": given, "suggestions": []}
    [item], [judgment], left = good("argilla", [raw])
    assert item["id"] == "argilla-mt-81"
    assert judgment["at"] == "2026-11-20T15:04:05.123456Z"
    assert judgment["answer"]["tiers"] == [["response2"], ["response1"]]
    assert left == {"responses that were discarded or are drafts": 1}


def test_what_was_discarded_or_not_sent_stays_behind() -> None:
    value = ranks(response1=1, response2=2)
    responses = [
        said(value, "u1", status="submitted"),
        said(value, "u2", status="discarded"),
        said(value, "u3", status="draft"),
    ]
    _, judgments, left = good("argilla", [record({"better": responses})])
    assert [judgment["reviewer"] for judgment in judgments] == ["argilla-u1"]
    assert left["responses that were discarded or are drafts"] == 2


def test_ratings_and_labels_rate_the_one_response() -> None:
    fields = {"prompt": "Why?", "response": "Yes."}
    responses = {"quality": [said(4), said("Good", "u2")], "comment": [said(None)]}
    _, judgments, _ = good("argilla", [record(responses, fields)], "rating", question="quality")
    assert [j["answer"]["ratings"]["response"]["quality"] for j in judgments] == [4, 5]
    assert wrong("argilla", [record({"quality": [said(4)]})], "rating") == [
        "file.json:1: responses: says it of several responses: name the one, as in response=FIELD"
    ]


def test_spans_count_utf16_units_and_labels_mark_the_whole() -> None:
    """The text of argilla-io/argilla#5729."""
    fields = {"text": "Some text yeah 🚀 rocket"}
    responses = {
        "spans": [said([{"start": 18, "end": 24, "label": "Fact"}])],
        "labels": [said(["ORG", "MISC"])],
        "grade": [said(2)],
    }
    options = {"prompt": "-", "severity": "1"}
    _, [judgment], left = good("argilla", [record(responses, fields)], "bias", **options)
    flags = judgment["answer"]["flags"]
    assert [(f["quote"], f["start"], f["category"]) for f in flags] == [
        ("rocket", 17, "l3"), ("", None, "l0"), ("", None, "l2"),
    ]  # fmt: skip
    assert left["answers to questions of another kind"] == 1


def test_several_people_are_several_judgments_and_several_questions_are_chosen_among() -> None:
    value, other = ranks(response1=1, response2=2), ranks(response1=2, response2=1)
    both = {"helpful": [said(value), said(other, "u2")], "safe": [said(other)]}
    [problem] = wrong("argilla", [record(both)])
    assert problem.startswith("file.json:1: responses: answers several questions: helpful, safe")
    _, judgments, _ = good("argilla", [record(both)], question="helpful")
    assert [j["reviewer"] for j in judgments] == ["argilla-u1", "argilla-u2"]


@pytest.mark.parametrize(
    ("responses", "said_of_it"),
    [
        ({"q": {}}, "responses.q: must be a list"),
        ({"q": [said(ranks(nobody=1, response1=2))]}, "judgment.answer.tiers[0][0]: "),
        ({"q": [said(ranks(response1=1))]}, "judgment.answer.tiers: Rank at least two"),
        ({"q": [{"value": "x"}]}, "responses.q[0].user_id: is missing"),
        ({"q": [said([{"value": "response1", "rank": "1"}])]}, "responses.q[0].value[0].rank: "),
        ({"q": [said([3])]}, "responses.q[0].value[0]: must be an object"),
        ([{"user_id": "u", "values": []}], "responses[0].values: must be an object"),
    ],
)
def test_what_is_wrong_is_named(responses: Any, said_of_it: str) -> None:
    [problem] = wrong("argilla", [record(responses)])
    assert problem.startswith(f"file.json:1: {said_of_it}")


def test_an_empty_file_and_a_record_without_responses_are_items_alone() -> None:
    assert lines("argilla", b"[]") == []
    items, judgments, _ = good("argilla", [record({})])
    assert (len(items), judgments) == (1, [])


def test_a_chat_field_is_the_prompt() -> None:
    chat = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    fields = {"chat": [*chat, {"role": "user", "content": "Why?"}], "response": "Because."}
    [item], _, _ = good("argilla", [record({}, fields)], "rating")
    assert [turn["role"] for turn in item["prompt"]] == ["user", "assistant", "user"]
