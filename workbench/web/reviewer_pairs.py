"""How far each two reviewers agree: a heat map, its table, the same as CSV."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flask import Blueprint, Response, request

from workbench.errors import NotFound
from workbench.messages import N_
from workbench.permissions import Permission
from workbench.queries import agreement as figures
from workbench.queries import review
from workbench.queries.counted import counted
from workbench.queries.reviewers import ReviewerPair, reviewer_pairs
from workbench.web.access import Place, requires
from workbench.web.charts import Chart, HeatCell, faintest, heat_map
from workbench.web.language import number, percent, said
from workbench.web.quality import common, is_named
from workbench.web.quality_lines import PairLine, pair_lines
from workbench.web.request import Page, session
from workbench.web.spreadsheet import Cell, csv_file

bp = Blueprint("reviewer_pairs", __name__, url_prefix="/projects/<slug>/quality/pairs")

#: People of the picture, and rows of the table; the CSV has all.
MOST, ROWS = 50, 40

_LABEL = N_("How often each two reviewers give the same answer; the table below has the numbers")
_NO_PAGE = N_("There is no such page, or it is not open to you.").text
_NO_FORMAT = N_("There is no such format.").text


@bp.get("")
@requires(Permission.SEE_QUALITY)
def show(place: Place) -> Page | Response:
    """Agreement of pairs on one question, the main one unless the address names another."""
    reading, project = session(), place.project
    questions = {each.key: each for each in figures.questions_of(project)}
    key = request.args.get("question") or next(iter(questions))
    if key not in questions:
        raise NotFound(_NO_PAGE)
    found = reviewer_pairs(counted(reading, project), questions[key])
    asked = request.args.get("format", "")
    if asked == "csv":
        return csv_file(f"{project.slug}-{key}-pairs.csv", _rows(found))
    if asked:
        raise NotFound(_NO_FORMAT)
    everyone = review.everyone(reading, project.id, named=is_named(place))
    people = {who.pseudonym: who for who in everyone.values()}
    lines = pair_lines(found, people, MOST)
    met = sorted(
        (pair for pair in found if pair.agreement is not None),
        key=lambda pair: (pair.agreement, -pair.n_items),
    )
    shares = [pair.agreement for pair in found if pair.agreement is not None]
    least = faintest(shares)
    context = common(place, "quality", reading)
    context.update(
        questions={each.key: each.title for each in questions.values()},
        key=key,
        people=people,
        pairs=met[:ROWS],
        left_off=max(0, len(met) - ROWS),
        apart=len(found) - len(met),
        shown=len(lines),
        all=len({name for pair in found for name in (pair.reviewer_a, pair.reviewer_b)}),
        least=least,
        most=max(shares, default=None),
        chart=_chart(lines, least) if met else None,
    )
    return Page("quality/pairs.html", context)


def _chart(lines: Sequence[PairLine], least: float) -> Chart:
    names = [line.who.name or line.who.pseudonym for line in lines]
    cells = []
    for one, line in zip(names, lines, strict=True):
        for other, cell in zip(names, line.cells, strict=True):
            share = cell.pair.agreement if cell is not None else None
            if one == other:
                cells.append(HeatCell(one, other, None, "", one))
            elif cell is None or share is None:
                says = said(N_("%(one)s, %(other)s: no item in common", one=one, other=other))
                cells.append(HeatCell(one, other, None, "–", says))
            else:
                says = said(
                    N_(
                        "%(one)s, %(other)s: the same answer to %(share)s of %(items)s items",
                        one=one,
                        other=other,
                        share=percent(share),
                        items=number(cell.pair.n_items),
                    )
                )
                cells.append(HeatCell(one, other, share, percent(share), says))
    return heat_map(said(_LABEL), cells, least=least)


def _rows(found: Sequence[ReviewerPair]) -> Iterator[list[Cell]]:
    yield ["reviewer_a", "reviewer_b", "items", "units", "agreement", "alpha"]
    for pair in found:
        yield [pair.reviewer_a, pair.reviewer_b, pair.n_items, pair.n_units, pair.agreement,
               pair.alpha]  # fmt: skip
