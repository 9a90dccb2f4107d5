"""A lead looks after what is hidden among items, gold and repeats, and how people do on it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol, TypeVar

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from workbench.errors import Conflict
from workbench.messages import N_, Invalid, Message
from workbench.models import Project
from workbench.permissions import Permission
from workbench.queries import gold as known
from workbench.queries import repeats
from workbench.services import gold
from workbench.services.gold import Settings
from workbench.stats import Share
from workbench.web.access import Place, person, requires
from workbench.web.form_numbers import whole
from workbench.web.judging import Bar, bar
from workbench.web.language import said
from workbench.web.looked import saw
from workbench.web.quality import common, is_named
from workbench.web.request import Page, now, roll_back, session

bp = Blueprint("gold", __name__, url_prefix="/projects/<slug>/gold")


class _Line(Protocol):
    @property
    def score(self) -> Share: ...


L = TypeVar("L", bound=_Line)

#: What was done, as the address of the page says it after a redirect.
DONE = {
    "marked": N_("The item is gold. Reviewers meet copies of it."),
    "unmarked": N_("The item is gold no more and waits in the queue again."),
    "settings": N_("The settings are saved."),
}


@bp.get("")
@requires(Permission.QUALIFY)
def show(place: Place) -> Page:
    """How people do on what is known and on what they judged before, and what is gold."""
    return _page(place)


def _page(place: Place, errors: dict[str, str] | None = None, status: int = 200) -> Page:
    reading, project = session(), place.project
    named = is_named(place)
    done = DONE.get(request.args.get("done", ""))
    gilded = known.lines(reading, project.id)
    saw([line.item_id for line in gilded])
    context = common(place, "gold", reading)
    context.update(
        config=project.config,
        lines=gilded,
        people=_with_bars(known.people(reading, project.id, named=named)),
        repeats=_with_bars(repeats.with_oneself(reading, project, named=named)),
        form=request.form if errors else _stored(project),
        errors=errors or {},
        done=said(done) if done else "",
        last=known.LAST,
        least=known.LEAST,
    )
    return Page("gold/gold.html", context, status=status)


def _with_bars(lines: Sequence[L]) -> list[tuple[L, Bar | None]]:
    return [(line, _score_bar(line.score)) for line in lines]


def _score_bar(found: Share) -> Bar | None:
    """A share with its interval on a scale from 0 to 1; None without an answer."""
    if found.value is None or found.low is None or found.high is None:
        return None
    return bar(found.value, found.low, found.high, 0.0, 1.0)


def _stored(project: Project) -> dict[str, Any]:
    """The settings as the form holds them: a box that is not ticked is not there."""
    stored = {**vars(Settings.of(project)), "gold_floor": project.gold_floor or ""}
    return {name: value for name, value in stored.items() if value is not False}


@bp.post("/settings")
@requires(Permission.QUALIFY)
def settings(place: Place) -> Page | ResponseReturnValue:
    """How much is hidden, whether people are told, and the floor."""
    try:
        gold.change_settings(session(), place.project, _settings(), now=now(), actor=person().id)
    except Invalid as error:
        roll_back()
        return _page(place, {name: said(why) for name, why in error.errors.items()}, 422)
    return _back(place, "settings")


def _settings() -> Settings:
    """What the form says. Raises Invalid by field."""
    errors: dict[str, Message] = {}
    found = Settings(
        gold_percent=whole("gold_percent", errors) or 0,
        gold_feedback="gold_feedback" in request.form,
        gold_floor=whole("gold_floor", errors, optional=True),
        repeat_percent=whole("repeat_percent", errors) or 0,
        repeat_after_days=whole("repeat_after_days", errors) or 0,
    )
    if errors:
        raise Invalid(errors)
    return found


@bp.post("/<int:item_id>/mark")
@requires(Permission.QUALIFY)
def mark(place: Place, item_id: int) -> Page | ResponseReturnValue:
    """Make gold of an item that a lead has settled."""
    try:
        gold.mark_decided(session(), place.project, item_id, now=now(), actor=person().id)
    except (Conflict, Invalid) as error:
        return _refused(place, error)
    return _back(place, "marked")


@bp.post("/<int:item_id>/unmark")
@requires(Permission.QUALIFY)
def unmark(place: Place, item_id: int) -> Page | ResponseReturnValue:
    """The item is gold no more."""
    try:
        gold.unmark(session(), place.project, item_id, now=now(), actor=person().id)
    except Conflict as error:
        return _refused(place, error)
    return _back(place, "unmarked")


def _refused(place: Place, error: Conflict | Invalid) -> Page:
    roll_back()
    if isinstance(error, Invalid):
        return _page(place, {"conflict": " ".join(said(why) for why in error.errors.values())}, 422)
    return _page(place, {"conflict": said(error.message)}, 409)


def _back(place: Place, done: str) -> ResponseReturnValue:
    return redirect(url_for("gold.show", slug=place.project.slug, done=done), 303)
