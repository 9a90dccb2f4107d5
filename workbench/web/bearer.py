"""Programs are let in by a token in the header, and by nothing else: no cookie, no address."""

from __future__ import annotations

import re
from typing import cast

from flask import g, request, url_for

from workbench.errors import Refused
from workbench.messages import N_
from workbench.models import Scope
from workbench.queries.api_tokens import Bearer, bearer
from workbench.services import api_tokens, login
from workbench.web.request import config, database, now

_HEADER = re.compile(r"bearer +(\S+) *", re.IGNORECASE)
_SHOW = N_("Show a token: Authorization: Bearer wbk_...")
_UNKNOWN = N_("This token is not known here, or is good no more.")
_LACKS = N_("This token lacks the scope %(scope)s.")
_TERMS = N_("The owner of this token has to agree to the terms first, on this page: %(page)s")
_WAIT = N_("Too many tries. Wait %(seconds)s seconds.")
_REALM = 'Bearer realm="workbench"'


class NotLetIn(Refused):
    """A program that showed no good token, or one that is not for this. RFC 6750, section 3."""

    status = 401

    @property
    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": _REALM}


class BadToken(NotLetIn):
    """A token that is none, or is good no more."""

    @property
    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": f'{_REALM}, error="invalid_token"'}


class TooManyTries(NotLetIn):
    """So many bad tokens from one address that it has to wait."""

    status = 429

    def __init__(self, seconds: int) -> None:
        super().__init__(_WAIT.text, seconds=seconds)
        self._seconds = seconds

    @property
    def headers(self) -> dict[str, str]:
        return {"Retry-After": str(self._seconds)}


class MissingScope(NotLetIn):
    """The token is good, and for something else."""

    status = 403

    def __init__(self, scope: Scope) -> None:
        super().__init__(_LACKS.text, scope=scope)
        self._scope = scope

    @property
    def headers(self) -> dict[str, str]:
        return {"WWW-Authenticate": f'{_REALM}, error="insufficient_scope", scope="{self._scope}"'}


class TermsFirst(NotLetIn):
    """The token is good, and its owner has not agreed to the terms in force: what a person may not
    do in the browser, their programs may not do for them."""

    status = 403

    def __init__(self) -> None:
        site = config().site_address or request.host_url.rstrip("/")
        super().__init__(_TERMS.text, page=site + url_for("terms.show"))

    @property
    def headers(self) -> dict[str, str]:
        return {}


def let_in() -> None:
    """Find out whose token this request shows. Raises NotLetIn.

    Bad ones are counted by address. One that is good passes whatever was counted: nobody guesses
    256 bits, and an office's other programs must not wait for the one with an old token.
    """
    shown = request.headers.get("Authorization", "")
    if not shown:
        raise NotLetIn(_SHOW.text)
    found = _HEADER.fullmatch(shown)
    known = _known(found[1]) if found and api_tokens.TOKEN.fullmatch(found[1]) else None
    if known is None:
        _count_failure()
        raise BadToken(_UNKNOWN.text)
    if known.last_used_at is None or now() - known.last_used_at > api_tokens.TOUCH_EVERY:
        with database().write() as writing:
            api_tokens.touch(writing, known.token_id, now())
    g.bearer = known
    if known.unagreed is not None:
        raise TermsFirst


def _known(token: str) -> Bearer | None:
    with database().read() as reading:
        return bearer(reading, api_tokens.token_hash(token), now())


def _count_failure() -> None:
    keys = (login.token_throttle_key(request.remote_addr or ""),)
    with database().read() as reading:
        wait = login.seconds_to_wait(reading, keys, now())
    if wait:
        raise TooManyTries(wait)
    with database().write() as writing:
        login.note_failure(writing, keys, now())


def who() -> Bearer:
    """Whose token the request shows. Only behind `let_in`."""
    return cast(Bearer, g.bearer)
