"""Webhooks of a project: which there are, what they were sent, making one, trying it, ending it."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from workbench.errors import NotFound
from workbench.messages import N_, Invalid, Message
from workbench.models import PING, Event, Webhook, Why
from workbench.permissions import Permission
from workbench.queries.webhooks import LISTED, HookLine, deliveries, hook_named, hooks_of
from workbench.services import webhooks as service
from workbench.web.access import Place, person, requires
from workbench.web.again import asks_again
from workbench.web.language import said
from workbench.web.quality import tabs
from workbench.web.request import Page, now, read_session, roll_back, session

bp = Blueprint("webhooks", __name__, url_prefix="/projects/<slug>/webhooks")

EVENTS: dict[str, Message] = {
    Event.JUDGMENTS: N_("judgments were stored, changed or taken back"),
    Event.COMPLETED: N_("items have all the judgments that they want"),
    Event.SNAPSHOT: N_("a snapshot can be fetched"),
    Event.AGREEMENT: N_("agreement fell below the project's floor"),
    PING: N_("a try, by hand"),
}
STATES: dict[str, Message] = {
    "active": N_("active"),
    "retrying": N_("tries again"),
    "paused": N_("paused"),
    "failing": N_("failing"),
    "pending": N_("waits"),
    "delivered": N_("delivered"),
    "failed": N_("did not arrive"),
}
#: How a state is coloured, beside its word.
COLOURS = {"active": "good", "delivered": "good", "retrying": "warning", "failing": "danger",
           "failed": "danger"}  # fmt: skip
WHY: dict[str, Message] = {
    Why.NAME: N_("the name has no address"),
    Why.ADDRESS: N_("an inner address, which nothing is sent to"),
    Why.CONNECTION: N_("no connection"),
    Why.TLS: N_("its certificate is not good"),
    Why.TIMEOUT: N_("no answer within ten seconds"),
    Why.REDIRECT: N_("a redirect, which is not followed"),
    Why.STATUS: N_("an answer that is no 2xx"),
}
#: What a page says when it comes back from what was done there.
DONE: dict[str, Message] = {
    "ping": N_("A ping is on its way. Look again in some seconds."),
    "pause": N_("Nothing is sent until it is resumed. What happens meanwhile is told then."),
    "resume": N_("It goes on where it stopped."),
    "replay": N_("It is sent again, with the same id and body."),
    "remove": N_("The webhook is removed. It is sent nothing any more."),
}

_NO_HOOK = N_("This project has no webhook of that name.").text


def _context(place: Place, **more: Any) -> dict[str, Any]:
    """What every page of these knows."""
    return {
        "project": place.project,
        "event_names": EVENTS,
        "state_names": STATES,
        "colours": COLOURS,
        "why": WHY,
        "done": DONE.get(request.args.get("done", "")),
        **more,
    }


@bp.get("")
@requires(Permission.HOLD_WEBHOOKS)
def show(place: Place) -> Page:
    """The webhooks of the project, and the form for a new one."""
    return _page(place)


@bp.post("")
@requires(Permission.HOLD_WEBHOOKS)
@asks_again
def make(place: Place) -> Page:
    """Make a webhook. Its secret is on the page that answers, and never again."""
    wanted = service.Wanted(request.form.get("url", ""), tuple(request.form.getlist("events")))
    try:
        row, secret = service.make(session(), place.project, wanted, now=now(), actor=person().id)
    except Invalid as error:
        roll_back()
        return _page(place, error.errors, status=422)
    return _made(place, row, secret)


def _made(place: Place, row: Webhook, secret: str) -> Page:
    """The page that shows a secret, once."""
    context = _context(place, tabs=tabs(place, "data"), hook=row, secret=secret)
    return Page("webhooks/made.html", context, status=201)


def _page(place: Place, errors: dict[str, Message] | None = None, *, status: int = 200) -> Page:
    with ExitStack() as stack:
        reading = read_session(stack)
        context = _context(
            place,
            tabs=tabs(place, "data", reading),
            hooks=hooks_of(reading, place.project.id),
            errors={name: said(why) for name, why in (errors or {}).items()},
            form=request.form,
            chosen=request.form.getlist("events"),
        )
    return Page("webhooks/webhooks.html", context, status=status)


@bp.get("/<hook>")
@requires(Permission.HOLD_WEBHOOKS)
def one(place: Place, hook: str) -> Page:
    """One webhook, and what it was sent, newest first."""
    line, before = _line(place, hook), request.args.get("before", type=int)
    sent = deliveries(session(), line.hook.id, before)
    context = _context(
        place,
        tabs=tabs(place, "data"),
        line=line,
        sent=sent,
        older=sent[-1].number if len(sent) == LISTED else None,
        first_page=before is None,
    )
    return Page("webhooks/webhook.html", context)


def _line(place: Place, name: str) -> HookLine:
    found = hook_named(session(), place.project.id, name)
    if found is None:
        raise NotFound(_NO_HOOK)
    return found


@bp.post("/<hook>/ping")
@requires(Permission.HOLD_WEBHOOKS)
def ping(place: Place, hook: str) -> ResponseReturnValue:
    """Have a ping sent by whoever delivers: no page waits for a receiver."""
    service.ping(session(), _find(place, hook), now=now())
    return _back(place, hook, "ping")


@bp.post("/<hook>/pause")
@requires(Permission.HOLD_WEBHOOKS)
def pause(place: Place, hook: str) -> ResponseReturnValue:
    """Send nothing until it is resumed."""
    return _change(place, hook, service.pause)


@bp.post("/<hook>/resume")
@requires(Permission.HOLD_WEBHOOKS)
def resume(place: Place, hook: str) -> ResponseReturnValue:
    """Go on where it was paused or given up."""
    return _change(place, hook, service.resume)


@bp.post("/<hook>/deliveries/<int:number>/replay")
@requires(Permission.HOLD_WEBHOOKS)
def replay(place: Place, hook: str, number: int) -> ResponseReturnValue:
    """Have a delivery sent again."""
    row = _find(place, hook)
    service.replay(session(), row, number, now=now(), actor=person().id)
    return _back(place, hook, "replay")


def _find(place: Place, name: str) -> Webhook:
    return service.find(session(), place.project.id, name)


def _change(place: Place, hook: str, change: Callable[..., None]) -> ResponseReturnValue:
    change(session(), _find(place, hook), now=now(), actor=person().id)
    return _back(place, hook, change.__name__)


def _back(place: Place, hook: str, done: str) -> ResponseReturnValue:
    return redirect(url_for("webhooks.one", slug=place.project.slug, hook=hook, done=done), 303)


@bp.get("/<hook>/secret")
@requires(Permission.HOLD_WEBHOOKS)
def ask_secret(place: Place, hook: str) -> Page:
    """Ask before a webhook gets another secret."""
    context = _context(place, tabs=tabs(place, "data"), line=_line(place, hook))
    return Page("webhooks/secret.html", context)


@bp.post("/<hook>/secret")
@requires(Permission.HOLD_WEBHOOKS)
@asks_again
def turn(place: Place, hook: str) -> Page:
    """Give it another secret, which is on the page that answers, and never again."""
    row = _find(place, hook)
    secret = service.turn(session(), row, now=now(), actor=person().id)
    return _made(place, row, secret)


@bp.get("/<hook>/remove")
@requires(Permission.HOLD_WEBHOOKS)
def ask(place: Place, hook: str) -> Page:
    """Ask before a webhook is removed."""
    context = _context(place, tabs=tabs(place, "data"), line=_line(place, hook))
    return Page("webhooks/remove.html", context)


@bp.post("/<hook>/remove")
@requires(Permission.HOLD_WEBHOOKS)
def remove(place: Place, hook: str) -> ResponseReturnValue:
    """Remove it, whoever made it."""
    service.remove(session(), _find(place, hook), now=now(), actor=person().id)
    return redirect(url_for("webhooks.show", slug=place.project.slug, done="remove"), 303)
