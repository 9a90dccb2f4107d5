"""Shares as a field of cells: the darker, the larger."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from workbench.web.charts.base import (
    ACCENT,
    EDGE,
    INK,
    QUIET,
    RULE,
    Chart,
    Spec,
    chart,
    layer,
    name,
    number,
)

#: Pixels of a row, and of what the rows' names take beside and the columns' below.
_ROW, _BESIDE, _BELOW = 26, 140, 110
#: Columns up to which cells with their number in them have room on a telephone, ...
_ROOMY = 6
#: ... and those up to which numbers are in them at all, on a picture that is scrolled.
_NUMBERED = 20
#: Pixels of a cell with its number, and of one without.
_CELL, _SMALL = 44, 17


@dataclass(frozen=True)
class Cell:
    """A share (0..1) where a row and a column meet, written and as a sentence. None: there is no
    share, and what is written says so."""

    row: str
    column: str
    share: float | None
    written: str
    says: str


def faintest(shares: Iterable[float]) -> float:
    """Where shades begin, for `least`: a tenth that lies one below the lowest share at least, so
    that shares which are all high are told apart too, and the lowest is seen."""
    return max(0.0, math.floor(min(shares, default=0.0) * 10 - 1) / 10)


def heat_map(label: str, cells: Sequence[Cell], *, least: float = 0.0) -> Chart:
    """Rows and columns in the order in which the cells name them first; shares from `least` on.

    The figures stand in the cells; with so many columns that they have no room there, the shade
    alone is left of them, and the tip. Shades differ in lightness, not in hue.
    """
    rows = [
        {"row": each.row, "column": each.column, "share": each.share, "written": each.written,
         "says": each.says}
        for each in cells
    ]  # fmt: skip
    n_rows, n_columns = (len({row[side] for row in rows}) for side in ("row", "column"))
    numbered = n_columns <= _NUMBERED
    size = 12 if numbered else 10
    axis = {"title": None, "labelOverlap": False, "labelFontSize": size}
    across = name(
        "column", axis={**axis, "labelAngle": -40 if numbered else -90, "labelLimit": _BELOW - 10}
    )
    down = name("row", axis={**axis, "labelLimit": _BESIDE - 10})
    shares = [row for row in rows if row["share"] is not None]
    most = max((each.share for each in cells if each.share is not None), default=1.0)
    domain = [least, most if most > least else least + 1]
    layers = [
        layer({"type": "rect", "fillOpacity": 0, "stroke": RULE, "strokeWidth": 0.5}, rows,
              x=across, y=down, tooltip=name("says")),
        layer({"type": "rect", "color": ACCENT, "stroke": EDGE, "strokeWidth": 0.5}, shares,
              x=across, y=down, tooltip=name("says"),
              # Never so dark that the number in it cannot be read.
              fillOpacity=number("share", scale={"domain": domain, "range": [0, 0.5]},
                                 legend=None)),
        layer({"type": "text", "color": INK if numbered else QUIET, "fontSize": size},
              rows if numbered else [row for row in rows if row["share"] is None],
              x=across, y=down, text=name("written"), tooltip=name("says")),
    ]  # fmt: skip
    high = (_ROW if numbered else _SMALL) * n_rows + _BELOW
    wide: Spec = {}
    if n_columns > _ROOMY:
        wide["width"] = (_CELL if numbered else _SMALL) * n_columns + _BESIDE
    return chart(label, high, layers, **wide)
