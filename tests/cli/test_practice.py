"""`workbench practice`: items from a file, the list of them, and the pass mark."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Run, good, refused
from tests.practice_lines import practice_line
from workbench.db import Database
from workbench.queries.projects import find_project


@pytest.fixture(autouse=True)
def files(prefs: Database) -> None:
    """A good file and one with a bad line, where the verb is called."""
    lines = [practice_line("p1"), practice_line("p2", language="es")]
    _write("practice.jsonl", *lines)
    _write("bad.jsonl", practice_line("p3"), practice_line("p4", why={"es": "Sí"}))


def _write(name: str, *lines: dict[str, object]) -> None:
    text = "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)
    Path(name).write_text(text, "utf-8")


def _mark(database: Database) -> int | None:
    with database.read() as session:
        return find_project(session, "prefs").practice_pass_mark


def test_items_are_loaded_and_listed(run: Run) -> None:
    assert "2 new, 0 already there" in good(run("practice", "load", "prefs", "practice.jsonl"))
    assert "0 new, 2 already there" in good(run("practice", "load", "prefs", "practice.jsonl"))
    listed = good(run("practice", "list", "prefs"))
    assert "Nobody is asked to practise." in listed
    assert [line.split()[0] for line in listed.splitlines()[2:]] == ["p1", "p2"]


def test_a_bad_line_is_named_and_nothing_is_loaded(run: Run) -> None:
    result = run("practice", "load", "prefs", "bad.jsonl")
    assert result.exit_code == 1
    assert "bad.jsonl:2: why.en: is missing" in result.stderr
    assert "p3" not in good(run("practice", "list", "prefs"))


def test_the_pass_mark_is_set_and_cleared(run: Run, prefs: Database) -> None:
    assert "Bring practice items in first" in refused(
        run("practice", "pass-mark", "prefs", "70"), 2
    )
    good(run("practice", "load", "prefs", "practice.jsonl"))
    assert "70 %" in good(run("practice", "pass-mark", "prefs", "70"))
    assert _mark(prefs) == 70
    assert "Pass mark: 70 %" in good(run("practice", "list", "prefs"))
    for wrong in (("101",), (), ("70", "--none")):
        refused(run("practice", "pass-mark", "prefs", *wrong), 2)
    assert _mark(prefs) == 70
    good(run("practice", "pass-mark", "prefs", "--none"))
    assert _mark(prefs) is None
