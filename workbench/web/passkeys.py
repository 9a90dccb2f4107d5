"""Passkeys in requests: what a device is asked, what it answered, and the log-in by one alone."""

from __future__ import annotations

import ipaddress

from flask import Blueprint, Response, redirect, request
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user

from workbench.errors import Conflict
from workbench.models import Purpose
from workbench.services import begun, login, passkeys
from workbench.services.passkeys import Shown, Site
from workbench.web.access import person
from workbench.web.entering import enter
from workbench.web.local_path import local_path
from workbench.web.log_in_form import log_in_form
from workbench.web.request import Page, config, database, now, roll_back, session

bp = Blueprint("passkeys", __name__)


def site() -> Site | None:
    """What passkeys are good for here; None where the server is called by an IP address, for which
    browsers make none."""
    host = request.host.rpartition(":")[0] if ":" in request.host else request.host
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        scheme = "https" if config().https else request.scheme
        return Site(host, f"{scheme}://{request.host}")
    return None


def must_have_site() -> Site:
    """Raises Conflict where there can be no passkey."""
    found = site()
    if found is None:
        raise Conflict("Passkeys need a server with a name: browsers make none for an IP address.")
    return found


def ask(purpose: Purpose, user_id: int | None, options: tuple[str, str]) -> Response:
    """Have the browser ask a device; it holds what it needs to come back with the answer."""
    asked, challenge = options
    cookie[purpose.value] = begun.begin(session(), purpose, user_id, now(), challenge)
    return Response(asked, mimetype="application/json")


def answered(purpose: Purpose, user_id: int | None, answer: str) -> Shown:
    """The browser's answer, with what it had been asked for that purpose.

    That is good for one try, whatever becomes of the request: call this before it writes.
    """
    token = str(cookie.pop(purpose.value, ""))
    with database().write() as writing:
        asked = begun.find(writing, purpose, token, now())
        ours = asked is not None and begun.finish(writing, asked) and asked.user_id == user_id
        return Shown(answer, asked.challenge if asked and ours else None)


@bp.post("/passkeys/options")
def options() -> Response:
    """What a device is to sign for a log-in by a passkey alone, or to show again who one is."""
    if current_user.is_authenticated:
        mine = person().id
        return ask(Purpose.AGAIN, mine, passkeys.request_options(session(), must_have_site(), mine))
    return ask(Purpose.PASSKEY, None, passkeys.request_options(session(), must_have_site(), None))


@bp.post("/login/passkey")
def log_in() -> ResponseReturnValue | Page:
    """Log in by a passkey alone: the device has seen to it that it is its owner."""
    keys = login.throttle_keys("", request.remote_addr or "")[1:]
    with database().read() as reading:
        wait = login.seconds_to_wait(reading, keys, now())
    if wait:
        text = _("Too many tries. Wait %(seconds)s seconds.", seconds=wait)
        return log_in_form(text, 429, {"Retry-After": str(wait)}, passkeys=True)
    shown = answered(Purpose.PASSKEY, None, request.form.get("passkey", ""))
    user = passkeys.owner(session(), must_have_site(), shown, None, now())
    if user is None:
        roll_back()
        with database().write() as writing:
            login.note_failure(writing, keys, now())
        text = _("This passkey opens nothing here. Log in with your password, and look at your "
                 "account which passkeys you have.")  # fmt: skip
        return log_in_form(text, 401, passkeys=True)
    enter(user, by="passkey")
    return redirect(local_path(request.form.get("next")), 303)


def shown_again(answer: str) -> bool:
    """Whether who is logged in has shown a passkey of theirs."""
    mine = person().id
    shown = answered(Purpose.AGAIN, mine, answer)
    with database().write() as writing:
        return passkeys.owner(writing, must_have_site(), shown, mine, now()) is not None
