"""Closed until opened: who is asking, and whether they may."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from functools import wraps
from typing import Any, TypeVar, cast
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, redirect, request, url_for
from flask import session as cookie
from flask.typing import ResponseReturnValue
from flask_login import UserMixin, current_user
from sqlalchemy.orm import Session

from workbench.config import MIB
from workbench.errors import Forbidden, NotFound
from workbench.extensions import login_manager
from workbench.models import Membership, Project
from workbench.permissions import Permission, Who, allowed
from workbench.queries.people import Person, logged_in, membership
from workbench.queries.second_factor import is_any_of
from workbench.services import login
from workbench.services.projects import SLUG
from workbench.web import bearer
from workbench.web.request import (
    asking,
    config,
    database,
    is_api,
    is_htmx,
    know_who_asks,
    now,
)

View = TypeVar("View", bound=Callable[..., Any])

#: Endpoints that a person who is not logged in may reach.
OPEN = frozenset(
    {
        "static",
        "health",
        "probes.live",
        "probes.ready",
        # Its token is asked for there.
        "probes.metrics",
        "auth.login",
        "auth.welcome",
        "auth.session_state",
        "second_step.show",
        "second_step.send",
        "second_step.options",
        "passkeys.options",
        "passkeys.log_in",
        "provider.begin",
        "provider.back",
        "provider.finish",
        "account.language",
        "own_mail.stop_page",
        "own_mail.stop",
        # What there is to ask for; none of what is answered.
        "api.openapi",
    }
)

#: Where who asks is of no matter, and nobody finds out.
_ANYBODY = frozenset({"static", "health", "probes.live", "probes.ready", "probes.metrics"})

#: What is open to who must have a second factor and has none, beside their way out.
SETS_UP = frozenset(
    {
        "second_factor.show",
        "second_factor.begin_app",
        "second_factor.app",
        "second_factor.confirm_app",
        "second_factor.passkey_options",
        "second_factor.add_passkey",
        "auth.logout",
    }
)

#: What a person reaches who has not agreed to the terms in force.
BEFORE_TERMS = OPEN | {"terms.show", "terms.agree", "auth.logout"}


class Visitor(UserMixin):  # type: ignore[misc]
    """flask-login's view of a logged-in person; its id is the session's token."""

    def __init__(self, person: Person, token: str) -> None:
        self.person = person
        self.token = token

    def get_id(self) -> str:
        return self.token


@dataclass(frozen=True)
class Place:
    """A project and the asking person's place on it."""

    project: Project
    member: Membership


def install(app: Flask) -> None:
    """Set up log-in and the closed door."""
    login_manager.init_app(app)
    login_manager.session_protection = None
    login_manager.user_loader(_load)
    app.before_request(_closed_until_opened)


def _load(token: str) -> Visitor | None:
    if is_api():  # which no cookie opens
        return None
    if g.setdefault("asked_who", False):  # the database did not say: its error page is nobody's
        return None
    g.asked_who = True
    idle = timedelta(minutes=config().session_idle_minutes)
    person = logged_in(asking(), login.token_hash(token), now(), idle)
    g.asked_who = False
    if person is None:
        return None
    if now() - person.last_seen_at > login.TOUCH_EVERY:
        with database().write() as writing:
            login.touch(writing, person.session_id, now())
    return Visitor(person, token)


def person() -> Person:
    """Who is asking. Only where a log-in is required."""
    found = g.get("person")
    if found is None:
        found = g.person = current_user.person
    return cast(Person, found)


def person_or_none() -> Person | None:
    """Who is asking, None before the log-in."""
    return person() if current_user.is_authenticated else None


def known_id() -> int | None:
    """The id of who is asking, where that was found out: nothing is asked for it."""
    if "bearer" in g:
        return bearer.who().user_id
    return person().id if "person" in g else None


def _closed_until_opened() -> ResponseReturnValue | None:
    if request.endpoint is None or request.endpoint in _ANYBODY:
        return None
    if is_api():
        if request.endpoint not in OPEN:
            bearer.let_in()
            _make_room_for_files()
        return None
    # Here, before anything is locked: noting that a session is in use writes.
    if current_user.is_authenticated:
        if person().unagreed is not None:
            if request.endpoint not in BEFORE_TERMS:
                where = url_for("terms.show", next=_return_path())
                return _to(where, 403, "Agree to the terms first.\n")
        elif _lacks_second_factor() and request.endpoint not in SETS_UP | OPEN:
            return _to(url_for("second_factor.show"), 403, "Set up a second factor first.\n")
        _make_room_for_files()
        return None
    return None if request.endpoint in OPEN else _to_log_in()


def _to_log_in() -> ResponseReturnValue:
    """Where to log in, as a page, a fragment and a script want to hear it."""
    expired = "_user_id" in cookie
    where = url_for("auth.login", next=_return_path(), expired=1 if expired else None)
    if request.headers.get("In-Place"):
        # The page asks for the password itself, and goes on where it was.
        return Response(status=401)
    return _to(where, 401, "Log in first.\n")


def _to(where: str, status: int, text: str) -> ResponseReturnValue:
    """There, as a page, a fragment and a program want to hear it."""
    if is_htmx():
        return Response(status=status, headers={"HX-Redirect": where})
    if request.method == "GET" and request.accept_mimetypes.accept_html:
        return redirect(where, 303)
    return Response(text, status=status, mimetype="text/plain")


def _lacks_second_factor() -> bool:
    if person().second_factor or not config().second_factor_roles:
        return False
    return must_have_second_factor(asking())


def must_have_second_factor(session: Session) -> bool:
    """Whether a role of theirs, in the installation or on a project, asks for one."""
    roles = config().second_factor_roles
    return bool(roles) and is_any_of(session, person().id, roles)


def takes_no_file(view: View) -> View:
    """For a view that goes on with a file that is here: its form is as small as others."""
    view.takes_no_file = True  # type: ignore[attr-defined]
    return view


def _make_room_for_files() -> None:
    """A large body is taken only where files are brought in, from who was let in."""
    view = current_app.view_functions[request.endpoint or ""]
    brings_in = getattr(view, "permission", None) is Permission.IMPORT
    if brings_in and not getattr(view, "takes_no_file", False):
        request.max_content_length = config().upload_mib * MIB


def _return_path() -> str | None:
    """The page to come back to: the one asked for, or the one that htmx asks from."""
    if is_htmx():
        page = urlsplit(request.headers.get("HX-Current-URL", ""))
        return page._replace(scheme="", netloc="", fragment="").geturl() or None
    return request.full_path.rstrip("?") if request.method == "GET" else None


def requires(permission: Permission) -> Callable[[View], View]:
    """Let in who may.

    A view with `slug` in its URL gets the `Place` instead: 404 for a project the person is not on,
    403 for what their role there does not allow.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def checked(**kwargs: Any) -> Any:
            who = Who(role=person().role)
            if "slug" in kwargs:
                place = place_of(kwargs.pop("slug"), person().id)
                who = Who(role=person().role, on_project=place.member.role)
                g.place = kwargs["place"] = place
            if not allowed(permission, who):
                raise Forbidden("Your role does not include this page.")
            know_who_asks()
            return view(**kwargs)

        checked.permission = permission  # type: ignore[attr-defined]
        return cast(View, checked)

    return decorate


def place_of(slug: str, user_id: int) -> Place:
    """The project of that name and that person's place on it. Raises NotFound."""
    found = None
    if SLUG.fullmatch(slug):
        found = membership(asking(), slug, user_id)
    if found is None:
        raise NotFound("There is no such page, or it is not open to you.")
    return Place(*found)


def check_every_route(app: Flask) -> None:
    """Refuse to start when a route says neither that it is open nor what it requires."""
    for rule in app.url_map.iter_rules():
        view = app.view_functions[rule.endpoint]
        if rule.endpoint not in OPEN and not hasattr(view, "permission"):
            raise RuntimeError(f"the route {rule.rule} requires no permission")
