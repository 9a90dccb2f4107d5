"""The second step of a log-in: the password was right, and now something else is wanted.

Who is half in is nobody yet: no page is open to them but this one.
"""

from __future__ import annotations

from flask import Blueprint, Response, redirect, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _

from workbench.db import dump_json
from workbench.models import Begun, Purpose, User
from workbench.queries.second_factor import codes_left, factors_of
from workbench.services import begun, login, passkeys, second_factor
from workbench.services.passkeys import Shown
from workbench.web.entering import enter
from workbench.web.local_path import local_path
from workbench.web.passkeys import must_have_site, site
from workbench.web.request import Page, database, now, roll_back, session

bp = Blueprint("second_step", __name__, url_prefix="/login/second")


#: In the cookie, which is signed: what was shown first, where it was not the password.
_FIRST = "first"


def begin(user_id: int, way_on: str, first: str = "password") -> ResponseReturnValue:
    """Go on to the second step; a page that asks in place is told what it may ask for."""
    token = begun.begin(session(), Purpose.SECOND, user_id, now())
    cookie.clear()
    cookie[Purpose.SECOND.value] = token
    cookie[_FIRST] = first
    if request.headers.get("In-Place"):
        wanted = {"passkey": _by_passkey(user_id)}
        return Response(dump_json(wanted), 202, mimetype="application/json")
    return redirect(url_for("second_step.show", next=way_on), 303)


def _by_passkey(user_id: int) -> bool:
    return site() is not None and bool(factors_of(session(), user_id).passkeys)


def _half_in() -> Begun | None:
    return begun.find(session(), Purpose.SECOND, str(cookie.get(Purpose.SECOND.value, "")), now())


def _begin_anew() -> ResponseReturnValue:
    if request.headers.get("In-Place"):
        return Response(status=410)
    return redirect(url_for("auth.login", next=request.values.get("next"), expired=1), 303)


@bp.get("")
def show() -> ResponseReturnValue | Page:
    """Ask for a code, or for a passkey."""
    half = _half_in()
    return _begin_anew() if half is None else _page(half)


def _page(half: Begun, error: str = "", status: int = 200, headers: dict[str, str] | None = None
          ) -> Page:  # fmt: skip
    factors = factors_of(session(), half.user_id or 0)
    context = {
        "error": error,
        "next": request.values.get("next", ""),
        "app": factors.app_since is not None,
        "passkey": site() is not None and bool(factors.passkeys),
    }
    return Page("auth/second.html", context, None, status, headers or {})


@bp.post("/options")
def options() -> ResponseReturnValue:
    """What a device is to sign, of those of the person who is half in."""
    half = _half_in()
    if half is None:
        return _begin_anew()
    asked, challenge = passkeys.request_options(session(), must_have_site(), half.user_id)
    begun.challenge(session(), half, challenge)
    return Response(asked, mimetype="application/json")


@bp.post("")
def send() -> ResponseReturnValue | Page:
    """Let in who shows the second factor."""
    half = _half_in()
    if half is None:
        return _begin_anew()
    user_id = half.user_id or 0
    keys = (login.second_throttle_key(user_id),
            login.throttle_keys("", request.remote_addr or "")[1])  # fmt: skip
    wait = login.seconds_to_wait(session(), keys, now())
    if wait:
        text = _("Too many tries. Wait %(seconds)s seconds.", seconds=wait)
        return _page(half, text, 429, {"Retry-After": str(wait)})
    by = _shown(half, user_id)
    user = session().get_one(User, user_id)
    if not by or not user.active or not begun.finish(session(), half):
        return _refuse(half, user_id, keys)
    enter(user, by=f"{cookie.get(_FIRST, 'password')}, {by}")
    return _go_on(user_id, by)


def _shown(half: Begun, user_id: int) -> str:
    """What was shown that is good: "app", "recovery code", "passkey" or ""."""
    answer, code = request.form.get("passkey", ""), request.form.get("code", "")
    if answer:
        shown = Shown(answer, half.challenge)
        found = passkeys.owner(session(), must_have_site(), shown, user_id, now())
        return "passkey" if found else ""
    if second_factor.looks_like_a_code(code):
        return "app" if second_factor.app_code_fits(session(), user_id, code, now()) else ""
    used = second_factor.use_recovery_code(session(), user_id, code, now())
    return "recovery code" if used else ""


def _refuse(half: Begun, user_id: int, keys: tuple[str, ...]) -> Page:
    roll_back()
    with database().write() as writing:
        # What a device was asked is good for one try.
        begun.challenge(writing, half, None)
        login.note_failure(writing, keys, now())
        login.note_refused(writing, user_id, now())
    text = _("This is not right, or it was used already. An app's code is good once: wait for the "
             "next one.")  # fmt: skip
    return _page(half, text, 401)


def _go_on(user_id: int, by: str) -> ResponseReturnValue | Page:
    way_on = local_path(request.form.get("next"))
    if by != "recovery code" or request.headers.get("In-Place"):
        return redirect(way_on, 303)
    return Page("auth/recovered.html", {"left": codes_left(session(), user_id), "next": way_on})
