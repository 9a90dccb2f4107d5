"""Models by strength, one under the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.web.charts.base import ACCENT, EDGE, INK, Chart, chart, layer, name, number, short

#: Pixels of a model.
_ROW = 40


@dataclass(frozen=True)
class Strength:
    """A model's strength with its 95 % interval, and the strength as it is written."""

    model: str
    value: float
    low: float
    high: float
    written: str


def strength_chart(label: str, models: Sequence[Strength]) -> Chart:
    """The models in their order, each with its name over its interval; 0 is the mean of all."""
    rows = [
        {"n": n, "name": short(each.model), "value": each.value, "low": each.low,
         "high": each.high, "written": each.written, "says": f"{each.model}: {each.written}"}
        for n, each in enumerate(models)
    ]  # fmt: skip
    place = name("n", axis=None)
    across = number("value", axis={"title": None, "tickCount": 5})
    layers = [
        layer({"type": "rule", "color": EDGE, "strokeDash": [4, 3]}, [{"mean": 0}],
              x=number("mean")),
        layer({"type": "rule", "color": INK, "strokeWidth": 2, "yOffset": 8}, rows,
              x=number("low"), x2={"field": "high"}, y=place),
        layer({"type": "point", "filled": True, "color": ACCENT, "opacity": 1, "size": 80,
               "yOffset": 8}, rows, x=across, y=place, tooltip=name("says")),
        layer({"type": "text", "align": "left", "dy": -9}, rows,
              x={"value": 0}, y=place, text=name("name")),
        layer({"type": "text", "align": "right", "dy": -9}, rows,
              x={"value": "width"}, y=place, text=name("written")),
    ]  # fmt: skip
    return chart(label, _ROW * len(models) + 30, layers)
