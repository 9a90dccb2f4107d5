"""Whether reviewers mark the same passages: gamma and soft F1, of all items and part by part.

The pages of agreement ask for it when the rest is there: aligning marks takes a second or two.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request

from workbench.errors import NotFound
from workbench.messages import N_, Message
from workbench.permissions import Permission
from workbench.queries import passage_parts
from workbench.queries.parts import Which
from workbench.queries.passage_parts import MOST_PARTS, PassagesSplit
from workbench.queries.passages import Passages, passages
from workbench.queries.splits import By
from workbench.web.access import Place, requires
from workbench.web.language import said
from workbench.web.parts import name_of, title_of, way_named
from workbench.web.quality import common
from workbench.web.request import Page, config, session
from workbench.web.splits import NAMES, is_csv
from workbench.web.spreadsheet import Cell, csv_file

bp = Blueprint("passages", __name__, url_prefix="/projects/<slug>/quality/passages")

_ALL = N_("All together")
_PART = N_("Part")
_NO_PAGE = N_("There is no such page, or it is not open to you.").text


@dataclass(frozen=True)
class Line:
    """A part, or all together, as the table has it."""

    title: str
    found: Passages
    #: What an address of the part's page carries; None: it has none, or is that page.
    args: dict[str, Any] | None = None


@bp.get("")
@requires(Permission.SEE_QUALITY)
def show(place: Place) -> Page | Response:
    """The figures of the project and of its parts by `by`; htmx gets them alone."""
    by, project = way_named(request.args.get("by", "language")), place.project
    found = passage_parts.split_passages(session(), project, by, _zone())
    if found is None:
        raise NotFound(_NO_PAGE)
    if is_csv():
        return csv_file(f"{project.slug}-passages-by-{by}.csv", _rows(found))
    lines = [
        Line(name_of(by, part.key), part.passages, {"by": by, "part": part.key})
        for part in found.parts
    ]
    # One language is all of them, and who did not ask for parts need not see it twice.
    if len(lines) == 1 and "by" not in request.args:
        lines = []
    whole = Line(said(_ALL), found.whole)
    return _page(place, [whole, *lines], NAMES[by], by=by, left_off=found.left_off)


@bp.get("/part")
@requires(Permission.SEE_QUALITY)
def part(place: Place) -> Page:
    """The figures of one part, beside those of the project; htmx gets them alone."""
    reading, project = session(), place.project
    which = Which(way_named(request.args.get("by", "")), request.args.get("part"))
    found = passage_parts.passages_in(reading, project, which, _zone())
    whole = passages(reading, project)
    if found is None or whole is None:
        raise NotFound(_NO_PAGE)
    lines = [Line(title_of(which), found.passages), Line(said(_ALL), whole)]
    return _page(place, lines, _PART, by=None, left_off=0)


def _zone() -> ZoneInfo:
    return ZoneInfo(config().timezone)


def _page(
    place: Place, lines: list[Line], heading: Message, *, by: By | None, left_off: int
) -> Page:
    context = common(place, "quality", session())
    context.update(
        lines=lines,
        heading=heading,
        by=by,
        left_off=left_off,
        most=MOST_PARTS,
        any_figure=any(each.value is not None for line in lines for each in line.found.measures),
        notes=[(line.title, note) for line in lines for note in line.found.notes],
    )
    return Page("quality/passages.html", context, "passages")


def _rows(found: PassagesSplit) -> Iterator[list[Cell]]:
    """The table for a spreadsheet: the whole, then the parts."""
    names = [each.measure for each in found.whole.measures]
    numbers = [f"{name}{end}" for name in names for end in ("", "_low", "_high")]
    yield ["by", "part", *numbers, "n_items", "n_judgments", "undefined", "note"]
    parts = [(found.by, part.key, part.passages) for part in found.parts]
    for by, key, one in [("all", None, found.whole), *parts]:
        why = dict.fromkeys(said(each.undefined) for each in one.measures if each.undefined)
        yield [
            by,
            key,
            *(value for each in one.measures for value in (each.value, each.low, each.high)),
            one.gamma.n_items,
            one.gamma.n_judgments,
            " ".join(why),
            " ".join(map(said, one.notes)),
        ]
