"""How fast a project goes, when it will be done, and how long judgments take."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request

from workbench.errors import NotFound
from workbench.messages import N_
from workbench.permissions import Permission
from workbench.queries import pace, progress, review
from workbench.queries.pace import Days, Spread
from workbench.queries.review import Someone
from workbench.web.access import Place, requires
from workbench.web.charts import day_chart, time_chart
from workbench.web.language import said
from workbench.web.quality import common, is_named
from workbench.web.request import Page, config, now, session
from workbench.web.spreadsheet import Cell, csv_file

bp = Blueprint("pace", __name__, url_prefix="/projects/<slug>/quality/pace")

_DAYS = N_("Judgments a day over four weeks; the table below has the numbers")
_TIMES = N_("How many judgments took how long, with quartiles; the table below has the numbers")
_NOBODY = N_("Nobody of that name judged here.").text
_NO_FORMAT = N_("There is no such format.").text


@bp.get("")
@requires(Permission.SEE_QUALITY)
def show(place: Place) -> Page | Response:
    """Throughput, backlog with a forecast, and times; of one reviewer where the address says so."""
    reading, project = session(), place.project
    # Of the site, so that no figure depends on who looks at it.
    zone = ZoneInfo(config().timezone)
    days = pace.by_day(reading, project.id, now(), zone)
    spread = pace.spread(reading, project.id)
    people = review.everyone(reading, project.id, named=is_named(place))
    chosen = _chosen(people)
    asked = request.args.get("format", "")
    if asked == "days":
        return csv_file(f"{project.slug}-days.csv", _day_rows(days, people))
    if asked == "times":
        return csv_file(f"{project.slug}-times.csv", _time_rows(spread, people))
    if asked:
        raise NotFound(_NO_FORMAT)
    return Page("quality/pace.html", _context(place, days, spread, people, chosen))


def _chosen(people: dict[int, Someone]) -> int | None:
    """The user whom the address names by pseudonym. Raises NotFound."""
    asked = request.args.get("reviewer", "")
    if not asked:
        return None
    for user_id, who in people.items():
        if who.pseudonym == asked:
            return user_id
    raise NotFound(_NOBODY)


def _context(
    place: Place, days: Days, spread: Spread, people: dict[int, Someone], chosen: int | None
) -> dict[str, Any]:
    reading = session()
    own = days.by_user.get(chosen, (0,) * len(days.dates)) if chosen is not None else None
    lines = [
        (day, total, own[n] if own is not None else None)
        for n, (day, total) in enumerate(zip(days.dates, days.totals, strict=True))
    ]
    shown = next((line.times for line in spread.by_user if line.user_id == chosen), None)
    if chosen is None:
        shown = spread.whole
    totals = progress.totals(reading, place.project.id)
    seen = {*days.by_user, *(line.user_id for line in spread.by_user)}
    reviewers = sorted((people[i] for i in seen if i in people), key=lambda who: who.pseudonym)
    return {
        **common(place, "quality", reading),
        "totals": totals,
        "finish": pace.finish(days, totals.missing),
        "chosen": people[chosen] if chosen is not None else None,
        "reviewers": reviewers,
        "days": [line for line in reversed(lines) if line[1]],
        "day_chart": day_chart(said(_DAYS), lines) if any(days.totals) else None,
        "spread": spread,
        "shown": shown,
        "people": people,
        "time_chart": time_chart(said(_TIMES), shown) if shown is not None else None,
        "most": pace.MOST,
    }


def _day_rows(days: Days, people: dict[int, Someone]) -> Iterator[list[Cell]]:
    yield ["day", "reviewer", "judgments"]
    for n, day in enumerate(days.dates):
        for user_id, counts in days.by_user.items():
            if counts[n]:
                yield [day.isoformat(), people[user_id].pseudonym, counts[n]]


def _time_rows(spread: Spread, people: dict[int, Someone]) -> Iterator[list[Cell]]:
    yield ["reviewer", "judgments", "lower_quartile_s", "median_s", "upper_quartile_s",
           "median_characters"]  # fmt: skip
    for line in spread.by_user:
        found = line.times
        yield [people[line.user_id].pseudonym, found.n, found.lower, found.median, found.upper,
               line.length]  # fmt: skip
