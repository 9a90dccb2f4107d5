"""Potato: people's answers, joined with the data file that they are about."""

from __future__ import annotations

from typing import Any

import pytest

from tests.intake.tools.reading import DATA, Files, Read, tiers, together

SAMPLES = DATA / "potato"
PAIR = {"id": "1", "prompt": "Why?", "responses": ["Yes.", "No."], "lang": "en"}
TEXT = {"id": "1", "text": "💩 Ada wrote it.", "lang": "en"}


def read(files: Files, type_slug: str = "ranking", **options: str) -> Read:
    """What comes of files of Potato that are brought in together."""
    return together("potato", files, type_slug, **options)


def said(labels: Any, user: str = "u", **fields: Any) -> dict[str, Any]:
    return {"instance_id": "1", "user_id": user, "labels": labels, "spans": {}, **fields}


@pytest.mark.parametrize("kind", ["jsonl", "csv", "tsv"])
def test_what_its_exporters_write_is_joined_with_the_data_file(kind: str) -> None:
    files = {name: (SAMPLES / name).read_bytes() for name in ("pairs.jsonl", f"pairwise.{kind}")}
    items, judgments, _, wrong = read(files)
    assert not wrong
    assert [(item["id"], item["language"]) for item in items] == [
        ("potato-q1", "en"), ("potato-q2", "es"),
    ]  # fmt: skip
    assert [response["id"] for response in items[0]["responses"]] == ["A", "B"]
    assert tiers(judgments) == [[["A"], ["B"]], [["B"], ["A"]], [["A", "B"]]]
    assert judgments[0]["reviewer"] == judgments[2]["reviewer"] == "potato-alice"
    assert "@" not in judgments[1]["reviewer"]


def test_the_state_of_one_person_says_the_same() -> None:
    files = {name: (SAMPLES / name).read_bytes() for name in ("user_state.json", "pairs.jsonl")}
    items, judgments, _, wrong = read(files)
    assert not wrong
    assert len(items) == 2
    assert tiers(judgments) == [[["A"], ["B"]], [["A", "B"]]]


@pytest.mark.parametrize("kind", ["jsonl", "csv"])
def test_one_text_is_rated_and_marked(kind: str) -> None:
    files = {name: (SAMPLES / name).read_bytes() for name in ("texts.json", f"text.{kind}")}
    _, [judgment], left, wrong = read(files, "rating", prompt="-")
    assert not wrong
    assert judgment["answer"]["ratings"] == {"text": {"quality": 4}}
    assert left == ["answers to questions of another kind"] * 1
    options = {"prompt": "-", "severity": "1"}
    _, _, _, wrong = read(files, "bias", **options)
    assert "is no category of this project" in wrong[0]
    _, [judgment], _, wrong = read(files, "bias", question="labels", **options)
    assert [flag["category"] for flag in judgment["answer"]["flags"]] == ["l3", "l0"]
    _, [judgment], _, wrong = read(files, "bias", question="entities", **options)
    assert [(f["start"], f["quote"]) for f in judgment["answer"]["flags"]] == [(2, "Ada")]


@pytest.mark.parametrize(
    ("labels", "expected", "strength"),
    [
        ({"p": {"scale_value": "-2"}}, [["A"], ["B"]], 2),
        ({"p": {"scale_value": "0"}}, [["A", "B"]], None),
        ({"p": {"scale_value": 5}}, [["B"], ["A"]], None),
        ({"p": {"rank_order": "B,A"}}, [["B"], ["A"]], None),
        ({"p": {"rank_order": "B=A"}}, [["B", "A"]], None),
        ({"p": {"best": "B", "worst": "A"}}, [["B"], ["A"]], None),
        ({"p": {"B": "true"}}, [["B"], ["A"]], None),
        ({"p": {"helpful": "B", "justification": "{}"}}, [["B"], ["A"]], None),
    ],
)
def test_every_way_to_compare_two_is_a_ranking(labels: Any, expected: Any, strength: Any) -> None:
    _, [judgment], _, wrong = read({"d.jsonl": [PAIR], "a.jsonl": [said(labels)]})
    assert not wrong
    assert judgment["answer"]["tiers"] == expected
    assert judgment["answer"]["strength"] == strength


@pytest.mark.parametrize(
    ("texts", "expected", "left"),
    [
        (["x", "y", "z"], [["C"], ["B"], ["A"]], 0),
        (["x", "y", "z", "w"], [["C"], ["A"]], 1),
    ],
)
def test_best_and_worst_say_nothing_of_two_between_them(
    texts: list[str], expected: Any, left: int
) -> None:
    data = {**PAIR, "responses": texts}
    files = {"d.jsonl": [data], "a.jsonl": [said({"p": {"best": "C", "worst": "A"}})]}
    _, [judgment], found, _ = read(files)
    assert judgment["answer"]["tiers"] == expected
    assert len(found) == left


def test_older_files_show_the_text_and_lie_in_the_folder_of_a_person() -> None:
    row = {
        "id": "item_1", "displayed_text": "💩 Ada wrote it.",
        "label_annotations": {"quality": {"4": "true"}},
        "span_annotations": [{"start": 3, "end": 6, "span": "Ada", "annotation": "PERSON"}],
        "behavioral_data": {"time_string": "Time spent: 0d 0h 0m 5s "},
    }  # fmt: skip
    files: dict[str, Any] = {f"out/{who}/annotated_instances.jsonl": [row] for who in ("ana", "b")}
    items, judgments, _, wrong = read(files, "rating", language="en")
    assert not wrong
    assert len(items) == 1
    assert [judgment["reviewer"] for judgment in judgments] == ["potato-ana", "potato-b"]
    _, marked, _, _ = read(files, "bias", language="en", severity="1", question="none")
    assert marked[0]["answer"]["flags"][0]["start"] == 2
    assert read({"a.jsonl": [row]}, "rating", language="en")[3] == [
        "a.jsonl:1: user_id: is missing; say it beside the file, as in reviewer=NAME"
    ]


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"a.jsonl": [said({})]}, "a.jsonl:1: instance_id: is in no data file"),
        ({"d.jsonl": [PAIR], "a.jsonl": [said([])]}, 'd.jsonl:1: "a.jsonl:1.labels": must be'),
        ({"d.jsonl": [PAIR, {**PAIR, "lang": "es"}]}, "d.jsonl:1: d.jsonl:2.id: is there before"),
        ({"d.jsonl": [PAIR], "a.jsonl": [{}]}, "a.jsonl:1: id: "),
        ({"d.csv": b"id,id\n1,2\n"}, "d.csv:1: line: must name the columns"),
        ({"d.csv": b"id,text\n1\n"}, "d.csv:2: line: has 1 cells where the header has 2"),
        ({"d.csv": b'id,text\n1,"x'}, "d.csv:2: line: a quote that is opened"),
        ({"d.csv": b"id,text\n1,\xff\n"}, "d.csv:2: line: "),
        ({"a.csv": b"instance_id,user_id,x._spans\n1,u,[\n"}, "a.csv:2: x._spans: is not JSON"),
        ({"a.json": b'{\n"instance_id_to_label_to_value": 3}'}, "a.json:1: instance_id_to_lab"),
        ({"a.json": b"{\n"}, "a.json:1: "),
        ({"a.json": b"{\n" + b'"' * 10}, "a.json:1: "),
    ],
)
def test_what_is_wrong_is_named_with_its_file(files: Any, expected: str) -> None:
    wrong = read(files)[3]
    assert wrong[0].replace('"', "").startswith(expected.replace('"', ""))


def test_the_state_of_many_people_is_no_more_than_its_limit() -> None:
    """A row of CSV that never ends is not read to its end."""
    wrong = read({"d.csv": b"id,text\n1," + b"x" * (9 << 20)})[3]
    assert wrong == ["d.csv:2: file: " + wrong[0].split("file: ")[1]]
