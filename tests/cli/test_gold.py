"""`workbench gold`: known answers from a file, what is gold, how people do, how much is hidden."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from tests.cli.conftest import Run, good, refused
from tests.flows.acts import prefers
from workbench.db import Database
from workbench.models import Gold, Item
from workbench.queries.projects import find_project
from workbench.services.gold import Settings


def _write(name: str, *lines: dict[str, Any]) -> None:
    Path(name).write_text("".join(json.dumps(line) + "\n" for line in lines), "utf-8")


@pytest.fixture(autouse=True)
def items(run: Run, prefs: Database) -> None:
    """Three items, and a file that says what the answers of two of them are."""
    pair = [{"id": letter, "model": "m", "text": f"{letter} is it"} for letter in "ab"]
    _write("items.jsonl", *(
        {"id": f"i{n}", "language": "en", "prompt": f"Which? {n}", "responses": pair}
        for n in range(3)
    ))  # fmt: skip
    good(run("import", "prefs", "items.jsonl"))
    first = {"item": "i0", "answer": prefers("a"), "note": "Rule 3."}
    _write("gold.jsonl", first, {"item": "i1", "answer": prefers("b")})


def _gold(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Item).where(Item.is_gold)) or 0


def _rows(database: Database) -> int:
    with database.read() as session:
        return session.scalar(select(func.count()).select_from(Gold)) or 0


def test_known_answers_are_loaded_once_and_changed(run: Run, prefs: Database) -> None:
    assert "2 new, 0 already there, 0 with" in good(run("gold", "load", "prefs", "gold.jsonl"))
    assert "0 new, 2 already there, 0 with" in good(run("gold", "load", "prefs", "gold.jsonl"))
    _write("other.jsonl", {"item": "i1", "answer": prefers("a")})
    assert "0 new, 0 already there, 1 with" in good(run("gold", "load", "prefs", "other.jsonl"))
    assert (_gold(prefs), _rows(prefs)) == (2, 3)
    listed = good(run("gold", "list", "prefs"))
    assert [line.split()[0] for line in listed.splitlines()[1:]] == ["i0", "i1"]
    told = json.loads(good(run("gold", "list", "prefs", "--json")))
    assert told["items"][0] == {
        "item": "i0", "answer": prefers("a"), "note": "Rule 3.",
        "right": 0, "n": 0, "share": None, "low": None, "high": None,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("line", "field", "why"),
    [
        ({"item": "i9", "answer": prefers("a")}, "item", "is not the id of an item"),
        ({"item": "i0", "answer": prefers("a")}, "item", "is the id of line 1 as well"),
        ({"item": "i2"}, "answer", "is missing"),
        ({"item": "i2", "answer": "a"}, "answer", "must be an object"),
        ({"item": "i2", "answer": {**prefers("a"), "tiers": [["z"]]}}, "answer.tiers", ""),
        ({"item": "i2", "answer": prefers("a"), "note": 3}, "note", "must be text"),
        ({"item": "i2", "answer": prefers("a"), "note": "x" * 3_000}, "note", "At most"),
        ({"item": "i2", "answer": prefers("a"), "why": ""}, "why", "is not known here"),
    ],
)
def test_a_bad_line_is_named_and_nothing_is_stored(
    run: Run, prefs: Database, line: dict[str, Any], field: str, why: str
) -> None:
    _write("bad.jsonl", {"item": "i0", "answer": prefers("a")}, line)
    result = run("gold", "load", "prefs", "bad.jsonl")
    assert result.exit_code == 1
    assert f"bad.jsonl:2: {field}" in result.stderr
    assert why in result.stderr
    assert (_gold(prefs), _rows(prefs)) == (0, 0)


def test_rates_are_set_shown_and_checked(run: Run, prefs: Database) -> None:
    said = good(run("gold", "rates", "prefs", "--gold", "5", "--repeats", "2", "--feedback"))
    assert "Gold in a hundred items: 5" in said
    assert good(run("gold", "rates", "prefs")) == said
    with prefs.read() as session:
        found = Settings.of(find_project(session, "prefs"))
    assert (found.gold_percent, found.repeat_percent, found.gold_feedback) == (5, 2, True)
    assert "practice first" in refused(run("gold", "rates", "prefs", "--floor", "60"), 2)
    for wrong in (("--gold", "31"), ("--floor", "60", "--no-floor"), ("--after-days", "0")):
        refused(run("gold", "rates", "prefs", *wrong), 2)
    assert good(run("gold", "rates", "prefs")) == said


def test_before_anybody_met_gold_it_says_so(run: Run) -> None:
    assert "Nothing is gold here." in good(run("gold", "list", "prefs"))
    assert "Nobody has met gold" in good(run("gold", "people", "prefs"))
    told = json.loads(good(run("gold", "people", "prefs", "--json")))
    assert told == {"project": "prefs", "gold": [], "repeats": []}
