"""A lead looks after the reviewers of a project: how much of the severe they are given."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from workbench.messages import Invalid, Message
from workbench.permissions import Permission
from workbench.services.care import (
    MOST_A_DAY,
    MOST_MINUTES,
    MOST_OTHERS,
    SEVERE_FROM,
    Limits,
    set_limits,
)
from workbench.web.access import Place, person, requires
from workbench.web.form_numbers import whole
from workbench.web.harms import SEVERITY_MEANINGS, SEVERITY_NAMES
from workbench.web.language import said
from workbench.web.quality import tabs
from workbench.web.request import Page, now, session

bp = Blueprint("care", __name__, url_prefix="/projects/<slug>")

#: Limits that may be left empty, and the most of each.
_OPTIONAL = {
    "severe_per_day": MOST_A_DAY,
    "severe_gap_items": MOST_OTHERS,
    "severe_gap_minutes": MOST_MINUTES,
}


@bp.get("/care")
@requires(Permission.LOOK_AFTER)
def show(place: Place) -> Page:
    """The limits of the project."""
    names = ("severe_from", *_OPTIONAL)
    form = {name: getattr(place.project, name) for name in names}
    return _page(place, form, {})


@bp.post("/care")
@requires(Permission.LOOK_AFTER)
def save(place: Place) -> Page | ResponseReturnValue:
    """Change them."""
    try:
        limits = _limits()
        set_limits(session(), place.project, limits, now=now(), actor=person().id)
    except Invalid as error:
        return _page(place, request.form, error.errors)
    return redirect(url_for("care.show", slug=place.project.slug, saved=1), 303)


def _limits() -> Limits:
    """What was sent. Raises Invalid with every field that is no number."""
    errors: dict[str, Message] = {}
    severe_from = whole("severe_from", errors) or 0
    found = {name: whole(name, errors, optional=True) for name in _OPTIONAL}
    if errors:
        raise Invalid(errors)
    return Limits(
        severe_from=severe_from,
        severe_per_day=found["severe_per_day"],
        severe_gap_items=found["severe_gap_items"],
        severe_gap_minutes=found["severe_gap_minutes"],
    )


def _page(place: Place, form: Any, errors: dict[str, Message]) -> Page:
    context = {
        "project": place.project,
        "tabs": tabs(place, "quality"),
        "form": form,
        "most": _OPTIONAL,
        "choices": SEVERE_FROM,
        "errors": {name: said(why) for name, why in errors.items()},
        "severities": list(zip(SEVERITY_NAMES, SEVERITY_MEANINGS, strict=True)),
        "saved": "saved" in request.args,
    }
    return Page("quality/care.html", context, status=422 if errors else 200)
