"""One part of a project's judgments, such as a week or a tag: what is behind its agreement."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request
from sqlalchemy.orm import Session

from workbench.errors import NotFound
from workbench.messages import N_, Message
from workbench.models import Project
from workbench.permissions import Permission, Who, allowed
from workbench.queries import agreement as figures
from workbench.queries import parts, review
from workbench.queries.parts import Found, Which
from workbench.queries.passages import marks_passages
from workbench.queries.splits import WAYS, By, Part, question_named
from workbench.web.access import Place, person, requires
from workbench.web.charts import monday
from workbench.web.clauses import clauses_of
from workbench.web.language import on_day, said
from workbench.web.quality import common, is_named
from workbench.web.quality_lines import (
    AgreementLine,
    DisputeLine,
    language_name,
    part_line,
)
from workbench.web.request import Page, config, session
from workbench.web.spreadsheet import Cell, csv_file
from workbench.web.trust import WORDS, verdict

bp = Blueprint("parts", __name__, url_prefix="/projects/<slug>/quality/part")

#: Items and parts of the part that are named.
NAMED = 20

#: What has no part.
NOWHERE: dict[By, Message] = {
    "tag": N_("without a tag"),
    "model": N_("without a model"),
    "guideline": N_("no guideline on screen"),
    "site": N_("no site"),
}
_TITLES: dict[By, Message] = {
    "week": N_("Week from %(key)s"),
    "language": N_("Language: %(key)s"),
    "tag": N_("Tag: %(key)s"),
    "model": N_("Model: %(key)s"),
    "guideline": N_("Guideline version %(key)s"),
    "site": N_("Site: %(key)s"),
}
_INSIDE: dict[By, Message] = {
    "week": N_("Week by week"),
    "tag": N_("Tag by tag"),
    "model": N_("Model by model"),
}

_NO_WAY = N_("Agreement cannot be split in that way.").text
_NO_FORMAT = N_("There is no such format.").text


def way_named(asked: str) -> By:
    """The way of splitting of that name. Raises NotFound."""
    for way in WAYS:
        if way == asked:
            return way
    raise NotFound(_NO_WAY)


def name_of(by: By, key: str | None) -> str:
    """What a part is called in its column."""
    if key is None:
        return said(NOWHERE[by]) if by in NOWHERE else "–"
    return language_name(key) if by == "language" else key


def title_of(which: Which) -> str:
    """What a part is called by itself."""
    if which.key is None:
        return name_of(which.by, None)
    name = name_of(which.by, which.key)
    if which.by == "week":
        name = on_day(monday(which.key))
    return said(Message(_TITLES[which.by].text, {"key": name}))


# --- only a part of the project -------------------------------------------------------------


@dataclass(frozen=True)
class Within:
    """The part that an address keeps to; all of the project without one."""

    which: Which | None

    @property
    def args(self) -> dict[str, Any]:
        """What addresses that keep to it carry."""
        if self.which is None:
            return {}
        key = self.which.key
        return {"by": self.which.by} | ({} if key is None else {"part": key})

    @property
    def title(self) -> str:
        return "" if self.which is None else title_of(self.which)

    def item_ids(self, reading: Session, project: Project) -> frozenset[int] | None:
        """Items of the part; None: all. Raises NotFound for a part without judgments."""
        if self.which is None:
            return None
        return parts.items_in(reading, project, self.which, ZoneInfo(config().timezone))


def within() -> Within:
    """What the address keeps to. Raises NotFound for a way of splitting that there is not."""
    by = request.args.get("by", "")
    return Within(Which(way_named(by), request.args.get("part")) if by else None)


# --- the page -------------------------------------------------------------------------------


@bp.get("")
@requires(Permission.SEE_QUALITY)
def show(place: Place) -> Page | Response:
    """How far people agree in one part, on what they differ there, and who; by one question."""
    project, reading = place.project, session()
    which = Which(way_named(request.args.get("by", "")), request.args.get("part"))
    question = question_named(project, request.args.get("question") or None)
    zone = ZoneInfo(config().timezone)
    found = parts.look_into(reading, project, question, which, zone=zone, most=NAMED)
    asked = request.args.get("format", "")
    if asked == "csv":
        return csv_file(f"{project.slug}-{question.key}-{which.by}-items.csv", _rows(found))
    if asked:
        raise NotFound(_NO_FORMAT)
    people = review.everyone(reading, project.id, named=is_named(place))
    lines = review.item_lines(reading, [each.item_id for each in found.disputes])
    line = part_line(title_of(which), found.part)
    decides = allowed(Permission.DECIDE, Who(person().role, place.member.role))
    context = common(place, "quality", reading)
    context.update(
        which=which,
        within=Within(which),
        question=question,
        is_main=question.key == figures.questions_of(project)[0].key,
        line=line,
        whole=part_line(said(N_("All together")), found.whole),
        ac="AC1" if question.distance == "nominal" else "AC2",
        verdict=verdict(line.alpha),
        disputes=[
            DisputeLine(lines[each.item_id], each.n_reviewers, each.share)
            for each in found.disputes
        ],
        n_disputed=found.n_disputed,
        reviewers=found.reviewers,
        people={who.pseudonym: who for who in people.values()},
        inside=[(said(_INSIDE[by]), by, _lines(by, some)) for by, some in found.inside.items()],
        clauses=clauses_of(reading, project.id),
        writes=allowed(Permission.WRITE_GUIDELINE, Who(person().role, place.member.role)),
        marks_passages=marks_passages(project),
        words=WORDS,
        decides=decides,
    )
    return Page("quality/part.html", context)


def _lines(by: By, some: tuple[Part, ...]) -> list[tuple[str | None, AgreementLine]]:
    return [(part.key, part_line(name_of(by, part.key), part)) for part in some]


def _rows(found: Found) -> Iterator[list[Cell]]:
    """The items on which people differ."""
    yield ["item", "reviewers", "disagreement", "share_of_most"]
    for each in found.disputes:
        yield [each.external_id, each.n_reviewers, each.disagreement, each.share]
