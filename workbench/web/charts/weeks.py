"""Agreement part by part, over weeks or one part under the other."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any
from zoneinfo import ZoneInfo

from workbench.queries.agreement import Measure
from workbench.queries.guideline import VersionLine
from workbench.web.charts.base import (
    ACCENT,
    DANGER,
    EDGE,
    GOOD,
    INK,
    WARNING,
    Chart,
    Row,
    Spec,
    chart,
    layer,
    moment,
    name,
    number,
    short,
)
from workbench.web.language import number as written
from workbench.web.quality_lines import AgreementLine
from workbench.web.trust import RELIABLE, TENTATIVE, Level

#: Weeks that are named below the chart: more do not fit a telephone.
NAMED = 5
#: Pixels of a part in the chart of parts.
ROW = 44
#: A week is drawn at its middle, and named by the day so far before it.
_MIDDLE = timedelta(days=3, hours=12)
_BACK_TO_MONDAY_MS = 3 * 24 * 3600 * 1000


@dataclass(frozen=True)
class Week:
    """A week such as 2026-W47 with its figures, and its line as a sentence."""

    key: str
    line: AgreementLine
    says: str


def week_chart(
    label: str, weeks: Sequence[Week], versions: Sequence[VersionLine], zone: ZoneInfo
) -> Chart:
    """Weeks, one at least, with their intervals, and the versions published meanwhile."""
    least = _least([week.line.alpha for week in weeks])
    mondays = [monday(week.key) for week in weeks]
    start = datetime.combine(mondays[0], datetime.min.time())
    end = datetime.combine(mondays[-1] + timedelta(weeks=1), datetime.min.time())
    marks = [_week_mark(week) for week in weeks]
    published = _published(versions, start.replace(tzinfo=zone), end.replace(tzinfo=zone))
    step = math.ceil((end - start).days / 7 / NAMED)
    named = [start + _MIDDLE + timedelta(weeks=n) for n in range(0, (end - start).days // 7, step)]
    days = moment(
        "at",
        axis={
            "title": None,
            "grid": False,
            "values": [each.isoformat() for each in named],
            "labelExpr": f"timeFormat(datum.value - {_BACK_TO_MONDAY_MS}, '%-d %b')",
        },
    )
    # Said once: Vega-Lite takes the same times said again for others.
    whole = {**days, "scale": {"domain": [start.isoformat(), end.isoformat()]}}
    figure = number(
        "value",
        scale={"domain": [least, 1]},
        axis={"title": None, "values": _ticks(least), "format": ".3~g"},
    )
    layers = [
        _bands(least, along="y"),
        layer({"type": "rule", "color": EDGE, "strokeDash": [4, 3]}, published, x=whole),
        layer(
            {"type": "text", "align": "left", "dx": 3, "baseline": "top", "fontSize": 11},
            published,
            x=days,
            y={"value": 0},
            text=name("name"),
        ),
        _strokes(marks, days, figure),
        layer({"type": "rule", "color": INK, "strokeWidth": 2}, marks,
              x=days, y=number("low", scale=figure["scale"]), y2={"field": "high"}),
        layer({"type": "point", "filled": True, "color": INK, "opacity": 1, "size": 70}, marks,
              x=days, y=figure, tooltip=name("says")),
    ]  # fmt: skip
    return chart(label, 260, layers)


@dataclass(frozen=True)
class Part:
    """A language, tag, model or version with its figures, and its line as a sentence."""

    line: AgreementLine
    says: str


def part_chart(label: str, parts: Sequence[Part]) -> Chart:
    """Parts one under the other, each with its name over its interval."""
    least = _least([part.line.alpha for part in parts])
    rows = [
        {"n": n, "name": short(part.line.title), "says": part.says, **_figures(part.line)}
        for n, part in enumerate(parts)
    ]
    marks = [row for row in rows if row["value"] is not None]
    place = name("n", axis=None)
    figure = number(
        "value",
        scale={"domain": [least, 1]},
        axis={"title": None, "values": _ticks(least), "format": ".3~g"},
    )
    zones = [{**zone, "n": n} for n in range(len(parts)) for zone in _zones(least)]
    lower: Spec = {"yOffset": 8}
    layers = [
        layer(
            {"type": "bar", "size": 10, "opacity": 0.2, **lower},
            zones,
            x=number("from", scale=figure["scale"]),
            x2={"field": "to"},
            y=place,
            color=_levels(),
        ),
        layer({"type": "text", "align": "left", "dy": -10}, rows,
              x={"value": 0}, y=place, text=name("name")),
        layer({"type": "text", "align": "right", "dy": -10}, rows,
              x={"value": "width"}, y=place, text=name("label")),
        layer({"type": "rule", "color": INK, "strokeWidth": 2, **lower}, marks,
              x=number("low", scale=figure["scale"]), x2={"field": "high"}, y=place),
        layer({"type": "point", "filled": True, "color": INK, "opacity": 1, "size": 70, **lower},
              marks, x=figure, y=place, tooltip=name("says")),
    ]  # fmt: skip
    return chart(label, ROW * len(parts) + 30, layers)


def monday(week: str) -> date:
    """The first day of a week such as 2026-W47."""
    year, _, place = week.partition("-W")
    return date.fromisocalendar(int(year), int(place), 1)


def _least(alphas: Sequence[Measure]) -> float:
    """Where the axis begins: 0, or under the lowest end of an interval."""
    ends = [each for alpha in alphas for each in (alpha.value, alpha.low) if each is not None]
    return min(0.0, math.floor(min(ends, default=0.0) * 5) / 5)


def _ticks(least: float) -> list[float]:
    return list(dict.fromkeys((least, 0.0, TENTATIVE, RELIABLE, 1.0)))


def _zones(least: float) -> list[Row]:
    """What figures allow, from one place of their axis to another."""
    bounds = ((Level.DANGER, least, TENTATIVE), (Level.WARNING, TENTATIVE, RELIABLE),
              (Level.GOOD, RELIABLE, 1.0))  # fmt: skip
    return [{"level": str(level), "from": low, "to": high} for level, low, high in bounds]


def _levels() -> Spec:
    scale = {"domain": [str(each) for each in (Level.DANGER, Level.WARNING, Level.GOOD)],
             "range": [DANGER, WARNING, GOOD]}  # fmt: skip
    return name("level", scale=scale, legend=None)


def _bands(least: float, along: str) -> Spec:
    scale = {"domain": [least, 1]}
    ends = {along: number("from", scale=scale), f"{along}2": {"field": "to"}}
    return layer({"type": "rect", "opacity": 0.16}, _zones(least), color=_levels(), **ends)


def _figures(line: AgreementLine) -> dict[str, Any]:
    """A figure with its interval; without one, both ends are where the figure is."""
    alpha = line.alpha
    return {
        "value": alpha.value,
        "low": alpha.value if alpha.low is None else alpha.low,
        "high": alpha.value if alpha.high is None else alpha.high,
        "label": written(alpha.value, 2),
    }


def _week_mark(week: Week) -> dict[str, Any]:
    middle = datetime.combine(monday(week.key), datetime.min.time()) + _MIDDLE
    return {"at": middle.isoformat(), "says": week.says, **_figures(week.line)}


def _strokes(marks: Sequence[dict[str, Any]], days: Spec, figure: Spec) -> Spec:
    """Lines between neighbours that both have a figure; broken where weeks lie between them."""
    rows = [
        {"at": one["at"], "value": one["value"], "at2": other["at"], "value2": other["value"],
         "gap": _days_between(one, other) > 7}
        for one, other in pairwise(marks)
        if one["value"] is not None and other["value"] is not None
    ]  # fmt: skip
    return layer(
        {"type": "rule", "color": ACCENT, "strokeWidth": 2},
        rows,
        x=days,
        x2={"field": "at2"},
        y=figure,
        y2={"field": "value2"},
        strokeDash={"condition": {"test": "datum.gap", "value": [2, 4]}, "value": [1, 0]},
    )


def _days_between(one: Row, other: Row) -> int:
    times = (datetime.fromisoformat(each["at"]) for each in (one, other))
    first, second = times
    return (second - first).days


def _published(
    versions: Sequence[VersionLine], start: datetime, end: datetime
) -> list[dict[str, Any]]:
    """The versions of these weeks, oldest first; those too close to be told apart as one."""
    close = (end - start) / 40
    found: list[tuple[datetime, list[int]]] = []
    for line in sorted(versions, key=lambda line: line.version):
        if not start <= line.at < end:
            continue
        if found and line.at - found[-1][0] < close:
            found[-1][1].append(line.version)
        else:
            found.append((line.at, [line.version]))
    return [
        {"at": at.astimezone(start.tzinfo).replace(tzinfo=None).isoformat(),
         "name": ", ".join(f"v{number}" for number in numbers)}
        for at, numbers in found
    ]  # fmt: skip
