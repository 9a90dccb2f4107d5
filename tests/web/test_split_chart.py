"""Where the marks of the charts stand."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from workbench.messages import N_
from workbench.queries.agreement import Measure
from workbench.queries.guideline import VersionLine
from workbench.web.quality_lines import AgreementLine
from workbench.web.split_chart import (
    DEPTH,
    LEFT,
    LETTERS,
    RIGHT,
    TOP,
    monday,
    row_chart,
    week_chart,
)
from workbench.web.trust import level

BOGOTA = ZoneInfo("America/Bogota")


def _line(
    value: float | None, low: float | None = None, high: float | None = None, title: str = "x"
) -> AgreementLine:
    why = N_("why") if value is None else None
    alpha = Measure("q", N_("Q"), "krippendorff_alpha", value, low, high, 9, 18, why, None)
    return AgreementLine(title, alpha, alpha, alpha, level(alpha))


def _version(number: int, at: datetime) -> VersionLine:
    return VersionLine(number, at, None, "", False)


def test_the_top_is_one_and_the_bottom_nought() -> None:
    chart = week_chart([("2026-W46", _line(1.0)), ("2026-W47", _line(0.0))], [], BOGOTA)
    assert [mark.value for mark in chart.marks] == [TOP, TOP + DEPTH]
    assert [mark.low for mark in chart.marks] == [TOP, TOP + DEPTH]
    assert sum(band.length for band in chart.bands) == pytest.approx(DEPTH)


def test_the_axis_goes_down_to_the_lowest_interval() -> None:
    chart = week_chart([("2026-W46", _line(-0.1, -0.33, 0.1))], [], BOGOTA)
    assert chart.ticks[0].number == pytest.approx(-0.4)
    [mark] = chart.marks
    assert TOP <= mark.high < mark.value < mark.low <= TOP + DEPTH
    assert row_chart([_line(-0.9, -1.0, -0.5)]).ticks[0].number == -1


def test_weeks_stand_where_their_time_is_and_a_gap_is_one() -> None:
    names = ("2026-W52", "2026-W53", "2027-W02")
    chart = week_chart([(name, _line(0.5)) for name in names], [], BOGOTA)
    one, two, three = (mark.at for mark in chart.marks)
    assert (three - two) == pytest.approx(2 * (two - one), abs=0.03)
    assert one > LEFT
    assert three < RIGHT
    assert [stroke.gap for stroke in chart.strokes] == [False, True]


def test_no_line_leads_over_a_week_without_a_figure() -> None:
    lines = (_line(0.5), _line(None), _line(0.6), _line(0.7))
    weeks = [(f"2026-W{40 + n}", line) for n, line in enumerate(lines)]
    chart = week_chart(weeks, [], BOGOTA)
    assert len(chart.marks) == 3
    [stroke] = chart.strokes
    assert stroke.x1 == chart.marks[1].at


def test_versions_stand_at_their_time_and_those_outside_are_left_out() -> None:
    weeks = [(f"2026-W{40 + n}", _line(0.5)) for n in range(4)]
    first = datetime(2026, 9, 28, 5, tzinfo=UTC)  # midnight of its Monday in Bogota
    versions = [
        _version(4, datetime(2026, 12, 1, tzinfo=UTC)),
        _version(3, datetime(2026, 10, 26, 4, 59, tzinfo=UTC)),
        _version(2, first),
        _version(1, datetime(2026, 9, 28, 4, 59, tzinfo=UTC)),
    ]
    found = week_chart(weeks, versions, BOGOTA).published
    assert [each.versions for each in found] == [(2,), (3,)]
    assert found[0].x == LEFT
    assert found[1].x == pytest.approx(RIGHT, abs=0.01)


def test_versions_of_one_day_share_a_mark() -> None:
    times = [datetime(2026, 9, 30, hour, tzinfo=UTC) for hour in (10, 12, 15)]
    versions = [_version(n + 1, at) for n, at in enumerate(times)]
    [mark] = week_chart([("2026-W40", _line(0.5))], versions, BOGOTA).published
    assert mark.versions == (1, 2, 3)


def test_a_telephone_has_room_for_the_weeks_that_are_named() -> None:
    weeks = [(f"2026-W{n:02}", _line(0.5)) for n in range(1, 53)]
    named = week_chart(weeks, [], BOGOTA).named
    assert named[0][1] == date(2025, 12, 29)
    assert 2 <= len(named) <= 5


def test_a_row_without_a_figure_keeps_its_place_and_a_long_name_is_cut() -> None:
    chart = row_chart([_line(0.5, title="a" * 200), _line(None, title="b"), _line(0.9)])
    assert [row.mark is None for row in chart.rows] == [False, True, False]
    assert len({row.y for row in chart.rows}) == 3
    assert len(chart.rows[0].name) == LETTERS
    assert chart.rows[0].line.title == "a" * 200


def test_weeks_begin_on_monday() -> None:
    assert monday("2026-W53") == date(2026, 12, 28)
