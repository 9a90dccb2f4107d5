"""Who is reliable, which model is better, and what moves the judging itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request

from workbench.errors import NotFound
from workbench.messages import N_, Message
from workbench.permissions import Permission
from workbench.queries import reliability as standing
from workbench.queries import review
from workbench.stats import Finding, League, Speeding
from workbench.web.access import Place, requires
from workbench.web.charts import Chart, HeatCell, Interval, faintest, heat_map, strength_chart
from workbench.web.language import number, percent, said
from workbench.web.quality import common, is_named
from workbench.web.request import Page, config, session
from workbench.web.spreadsheet import Cell, csv_file

bp = Blueprint("judging", __name__, url_prefix="/projects/<slug>/quality")

#: A bar of a finding reaches so far to both sides at least, so that small effects look small.
_REACH = 0.2


@dataclass(frozen=True)
class Bar:
    """An interval on a scale from `least` to `most`, in hundredths of its length.

    `neutral` is where the figure would lie if nothing moved the judging, where there is such.
    """

    left: float
    right: float
    at: float
    neutral: float | None = None


def bar(value: float, low: float, high: float, least: float, most: float) -> Bar:
    """Where a figure and its interval lie on a scale; what goes beyond it is cut."""

    def place(number: float) -> float:
        share = (number - least) / (most - least) if most > least else 0.5
        return round(100 * min(max(share, 0.0), 1.0), 1)

    return Bar(place(low), place(high), place(value))


def finding_bar(found: Finding) -> Bar | None:
    """A finding's interval about what it would be without bias; a share of all from 0 to 1."""
    if found.value is None or found.low is None or found.high is None:
        return None
    if isinstance(found, Speeding):
        return bar(found.value, found.low, found.high, 0.0, 1.0)
    neutral = found.neutral
    reach = max(_REACH, neutral - found.low, found.high - neutral)
    drawn = bar(found.value, found.low, found.high, neutral - reach, neutral + reach)
    return replace(drawn, neutral=50.0)


#: Pairs of models in the table; the CSV has all.
MATCHES = 60

_WINS = N_(
    "How often the model of the row won against that of the column; the table below has the numbers"
)
_STRENGTHS = N_("Models by strength with 95 percent intervals; the table below has the numbers")
_NO_FORMAT = N_("There is no such format.").text


@bp.get("/judging")
@requires(Permission.SEE_QUALITY)
def show(place: Place) -> Page | Response:
    """What moves the judging; then who is reliable; then the models."""
    reading, project = session(), place.project
    # Of the site, so that no figure depends on who looks at it.
    zone = ZoneInfo(config().timezone)
    asked = request.args.get("format", "")
    if asked in {"league", "wins"}:
        rows = _league_rows(standing.model_league(reading, project), asked)
        return csv_file(f"{project.slug}-{asked}.csv", rows)
    if asked:
        raise NotFound(_NO_FORMAT)
    found = standing.reliability(reading, project)
    people = review.everyone(reading, project.id, named=is_named(place))
    context = common(place, "quality", reading)
    context.update(
        findings=[
            (title, each, finding_bar(each))
            for title, each in zip(
                standing.FINDINGS, standing.findings(reading, project, zone), strict=False
            )
        ],
        reliability=found,
        lines=_reviewers(found, {who.pseudonym: who for who in people.values()}),
        fewest=standing.FEWEST,
        **_league(standing.model_league(reading, project)),
    )
    return Page("quality/judging.html", context)


def _reviewers(
    found: standing.Reliability, people: dict[str, review.Someone]
) -> list[tuple[review.Someone, standing.ReviewerLine, Bar | None]]:
    """Each reviewer with a bar on one scale for all: from the lowest interval to 1."""
    told = [line.low for line in found.reviewers if line.low is not None]
    least = min([*told, 0.9])
    return [
        (
            people.get(line.pseudonym, review.Someone(line.pseudonym)),
            line,
            bar(line.accuracy, line.low, line.high, least, 1.0)
            if line.accuracy is not None and line.low is not None and line.high is not None
            else None,
        )
        for line in found.reviewers
    ]


def _league(found: League | Message) -> dict[str, Any]:
    """The models with their bars on one scale, and why there are none."""
    empty: dict[str, Any] = {
        "models": [], "matches": [], "no_league": None, "no_interval": None, "league_chart": None,
        "wins_chart": None,
    }  # fmt: skip
    if isinstance(found, Message):
        return {**empty, "no_league": found}
    empty.update(_against(found))
    if found.models is None:
        return {**empty, "no_league": found.undefined}
    rows = found.models.to_dict("records")
    if found.no_interval is not None:
        models = [(row, None) for row in rows]
        return {**empty, "models": models, "no_interval": found.no_interval}
    least, most = float(found.models["low"].min()), float(found.models["high"].max())
    bars = [(row, bar(row["strength"], row["low"], row["high"], least, most)) for row in rows]
    lines = [
        Interval(row["model"], row["strength"], row["low"], row["high"],
                 number(row["strength"], 2))
        for row in rows
    ]  # fmt: skip
    drawn = strength_chart(said(_STRENGTHS), lines)
    return {**empty, "models": bars, "league_chart": drawn}


@dataclass(frozen=True)
class Match:
    """How comparisons of two models ended, for the first of them."""

    model: str
    against: str
    won: int
    tied: int
    lost: int

    @property
    def n(self) -> int:
        return self.won + self.tied + self.lost

    @property
    def share(self) -> float | None:
        """Of all comparisons, those won (0..1); None where there are none."""
        return self.won / self.n if self.n else None


def _matches(found: League) -> list[Match]:
    """Every model against every other one, in the order of the league."""
    names, won, tied = list(found.wins.index), found.wins.to_numpy(), found.ties.to_numpy()
    return [
        Match(str(one), str(other), int(won[i, j]), int(tied[i, j]), int(won[j, i]))
        for i, one in enumerate(names)
        for j, other in enumerate(names)
        if i != j
    ]


def _against(found: League) -> dict[str, Any]:
    """Model against model: the picture, and each two that were compared once."""
    matches = _matches(found)
    order = {str(name): n for n, name in enumerate(found.wins.index)}
    once = [each for each in matches if each.n and order[each.model] < order[each.against]]
    if not once:
        return {}
    shares = [each.share for each in matches if each.share is not None]
    least = faintest(shares)
    return {
        "wins_least": least,
        "wins_most": max(shares),
        "matches": once[:MATCHES],
        "matches_left_off": max(0, len(once) - MATCHES),
        "wins_chart": _wins_chart(matches, list(order), least),
    }


def _wins_chart(matches: list[Match], names: list[str], least: float) -> Chart:
    by_pair = {(each.model, each.against): each for each in matches}
    cells = []
    for one in names:
        for other in names:
            match = by_pair.get((one, other))
            if match is None:
                cells.append(HeatCell(one, other, None, "", one))
            elif match.share is None:
                says = N_("%(one)s, %(other)s: not compared", one=one, other=other)
                cells.append(HeatCell(one, other, None, "–", said(says)))
            else:
                written = percent(match.share)
                cells.append(HeatCell(one, other, match.share, written, _says(match, written)))
    return heat_map(said(_WINS), cells, least=least)


def _says(match: Match, written: str) -> str:
    return said(
        N_(
            "%(one)s against %(other)s: won %(share)s of %(n)s (%(won)s won, %(tied)s tied,"
            " %(lost)s lost)",
            one=match.model,
            other=match.against,
            share=written,
            n=number(match.n),
            won=number(match.won),
            tied=number(match.tied),
            lost=number(match.lost),
        )
    )


def _league_rows(found: League | Message, what: str) -> Iterator[list[Cell]]:
    """The league, or how comparisons of each two models ended; nothing but a head without one."""
    if isinstance(found, Message):
        yield ["model"]
    elif what == "wins":
        yield ["model", "against", "comparisons", "won", "tied", "lost", "share_won"]
        for each in _matches(found):
            yield [each.model, each.against, each.n, each.won, each.tied, each.lost, each.share]
    elif found.models is None:
        yield ["model"]
    else:
        yield [str(column) for column in found.models.columns]
        yield from (list(row.values()) for row in found.models.to_dict("records"))
