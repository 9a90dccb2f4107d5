"""One answer for each way a request can fail: as a page, a fragment or plain text."""

from __future__ import annotations

import logging
from typing import Any

from flask import Flask, Response, g, request
from flask_babel import gettext as _
from sqlalchemy.exc import DataError, IntegrityError, OperationalError
from werkzeug.exceptions import (
    HTTPException,
    MethodNotAllowed,
    RequestedRangeNotSatisfiable,
    SecurityError,
)

from workbench.db import disk_is_full
from workbench.errors import Conflict, Forbidden, NotFound, Refused
from workbench.messages import Invalid
from workbench.services.spool import Rejected
from workbench.telemetry import lines
from workbench.web import bearer, problems
from workbench.web.language import said
from workbench.web.request import Page, is_api, is_htmx, roll_back

log = logging.getLogger("workbench")


def install(app: Flask) -> None:
    """Register the handlers."""
    app.register_error_handler(Invalid, _invalid)
    app.register_error_handler(Rejected, _rejected)
    app.register_error_handler(bearer.NotLetIn, _not_let_in)
    app.register_error_handler(Conflict, lambda error: _refused(error, 409))
    app.register_error_handler(Forbidden, lambda error: _refused(error, 403))
    app.register_error_handler(NotFound, lambda error: _refused(error, 404))
    app.register_error_handler(IntegrityError, _integrity)
    app.register_error_handler(DataError, _data)
    app.register_error_handler(OperationalError, _operational)
    app.register_error_handler(OSError, _system)
    app.register_error_handler(HTTPException, _http)
    app.register_error_handler(Exception, _unexpected)


def answer(
    status: int,
    text: str,
    headers: dict[str, str] | None = None,
    wrong: problems.Wrong | None = None,
) -> Response:
    """The sentence, in the shape that was asked for; to programs also what is wrong, one by one."""
    roll_back()
    # Nothing is asked of a database for the page that tells of its failure.
    g.failed = True
    if is_api():
        return problems.problem(status, text, headers, wrong)
    if _wants_text():
        return Response(text + "\n", status, headers, mimetype="text/plain")
    page = Page("error.html", {"status": status, "text": text}, "notice", status, headers or {})
    if is_htmx():
        page.headers["HX-Retarget"] = "#notice"
        page.headers["HX-Reswap"] = "innerHTML"
    return page.fill()


def _wants_text() -> bool:
    """No page for programs, nor under a name that is not this server's: it would have no links."""
    if isinstance(request.routing_exception, SecurityError):
        return True
    return not is_htmx() and not request.accept_mimetypes.accept_html


def _or_stored(text: str) -> str:
    """`text`, which says that nothing was stored, unless the failure came after that."""
    if not g.get("stored"):
        return text
    return str(_("What you sent is stored, but what follows failed. Load the page again."))


def _invalid(error: Invalid) -> Response:
    text = " ".join(said(why) for why in error.errors.values())
    return answer(422, text, wrong=problems.of_fields(error))


def _rejected(error: Rejected) -> Response:
    text = _(
        "Nothing was stored. Correct what is wrong with these lines, and send all of it again."
    )
    return answer(422, text, wrong=problems.of_lines(error.report))


def _not_let_in(error: bearer.NotLetIn) -> Response:
    return answer(error.status, said(error.message), error.headers)


def _refused(error: Refused, status: int) -> Response:
    return answer(status, said(error.message))


def _integrity(error: IntegrityError) -> Response:
    log.warning("constraint: %s", error.orig.__class__.__name__)
    text = _("Someone changed this at the same moment. Nothing was stored: try again.")
    return answer(409, _or_stored(text))


def _system(error: OSError) -> Response:
    if disk_is_full(error):
        return _full()
    return _unexpected(error)


def _full() -> Response:
    log.error("the disk is full")
    full = _("The server's disk is full. Nothing was stored; tell an admin.")
    return answer(507, _or_stored(full))


def _data(error: DataError) -> Response:
    """PostgreSQL cannot keep a value, such as a NUL in a JSON text, which SQLite would."""
    log.warning("the database refused a value: %s", error.orig.__class__.__name__)
    return answer(422, _("Something that was sent cannot be stored. Nothing was stored."))


def _operational(error: OperationalError) -> Response:
    """The database is busy or full: nothing was stored, and the same request may be sent again."""
    if disk_is_full(error):
        return _full()
    log.error("the database did not answer: %s", error.orig.__class__.__name__)
    busy = _("The server is busy. Nothing was stored: try again in a moment.")
    return answer(503, _or_stored(busy), {"Retry-After": "2"})


def _http(error: HTTPException) -> Any:
    if error.code is None or error.code < 400:
        return error
    if isinstance(error, SecurityError):
        return answer(400, _("This server does not answer to that name."))
    headers = None
    if isinstance(error, MethodNotAllowed):
        headers = {"Allow": ", ".join(error.valid_methods or ())}
    if isinstance(error, RequestedRangeNotSatisfiable):
        headers = {"Content-Range": f"{error.units} */{error.length}"}
    return answer(error.code, _http_text(error.code), headers)


def _http_text(code: int) -> str:
    if code == 400 and is_api():
        return str(_("The request is cut short, or is no request."))
    texts = {
        400: _("The form had run out. Load the page again and repeat it."),
        403: _("This request came from elsewhere and was not carried out."),
        404: _("There is no such page, or it is not open to you."),
        405: _("This address does not take that kind of request."),
        406: _("What is asked for here is not to be had in that form."),
        411: _("Say how long the body is, in Content-Length."),
        413: _("That is larger than this server takes."),
        415: _("This address does not take a body of that kind."),
        416: _("The file is not as long as what was asked for."),
    }
    return str(texts.get(code) or _("The request could not be carried out."))


def _place() -> str:
    """The path, for the log; of one that opens something by itself only its rule."""
    rule = request.url_rule
    return rule.rule if rule and "token" in rule.arguments else request.path


def _number() -> str:
    """By which an admin finds it in the log. Programs are told it in a field of its own."""
    if is_api():
        return ""
    return " " + str(_("Tell an admin this number: %(number)s", number=lines.request_id.get()))


def _unexpected(error: Exception) -> Response:
    log.error("unexpected: %s %r", request.method, _place(), exc_info=error)
    text = _("Something went wrong here. Nothing was stored; the fault was noted.")
    return answer(500, f"{_or_stored(text)}{_number()}")
