"""Parameters in an address or a body, checked by their model, told of in the reader's words."""

from __future__ import annotations

from typing import Any, TypeVar

import orjson
from flask import Request, abort
from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails
from werkzeug.datastructures import MultiDict

from workbench.messages import N_, Invalid, Message

Model = TypeVar("Model", bound=BaseModel)

#: Bytes of a body that is one object.
MOST = 64 * 1024

_TWICE = N_("is given twice")
_NO_OBJECT = N_("must be one JSON object")
_OTHER = N_("is not what this parameter takes")
_SAYS: dict[str, Message] = {
    "extra_forbidden": N_("is no parameter here"),
    "int_parsing": N_("must be a whole number"),
    "bool_parsing": N_("must be true or false"),
    "literal_error": N_("must be one of %(expected)s"),
    "greater_than_equal": N_("must be %(ge)s or more"),
    "less_than_equal": N_("must be %(le)s or less"),
    "string_too_long": N_("is longer than %(max_length)s characters"),
    "string_too_short": N_("is empty"),
    "missing": N_("is missing"),
    "string_type": N_("must be text"),
}


def parse(model: type[Model], given: MultiDict[str, str]) -> Model:
    """The parameters as their model. Raises Invalid by name."""
    twice = {name: _TWICE for name, values in given.lists() if len(values) > 1}
    if twice:
        raise Invalid(twice)
    return _checked(model, given.to_dict())


def parse_body(model: type[Model], request: Request) -> Model:
    """A body of one JSON object as its model. Raises Invalid by name; 415 where it is no JSON."""
    if request.mimetype != "application/json":
        abort(415)
    raw = request.stream.read(MOST + 1)
    if len(raw) > MOST:
        abort(413)
    try:
        given = orjson.loads(raw)
    except orjson.JSONDecodeError:
        raise Invalid({"body": _NO_OBJECT}) from None
    if not isinstance(given, dict):
        raise Invalid({"body": _NO_OBJECT})
    return _checked(model, given)


def _checked(model: type[Model], given: dict[str, Any]) -> Model:
    try:
        return model.model_validate(given)
    except ValidationError as error:
        found = error.errors(include_url=False, include_input=False)
        raise Invalid({_name(each): _why(each) for each in found}) from None


def _name(error: ErrorDetails) -> str:
    return str(error["loc"][0])


def _why(error: ErrorDetails) -> Message:
    known = _SAYS.get(error["type"])
    if known is None:
        return _OTHER
    values: dict[str, Any] = error.get("ctx", {})
    return Message(known.text, {k: v for k, v in values.items() if f"%({k})s" in known.text})
