"""Snapshots by the API: kept once, listed, fetched whole or on from where it broke, and watched."""

from __future__ import annotations

import hashlib
import json
import shutil
import time
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.cast import Cast
from tests.web.api.programs import MAIN, Program, ProgramOf, an_item, is_problem, prefers
from workbench.config import Config
from workbench.db import Database, now
from workbench.export.filters import FILTERS
from workbench.export.policy import OPTIONS
from workbench.models import AuditEntry, ExportFile, Membership, Qualification
from workbench.services import audit
from workbench.web.api.snapshot_shapes import SnapshotIn
from workbench.web.request import WorkbenchFlask

PREFS = {"name": "prefs", "format": "trl-preference"}
FILE = "main-trl-preference.jsonl"


@pytest.fixture(autouse=True)
def judged(edu: Program) -> None:
    edu.send([an_item(str(n)) for n in range(20)])
    lines = [{"item": str(n), "reviewer": "m", "answer": prefers("a")} for n in range(20)]
    assert edu.send(lines, f"{MAIN}/judgments").json["new"] == 20


def _make(program: Program, **body: Any) -> Any:
    return program.ask("POST", f"{MAIN}/snapshots", json={**PREFS, **body})


def _fetch(program: Program, file: str = FILE, **headers: str) -> Any:
    return program.get(f"{MAIN}/snapshots/prefs/files/{file}", headers=headers)


def test_it_is_made_told_listed_and_fetched(edu: Program) -> None:
    made = _make(edu, split="test=0.3", min_judgments=1, min_agreement=0.5)
    assert made.status_code == 201, made.text
    assert made.headers["Location"] == f"{MAIN}/snapshots/prefs"
    told = edu.get(f"{MAIN}/snapshots/prefs").json
    assert told == made.json
    assert told["rows"] == 20 == sum(each["rows"] or 0 for each in told["files"])
    assert told["manifest"]["policy"]["min_agreement"] == 0.5
    assert [each["split"] for each in told["files"]] == ["train", "test", None, None]
    [line] = edu.get(f"{MAIN}/snapshots").json["snapshots"]
    assert line["files"] == told["files"][:2]
    assert {line[key] == told[key] for key in ("name", "format", "rows", "made_at")} == {True}
    for each in told["files"]:
        answer = _fetch(edu, each["name"])
        assert answer.status_code == 200
        assert len(answer.data) == each["bytes"]
        assert hashlib.sha256(answer.data).hexdigest() == each["sha256"]
        assert answer.headers["ETag"] == f'"{each["sha256"]}"'
        assert answer.headers["Accept-Ranges"] == "bytes"
        rows = [json.loads(row) for row in answer.data.splitlines()] if each["rows"] else []
        assert len(rows) == (each["rows"] or 0)
    kinds = [_fetch(edu, each["name"]).mimetype for each in told["files"]]
    assert kinds == ["application/x-ndjson"] * 2 + ["text/markdown", "application/json"]


def test_what_those_said_whom_gold_has_paused_can_be_left_out(
    edu: Program, database: Database
) -> None:
    with database.write() as session:
        m = session.scalars(select(Membership).where(Membership.pseudonym == "m")).one()
        at = now(session)
        session.add(Qualification(project_id=m.project_id, user_id=m.user_id, how="lead",
                                  qualified_at=at, revoked_at=at, fell=True))  # fmt: skip
    assert _make(edu, name="all").json["rows"] == 20
    made = _make(edu, name="others", without="nobody", without_paused=True).json
    assert made["rows"] == 0
    named = _make(edu, name="named", without="nobody,m").json
    assert made["manifest"]["policy"] == named["manifest"]["policy"]


def test_what_was_built_waits_for_a_database_that_is_busy(
    edu: Program, database: Database, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.db.BUSY_MS", 50)
    with ThreadPoolExecutor(1) as pool, database.write() as session:
        audit.append(session, "test", "test", actor=None, at=now(session), detail={})
        making = pool.submit(_make, edu)
        while not list(config.exports.glob("*/README.md")) and not making.done():
            time.sleep(0.02)
        time.sleep(0.3)
        assert not making.done()
    assert making.result(30).status_code == 201


def test_the_list_has_the_newest_first(edu: Program) -> None:
    for name in ("b", "c", "a"):
        _make(edu, name=name)
    told = edu.get(f"{MAIN}/snapshots").json["snapshots"]
    assert [each["name"] for each in told] == ["a", "c", "b"]


def test_what_broke_off_goes_on(edu: Program) -> None:
    _make(edu)
    whole = _fetch(edu).data
    etag = f'"{hashlib.sha256(whole).hexdigest()}"'
    rest = _fetch(edu, Range="bytes=100-", **{"If-Range": etag})
    assert rest.status_code == 206
    assert rest.headers["Content-Range"] == f"bytes 100-{len(whole) - 1}/{len(whole)}"
    assert whole[:100] + rest.data == whole
    # Another file by now: all of it.
    assert _fetch(edu, Range="bytes=100-", **{"If-Range": '"other"'}).data == whole
    assert _fetch(edu, **{"If-None-Match": etag}).status_code == 304
    beyond = _fetch(edu, Range=f"bytes={len(whole)}-")
    is_problem(beyond, 416)
    assert beyond.headers["Content-Range"] == f"bytes */{len(whole)}"


def test_the_same_again_is_the_one_that_is_there(edu: Program, database: Database) -> None:
    first = _make(edu, split="test=0.10", languages="en")
    edu.send([an_item("later")])
    edu.send([{"item": "later", "reviewer": "m", "answer": prefers("a")}], f"{MAIN}/judgments")
    again = _make(edu, split="test=0.1", languages="en", decisions="first")
    assert (again.status_code, again.json) == (200, first.json)
    with database.read() as reading:
        assert reading.scalar(select(func.count()).select_from(ExportFile)) == 1


@pytest.mark.parametrize(
    "other", [{"format": "judgments"}, {"ties": "both"}, {"split": "test=0.2"}, {"languages": "es"}]
)
def test_the_same_name_with_other_settings_is_a_conflict(
    edu: Program, other: dict[str, str], config: Config
) -> None:
    _make(edu, split="test=0.1")
    there = sorted(config.exports.iterdir())
    told = is_problem(_make(edu, **{"split": "test=0.1", **other}), 409)
    assert "prefs" in told["detail"]
    assert sorted(config.exports.iterdir()) == there


def test_many_at_once_make_one(
    app: WorkbenchFlask, edu: Program, database: Database, config: Config
) -> None:
    programs = [Program(app, edu.token) for _ in range(6)]
    with ThreadPoolExecutor(len(programs)) as pool:
        answers = list(pool.map(_make, programs))
    assert sorted(each.status_code for each in answers) == [200] * 5 + [201]
    assert len({each.data for each in answers}) == 1
    assert len(list(config.exports.iterdir())) == 1
    with database.read() as reading:
        entries = select(func.count()).where(AuditEntry.action == "export")
        assert reading.scalar(entries) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": "Not A Name"}, "name"),
        ({"name": ""}, "name"),
        ({"name": None}, "name"),
        ({"format": "nothing"}, "format"),
        ({"format": "bias-spans"}, "format"),
        ({"ties": "maybe"}, "ties"),
        ({"split": "test=2"}, "split"),
        ({"min_judgments": 0}, "min_judgments"),
        ({"min_judgments": True}, "min_judgments"),
        ({"min_agreement": 1.5}, "min_agreement"),
        ({"min_agreement": 1e-30}, "min_agreement"),
        ({"since": "yesterday"}, "since"),
        ({"guideline": -1}, "guideline"),
        ({"tags": "a\x00b"}, "tags"),
        ({"seed": "x" * 41}, "seed"),
        ({"seed": ["x"]}, "seed"),
        ({"wrong": 1}, "wrong"),
    ],
)
def test_what_is_wrong_is_told_by_field(
    edu: Program, config: Config, body: dict[str, Any], field: str
) -> None:
    told = is_problem(_make(edu, **body), 422)
    assert [each["field"] for each in told["errors"]] == [field]
    assert not config.exports.exists() or not list(config.exports.iterdir())
    assert edu.get(f"{MAIN}/snapshots").json == {"snapshots": []}


@pytest.mark.parametrize(
    ("data", "kind", "status"),
    [
        (b"", "application/json", 422),
        (b"[]", "application/json", 422),
        (b'{"name": NaN}', "application/json", 422),
        (b'{"name": "\xff"}', "application/json", 422),
        (b"[" * 60_000, "application/json", 422),
        (b" " * 70_000, "application/json", 413),
        (b"{}", "application/x-ndjson", 415),
        (b"name=x", "application/x-www-form-urlencoded", 415),
    ],
)
def test_what_is_no_object_is_refused(edu: Program, data: bytes, kind: str, status: int) -> None:
    headers = {"Content-Type": kind}
    is_problem(edu.ask("POST", f"{MAIN}/snapshots", data=data, headers=headers), status)


def test_every_option_of_exports_can_be_given() -> None:
    assert set(SnapshotIn.model_fields) == {
        "name", "format", "without_paused", *FILTERS, *OPTIONS,
    }  # fmt: skip


def test_a_criterion_that_there_is_not_is_told(edu: Program) -> None:
    told = is_problem(_make(edu, criterion="beauty"), 422)
    assert told["errors"][0]["field"] == "criterion"


def test_what_is_not_there_is_not_found(edu: Program, config: Config) -> None:
    _make(edu)
    for path in ("nothing", "nothing/changed", "nothing/files/x.jsonl", "prefs/files/x.jsonl",
                 "prefs/files/..%2f..%2fkey", "prefs/files/%2e%2e"):  # fmt: skip
        is_problem(edu.get(f"{MAIN}/snapshots/{path}"), 404)
    [folder] = config.exports.iterdir()
    shutil.rmtree(folder)
    told = is_problem(_fetch(edu), 404)
    assert told["detail"].startswith("This file is no longer on the server.")
    beside = edu.get(f"{MAIN}/snapshots/prefs").json["files"]
    assert [each["sha256"] is None for each in beside] == [False, True, True]


def test_a_snapshot_of_another_project_is_not_there(
    edu: Program, program_of: ProgramOf, cast: Cast, app: WorkbenchFlask, database: Database
) -> None:
    _make(edu)
    for path in ("snapshots", "snapshots/prefs", f"snapshots/prefs/files/{FILE}"):
        is_problem(edu.get(f"{MAIN}/{path}".replace("main", "other", 1)), 404)


def test_what_became_of_its_items(edu: Program) -> None:
    _make(edu)
    path = f"{MAIN}/snapshots/prefs/changed"
    assert edu.get(path).json == {"changes": [], "unseen": 0}
    lines = [{"item": "3", "reviewer": "m", "answer": prefers("b", "a")}]
    assert edu.send(lines, f"{MAIN}/judgments", revise="true").json["revised"] == 1
    told = edu.get(path).json
    assert told == {
        "changes": [{"item": "3", "news": ["corrected"], "rows": "other"}],
        "unseen": 0,
    }
