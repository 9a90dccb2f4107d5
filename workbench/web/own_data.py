"""One's own data: a copy of all of it, and the request to be erased."""

from __future__ import annotations

import orjson
from flask import Blueprint, Response, redirect, request, url_for
from flask.typing import ResponseReturnValue

from workbench.models import User
from workbench.permissions import Permission
from workbench.queries.own_data import own_data
from workbench.services import audit
from workbench.services.erase import ask_erasure
from workbench.web.access import person, requires
from workbench.web.request import database, now, session
from workbench.web.veil import veil

bp = Blueprint("own_data", __name__, url_prefix="/account")


@bp.post("/data")
@requires(Permission.OWN_ACCOUNT)
def take() -> Response:
    """All that is stored of oneself, as JSON."""
    with database().read() as reading:  # a long look, while others write
        found = own_data(reading, person().id, veil().code)
    audit.append(session(), "user.export", f"user:{person().id}", actor=person().id, at=now())
    answer = Response(orjson.dumps(found, option=orjson.OPT_INDENT_2), mimetype="application/json")
    answer.headers.set("Content-Disposition", "attachment", filename="my-data.json")
    return answer


@bp.post("/erasure")
@requires(Permission.OWN_ACCOUNT)
def ask() -> ResponseReturnValue:
    """Ask whoever runs the installation to be erased, or take that back."""
    writing = session()
    withdraw = request.form.get("withdraw") == "1"
    ask_erasure(writing, writing.get_one(User, person().id), now(), withdraw=withdraw)
    return redirect(url_for("account.show", _anchor="data"), 303)
