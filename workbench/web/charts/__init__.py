"""Charts as Vega-Lite specs, which `static/js/charts.js` draws as SVG; each has its table below."""

from workbench.web.charts.base import Chart
from workbench.web.charts.heat import Cell as HeatCell
from workbench.web.charts.heat import heat_map
from workbench.web.charts.pace import day_chart, time_chart
from workbench.web.charts.strengths import Strength, strength_chart
from workbench.web.charts.weeks import Part, Week, monday, part_chart, week_chart

__all__ = [
    "Chart",
    "HeatCell",
    "Part",
    "Strength",
    "Week",
    "day_chart",
    "heat_map",
    "monday",
    "part_chart",
    "strength_chart",
    "time_chart",
    "week_chart",
]
