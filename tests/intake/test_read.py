from __future__ import annotations

import io
from typing import Any

import orjson
import pytest

from tests.intake.samples import ITEM, item, json_lines, read, report
from workbench.intake import (
    Line,
    ParsedJudgment,
    Report,
    content_hash,
    open_source,
    parse_item,
    read_judgments,
)
from workbench.messages import Message

JUDGMENT: dict[str, Any] = {"item": "mt-81", "reviewer": "r07", "answer": {"none": True}}


def judgments(data: bytes, name: str = "j.jsonl") -> list[Line[ParsedJudgment]]:
    return list(read_judgments(open_source(io.BytesIO(data), name)))


def test_a_good_line_carries_its_item_its_hash_and_its_bytes() -> None:
    (line,) = read(json_lines(ITEM))
    assert line.parsed == parse_item(ITEM)
    assert line.content_hash == content_hash(parse_item(ITEM))
    assert (line.number, line.problems, line.fatal) == (1, (), False)
    assert line.raw == orjson.dumps(ITEM)


def test_the_type_of_the_project_checks_each_item() -> None:
    one = item(id="1", responses=ITEM["responses"][:1])
    (found,) = report(json_lines(one, item(id="2")), kind="ranking")
    assert found.startswith("f.jsonl:1: responses: ")
    (found,) = report(json_lines(one, item(id="2")), kind="adversarial")
    assert found.startswith("f.jsonl:2: responses: ")
    assert report(json_lines(one, item(id="2")), kind="bias") == []


def test_an_id_with_other_content_later_in_the_file_is_a_problem() -> None:
    lines = read(json_lines(ITEM, item(id="2"), item(prompt="other"), ITEM))
    assert [bool(line.parsed) for line in lines] == [True, True, False, True]
    assert [str(problem) for problem in lines[2].problems] == [
        "f.jsonl:3: id: is the id of line 1 as well, which has other content"
    ]


def test_a_bad_line_leaves_its_id_free() -> None:
    assert report(json_lines(item(language="?"), ITEM)) == [
        "f.jsonl:1: language: must be a language tag such as en or es-CO"
    ]


def test_traps_and_wrong_fields_of_a_line_are_reported_together() -> None:
    line = b'{"id":"x","id":"y","language":"en","responses":[{"id":"a","text":"\\ud800"}],"n":NaN}'
    assert sorted(report(line)) == [
        "f.jsonl:1: id: the key id is given more than once",
        "f.jsonl:1: n: is NaN, which is no JSON number",
        "f.jsonl:1: prompt: is missing",
        (
            "f.jsonl:1: responses[0].text: has half a surrogate pair (U+D800) at character 1; "
            "it stands for no text"
        ),
    ]


def test_a_rejected_line_tells_where_what_and_why() -> None:
    (line,) = read(b'{"id": "caf\xe9"}')
    assert line.rejected() == {
        "file": "f.jsonl",
        "line": 1,
        "raw": '{"id": "caf\ufffd"}',
        "problems": [
            {"field": "line", "why": "is not UTF-8: byte 12 is 0xE9; save the file as UTF-8"}
        ],
    }
    assert orjson.dumps(line.rejected())


def test_the_reasons_of_a_rejected_line_can_be_translated() -> None:
    def spanish(why: Message) -> str:
        return {"is missing": "falta"}[why.text]

    (line,) = read(json_lines({key: ITEM[key] for key in ("language", "prompt", "responses")}))
    assert line.rejected(spanish)["problems"] == [{"field": "id", "why": "falta"}]


@pytest.mark.parametrize("data", [b'{"id": 1}\r\n', b'{"id": 1}\n', b'{"id": 1}'])
def test_a_rejected_line_has_no_line_end(data: bytes) -> None:
    assert read(data)[0].raw == b'{"id": 1}'


def test_a_report_of_many_bad_lines_keeps_a_hundred() -> None:
    found = Report()
    for line in read(b"[]\n" * 250):
        found.add(line.problems)
    assert (found.count, found.lines, len(found.problems)) == (250, 250, 100)


def test_judgments_are_read_line_by_line() -> None:
    data = json_lines(JUDGMENT, JUDGMENT | {"at": "yesterday"}, b'{"item": NaN}', JUDGMENT)
    lines = judgments(data)
    assert lines[0].parsed == ParsedJudgment("mt-81", "r07", {"none": True})
    assert [str(p) for line in lines for p in line.problems] == [
        "j.jsonl:2: at: must be a time with its offset, such as 2026-11-20T15:04:05Z",
        "j.jsonl:3: item: is NaN, which is no JSON number",
        "j.jsonl:3: reviewer: is missing",
        "j.jsonl:3: answer: is missing",
    ]
    assert lines[3].parsed == lines[0].parsed


def test_judgments_in_another_format_are_refused() -> None:
    (line,) = judgments(b"item,reviewer,answer\n", "j.csv")
    assert line.fatal
    assert str(line.problems[0]) == (
        "j.csv:1: file: is not JSON lines, and nothing else is read here"
    )
