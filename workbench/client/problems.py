"""What may go wrong, an exception for each kind."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

#: Lines of a message that name what is wrong.
_SHOWN = 10


class WorkbenchError(Exception):
    """Base of all that the client raises by itself."""


class Unreachable(WorkbenchError):
    """The server did not answer, however often it was asked."""


class NotYet(WorkbenchError, TimeoutError):
    """What was waited for has not come in time. `status` is where the project stands."""

    def __init__(self, text: str, status: Any) -> None:
        super().__init__(text)
        self.status = status


class Corrupt(WorkbenchError):
    """A file came out otherwise than the server says it is."""


class Missing(WorkbenchError, ImportError):
    """A package that this needs is not installed."""


@dataclass(frozen=True)
class LineError:
    """One thing that is wrong. `line` counts from 1 over all that was pushed."""

    line: int | None
    field: str
    message: str

    def __str__(self) -> str:
        where = self.field if self.line is None else f"line {self.line}, {self.field}"
        return f"{where}: {self.message}"


class Problem(WorkbenchError):
    """The server refused (RFC 9457). `errors` names lines and fields, the first hundred.

    `request_id` is what the server's log calls the request: give it to whoever runs the server."""

    def __init__(
        self,
        status: int,
        *,
        title: str,
        detail: str = "",
        kind: str = "",
        instance: str = "",
        errors: tuple[LineError, ...] = (),
        errors_left_off: int = 0,
        request_id: str = "",
    ) -> None:
        self.status, self.title, self.detail = status, title, detail
        self.type, self.instance = kind, instance
        self.errors, self.errors_left_off = errors, errors_left_off
        self.request_id = request_id
        super().__init__(self._message())

    def _message(self) -> str:
        lines = [f"{self.status} {self.title}" + (f": {self.detail}" if self.detail else "")]
        lines += [f"  {each}" for each in self.errors[:_SHOWN]]
        more = len(self.errors) - _SHOWN + self.errors_left_off
        lines += [f"  and {more} more"] if more > 0 else []
        return "\n".join([*lines, *([f"  request {self.request_id}"] if self.request_id else [])])

    def after(self, lines: int) -> Problem:
        """The same, where so many lines were sent before those that it counts."""
        moved = tuple(
            LineError(each.line if each.line is None else each.line + lines, each.field,
                      each.message)
            for each in self.errors
        )  # fmt: skip
        return type(self)(
            self.status,
            title=self.title,
            detail=self.detail,
            kind=self.type,
            instance=self.instance,
            errors=moved,
            errors_left_off=self.errors_left_off,
            request_id=self.request_id,
        )


class BadRequest(Problem):
    """400: the request cannot be read."""


class NoToken(Problem):
    """401: no token, or none that is good."""


class NotAllowed(Problem):
    """403: the token lacks the scope, or its owner the role, or has terms to agree to."""


class NotFound(Problem):
    """404: there is no such thing for this token."""


class Conflict(Problem):
    """409: it does not fit what is stored."""


class TooLarge(Problem):
    """413: more than the server takes at once. Push in smaller batches."""


class Invalid(Problem):
    """422: something that was sent is wrong; `errors` says what."""


class TooManyTries(Problem):
    """429: too many tokens that are none came from this address."""


class Fault(Problem):
    """500: a fault of the server's."""


class Busy(Problem):
    """503: the server is busy, and was so at every try."""


class Full(Problem):
    """507: the server's disk is full."""


_KINDS: dict[int, type[Problem]] = {
    400: BadRequest,
    401: NoToken,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    413: TooLarge,
    422: Invalid,
    429: TooManyTries,
    500: Fault,
    503: Busy,
    507: Full,
}


def problem_of(status: int, body: bytes) -> Problem:
    """The problem that an answer tells of, whatever a gate in front of the server made of it."""
    kind = _KINDS.get(status, Problem)
    try:
        told = json.loads(body)
        return kind(
            status,
            title=str(told["title"]),
            detail=str(told.get("detail", "")),
            kind=str(told.get("type", "")),
            instance=str(told.get("instance", "")),
            errors=line_errors(told.get("errors") or []),
            errors_left_off=int(told.get("errors_left_off") or 0),
            request_id=str(told.get("request_id") or ""),
        )
    except (ValueError, TypeError, KeyError, AttributeError):
        beginning = body[:200].decode("utf-8", "replace").strip()
        return kind(status, title="An answer that is not Workbench's", detail=beginning)


def line_errors(told: list[dict[str, Any]], after: int = 0) -> tuple[LineError, ...]:
    """What is wrong, where so many lines were sent before."""
    return tuple(
        LineError(
            None if each["line"] is None else each["line"] + after, each["field"], each["message"]
        )
        for each in told
    )
