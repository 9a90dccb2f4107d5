"""The OpenAPI 3.1 document, made from what the operations say of themselves."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from flask import Flask
from pydantic import BaseModel
from pydantic.json_schema import models_json_schema
from werkzeug.routing import Rule

import workbench
from workbench.messages import N_, Message
from workbench.services.make_export import NAME
from workbench.services.projects import SLUG
from workbench.web.api.operation import JSON, LINES, Operation
from workbench.web.api.shapes import ProblemOut
from workbench.web.language import said
from workbench.web.problems import KINDS, MEDIA_TYPE
from workbench.web.request import LARGEST_ID

_ABOUT = N_(
    "For scripts, notebooks and pipelines: items in, judgments out, and where a project stands. A "
    "program is let in by a token in the header Authorization: Bearer. A token is one person's for "
    "one project, and does no more than their role there allows."
)
_PROJECT = N_("The project's name in addresses.")
_SNAPSHOT = N_("The snapshot's name.")
_FILE = N_("The file's name, as the snapshot has it.")
_SOURCE = N_("The import's number, as its answer has it in source.")
_RANGE = N_("Bytes to be sent, instead of all: bytes=1000-")
_LENGTH = N_("Wait so many seconds.")
_NEXT = N_("The next page, while there is more now.")

Json = dict[str, Any]

#: What may go wrong with any operation, and with those that take a body.
_ANY = (400, 401, 403, 404, 406, 422, 429, 500, 503)
_WITH_BODY = (409, 411, 413, 415, 507)
_OF_FILES = (416,)
_EVERY = (*_ANY, *_WITH_BODY, *_OF_FILES)

#: What a part of an address may be, and what it means.
_PARTS: dict[str, tuple[Message, Json]] = {
    "slug": (_PROJECT, {"type": "string", "pattern": f"^{SLUG.pattern}$", "maxLength": 60}),
    "name": (_SNAPSHOT, {"type": "string", "pattern": f"^{NAME.pattern}$", "maxLength": 60}),
    "source": (_SOURCE, {"type": "integer", "minimum": 1, "maximum": LARGEST_ID}),
    "file": (_FILE, {"type": "string", "pattern": r"^[A-Za-z0-9_-][A-Za-z0-9._-]*$"}),
}


def operations(app: Flask) -> Iterator[tuple[str, str, Rule, Operation]]:
    """(path in braces, method in small letters, rule, what it says of itself), in order."""
    for rule in sorted(app.url_map.iter_rules(), key=lambda rule: rule.rule):
        told = getattr(app.view_functions[rule.endpoint], "operation", None)
        if told is None:
            continue
        path = re.sub(r"<(?:\w+:)?(\w+)>", r"{\1}", rule.rule)
        for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
            yield path, method.lower(), rule, told


def document(app: Flask) -> Json:
    """The document, with its sentences in the reader's language."""
    found = list(operations(app))
    paths: dict[str, Json] = {}
    for path, method, rule, told in found:
        paths.setdefault(path, {})[method] = _operation(rule, told)
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Workbench",
            "version": workbench.__version__,
            "description": said(_ABOUT),
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": _schemas([told for *_, told in found]),
            "responses": {_name(status): _problem(status) for status in _EVERY},
            "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
        },
    }


def _operation(rule: Rule, told: Operation) -> Json:
    sends = told.line or told.body
    statuses = (*_ANY, *(_WITH_BODY if sends else ()), *(_OF_FILES if told.files else ()))
    scope = [str(told.scope)] if told.scope else []
    made: Json = {
        "operationId": rule.endpoint.rpartition(".")[2],
        "summary": said(told.title),
        "description": said(told.about),
        "parameters": [
            *_path_parameters(rule),
            *_query_parameters(told.query),
            *_header_parameters(told),
        ],
        "security": [{"token": scope}],
        "responses": {
            **_answers(told),
            **{str(s): {"$ref": f"#/components/responses/{_name(s)}"} for s in sorted(statuses)},
        },
    }
    if told.line is not None:
        made["requestBody"] = _body(told.line, told.examples)
    if told.body is not None:
        [example] = told.examples
        body = {"schema": {"$ref": _ref(told.body)}, "examples": {"one": {"value": example}}}
        made["requestBody"] = {"required": True, "content": {JSON: body}}
    return made


def _path_parameters(rule: Rule) -> list[Json]:
    return [
        {"name": name, "in": "path", "required": True, "description": said(_PARTS[name][0]),
         "schema": _PARTS[name][1]}
        for name in _PARTS if name in rule.arguments
    ]  # fmt: skip


def _header_parameters(told: Operation) -> list[Json]:
    if not told.files:
        return []
    schema = {"type": "string", "pattern": "^bytes=[0-9]{1,12}-([0-9]{1,12})?$"}
    return [{"name": "Range", "in": "header", "required": False, "description": said(_RANGE),
             "schema": schema}]  # fmt: skip


def _query_parameters(model: type[BaseModel] | None) -> list[Json]:
    if model is None:
        return []
    schema = _said(model.model_json_schema())
    return [
        {
            "name": name,
            "in": "query",
            "required": False,
            "description": each.pop("description", ""),
            "schema": _no_null(each),
        }
        for name, each in schema["properties"].items()
    ]


def _no_null(schema: Json) -> Json:
    """An address holds no null: what is not given is not there."""
    kinds = [each for each in schema.pop("anyOf", []) if each != {"type": "null"}]
    for kind in kinds:
        schema |= kind
    return {name: value for name, value in schema.items() if value is not None}


def _body(line: type[BaseModel], examples: tuple[Json, ...]) -> Json:
    one = {"$ref": _ref(line)}
    either = {"anyOf": [{"type": "array", "items": one}, one]}
    return {
        "required": True,
        "content": {
            JSON: {"schema": either, "examples": {"one": {"value": list(examples)}}},
            # A line at a time: OpenAPI 3.1 has no schema of a sequence (3.2 will).
            LINES: {"schema": one},
        },
    }


def _answers(told: Operation) -> Json:
    """What it answers where all goes well, by status."""
    if told.files:
        whole: Json = {"description": "OK", "content": {kind: {} for kind in told.files}}
        return {"200": whole, "206": {**whole, "description": "Partial Content"}}
    made = {"200": _answer(told)}
    if told.makes:
        made["201"] = {**made["200"], "description": "Created"}
    return made


def _answer(told: Operation) -> Json:
    models = told.answer if isinstance(told.answer, tuple) else (told.answer,)
    refs = [{"$ref": _ref(model)} for model in models]
    schema = refs[0] if len(refs) == 1 else {"anyOf": refs}
    answer: Json = {"description": "OK", "content": {JSON: {"schema": schema}}}
    if told.answer_line is not None:
        answer["content"][LINES] = {"schema": {"$ref": _ref(told.answer_line)}}
        link = {"description": said(_NEXT), "schema": {"type": "string"}}
        answer["headers"] = {"Link": link}
    return answer


def _problem(status: int) -> Json:
    answer: Json = {
        "description": said(KINDS[status][1]),
        "content": {MEDIA_TYPE: {"schema": {"$ref": _ref(ProblemOut)}}},
    }
    if status == 429:
        wait = {"description": said(_LENGTH), "schema": {"type": "string"}}
        answer["headers"] = {"Retry-After": wait}
    return answer


def _name(status: int) -> str:
    return KINDS[status][0]


def _ref(model: type[BaseModel]) -> str:
    return f"#/components/schemas/{model.__name__}"


def _schemas(found: list[Operation]) -> Json:
    """The schemas of all that is sent and answered."""
    sent: list[type[BaseModel]] = [one for told in found if (one := told.line or told.body)]
    answered: list[type[BaseModel]] = [ProblemOut]
    for told in found:
        answered += told.answer if isinstance(told.answer, tuple) else (told.answer,)
        answered += [told.answer_line] if told.answer_line else []
    wanted = [(model, "validation") for model in dict.fromkeys(sent)]
    wanted += [(model, "serialization") for model in dict.fromkeys(answered)]
    _, made = models_json_schema(wanted, ref_template="#/components/schemas/{model}")  # type: ignore[arg-type]
    schemas: Json = _said(made)["$defs"]
    for schema in schemas.values():
        # What a class says of itself is for who reads the code.
        schema.pop("description", None)
    return schemas


def _said(schema: Any) -> Any:
    """The schema in the reader's language, without the titles that pydantic makes of names."""
    if isinstance(schema, list):
        return [_said(each) for each in schema]
    if not isinstance(schema, dict):
        return schema
    made = {}
    for name, value in schema.items():
        if name == "title" and isinstance(value, str):
            continue
        sentence = name == "description" and isinstance(value, str)
        made[name] = said(Message(value)) if sentence else _said(value)
    return made
