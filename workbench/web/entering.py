"""From a log-in that is good to a browser that is in."""

from __future__ import annotations

from datetime import timedelta

from flask import request
from flask import session as cookie
from flask_login import current_user, login_user

from workbench.errors import Conflict
from workbench.models import User
from workbench.queries.people import logged_in
from workbench.services import login
from workbench.services.failed_logins import tell_failures
from workbench.web.access import Visitor, person
from workbench.web.request import config, now, session


def enter(user: User, *, by: str, second_by_provider: bool = False) -> None:
    """A new session for this person, with a token of its own. `by`: what they showed."""
    lifetime = timedelta(hours=config().session_hours)
    writing = session()
    login.forget_failures(writing, login.throttle_keys(user.name, "")[0])
    login.forget_failures(writing, login.second_throttle_key(user.id))
    tell_failures(writing, now(), user.id)
    agent = request.headers.get("User-Agent", "")
    token = login.open_session(
        writing, user, now(), lifetime, agent, by=by, second_by_provider=second_by_provider
    )
    writing.flush()
    someone = logged_in(writing, login.token_hash(token), now(), lifetime)
    if someone is None:
        raise Conflict("Your account was closed at this moment.")
    _carry(Visitor(someone, token))


def renew() -> None:
    """Another token for this session, and the end of the person's others: what they show at the
    log-in has changed."""
    writing, someone = session(), person()
    login.end_others(writing, someone.session_id, someone.id, now())
    _carry(Visitor(current_user.person, login.renew_session(writing, someone.session_id)))


def _carry(visitor: Visitor) -> None:
    # Nothing of before stays in the cookie.
    cookie.clear()
    login_user(visitor)
    cookie.permanent = True
