"""Tokens of a project: which there are, making one, ending one."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from workbench.errors import NotFound
from workbench.messages import N_, Invalid, Message
from workbench.models import Scope, User
from workbench.permissions import Permission
from workbench.queries.api_tokens import TokenLine, ended_tokens, open_token, open_tokens
from workbench.services import api_tokens
from workbench.web.access import Place, person, requires
from workbench.web.again import asks_again
from workbench.web.language import said
from workbench.web.quality import tabs
from workbench.web.request import Page, now, read_session, roll_back, session

bp = Blueprint("tokens", __name__, url_prefix="/projects/<slug>/tokens")

SCOPES: dict[Scope, Message] = {
    Scope.READ: N_("see how far the project is and how far reviewers agree"),
    Scope.IMPORT: N_("bring items in"),
    Scope.EXPORT: N_("take judgments out"),
    Scope.JUDGE: N_("bring judgments in that were made elsewhere"),
}

_NO_TOKEN = N_("This project has no open token of that name.").text


@bp.get("")
@requires(Permission.HOLD_TOKENS)
def show(place: Place) -> Page:
    """The tokens of the project, and the form for a new one."""
    return _page(place)


@bp.post("")
@requires(Permission.HOLD_TOKENS)
@asks_again
def make(place: Place) -> Page:
    """Make a token. Its secret is on the page that answers, and never again."""
    try:
        wanted = _wanted()
        writing = session()
        owner = writing.get_one(User, person().id)
        row, secret = api_tokens.make(
            writing, place.project, owner, wanted, now=now(), actor=owner.id
        )
    except Invalid as error:
        roll_back()
        return _page(place, error.errors, status=422)
    context = {
        "project": place.project,
        "tabs": tabs(place, "data"),
        "token": row,
        "secret": secret,
        "scope_names": SCOPES,
        "site": request.host_url.rstrip("/"),
    }
    return Page("tokens/made.html", context, status=201)


def _wanted() -> api_tokens.Wanted:
    days = request.form.get("days", "")
    plain = days.isascii() and days.isdigit() and len(days) < 5
    return api_tokens.Wanted(
        name=request.form.get("name", ""),
        scopes=tuple(request.form.getlist("scopes")),
        days=int(days) if plain else 0,
    )


def _page(place: Place, errors: dict[str, Message] | None = None, *, status: int = 200) -> Page:
    with ExitStack() as stack:
        reading, at = read_session(stack), now()
        context: dict[str, Any] = {
            "project": place.project,
            "tabs": tabs(place, "data", reading),
            "tokens": open_tokens(reading, place.project.id, at),
            "ended": ended_tokens(reading, place.project.id, at),
        }
    context |= {
        "scope_names": SCOPES,
        "errors": {name: said(why) for name, why in (errors or {}).items()},
        "form": request.form,
        "chosen": request.form.getlist("scopes"),
        "days": request.form.get("days", api_tokens.DEFAULT_DAYS),
        "most_days": api_tokens.MOST_DAYS,
        "revoked": request.args.get("revoked", ""),
    }
    return Page("tokens/tokens.html", context, status=status)


@bp.get("/<prefix>/revoke")
@requires(Permission.HOLD_TOKENS)
def ask(place: Place, prefix: str) -> Page:
    """Ask before a token is ended: what uses it stops at once."""
    context = {
        "project": place.project,
        "tabs": tabs(place, "data"),
        "token": _open(place, prefix),
        "scope_names": SCOPES,
    }
    return Page("tokens/revoke.html", context)


def _open(place: Place, prefix: str) -> TokenLine:
    found = open_token(session(), place.project.id, prefix, now())
    if found is None:
        raise NotFound(_NO_TOKEN)
    return found


@bp.post("/<prefix>/revoke")
@requires(Permission.HOLD_TOKENS)
@asks_again
def revoke(place: Place, prefix: str) -> ResponseReturnValue:
    """End a token of the project, whosever it is: who finds one that leaked must not wait."""
    row = api_tokens.revoke(session(), place.project.id, prefix, now=now(), actor=person().id)
    where = url_for("tokens.show", slug=place.project.slug, revoked=row.prefix)
    return redirect(where, 303)
