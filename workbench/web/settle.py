"""Where reviewers disagree: a lead settles one item after the other."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from workbench import task_types
from workbench.db import canonical
from workbench.errors import Conflict, NotFound
from workbench.messages import N_, Invalid, Message
from workbench.models import Adjudication, Settled
from workbench.permissions import Permission
from workbench.queries import agreement as figures
from workbench.queries import decisions, review
from workbench.queries.items import newest_guideline
from workbench.services import audit
from workbench.services.adjudicate import Decision, adjudicate
from workbench.web.access import Place, person, requires
from workbench.web.clauses import clauses_of
from workbench.web.desk import done, number_in
from workbench.web.laid_over import laid_over, letters, step_marks
from workbench.web.looked import saw
from workbench.web.own_answer import own_answer_page, refused, shown_to_lead
from workbench.web.parts import within
from workbench.web.quality import common
from workbench.web.quality_lines import language_name
from workbench.web.request import Page, is_htmx, now, read_session, roll_back, session

bp = Blueprint("settle", __name__, url_prefix="/projects/<slug>/disputes")

#: Disputes that are looked up at once.
QUEUE = 500

OUTCOMES: dict[str, Message] = {
    Settled.TAKEN: N_("one of the answers holds"),
    Settled.ANSWERED: N_("answered by a lead"),
    Settled.OPEN: N_("left open"),
}

_NO_PAGE = N_("There is no such page, or it is not open to you.").text
_OUTCOME = N_("Choose how to settle it.")


@dataclass(frozen=True)
class Waiting:
    """The disputes that this lead may settle, the furthest apart first, and where they stand."""

    disputes: list[figures.Dispute]
    at: int | None

    @property
    def now(self) -> figures.Dispute | None:
        """The one that is looked at."""
        return self.disputes[self.at] if self.at is not None else None

    @property
    def later(self) -> figures.Dispute | None:
        """The one that follows it, from the beginning again behind the last one."""
        if self.at is None or len(self.disputes) < 2:
            return None
        return self.disputes[(self.at + 1) % len(self.disputes)]


@bp.get("")
@requires(Permission.DECIDE)
def show(place: Place) -> Page:
    """The next dispute, or the one that the address names."""
    reading = session()
    waiting = _waiting(reading, place, request.args.get("item", type=int))
    just_now = request.args.get("settled", type=int)
    settled = standing(reading, place, just_now) if just_now is not None else None
    return _page(reading, place, waiting, settled=settled)


def standing(reading: Session, place: Place, item_id: int) -> Adjudication | None:
    """The decision that stands on an item of the project; None without one."""
    found = decisions.decisions_on(reading, item_id)
    last = found[-1] if found else None
    if last is None or last.project_id != place.project.id or last.outcome == Settled.REOPENED:
        return None
    return last


def _waiting(reading: Session, place: Place, item_id: int | None = None) -> Waiting:
    project = place.project
    away = decisions.settled_ids(reading, project.id)
    away |= decisions.judged_by(reading, project, person().id)
    only = within().item_ids(reading, project)
    disputes = figures.disputes(reading, project, QUEUE, without=away, only=only)
    ids = [each.item_id for each in disputes]
    if item_id in ids:
        return Waiting(disputes, ids.index(item_id))
    return Waiting(disputes, 0 if disputes else None)


def _page(
    reading: Session,
    place: Place,
    waiting: Waiting,
    *,
    settled: Adjudication | None = None,
    uncovered: bool = False,
) -> Page:
    """A dispute with all that was said of it; `settled`: what was decided just now."""
    context = common(place, "disputes", reading)
    at = waiting.now
    found = _blind(reading, place, at.item_id) if at is not None else None
    context.update(
        waiting=waiting,
        within=within(),
        clauses=clauses_of(reading, place.project.id) if found is not None else None,
        dispute=at,
        review=found,
        answers=_together(found.answers) if found is not None else [],
        overlay=laid_over(place.project, found.item, found.answers) if found is not None else None,
        step_marks=step_marks(place.project, found.item, found.answers) if found else None,
        letters=letters(len(found.answers)) if found is not None else [],
        config=place.project.config,
        covered=bool(found and found.covered and not uncovered),
        language_name=language_name(found.item.language) if found else "",
        settled=settled,
        settled_count=decisions.count_settled(reading, place.project.id),
        outcome_names=OUTCOMES,
        problems={},
        conflict="",
        note="",
    )
    if found is not None and not found.covered:
        saw([found.item_id])
    return Page("decide/dispute.html", context, "dispute")


def _blind(reading: Session, place: Place, item_id: int) -> review.ItemReview:
    """The item without the models' names: who decides is not to know whose text it is."""
    found = review.item_review(reading, place.project.id, item_id, named=False)
    if found is None:
        raise NotFound(_NO_PAGE)
    return replace(found, item=found.item.without_models())


def _together(
    answers: Iterable[review.GivenAnswer],
) -> list[tuple[review.GivenAnswer, list[int]]]:
    """Each different answer once, the first that was given, with the places of all who gave it."""
    found: dict[bytes, tuple[review.GivenAnswer, list[int]]] = {}
    for place, given in enumerate(answers):
        found.setdefault(canonical(given.answer), (given, []))[1].append(place)
    return list(found.values())


@bp.post("/<int:item_id>/uncover")
@requires(Permission.DECIDE)
def uncover(place: Place, item_id: int) -> Page:
    """Show a harmful item's texts. It is noted who looked."""
    writing = session()
    waiting = _waiting(writing, place, item_id)
    if waiting.now is None or waiting.now.item_id != item_id:
        raise NotFound(_NO_PAGE)
    audit.append(writing, "item.uncover", f"item:{item_id}", actor=person().id, at=now())
    return _page(writing, place, waiting, uncovered=True)


@bp.post("/<int:item_id>")
@requires(Permission.DECIDE)
def settle(place: Place, item_id: int) -> Page | ResponseReturnValue:
    """Take one of the answers, leave it open, or take the decision back; then the next one."""
    with ExitStack() as stack:
        shown_to_lead(read_session(stack), place, item_id)
    try:
        outcome = _outcome()
        taken = number_in("judgment") if outcome == Settled.TAKEN else None
        stored = adjudicate(session(), decision(place, item_id, outcome, taken_from=taken), now())
    except (Invalid, Conflict) as error:
        return _refused(place, item_id, error)
    return after(place, stored)


def _outcome() -> Settled:
    """How it is settled: a button that names a judgment takes it. Raises Invalid."""
    text = request.form.get("outcome", "taken" if request.form.get("judgment") else "")
    if text not in {Settled.TAKEN, Settled.OPEN, Settled.REOPENED}:
        raise Invalid.at("outcome", _OUTCOME.text)
    return Settled(text)


def decision(
    place: Place,
    item_id: int,
    outcome: Settled,
    *,
    answer: dict[str, Any] | None = None,
    taken_from: int | None = None,
) -> Decision:
    """What the posted form decides on an item of the project. Raises Invalid."""
    with ExitStack() as stack:
        guideline = newest_guideline(read_session(stack), place.project.id)
    return Decision(
        item_id=item_id,
        lead_id=person().id,
        outcome=outcome,
        answer=answer,
        type_version=task_types.get(place.project.type).version,
        taken_from=taken_from,
        note=request.form.get("note", ""),
        guideline_version=guideline.version if guideline else None,
        base_revision=number_in("base") or 0,
    )


def after(place: Place, stored: Adjudication) -> Page | ResponseReturnValue:
    """What follows a decision: the next dispute; the item again where one was taken back."""
    back = stored.item_id if stored.outcome == Settled.REOPENED else None
    if not is_htmx():
        last = None if back else stored.item_id
        slug, kept = place.project.slug, within().args
        where = url_for("settle.show", slug=slug, item=back, settled=last, **kept)
        return redirect(where, 303)
    waiting = _waiting(session(), place, back)
    return _page(session(), place, waiting, settled=None if back else stored)


def _refused(place: Place, item_id: int, error: Invalid | Conflict) -> Page:
    """422 or 409: what is wrong, on the page that keeps the note."""
    roll_back()
    with ExitStack() as stack:
        reading = read_session(stack)
        waiting = _waiting(reading, place, item_id)
        # Another item takes its place once it is settled, and that one nobody has uncovered.
        same = waiting.now is not None and waiting.now.item_id == item_id
        page = _page(reading, place, waiting, uncovered=same and is_htmx())
    return refused(page, error, "#dispute")


# --- an answer of one's own -----------------------------------------------------------------


@bp.get("/<int:item_id>/own")
@requires(Permission.DECIDE)
def own(place: Place, item_id: int) -> Page:
    """The item on the desk, for the lead to answer it."""
    return own_answer_page(session(), place, item_id, _where(place, item_id))


def _where(place: Place, item_id: int) -> dict[str, str]:
    slug, kept = place.project.slug, within().args
    return {
        "answer_at": url_for("settle.answer", slug=slug, item_id=item_id, **kept),
        "uncover_at": url_for("settle.uncover_own", slug=slug, item_id=item_id, **kept),
        "back_at": url_for("settle.show", slug=slug, item=item_id, **kept),
    }


@bp.post("/<int:item_id>/own/uncover")
@requires(Permission.DECIDE)
def uncover_own(place: Place, item_id: int) -> Page:
    """The same with a harmful item's text. It is noted who looked."""
    page = own_answer_page(session(), place, item_id, _where(place, item_id), uncovered=True)
    audit.append(session(), "item.uncover", f"item:{item_id}", actor=person().id, at=now())
    return page


@bp.post("/<int:item_id>/answer")
@requires(Permission.DECIDE)
def answer(place: Place, item_id: int) -> Page | ResponseReturnValue:
    """Settle it with the lead's own answer; then the next one."""
    with ExitStack() as stack:
        item = shown_to_lead(read_session(stack), place, item_id).item
    try:
        given = task_types.get(place.project.type).parse_answer(
            request.form, item, place.project.config
        )
        stored = adjudicate(
            session(), decision(place, item_id, Settled.ANSWERED, answer=given), now()
        )
    except (Invalid, Conflict) as error:
        roll_back()
        with ExitStack() as stack:
            reading = read_session(stack)
            where = _where(place, item_id)
            return own_answer_page(reading, place, item_id, where, error=error, form=request.form)
    slug, kept = place.project.slug, within().args
    return done(url_for("settle.show", slug=slug, settled=stored.item_id, **kept))


@bp.get("/settled")
@requires(Permission.DECIDE)
def settled(place: Place) -> Page:
    """The decisions that stand, the last one first; each can be taken back."""
    reading = session()
    found = decisions.settled_items(reading, place.project.id)
    lines = review.item_lines(reading, [each.item_id for each in found])
    people = review.everyone(reading, place.project.id, named=True)
    context = common(place, "disputes", reading)
    context.update(
        found=[(lines[each.item_id], each.decision) for each in found],
        people=people,
        nobody=review.NOBODY,
        outcome_names=OUTCOMES,
        count=decisions.count_settled(reading, place.project.id),
    )
    return Page("decide/settled.html", context)
