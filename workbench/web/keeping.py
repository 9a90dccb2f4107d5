"""How long a project's contents are kept, whether it is closed, and the watermark."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from workbench.errors import Conflict
from workbench.messages import N_, Invalid, Message
from workbench.permissions import Permission
from workbench.services import keeping
from workbench.web.access import Place, person, requires
from workbench.web.form_numbers import whole
from workbench.web.language import said
from workbench.web.quality import tabs
from workbench.web.request import Page, now, session

bp = Blueprint("keeping", __name__, url_prefix="/projects/<slug>/keeping")

_NOT_CONFIRMED = N_("Write the project's name to confirm.")


@bp.get("")
@requires(Permission.KEEP)
def show(place: Place) -> Page:
    """What holds now."""
    return _page(place, _stored(place), {})


@bp.post("")
@requires(Permission.KEEP)
def save(place: Place) -> Page | ResponseReturnValue:
    """Change it."""
    form = {name: request.form.get(name, "").strip() for name in
            ("keep_days", "legal_hold", "watermark")}  # fmt: skip
    errors: dict[str, Message] = {}
    days = whole("keep_days", errors) if form["keep_days"] else None
    if errors:
        return _page(place, form, errors)
    try:
        keeping.set_keeping(session(), place.project, keep_days=days,
                            legal_hold=bool(form["legal_hold"]), now=now(),
                            actor=person().id)  # fmt: skip
    except Invalid as error:
        return _page(place, form, error.errors)
    keeping.set_watermark(
        session(), place.project, bool(form["watermark"]), now(), actor=person().id
    )
    return redirect(url_for("keeping.show", slug=place.project.slug, saved=1), 303)


@bp.post("/close")
@requires(Permission.KEEP)
def close(place: Place) -> Page | ResponseReturnValue:
    """Close the project, whose name was written to confirm, or open it again."""
    project, me = place.project, person().id
    try:
        if project.closed_at is not None:
            keeping.open_project(session(), project, now(), me)
        elif request.form.get("name", "").strip() == project.slug:
            keeping.close_project(session(), project, now(), me)
        else:
            return _page(place, _stored(place), {"name": _NOT_CONFIRMED})
    except Conflict as error:
        return _page(place, _stored(place), {"name": error.message})
    return redirect(url_for("keeping.show", slug=project.slug, saved=1), 303)


def _stored(place: Place) -> dict[str, Any]:
    project = place.project
    days = "" if project.keep_days is None else project.keep_days
    return {
        "keep_days": days,
        "legal_hold": project.legal_hold,
        "watermark": project.watermark,
    }


def _page(place: Place, form: dict[str, Any], errors: dict[str, Message]) -> Page:
    project = place.project
    context = {
        "project": project,
        "tabs": tabs(place, "quality"),
        "form": form,
        "ends_at": keeping.kept_until(project),
        "emptied": keeping.was_emptied(session(), project.id),
        "most_days": keeping.MOST_DAYS,
        "errors": {name: said(why) for name, why in errors.items()},
        "saved": "saved" in request.args,
    }
    return Page("data/keeping.html", context, status=422 if errors else 200)
