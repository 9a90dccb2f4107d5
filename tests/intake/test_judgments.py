from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from workbench.intake.judgments import ParsedJudgment, parse_judgment
from workbench.messages import Invalid

FULL: dict[str, Any] = {
    "item": "mt-81",
    "reviewer": "r07",
    "answer": {"tiers": [["b"], ["a"]]},
    "at": "2026-11-20T15:04:05Z",
    "active_seconds": 41.2,
    "shown": ["b", "a"],
}


def faults(raw: object) -> dict[str, str]:
    with pytest.raises(Invalid) as error:
        parse_judgment(raw)
    return {field: str(why) for field, why in error.value.errors.items()}


def test_a_full_judgment_is_read() -> None:
    assert parse_judgment(FULL) == ParsedJudgment(
        "mt-81",
        "r07",
        {"tiers": [["b"], ["a"]]},
        datetime(2026, 11, 20, 15, 4, 5, tzinfo=UTC),
        41.2,
        ("b", "a"),
    )


def test_time_seconds_and_order_may_be_absent_or_null() -> None:
    least = {"item": "i", "reviewer": "r", "answer": {}}
    expected = ParsedJudgment("i", "r", {})
    assert parse_judgment(least) == expected
    assert parse_judgment(least | dict.fromkeys(("at", "active_seconds", "shown"))) == expected


@pytest.mark.parametrize("guideline", [None, 3])
def test_what_the_export_adds_is_accepted_and_ignored(guideline: int | None) -> None:
    assert parse_judgment(FULL | {"guideline": guideline, "revision": 2}) == parse_judgment(FULL)


@pytest.mark.parametrize(
    ("written", "expected"),
    [
        ("2026-11-20T10:04:05-05:00", datetime(2026, 11, 20, 15, 4, 5, tzinfo=UTC)),
        ("2026-11-20t15:04:05z", datetime(2026, 11, 20, 15, 4, 5, tzinfo=UTC)),
        ("2026-11-20 15:04:05+00:00", datetime(2026, 11, 20, 15, 4, 5, tzinfo=UTC)),
        ("2026-11-20T15:04:05.5Z", datetime(2026, 11, 20, 15, 4, 5, 500_000, tzinfo=UTC)),
        ("2026-11-20T15:04:05.123456789Z", datetime(2026, 11, 20, 15, 4, 5, 123_456, tzinfo=UTC)),
        ("2024-02-29T23:59:59-05:00", datetime(2024, 3, 1, 4, 59, 59, tzinfo=UTC)),
    ],
)
def test_times_become_utc(written: str, expected: datetime) -> None:
    at = parse_judgment(FULL | {"at": written}).at
    assert at == expected
    assert at.tzinfo is UTC


@pytest.mark.parametrize(
    "written",
    [
        "2026-11-20T15:04:05",
        "2026-11-20",
        "2026-11-20T15:04Z",
        "2026-02-29T00:00:00Z",
        "2026-11-20T25:00:00Z",
        "2026-11-20T15:04:60Z",
        "2026-11-20T15:04:05+0500",
        "2026-11-20T15:04:05+99:00",
        "0001-01-01T00:00:00+10:00",
        "0000-01-01T00:00:00Z",
        "٢٠٢٦-11-20T15:04:05Z",
        "2026-11-20T15:04:05Z\n",
        1_763_650_000,
        "",
    ],
)
def test_a_time_without_its_offset_or_out_of_the_calendar_is_refused(written: object) -> None:
    assert faults(FULL | {"at": written}) == {
        "at": "must be a time with its offset, such as 2026-11-20T15:04:05Z"
    }


SECONDS = "must be a number of seconds from 0 to 604800"
SHOWN = "must be a list of response ids, each once, in reading order"


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("item", 5, "must be text"),
        ("item", "", "is empty"),
        ("reviewer", "a\nb", r"has a character that cannot be seen: a\nb"),
        ("reviewer", "x" * 101, "is longer than 100 characters"),
        ("answer", None, "must be an object"),
        ("answer", [], "must be an object"),
        ("active_seconds", -0.1, SECONDS),
        ("active_seconds", 604_801, SECONDS),
        ("active_seconds", True, SECONDS),
        ("active_seconds", "41", SECONDS),
        ("shown", [], SHOWN),
        ("shown", ["a", "a"], SHOWN),
        ("shown", ["a", 1], SHOWN),
        ("shown", ["a", ["b"]], SHOWN),
        ("shown", "ab", SHOWN),
        ("shown", [str(i) for i in range(27)], SHOWN),
        ("reviewr", "x", "is not known here; did you mean reviewer?"),
    ],
)
def test_a_wrong_field_is_named_with_its_reason(field: str, value: object, why: str) -> None:
    assert faults(FULL | {field: value}) == {field: why}


def test_everything_that_is_wrong_is_said_at_once() -> None:
    assert faults({"answer": 1, "at": 1, "extra": 1}) == {
        "extra": "is not known here; known are active_seconds, answer, at, guideline, item, "
        "reviewer, revision, shown",
        "item": "is missing",
        "reviewer": "is missing",
        "answer": "must be an object",
        "at": "must be a time with its offset, such as 2026-11-20T15:04:05Z",
    }


@pytest.mark.parametrize("raw", [None, [], "x"])
def test_what_is_no_object_is_no_judgment(raw: object) -> None:
    assert faults(raw) == {"judgment": "must be one JSON object: {...}"}


def test_an_answer_is_held_to_what_can_be_stored() -> None:
    assert faults(FULL | {"answer": {"reason": "a\x00"}}) == {
        "answer.reason": "has a NUL character at character 2"
    }
