"""What went wrong, told to programs: RFC 9457."""

from __future__ import annotations

from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import orjson
from flask import Response, request

from workbench.intake.problems import Report
from workbench.messages import N_, Invalid, Message
from workbench.telemetry import lines
from workbench.web.language import said

MEDIA_TYPE = "application/problem+json"

#: Status to the last part of its `type`, which is an anchor of the page /api, and its title.
KINDS: dict[int, tuple[str, Message]] = {
    400: ("bad-request", N_("The request cannot be read")),
    401: ("no-token", N_("No token, or none that is good")),
    403: ("not-allowed", N_("The token or its owner may not do this")),
    404: ("not-found", N_("There is no such thing for this token")),
    405: ("wrong-method", N_("Another method is wanted here")),
    406: ("no-such-form", N_("There is no answer in that form")),
    409: ("conflict", N_("It does not fit what is stored")),
    411: ("no-length", N_("The body has no length")),
    413: ("too-large", N_("The body is too large")),
    415: ("wrong-body", N_("A body of another kind is wanted here")),
    416: ("no-such-range", N_("The file has no such range")),
    422: ("invalid", N_("Something that was sent is wrong")),
    429: ("too-many-tries", N_("Too many tokens that are none")),
    500: ("fault", N_("A fault of this server")),
    503: ("busy", N_("The server is busy")),
    507: ("full", N_("The server's disk is full")),
}


@dataclass(frozen=True)
class Wrong:
    """What is wrong, one by one, and how many more there are than are told."""

    errors: list[dict[str, Any]]
    left_off: int = 0


def of_fields(error: Invalid) -> Wrong:
    """What is wrong with parameters."""
    errors = error.errors.items()
    return Wrong([{"line": None, "field": name, "message": said(why)} for name, why in errors])


def of_lines(report: Report) -> Wrong:
    """What is wrong with the lines of a body."""
    errors = [
        {"line": each.line, "field": each.field, "message": said(each.why)}
        for each in report.problems
    ]
    return Wrong(errors, report.count - len(errors))


def problem(
    status: int, detail: str, headers: dict[str, str] | None = None, wrong: Wrong | None = None
) -> Response:
    """The answer that says so, in the language that was asked for."""
    name, title = KINDS.get(status, ("", N_(HTTPStatus(status).phrase)))
    told: dict[str, Any] = {
        "type": f"/api#{name}" if name else "about:blank",
        "title": said(title),
        "status": status,
        "detail": detail,
        "instance": request.path,
        "request_id": lines.request_id.get(),
    }
    if wrong is not None:
        told |= {"errors": wrong.errors, "errors_left_off": wrong.left_off}
    return Response(orjson.dumps(told), status, headers, mimetype=MEDIA_TYPE)
