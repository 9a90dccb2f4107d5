from __future__ import annotations

from typing import Any

import orjson
import pytest

from tests.intake.tools.reading import DATA, good, tiers, wrong

PAIR = {"prompt": "Why?", "answer1": "Because.", "answer2": "No idea.", "language": "en"}


def task(number: int = 1, *annotations: Any, **fields: Any) -> dict[str, Any]:
    return {"id": number, "data": PAIR, "annotations": list(annotations), **fields}


def annotation(*results: Any, by: Any = 10, **fields: Any) -> dict[str, Any]:
    return {
        "id": 5, "completed_by": by, "was_cancelled": False, "result": list(results),
        "created_at": "2024-05-15T12:09:16.789536Z", "updated_at": "2024-05-15T12:09:16.789563Z",
        "lead_time": 4.25, **fields,
    }  # fmt: skip


def result(kind: str, value: Any, name: str = "c", to: str = "t", region: str = "r") -> Any:
    return {"id": region, "from_name": name, "to_name": to, "type": kind, "origin": "manual",
            "value": value}  # fmt: skip


def pairwise(side: Any) -> Any:
    return result("pairwise", {"selected": side}, "pw", "pw")


def test_a_comparison_becomes_an_item_and_the_judgment_of_a_pseudonym() -> None:
    items, judgments, left = good("label-studio", [task(7, annotation(pairwise("right")))])
    [item] = items
    assert item["id"] == "label-studio-7"
    assert [r["text"] for r in item["responses"]] == ["Because.", "No idea."]
    assert item["prompt"] == [{"role": "user", "content": "Why?"}]
    [judgment] = judgments
    assert judgment == {
        "item": "label-studio-7", "reviewer": "label-studio-10", "active_seconds": 4.25,
        "answer": judgment["answer"], "at": "2024-05-15T12:09:16.789536Z",
        "shown": ["answer1", "answer2"],
    }  # fmt: skip
    assert tiers(judgments) == [[["answer2"], ["answer1"]]]
    assert not left


@pytest.mark.parametrize(
    ("said", "expected", "verdict"),
    [
        ("Left", [["answer1"], ["answer2"]], None),
        ("answer2", [["answer2"], ["answer1"]], None),
        ("Tie", [["answer1", "answer2"]], None),
        ("Neither", [], "all_bad"),
    ],
)
def test_choices_beside_two_texts_compare_them(said: str, expected: Any, verdict: Any) -> None:
    chosen = annotation(result("choices", {"choices": [said]}))
    [judgment] = good("label-studio", [task(1, chosen)])[1]
    assert judgment["answer"]["tiers"] == expected
    assert judgment["answer"]["verdict"] == verdict


@pytest.mark.parametrize("ranker", [["b", "a"], {"rank": ["b", "a"]}, {"_": [], "r": ["b", "a"]}])
def test_a_ranker_is_read_in_each_of_its_shapes(ranker: Any) -> None:
    first, second = {"id": "a", "title": "LLM 1", "body": "A"}, {"id": "b", "body": "B"}
    data = {"prompt": "P", "lang": "es", "items": [first, second]}
    ranked = task(1, annotation(result("ranker", {"ranker": ranker})), data=data)
    items, judgments, _ = good("label-studio", [ranked])
    assert tiers(judgments) == [[["b"], ["a"]]]
    assert items[0]["responses"][0]["metadata"] == {"title": "LLM 1"}


def test_a_list_that_nobody_sorted_into_a_bucket_is_no_ranking() -> None:
    """Label Studio sends such a result for everybody who submits."""
    data = {"prompt": "P", "lang": "es", "items": [{"id": n, "body": n} for n in "ab"]}
    ranker = result("ranker", {"ranker": {"_": ["a", "b"], "best": []}})
    [item], judgments, left = good("label-studio", [task(1, annotation(ranker), data=data)])
    assert (len(item["responses"]), judgments) == (2, [])
    assert left == {"annotations that answer nothing asked here": 1}


def test_items_sorted_into_several_buckets_are_no_ranking() -> None:
    data = {"prompt": "P", "lang": "es", "items": [{"id": n, "body": n} for n in "ab"]}
    buckets = {"good": ["a"], "bad": ["b"]}
    ranked = task(1, annotation(result("ranker", {"ranker": buckets})), data=data)
    [problem] = wrong("label-studio", [ranked])
    assert problem.startswith("file.json:1: annotations[0].result[0].value.ranker: sorts into")


def test_cancelled_and_earlier_annotations_predictions_and_drafts_are_counted_and_left() -> None:
    later = annotation(pairwise("left"), updated_at="2024-05-16T00:00:00Z")
    record = task(
        1,
        later,
        annotation(pairwise("right")),
        annotation(pairwise("right"), by={"id": 11, "email": "eva@example.com"}),
        annotation(pairwise("left"), was_cancelled=True, by=12),
        annotation(result("textarea", {"text": ["hm"]}), by=13),
        predictions=[{"result": []}],
        drafts=[{}],
    )
    _, judgments, left = good("label-studio", [record])
    assert [(j["reviewer"], j["answer"]["tiers"][0]) for j in judgments] == [
        ("label-studio-10", ["answer1"]),
        ("label-studio-11", ["answer2"]),
    ]
    assert left == {
        "annotations that were cancelled": 1,
        "earlier annotations of the same person": 1,
        "annotations that answer nothing asked here": 1,
        "results of another kind": 1,
        "predictions": 1,
        "drafts": 1,
    }
    assert "eva@example.com" not in str(judgments)


def test_ratings_come_by_control_and_choices_by_number_or_anchor() -> None:
    data = {"prompt": "P", "response": "R", "language": "en"}
    record = task(
        1,
        annotation(result("rating", {"rating": 4}, "quality", "response")),
        annotation(result("choices", {"choices": ["Good"]}, "quality"), by=11),
        annotation(result("choices", {"choices": ["2"]}, "quality"), by=12),
        data=data,
    )
    _, judgments, _ = good("label-studio", [record], "rating")
    assert [j["answer"]["ratings"]["response"]["quality"] for j in judgments] == [4, 5, 2]
    bad = task(1, annotation(result("choices", {"choices": ["So so"]}, "quality")), data=data)
    [problem] = wrong("label-studio", [bad], "rating")
    assert "annotations[0].result[0].value.choices[0]: is neither a number" in problem


def spans(text: str, *results: Any, **fields: Any) -> list[Any]:
    data = {"text": text, "language": "en"}
    return [task(1, annotation(*results), data=data, **fields)]


def marked(content: list[Any], **options: str) -> list[tuple[int, int, str]]:
    defaults = {"prompt": "-", "severity": "2"}
    [judgment] = good("label-studio", content, "bias", **defaults | options)[1]
    return [(f["start"], f["end"], f["quote"]) for f in judgment["answer"]["flags"]]


def test_offsets_are_utf16_units_with_or_without_the_quoted_text() -> None:
    """The text and the offsets of HumanSignal/label-studio#1347."""
    text = "💩This is an annotation."
    value = {"start": 13, "end": 23, "labels": ["Fact"]}
    expected = [(12, 22, "annotation")]
    assert marked(spans(text, result("labels", value))) == expected
    assert marked(spans(text, result("labels", value | {"text": "annotation"}))) == expected
    by_code_points = {"start": 12, "end": 22, "labels": ["Fact"], "text": "annotation"}
    assert marked(spans(text, result("labels", by_code_points))) == expected


@pytest.mark.parametrize(
    ("value", "field"),
    [
        ({"start": 1, "end": 5}, "start"),
        ({"start": 0, "end": 99}, "end"),
        ({"start": -1, "end": 3}, "start"),
        ({"start": "0", "end": 3}, "start"),
        ({"start": 0, "end": 5, "text": "else"}, "text"),
    ],
)
def test_an_offset_that_is_none_is_named(value: Any, field: str) -> None:
    content = spans("💩 text", result("labels", value | {"labels": ["Fact"]}))
    [problem] = wrong("label-studio", content, "bias", prompt="-", severity="1")
    assert problem.startswith(f"file.json:1: annotations[0].result[0].value.{field}: ")


def test_direction_and_severity_of_a_region_stand_beside_it_and_nobody_makes_them_up() -> None:
    label = result("labels", {"start": 0, "end": 4, "labels": ["Fact"]})
    grave = result("rating", {"rating": 3}, "severity")
    [judgment] = good("label-studio", spans("Some text", label, grave), "bias", prompt="-")[1]
    assert judgment["answer"]["flags"][0]["severity"] == 3
    [problem] = wrong("label-studio", spans("Some text", label), "bias", prompt="-")
    assert problem.endswith("say it beside the file, as in severity=1")
    assert "value.labels[0]: comes without a severity" in problem


def test_an_annotation_without_a_mark_says_that_there_is_none() -> None:
    [judgment] = good("label-studio", spans("Some text"), "bias", prompt="-")[1]
    assert judgment["answer"] == {"none": True, "flags": []}


def test_the_real_sample_of_choices_marks_a_whole_text() -> None:
    content = (DATA / "label-studio" / "choices.json").read_bytes()
    options = {"prompt": "-", "language": "en", "severity": "1"}
    [item], [judgment], _ = good("label-studio", content, "bias", **options)
    assert item["responses"][0]["text"].startswith("Calif. wildfires signal")
    [flag] = judgment["answer"]["flags"]
    assert (flag["category"], flag["start"]) == ("l6", None)
    assert (judgment["reviewer"], judgment["active_seconds"]) == ("label-studio-14", 1.849)


def test_the_real_sample_of_spans_has_ends_that_are_included() -> None:
    """To have faith is to trust yourself to the water: the text that these results are about."""
    [found] = [orjson.loads((DATA / "label-studio" / "named_entity.json").read_bytes())]
    text = "To have faith is to trust yourself to the water"
    assert marked(spans(text, *found["result"])) == [
        (8, 13, "faith"), (35, 47, "to the water"), (42, 47, "water"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("record", "said"),
    [
        ({}, "data: is missing"),
        ({"id": 1, "data": []}, "data: must be an object"),
        ({"id": 1, "data": {"answer1": "A", "answer2": "B"}}, "data.prompt: is missing"),
        ({"id": 1, "data": {"prompt": "P"}}, "data.responses: is missing"),
        ({"id": 1, "data": {"prompt": "P", "text1": "A", "text2": 3}}, "data.text2: must be text"),
        ({"id": 1, "data": {"prompt": "P", "text1": "A", "text2": "B"}}, "data.language: is"),
        (task(1, annotation(pairwise("both"))), "annotations[0].result[0].value.selected: "),
        (task(1, annotation(pairwise(None))), "annotations[0].result[0].value.selected: must be"),
        (task(1, annotation(pairwise("left"), by=None)), "annotations[0].completed_by: "),
        (task(1, annotation(pairwise("left"), created_at="May")), "judgment.at: must be a time"),
        (task(1, "x"), "annotations[0]: must be an object"),
        ({**task(1), "id": {}}, "id: must be text or a whole number"),
        ({**task(1), "data": {**PAIR, "prompt": " "}}, "item.prompt: is empty"),
    ],
)
def test_what_is_wrong_is_named_by_record_and_field(record: Any, said: str) -> None:
    problems = wrong("label-studio", [task(99), record])
    assert problems[0].startswith(f"file.json:2: {said}")


def test_ids_that_come_again_with_other_content_are_wrong() -> None:
    other = {**task(1), "data": {**PAIR, "answer1": "Something else."}}
    assert wrong("label-studio", [task(1), other]) == [
        "file.json:2: item.id: is that of record 1 as well"
    ]
    assert wrong("label-studio", [task(1), task(1)]) == []


def test_fields_of_other_names_are_told() -> None:
    data = {"consigna": "¿Por qué?", "uno": "Sí.", "dos": "No.", "uno_model": "m1", "note": 3}
    record = task(1, annotation(pairwise("left")), data=data)
    options = {"prompt": "consigna", "left": "uno", "right": "dos", "language": "es"}
    [item], [judgment], _ = good("label-studio", [record], **options)
    assert item["responses"][0] == {"id": "uno", "model": "m1", "text": "Sí.", "metadata": {}}
    assert item["metadata"] == {"note": 3}
    assert judgment["answer"]["tiers"][0] == ["uno"]


def test_several_questions_are_chosen_among() -> None:
    record = task(
        1, annotation(pairwise("left"), result("choices", {"choices": ["Right"]}, "safe"))
    )
    [problem] = wrong("label-studio", [record])
    assert "answers several questions: pw, safe; choose one, as in question=pw" in problem
    [judgment] = good("label-studio", [record], question="safe")[1]
    assert judgment["answer"]["tiers"][0] == ["answer2"]


def test_hostile_text_stays_text() -> None:
    data = {**PAIR, "answer1": "<script>alert(1)</script>\u202e😀"}
    items, _, _ = good("label-studio", [task(1, data=data)])
    assert items[0]["responses"][0]["text"].startswith("<script>alert(1)</script>")


def test_lines_and_empty_files_are_read_too() -> None:
    assert good("label-studio", b"[]") == ([], [], {})
    assert good("label-studio", b"") == ([], [], {})
    by_line = b"\n".join(orjson.dumps(task(n, annotation(pairwise("left")))) for n in (1, 2))
    assert len(good("label-studio", by_line)[1]) == 2
