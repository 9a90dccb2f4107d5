"""Where the marks of the charts of agreement stand."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from workbench.messages import N_
from workbench.queries.agreement import Measure
from workbench.queries.guideline import VersionLine
from workbench.web.charts import Part, Week, monday, part_chart, week_chart
from workbench.web.charts.base import LETTERS
from workbench.web.charts.weeks import NAMED
from workbench.web.quality_lines import AgreementLine
from workbench.web.request import WorkbenchFlask
from workbench.web.trust import level

BOGOTA = ZoneInfo("America/Bogota")


@pytest.fixture(autouse=True)
def _request(app: WorkbenchFlask) -> Iterator[None]:
    with app.test_request_context(headers={"Accept-Language": "es"}):
        yield


def _line(
    value: float | None, low: float | None = None, high: float | None = None, title: str = "x"
) -> AgreementLine:
    why = N_("why") if value is None else None
    alpha = Measure("q", N_("Q"), "krippendorff_alpha", value, low, high, 9, 18, why, None)
    return AgreementLine(title, alpha, alpha, alpha, level(alpha))


def _weeks(lines: dict[str, AgreementLine], *versions: VersionLine) -> dict[str, Any]:
    weeks = [Week(key, line, f"{key} says") for key, line in lines.items()]
    return week_chart("Alpha", weeks, versions, BOGOTA).spec


def _rows(spec: dict[str, Any], *, kind: str, field: str) -> list[dict[str, Any]]:
    """The rows of the layer of that mark whose rows have the field."""
    found: list[dict[str, Any]] = []
    for layer in spec["layer"]:
        rows = layer["data"]["values"]
        if layer["mark"]["type"] == kind and rows and field in rows[0]:
            found = rows
    return found


def _ticks(spec: dict[str, Any]) -> list[float]:
    axes = [each["encoding"].get(way, {}).get("axis") for each in spec["layer"] for way in "xy"]
    return next(axis["values"] for axis in axes if axis and "format" in axis)


def _version(number: int, at: datetime) -> VersionLine:
    return VersionLine(number, at, None, "", False)


def test_a_figure_stands_with_its_interval_and_without_one_alone() -> None:
    spec = _weeks({"2026-W46": _line(0.7, 0.6, 0.9), "2026-W47": _line(0.5)})
    points = _rows(spec, kind="point", field="value")
    assert [(p["low"], p["value"], p["high"]) for p in points] == [(0.6, 0.7, 0.9), (0.5, 0.5, 0.5)]
    assert points[0]["says"] == "2026-W46 says"
    assert points[0]["label"] == "0,70"


def test_the_axis_goes_down_to_the_lowest_interval() -> None:
    assert _ticks(_weeks({"2026-W46": _line(0.9)})) == [0, 0.667, 0.8, 1]
    spec = _weeks({"2026-W46": _line(-0.1, -0.33, 0.1)})
    assert _ticks(spec) == pytest.approx([-0.4, 0, 0.667, 0.8, 1])
    zones = _rows(spec, kind="rect", field="from")
    assert zones[0]["from"] == pytest.approx(-0.4)
    assert zones[-1]["to"] == 1
    assert all(one["to"] == other["from"] for one, other in pairwise(zones))
    parts = part_chart("Alpha", [Part(_line(-0.9, -1.0, -0.5), "")]).spec
    assert _ticks(parts)[0] == -1


def test_weeks_stand_where_their_time_is_and_a_gap_is_one() -> None:
    spec = _weeks({name: _line(0.5) for name in ("2026-W52", "2026-W53", "2027-W02")})
    times = [datetime.fromisoformat(p["at"]) for p in _rows(spec, kind="point", field="value")]
    assert times[0].isoformat() == "2026-12-24T12:00:00"
    assert times[2] - times[1] == 2 * (times[1] - times[0])
    assert [stroke["gap"] for stroke in _rows(spec, kind="rule", field="gap")] == [False, True]


def test_no_line_leads_over_a_week_without_a_figure() -> None:
    lines = (_line(0.5), _line(None), _line(0.6), _line(0.7))
    spec = _weeks({f"2026-W{40 + n}": line for n, line in enumerate(lines)})
    [stroke] = _rows(spec, kind="rule", field="gap")
    assert (stroke["value"], stroke["value2"]) == (0.6, 0.7)


def test_versions_stand_at_their_time_and_those_outside_are_left_out() -> None:
    first = datetime(2026, 9, 28, 5, tzinfo=UTC)  # midnight of its Monday in Bogota
    spec = _weeks(
        {f"2026-W{40 + n}": _line(0.5) for n in range(4)},
        _version(4, datetime(2026, 12, 1, tzinfo=UTC)),
        _version(3, datetime(2026, 10, 26, 4, 59, tzinfo=UTC)),
        _version(2, first),
        _version(1, datetime(2026, 9, 28, 4, 59, tzinfo=UTC)),
    )
    assert _rows(spec, kind="text", field="name") == [
        {"at": "2026-09-28T00:00:00", "name": "v2"},
        {"at": "2026-10-25T23:59:00", "name": "v3"},
    ]


def test_versions_of_one_day_share_a_mark() -> None:
    times = [datetime(2026, 9, 30, hour, tzinfo=UTC) for hour in (10, 11, 12)]
    spec = _weeks({"2026-W40": _line(0.5)}, *(_version(n + 1, at) for n, at in enumerate(times)))
    [mark] = _rows(spec, kind="text", field="name")
    assert mark["name"] == "v1, v2, v3"


def test_a_telephone_has_room_for_the_weeks_that_are_named() -> None:
    spec = _weeks({f"2026-W{n:02}": _line(0.5) for n in range(1, 53)})
    named = spec["layer"][1]["encoding"]["x"]["axis"]["values"]
    assert 2 <= len(named) <= NAMED


def test_a_row_without_a_figure_keeps_its_place_and_a_long_name_is_cut() -> None:
    lines = [_line(0.5, title="a" * 200), _line(None, title="b"), _line(0.9)]
    spec = part_chart("Alpha", [Part(line, "") for line in lines]).spec
    names = _rows(spec, kind="text", field="name")
    assert [row["n"] for row in names] == [0, 1, 2]
    assert len(names[0]["name"]) == LETTERS
    assert [row["n"] for row in _rows(spec, kind="point", field="value")] == [0, 2]


def test_weeks_begin_on_monday() -> None:
    assert monday("2026-W53") == date(2026, 12, 28)


def test_numbers_and_dates_are_the_readers() -> None:
    locale = _weeks({"2026-W46": _line(0.5)})["config"]["locale"]
    assert locale["number"]["decimal"] == ","
    assert locale["time"]["days"][0] == "domingo"
    assert locale["time"]["months"][11] == "diciembre"
