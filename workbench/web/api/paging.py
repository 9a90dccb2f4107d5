"""What is answered page by page: cursors, and where the next page is."""

from __future__ import annotations

from urllib.parse import urlencode

from flask import Response, current_app, request

from workbench.messages import Invalid


def key() -> str:
    """What cursors are signed with."""
    return str(current_app.config["SECRET_KEY"])


def no_cursor(field: str) -> Invalid:
    """What a cursor is that was not given out for this project, at the field that had it."""
    return Invalid.at(field, "is no cursor of this project")


def with_next(answer: Response, **asked: object) -> Response:
    """The answer, and in its head the address of the next page: the same one, asked so."""
    address = f"{request.path}?{urlencode(asked)}"
    answer.headers["Link"] = f'<{address}>; rel="next"'
    return answer
