"""Agreement of one question part by part: a chart, its table, the same as CSV, where to act."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from flask import Blueprint, Response, request

from workbench.errors import NotFound
from workbench.messages import N_, Message
from workbench.permissions import Permission
from workbench.queries import agreement as figures
from workbench.queries import guideline
from workbench.queries.agreement import Measure
from workbench.queries.guideline import VersionLine
from workbench.queries.orders import MOST_ITEMS, MOST_OF_PART
from workbench.queries.passages import marks_passages
from workbench.queries.splits import MOST, By, Split, question_named, split
from workbench.queries.splits import Part as Found
from workbench.web.access import Place, requires
from workbench.web.charts import Chart, Part, Week, monday, part_chart, week_chart
from workbench.web.language import number, said
from workbench.web.parts import name_of, way_named
from workbench.web.quality import common
from workbench.web.quality_lines import AgreementLine, part_line
from workbench.web.request import Page, config, session
from workbench.web.spreadsheet import Cell, csv_file
from workbench.web.trust import WORDS, Level

bp = Blueprint("splits", __name__, url_prefix="/projects/<slug>/quality/splits")

#: What a part is called at the head of its column.
NAMES: dict[By, Message] = {
    "week": N_("Week"),
    "language": N_("Language"),
    "tag": N_("Tag"),
    "model": N_("Model"),
    "guideline": N_("Guideline version"),
    "site": N_("Site"),
}
HEADINGS: dict[By, Message] = {
    "week": N_("Agreement by week"),
    "language": N_("Agreement by language"),
    "tag": N_("Agreement by tag"),
    "model": N_("Agreement by model"),
    "guideline": N_("Agreement by guideline version"),
    "site": N_("Agreement by site"),
}
#: Why there are no parts although there are judgments.
NO_PARTS: dict[By, Message] = {
    "tag": N_("No judged item has a tag. Tags come with the items when they are brought in."),
    "model": N_("No judged item says which model wrote its responses."),
    "guideline": N_(
        "No judgment was made with a guideline on screen. Those that were brought in have none."
    ),
    "site": N_(
        "No reviewer here works at a site. An administrator says where they do, for instance:"
        " workbench user site ana Medellín."
    ),
}
#: What a part holds.
ABOUT: dict[By, Message] = {
    "week": N_(
        "Each judgment is in the week in which its present answer was given, and compared with"
        " those of the same week only. The weeks are those of %(zone)s."
    ),
    "language": N_("Each item is in the part of its language."),
    "tag": N_("An item with several tags is in the part of each of them."),
    "model": N_("An item is in the part of every model that wrote one of its responses."),
    "guideline": N_(
        "Each judgment is in the part of the version that was on its reviewer's screen, and"
        " compared with those of the same version only."
    ),
    "site": N_(
        "Each judgment is in the part of the site where its reviewer works, and compared with"
        " those of the same site only."
    ),
}
#: What a figure is called in a file, where not by the name of its measure.
_IN_FILE = {"krippendorff_alpha": "alpha"}

_WEEKS = N_("Alpha by week with its 95 percent intervals; the table below has the numbers")
_PARTS = N_("Alpha of each part with its 95 percent interval; the table below has the numbers")
_NO_FORMAT = N_("There is no such format.").text


@dataclass(frozen=True)
class PartLine:
    """A part as the table has it, and where to act when it is low."""

    line: AgreementLine
    key: str | None
    #: First day of a week.
    since: date | None
    #: Versions of the guideline published in that week.
    published: tuple[int, ...]
    #: The version whose changes to look at.
    version: int | None

    @property
    def is_low(self) -> bool:
        return self.line.level is Level.DANGER


@bp.get("")
@requires(Permission.SEE_QUALITY)
def show(place: Place) -> Page | Response:
    """One question split by `by`; the address holds all that was chosen."""
    by, reading = way_named(request.args.get("by", "week")), session()
    question = question_named(place.project, request.args.get("question") or None)
    zone = ZoneInfo(config().timezone)
    found = split(reading, place.project, question, by, zone)
    if is_csv():
        return csv_file(f"{place.project.slug}-{question.key}-by-{by}.csv", _rows(found))
    versions = guideline.versions(reading, place.project.id)
    parts = [_line(part, by, versions, zone) for part in found.parts]
    context = common(place, "quality", reading)
    context.update(
        by=by,
        ways=NAMES,
        headings=HEADINGS,
        question=question,
        questions=figures.questions_of(place.project),
        ac="AC1" if question.distance == "nominal" else "AC2",
        whole=part_line("", found.whole),
        parts=parts,
        drawn=_drawn(found),
        most_ordered=(MOST_ITEMS, MOST_OF_PART),
        left_off=found.left_off,
        most=MOST,
        about=Message(ABOUT[by].text, {"zone": zone.key} if by == "week" else {}),
        empty=_why_empty(found),
        chart=_chart(found, parts, versions, zone),
        marks_passages=marks_passages(place.project),
        words=WORDS,
    )
    return Page("quality/splits.html", context)


def is_csv() -> bool:
    """Whether a file is asked for. Raises NotFound for a format that there is not."""
    asked = request.args.get("format", "")
    if asked not in {"", "csv"}:
        raise NotFound(_NO_FORMAT)
    return asked == "csv"


def _line(part: Found, by: By, versions: Sequence[VersionLine], zone: ZoneInfo) -> PartLine:
    line = part_line(name_of(by, part.key), part)
    if part.key is None or by not in {"week", "guideline"}:
        return PartLine(line, part.key, None, (), None)
    if by == "guideline":
        return PartLine(line, part.key, None, (), int(part.key))
    since = monday(part.key)
    start, end = (datetime.combine(since + timedelta(days=n), datetime.min.time(), zone)
                  for n in (0, 7))  # fmt: skip
    before = [each for each in versions if each.at < end]
    published = sorted(each.version for each in before if each.at >= start)
    newest = max((each.version for each in before), default=None)
    return PartLine(line, part.key, since, tuple(published), newest)


def _why_empty(found: Split) -> Message | None:
    """Why there is no chart; None where there is one."""
    if not found.parts:
        return found.whole.alpha.undefined or N_("No judgment answers this.")
    if all(part.key is None for part in found.parts):
        return NO_PARTS.get(found.by)
    if all(part.alpha.value is None for part in found.parts):
        return N_("In no part can agreement beyond chance be told; the table says why.")
    return None


def _chart(
    found: Split, parts: Sequence[PartLine], versions: Sequence[VersionLine], zone: ZoneInfo
) -> Chart | None:
    if _why_empty(found) is not None:
        return None
    if found.by == "week":
        weeks = [Week(part.line.title, part.line, _spoken(part.line)) for part in parts]
        return week_chart(said(_WEEKS), weeks, versions, zone)
    return part_chart(said(_PARTS), [Part(each.line, _spoken(each.line)) for each in parts])


def _spoken(line: AgreementLine) -> str:
    """A line as a sentence, for whoever points at it."""
    alpha = line.alpha
    if alpha.low is None:
        return f"{line.title}: {number(alpha.value, 2)}"
    ends = {"low": number(alpha.low, 2), "high": number(alpha.high, 2)}
    return f"{line.title}: {number(alpha.value, 2)} ({said(N_('%(low)s to %(high)s', **ends))})"


def _drawn(found: Split) -> bool:
    """Whether whole rankings of some items alone were compared somewhere."""
    return any(each.orders and each.orders.w.note for each in (found.whole, *found.parts))


def _rows(found: Split) -> Iterator[list[Cell]]:
    """The table for a spreadsheet: the whole, then the parts. Whole rankings and steps have counts
    of their own, since some are left out and of many some are drawn."""
    names = [_IN_FILE.get(each.measure, each.measure) for each in _in_file(found.whole)]
    numbers = [f"{name}{end}" for name in names for end in ("", "_low", "_high")]
    counts = [f"{name}_items" for name in names[3:]]
    yield ["by", "part", *numbers, "n_items", "n_judgments", *counts, "undefined"]
    for by, part in (("all", found.whole), *((found.by, part) for part in found.parts)):
        measures = _in_file(part)
        why = dict.fromkeys(said(each.undefined) for each in measures if each.undefined)
        yield [
            by,
            part.key,
            *(value for each in measures for value in (each.value, each.low, each.high)),
            part.alpha.n_items,
            part.alpha.n_judgments,
            *(each.n_items for each in measures[3:]),
            " ".join(why),
        ]


def _in_file(part: Found) -> tuple[Measure, ...]:
    """The figures of a part in the order of the columns."""
    return (part.alpha, part.gwet, part.equal, *part.all_measures[3:])
