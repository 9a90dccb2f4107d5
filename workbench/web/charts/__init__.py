"""Charts as Vega-Lite specs, which `static/js/charts.js` draws as SVG; each has its table below."""

from workbench.web.charts.base import Chart
from workbench.web.charts.weeks import Part, Week, monday, part_chart, week_chart

__all__ = ["Chart", "Part", "Week", "monday", "part_chart", "week_chart"]
