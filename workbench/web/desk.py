"""The desk: one item at a time, judged, skipped or escalated."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session
from werkzeug.datastructures import MultiDict

from workbench import task_types
from workbench.errors import Conflict, NotFound
from workbench.messages import N_, Invalid, Message
from workbench.models import Assignment, State
from workbench.permissions import Permission
from workbench.queries.care import Rest, only_resting
from workbench.queries.decisions import returned_note, returned_to
from workbench.queries.desk import (
    Lease,
    OnDesk,
    done_since,
    held,
    met_before_copies,
    my_past,
    on_desk,
    shown_item,
)
from workbench.services import audit, leave_item
from workbench.services.guideline import acknowledge as read_guideline
from workbench.services.submit import Submission, submit
from workbench.services.undo import undo
from workbench.task_types.base import Item
from workbench.task_types.said import said_in
from workbench.web.access import Place, person, requires
from workbench.web.comes_first import comes_first
from workbench.web.home import own_zone, start_of_day
from workbench.web.language import language, said
from workbench.web.leases import claim_next
from workbench.web.on_screen import context_of
from workbench.web.request import (
    Page,
    afterwards,
    config,
    database,
    is_htmx,
    let_others_store,
    now,
    roll_back,
    session,
)
from workbench.web.told import found_or_not, told_of
from workbench.web.veil import veil

bp = Blueprint("desk", __name__, url_prefix="/projects/<slug>")

MAX_KEY = 100
#: Digits of an item's number.
MAX_NUMBER = 9
#: Nobody spends longer on one item in one sitting; more is a clock gone wrong.
MAX_ACTIVE_MS = 6 * 3600 * 1000
MAX_PAGE = 100_000

_NOT_THERE = N_("There is no such page, or it is not open to you.")
_SAVED = N_("Saved")
_SKIPPED = N_("Skipped")
_ESCALATED = N_("Sent to a lead")
_UNDONE = N_("Undone: change it and submit again")


@bp.get("/desk")
@requires(Permission.JUDGE)
def show(place: Place) -> Page:
    """The desk: the item that is held, else a page that fetches one; or what comes before."""
    if first := comes_first(session(), place):
        return first
    lease = held(session(), place.project.id, person().id)
    return desk_page(session(), place, lease, started=lease is not None)


@bp.post("/desk/next")
@requires(Permission.JUDGE)
def next_item(place: Place) -> Page | ResponseReturnValue:
    """Take the next item."""
    return go_on(place)


@bp.post("/desk/guideline")
@requires(Permission.JUDGE)
def acknowledge(place: Place) -> Page | ResponseReturnValue:
    """Note that the reviewer has read a version of the guideline, and go on."""
    version = number_in("version") or 0
    read_guideline(session(), place.project.id, person().id, version, now())
    return go_on(place)


@bp.post("/desk/items/<item:item_id>/answer")
@requires(Permission.JUDGE)
def answer(place: Place, item_id: int) -> Page | ResponseReturnValue:
    """Store the judgment and show the next item, in one round trip."""
    with database().read() as reading:
        shown = own_item(reading, place, item_id)
    try:
        submit(session(), submission(place, item_id, shown.item), now())
    except Invalid as error:
        return _rejected(place, shown, error)
    except Conflict as error:
        return _conflict(place, shown, error)
    if request.form.get("mode") == "revise":
        return done(url_for("desk.mine", slug=place.project.slug, saved=1))
    return go_on(place, found_or_not(place, item_id) or _SAVED)


def submission(place: Place, item_id: int, item: Item) -> Submission:
    """What the posted form says of the item. Raises Invalid by field."""
    task_type = task_types.get(place.project.type)
    form, config_of = request.form, place.project.config
    parsed = task_type.parse_answer(form, item, config_of)
    return Submission(
        item_id=item_id,
        user_id=person().id,
        answer=parsed,
        type_version=task_type.version,
        idempotency_key=_key(form.get("key", "")),
        base_revision=number_in("base") or 0,
        guideline_version=number_in("guideline"),
        active_ms=min(number_in("active_ms", digits=15) or 0, MAX_ACTIVE_MS) or None,
        locale=language(),
        said=said_in(task_type, parsed, item, config_of),
    )


def _key(text: str) -> str:
    if not 8 <= len(text) <= MAX_KEY or not (text.isascii() and text.isprintable()):
        raise Invalid.at("key", "The form is incomplete. Load the page again.")
    return text


def number_in(name: str, digits: int = 9) -> int | None:
    """A whole number of the posted form; None when it is left out. Raises Invalid."""
    text = request.form.get(name, "")
    if not text:
        return None
    if not (text.isascii() and text.isdigit()) or len(text) > digits:
        raise Invalid.at(name, "The form is incomplete. Load the page again.")
    return int(text)


def item_in(place: Place, name: str) -> int | None:
    """An item that the posted form names by its token; None when it is left out. Raises Invalid.

    A number is from before items had tokens: None too, unless it is taken still (`numbered`).
    """
    token = request.form.get(name, "")
    if not token:
        return None
    if token.isascii() and token.isdigit() and len(token) <= MAX_NUMBER:
        with database().read() as reading:
            known = met_before_copies(reading, place.project.id, int(token), person().id)
        return int(token) if known else None
    try:
        return veil().number(token)
    except ValueError:
        raise Invalid.at(name, "The form is incomplete. Load the page again.") from None


def own_item(reading: Session, place: Place, item_id: int) -> OnDesk:
    """An item that this reviewer was shown. Raises NotFound."""
    assignment = reading.get(Assignment, (item_id, person().id))
    if assignment is None or assignment.project_id != place.project.id:
        raise NotFound(_NOT_THERE.text)
    return on_desk(reading, assignment)


def only_item(place: Place, item_id: int) -> Item:
    """The same without what is around it, which is less work. Raises NotFound."""
    with database().read() as reading:
        item = shown_item(reading, place.project.id, item_id, person().id)
    if item is None:
        raise NotFound(_NOT_THERE.text)
    return item


@bp.post("/desk/items/<item:item_id>/skip")
@requires(Permission.JUDGE)
def skip(place: Place, item_id: int) -> Page | ResponseReturnValue:
    """Leave the item to others."""
    return _leave(place, item_id, leave_item.skip, _SKIPPED, "s")


@bp.post("/desk/items/<item:item_id>/escalate")
@requires(Permission.JUDGE)
def escalate(place: Place, item_id: int) -> Page | ResponseReturnValue:
    """Ask a lead about the item."""
    return _leave(place, item_id, leave_item.escalate, _ESCALATED, "e")


def _leave(
    place: Place, item_id: int, how: Any, said_after: Message, key: str
) -> Page | ResponseReturnValue:
    with database().read() as reading:
        shown = own_item(reading, place, item_id)
    try:
        how(session(), item_id, person().id, request.form.get("reason", ""), now())
    except Invalid as error:
        return _not_left(place, shown, error, key)
    return go_on(place, said_after)


@bp.post("/desk/undo")
@requires(Permission.JUDGE)
def undo_last(place: Place) -> Page | ResponseReturnValue:
    """Take back the last judgment or skip: its item is on the desk again."""
    lease = timedelta(minutes=config().lease_minutes)
    taken_back = undo(session(), place.project.id, person().id, now(), lease)
    return after(place, taken_back, _UNDONE, comes_first(session(), place, _UNDONE))


@bp.post("/desk/items/<item:item_id>/uncover")
@requires(Permission.JUDGE)
def uncover(place: Place, item_id: int) -> Page:
    """Show a harmful item's text. It is noted who looked."""
    writing = session()
    assignment = writing.get(Assignment, (item_id, person().id))
    if assignment is None or assignment.project_id != place.project.id:
        raise NotFound(_NOT_THERE.text)
    note_uncovered(writing, item_id)
    mode = "judge" if assignment.state == State.LEASED else "revise"
    return desk_page(writing, place, assignment, uncovered=True, mode=mode)


@bp.get("/mine")
@requires(Permission.JUDGE)
def mine(place: Place) -> Page:
    """One's own past judgments."""
    page = min(max(1, request.args.get("page", 1, int)), MAX_PAGE)
    past, more = my_past(session(), place.project.id, person().id, page)
    context = {"project": place.project, "past": past, "page": page, "more": more}
    context["told"] = told_of(place, [line.item_id for line in past])
    context["came_back"] = returned_to(session(), person().id, place.project.id)
    return Page("desk/mine.html", {**context, "saved": "saved" in request.args})


@bp.get("/mine/<item:item_id>")
@requires(Permission.JUDGE)
def revise(place: Place, item_id: int) -> Page | ResponseReturnValue:
    """Open one of one's own judgments to change it."""
    assignment = session().get(Assignment, (item_id, person().id))
    if assignment is None or assignment.project_id != place.project.id:
        raise NotFound(_NOT_THERE.text)
    if assignment.state == State.LEASED:
        return redirect(url_for("desk.show", slug=place.project.slug), 303)
    if assignment.state != State.JUDGED:
        return redirect(url_for("desk.mine", slug=place.project.slug), 303)
    return desk_page(session(), place, assignment, mode="revise")


def desk_page(
    reading: Session,
    place: Place,
    lease: Assignment | Lease | None,
    *,
    started: bool = True,
    uncovered: bool = False,
    mode: str = "judge",
    status: Message | None = None,
    today: int | None = None,
) -> Page:
    """The desk with this item on it, or the news that there is none.

    `today`: `judged_today()`, where it is known already.
    """
    shown = on_desk(reading, lease) if lease is not None else None
    if today is None:
        today = judged_today(reading, place)
    form = _filled(place, shown)
    context = context_of(place, shown, form, uncovered=uncovered, mode=mode)
    context.update(started=started, today=today, status=said(status) if status else "")
    if mode == "revise" and shown is not None:
        context["returned"] = returned_note(reading, shown.item_id, person().id)
    if shown is None:
        context["resting"] = _resting(reading, place)
    return Page("desk/desk.html", context, "desk")


def _resting(reading: Session, place: Place) -> Rest | None:
    """Why the desk is empty though there is work: it rests for this person."""
    someone = person()
    return only_resting(reading, place.project, someone.id, someone.speaks, now(), own_zone())


def judged_today(reading: Session, place: Place) -> int:
    """How many items of the project this reviewer has judged since their midnight."""
    return done_since(reading, place.project.id, person().id, start_of_day())


def _filled(place: Place, shown: OnDesk | None) -> MultiDict[str, str]:
    """The form as this reviewer last left it in a stored answer."""
    if shown is None or shown.answer is None:
        return MultiDict()
    task_type = task_types.get(place.project.type)
    return MultiDict(task_type.fill_form(shown.answer, shown.item, place.project.config))


def go_on(place: Place, status: Message | None = None) -> Page | ResponseReturnValue:
    """The next item, or what comes before it: no lease begins unseen."""
    let_others_store()
    first = comes_first(session(), place, status)
    return after(place, None if first else claim_next(place), status, first)


def after(
    place: Place, lease: Assignment | Lease | None, status: Message | None, first: Page | None
) -> Page | ResponseReturnValue:
    """What follows an action: the desk (or `first`) for htmx, a redirect for a plain form."""
    if not is_htmx():
        return redirect(url_for("desk.show", slug=place.project.slug), 303)
    if first is not None:
        return first
    with afterwards() as reading:
        return desk_page(reading, place, lease, status=status)


def done(where: str) -> ResponseReturnValue:
    """On to another page, by htmx or without."""
    if is_htmx():
        return "", 204, {"HX-Redirect": where}
    return redirect(where, 303)


def _not_left(place: Place, shown: OnDesk, error: Invalid, key: str) -> Page:
    """422: why the item was not left, beside the reason; `key` opens that form."""
    why = " ".join(said(text) for text in error.errors.values())
    if is_htmx():
        headers = {"HX-Retarget": f"#leave-problem-{key}", "HX-Reswap": "innerHTML"}
        return Page("desk/_leave_problem.html", {"text": why}, None, 422, headers)
    context = context_of(place, shown, MultiDict(), uncovered=False, mode="judge")
    return Page("desk/desk.html", {**context, "leave_key": key, "leave_problem": why}, status=422)


def _entered(place: Place, shown: OnDesk) -> dict[str, Any]:
    """The desk as it was posted. A whole page shows the item's text again, which is noted."""
    if shown.covered and not is_htmx():
        roll_back()
        with database().write() as writing:
            note_uncovered(writing, shown.item_id)
    return context_of(place, shown, request.form, uncovered=True, mode=mode_in())


def note_uncovered(writing: Session, item_id: int) -> None:
    """Note in the audit trail who looked at a harmful item's text."""
    audit.append(writing, "item.uncover", f"item:{item_id}", actor=person().id, at=now())


def _rejected(place: Place, shown: OnDesk, error: Invalid) -> Page:
    """422: what is wrong, beside a form that keeps everything that was entered."""
    context = _entered(place, shown)
    context["problems"] = {name: said(why) for name, why in error.errors.items()}
    headers = {"HX-Retarget": "#problems", "HX-Reswap": "outerHTML"}
    return Page("desk/desk.html", context, "problem_list", 422, headers)


def _conflict(place: Place, shown: OnDesk, error: Conflict) -> Page:
    """409: not stored, and the form keeps everything that was entered."""
    context = _entered(place, shown)
    context["conflict"] = said(error.message)
    headers = {"HX-Retarget": "#problems", "HX-Reswap": "outerHTML"}
    return Page("desk/desk.html", context, "problem_list", 409, headers)


def mode_in() -> str:
    """Whether the posted form judges an item or changes a judgment: "judge" or "revise"."""
    return "revise" if request.form.get("mode") == "revise" else "judge"
