"""Items sent by a program: all or nothing, the same again changes nothing, whatever is sent."""

from __future__ import annotations

import gzip
import hashlib
import json
import shutil
import tracemalloc
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.cast import Cast
from tests.intake.test_memory import Endless
from tests.web.api.programs import LINES, MAIN, Program, ProgramOf, an_item, is_problem
from tests.web.data_pages import folders, stored
from workbench.config import Config
from workbench.db import Database
from workbench.models import ExportFile, Item, Source
from workbench.queries.verify import verify
from workbench.web.request import WorkbenchFlask

ITEMS = f"{MAIN}/items"
MIB = 1024 * 1024
JSON = {"Content-Type": "application/json"}


def _stream(program: Program, pieces: Iterator[bytes]) -> TestResponse:
    """Send a body that is made while it is read and has no length, as a chunked one."""
    environ = {"wsgi.input": Endless(pieces), "wsgi.input_terminated": True}
    return program.ask("POST", ITEMS, headers=LINES, environ_overrides=environ)


def _names(database: Database) -> list[str]:
    with database.read() as reading:
        return sorted(reading.scalars(select(Item.external_id).where(Item.retired_at.is_(None))))


def test_items_come_in_and_the_same_again_changes_nothing(
    edu: Program, database: Database, cast: Cast
) -> None:
    lines = [an_item("1"), an_item("2")]
    told = edu.send(lines).json
    assert (told["new"], told["same"], told["rejected"], told["errors"]) == (2, 0, 0, [])
    assert _names(database) == ["1", "2"]
    again = edu.send([*lines, an_item("3")]).json
    assert (again["new"], again["same"]) == (1, 2)
    with database.read() as reading:
        [first, second] = reading.scalars(select(Source).order_by(Source.id))
        assert first.id == told["source"]
        assert second.id == again["source"]
        assert (first.name, first.created_by) == ("nightly", cast.edu.id)
        assert verify(reading, database._info["key"]) == []  # type: ignore[arg-type]


def test_an_import_has_the_name_that_it_is_given(edu: Program, database: Database) -> None:
    edu.send([an_item("1")], name="run/7 <b>.gz")
    with database.read() as reading:
        assert reading.scalars(select(Source.name)).one() == "7 <b>.gz"


_ONE, _TWO = (json.dumps(an_item(name)).encode() for name in "12")
_BOTH = b"[" + _ONE + b"," + _TWO + b"]"
BODIES: dict[str, tuple[bytes, dict[str, str]]] = {
    "array": (json.dumps(json.loads(_BOTH), indent=2).encode(), JSON),
    "array with a charset": (_BOTH, {"Content-Type": "application/json; charset=utf-8"}),
    "array in gzip": (gzip.compress(_BOTH), JSON),
    "lines in gzip": (gzip.compress(_ONE + b"\n" + _TWO), {**LINES, "Content-Encoding": "gzip"}),
    "lines of Windows": (b"\xef\xbb\xbf" + _ONE + b"\r\n\r\n" + _TWO, LINES),
}


@pytest.mark.parametrize("name", BODIES)
def test_bodies_of_every_kind(edu: Program, database: Database, name: str) -> None:
    body, headers = BODIES[name]
    answer = edu.ask("POST", ITEMS, data=body, headers=headers)
    assert answer.status_code == 200, answer.text
    assert answer.json["new"] == 2
    assert _names(database) == ["1", "2"]


def test_one_object_over_several_lines(edu: Program, database: Database) -> None:
    body = "\n" + json.dumps(an_item("1", prompt='{"[', metadata={"n": [1, {"}": "]"}]}), indent=4)
    assert edu.ask("POST", ITEMS, data=body + "\n", headers=JSON).json["new"] == 1
    assert _names(database) == ["1"]


def test_nothing_is_something(edu: Program) -> None:
    assert edu.ask("POST", ITEMS, data="[ ]", headers=JSON).json["new"] == 0
    assert edu.ask("POST", ITEMS, data="\n\n", headers=LINES).json["new"] == 0


def test_a_wrong_line_stops_all_and_is_named(edu: Program, database: Database) -> None:
    bad = an_item("2", language="Spanish", colour="red")
    told = is_problem(edu.send([an_item("1"), bad, an_item("3")]), 422)
    places = {(each["line"], each["field"]) for each in told["errors"]}
    assert places == {(2, "colour"), (2, "language")}
    assert "language tag" in json.dumps(told)
    assert told["errors_left_off"] == 0
    assert _names(database) == []
    assert stored(database, Source) == 0


def test_wrong_lines_are_left_out_where_that_is_asked_for(edu: Program, database: Database) -> None:
    lines = [an_item("1"), {"id": "2"}, an_item("1", prompt="Other"), an_item("3")]
    told = edu.send(lines, on_error="reject").json
    assert (told["new"], told["rejected"]) == (2, 2)
    assert {each["line"] for each in told["errors"]} == {2, 3}
    assert all(each["field"] and each["message"] for each in told["errors"])
    assert _names(database) == ["1", "3"]
    with database.read() as reading:
        assert reading.scalars(select(ExportFile.source_id)).one() == told["source"]


def test_every_line_that_was_left_out_is_fetched_with_all_that_is_wrong(
    edu: Program, config: Config
) -> None:
    bad = [{"id": f"línea {n}"} for n in range(150)]
    told = edu.send([an_item("1"), *bad], on_error="reject").json
    where = told["rejected_lines"]
    assert where == f"{MAIN}/imports/{told['source']}/rejected"
    whole = edu.get(where)
    assert whole.mimetype == "application/x-ndjson"
    lines = [json.loads(line) for line in whole.data.splitlines()]
    assert [(each["line"], json.loads(each["raw"])) for each in lines] == list(enumerate(bad, 2))
    assert {each["field"] for each in lines[0]["problems"]} == {"language", "prompt", "responses"}
    [row] = folders(config)
    assert (row / "main-rejects.jsonl").read_bytes() == whole.data
    etag = f'"{hashlib.sha256(whole.data).hexdigest()}"'
    rest = edu.get(where, headers={"Range": "bytes=100-", "If-Range": etag})
    assert (rest.status_code, whole.data[:100] + rest.data) == (206, whole.data)
    assert edu.get(where, headers={"If-None-Match": etag}).status_code == 304
    # Of judgments too. Of an import that left nothing out, of none, and of another project's: none.
    lines = [{"item": "1", "reviewer": "m", "answer": 7}]
    told = edu.send(lines, f"{MAIN}/judgments", on_error="reject").json
    assert json.loads(edu.get(told["rejected_lines"]).data)["line"] == 1
    told = edu.send([an_item("2")], on_error="reject").json
    assert told["rejected_lines"] is None
    for number in (told["source"], 99, 0, 2**70):
        is_problem(edu.get(f"{MAIN}/imports/{number}/rejected"), 404)
    is_problem(edu.get(where.replace("main", "other")), 404)
    shutil.rmtree(row)
    assert "Bring the lines in again" in is_problem(edu.get(where), 404)["detail"]


def test_more_wrong_lines_than_are_told(edu: Program) -> None:
    told = edu.send([{"id": str(n)} for n in range(200)], on_error="reject").json
    assert told["rejected"] == 200
    assert len(told["errors"]) == 100
    assert told["errors_left_off"] == 500


def test_other_content_under_a_known_id_is_wrong_unless_it_revises(
    edu: Program, database: Database
) -> None:
    edu.send([an_item("1")])
    told = is_problem(edu.send([an_item("0"), an_item("1", prompt="Other?")]), 422)
    [wrong] = told["errors"]
    assert (wrong["line"], wrong["field"]) == (2, "id")
    assert _names(database) == ["1"]
    assert edu.send([an_item("1", prompt="Other?")], revise="true").json["revised"] == 1


NOT_UTF_8 = b'{"id": "\xff\xfe"}\n'
HOSTILE: dict[str, tuple[bytes, dict[str, str]]] = {
    "not utf-8": (NOT_UTF_8, LINES),
    "not utf-8 in an array": (b"[" + NOT_UTF_8 + b"]", JSON),
    "deep": (b"[" * 100_000, JSON),
    "deep lines": (b"[" * 100_000, LINES),
    "deep in an object": (b'{"id": ' + b"[" * 100_000, JSON),
    "deep and closed": (b'{"id": ' + b"[" * 9_000 + b"]" * 9_000 + b"}", JSON),
    "huge line": (b'{"id": "' + b"x" * (8 * MIB + 1) + b'"}', LINES),
    "huge entry": (b'[{"id": "' + b"x" * (8 * MIB + 1) + b'"}]', JSON),
    "cut array": (json.dumps([an_item("1")]).encode()[:-1], JSON),
    "cut object": (json.dumps(an_item("1")).encode()[:-1], JSON),
    "two values": (json.dumps(an_item("1")).encode() * 2, JSON),
    "after the array": (json.dumps([an_item("1")]).encode() + b"x", JSON),
    "cut gzip": (gzip.compress(json.dumps(an_item("1")).encode())[:-9], LINES),
    "bomb": (gzip.compress(b"\n" * 50 * MIB, 9), LINES),
    "no gzip": (b"\x1f\x8b" + b"x" * 100, LINES),
    "zip": (b"PK\x03\x04" + b"x" * 100, LINES),
    "parquet": (b"PAR1" + b"x" * 100, JSON),
    "nul": (b'{"id": "a\x00"}', LINES),
    "nul escaped": (json.dumps(an_item("1", prompt="a\x00b")).encode(), LINES),
    "surrogate": (b'{"id": "\\ud800"}', LINES),
    "nan": (b'{"id": NaN}', JSON),
    "big number": (b'{"id": ' + b"9" * 5000 + b"}", LINES),
    "twice the key": (b'{"id": "1", "id": "2"}', LINES),
    "text": (b"hello", LINES),
    "number": (b"7", JSON),
    "null": (b"null", JSON),
    "form": (b"id=1&language=en", LINES),
}


@pytest.mark.parametrize("way", ["stop", "reject"])
@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_body_changes_nothing_and_is_a_problem_with_a_place(
    edu: Program, database: Database, config: Config, name: str, way: str
) -> None:
    body, headers = HOSTILE[name]
    answer = edu.ask("POST", ITEMS, data=body, headers=headers, query_string={"on_error": way})
    if answer.status_code == 200:
        assert way == "reject"
        told = answer.json
        assert (told["new"], told["rejected"] > 0) == (0, True)
    else:
        told = is_problem(answer, 422)
        assert stored(database, Source) == 0
        assert folders(config) == []
    assert told["errors"]
    assert all(each["line"] >= 1 and each["message"] for each in told["errors"])
    assert _names(database) == []


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"Content-Type": "text/csv"},
        {"Content-Type": "multipart/form-data; boundary=x"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {**LINES, "Content-Encoding": "br"},
    ],
)
def test_bodies_of_other_kinds_are_not_taken(edu: Program, headers: dict[str, str]) -> None:
    body = json.dumps(an_item("1")).encode()
    is_problem(edu.ask("POST", ITEMS, data=body, headers=headers), 415)


def test_a_body_without_a_length_is_not_taken_for_an_empty_one(edu: Program) -> None:
    is_problem(edu.ask("POST", ITEMS, headers=LINES), 411)


def test_a_body_that_breaks_off_changes_nothing(edu: Program, database: Database) -> None:
    body = json.dumps(an_item("1")).encode() + b"\n"
    longer = {"CONTENT_LENGTH": str(2 * len(body))}
    is_problem(edu.ask("POST", ITEMS, data=body, headers=LINES, environ_overrides=longer), 400)
    assert _names(database) == []


def test_a_body_is_as_large_as_an_upload_and_no_larger(
    app: WorkbenchFlask, edu: Program, database: Database, config: Config
) -> None:
    app.extensions["workbench_config"] = replace(config, upload_mib=1)
    assert edu.send([an_item("1", prompt="x" * 900_000)]).json["new"] == 1
    said = {"CONTENT_LENGTH": str(MIB + 1)}
    is_problem(edu.ask("POST", ITEMS, data=b"{}", headers=LINES, environ_overrides=said), 413)
    # And where it does not say how long it is, when it has become too long.
    lines = (
        json.dumps(an_item(str(n), prompt="x" * 99_999)).encode() + b"\n" for n in range(2, 13)
    )
    is_problem(_stream(edu, lines), 413)
    assert _names(database) == ["1"]


def test_nobody_unknown_sends_a_large_body(edu: Program) -> None:
    edu.token = "wbk_aaaaaaaa_" + "a" * 43

    def pieces() -> Iterator[bytes]:
        raise AssertionError("it was read")
        yield b""

    is_problem(_stream(edu, pieces()), 401)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ({"on_error": "ignore"}, "on_error"),
        ({"onerror": "reject"}, "onerror"),
        ({"revise": "maybe"}, "revise"),
        ({"name": ""}, "name"),
        ({"name": "n" * 121}, "name"),
        ([("revise", "true"), ("revise", "false")], "revise"),
    ],
)
def test_a_wrong_parameter_is_named(
    edu: Program, database: Database, query: Any, field: str
) -> None:
    answer = edu.ask("POST", ITEMS, data=b"{}", headers=LINES, query_string=query)
    [wrong] = is_problem(answer, 422)["errors"]
    assert wrong["field"] == field
    assert wrong["line"] is None


def test_twenty_megabytes_take_no_more_memory_than_two(program_of: ProgramOf, cast: Cast) -> None:
    edu = program_of(cast.edu)
    text = "x" * 2_000

    def peak(size: int, first: int) -> int:
        count = size // 2_200
        lines = (
            json.dumps(an_item(str(first + n), prompt=text)).encode() + b"\n" for n in range(count)
        )
        tracemalloc.start()
        try:
            answer = _stream(edu, lines)
            most = tracemalloc.get_traced_memory()[1]
        finally:
            tracemalloc.stop()
        assert answer.json["new"] == count
        return most

    peak(MIB, 0)
    small, large = peak(2 * MIB, 100_000), peak(20 * MIB, 200_000)
    # A batch of 1,000 items and a spool of 8 MiB are the most; a tenth of the body is no more.
    assert large < small + 24 * MIB
    assert large < 48 * MIB
    print(f"peak: {small / MIB:.1f} MiB of 2, {large / MIB:.1f} MiB of 20")
