"""`reliability`, `disputes` and `league`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.arrivals import A_BETTER, B_BETTER, TIED, as_bytes, raw_item, raw_judgment
from tests.cli.conftest import Run, good, refused
from workbench.db import Database


@pytest.fixture
def judged(run: Run, prefs: Database) -> Database:
    """30 items: r1 and r2 differ on every sixth; every fifth is tied; r3 judged two."""
    names = [f"i{n:02}" for n in range(30)]
    answers = [TIED if n % 5 == 0 else B_BETTER if n % 3 == 0 else A_BETTER for n in range(30)]
    lines = [raw_judgment(name, "r1", said) for name, said in zip(names, answers, strict=True)]
    lines += [
        raw_judgment(name, "r2", B_BETTER if n % 6 == 1 else answers[n])
        for n, name in enumerate(names)
    ]
    good(run("project", "overlap", "prefs", "3"))
    lines += [raw_judgment(name, "r3", A_BETTER) for name in names[1:3]]
    Path("items.jsonl").write_bytes(as_bytes(map(raw_item, names)))
    Path("judgments.jsonl").write_bytes(as_bytes(lines))
    good(run("import", "prefs", "items.jsonl"))
    good(run("import-judgments", "prefs", "judgments.jsonl"))
    return prefs


def test_reliability_is_a_table_for_people(run: Run, judged: Database) -> None:
    head, *rows = good(run("reliability", "prefs")).splitlines()
    assert head.split() == ["reviewer", "accuracy", "95", "%", "interval", "judged", "tells",
                            "models", "apart"]  # fmt: skip
    assert len(rows) == 3
    assert sum("too few to tell" in row for row in rows) == 1


def test_reliability_is_json_for_programs(run: Run, judged: Database) -> None:
    said = json.loads(good(run("reliability", "prefs", "--json")))
    assert (said["project"], said["undefined"], said["noise_undefined"]) == ("prefs", None, None)
    judged_by = {each["n_judgments"]: each for each in said["reviewers"]}
    assert judged_by[2]["accuracy"] is None
    assert judged_by[2]["noise"] is None
    for each in said["reviewers"]:
        if each["n_judgments"] == 30:
            assert each["low"] <= each["accuracy"] <= each["high"]
            assert set(each["noise"]) == {"discrimination", "low", "high", "n_decided"}


def test_the_league_is_a_table_for_people(run: Run, judged: Database) -> None:
    head, first, second = good(run("league", "prefs")).splitlines()
    assert head.split()[:2] == ["model", "strength"]
    assert (first.split()[0], second.split()[0]) == ("m1", "m2")
    assert first.split()[1].startswith("+")
    assert second.split()[1].startswith("-")


def test_the_league_is_json_for_programs(run: Run, judged: Database) -> None:
    said = json.loads(good(run("league", "prefs", "--json")))
    first, second = said["models"]
    assert first["wins"] == second["losses"]
    assert first["ties"] == second["ties"] == 12 - 1
    assert first["low"] < first["strength"] < first["high"]


def test_disputes_are_listed_the_furthest_first(run: Run, judged: Database) -> None:
    head, *rows = good(run("disputes", "prefs")).splitlines()
    assert head.split() == ["item", "reviewers", "apart"]
    # Where r2 chose b: items 1, 7, 13, 19 and 25.
    assert {row.split()[0] for row in rows} == {"i01", "i07", "i13", "i19", "i25"}
    said = json.loads(good(run("disputes", "prefs", "--limit", "2", "--json")))
    shares = [each["share"] for each in said["disputes"]]
    assert len(shares) == 2
    assert shares == sorted(shares, reverse=True)


@pytest.mark.parametrize("verb", ["reliability", "league"])
def test_what_is_undefined_says_why(run: Run, prefs: Database, verb: str) -> None:
    assert good(run(verb, "prefs")).startswith("Undefined: ")
    assert json.loads(good(run(verb, "prefs", "--json")))["undefined"]


def test_a_type_that_compares_nothing_has_no_league(run: Run) -> None:
    good(run("project", "create", "flags", "--type", "bias", "--title", "F"))
    assert "compares no two responses" in good(run("league", "flags"))


def test_no_disputes_are_said(run: Run, prefs: Database) -> None:
    assert good(run("disputes", "prefs")).startswith("No two reviewers disagree")


def test_a_limit_is_above_zero(run: Run, prefs: Database) -> None:
    assert "--limit" in refused(run("disputes", "prefs", "--limit", "0"), 2)
