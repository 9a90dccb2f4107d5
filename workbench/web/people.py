"""People's data, for whoever runs the installation: terms, requests to be erased, erasing."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from workbench.errors import Conflict, NotFound
from workbench.messages import N_, Message
from workbench.permissions import Permission
from workbench.queries.own_data import erasure_requests
from workbench.queries.terms import agreed
from workbench.services.accounts import find_user
from workbench.services.erase import erase_user
from workbench.web.access import person, requires
from workbench.web.language import said
from workbench.web.request import Page, now, session

bp = Blueprint("people", __name__, url_prefix="/people")

_NOT_THE_SAME = N_("The two names are not the same.")


@bp.get("")
@requires(Permission.ADMINISTER)
def show() -> Page:
    """Who asked, and how far the terms are agreed to."""
    return _page({})


@bp.post("/erase")
@requires(Permission.ADMINISTER)
def erase() -> Page | ResponseReturnValue:
    """Erase a person, whose name was written twice."""
    name, again = (request.form.get(key, "").strip().lower() for key in ("name", "again"))
    if not name or name != again:
        return _page({"again": _NOT_THE_SAME})
    try:
        erase_user(session(), find_user(session(), name), now(), actor=person().id)
    except (Conflict, NotFound) as error:
        return _page({"name": error.message})
    return redirect(url_for("people.show", erased=1), 303)


def _page(errors: dict[str, Message]) -> Page:
    reading = session()
    context = {
        "requests": erasure_requests(reading),
        "terms": agreed(reading),
        "errors": {field: said(why) for field, why in errors.items()},
        "name": request.values.get("name", ""),
        "erased": "erased" in request.args,
    }
    return Page("audit/people.html", context, status=422 if errors else 200)
