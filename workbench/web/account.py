"""One's own account: language, password, sessions, and what one does not want to be given."""

from __future__ import annotations

from datetime import timedelta

from flask import Blueprint, redirect, request, url_for
from flask.typing import ResponseReturnValue

from workbench.errors import NotFound
from workbench.messages import Invalid
from workbench.models import User
from workbench.permissions import Permission
from workbench.services import accounts, care, login
from workbench.web.access import person, person_or_none, requires
from workbench.web.account_page import account_page
from workbench.web.again import asks_again, asks_every_time
from workbench.web.harms import harm_titles
from workbench.web.language import COOKIE, said
from workbench.web.local_path import local_path
from workbench.web.own_password import check_own_password
from workbench.web.request import Page, config, now, session

bp = Blueprint("account", __name__)


@bp.post("/language")
def language() -> ResponseReturnValue:
    """Switch the interface: kept in the account, and in a cookie for the log-in page."""
    locale = request.form.get("locale", "")
    if locale not in accounts.LOCALES:
        raise Invalid.at("locale", "The interface is in es or en.")
    someone = person_or_none()
    if someone is not None:
        writing = session()
        accounts.set_preferences(writing, writing.get_one(User, someone.id), locale=locale)
    response = redirect(local_path(request.form.get("next")), 303)
    response.set_cookie(
        COOKIE,
        locale,
        max_age=timedelta(days=365),
        secure=config().https,
        httponly=True,
        samesite="Lax",
    )
    return response


@bp.get("/account")
@requires(Permission.OWN_ACCOUNT)
def show() -> Page:
    """The account page."""
    return account_page(session(), done=request.args.get("saved", ""))


@bp.post("/account/care")
@requires(Permission.OWN_ACCOUNT)
def set_care() -> ResponseReturnValue | Page:
    """Change what one does not want to be given, and when to be reminded of a break."""
    try:
        care.set_care(
            session(),
            person().id,
            declined=request.form.getlist("declined"),
            known=harm_titles().keys(),
            break_minutes=_minutes(request.form.get("break_minutes", "")),
            now=now(),
        )
    except Invalid as error:
        errors = {name: said(why) for name, why in error.errors.items()}
        return account_page(session(), errors, status=422)
    return redirect(url_for("account.show", saved="care", _anchor="care"), 303)


def _minutes(text: str) -> int:
    """The number that was sent; one that is no choice where it is no number."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 4 else -1


@bp.post("/account/password")
@requires(Permission.OWN_ACCOUNT)
@asks_every_time
def password() -> ResponseReturnValue | Page:
    """Change the password: asks for the present one, and ends all sessions."""
    try:
        hashed = _new_password()
    except Invalid as error:
        errors = {name: said(why) for name, why in error.errors.items()}
        return account_page(session(), errors, status=422)
    writing = session()
    user = writing.get_one(User, person().id)
    accounts.set_password(writing, user, hashed, now(), actor=user.id)
    return redirect(url_for("auth.login"), 303)


def _new_password() -> str:
    """The new password's hash. Raises Invalid by field."""
    check_own_password(request.form.get("present", ""))
    new = request.form.get("password", "")
    if new != request.form.get("again", ""):
        raise Invalid.at("again", "The two passwords are not the same.")
    return login.hash_password(new, person().name)


@bp.post("/account/sessions/<int:session_id>/end")
@requires(Permission.OWN_ACCOUNT)
@asks_again
def end_session(session_id: int) -> ResponseReturnValue:
    """Log out one of one's own sessions."""
    if not login.end_session(session(), session_id, person().id, now()):
        raise NotFound("This session has ended already, or is not yours.")
    return redirect(url_for("account.show"), 303)


@bp.post("/account/sessions/end-others")
@requires(Permission.OWN_ACCOUNT)
@asks_again
def end_others() -> ResponseReturnValue:
    """Log out all of one's own sessions but this one."""
    login.end_others(session(), person().session_id, person().id, now())
    return redirect(url_for("account.show", saved="others"), 303)
