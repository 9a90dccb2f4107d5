"""Who is logged in is asked again before something is done that outlasts the log-in.

Nobody is asked twice within ten minutes. What was being sent is not lost: the page that asks holds
it, and sends it on with the answer.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import request
from flask.typing import ResponseReturnValue

from workbench.messages import Invalid
from workbench.queries.second_factor import factors_of
from workbench.services import login
from workbench.web.access import person
from workbench.web.language import said
from workbench.web.own_password import check_own_password
from workbench.web.passkeys import shown_again, site
from workbench.web.request import Page, database, now

View = TypeVar("View", bound=Callable[..., Any])

#: Fields of the page that asks; they are not part of what is sent on.
_OWN = {"csrf_token", "present", "present_passkey"}


def asks_again(view: View) -> View:
    """For a view that changes what lets people or programs in. Below `requires`."""

    @wraps(view)
    def asked(**kwargs: Any) -> Any:
        try:
            by = _shown()
        except Invalid as error:
            return _page(said(error.errors["present"]), 422)
        if by:
            with database().write() as writing:
                login.note_asked(writing, person().session_id, person().id, by, now())
        elif not _is_fresh():
            return _page("", 403)
        return view(**kwargs)

    asked.asks_again = True  # type: ignore[attr-defined]
    return cast(View, asked)


def asks_every_time(view: View) -> View:
    """For a view whose own form asks for the password, however fresh the log-in is."""
    view.asks_again = True  # type: ignore[attr-defined]
    return view


def _is_fresh() -> bool:
    at = person().asked_at
    return at is not None and now() - at < login.ASKED_FOR


def _shown() -> str:
    """What was shown: "password", "app", "passkey"; "" for nothing. Raises Invalid at "present"."""
    answer, given = request.form.get("present_passkey", ""), request.form.get("present", "")
    if answer:
        if not shown_again(answer):
            raise Invalid.at("present", "The device did not confirm it. Try again.")
        return "passkey"
    if not given:
        return ""
    return "app" if check_own_password(given, or_code=True) else "password"


def _page(error: str, status: int) -> ResponseReturnValue | Page:
    with database().read() as reading:
        factors = factors_of(reading, person().id)
    context = {
        "error": error,
        "sent": [pair for pair in request.form.items(multi=True) if pair[0] not in _OWN],
        "app": factors.app_since is not None,
        "passkey": site() is not None and bool(factors.passkeys),
    }
    return Page("account/again.html", context, None, status)
