"""A pause: the item leaves the screen and goes back, until the person goes on."""

from __future__ import annotations

from flask import Blueprint, redirect, url_for
from flask.typing import ResponseReturnValue

from workbench.models import Assignment, State
from workbench.permissions import Permission
from workbench.queries.desk import held
from workbench.services import leave_item
from workbench.web.access import Place, person, requires
from workbench.web.comes_first import comes_first
from workbench.web.desk import after, desk_page, done, own_item
from workbench.web.leases import begin, claim_next
from workbench.web.request import Page, database, is_htmx, now, session

bp = Blueprint("pause", __name__, url_prefix="/projects/<slug>/desk/items/<item:item_id>")


@bp.post("/pause")
@requires(Permission.JUDGE)
def take(place: Place, item_id: int) -> Page | ResponseReturnValue:
    """Give back what the person holds, and show a calm page in its place."""
    with database().read() as reading:
        own_item(reading, place, item_id)
    leave_item.pause(session(), item_id, person().id, now())
    if not is_htmx():
        return redirect(url_for("pause.show", slug=place.project.slug, item_id=item_id), 303)
    return _calm(place, item_id)


@bp.get("/paused")
@requires(Permission.JUDGE)
def show(place: Place, item_id: int) -> Page | ResponseReturnValue:
    """The calm page; the desk, when they have gone on elsewhere."""
    own_item(session(), place, item_id)
    if held(session(), place.project.id, person().id) is not None:
        return redirect(url_for("desk.show", slug=place.project.slug), 303)
    return _calm(place, item_id)


def _calm(place: Place, item_id: int) -> Page:
    page = desk_page(session(), place, None)
    page.context["paused"] = item_id
    return page


@bp.post("/resume")
@requires(Permission.JUDGE)
def end(place: Place, item_id: int) -> Page | ResponseReturnValue:
    """Go on with the item that was left, where it is still to be had, else with the next one."""
    with database().read() as reading:
        own_item(reading, place, item_id)
        left = reading.get_one(Assignment, (item_id, person().id))
    if left.state == State.JUDGED:
        return done(url_for("desk.revise", slug=place.project.slug, item_id=item_id))
    first = comes_first(session(), place)
    lease = None if first else begin(place, item_id) or claim_next(place)
    return after(place, lease, None, first)
