"""Charts as Vega-Lite specs, which `static/js/charts.js` draws as SVG; each has its table below."""

from workbench.web.charts.base import Chart
from workbench.web.charts.heat import Cell as HeatCell
from workbench.web.charts.heat import faintest, heat_map
from workbench.web.charts.intervals import Interval, share_chart, strength_chart
from workbench.web.charts.pace import OTHERS, backlog_chart, day_chart, stacked_days, time_chart
from workbench.web.charts.weeks import Part, Week, monday, part_chart, week_chart

__all__ = [
    "OTHERS",
    "Chart",
    "HeatCell",
    "Interval",
    "Part",
    "Week",
    "backlog_chart",
    "day_chart",
    "faintest",
    "heat_map",
    "monday",
    "part_chart",
    "share_chart",
    "stacked_days",
    "strength_chart",
    "time_chart",
    "week_chart",
]
