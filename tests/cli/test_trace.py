"""From a line of a training set back to its item, judgments, decisions and the audit trail."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from tests.arrivals import A_BETTER, B_BETTER, as_bytes, raw_item, raw_judgment
from tests.cli.conftest import Run, good, refused
from workbench.db import Database, now
from workbench.models import AuditEntry, Item, Project, Settled
from workbench.services import accounts, projects
from workbench.services.adjudicate import Decision, adjudicate


@pytest.fixture
def judged(run: Run, prefs: Database) -> Database:
    """Thirty items with two judgments each, and a lead."""
    names = [f"i{n:02}" for n in range(30)]
    Path("items.jsonl").write_bytes(as_bytes(raw_item(name) for name in names))
    lines = [raw_judgment(name, who) for name in names for who in ("r1", "r2")]
    Path("judgments.jsonl").write_bytes(as_bytes(lines))
    good(run("import", "prefs", "items.jsonl"))
    good(run("import-judgments", "prefs", "judgments.jsonl"))
    with prefs.write() as session:
        project = session.scalars(select(Project)).one()
        lead = accounts.create_user(session, name="luz", role="lead", now=now(session))
        projects.add_member(session, project, lead, role="lead", now=now(session))
    return prefs


def settle(database: Database, name: str) -> None:
    with database.write() as session:
        item = session.scalars(select(Item).where(Item.external_id == name)).one()
        lead = accounts.find_user(session, "luz")
        said = Decision(item.id, lead.id, Settled.ANSWERED, B_BETTER)
        adjudicate(session, said, now(session))


def rows(path: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in Path(path).read_bytes().splitlines()]


def traced(run: Run, path: str, line: int) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(good(run("trace", path, str(line), "--json")))
    return found


@pytest.mark.parametrize("fmt", ["trl-preference", "openai-dpo", "judgments"])
def test_every_line_leads_to_its_item_and_the_line_it_came_in_with(
    run: Run, judged: Database, fmt: str
) -> None:
    good(run("export", "prefs", "--format", fmt, "-o", "out.jsonl"))
    brought = [row["id"] for row in rows("items.jsonl")]
    written = rows("out.jsonl")
    for line in (1, len(written)):
        found = traced(run, "out.jsonl", line)
        named = written[line - 1].get("id") or written[line - 1].get("item")
        assert named is None or found["item"] == named
        assert brought[found["source_line"] - 1] == found["item"]
        assert found["source"] == "items.jsonl"
        assert [said["who"] for said in found["judgments"]] == ["r1", "r2"]
        assert all(said["counted"] for said in found["judgments"])


def test_the_entries_are_those_of_the_trail(run: Run, judged: Database) -> None:
    good(run("export", "prefs", "--format", "trl-preference", "-o", "out.jsonl"))
    found = traced(run, "out.jsonl", 3)
    with judged.read() as session:
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "judgments.import")
        ).one()
    assert found["entries"] == [
        {"seq": entry.seq, "at": found["entries"][0]["at"], "action": "judgments.import",
         "hash": entry.hash}
    ]  # fmt: skip
    assert {said["audit"] for said in found["judgments"]} == {entry.seq}


def test_a_decision_is_what_counted_unless_the_set_ignores_it(run: Run, judged: Database) -> None:
    settle(judged, "i07")
    for asked, counted in (("first", [False, False, True]), ("ignore", [True, True, False])):
        good(run("export", "prefs", "--format", "trl-preference", "--decisions", asked,
                 "-o", f"{asked}.jsonl"))  # fmt: skip
        found = traced(run, f"{asked}.jsonl", 8)
        assert found["item"] == "i07"
        said = found["judgments"] + found["decisions"]
        assert [each["counted"] for each in said] == counted
    assert "Decisions up to entry" in good(run("trace", "first.jsonl", "8"))


def test_what_came_since_is_told_and_changes_nothing(run: Run, judged: Database) -> None:
    good(run("export", "prefs", "--format", "trl-preference", "-o", "out.jsonl"))
    before = traced(run, "out.jsonl", 8)
    settle(judged, "i07")
    after = traced(run, "out.jsonl", 8)
    assert (before.pop("since"), after.pop("since")) == (0, 1)
    assert before == after
    assert "since: 1. This set lacks them." in good(run("trace", "out.jsonl", "8"))


def test_splits_share_the_manifest(run: Run, judged: Database) -> None:
    good(run("export", "prefs", "--format", "trl-preference", "--split", "test=0.3",
             "-o", "out.jsonl"))  # fmt: skip
    for name in ("out.train.jsonl", "out.test.jsonl"):
        assert traced(run, name, 1)["item"] == rows(name)[0]["id"]


def test_a_file_that_was_changed_or_is_none_of_ours_is_refused(run: Run, judged: Database) -> None:
    good(run("export", "prefs", "--format", "trl-preference", "-o", "out.jsonl"))
    assert "fewer than 31 lines" in refused(run("trace", "out.jsonl", "31"), 2)
    Path("alone.jsonl").write_bytes(Path("out.jsonl").read_bytes())
    assert "There is no manifest" in refused(run("trace", "alone.jsonl", "1"), 2)
    manifest = "out.jsonl.manifest.json"
    for text in (b"", b"[]", b"{}", b'{"policy": 1}', b"\xff"):
        Path("bad.json").write_bytes(text)
        said = refused(run("trace", "out.jsonl", "1", "--manifest", "bad.json"), 1)
        assert "is no manifest of an export" in said
    Path("out.jsonl").write_bytes(Path("out.jsonl").read_bytes().replace(b"i00", b"i99"))
    assert "not as it was exported" in refused(
        run("trace", "out.jsonl", "1", "--manifest", manifest), 1
    )


def test_an_item_that_was_replaced_since_is_found_and_said_to_be(
    run: Run, judged: Database
) -> None:
    good(run("export", "prefs", "--format", "trl-preference", "-o", "out.jsonl"))
    before = traced(run, "out.jsonl", 1)
    Path("new.jsonl").write_bytes(as_bytes([raw_item("i00", tags=["new"])]))
    good(run("import", "prefs", "new.jsonl", "--revise"))
    after = traced(run, "out.jsonl", 1)
    assert (before.pop("left"), after.pop("left")) == (False, True)
    assert before == after
    assert "It was replaced, taken out or made gold since" in good(run("trace", "out.jsonl", "1"))


def test_a_manifest_of_before_decisions_counted_is_read(run: Run, judged: Database) -> None:
    settle(judged, "i07")
    good(run("export", "prefs", "--format", "trl-preference", "--decisions", "ignore",
             "-o", "out.jsonl"))  # fmt: skip
    path = Path("out.jsonl.manifest.json")
    old = json.loads(path.read_bytes())
    del old["policy"]["decisions"]
    path.write_text(json.dumps(old | {"schema": 1}))
    found = traced(run, "out.jsonl", 8)
    assert found["item"] == "i07"
    assert A_BETTER["tiers"] == [["a"], ["b"]]
    assert [said["counted"] for said in found["judgments"]] == [True, True]
