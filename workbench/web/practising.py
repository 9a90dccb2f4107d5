"""Practice: a reviewer begins a round, answers its items and sees at once how it went."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from workbench import task_types
from workbench.errors import Conflict
from workbench.messages import Invalid
from workbench.models import PracticeRound
from workbench.permissions import Permission
from workbench.queries.practice import asked, must_practise, one_round
from workbench.services import audit, practice
from workbench.web.access import Place, person, requires
from workbench.web.desk import go_on
from workbench.web.practice_pages import feedback_page, item_page, round_page
from workbench.web.request import Page, database, is_htmx, now, session

bp = Blueprint("practising", __name__, url_prefix="/projects/<slug>/desk/practice")


@bp.post("/begin")
@requires(Permission.JUDGE)
def begin(place: Place) -> Page | ResponseReturnValue:
    """Begin a round, or go on with the one that is open."""
    practice.begin(session(), place.project, person().id, now())
    return go_on(place)


@bp.get("/<int:number>")
@requires(Permission.JUDGE)
def show(place: Place, number: int) -> Page | ResponseReturnValue:
    """How a round of one's own went; the desk while it is under way."""
    practised = one_round(session(), place.project.id, person().id, number)
    if practised.ended_at is None:
        return redirect(url_for("desk.show", slug=place.project.slug), 303)
    return round_page(session(), place, practised)


@bp.post("/<int:number>/<int:item_id>/answer")
@requires(Permission.JUDGE)
def answer(place: Place, number: int, item_id: int) -> Page | ResponseReturnValue:
    """Store the answer and show how it went. Sent again, how the first one went."""
    project, me = place.project, person().id
    with database().read() as reading:
        practised = one_round(reading, project.id, me, number)
        shown = asked(reading, project, practised, item_id)
    try:
        given = task_types.get(project.type).parse_answer(request.form, shown.item, project.config)
        practised = practice.answer(session(), project, me, number, item_id, given, now())
    except Invalid as error:
        return _rejected(place, practised, item_id, error)
    except Conflict:
        # It was taken out, or they need not practise any more.
        return go_on(place)
    if is_htmx():
        return feedback_page(session(), place, practised, item_id)
    where = url_for("practising.look_back", slug=project.slug, number=number, item_id=item_id)
    return redirect(where, 303)


def _rejected(place: Place, practised: PracticeRound, item_id: int, error: Invalid) -> Page:
    """422: what is wrong, in the form that keeps what was entered."""
    with database().read() as reading:
        return item_page(
            reading, place, practised, item_id, request.form, uncovered=True, problems=error
        )


@bp.get("/<int:number>/<int:item_id>")
@requires(Permission.JUDGE)
def look_back(place: Place, number: int, item_id: int) -> Page:
    """How one's own answer to a practice item went."""
    practised = one_round(session(), place.project.id, person().id, number)
    return feedback_page(session(), place, practised, item_id)


@bp.post("/<int:number>/<int:item_id>/uncover")
@requires(Permission.JUDGE)
def uncover(place: Place, number: int, item_id: int) -> Page | ResponseReturnValue:
    """Show a harmful practice item's text. It is noted who looked."""
    writing, me = session(), person().id
    practised = one_round(writing, place.project.id, me, number)
    asked(writing, place.project, practised, item_id)
    over = practised.ended_at is not None
    if over or not must_practise(writing, place.project, me):
        return go_on(place)
    audit.append(writing, "practice.uncover", f"practice:{item_id}", actor=me, at=now())
    return item_page(writing, place, practised, item_id, uncovered=True)
