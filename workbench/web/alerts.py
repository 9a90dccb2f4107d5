"""From what on the leads of a project are told of agreement and the queue."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from workbench.messages import N_, Invalid, Message
from workbench.permissions import Permission
from workbench.queries.watch import ENOUGH_ITEMS, settings
from workbench.services.watch import MOST_DAYS, set_watch
from workbench.web.access import Place, person, requires
from workbench.web.form_numbers import whole
from workbench.web.language import said
from workbench.web.quality import tabs
from workbench.web.request import Page, now, session

bp = Blueprint("alerts", __name__, url_prefix="/projects/<slug>")


@bp.get("/alerts")
@requires(Permission.SET_ALERTS)
def show(place: Place) -> Page:
    """What holds now."""
    watch = settings(session(), place.project.id)
    floor = "" if watch.agreement_floor is None else f"{watch.agreement_floor:g}"
    return _page(place, {"agreement_floor": floor, "queue_days": watch.queue_days}, {})


@bp.post("/alerts")
@requires(Permission.SET_ALERTS)
def save(place: Place) -> Page | ResponseReturnValue:
    """Change it."""
    try:
        floor, days = _sent()
        set_watch(session(), place.project, agreement_floor=floor, queue_days=days,
                  now=now(), actor=person().id)  # fmt: skip
    except Invalid as error:
        return _page(place, request.form, error.errors)
    return redirect(url_for("alerts.show", slug=place.project.slug, saved=1), 303)


def _sent() -> tuple[float | None, int]:
    """What was sent, with a point or a comma. Raises Invalid with every field that is no number."""
    errors: dict[str, Message] = {}
    text = request.form.get("agreement_floor", "").strip().replace(",", ".")
    floor = None
    if text:
        try:
            floor = float(text)
        except ValueError:
            errors["agreement_floor"] = N_("Write a number such as 0.6.")
    days = whole("queue_days", errors) or 0
    if errors:
        raise Invalid(errors)
    return floor, days


def _page(place: Place, form: Any, errors: dict[str, Message]) -> Page:
    context = {
        "project": place.project,
        "tabs": tabs(place, "quality"),
        "form": form,
        "most_days": MOST_DAYS,
        "enough": ENOUGH_ITEMS,
        "errors": {name: said(why) for name, why in errors.items()},
        "saved": "saved" in request.args,
    }
    return Page("quality/alerts.html", context, status=422 if errors else 200)
