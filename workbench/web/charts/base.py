"""What every chart shares: its frame, its colours, the reader's numbers and dates.

Colours are names of `static/css/tokens.css`, written as CSS writes them: the browser fills them in,
so a chart follows the theme, and prints in the light one, without being drawn again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias

from flask_babel import get_locale

Spec: TypeAlias = dict[str, Any]
Row: TypeAlias = Mapping[str, Any]

SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
INK, QUIET, RULE, EDGE = "var(--ink)", "var(--quiet)", "var(--rule)", "var(--edge)"
ACCENT, GOOD, WARNING, DANGER = (
    "var(--accent)", "var(--good)", "var(--warning)", "var(--danger)",
)  # fmt: skip
PAPER = "var(--paper)"
#: Colours of people or things beside each other; each is named by a number too.
SERIES = tuple(f"var(--series-{n})" for n in range(1, 9))
#: Letters of a name that fit a telephone.
LETTERS = 34

_CONFIG: Spec = {
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "domainColor": EDGE,
        "gridColor": RULE,
        "labelColor": QUIET,
        "labelFontSize": 12,
        "tickColor": EDGE,
        "titleColor": QUIET,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
    },
    "text": {"color": INK, "fontSize": 12},
}


@dataclass(frozen=True)
class Chart:
    """A picture of a table. `label` says in a sentence what is seen; `height` in pixels is kept
    free before it is drawn, so that nothing jumps. `width` in pixels, of one that is scrolled where
    there is less room; None: as wide as there is room."""

    label: str
    height: int
    spec: Spec
    width: int | None = None


def chart(label: str, height: int, layers: Sequence[Spec], **shared: Any) -> Chart:
    """Layers over each other, as wide as the page has room (or as `width` says) and `height` pixels
    high with all."""
    spec: Spec = {
        "$schema": SCHEMA,
        "description": label,
        "width": "container",
        "height": height,
        "autosize": {"type": "fit", "contains": "padding"},
        "background": "transparent",
        "padding": 2,
        "config": {**_CONFIG, "locale": _locale()},
        "layer": list(layers),
        **shared,
    }
    return Chart(label, height, spec, shared.get("width"))


def layer(mark: Spec, rows: Iterable[Row] | None = None, **encoding: Spec) -> Spec:
    """One kind of mark over rows; over the chart's own where there are none."""
    found: Spec = {"mark": mark, "encoding": encoding}
    if rows is not None:
        found["data"] = {"values": [dict(row) for row in rows]}
    return found


def number(field: str, **more: Any) -> Spec:
    """A channel of a field that is a number."""
    return {"field": field, "type": "quantitative", **more}


def name(field: str, **more: Any) -> Spec:
    """A channel of a field that is a name, in the order of the rows."""
    return {"field": field, "type": "ordinal", "sort": None, **more}


def moment(field: str, **more: Any) -> Spec:
    """A channel of a field that is a time without a zone, as ISO 8601 writes it."""
    return {"field": field, "type": "temporal", **more}


def short(text: str) -> str:
    """A name as long as a telephone has room for."""
    return text if len(text) <= LETTERS else text[: LETTERS - 1] + "…"


def _locale() -> Spec:
    """How the reader's language writes numbers and dates, as d3-format and d3-time-format ask."""
    spoken = get_locale()
    if spoken is None:
        return {}
    signs = spoken.number_symbols["latn"]
    days, months = spoken.days["stand-alone"], spoken.months["stand-alone"]
    week = (6, 0, 1, 2, 3, 4, 5)  # from Sunday; Babel begins with Monday
    return {
        "number": {
            "decimal": signs["decimal"],
            "thousands": signs["group"],
            "grouping": [3],
            "currency": ["", ""],
            "percent": " %",
        },
        "time": {
            "dateTime": "%x, %X",
            "date": "%d/%m/%Y",
            "time": "%H:%M:%S",
            "periods": ["AM", "PM"],
            "days": [days["wide"][n] for n in week],
            "shortDays": [days["abbreviated"][n] for n in week],
            "months": [months["wide"][n] for n in range(1, 13)],
            "shortMonths": [months["abbreviated"][n] for n in range(1, 13)],
        },
    }
