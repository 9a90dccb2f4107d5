"""What every operation of the API goes through: token, project, scope, role, parameters, answer."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from functools import wraps
from typing import Any

from flask import Blueprint, Response, abort, g, request
from pydantic import BaseModel

from workbench.errors import Forbidden
from workbench.extensions import csrf
from workbench.messages import Message
from workbench.models import Scope
from workbench.permissions import Permission, Who, allowed
from workbench.web import bearer
from workbench.web.access import place_of
from workbench.web.api.parameters import parse, parse_body
from workbench.web.request import know_who_asks

#: No cookie lets anybody in here, so no other site can have a browser send anything.
bp = Blueprint("api", __name__, url_prefix="/api/v1")
csrf.exempt(bp)

JSON, LINES = "application/json", "application/x-ndjson"

View = Callable[..., BaseModel | Response]


@dataclass(frozen=True)
class Operation:
    """What a view says of itself: it is checked by this, and described from it."""

    #: None: whatever the token is good for.
    scope: Scope | None
    permission: Permission
    title: Message
    about: Message
    #: What it answers: a model, or one of several; none where it answers files.
    answer: type[BaseModel] | tuple[type[BaseModel], ...] = ()
    query: type[BaseModel] | None = None
    #: One line of the body, where there is one.
    line: type[BaseModel] | None = None
    #: One line of the answer, where it is to be had as lines.
    answer_line: type[BaseModel] | None = None
    #: Examples of lines of the body, or of the one object that it is.
    examples: tuple[dict[str, Any], ...] = field(default=())
    #: The body, where it is one object.
    body: type[BaseModel] | None = None
    #: Whether it may make something, and then answers 201.
    makes: bool = False
    #: Kinds of files that it answers, in the place of a model.
    files: tuple[str, ...] = ()

    @property
    def media_types(self) -> list[str]:
        if self.files:
            return list(self.files)
        return [JSON, LINES] if self.answer_line else [JSON]


def operation(told: Operation) -> Callable[[View], Callable[..., Response]]:
    """Let in whom the token, the project and the owner's role there let in; then parse and answer.

    A view with `slug` in its URL gets the `Place` instead. One with a query gets it as its model,
    and so does one with a body that is one object.
    Whether it is all right to answer is known before anything else of the request is looked at.
    """

    def decorate(view: View) -> Callable[..., Response]:
        @wraps(view)
        def checked(**kwargs: Any) -> Response:
            _check_who(told, kwargs)
            g.media_type = _media_type(told.media_types)
            if told.query is not None:
                kwargs["query"] = parse(told.query, request.args)
            if told.body is not None:
                kwargs["body"] = parse_body(told.body, request)
            answer = view(**kwargs)
            return as_json(answer) if isinstance(answer, BaseModel) else answer

        checked.permission = told.permission  # type: ignore[attr-defined]
        checked.operation = told  # type: ignore[attr-defined]
        return checked

    return decorate


def _check_who(told: Operation, kwargs: dict[str, Any]) -> None:
    """Raises NotFound, MissingScope or Forbidden. The role is looked up at every request."""
    who = bearer.who()
    if "slug" not in kwargs:
        return
    place = place_of(kwargs.pop("slug"), who.user_id)
    if place.project.id != who.project_id:
        abort(404)
    if told.scope is not None and told.scope not in who.scopes:
        raise bearer.MissingScope(told.scope)
    if not allowed(told.permission, Who(who.role, place.member.role)):
        raise Forbidden("The role of this token's owner does not include this.")
    kwargs["place"] = place
    know_who_asks()


def _media_type(offered: list[str]) -> str:
    if not request.accept_mimetypes:
        return offered[0]
    return request.accept_mimetypes.best_match(offered) or abort(406)


def wants_lines() -> bool:
    """Whether the answer is asked for as lines."""
    return bool(g.media_type == LINES)


def as_json(answer: BaseModel, status: int = 200) -> Response:
    """The answer as its model writes it."""
    return Response(answer.model_dump_json(), status, mimetype=JSON)


def as_lines(lines: Iterable[BaseModel]) -> Response:
    """One JSON object a line."""
    text = "".join(line.model_dump_json() + "\n" for line in lines)
    return Response(text, mimetype=LINES)
