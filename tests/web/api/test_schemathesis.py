"""Requests that the document allows and forbids, by the hundred: every answer is as it says."""

from __future__ import annotations

import json
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.checks import CHECKS, load_all_checks

from tests.support.thorough import examples
from tests.web.api.programs import API, MAIN, Program, an_item, prefers
from workbench.services import login

OPERATIONS = (
    ("GET", "/api/v1/projects"),
    ("GET", "/api/v1/projects/{slug}"),
    ("GET", "/api/v1/projects/{slug}/agreement"),
    ("GET", "/api/v1/projects/{slug}/judgments"),
    ("GET", "/api/v1/projects/{slug}/imports/{source}/rejected"),
    ("GET", "/api/v1/projects/{slug}/items"),
    ("POST", "/api/v1/projects/{slug}/items"),
    ("POST", "/api/v1/projects/{slug}/judgments"),
    ("GET", "/api/v1/projects/{slug}/snapshots"),
    ("POST", "/api/v1/projects/{slug}/snapshots"),
    ("GET", "/api/v1/projects/{slug}/snapshots/{name}"),
    ("GET", "/api/v1/projects/{slug}/snapshots/{name}/changed"),
    ("GET", "/api/v1/projects/{slug}/snapshots/{name}/files/{file}"),
)
#: What the addresses name, where they are to lead somewhere.
FIXED = {"slug": "main", "name": "one", "file": "main-judgments.jsonl", "source": 1}
#: What is held against the document. Not `positive_data_acceptance`: a type asks more of an item
#: than that it has the form of one.
HELD = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "unsupported_method",
    "ignored_auth",
)
EXAMPLES = examples(8, 100)


@schemathesis.serializer("application/x-ndjson")
def _lines(ctx: schemathesis.SerializationContext, value: Any) -> bytes:
    if isinstance(value, bytes):
        return value
    return json.dumps(value, ensure_ascii=True).encode() + b"\n"


@schemathesis.deserializer("application/x-ndjson")
def _first_line(ctx: schemathesis.DeserializationContext, answer: schemathesis.Response) -> Any:
    """The document describes a line, and all are alike."""
    return json.loads((answer.content or b"{}").splitlines()[0])


@pytest.fixture
def schema(edu: Program, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The document as the application gives it, with something to ask for."""
    # It shows a bad token with every other request, and expects no 429.
    monkeypatch.setitem(login.FREE_FAILURES, "token", 10**6)
    told = edu.send([*(an_item(str(n)) for n in range(3)), {"id": "bad"}], on_error="reject").json
    assert (told["source"], told["rejected"]) == (FIXED["source"], 1)
    lines = [{"item": str(n), "reviewer": "m", "answer": prefers("a")} for n in range(3)]
    assert edu.send(lines, f"{MAIN}/judgments").json["new"] == 3
    one = {"name": "one", "format": "judgments"}
    assert edu.ask("POST", f"{MAIN}/snapshots", json=one).status_code == 201
    return schemathesis.openapi.from_wsgi(f"{API}/openapi.json", edu.client.application)


def test_every_operation_is_tried(schema: Any) -> None:
    found = {(each.ok().method.upper(), each.ok().path) for each in schema.get_all_operations()}
    assert found == set(OPERATIONS)


# It never closes an answer, and a file's is open until then.
@pytest.mark.filterwarnings(
    "ignore:Exception ignored in.*FileIO:pytest.PytestUnraisableExceptionWarning"
)
@pytest.mark.filterwarnings("ignore:unclosed file:ResourceWarning")
@pytest.mark.slow
@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=str)
@pytest.mark.parametrize("slug", ["main", None], ids=["main", "any"])
@pytest.mark.parametrize(("method", "path"), OPERATIONS)
def test_answers_are_as_the_document_says(
    schema: Any, edu: Program, method: str, path: str, slug: str | None, mode: GenerationMode
) -> None:
    if slug is None and "{slug}" not in path:
        return
    load_all_checks()
    checks = [check for check in CHECKS.get_all() if check.__name__ in HELD]
    assert len(checks) == len(HELD)
    fixed = {part: value for part, value in FIXED.items() if slug and f"{{{part}}}" in path} or None
    # The test client of WSGI unpacks nothing.
    headers = {"Authorization": f"Bearer {edu.token}", "Accept-Encoding": "identity"}
    cases = schema[path][method].as_strategy(generation_mode=mode, path_parameters=fixed)
    statuses: list[int] = []

    @settings(
        max_examples=EXAMPLES if slug else 5,
        deadline=None,
        database=None,
        derandomize=True,
        suppress_health_check=list(HealthCheck),
    )
    @given(case=cases)
    def ask(case: schemathesis.Case) -> None:
        answer = case.call_and_validate(headers=headers, checks=checks)
        statuses.append(answer.status_code)

    ask()
    if slug == "main" and mode is GenerationMode.POSITIVE:
        assert {200, 422} & set(statuses), statuses
