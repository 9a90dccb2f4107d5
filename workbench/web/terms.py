"""The terms: nothing else can be reached until the version in force is agreed to."""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from workbench.permissions import Permission
from workbench.queries.terms import in_force
from workbench.services.terms import agree as note_agreed
from workbench.web.access import person, requires
from workbench.web.language import language
from workbench.web.local_path import local_path
from workbench.web.request import Page, now, session

bp = Blueprint("terms", __name__, url_prefix="/terms")


@bp.get("")
@requires(Permission.OWN_ACCOUNT)
def show() -> Page | ResponseReturnValue:
    """What is in force, to be read and, where that was not done, to be agreed to."""
    terms = in_force(session())
    if terms is None:
        return redirect(url_for("home.index"), 303)
    context = {
        "terms": terms,
        "text": terms.es if language() == "es" else terms.en,
        "owed": person().unagreed is not None,
        "next": request.args.get("next", ""),
    }
    return Page("account/terms.html", context)


@bp.post("")
@requires(Permission.OWN_ACCOUNT)
def agree() -> Response:
    """Agree to the version that was read, and go on to where one wanted to go."""
    version = request.form.get("version", default=0, type=int)
    note_agreed(session(), person().id, version, now())
    return redirect(local_path(request.form.get("next")), 303)  # type: ignore[return-value]
