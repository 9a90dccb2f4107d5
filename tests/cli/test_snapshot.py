"""`snapshot`: named training sets that never change."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pyarrow.parquet
import pytest
from sqlalchemy import select
from sqlalchemy.exc import DBAPIError

from tests.arrivals import A_BETTER, B_BETTER, as_bytes, raw_item, raw_judgment
from tests.cli.conftest import Run, good, refused
from workbench.db import Database, now
from workbench.models import AuditEntry, ExportFile, Item, Project, Settled
from workbench.services import accounts, audit, projects
from workbench.services.adjudicate import Decision, adjudicate

NAMES = [f"i{n:02}" for n in range(30)]
MAKE = ("snapshot", "make", "prefs", "november", "--format", "trl-preference")


@pytest.fixture
def judged(run: Run, prefs: Database) -> Database:
    """Thirty items with two judgments each, of which one in five is split."""
    Path("items.jsonl").write_bytes(as_bytes(raw_item(name) for name in NAMES))
    lines = [
        raw_judgment(name, who, B_BETTER if who == "r2" and n % 5 == 0 else A_BETTER)
        for n, name in enumerate(NAMES)
        for who in ("r1", "r2")
    ]
    _bring(run, lines)
    return prefs


def _bring(run: Run, lines: list[dict[str, Any]]) -> None:
    Path("judgments.jsonl").write_bytes(as_bytes(lines))
    if Path("items.jsonl").exists():
        good(run("import", "prefs", "items.jsonl"))
    good(run("import-judgments", "prefs", "judgments.jsonl", "--revise"))


def _settle(database: Database, name: str) -> None:
    with database.write() as session:
        project = session.scalars(select(Project)).one()
        lead = accounts.create_user(session, name="luz", role="lead", now=now(session))
        projects.add_member(session, project, lead, role="lead", now=now(session))
        item = session.scalars(select(Item).where(Item.external_id == name)).one()
        adjudicate(session, Decision(item.id, lead.id, Settled.ANSWERED, B_BETTER), now(session))


def _changed(run: Run) -> dict[str, tuple[list[str], str]]:
    said = json.loads(good(run("snapshot", "changed", "prefs", "november", "--json")))
    return {each["item"]: (each["news"], each["rows"]) for each in said["changes"]}


def test_its_files_are_those_of_an_export_with_a_card(run: Run, judged: Database) -> None:
    good(run(*MAKE, "--split", "test=0.3"))
    good(run("snapshot", "get", "prefs", "november", "-o", "out"))
    good(run("export", "prefs", "--format", "trl-preference", "--split", "test=0.3",
             "-o", "prefs-trl-preference.jsonl"))  # fmt: skip
    assert sorted(path.name for path in Path("out").iterdir()) == [
        "README.md",
        "prefs-trl-preference.jsonl.manifest.json",
        "prefs-trl-preference.test.jsonl",
        "prefs-trl-preference.train.jsonl",
    ]
    for path in Path("out").iterdir():
        if path.name != "README.md":
            assert path.read_bytes() == Path(path.name).read_bytes()
    card = Path("out/README.md").read_text()
    for line in ('path: "prefs-trl-preference.test.jsonl"', "## Who judged", "undefined",
                 "Reviewers: 2. Judgments: 60, from", "items.jsonl"):  # fmt: skip
        assert line in card


def test_two_of_the_same_data_are_the_same_bytes(run: Run, judged: Database) -> None:
    good(run(*MAKE))
    good(run("snapshot", "make", "prefs", "again", "--format", "trl-preference"))
    for name in ("november", "again"):
        good(run("snapshot", "get", "prefs", name, "-o", name))
    for path in Path("again").iterdir():
        assert path.read_bytes() == (Path("november") / path.name).read_bytes()


def test_parquet_has_the_same_rows_and_the_card_names_it(run: Run, judged: Database) -> None:
    good(run(*MAKE))
    good(run("snapshot", "get", "prefs", "november", "-o", "out"))
    good(run("snapshot", "get", "prefs", "november", "-o", "flat", "--parquet"))
    lines = Path("out/prefs-trl-preference.jsonl").read_bytes().splitlines()
    found = pyarrow.parquet.read_table("flat/prefs-trl-preference.parquet").to_pylist()
    assert found == [json.loads(line) for line in lines]
    assert 'path: "prefs-trl-preference.parquet"' in Path("flat/README.md").read_text()


def test_an_option_that_decides_nothing_is_refused(run: Run, judged: Database) -> None:
    asked = ("snapshot", "make", "prefs", "one", "--format", "listwise")
    why = refused(run(*asked, "--ties", "half", "--min-judgments", "2"), 2)
    assert why == "--ties: listwise of a project of type ranking does not go by this; leave it out"
    good(run(*asked, "--min-judgments", "2"))


def test_a_name_is_given_once_and_a_row_never_changes(run: Run, judged: Database) -> None:
    good(run(*MAKE))
    assert "NAME: There is a snapshot" in refused(run(*MAKE), 2)
    for wrong in (" ", "UP", "a/b", "-a", "a" * 61):
        refused(run("snapshot", "make", "prefs", "--format", "judgments", "--", wrong), 2)
    with judged.read() as session:
        assert session.scalars(select(ExportFile.name)).all() == ["november"]
        made = session.scalars(select(AuditEntry).where(AuditEntry.action == "export")).all()
        assert len(made) == 1
    with pytest.raises(DBAPIError, match="append-only"), judged.write() as session:
        session.scalars(select(ExportFile)).one().name = "december"


def test_what_was_built_waits_for_a_database_that_is_busy(
    run: Run, judged: Database, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.db.BUSY_MS", 50)
    with ThreadPoolExecutor(1) as pool, judged.write() as session:
        # As whatever writes does: what a snapshot is noted in is for one at a time.
        audit.append(session, "test", "test", actor=None, at=now(session), detail={})
        making = pool.submit(run, *MAKE)
        while not list(home.glob("exports/*/README.md")) and not making.done():
            time.sleep(0.02)
        time.sleep(0.3)
        assert not making.done()
    good(making.result(30))
    good(run("snapshot", "show", "prefs", "november"))


def test_a_name_that_is_missing_or_a_folder_that_cannot_be_is_said(
    run: Run, judged: Database
) -> None:
    assert "There is no snapshot nothing" in refused(run("snapshot", "show", "prefs", "nothing"), 2)
    good(run(*MAKE))
    Path("taken").write_text("a file")
    refused(run("snapshot", "get", "prefs", "november", "-o", "taken"), 2)
    Path("full").mkdir()
    (Path("full") / "README.md").mkdir()
    refused(run("snapshot", "get", "prefs", "november", "-o", "full"), 2)
    assert sorted(path.name for path in Path("full").iterdir()) == ["README.md"]


def test_the_list_knows_whose_judgments_are_in_it(run: Run, judged: Database) -> None:
    assert "There is no such" in good(run("snapshot", "list", "prefs"))
    good(run(*MAKE))
    good(run("snapshot", "make", "prefs", "without", "--format", "judgments", "--without", "r1"))
    assert len(good(run("snapshot", "list", "prefs")).splitlines()) == 3
    for who, names in (("r1", ["november"]), ("r2", ["without", "november"]), ("r9", [])):
        said = json.loads(good(run("snapshot", "list", "prefs", "--with", who, "--json")))
        assert [each["name"] for each in said["snapshots"]] == names


def test_the_list_knows_which_items_are_in_it(run: Run, judged: Database) -> None:
    good(run(*MAKE))
    good(run("snapshot", "make", "prefs", "all", "--format", "judgments"))
    Path("items.jsonl").write_bytes(as_bytes([raw_item("i04", tags=["new"])]))
    good(run("import", "prefs", "items.jsonl", "--revise"))
    # i05 was split and gave no preference; i04 was replaced since, and another came after.
    both = ["all", "november"]
    for item, names in (("i01", both), ("i05", ["all"]), ("i04", both), ("none", [])):
        said = json.loads(good(run("snapshot", "list", "prefs", "--item", item, "--json")))
        assert [each["name"] for each in said["snapshots"]] == names


def test_news_of_its_items_are_told_with_what_they_do_to_its_rows(
    run: Run, judged: Database
) -> None:
    good(run(*MAKE))
    assert _changed(run) == {}
    assert "Nothing was said of its items" in good(run("snapshot", "changed", "prefs", "november"))
    good(run("project", "overlap", "prefs", "3"))
    # i05 was split, so it gave no row: what is said of it is no news of this snapshot.
    _bring(run, [raw_judgment("i01", "r1", B_BETTER), raw_judgment("i05", "r2", A_BETTER),
                 raw_judgment("i03", "r3", A_BETTER)])  # fmt: skip
    _settle(judged, "i02")
    assert _changed(run) == {
        "i01": (["corrected"], "gone"),
        "i02": (["settled"], "other"),
        "i03": (["judged"], "other"),
    }
    Path("items.jsonl").write_bytes(as_bytes([raw_item("i04", tags=["new"])]))
    good(run("import", "prefs", "items.jsonl", "--revise"))
    assert _changed(run)["i04"] == (["replaced"], "gone")
    said = good(run("snapshot", "changed", "prefs", "november"))
    assert "4 of its items have news, and 4 would give other rows today." in said


def test_a_line_is_traced_by_the_snapshots_name(run: Run, judged: Database) -> None:
    good(run(*MAKE, "--split", "test=0.3"))
    found = json.loads(good(run("trace", "prefs/november", "1", "--split", "test", "--json")))
    assert found["item"] in NAMES
    assert "say --split" in refused(run("trace", "prefs/november", "1"), 2)
    assert "no snapshot of that name" in refused(run("trace", "prefs/december", "1"), 2)
    assert "no snapshot of that name" in refused(run("trace", "nowhere/december", "1"), 2)
    refused(run("trace", "missing.jsonl", "1"), 2)


def test_what_people_tell_stands_in_the_cards_to_come(run: Run, judged: Database) -> None:
    good(run(*MAKE))
    told = ("--licence", "CC-BY-4.0", "--use", "DPO <script>\n# not a heading", "--pay", "COP 9")
    assert "CC-BY-4.0" in good(run("snapshot", "card", "prefs", *told))
    good(run("snapshot", "make", "prefs", "later", "--format", "judgments"))
    for name in ("november", "later"):
        good(run("snapshot", "get", "prefs", name, "-o", name))
    assert "CC-BY-4.0" not in Path("november/README.md").read_text()
    card = Path("later/README.md").read_text()
    assert 'license: "cc-by-4.0"' in card
    assert "\\<script\\>" in card
    assert "\n# not" not in card
    assert "**Pay.** COP 9" in card
    assert "not told" in good(run("snapshot", "card", "prefs", "--pay", ""))
    refused(run("snapshot", "card", "prefs", "--pay", "x" * 2001), 2)
