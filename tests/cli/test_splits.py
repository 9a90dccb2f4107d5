"""`agreement --by`: one question's agreement, part by part."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.arrivals import A_BETTER, B_BETTER, as_bytes, raw_item, raw_judgment
from tests.cli.conftest import Run, good, refused
from workbench.db import Database

#: A Monday morning in Bogota, still Sunday by the clock of Honolulu.
MONDAY = datetime.fromisoformat("2026-11-09T00:30:00-05:00")


@pytest.fixture
def fallen(run: Run, prefs: Database) -> Database:
    """Three weeks of 10 items with two judgments each, opposite ones in the second."""
    items, given = [], []
    for week in range(3):
        for n in range(10):
            name = f"w{week}-{n}"
            items.append(raw_item(name, tags=[f"t{week}"]))
            answer = (A_BETTER, B_BETTER)[n % 2]
            other = (B_BETTER, A_BETTER)[n % 2]
            at = (MONDAY + timedelta(weeks=week)).isoformat()
            given.append(raw_judgment(name, "r1", answer, at=at))
            given.append(raw_judgment(name, "r2", other if week == 1 else answer, at=at))
    Path("items.jsonl").write_bytes(as_bytes(items))
    Path("judgments.jsonl").write_bytes(as_bytes(given))
    good(run("import", "prefs", "items.jsonl"))
    good(run("import-judgments", "prefs", "judgments.jsonl"))
    return prefs


def test_a_fall_in_one_week_is_in_the_table(run: Run, fallen: Database) -> None:
    lines = good(run("agreement", "prefs", "--by", "week")).splitlines()
    assert lines[0] == "prefs: Preference by week"
    assert lines[2].split()[:2] == ["week", "alpha"]
    rows = {line.split()[0]: line.split() for line in lines[3:] if line}
    assert list(rows) == ["all", "2026-W46", "2026-W47", "2026-W48"]
    assert [float(rows[week][1]) for week in rows] == [pytest.approx(1 / 3, abs=0.02), 1, -0.95, 1]
    assert rows["2026-W47"][-2:] == ["10", "20"]


def test_json_has_the_parts_for_programs(run: Run, fallen: Database) -> None:
    said = json.loads(good(run("agreement", "prefs", "--by", "week", "--json")))
    assert (said["by"], said["question"]) == ("week", "overall")
    same = {part["part"]: part["measures"][1]["value"] for part in said["parts"]}
    assert same == {"2026-W46": 1.0, "2026-W47": 0.0, "2026-W48": 1.0}


def test_weeks_are_those_of_the_sites_zone(
    run: Run, fallen: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WORKBENCH_TIMEZONE", "Pacific/Honolulu")
    said = json.loads(good(run("agreement", "prefs", "--by", "week", "--json")))
    assert [part["part"] for part in said["parts"]] == ["2026-W45", "2026-W46", "2026-W47"]


def test_what_is_undefined_says_why(run: Run, fallen: Database) -> None:
    lines = good(run("agreement", "prefs", "--by", "guideline")).splitlines()
    assert [line.split()[0] for line in lines[3:5]] == ["all", "(none)"]
    assert "Undefined:" not in lines
    good(run("project", "create", "empty", "--type", "ranking", "--title", "E"))
    lines = good(run("agreement", "empty", "--by", "model")).splitlines()
    assert "  all, Krippendorff's alpha: There are no judgments yet." in lines


def test_a_way_or_a_question_that_there_is_not_is_a_wrong_call(run: Run, fallen: Database) -> None:
    assert "week" in refused(run("agreement", "prefs", "--by", "moon"), 2)
    said = refused(run("agreement", "prefs", "--by", "tag", "--question", "nothing"), 2)
    assert "overall" in said
    assert "--by" in refused(run("agreement", "prefs", "--question", "overall"), 2)
