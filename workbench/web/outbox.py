"""What the desk's script asks for: to store an answer that the person has already left behind, to
keep the next item ready, and to see again what was entered. Replies are JSON (`Parts`).
"""

from __future__ import annotations

from flask import Blueprint, request, url_for
from flask_babel import ngettext

from workbench.errors import Conflict
from workbench.messages import Invalid
from workbench.permissions import Permission
from workbench.queries.desk import is_on_screen
from workbench.services.submit import submit
from workbench.web.access import Place, person, requires
from workbench.web.comes_first import comes_first, must_wait
from workbench.web.desk import (
    desk_page,
    item_in,
    judged_today,
    mode_in,
    note_uncovered,
    only_item,
    own_item,
    submission,
)
from workbench.web.language import said
from workbench.web.leases import begin, claim_next, keep_after
from workbench.web.on_screen import context_of
from workbench.web.read_first import must_read
from workbench.web.request import (
    Page,
    Parts,
    afterwards,
    database,
    let_others_store,
    now,
    roll_back,
    session,
)
from workbench.web.told import found_or_not
from workbench.web.veil import veil

bp = Blueprint("outbox", __name__, url_prefix="/projects/<slug>/desk")


@bp.post("/items/<item:item_id>/send")
@requires(Permission.JUDGE)
def send(place: Place, item_id: int) -> Parts:
    """Store the answer, begin the lease of the item `showing`, and give the one after it.

    {"saved", "showing": token of the item on the screen now, "today": how many were judged, as a
    sentence, "desk": another item where `showing` could not be had, "upcoming": the one after,
    or null}. Where the guideline is to be read first, that is the "desk", "reading" is true, and
    no lease begins; so with "practising" where the person is to practise first. "known" says how
    the answer went where the item was gold and reviewers are told.
    422 and 409: {"saved": false, "why", "problems": HTML}.
    """
    return store(place, item_id)


def store(place: Place, item_id: int) -> Parts:
    """What `send` answers."""
    item = only_item(place, item_id)
    try:
        submit(session(), submission(place, item_id, item), now())
    except Invalid as error:
        return _not_stored(place, item_id, 422, problems=error)
    except Conflict as error:
        return _not_stored(place, item_id, 409, conflict=said(error.message))
    if mode_in() == "revise":
        where = url_for("desk.mine", slug=place.project.slug, saved=1)
        return Parts({"saved": True, "go": where}, {})
    let_others_store()
    told = found_or_not(place, item_id)
    known = {"known": said(told)} if told else {}
    if first := comes_first(session(), place):
        why = "reading" if must_read(session(), place) else "practising"
        with afterwards() as reading:
            today = _in_words(judged_today(reading, place))
        values = {"saved": True, "showing": None, why: True, "today": today, **known}
        return Parts(values, {"desk": first, "upcoming": None})
    on_screen = item_in(place, "showing")
    begun = on_screen and begin(place, on_screen)
    lease = begun or claim_next(place)
    ready = lease and keep_after(place, lease.item_id, wait=False)
    with afterwards() as reading:
        done = judged_today(reading, place)
        desk = None if begun else desk_page(reading, place, lease, today=done)
        upcoming = desk_page(reading, place, ready, today=done) if ready else None
    showing = lease and veil().token(lease.item_id)
    return Parts(
        {"saved": True, "showing": showing, "today": _in_words(done), **known},
        {"desk": desk, "upcoming": upcoming},
    )


def _in_words(today: int) -> str:
    return str(ngettext("%(num)s judged today", "%(num)s judged today", today))


def _not_stored(
    place: Place, item_id: int, status: int, *, problems: Invalid | None = None, conflict: str = ""
) -> Parts:
    roll_back()
    with database().read() as reading:
        shown = own_item(reading, place, item_id)
    context = context_of(place, shown, request.form, uncovered=True, mode=mode_in())
    if problems is not None:
        context["problems"] = {name: said(why) for name, why in problems.errors.items()}
    context["conflict"] = conflict
    why = conflict or " ".join(context["problems"].values())
    page = Page("desk/desk.html", context, "problem_list")
    return Parts({"saved": False, "why": why}, {"problems": page}, status)


@bp.post("/upcoming")
@requires(Permission.JUDGE)
def upcoming(place: Place) -> Parts:
    """Keep the item after `showing` ready: {"upcoming": its desk, or null when nothing is left}.

    Null too while the guideline is to be read or practice to be passed first, and when `showing`
    is not theirs any more: what the desk asked for before a pause may come after it, and would hold
    an item for somebody who is away.
    """
    showing = item_in(place, "showing")
    theirs = is_on_screen(session(), place.project.id, person().id, showing or 0)
    if not theirs or must_wait(session(), place):
        return Parts({}, {"upcoming": None})
    ready = keep_after(place, showing or 0, wait=True)
    with afterwards() as reading:
        return Parts({}, {"upcoming": desk_page(reading, place, ready) if ready else None})


@bp.post("/items/<item:item_id>/entered")
@requires(Permission.JUDGE)
def entered(place: Place, item_id: int) -> Parts:
    """{"desk"}: the item with the posted form filled in again. Nothing is stored."""
    with database().read() as reading:
        shown = own_item(reading, place, item_id)
    if shown.covered:
        note_uncovered(session(), item_id)
    context = context_of(place, shown, request.form, uncovered=True, mode=mode_in())
    context["today"] = judged_today(session(), place)
    return Parts({}, {"desk": Page("desk/desk.html", context, "desk")})
