"""Log in, log out, and choose a password with a one-time code."""

from __future__ import annotations

from flask import Blueprint, redirect, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from flask_login import current_user, logout_user

from workbench.extensions import generate_csrf
from workbench.messages import Invalid
from workbench.permissions import Permission
from workbench.queries.second_factor import wants_second_factor
from workbench.services import accounts, login
from workbench.services.failed_logins import count_failure
from workbench.web import second_step
from workbench.web.access import person, requires
from workbench.web.entering import enter
from workbench.web.language import said
from workbench.web.local_path import local_path
from workbench.web.log_in_form import log_in_form
from workbench.web.passkeys import site
from workbench.web.request import Page, database, now, session

bp = Blueprint("auth", __name__)


@bp.route("/login", methods=["GET", "POST"], endpoint="login")
def login_view() -> ResponseReturnValue | Page:
    """The log-in form."""
    if request.method == "GET":
        if current_user.is_authenticated:
            return redirect(url_for("home.index"), 303)
        return _form(expired="expired" in request.args)
    name, password = request.form.get("name", ""), request.form.get("password", "")
    keys = login.throttle_keys(name, request.remote_addr or "")
    with database().read() as reading:
        wait = login.seconds_to_wait(reading, keys, now())
        user = login.find_active(reading, name)
    if wait:
        text = _("Too many tries. Wait %(seconds)s seconds.", seconds=wait)
        return _form(text, 429, {"Retry-After": str(wait)})
    stored = user.password_hash if user else None
    if not login.password_fits(stored, password) or user is None or stored is None:
        with database().write() as writing:
            login.note_failure(writing, keys, now())
            count_failure(writing, name, now())
        return _form(_("The name or the password is not right."), 401)
    better = login.stronger(stored, password)
    if better is not None:
        login.replace_hash(session(), user.id, stored, better)
    way_on = local_path(request.form.get("next"))
    if wants_second_factor(session(), user.id):
        return second_step.begin(user.id, way_on)
    enter(user, by="password")
    return redirect(way_on, 303)


def _form(error: str = "", status: int = 200, headers: dict[str, str] | None = None,
          expired: bool = False) -> Page:  # fmt: skip
    return log_in_form(error, status, headers, passkeys=site() is not None, expired=expired)


@bp.get("/session")
def session_state() -> dict[str, str | None]:
    """Who is logged in (null for nobody), and the token that this browser's requests carry now."""
    return {
        "name": current_user.person.name if current_user.is_authenticated else None,
        "csrf_token": generate_csrf(),
    }


@bp.post("/logout")
@requires(Permission.OWN_ACCOUNT)
def logout() -> ResponseReturnValue:
    """End this session, here and on the server."""
    login.end_session(session(), person().session_id, person().id, now())
    logout_user()
    cookie.clear()
    response = redirect(url_for("auth.login"), 303)
    response.headers["Clear-Site-Data"] = '"cache", "storage"'
    return response


@bp.route("/welcome", methods=["GET", "POST"])
def welcome() -> ResponseReturnValue | Page:
    """Choose a password with a one-time code."""
    if request.method == "GET":
        return _welcome_form()
    code, password = request.form.get("code", ""), request.form.get("password", "")
    try:
        with database().read() as reading:
            owner = accounts.code_owner(reading, code, now())
        if owner is None:
            raise Invalid.at("code", "This code was used or has run out. Ask for a new one.")
        if password != request.form.get("again", ""):
            raise Invalid.at("again", "The two passwords are not the same.")
        hashed = login.hash_password(password, owner.name)
        user = accounts.redeem_code(session(), code, hashed, now())
    except Invalid as error:
        return _welcome_form({name: said(why) for name, why in error.errors.items()}, 422)
    if wants_second_factor(session(), user.id):
        return second_step.begin(user.id, url_for("home.index"))
    enter(user, by="code")
    return redirect(url_for("home.index"), 303)


def _welcome_form(errors: dict[str, str] | None = None, status: int = 200) -> Page:
    code = request.values.get("code", "")
    return Page("auth/welcome.html", {"errors": errors or {}, "code": code}, status=status)
