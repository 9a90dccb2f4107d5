"""Only a part of what was judged: by language, tag, day, guideline and reviewer."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import orjson
import pytest

from tests.export.doubles import META, an_answer, an_item, preferring, written_type
from workbench.export.filters import Filters
from workbench.export.formats import BY_NAME
from workbench.export.manifest import Manifest, read_manifest, summary_lines
from workbench.export.policy import parse_policy
from workbench.export.policy_words import describe
from workbench.export.write import Given, item_of_line, write_export
from workbench.messages import Invalid
from workbench.task_types.base import Decision

ITEMS: list[Given] = [
    (replace(an_item("i-1"), language="es-CO", tags=("mail",)),
     [an_answer("r1", "2026-11-01T00:00:00Z", guideline_version=1),
      an_answer("r2", "2026-11-09T23:59:59.999Z", guideline_version=2)]),
    (replace(an_item("i-2"), language="en", tags=("mail", "work")),
     [an_answer("r1", "2026-11-10T00:00:00Z", guideline_version=3)]),
    (replace(an_item("i-3"), language="es", tags=()),
     [an_answer("r3", "2026-10-31T23:59:59Z")],
     Decision("lead", {}, "2026-11-20T08:00:00Z", 3)),
]  # fmt: skip


def _export(fmt: str = "judgments", **options: str) -> tuple[Manifest, list[Any]]:
    out = io.BytesIO()
    manifest = write_export(ITEMS, written_type(preferring), {}, BY_NAME[fmt],
                            parse_policy(options), target=out, meta=META)  # fmt: skip
    return manifest, [orjson.loads(line) for line in out.getvalue().splitlines()]


@pytest.mark.parametrize(
    ("options", "kept"),
    [
        ({}, ["i-1 r1", "i-1 r2", "i-2 r1", "i-3 r3"]),
        ({"languages": "es"}, ["i-1 r1", "i-1 r2", "i-3 r3"]),
        ({"languages": "es-CO"}, ["i-1 r1", "i-1 r2"]),
        ({"languages": "en, es-CO"}, ["i-1 r1", "i-1 r2", "i-2 r1"]),
        ({"tags": "work,none"}, ["i-2 r1"]),
        ({"since": "2026-11-01"}, ["i-1 r1", "i-1 r2", "i-2 r1"]),
        ({"until": "2026-11-10"}, ["i-1 r1", "i-1 r2", "i-3 r3"]),
        ({"since": "2026-11-01", "until": "2026-11-02"}, ["i-1 r1"]),
        ({"guideline": "2"}, ["i-1 r2", "i-2 r1"]),
        ({"without": "r1, r3"}, ["i-1 r2"]),
    ],
)
def test_what_is_left_aside_is_in_no_row_and_is_counted(
    options: dict[str, str], kept: list[str]
) -> None:
    manifest, rows = _export(**options)
    assert [f"{row['item']} {row['reviewer']}" for row in rows] == kept
    assert manifest.judgments == len(kept)
    assert manifest.items + manifest.items_aside == 3
    if not manifest.items_aside:
        assert manifest.judgments_aside == 4 - len(kept)


def test_a_decision_is_left_aside_by_its_day_and_guideline_and_not_by_who_was_overruled() -> None:
    def ids(**options: str) -> list[str]:
        return [row["id"] for row in _export("trl-preference", decisions="only", **options)[1]]

    assert ids() == ["i-3"]
    assert ids(without="r3,lead") == ["i-3"]
    assert ids(guideline="3") == ["i-3"]
    assert ids(guideline="4") == []
    assert ids(until="2026-11-20") == []
    assert ids(languages="en") == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("since", "1 Nov"), ("since", "2026-13-01"), ("until", "2026-11-01T00:00:00"),
        ("guideline", "0"), ("guideline", "-1"), ("guideline", "v2"), ("guideline", "9" * 40),
        ("guideline", "²"),
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused_at_its_own_field(field: str, value: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_policy({field: value})
    assert list(caught.value.errors) == [field]


def test_days_that_hold_nothing_are_refused() -> None:
    with pytest.raises(Invalid) as caught:
        parse_policy({"since": "2026-11-02", "until": "2026-11-02"})
    assert list(caught.value.errors) == ["until"]


def test_nothing_said_filters_nothing_and_is_not_mentioned() -> None:
    policy = parse_policy({"languages": " , ", "tags": "", "since": ""})
    assert policy.filters == Filters()
    assert not policy.filters
    assert not any("Only" in str(line) for line in describe(policy))


def test_the_manifest_tells_the_filters_and_gives_them_back() -> None:
    asked = {"languages": "es,en", "since": "2026-11-01", "guideline": "2", "without": "r9"}
    manifest, _ = _export(**asked)
    assert manifest.as_dict()["policy"]["filters"] == asked
    assert read_manifest(manifest.to_bytes()).policy == parse_policy(asked)
    said = [str(line) for line in summary_lines(manifest)]
    assert "Only items in: es, en." in said
    assert "Left aside: 0 items, and 2 judgments of others." in said


def test_a_line_is_found_again_under_its_filters() -> None:
    policy = parse_policy({"without": "r1"})
    _, rows = _export("judgments", without="r1")
    line = orjson.dumps(rows[0], option=orjson.OPT_APPEND_NEWLINE)

    def found(asked: Any) -> Any:
        return item_of_line(ITEMS, written_type(preferring), {}, BY_NAME["judgments"], asked,
                            line=line)  # fmt: skip

    assert found(policy).item.id == "i-1"
    assert found(parse_policy({"without": "r2"})) is None
