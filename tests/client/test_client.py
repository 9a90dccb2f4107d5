"""The client against a real server: everything once, and every way it may fail."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.cast import Cast
from tests.client.conftest import Line
from tests.web.api.programs import an_item, prefers, token_for
from workbench import client as shown
from workbench.client import (
    AsyncClient,
    Client,
    Conflict,
    Corrupt,
    Invalid,
    Missing,
    NotAllowed,
    NotFound,
    NoToken,
    NotYet,
    Problem,
    Pushed,
    Unreachable,
    WorkbenchError,
)
from workbench.db import Database


def _items(count: int, first: int = 0) -> list[dict[str, Any]]:
    return [an_item(str(n)) for n in range(first, first + count)]


def _said(count: int, reviewer: str = "m") -> list[dict[str, Any]]:
    return [{"item": str(n), "reviewer": reviewer, "answer": prefers("a")} for n in range(count)]


def _judged(client: Client, count: int = 20) -> None:
    client.push(_items(count))
    client.push_judgments(_said(count))


# --- what it does ---------------------------------------------------------------------------


def test_the_whole_way(client: Client, tmp_path: Path) -> None:
    assert client.project == "main"
    assert client.push(iter(_items(20))).new == 20
    assert client.push_judgments(_said(20)).new == 20
    now = client.status()
    assert (now.items.all, now.judgments.given, now.judgments.left) == (20, 20, 20)
    feed = client.judgments(limit=7)
    assert [each.item for each in feed] == [each["item"] for each in _said(20)]
    assert list(client.judgments(feed.cursor)) == []
    client.push_judgments(_said(2, "n"))
    assert [each.reviewer for each in client.judgments(feed.cursor)] == ["n", "n"]
    assert len(client.judgments().to_frame()) == 22
    made = client.snapshot("prefs", "trl-preference", split={"test": 0.3}, languages=["en"])
    paths = made.download(tmp_path / "prefs")
    assert [path.name for path in paths] == [each.name for each in made.info.files]
    assert not list((tmp_path / "prefs").glob("*.part"))
    rows = list(made.rows())
    assert len(rows) == 20 == made.info.rows == len(made.to_frame())
    assert len(list(made.rows("test"))) == made.info.files[1].rows
    assert made.manifest["policy"]["filters"] == {"languages": "en"}
    assert client.snapshot("prefs").info == made.info
    assert [each.name for each in client.snapshots()] == ["prefs"]
    assert made.changed().changes == ()
    assert {each.measure for each in client.agreement().whole}
    split = client.agreement(by="language")
    assert set(split.to_frame()["part"].dropna()) == {"en"}


def test_the_whole_way_asynchronously(line: Line, token: str, tmp_path: Path) -> None:
    async def whole() -> None:
        async with AsyncClient(line.url, token) as client:
            assert (await client.push(_items(20))).new == 20
            assert (await client.push_judgments(_said(20))).new == 20
            assert (await client.wait(judgments=20)).judgments.given == 20
            bad = await client.push([*_items(2, 30), {"id": "bad"}], on_error="reject")
            assert [(each.line, each.text) async for each in client.rejected(bad)] == [
                (3, '{"id": "bad"}')
            ]
            found = [each async for each in client.items(finished=False, limit=7)]
            assert len(found) == 22
            assert not any(each.finished for each in found)
            feed = client.judgments(limit=7)
            assert [each.item async for each in feed] == [each["item"] for each in _said(20)]
            assert len(await client.judgments().to_frame()) == 20
            made = await client.snapshot("prefs", "trl-preference", split={"test": 0.3})
            paths = await made.download(tmp_path)
            assert all(path.is_file() for path in paths)
            assert len([row async for row in made.rows()]) == 20 == len(await made.to_frame())
            assert (await made.changed()).unseen == 0
            assert (await client.snapshot("prefs")).info == made.info
            assert len(await client.snapshots()) == 1
            assert (await client.agreement()).whole
            with pytest.raises(NotFound):
                await client.snapshot("none")

    # In a thread of its own: a browser's tests leave a loop running in this one.
    with ThreadPoolExecutor(1) as pool:
        pool.submit(asyncio.run, whole()).result()


def test_both_clients_offer_the_same() -> None:
    offered = {name for name in dir(Client) if not name.startswith("_")} - {"project"}
    assert offered == {name for name in dir(AsyncClient) if not name.startswith("_")}


def test_what_is_pushed_goes_in_batches_and_tells_how_far_it_is(client: Client, line: Line) -> None:
    told: list[Pushed] = []
    done = client.push(_items(50), batch_bytes=2_000, progress=told.append)
    assert done.new == done.lines == 50
    assert len(done.sources) == len(told) == len(line.asked) - 1 > 3
    assert [each.new for each in told] == sorted({each.new for each in told})
    assert client.push(_items(50), batch_bytes=3_000).same == 50


def test_nothing_is_taken_before_it_is_sent(client: Client, line: Line) -> None:
    taken = []

    def items() -> Any:
        for each in _items(40):
            taken.append(len(line.asked))
            yield each

    client.push(items(), batch_bytes=2_000)
    assert taken[-1] > taken[0]


def test_a_frame_is_pushed_with_empty_cells_left_out(client: Client) -> None:
    rows = [{**each, "severity": np.int64(1)} for each in _items(3)]
    rows[1]["tags"] = np.array(["one", "two"])
    assert client.push(pd.DataFrame(rows)).new == 3
    assert client.push(pd.DataFrame(rows)).same == 3


@pytest.mark.parametrize("bad", [{"id": {1}}, {"id": float("nan")}, {"id": "\ud800"}])
def test_what_json_does_not_hold_is_named_by_its_place(client: Client, bad: Any) -> None:
    with pytest.raises((TypeError, ValueError), match="record 2"):
        client.push([an_item("1"), bad])


def test_waiting_ends_when_the_project_is_there(client: Client) -> None:
    with pytest.raises(NotYet, match="0 judgments, 0 of 0 items") as caught:
        client.wait(complete=1.0, timeout=0.05, every=0.01)
    assert caught.value.status.items.all == 0
    _judged(client, 4)
    assert client.wait(judgments=4).judgments.given == 4
    with pytest.raises(TimeoutError):
        client.wait(judgments=5, timeout=0)
    client.push_judgments(_said(2, "n"))
    assert client.wait(complete=0.5, every=0.01).items.complete == 2
    for wrong in ({}, {"judgments": 1, "complete": 1.0}, {"complete": 0.0}, {"complete": 90.0}):
        with pytest.raises(ValueError, match="complete"):
            client.wait(**wrong)


# --- what fails -----------------------------------------------------------------------------


@pytest.mark.parametrize("what", ["503", "429", "502", "504", "cut"])
def test_what_fails_for_a_moment_is_sent_again_and_stored_once(
    client: Client, line: Line, what: str
) -> None:
    assert client.project == "main"
    line.to_come += [what, what]
    done = client.push(_items(5))
    assert (done.lines, client.status().items.all) == (5, 5)
    line.to_come.append(what)
    assert client.snapshot("one", "judgments").info.rows == 0
    assert [each.name for each in client.snapshots()] == ["one"]


def test_it_gives_up_in_the_end(line: Line, token: str) -> None:
    with Client(line.url, token, tries=2) as client:
        line.to_come += ["503"] * 2
        with pytest.raises(shown.Busy, match="503 An answer that is not Workbench's: <h1>Away"):
            client.status()
    with Client("http://127.0.0.1:9", token, tries=1) as client, pytest.raises(Unreachable):
        client.status()


def test_a_download_goes_on_where_it_broke_off(client: Client, line: Line, tmp_path: Path) -> None:
    _judged(client)
    made = client.snapshot("prefs", "trl-preference")
    line.asked.clear()
    line.to_come += ["cut", "cut", "503", "cut"]
    first = made.download(tmp_path)[0]
    assert [each[2] for each in line.asked[:5]] == [
        "", "bytes=40-", "bytes=80-", "bytes=80-", "bytes=120-"
    ]  # fmt: skip
    assert len(first.read_text().splitlines()) == 20
    line.asked.clear()
    made.download(tmp_path)
    assert line.asked == []
    first.write_text("changed")
    made.download(tmp_path)
    assert len(first.read_text().splitlines()) == 20


def test_a_part_of_something_else_is_found_out(client: Client, tmp_path: Path) -> None:
    _judged(client)
    made = client.snapshot("prefs", "trl-preference")
    folder = tmp_path / "prefs"
    folder.mkdir()
    (folder / f"{made.info.files[0].name}.part").write_bytes(b"x" * 100)
    with pytest.raises(Corrupt, match="hash"):
        made.download(folder)
    assert list(folder.iterdir()) == []
    assert made.download(folder)[0].stat().st_size == made.info.files[0].bytes


def test_wrong_lines_are_named_by_their_place_in_all(client: Client) -> None:
    lines = [*_items(30), {"id": "x"}, *_items(3, 40)]
    with pytest.raises(Invalid) as caught:
        client.push(lines, batch_bytes=2_000)
    assert {each.line for each in caught.value.errors} == {31}
    assert "line 31, language: is missing" in str(caught.value)
    assert caught.value.type == "/api#invalid"
    done = client.push(lines, batch_bytes=2_000, on_error="reject")
    assert (done.lines, done.rejected, done.errors[0].line) == (34, 1, 31)


def test_every_line_that_was_left_out_is_there_to_be_mended(client: Client, line: Line) -> None:
    lines = [*_items(30), *({"id": f"bad {n}"} for n in range(240)), *_items(3, 40)]
    done = client.push(lines, batch_bytes=2_000, on_error="reject")
    assert len({each.after for each in done.imports}) == len(done.sources) > 3
    line.to_come += ["503", "cut"]
    left_out = list(client.rejected(done))
    assert [each.line for each in left_out] == list(range(31, 271))
    assert [json.loads(each.text) for each in left_out] == lines[30:270]
    assert str(left_out[0].errors[0]).startswith("line 31, language: ")
    assert list(client.rejected(client.push(_items(30)))) == []


def test_the_items_are_told_with_how_far_they_are(client: Client, line: Line) -> None:
    _judged(client, 8)
    client.push_judgments(_said(3, "n"))
    line.asked.clear()
    found = list(client.items(limit=3))
    assert len(line.asked) == 3
    assert [each.id for each in found] == [str(n) for n in range(8)]
    assert {(each.judgments, each.wanted) for each in found} == {(1, 2), (2, 2)}
    assert [each.id for each in client.items(finished=True)] == ["0", "1", "2"]


def test_each_kind_of_refusal_is_an_exception_of_its_own(
    client: Client, line: Line, database: Database, cast: Cast
) -> None:
    with Client(line.url, "wbk_nonsense") as other, pytest.raises(NoToken, match="401") as caught:
        other.status()
    # As the server's log has it, for whoever runs the server.
    assert re.fullmatch(r"[0-9a-f]{12}", caught.value.request_id)
    assert str(caught.value).splitlines()[-1] == f"  request {caught.value.request_id}"
    reads = token_for(database, cast.edu, cast.project, "read")
    with Client(line.url, reads) as other, pytest.raises(NotAllowed, match="lacks the scope"):
        other.push(_items(1))
    with Client(line.url, reads, "other") as other, pytest.raises(NotFound):
        other.status()
    with pytest.raises(Invalid, match="is no cursor of this project"):
        next(client.judgments("nonsense"))
    with pytest.raises(Invalid, match="ties"):
        client.snapshot("one", "judgments", ties="maybe")
    client.snapshot("one", "judgments")
    with pytest.raises(Conflict, match="other settings"):
        client.snapshot("one", "judgments", languages="es")
    with pytest.raises(KeyError, match="no split test; it has all"):
        next(client.snapshot("one").rows("test"))


def test_the_address_and_the_token_come_from_the_environment(
    line: Line, token: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("WORKBENCH_URL", "WORKBENCH_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(WorkbenchError, match="WORKBENCH_URL"):
        Client()
    monkeypatch.setenv("WORKBENCH_URL", line.url)
    with pytest.raises(WorkbenchError, match="WORKBENCH_TOKEN"):
        Client()
    monkeypatch.setenv("WORKBENCH_TOKEN", token)
    with Client() as client:
        assert client.status().slug == "main"
        assert token not in repr(vars(client))


def test_without_datasets_it_says_so(client: Client) -> None:
    with pytest.raises(Missing, match="pip install datasets"):
        client.snapshot("one", "judgments").to_datasets()


def test_a_problem_says_how_much_more_is_wrong() -> None:
    errors = tuple(shown.LineError(n, "id", "is missing") for n in range(1, 13))
    said = str(Problem(422, title="Wrong", errors=errors, errors_left_off=5))
    assert said.splitlines()[0] == "422 Wrong"
    assert said.splitlines()[-1] == "  and 7 more"


def test_importing_it_brings_neither_the_server_nor_pandas() -> None:
    heavy = "{'flask', 'sqlalchemy', 'pandas', 'numpy'}"
    code = f"import sys, workbench.client; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"
