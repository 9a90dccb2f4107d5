"""Figures with their intervals, one under the other: models by strength, shares."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from workbench.web.charts.base import (
    ACCENT,
    EDGE,
    INK,
    Chart,
    Spec,
    chart,
    layer,
    name,
    number,
    short,
)

#: Pixels of one of them.
_ROW = 40


@dataclass(frozen=True)
class Interval:
    """A figure of something named, with its 95 % interval; the figure as it is written."""

    name: str
    value: float
    low: float
    high: float
    written: str


def strength_chart(label: str, models: Sequence[Interval]) -> Chart:
    """The models in their order, each with its name over its interval; 0 is the mean of all."""
    mean = layer({"type": "rule", "color": EDGE, "strokeDash": [4, 3]}, [{"mean": 0}],
                 x=number("mean"))  # fmt: skip
    return _intervals(label, models, {}, [mean])


def share_chart(label: str, shares: Sequence[Interval]) -> Chart:
    """Shares (0..1) in their order, on an axis from 0 to the next tenth after all intervals."""
    most = min(1.0, math.ceil(max((each.high for each in shares), default=1.0) * 10) / 10) or 0.1
    scale = {"scale": {"domain": [0, most]}, "axis": {"format": "%"}}
    return _intervals(label, shares, scale, [])


def _intervals(label: str, found: Sequence[Interval], scale: Spec, before: list[Spec]) -> Chart:
    rows = [
        {"n": n, "name": short(each.name), "value": each.value, "low": each.low,
         "high": each.high, "written": each.written, "says": f"{each.name}: {each.written}"}
        for n, each in enumerate(found)
    ]  # fmt: skip
    place = name("n", axis=None)
    axis = {"title": None, "tickCount": 5, **scale.get("axis", {})}
    across = number("value", **{**scale, "axis": axis})
    layers = [
        *before,
        layer({"type": "rule", "color": INK, "strokeWidth": 2, "yOffset": 8}, rows,
              x=number("low"), x2={"field": "high"}, y=place),
        layer({"type": "point", "filled": True, "color": ACCENT, "opacity": 1, "size": 80,
               "yOffset": 8}, rows, x=across, y=place, tooltip=name("says")),
        layer({"type": "text", "align": "left", "dy": -9}, rows,
              x={"value": 0}, y=place, text=name("name")),
        layer({"type": "text", "align": "right", "dy": -9}, rows,
              x={"value": "width"}, y=place, text=name("written")),
    ]  # fmt: skip
    return chart(label, _ROW * len(found) + 30, layers)
