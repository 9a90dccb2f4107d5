"""What the cards of a project's snapshots say beside figures."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from workbench.export.card import TOLD
from workbench.messages import Invalid, Message
from workbench.permissions import Permission
from workbench.services.card_text import LONGEST, tell_card
from workbench.web.access import Place, person, requires
from workbench.web.language import said
from workbench.web.quality import tabs
from workbench.web.request import Page, now, session

bp = Blueprint("card", __name__, url_prefix="/projects/<slug>")


@bp.get("/card")
@requires(Permission.EXPORT)
def show(place: Place) -> Page:
    """The texts as they are."""
    return _page(place, place.project.card or {}, {})


@bp.post("/card")
@requires(Permission.EXPORT)
def save(place: Place) -> Page | ResponseReturnValue:
    """Change them, for the snapshots to come."""
    told = {name: request.form.get(name, "") for name in TOLD}
    try:
        tell_card(session(), place.project, told, now=now(), actor=person().id)
    except Invalid as error:
        return _page(place, told, error.errors)
    return redirect(url_for("card.show", slug=place.project.slug, saved=1), 303)


def _page(place: Place, told: Mapping[str, str], errors: Mapping[str, Message]) -> Page:
    context = {
        "project": place.project,
        "tabs": tabs(place, "data"),
        "told": told,
        "errors": {name: said(why) for name, why in errors.items()},
        "longest": LONGEST,
        "saved": "saved" in request.args and not errors,
    }
    return Page("data/card.html", context, status=422 if errors else 200)
