"""The lead's pages: can this be trusted and where not, one item with all answers, escalations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from flask_babel import get_locale
from pandas import DataFrame
from sqlalchemy.orm import Session

from workbench.errors import NotFound
from workbench.messages import N_, Invalid, Message
from workbench.models import Outcome, Role
from workbench.permissions import Permission, Who, allowed
from workbench.queries import agreement as figures
from workbench.queries import progress, review
from workbench.queries.agreement import Measure, ReviewerPair
from workbench.queries.progress import Day
from workbench.queries.review import ItemLine, Someone
from workbench.services import audit
from workbench.services.resolve import resolve as settle
from workbench.stats import reviewer_agreement
from workbench.task_types.base import Question
from workbench.web.access import Place, person, requires
from workbench.web.harms import harm_titles
from workbench.web.language import said
from workbench.web.request import Page, config, is_htmx, now, read_session, session
from workbench.web.trust import WORDS, Level, level, verdict

bp = Blueprint("quality", __name__, url_prefix="/projects/<slug>")

DAYS = 14
DISPUTES = 20
#: Items passed over, and weak spots, that are named on the page; the rest is counted.
NAMED = 3
#: Reviewers in the table of pairs: more do not fit a screen.
PAIRED = 20

OUTCOMES: dict[str, Message] = {
    Outcome.KEPT: N_("kept as it is"),
    Outcome.ANSWERED: N_("answered"),
    Outcome.REMOVED: N_("taken out"),
}

_NO_PAGE = N_("There is no such page, or it is not open to you.").text


# --- what pages of a project share ----------------------------------------------------------


@dataclass(frozen=True)
class Tabs:
    """What `quality/_tabs.html` shows."""

    slug: str
    #: "quality", "escalations" or "data".
    current: str
    #: None where the person settles none.
    open_escalations: int | None


def tabs(place: Place, current: str, reading: Session | None = None) -> Tabs:
    """The parts of a project, for whoever asks. `reading`: a session that is open already."""
    slug = place.project.slug
    if not allowed(Permission.RESOLVE, Who(person().role, place.member.role)):
        return Tabs(slug, current, None)
    with ExitStack() as stack:
        asked = reading or read_session(stack)
        return Tabs(slug, current, review.count_open(asked, place.project.id).count)


def _named(place: Place) -> bool:
    """Whether this person may know reviewers by name: who leads them does."""
    return place.member.role == Role.LEAD


def _common(place: Place, current: str, reading: Session) -> dict[str, Any]:
    return {
        "project": place.project,
        "slug": place.project.slug,
        "tabs": tabs(place, current, reading),
        "harm_names": harm_titles(),
        "at": now(),
    }


# --- quality --------------------------------------------------------------------------------


@dataclass(frozen=True)
class AgreementLine:
    """The figures of one question, or of one language."""

    title: str
    alpha: Measure
    equal: Measure
    level: Level


@dataclass(frozen=True)
class Bar:
    """A day of the chart, in its own units of length."""

    x: int
    height: int
    day: Day
    #: Whether its number stands above it.
    labelled: bool


@dataclass(frozen=True)
class Cell:
    """Two reviewers compared. `shade` runs from 0 (never the same) to 4 (nearly always)."""

    pair: ReviewerPair
    shade: int


@dataclass(frozen=True)
class PairLine:
    """One reviewer beside the others, in the order of the columns; None beside themselves."""

    who: Someone
    cells: tuple[Cell | None, ...]


@dataclass(frozen=True)
class DisputeLine:
    """A disputed item. `share`: its disagreement as a share (0..1) of the most there could be."""

    line: ItemLine
    n_reviewers: int
    share: float


@bp.get("/quality")
@requires(Permission.SEE_QUALITY)
def show(place: Place) -> Page:
    """Can I trust this, and where not; then what to do next; then the detail."""
    reading = session()
    context = _common(place, "quality", reading) | _progress(reading, place)
    return Page("quality/quality.html", context | _agreement(reading, place))


def _progress(reading: Session, place: Place) -> dict[str, Any]:
    project_id = place.project.id
    zone = ZoneInfo(person().timezone or config().timezone)
    passed, passed_count = progress.passed_over(reading, project_id, NAMED)
    return {
        "totals": progress.totals(reading, project_id),
        "bars": bars(progress.by_day(reading, project_id, now(), zone, DAYS)),
        "reviewers": progress.by_reviewer(reading, project_id, named=_named(place)),
        "waiting": review.count_open(reading, project_id),
        "resolves": allowed(Permission.RESOLVE, Who(person().role, place.member.role)),
        "passed": passed,
        "passed_count": passed_count,
    }


def _agreement(reading: Session, place: Place) -> dict[str, Any]:
    project = place.project
    table = figures.table(reading, project)
    questions = figures.questions_of(project)
    main = questions[0]
    by_question = _question_lines(table, questions)
    by_language = _language_lines(figures.by_language(table, main))
    others = reviewer_agreement(figures.of_question(table, main))
    people = review.everyone(reading, project.id, named=_named(place))
    pairs = figures.reviewer_pairs(table, main)
    return {
        "words": WORDS,
        "main": by_question[0],
        "verdict": verdict(by_question[0].alpha),
        "questions": [line for line in by_question if line.alpha.value is not None],
        "undefined": undefined(by_question),
        "languages": by_language if len(by_language) > 1 else [],
        "weak": weak_spots([*by_question[1:], *(by_language if len(by_language) > 1 else [])]),
        "same_as_others": dict(zip(others["reviewer"], others["agreement"], strict=True)),
        "pair_lines": pair_lines(pairs, {who.pseudonym: who for who in people.values()}),
        "disputes": _disputes(reading, place, table, main),
    }


def _question_lines(table: DataFrame, questions: Sequence[Question]) -> list[AgreementLine]:
    measures = figures.by_question(table, list(questions))
    asked = set(table["question"])
    return [
        _line(said(each.title), [_asked(found, each, asked) for found in measures[each.key]])
        for each in questions
    ]


def _asked(found: Measure, question: Question, asked: set[str]) -> Measure:
    """The measure; where no judgment answers its question, that is the reason it is undefined."""
    if not asked or question.key in asked:
        return found
    return replace(found, undefined=N_("No judgment answers this."))


def undefined(lines: Sequence[AgreementLine]) -> dict[str, list[str]]:
    """Titles of the lines without a figure, by the reason."""
    found: dict[str, list[str]] = {}
    for line in lines:
        if line.alpha.undefined is not None:
            found.setdefault(said(line.alpha.undefined), []).append(line.title)
    return found


def _language_lines(measures: Mapping[str, Sequence[Measure]]) -> list[AgreementLine]:
    return [_line(language_name(code), found) for code, found in measures.items()]


def _line(title: str, measures: Sequence[Measure]) -> AgreementLine:
    alpha, equal = measures
    return AgreementLine(title, alpha, equal, level(alpha))


def language_name(code: str) -> str:
    """A language in the reader's, e.g. español; its code where that is no known one."""
    try:
        name = Locale.parse(code, sep="-").get_display_name(get_locale())
    except (ValueError, UnknownLocaleError):
        return code
    return name or code


def weak_spots(lines: Sequence[AgreementLine]) -> list[AgreementLine]:
    """Where agreement is too low to rely on, the lowest first."""
    weak = [line for line in lines if line.level is Level.DANGER]
    return sorted(weak, key=lambda line: line.alpha.value or 0)[:NAMED]


def _disputes(
    reading: Session, place: Place, table: DataFrame, question: Question
) -> list[DisputeLine]:
    found = figures.disputes(reading, place.project, DISPUTES, table)
    lines = review.item_lines(reading, [dispute.item_id for dispute in found])
    most = furthest(table, question)
    return [
        DisputeLine(lines[each.item_id], each.n_reviewers, each.disagreement / most)
        for each in found
    ]


def furthest(table: DataFrame, question: Question) -> float:
    """How far two values of a question can be apart, as the delta squared of its distance."""
    if question.distance != "interval":
        return 1.0
    values = table.loc[table["question"] == question.key, "value"]
    return float((values.max() - values.min()) ** 2) or 1.0


def bars(days: Sequence[Day]) -> list[Bar]:
    """The chart of judgments by day: 22 units a day, the highest bar 80 units high.

    Only the highest bar and today's have their number above them, so that numbers never touch.
    """
    highest = max((day.judgments for day in days), default=0)
    peak = next((i for i, day in enumerate(days) if day.judgments == highest), -1)
    return [
        Bar(
            x=22 * i,
            height=round(80 * day.judgments / highest) if highest else 0,
            day=day,
            labelled=bool(day.judgments) and i in {peak, len(days) - 1},
        )
        for i, day in enumerate(days)
    ]


def pair_lines(
    pairs: Sequence[ReviewerPair], people: Mapping[str, Someone], most: int = PAIRED
) -> list[PairLine]:
    """Everyone beside everyone, at most those `most` who have most items in common with others."""
    cells: dict[tuple[str, str], Cell] = {}
    shared: dict[str, int] = {}
    for pair in pairs:
        cell = Cell(pair, min(4, int(5 * (pair.agreement or 0))))
        for one, other in (
            (pair.reviewer_a, pair.reviewer_b),
            (pair.reviewer_b, pair.reviewer_a),
        ):
            cells[one, other] = cell
            shared[one] = shared.get(one, 0) + pair.n_items
    busiest = sorted(shared, key=lambda name: (-shared[name], name))[:most]
    chosen = sorted((people.get(name, Someone(name)) for name in busiest), key=_in_order)
    return [
        PairLine(one, tuple(cells.get((one.pseudonym, other.pseudonym)) for other in chosen))
        for one in chosen
    ]


def _in_order(who: Someone) -> str:
    return who.name or who.pseudonym


# --- one item -------------------------------------------------------------------------------


@bp.get("/items/<int:item_id>")
@requires(Permission.SEE_QUALITY)
def item(place: Place, item_id: int) -> Page:
    """An item with everyone's answers side by side."""
    return _item_page(place, item_id)


@bp.post("/items/<int:item_id>/uncover")
@requires(Permission.SEE_QUALITY)
def uncover(place: Place, item_id: int) -> Page:
    """Show a harmful item's texts. It is noted who looked."""
    page = _item_page(place, item_id, uncovered=True)
    audit.append(session(), "item.uncover", f"item:{item_id}", actor=person().id, at=now())
    return page


def _item_page(place: Place, item_id: int, *, uncovered: bool = False) -> Page:
    reading = session()
    found = review.item_review(reading, place.project.id, item_id, named=_named(place))
    if found is None:
        raise NotFound(_NO_PAGE)
    context = _common(place, "quality", reading)
    context.update(
        review=found,
        config=place.project.config,
        language_name=language_name(found.item.language),
        covered=bool(found.item.harm) and not uncovered,
    )
    return Page("quality/item.html", context, "review")


# --- escalations ----------------------------------------------------------------------------


@bp.get("/escalations")
@requires(Permission.RESOLVE)
def escalations(place: Place) -> Page:
    """What reviewers ask, the most urgent first, and what was settled."""
    return _escalations_page(place)


def _escalations_page(place: Place, **problems: Any) -> Page:
    reading = session()
    context = {
        **_common(place, "escalations", reading),
        "waiting": review.open_escalations(reading, place.project.id),
        "settled": review.settled_escalations(reading, place.project.id),
        "outcome_names": OUTCOMES,
        "swapped": False,
        "problem_of": None,
        "problems": {},
        "form": {},
        **problems,
    }
    return Page("quality/escalations.html", context, status=422 if problems else 200)


@bp.post("/escalations/<int:escalation_id>/resolve")
@requires(Permission.RESOLVE)
def resolve(place: Place, escalation_id: int) -> Page | ResponseReturnValue:
    """Settle an escalation: htmx gets its new row, a plain form the page again."""
    writing = session()
    if review.escalation(writing, place.project.id, escalation_id) is None:
        raise NotFound(_NO_PAGE)
    try:
        _settle(writing, escalation_id)
    except Invalid as error:
        return _not_settled(place, escalation_id, error)
    if is_htmx():
        return _row(place, escalation_id, {})
    anchor = f"escalation-{escalation_id}"
    return redirect(url_for("quality.escalations", slug=place.project.slug, _anchor=anchor), 303)


def _settle(writing: Session, escalation_id: int) -> None:
    outcome = request.form.get("outcome", "")
    if outcome == Outcome.REMOVED and request.form.get("confirm") != "1":
        raise Invalid.at("confirm", "Confirm that the item is to be taken out for everyone.")
    settle(writing, escalation_id, person().id, outcome, request.form.get("note", ""), now())


def _not_settled(place: Place, escalation_id: int, error: Invalid) -> Page:
    """422: what is wrong, in a form that keeps what was entered."""
    problems = {name: said(why) for name, why in error.errors.items()}
    if is_htmx():
        return _row(place, escalation_id, problems)
    return _escalations_page(place, problem_of=escalation_id, problems=problems, form=request.form)


def _row(place: Place, escalation_id: int, problems: dict[str, str]) -> Page:
    reading = session()
    context = {
        **_common(place, "escalations", reading),
        "asked": review.escalation(reading, place.project.id, escalation_id),
        "outcome_names": OUTCOMES,
        "swapped": True,
        "problems": problems,
        "form": request.form,
    }
    return Page("quality/escalations.html", context, "one", 422 if problems else 200)
