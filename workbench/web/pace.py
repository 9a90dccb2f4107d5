"""How fast a project goes, when it will be done, and how long judgments take."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request

from workbench.errors import NotFound
from workbench.messages import N_
from workbench.permissions import Permission
from workbench.queries import pace, progress, review
from workbench.queries.backlog import Backlog, backlog
from workbench.queries.pace import Days, Finish, Spread
from workbench.queries.review import Someone
from workbench.web.access import Place, requires
from workbench.web.charts import (
    OTHERS,
    Chart,
    backlog_chart,
    day_chart,
    stacked_days,
    time_chart,
)
from workbench.web.language import said
from workbench.web.quality import common, is_named
from workbench.web.request import Page, config, now, session
from workbench.web.spreadsheet import Cell, csv_file

bp = Blueprint("pace", __name__, url_prefix="/projects/<slug>/quality/pace")

#: Days to come in the table; the CSV has all.
AHEAD = 10

_LEFT = N_(
    "Judgments left at the end of each day, and what is likely left on days to come, with 95"
    " percent intervals; the table below has the numbers"
)
_TODAY, _OTHERS = N_("today"), N_("others")
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
    totals = progress.totals(reading, project.id)
    left = backlog(reading, project.id, days, totals.missing, zone)
    finish = pace.finish(days, totals.missing)
    if asked == "backlog":
        return csv_file(f"{project.slug}-backlog.csv", _backlog_rows(left, finish))
    if asked:
        raise NotFound(_NO_FORMAT)
    context = _context(place, days, spread, people, chosen)
    context.update(totals=totals, finish=finish, **_backlog(left, finish))
    return Page("quality/pace.html", context)


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
    stack = _stack(days, people) if chosen is None else []
    seen = {*days.by_user, *(line.user_id for line in spread.by_user)}
    reviewers = sorted((people[i] for i in seen if i in people), key=lambda who: who.pseudonym)
    return {
        **common(place, "quality", reading),
        "chosen": people[chosen] if chosen is not None else None,
        "reviewers": reviewers,
        "days": [
            (*line, [counts[n] for _, counts in stack])
            for n, line in reversed(list(enumerate(lines)))
            if line[1]
        ],
        "stack": [who for who, _ in stack],
        "day_chart": _day_chart(days, lines, stack),
        "spread": spread,
        "shown": shown,
        "people": people,
        "time_chart": time_chart(said(_TIMES), shown) if shown is not None else None,
        "most": pace.MOST,
    }


def _stack(days: Days, people: dict[int, Someone]) -> list[tuple[Someone | None, Sequence[int]]]:
    """Who judged most of late, most first, with their days; all others together (None) last."""
    busiest = sorted(days.by_user, key=lambda user: (-sum(days.by_user[user]), user))
    found: list[tuple[Someone | None, Sequence[int]]] = [
        (people[user], days.by_user[user]) for user in busiest[: OTHERS - 1]
    ]
    if rest := [days.by_user[user] for user in busiest[OTHERS - 1 :]]:
        found.append((None, [sum(each) for each in zip(*rest, strict=True)]))
    return found


def _day_chart(
    days: Days,
    lines: Sequence[tuple[date, int, int | None]],
    stack: Sequence[tuple[Someone | None, Sequence[int]]],
) -> Chart | None:
    if not any(days.totals):
        return None
    if not stack:
        return day_chart(said(_DAYS), lines)
    parts = [
        (said(_OTHERS) if who is None else who.name or who.pseudonym, counts)
        for who, counts in stack
    ]
    return stacked_days(said(_DAYS), days.dates, parts)


def _backlog(found: Backlog, finish: Finish) -> dict[str, Any]:
    """The picture; the days on which something changed, latest first; some of those to come."""
    past = list(zip(found.dates, found.left, strict=True))
    rows = zip(found.dates, found.left, found.judged, found.came, strict=True)
    step = -(-len(finish.ahead) // AHEAD) or 1
    return {
        "backlog_chart": backlog_chart(said(_LEFT), said(_TODAY), past, finish.ahead)
        if any(found.left)
        else None,
        "backlog": [row for row in reversed(list(rows)) if row[2] or row[3]],
        "ahead": finish.ahead[::-step][::-1],
    }


def _backlog_rows(found: Backlog, finish: Finish) -> Iterator[list[Cell]]:
    yield ["day", "left", "low", "high", "judged", "came"]
    for day, left, judged, came in zip(
        found.dates, found.left, found.judged, found.came, strict=True
    ):
        yield [day.isoformat(), left, None, None, judged, came]
    for day, low, likely, high in finish.ahead:
        yield [day.isoformat(), likely, low, high, None, None]


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
