"""The stream of reviews: a lead looks at a sample of judgments, one after the other."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from workbench import task_types
from workbench.errors import Conflict, NotFound
from workbench.messages import N_, Invalid, Message
from workbench.models import Judgment, Review, Settled, Verdict
from workbench.permissions import Permission
from workbench.queries import decisions, review
from workbench.queries.items import is_covered
from workbench.services import audit
from workbench.services.review_judgment import SAMPLE, Look, set_sample
from workbench.services.review_judgment import review as look_at
from workbench.web.access import Place, person, requires
from workbench.web.desk import done, number_in
from workbench.web.form_numbers import whole
from workbench.web.language import said
from workbench.web.looked import saw
from workbench.web.own_answer import own_answer_page, refused, shown_to_lead
from workbench.web.quality import common
from workbench.web.quality_lines import language_name
from workbench.web.request import Page, is_htmx, now, read_session, roll_back, session
from workbench.web.settle import decision

bp = Blueprint("reviews", __name__, url_prefix="/projects/<slug>/reviews")

_NO_PAGE = N_("There is no such page, or it is not open to you.").text
VERDICTS: dict[str, Message] = {
    Verdict.ACCEPTED: N_("Accepted."),
    Verdict.CORRECTED: N_("Corrected."),
    Verdict.RETURNED: N_("Given back to its author."),
}


@bp.get("")
@requires(Permission.DECIDE)
def show(place: Place) -> Page:
    """The next judgment to look at, behind the one that the address names."""
    after = request.args.get("after", 0, int)
    return _page(session(), place, after)


def _page(
    reading: Session,
    place: Place,
    after: int = 0,
    *,
    judgment: Judgment | None = None,
    looked: Review | None = None,
    uncovered: bool = False,
) -> Page:
    """A judgment with its item; `looked`: what was said of another just now."""
    project = place.project
    if judgment is None:
        judgment = decisions.next_to_review(reading, project, person().id, now(), after)
        # Behind the last one it begins again.
        if judgment is None and after:
            judgment = decisions.next_to_review(reading, project, person().id, now())
    context = common(place, "reviews", reading)
    context.update(
        waiting=context["tabs"].to_review,
        judgment=judgment,
        config=project.config,
        returned=decisions.returned_on(reading, project.id),
        people=review.everyone(reading, project.id, named=True),
        nobody=review.NOBODY,
        looked=looked,
        verdicts=VERDICTS,
        sample={name: getattr(project, name) for name in SAMPLE},
        saved="saved" in request.args,
        problems={},
        sample_problems={},
        conflict="",
        note="",
        **_looked_at(reading, judgment, uncovered),
    )
    return Page("decide/review.html", context, "review")


def _looked_at(reading: Session, judgment: Judgment | None, uncovered: bool) -> dict[str, Any]:
    """The judgment's item, in the order that its author saw and without the models' names."""
    if judgment is None:
        return {"item": None, "covered": False, "language_name": "", "looks": 0}
    row, item = review.reviewed_item(reading, judgment)
    if not is_covered(row.harm, row.severity_now):
        saw([row.id])
    return {
        "item": item.without_models(),
        "covered": is_covered(row.harm, row.severity_now) and not uncovered,
        "language_name": language_name(item.language),
        "looks": len(decisions.reviews_of(reading, [judgment.id])),
    }


def _judgment(reading: Session, place: Place, judgment_id: int) -> Judgment:
    found = reading.get(Judgment, judgment_id)
    if found is None or found.project_id != place.project.id or found.answer is None:
        raise NotFound(_NO_PAGE)
    return found


@bp.post("/<int:judgment_id>/uncover")
@requires(Permission.DECIDE)
def uncover(place: Place, judgment_id: int) -> Page:
    """Show a harmful item's texts. It is noted who looked."""
    writing = session()
    found = _judgment(writing, place, judgment_id)
    subject = f"item:{found.item_id}"
    audit.append(writing, "item.uncover", subject, actor=person().id, at=now())
    return _page(writing, place, judgment=found, uncovered=True)


@bp.post("/<int:judgment_id>")
@requires(Permission.DECIDE)
def look(place: Place, judgment_id: int) -> Page | ResponseReturnValue:
    """Accept the judgment, or give it back; then the next one."""
    with ExitStack() as stack:
        _judgment(read_session(stack), place, judgment_id)
    try:
        verdict = request.form.get("verdict", "")
        if verdict not in {Verdict.ACCEPTED, Verdict.RETURNED}:
            raise Invalid.at("verdict", "Choose what to say of it.")
        stored = look_at(session(), _said(judgment_id, Verdict(verdict)), now())
    except (Invalid, Conflict) as error:
        return _refused(place, judgment_id, error)
    if not is_htmx():
        return redirect(url_for("reviews.show", slug=place.project.slug, after=judgment_id), 303)
    return _page(session(), place, judgment_id, looked=stored)


def _said(judgment_id: int, verdict: Verdict) -> Look:
    return Look(
        judgment_id=judgment_id,
        lead_id=person().id,
        verdict=verdict,
        note=request.form.get("note", ""),
        base_number=number_in("looks") or 0,
    )


def _refused(place: Place, judgment_id: int, error: Invalid | Conflict) -> Page:
    """422 or 409: what is wrong, on the page that keeps the note."""
    roll_back()
    with ExitStack() as stack:
        reading = read_session(stack)
        found = _judgment(reading, place, judgment_id)
        page = _page(reading, place, judgment=found, uncovered=is_htmx())
    return refused(page, error, "#look")


# --- a correction ---------------------------------------------------------------------------


@bp.get("/<int:judgment_id>/correct")
@requires(Permission.DECIDE)
def correct(place: Place, judgment_id: int) -> Page:
    """The item on the desk, with the judgment in the form, for the lead to put it right."""
    reading = session()
    found = _judgment(reading, place, judgment_id)
    return _correction(reading, place, found)


def _correction(reading: Session, place: Place, found: Judgment, **more: Any) -> Page:
    slug = place.project.slug
    where = {
        "answer_at": url_for("reviews.corrected", slug=slug, judgment_id=found.id),
        "uncover_at": url_for("reviews.uncover_correction", slug=slug, judgment_id=found.id),
        "back_at": url_for("reviews.show", slug=slug, after=found.id - 1),
        "judgment": found.id,
        "looks": len(decisions.reviews_of(reading, [found.id])),
    }
    if "form" not in more:
        shown = shown_to_lead(reading, place, found.item_id)
        task_type = task_types.get(place.project.type)
        more["form"] = task_type.fill_form(found.answer or {}, shown.item, place.project.config)
    return own_answer_page(reading, place, found.item_id, where, **more)


@bp.post("/<int:judgment_id>/correct/uncover")
@requires(Permission.DECIDE)
def uncover_correction(place: Place, judgment_id: int) -> Page:
    """The same with a harmful item's text. It is noted who looked."""
    writing = session()
    found = _judgment(writing, place, judgment_id)
    page = _correction(writing, place, found, uncovered=True)
    subject = f"item:{found.item_id}"
    audit.append(writing, "item.uncover", subject, actor=person().id, at=now())
    return page


@bp.post("/<int:judgment_id>/corrected")
@requires(Permission.DECIDE)
def corrected(place: Place, judgment_id: int) -> Page | ResponseReturnValue:
    """Store the lead's answer as the item's, and that the judgment was corrected."""
    with ExitStack() as stack:
        reading = read_session(stack)
        found = _judgment(reading, place, judgment_id)
        item = shown_to_lead(reading, place, found.item_id).item
    try:
        given = task_types.get(place.project.type).parse_answer(
            request.form, item, place.project.config
        )
        made = decision(place, found.item_id, Settled.ANSWERED, answer=given)
        look_at(session(), _said(judgment_id, Verdict.CORRECTED), now(), made)
    except (Invalid, Conflict) as error:
        roll_back()
        with ExitStack() as stack:
            reading = read_session(stack)
            return _correction(reading, place, found, form=request.form, error=error)
    return done(url_for("reviews.show", slug=place.project.slug, after=judgment_id))


# --- how many -------------------------------------------------------------------------------


@bp.post("/sample")
@requires(Permission.DECIDE)
def sample(place: Place) -> Page | ResponseReturnValue:
    """Change how many judgments are looked at."""
    try:
        set_sample(session(), place.project, _numbers(), now=now(), actor=person().id)
    except Invalid as error:
        roll_back()
        with ExitStack() as stack:
            page = _page(read_session(stack), place)
        page.context["sample"] = request.form
        page.context["sample_problems"] = {name: said(why) for name, why in error.errors.items()}
        page.status_code = 422
        return page
    return redirect(url_for("reviews.show", slug=place.project.slug, saved=1), 303)


def _numbers() -> dict[str, int]:
    """What was sent. Raises Invalid with every field that is no number."""
    errors: dict[str, Message] = {}
    found = {name: whole(name, errors) or 0 for name in SAMPLE}
    if errors:
        raise Invalid(errors)
    return found
