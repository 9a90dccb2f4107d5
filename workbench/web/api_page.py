"""The page that describes the API, made of its OpenAPI document."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import orjson
from flask import Blueprint, current_app, request

from workbench.permissions import Permission
from workbench.web.access import requires
from workbench.web.api.document import document
from workbench.web.api.operation import JSON, LINES
from workbench.web.problems import KINDS
from workbench.web.request import Page
from workbench.web.tokens import SCOPES

bp = Blueprint("api_page", __name__)

Json = dict[str, Any]

#: Parts of an address as variables of a shell.
_VARIABLES = {"{slug}": "$PROJECT", "{name}": "$SNAPSHOT", "{file}": "$FILE", "{source}": "$IMPORT"}


@dataclass(frozen=True)
class Field:
    """A parameter, or a field of what is sent or answered."""

    name: str
    kind: str
    about: str
    required: bool


@bp.get("/api")
@requires(Permission.OWN_ACCOUNT)
def show() -> Page:
    """Each operation with its parameters, what goes in and comes out, and a command to try."""
    found = document(current_app)
    operations = [
        _operation(found, path, method, told)
        for path, methods in found["paths"].items()
        for method, told in methods.items()
    ]
    context = {
        "about": found["info"]["description"],
        "version": found["info"]["version"],
        "operations": operations,
        "scope_names": SCOPES,
        "problems": [(status, *kind) for status, kind in KINDS.items()],
    }
    return Page("api/api.html", context)


def _operation(found: Json, path: str, method: str, told: Json) -> Json:
    answer = told["responses"]["200"]["content"]
    answered = _models(answer.get(JSON, {}).get("schema", {}))[:1]
    lines = _models(answer[LINES].get("schema", {})) if LINES in answer else []
    body = told.get("requestBody", {}).get("content", {})
    sent = _models(body.get(LINES, body.get(JSON, {})).get("schema", {}))
    return {
        "id": f"{method}-{told['operationId']}",
        "method": method.upper(),
        "path": path,
        "title": told["summary"],
        "about": told["description"],
        "scopes": told["security"][0]["token"],
        "parameters": [
            Field(each["name"], _kind(each["schema"]), each["description"], each["required"])
            for each in told["parameters"]
        ],
        "sent": _fields(found, sent),
        "answered": _fields(found, lines or answered),
        "lines": bool(lines),
        "takes_lines": LINES in body,
        "command": _command(path, method, told),
    }


def _models(schema: Json) -> list[str]:
    """The models that a schema refers to."""
    refs = [schema, *schema.get("anyOf", [])]
    return [each["$ref"].rpartition("/")[2] for each in refs if "$ref" in each]


def _fields(found: Json, models: list[str], within: str = "") -> list[Field]:
    """What the models hold; what is in a field that is a model itself is named by its path."""
    made = []
    for model in models:
        schema = found["components"]["schemas"][model]
        for name, each in schema["properties"].items():
            path = f"{within}{name}"
            about, required = each.get("description", ""), name in schema.get("required", [])
            inner, step = _inside(each)
            made.append(Field(path, _kind(each), about, required))
            made += _fields(found, inner, f"{path}{step}.")
    return made


def _inside(schema: Json) -> tuple[list[str], str]:
    """The model that a field is, or a list of, and how a path goes on into it."""
    for each in [schema, *schema.get("anyOf", [])]:
        if "$ref" in each:
            return _models(each), ""
        if "$ref" in each.get("items", {}):
            return _models(each["items"]), "[]"
    return [], ""


def _kind(schema: Json) -> str:
    """The kind of a value in a few words: those of JSON Schema, which are not translated."""
    if "anyOf" in schema:
        return " | ".join(_kind(each) for each in schema["anyOf"])
    if "enum" in schema:
        return " | ".join(schema["enum"])
    if "$ref" in schema:
        return "object"
    if schema.get("type") == "array":
        return f"array of {_kind(schema['items'])}"
    kind = str(schema.get("type", "any"))
    if "minimum" in schema and "maximum" in schema:
        return f"{kind} {schema['minimum']:g}…{schema['maximum']:g}"
    return kind


def _command(path: str, method: str, told: Json) -> str:
    """A command that does it, with the token and the project's name as variables."""
    address = request.host_url.rstrip("/") + path
    for part, variable in _VARIABLES.items():
        address = address.replace(part, variable)
    words = ['curl -H "Authorization: Bearer $TOKEN"']
    if method == "post":
        content = told["requestBody"]["content"]
        example = content[JSON]["examples"]["one"]["value"]
        [one] = example if LINES in content else [example]
        kind = LINES if LINES in content else JSON
        words += [f"-H 'Content-Type: {kind}'", f"-d '{orjson.dumps(one).decode()}'"]
    return " \\\n  ".join([*words, f'"{address}"'])
