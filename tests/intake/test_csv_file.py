from __future__ import annotations

import csv
import io

import orjson
import pytest

from tests.intake.samples import ITEM, as_csv, item, items, json_lines, read, report
from workbench.intake import Limits

HEAD = "id,language,prompt,response.a\n"


TWINS = [
    item(id="1"),
    item(id="2", tags=["x"], harm="vcr", prompt='two\nlines; and, "quotes"'),
    item(id="3", responses=[{"id": "b", "model": "m2", "text": "=SUM(A1)\r\n"}]),
    item(id="4", responses=[{"id": "a", "model": "m1", "text": ""}, ITEM["responses"][1]]),
]


@pytest.mark.parametrize("delimiter", [",", ";"])
@pytest.mark.parametrize("mark", [b"", b"\xef\xbb\xbf"])
def test_csv_gives_the_items_of_its_json_twin(delimiter: str, mark: bytes) -> None:
    data = mark + as_csv(*TWINS, delimiter=delimiter)
    assert items(data, "f.csv") == items(json_lines(*TWINS))


def test_a_prompt_responses_and_metadata_may_be_json() -> None:
    raw = item(
        prompt=[{"role": "system", "content": "s"}, {"role": "user", "content": "u"}],
        metadata={"n": 1, "deep": {"list": [True]}},
    )
    cells = [raw["id"], raw["language"], *(raw[k] for k in ("prompt", "responses", "metadata"))]
    out = io.StringIO(newline="")
    writer = csv.writer(out)
    writer.writerow(["id", "language", "prompt", "responses", "metadata", "tags"])
    texts = [cell if isinstance(cell, str) else orjson.dumps(cell).decode() for cell in cells]
    writer.writerow([*texts, "jerga|es"])
    assert items(out.getvalue().encode(), "f.csv") == items(json_lines(raw))


@pytest.mark.parametrize(
    "prompt", ["[INST] hi", "[1, 2]", "[]", '[{"a": 1}]', '[{"role": "user"}]', "[" * 200]
)
def test_a_prompt_that_only_looks_like_messages_is_text(prompt: str) -> None:
    out = io.StringIO(newline="")
    csv.writer(out).writerows([HEAD.strip().split(","), ["1", "en", prompt, "t"]])
    (found,) = items(out.getvalue().encode(), "f.csv")
    assert [turn.content for turn in found.prompt] == [prompt]


def test_an_empty_cell_is_an_absent_field() -> None:
    data = b"id,language,prompt,response.a,response.b,tags,harm,metadata.k\n1,en,p,t,,,,\n"
    assert items(data, "f.csv") == items(
        json_lines(
            {"id": "1", "language": "en", "prompt": "p", "responses": [{"id": "a", "text": "t"}]}
        )
    )


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        (
            "id,language,prompt,respone.a,response.a",
            ["respone.a: is not known here; did you mean response.<id>?"],
        ),
        ("id,language,response.a", ["prompt: this column is missing"]),
        ("id,language,prompt", ["responses: a column response.<id> is missing"]),
        ("id,language,prompt,response.a,id", ["id: this column is given more than once"]),
        (
            "id,language,prompt,response.a,model.b",
            ["model.b: there is no column response.<id> of that id"],
        ),
        (
            "id,language,prompt,response.a,responses",
            ["responses: give either this column or response.<id> columns, not both"],
        ),
        (
            "id,language,prompt,response.a,metadata,metadata.k",
            ["metadata: give either this column or metadata.<key> columns, not both"],
        ),
        (
            "id,language,prompt,response.a,",
            [
                (
                    "(empty): is not known here; known are id, language, prompt, responses, tags, "
                    "harm, severity, metadata, response.<id>, model.<id>, metadata.<key>"
                )
            ],
        ),
    ],
)
def test_a_column_without_meaning_is_named_at_line_1(header: str, expected: list[str]) -> None:
    found = report(header.encode() + b"\n1,en,p,t\n", "f.csv")
    assert found == [f"f.csv:1: {line}" for line in expected]


def test_a_file_without_header_is_refused() -> None:
    assert report(b"", "f.csv") == [
        "f.csv:1: file: has no header: the first line must name the columns"
    ]


def test_a_row_is_named_by_the_physical_line_it_starts_on() -> None:
    rows = '1,en,"a\r\nb\r\nc",t\n\n2,en,p\n3,en,"x\ny",\n4,en,p,t\n'
    assert report((HEAD + rows).encode(), "f.csv") == [
        "f.csv:6: line: has 3 cells where the header has 4",
        "f.csv:7: responses: has 0 responses; an item has 1 to 26",
    ]


def test_a_bad_row_keeps_its_original_bytes() -> None:
    lines = read((HEAD + '1,en,"a\nb"\r\n2,en,p,t\n').encode(), "f.csv")
    assert lines[0].raw == b'1,en,"a\nb"'
    assert lines[1].parsed is not None


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ("1,en,p,t,more", "line: has 5 cells where the header has 4"),
        ("1,en,p\x00q,t", "prompt: has a NUL character at character 2"),
        ("1,en,p,t\x00", "response.a: has a NUL character at character 2"),
        ("1,EN,p,t", "language: must be a language tag such as en or es-CO"),
        (",en,p,t", "id: is missing"),
        (
            '1,en,"p"q,t',
            (
                "line: something follows a closing quote; "
                "a quote inside a quoted cell is written twice"
            ),
        ),
        ("1,en,p\rq,t", "line: has a carriage return of its own; end lines with LF or CRLF"),
    ],
)
def test_a_wrong_cell_is_named_by_its_column(row: str, expected: str) -> None:
    found = report((HEAD + row + "\n2,en,p,t\n").encode(), "f.csv")
    assert found == [f"f.csv:2: {expected}"]


def test_a_fault_of_a_response_is_named_by_its_column() -> None:
    head = b"id,language,prompt,response.a,response.b,model.b\n"
    long = b"x" * 1_000_001
    found = report(head + b"1,en,p,," + long + b",\n2,en,p,t,u,a\tb\n", "f.csv")
    assert found == [
        "f.csv:2: response.b: is longer than 1000000 characters",
        r"f.csv:3: model.b: has a character that cannot be seen: a\tb",
    ]


def test_bytes_that_are_no_utf8_are_named() -> None:
    found = report(HEAD.encode() + "1,en,café,t\n".encode("latin-1") + b"2,en,p,t\n", "f.csv")
    assert found == ["f.csv:2: line: is not UTF-8: byte 9 is 0xE9; save the file as UTF-8"]
    assert report("id,año\n".encode("latin-1"), "f.csv") == [
        "f.csv:1: file: is not UTF-8: byte 5 is 0xF1; save the file as UTF-8"
    ]


@pytest.mark.parametrize(
    ("cell", "expected"),
    [
        ('{""a"": NaN}', "metadata.a: is NaN, which is no JSON number"),
        ('{""a"": 1, ""a"": 2}', "metadata.a: the key a is given more than once"),
        ("{a: 1}", "metadata: is not JSON: a key in double quotes is missing at column 2"),
        ("[1]", "metadata: must be an object"),
        (
            '{""n"": 99999999999999999999}',
            (
                "metadata.n: is an integer that does not fit in 64 bits: 99999999999999999999 "
                "(20 digits)"
            ),
        ),
    ],
)
def test_the_traps_of_json_are_traps_in_a_cell_too(cell: str, expected: str) -> None:
    data = f'id,language,prompt,response.a,metadata\n1,en,p,t,"{cell}"\n'
    assert report(data.encode(), "f.csv") == [f"f.csv:2: {expected}"]


def test_broken_json_in_responses_is_named_once() -> None:
    data = b"id,language,prompt,responses\n1,en,p,oops\n"
    assert report(data, "f.csv") == [
        "f.csv:2: responses: is not JSON: a value is missing or misspelt at column 1"
    ]


def test_a_quote_that_is_never_closed_ends_the_file() -> None:
    data = (HEAD + '1,en,p,t\n2,en,"p,t\n3,en,p,t\n').encode()
    assert report(data, "f.csv") == ["f.csv:3: line: a quote that is opened here is never closed"]


def test_a_row_over_the_limit_ends_the_file_and_is_never_held_whole() -> None:
    data = HEAD.encode() + b'1,en,"' + b"p,t\n" * 1000
    lines = read(data, "f.csv", limits=Limits(line=500))
    assert [str(problem) for line in lines for problem in line.problems] == [
        "f.csv:2: file: the row that starts here is longer than 500 bytes; is a quote never closed?"
    ]
    assert lines[-1].fatal
    assert len(lines[-1].raw) <= 500


def test_a_cell_of_a_million_characters_is_read() -> None:
    text = "ñ" * 1_000_000
    (found,) = items(f"{HEAD}1,en,p,{text}\n".encode(), "f.csv")
    assert found.responses[0].text == text


def test_rows_of_empty_cells_are_skipped() -> None:
    assert len(items((HEAD + ",,,\n1,en,p,t\n,,,\n").encode(), "f.csv")) == 1
