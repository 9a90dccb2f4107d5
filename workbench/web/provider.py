"""Log in by the organisation's OpenID provider, and link one's log-in there.

The way back is two requests: a look, which shows a form that sends itself on, and the form. So no
look changes anything here either, and what changes something carries this site's own token.
"""

from __future__ import annotations

import logging

from flask import Blueprint, Response, current_app, redirect, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workbench.errors import Conflict, NotFound
from workbench.models import Purpose, User
from workbench.permissions import Permission
from workbench.provider.client import Provider, Unreachable
from workbench.provider.id_token import Untrue, Verified
from workbench.provider.trip import Trip
from workbench.queries.provider_accounts import owner
from workbench.queries.second_factor import wants_second_factor
from workbench.services import begun, provider_accounts
from workbench.services.login import new_token
from workbench.services.provider_accounts import Identity
from workbench.web import second_step
from workbench.web.access import person, person_or_none, requires
from workbench.web.again import asks_again
from workbench.web.entering import enter, renew
from workbench.web.errors import answer
from workbench.web.local_path import local_path
from workbench.web.request import Page, config, database, now, session

bp = Blueprint("provider", __name__)
log = logging.getLogger("workbench")

#: In the cookie: where to go on to after the log-in.
_WAY_ON = "way_on"


def _provider() -> Provider:
    """The provider of the settings. Raises NotFound where there is none."""
    if not config().oidc_issuer:
        raise NotFound("There is no such page, or it is not open to you.")
    kept = current_app.extensions
    known = kept.get("workbench_provider")
    if known is None or known[0] is not config():
        known = kept["workbench_provider"] = config(), Provider(config())
    found: Provider = known[1]
    return found


def _trip(token: str) -> Trip:
    return Trip.of(str(current_app.config["SECRET_KEY"]), token)


def _back() -> str:
    """Where the provider sends people: as it was told, whatever name this request came by."""
    return config().site_address + url_for("provider.back")


# --- the way there --------------------------------------------------------------------------


@bp.post("/login/provider")
def begin() -> ResponseReturnValue | Page:
    """Begin a log-in there."""
    return _go(_provider(), Purpose.PROVIDER, None, local_path(request.form.get("next")))


@bp.post("/account/provider/link")
@requires(Permission.OWN_ACCOUNT)
@asks_again
def link() -> ResponseReturnValue | Page:
    """Begin a log-in there that is linked to one's account here."""
    way_on = url_for("account.show", saved="provider", _anchor="provider")
    return _go(_provider(), Purpose.LINK, person().id, way_on)


def _go(provider: Provider, purpose: Purpose, user_id: int | None, way_on: str) -> Response:
    """A page that goes on by itself: browsers let no form be redirected to another site, by the
    policy that keeps what is entered here from being sent there."""
    token = new_token()
    try:
        address = provider.address(_trip(token), _back())
    except Unreachable as error:
        return _unreachable(error)
    begun.begin(session(), purpose, user_id, now(), token=token)
    cookie[purpose.value], cookie[_WAY_ON] = token, way_on
    return Page("auth/go_to_provider.html", {"address": address, "provider": config().oidc_label})


# --- the way back ---------------------------------------------------------------------------


@bp.get("/login/provider/back")
def back() -> Page:
    """What came back, in a form that sends itself on."""
    _provider()
    names = ("state", "code", "iss", "error")
    sent = {name: request.args[name] for name in names if name in request.args}
    return Page("auth/back_from_provider.html", {"sent": sent, "provider": config().oidc_label})


@bp.post("/login/provider/back")
def finish() -> ResponseReturnValue | Page:
    """Let in, or link, who logged in there."""
    provider, token = _provider(), ""
    for purpose in (Purpose.PROVIDER, Purpose.LINK):
        token = str(cookie.get(purpose.value, ""))
        if token and _trip(token).is_back(request.form.get("state", "")):
            break
    else:
        return _begin_anew()
    found, user_id = _end(purpose, token)
    way_on = local_path(cookie.pop(_WAY_ON, None))
    if not found:
        return _begin_anew()
    if "error" in request.form:
        label = config().oidc_label
        return answer(403, _("%(provider)s did not log you in. Begin again.", provider=label))
    try:
        code, iss = request.form.get("code", ""), request.form.get("iss")
        who = provider.identify(_trip(token), _back(), code, iss)
    except Unreachable as error:
        return _unreachable(error)
    except Untrue as error:
        return _untrue(error)
    return _let_in(who, way_on) if purpose is Purpose.PROVIDER else _link(who, user_id, way_on)


def _end(purpose: Purpose, token: str) -> tuple[bool, int | None]:
    """(whether it could still be finished, whose it was). It is good once, however it ends, and
    nothing is locked while the provider is asked."""
    cookie.pop(purpose.value, None)
    with database().write() as writing:
        row = begun.find(writing, purpose, token, now())
        if row is None:
            return False, None
        user_id = row.user_id
        return begun.finish(writing, row), user_id


def _begin_anew() -> Response:
    return answer(400, _("This log-in was used already, has run out, or was begun in another "
                         "browser. Begin again."))  # fmt: skip


def _unreachable(error: Unreachable) -> Response:
    log.warning("the OpenID provider cannot be used: %s", error)
    label = config().oidc_label
    return answer(502, _("%(provider)s cannot be reached at this moment. Try again, or log in "
                         "with your password.", provider=label))  # fmt: skip


def _untrue(error: Untrue) -> Response:
    log.warning("what the OpenID provider answered was refused: %s", error)
    with database().write() as writing:
        provider_accounts.note_refused(writing, None, "not to be believed", now())
    label = config().oidc_label
    return answer(403, _("What %(provider)s answered cannot be trusted, so nobody was let in. Tell "
                         "whoever runs this server.", provider=label))  # fmt: skip


def _let_in(who: Verified, way_on: str) -> ResponseReturnValue | Page:
    with database().read() as reading:
        user = owner(reading, config().oidc_issuer, who.subject)
    if user is None or not user.active:
        return _refuse(who, user)
    user = session().get_one(User, user.id)
    counts = bool(who.methods & set(config().oidc_second_factor))
    if not counts and wants_second_factor(session(), user.id):
        return second_step.begin(user.id, way_on, first="provider")
    by = "provider, its second factor" if counts else "provider"
    enter(user, by=by, second_by_provider=counts)
    return redirect(way_on, 303)


def _refuse(who: Verified, user: User | None) -> Response:
    why = "not linked" if user is None else "account is closed"
    with database().write() as writing:
        provider_accounts.note_refused(writing, user.id if user else None, why, now())
    if user is not None:
        return answer(403, _("Your account here is closed. Ask whoever runs this server."))
    context = {"subject": who.subject, "issuer": config().oidc_issuer,
               "provider": config().oidc_label}  # fmt: skip
    return Page("auth/not_linked.html", context, status=403)


# --- links ----------------------------------------------------------------------------------


def _link(who: Verified, user_id: int | None, way_on: str) -> ResponseReturnValue | Page:
    someone = person_or_none()
    if someone is None or someone.id != user_id:
        return _begin_anew()
    writing = session()
    identity = Identity(config().oidc_issuer, who.subject)
    user = writing.get_one(User, someone.id)
    provider_accounts.link(writing, user, identity, now(), actor=someone.id)
    renew()
    return redirect(way_on, 303)


@bp.post("/account/provider/unlink")
@requires(Permission.OWN_ACCOUNT)
@asks_again
def unlink() -> ResponseReturnValue:
    """Come in that way no more."""
    _provider()
    user = session().get_one(User, person().id)
    if user.password_hash is None:
        raise Conflict("You have no password yet: without this link you could not come in.")
    provider_accounts.unlink(session(), user, config().oidc_issuer, now(), actor=user.id)
    renew()
    return redirect(url_for("account.show", saved="provider", _anchor="provider"), 303)
