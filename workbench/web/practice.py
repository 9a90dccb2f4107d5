"""A lead looks after practice: its items, the pass mark, and who may judge live items."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from workbench import task_types
from workbench.errors import Conflict
from workbench.intake import Report, open_source
from workbench.messages import N_, Invalid, Message
from workbench.permissions import Permission
from workbench.queries import gold, practice_team
from workbench.services import audit, practice_items, qualify
from workbench.services.spool import Rejected
from workbench.web.access import Place, person, requires
from workbench.web.form_numbers import whole
from workbench.web.harms import harm_titles
from workbench.web.language import said
from workbench.web.quality import tabs
from workbench.web.request import Page, now, read_session, roll_back, session
from workbench.web.uploads import plain_name

bp = Blueprint("practice", __name__, url_prefix="/projects/<slug>/practice")

_CHOOSE = N_("Choose a file first.")

#: What was done, as the address of the page says it after a redirect.
DONE = {
    "added": N_("The practice items are here."),
    "retired": N_("The practice item is taken out."),
    "mark": N_("The pass mark is saved."),
    "let-in": N_("They may judge live items now."),
    "sent-back": N_("They practise before their next live item."),
}


@bp.get("")
@requires(Permission.QUALIFY)
def show(place: Place) -> Page:
    """Everything of practice on this project."""
    return _page(place)


def _page(
    place: Place,
    *,
    report: Report | None = None,
    errors: dict[str, str] | None = None,
    form: Any = None,
    status: int = 200,
) -> Page:
    with ExitStack() as stack:
        reading = read_session(stack)
        context = {
            "project": place.project,
            "slug": place.project.slug,
            "tabs": tabs(place, "practice", reading),
            "items": practice_team.item_lines(reading, place.project.id),
            "people": practice_team.people(reading, place.project),
            "fallen": gold.fallen(reading, place.project.id),
        }
    done = DONE.get(request.args.get("done", ""))
    context |= {
        "mark": place.project.practice_pass_mark,
        "form": form,
        "report": report,
        "errors": errors or {},
        # Its words offer to leave lines out where that was not asked for: here it cannot be.
        "sent": {"skip_bad": "1"},
        "done": said(done) if done else "",
    }
    return Page("practice/practice.html", context, status=status)


def _refused(place: Place, error: Invalid | Conflict | Rejected, form: Any = None) -> Page:
    """The page with what is wrong on it; nothing is stored."""
    roll_back()
    if isinstance(error, Rejected):
        return _page(place, report=error.report, status=422)
    if isinstance(error, Conflict):
        return _page(place, errors={"conflict": said(error.message)}, status=409)
    errors = {name: said(why) for name, why in error.errors.items()}
    return _page(place, errors=errors, form=form, status=422)


def _back(place: Place, done: str) -> ResponseReturnValue:
    return redirect(url_for("practice.show", slug=place.project.slug, done=done), 303)


@bp.post("/items")
@requires(Permission.QUALIFY)
def add(place: Place) -> Page | ResponseReturnValue:
    """Bring a file of practice items in, whole or not at all."""
    project = place.project
    file = request.files.get("file")
    if file is None or not file.filename:
        return _refused(place, Invalid({"file": _CHOOSE}))
    source = open_source(file.stream, plain_name(file.filename))
    task_type = task_types.get(project.type)
    try:
        with practice_items.prepare(source, task_type, project.config) as prepared:
            practice_items.add_items(session(), project, prepared, now=now(), actor=person().id)
    except Rejected as error:
        return _refused(place, error)
    return _back(place, "added")


@bp.post("/pass-mark")
@requires(Permission.QUALIFY)
def pass_mark(place: Place) -> Page | ResponseReturnValue:
    """Ask for practice, from a pass mark on; or, left empty, for none."""
    excuse = "excuse" in request.form
    try:
        percent = _percent()
        qualify.set_pass_mark(
            session(), place.project, percent, now=now(), actor=person().id, excuse=excuse
        )
    except Invalid as error:
        return _refused(place, error, request.form)
    return _back(place, "mark")


def _percent() -> int | None:
    """The pass mark that was sent, or None for nothing. Raises Invalid."""
    errors: dict[str, Message] = {}
    percent = whole("pass_mark", errors, optional=True)
    if errors:
        raise Invalid(errors)
    return percent


@bp.post("/people/<int:user_id>/let-in")
@requires(Permission.QUALIFY)
def let_in(place: Place, user_id: int) -> Page | ResponseReturnValue:
    """Let a reviewer judge live items without a round that was passed."""
    return _change(place, user_id, qualify.let_in, "let-in")


@bp.post("/people/<int:user_id>/send-back")
@requires(Permission.QUALIFY)
def send_back(place: Place, user_id: int) -> Page | ResponseReturnValue:
    """Have a reviewer practise before their next live item."""
    return _change(place, user_id, qualify.send_back, "sent-back")


def _change(
    place: Place, user_id: int, how: Callable[..., None], done: str
) -> Page | ResponseReturnValue:
    try:
        how(session(), place.project, user_id, now=now(), actor=person().id)
    except Conflict as error:
        return _refused(place, error)
    return _back(place, done)


@bp.get("/items/<int:item_id>")
@requires(Permission.QUALIFY)
def item(place: Place, item_id: int) -> Page:
    """One practice item with the expected answer and why; harmful text stays covered."""
    return _item_page(place, item_id)


@bp.post("/items/<int:item_id>/uncover")
@requires(Permission.QUALIFY)
def uncover(place: Place, item_id: int) -> Page:
    """Show a harmful practice item's text. It is noted who looked."""
    page = _item_page(place, item_id, uncovered=True)
    audit.append(session(), "practice.uncover", f"practice:{item_id}", actor=person().id, at=now())
    return page


def _item_page(place: Place, item_id: int, *, uncovered: bool = False) -> Page:
    with ExitStack() as stack:
        reading = read_session(stack)
        found = practice_team.whole_item(reading, place.project.id, item_id)
        context = {
            "project": place.project,
            "slug": place.project.slug,
            "config": place.project.config,
            "tabs": tabs(place, "practice", reading),
            "found": found,
            "covered": found.covered and not uncovered,
            "harm_names": harm_titles(),
        }
    return Page("practice/item.html", context)


@bp.post("/items/<int:item_id>/retire")
@requires(Permission.QUALIFY)
def retire(place: Place, item_id: int) -> Page | ResponseReturnValue:
    """Take a practice item out."""
    try:
        practice_items.retire(session(), place.project, item_id, now=now(), actor=person().id)
    except Conflict as error:
        return _refused(place, error)
    return _back(place, "retired")
