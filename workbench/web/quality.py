"""The lead's pages: can this be trusted and where not, one item with all answers, escalations."""

from __future__ import annotations

from contextlib import ExitStack
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from workbench.errors import NotFound
from workbench.messages import N_, Invalid, Message
from workbench.models import Outcome, Role
from workbench.permissions import Permission, Who, allowed
from workbench.queries import agreement as figures
from workbench.queries import care, decisions, gold, progress, review
from workbench.queries.counted import counted
from workbench.queries.orders import ordering
from workbench.queries.passages import marks_passages
from workbench.queries.reviewers import reviewer_pairs, same_as_others
from workbench.queries.steps_apart import place_asked, steps_apart
from workbench.services import audit
from workbench.services.mark_severity import mark_severity
from workbench.services.resolve import own as see_to
from workbench.services.resolve import resolve as settle
from workbench.web.access import Place, person, requires
from workbench.web.harms import SEVERITY_MEANINGS, SEVERITY_NAMES, harm_titles
from workbench.web.laid_over import laid_over, letters, step_marks
from workbench.web.language import said
from workbench.web.looked import saw
from workbench.web.quality_lines import (
    DisputeLine,
    bars,
    language_lines,
    language_name,
    pair_lines,
    question_lines,
    undefined,
    weak_spots,
)
from workbench.web.request import Page, config, is_htmx, now, read_session, session
from workbench.web.trust import WORDS, verdict

bp = Blueprint("quality", __name__, url_prefix="/projects/<slug>")

DAYS = 14
DISPUTES = 20
#: Items passed over that are named on the page; the rest is counted.
PASSED = 3

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
    #: "quality", "disputes", "reviews", "escalations", "guideline", "practice", "gold" or "data".
    current: str
    #: None where the person settles none.
    open_escalations: int | None
    #: Judgments that wait for a look by this person.
    to_review: int = 0


def tabs(place: Place, current: str, reading: Session | None = None) -> Tabs:
    """The parts of a project, for whoever asks. `reading`: a session that is open already."""
    slug = place.project.slug
    if not allowed(Permission.RESOLVE, Who(person().role, place.member.role)):
        return Tabs(slug, current, None)
    with ExitStack() as stack:
        asked = reading or read_session(stack)
        waiting = review.count_open(asked, place.project.id).count
        looks = decisions.count_to_review(asked, place.project, person().id, now())
        return Tabs(slug, current, waiting, looks)


def is_named(place: Place) -> bool:
    """Whether this person may know reviewers by name: who leads them does."""
    return place.member.role == Role.LEAD


def looks_after(place: Place) -> bool:
    return allowed(Permission.LOOK_AFTER, Who(person().role, place.member.role))


def common(place: Place, current: str, reading: Session) -> dict[str, Any]:
    """What every page of a project for leads shows."""
    return {
        "project": place.project,
        "slug": place.project.slug,
        "tabs": tabs(place, current, reading),
        "harm_names": harm_titles(),
        "severity_names": SEVERITY_NAMES,
        "at": now(),
    }


# --- quality --------------------------------------------------------------------------------


@bp.get("/quality")
@requires(Permission.SEE_QUALITY)
def show(place: Place) -> Page:
    """Can I trust this, and where not; then what to do next; then the detail."""
    reading = session()
    context = common(place, "quality", reading) | _progress(reading, place)
    context["exposure"] = None
    if looks_after(place):
        context["exposure"] = care.exposure(reading, place.project.id, now())
    return Page("quality/quality.html", context | _agreement(reading, place))


def _progress(reading: Session, place: Place) -> dict[str, Any]:
    project_id = place.project.id
    zone = ZoneInfo(person().timezone or config().timezone)
    passed, passed_count = progress.passed_over(reading, project_id, PASSED)
    return {
        "totals": progress.totals(reading, project_id),
        "bars": bars(progress.by_day(reading, project_id, now(), zone, DAYS)),
        "reviewers": progress.by_reviewer(reading, project_id, named=is_named(place)),
        "waiting": review.count_open(reading, project_id),
        "resolves": allowed(Permission.RESOLVE, Who(person().role, place.member.role)),
        "passed": passed,
        "passed_count": passed_count,
    }


def _agreement(reading: Session, place: Place) -> dict[str, Any]:
    project = place.project
    found = counted(reading, project)
    questions = figures.questions_of(project)
    main, step = questions[0], place_asked(project)
    lines = question_lines(found, questions)
    languages = language_lines(found, main)
    people = review.everyone(reading, project.id, named=is_named(place))
    pairs = reviewer_pairs(found, main)
    return {
        "words": WORDS,
        "main": lines[0],
        "verdict": verdict(lines[0].alpha),
        "questions": [line for line in lines if line.alpha.value is not None],
        "confusable": any(not each.paired for each in questions),
        "undefined": undefined(lines),
        "marks_passages": marks_passages(project),
        "orders_lists": bool(ordering(found, project)),
        "steps_apart": steps_apart(reading, project, step),
        "same_step": lines[questions.index(step)].equal if step else None,
        "languages": languages,
        "weak": weak_spots([*lines[1:], *languages]),
        "same_as_others": same_as_others(found, main),
        "pair_lines": pair_lines(pairs, {who.pseudonym: who for who in people.values()}),
        "disputes": _disputes(reading, place),
    }


def _disputes(reading: Session, place: Place) -> list[DisputeLine]:
    settled = decisions.settled_ids(reading, place.project.id)
    found = figures.disputes(reading, place.project, DISPUTES, settled)
    lines = review.item_lines(reading, [dispute.item_id for dispute in found])
    return [DisputeLine(lines[each.item_id], each.n_reviewers, each.share) for each in found]


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
    found = review.item_review(reading, place.project.id, item_id, named=is_named(place))
    if found is None:
        raise NotFound(_NO_PAGE)
    context = common(place, "quality", reading)
    context.update(
        review=found,
        config=place.project.config,
        overlay=laid_over(place.project, found.item, found.answers),
        step_marks=step_marks(place.project, found.item, found.answers),
        letters=letters(len(found.answers)),
        language_name=language_name(found.item.language),
        covered=found.covered and not uncovered,
        looks_after=looks_after(place),
        severity_meanings=SEVERITY_MEANINGS,
        gold=gold.standing(reading, item_id),
        hidden=gold.hidden_copy(reading, item_id, named=is_named(place)),
    )
    if not found.covered:  # else it is noted who uncovers it
        saw([item_id])
    return Page("quality/item.html", context, "review")


@bp.post("/items/<int:item_id>/severity")
@requires(Permission.LOOK_AFTER)
def severity(place: Place, item_id: int) -> Page | ResponseReturnValue:
    """Say how hard the item is to read, or leave that to what came with it."""
    text = request.form.get("severity", "nothing sent")
    mark = None if not text else int(text) if text in {"0", "1", "2", "3"} else -1
    mark_severity(session(), place.project.id, item_id, mark, now=now(), actor=person().id)
    if not is_htmx():
        return redirect(url_for("quality.item", slug=place.project.slug, item_id=item_id), 303)
    page = _item_page(place, item_id)
    page.block = "severity"
    return page


# --- escalations ----------------------------------------------------------------------------


@bp.get("/escalations")
@requires(Permission.RESOLVE)
def escalations(place: Place) -> Page:
    """What reviewers ask, the most urgent first, and what was settled."""
    return _escalations_page(place)


def _escalations_page(place: Place, **problems: Any) -> Page:
    reading = session()
    context = {
        **common(place, "escalations", reading),
        "waiting": review.open_escalations(reading, place.project.id),
        "settled": review.settled_escalations(reading, place.project.id),
        "outcome_names": OUTCOMES,
        "me": person().name,
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
    return _changed(place, escalation_id)


@bp.post("/escalations/<int:escalation_id>/own")
@requires(Permission.RESOLVE)
def own(place: Place, escalation_id: int) -> Page | ResponseReturnValue:
    """See to an escalation, or leave it to others again (`mine` is "0")."""
    writing = session()
    if review.escalation(writing, place.project.id, escalation_id) is None:
        raise NotFound(_NO_PAGE)
    mine = request.form.get("mine") == "1"
    see_to(writing, escalation_id, person().id, mine=mine, now=now())
    return _changed(place, escalation_id)


def _changed(place: Place, escalation_id: int) -> Page | ResponseReturnValue:
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
        **common(place, "escalations", reading),
        "asked": review.escalation(reading, place.project.id, escalation_id),
        "outcome_names": OUTCOMES,
        "me": person().name,
        "swapped": True,
        "problems": problems,
        "form": request.form,
    }
    if not problems:
        return Page("quality/escalations.html", context, "one")
    # The page swaps in an error only where it is said to.
    headers = {"HX-Retarget": f"#escalation-{escalation_id}", "HX-Reswap": "outerHTML"}
    return Page("quality/escalations.html", context, "one", 422, headers)
