"""How much is judged, and how long it takes."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date

from workbench.stats import Times
from workbench.web.charts.base import (
    ACCENT,
    EDGE,
    INK,
    PAPER,
    QUIET,
    RULE,
    SERIES,
    Chart,
    Row,
    Spec,
    chart,
    layer,
    moment,
    name,
    number,
)
from workbench.web.language import day_and_month
from workbench.web.language import number as written

#: Pixels of these charts, and of a part of a bar that has room for its number.
_HEIGHT, _ROOM = 200, 14
#: The number that stands for all who have none.
OTHERS = len(SERIES) + 1


def _days() -> Spec:
    return {"title": None, "grid": False, "format": "%-d %b", "tickCount": 5, "labelOverlap": True,
            "labelSeparation": 8}  # fmt: skip


def day_chart(label: str, days: Sequence[tuple[date, int, int | None]]) -> Chart:
    """Judgments of each day; those of one reviewer, where there are such, in front of all."""
    rows = [
        {"from": f"{day}T03:00:00", "to": f"{day}T21:00:00", "all": total, "own": own,
         "zero": 0, "says": f"{day_and_month(day)}: {written(own if own is not None else total)}"}
        for day, total, own in days
    ]  # fmt: skip
    chosen = any(own is not None for _, _, own in days)
    across = moment("from", axis=_days())
    up = number("all", axis={"title": None, "tickMinStep": 1, "tickCount": 4})
    bars = layer({"type": "rect", "color": RULE if chosen else ACCENT}, rows,
                 x=across, x2={"field": "to"}, y=up, y2={"field": "zero"},
                 tooltip=name("says"))  # fmt: skip
    own = layer({"type": "rect", "color": ACCENT}, rows if chosen else [], x=across,
                x2={"field": "to"}, y=number("own"), y2={"field": "zero"},
                tooltip=name("says"))  # fmt: skip
    return chart(label, _HEIGHT, [bars, own])


def stacked_days(
    label: str, dates: Sequence[date], parts: Sequence[tuple[str, Sequence[int]]]
) -> Chart:
    """Judgments of each day, those of one reviewer on those of another, with the reviewers' numbers
    (1..8) in them where there is room; what comes after the eighth (`OTHERS`) has none."""
    totals = [sum(day) for day in zip(*(counts for _, counts in parts), strict=True)]
    rows = list(_stacks(dates, parts, _ROOM / _HEIGHT * max(totals, default=0)))
    scale = {"domain": list(range(1, OTHERS + 1)), "range": [*SERIES, EDGE]}
    up = number("to", axis={"title": None, "tickMinStep": 1, "tickCount": 4})
    layers = [
        layer({"type": "rect", "stroke": PAPER, "strokeWidth": 0.5}, rows,
              x=moment("start", axis=_days()), x2={"field": "end"}, y=number("from"),
              y2={"field": "to"}, color=name("n", scale=scale, legend=None), tooltip=name("says")),
        layer({"type": "text", "color": PAPER, "fontSize": 10, "fontWeight": "bold"},
              [row for row in rows if row["room"]], x=moment("noon"),
              y=up | {"field": "middle"}, text=name("written")),
    ]  # fmt: skip
    return chart(label, _HEIGHT, layers)


def _stacks(
    dates: Sequence[date], parts: Sequence[tuple[str, Sequence[int]]], least: float
) -> Iterator[Row]:
    for day, counts in zip(dates, zip(*(each for _, each in parts), strict=True), strict=True):
        below = 0
        for n, ((who, _), count) in enumerate(zip(parts, counts, strict=True), start=1):
            if not count:
                continue
            yield {
                "start": f"{day}T03:00:00", "noon": f"{day}T12:00:00", "end": f"{day}T21:00:00",
                "from": below, "to": below + count, "middle": below + count / 2,
                "n": min(n, OTHERS), "written": str(n), "room": count >= least and n < OTHERS,
                "says": f"{day_and_month(day)}, {who}: {written(count)}",
            }  # fmt: skip
            below += count


def backlog_chart(
    label: str,
    today: str,
    past: Sequence[tuple[date, int]],
    ahead: Sequence[tuple[date, int, int, int]],
) -> Chart:
    """What was left at the end of each day, today last, and what will be (low, likely, high) if
    days to come are like those before. `today`: that word, which stands at the line between."""
    last, left = past[-1]
    before = [{"at": f"{day}T12:00:00", "left": n, "says": f"{day_and_month(day)}: {written(n)}"}
              for day, n in past]  # fmt: skip
    after = [
        {"at": f"{day}T12:00:00", "low": low, "left": likely, "high": high,
         "says": f"{day_and_month(day)}: {written(likely)} ({written(low)} – {written(high)})"}
        for day, low, likely, high in ([(last, left, left, left), *ahead] if ahead else [])
    ]  # fmt: skip
    here = [{"at": f"{last}T12:00:00", "name": today}]
    across = moment("at", axis=_days())
    up = number("left", axis={"title": None, "tickMinStep": 1, "tickCount": 4})
    layers = [
        layer({"type": "area", "color": ACCENT, "opacity": 0.2}, after, x=across,
              y=number("low"), y2={"field": "high"}),
        layer({"type": "line", "color": ACCENT, "strokeWidth": 2, "strokeDash": [5, 4]}, after,
              x=across, y=up),
        layer({"type": "rule", "color": EDGE, "strokeDash": [2, 3]}, here, x=across),
        layer({"type": "text", "color": QUIET, "align": "right", "dx": -4, "baseline": "top",
               "fontSize": 11}, here, x=across, y={"value": 0}, text=name("name")),
        layer({"type": "line", "color": INK, "strokeWidth": 2}, before, x=across, y=up),
        layer({"type": "point", "filled": True, "color": INK, "opacity": 1, "size": 24}, before,
              x=across, y=up, tooltip=name("says")),
        layer({"type": "point", "filled": True, "color": ACCENT, "opacity": 1, "size": 24},
              after[1:], x=across, y=up, tooltip=name("says")),
    ]  # fmt: skip
    return chart(label, _HEIGHT, layers)


def time_chart(label: str, found: Times) -> Chart:
    """How many judgments took how long, on an axis of logarithms, with the quartiles."""
    rows = [
        {"from": low, "to": high, "n": n, "zero": 0,
         "says": f"{written(round(low, 1))} – {written(round(high, 1))} s: {written(n)}"}
        for low, high, n in zip(found.edges[:-1].tolist(), found.edges[1:].tolist(),
                                found.counts.tolist(), strict=True)
    ]  # fmt: skip
    scale = {"type": "log", "domain": [float(found.edges[0]), float(found.edges[-1])],
             "nice": False}  # fmt: skip
    ticks = [each for each in (1, 2, 5, 10, 20, 60, 120, 300, 600, 1800, 3600)
             if found.edges[0] <= each <= found.edges[-1]]  # fmt: skip
    across = number("from", scale=scale, axis={"title": None, "grid": False, "values": ticks,
                                               "format": ",.0f"})  # fmt: skip
    marks = [{"at": each, "main": main} for each, main in
             ((found.lower, False), (found.median, True), (found.upper, False))]  # fmt: skip
    layers = [
        layer({"type": "rect", "color": ACCENT, "opacity": 0.55, "stroke": EDGE,
               "strokeWidth": 0.5}, rows, x=across, x2={"field": "to"},
              y=number("n", axis={"title": None, "tickMinStep": 1, "tickCount": 4}),
              y2={"field": "zero"}, tooltip=name("says")),
        layer({"type": "rule", "color": INK, "strokeWidth": 2}, marks, x=number("at"),
              strokeDash={"condition": {"test": "datum.main", "value": [1, 0]}, "value": [3, 3]}),
    ]  # fmt: skip
    return chart(label, _HEIGHT, layers)
