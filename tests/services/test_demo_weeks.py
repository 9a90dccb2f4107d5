"""The demo makes up when its judgments were made; what they say is as in the source."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest

from workbench.services.demo_weeks import dated

BOGOTA = ZoneInfo("America/Bogota")
WEEKS = [["facts"], ["mail", "shops"]]
#: A Monday, half past midnight in Bogota.
NOW = datetime(2026, 11, 23, 5, 30, tzinfo=UTC)


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Items by tag, and five judgments of each."""
    tags = {"one": ["mail"], "two": ["facts"], "three": ["other", "shops"]}
    items, judgments = tmp_path / "items.jsonl", tmp_path / "judgments.jsonl"
    items.write_bytes(b"".join(orjson.dumps({"id": i, "tags": t}) + b"\n" for i, t in tags.items()))
    said = [{"item": i, "reviewer": f"r{n}", "answer": {"n": n}} for i in tags for n in range(5)]
    judgments.write_bytes(b"".join(orjson.dumps(line) + b"\n" for line in said))
    return items, judgments


def test_each_tag_is_in_its_week_in_working_hours_and_nothing_else_changes(
    files: tuple[Path, Path],
) -> None:
    lines = [orjson.loads(line) for line in dated(*files, WEEKS, NOW)]
    moments: dict[str, list[datetime]] = defaultdict(list)
    for line in lines:
        moments[line["item"]].append(datetime.fromisoformat(line.pop("at")).astimezone(BOGOTA))
    said = [orjson.loads(line) for line in files[1].read_bytes().splitlines()]
    assert sorted(lines, key=str) == sorted(said, key=str)
    every = [each for some in moments.values() for each in some]
    assert all(each.weekday() < 5 and 8 <= each.hour < 16 for each in every)
    weeks = {item: {each.isocalendar().week for each in some} for item, some in moments.items()}
    assert weeks == {"two": {46}, "one": {47}, "three": {47}}


def test_they_come_in_the_order_of_their_times_and_are_all_in_the_past(
    files: tuple[Path, Path],
) -> None:
    for days in range(8):
        now = NOW + timedelta(days=days)
        at = [orjson.loads(line)["at"] for line in dated(*files, WEEKS, now)]
        assert at == sorted(at)
        assert datetime.fromisoformat(at[-1]) < now
        assert datetime.fromisoformat(at[-1]) > now - timedelta(days=10)


def test_an_item_of_no_week_is_named(files: tuple[Path, Path]) -> None:
    with pytest.raises(KeyError, match="two"):
        list(dated(*files, [["mail", "shops"]], NOW))
