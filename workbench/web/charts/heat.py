"""Shares as a field of cells: the darker, the larger."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from workbench.web.charts.base import ACCENT, EDGE, INK, Chart, chart, layer, name, number, short

#: Pixels of a row, and of what the columns' names take below.
_ROW, _NAMES = 26, 110
#: Columns up to which cells have room for their number on a telephone.
_ROOMY = 6


@dataclass(frozen=True)
class Cell:
    """A share (0..1) where a row and a column meet, written and as a sentence."""

    row: str
    column: str
    share: float
    written: str
    says: str


def heat_map(label: str, cells: Sequence[Cell]) -> Chart:
    """Rows and columns in the order in which the cells name them first."""
    rows = [
        {"row": short(each.row), "column": short(each.column), "share": each.share,
         "written": each.written, "says": each.says}
        for each in cells
    ]  # fmt: skip
    n_rows, n_columns = (len({row[side] for row in rows}) for side in ("row", "column"))
    across = name("column", axis={"title": None, "labelAngle": -40, "labelLimit": 120})
    down = name("row", axis={"title": None, "labelLimit": 130})
    most = max((each.share for each in cells), default=0) or 1
    layers = [
        layer({"type": "rect", "color": ACCENT, "stroke": EDGE, "strokeWidth": 0.5}, rows,
              x=across, y=down, tooltip=name("says"),
              # Never so dark that the number in it cannot be read.
              fillOpacity=number("share", scale={"domain": [0, most], "range": [0, 0.5]},
                                 legend=None)),
    ]  # fmt: skip
    if n_columns <= _ROOMY:
        layers.append(
            layer({"type": "text", "color": INK}, rows, x=across, y=down, text=name("written"))
        )
    return chart(label, _ROW * n_rows + _NAMES, layers)
