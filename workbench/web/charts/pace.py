"""How much is judged, and how long it takes."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from workbench.stats import Times
from workbench.web.charts.base import (
    ACCENT,
    EDGE,
    INK,
    RULE,
    Chart,
    chart,
    layer,
    moment,
    name,
    number,
)
from workbench.web.language import day_and_month
from workbench.web.language import number as written


def day_chart(label: str, days: Sequence[tuple[date, int, int | None]]) -> Chart:
    """Judgments of each day; those of one reviewer, where there are such, in front of all."""
    rows = [
        {"from": f"{day}T03:00:00", "to": f"{day}T21:00:00", "all": total, "own": own,
         "zero": 0, "says": f"{day_and_month(day)}: {written(own if own is not None else total)}"}
        for day, total, own in days
    ]  # fmt: skip
    chosen = any(own is not None for _, _, own in days)
    across = moment("from", axis={"title": None, "grid": False, "format": "%-d %b",
                                  "tickCount": 5})  # fmt: skip
    up = number("all", axis={"title": None, "tickMinStep": 1, "tickCount": 4})
    bars = layer({"type": "rect", "color": RULE if chosen else ACCENT}, rows,
                 x=across, x2={"field": "to"}, y=up, y2={"field": "zero"},
                 tooltip=name("says"))  # fmt: skip
    own = layer({"type": "rect", "color": ACCENT}, rows if chosen else [], x=across,
                x2={"field": "to"}, y=number("own"), y2={"field": "zero"},
                tooltip=name("says"))  # fmt: skip
    return chart(label, 200, [bars, own])


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
    return chart(label, 200, layers)
