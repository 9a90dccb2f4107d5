"""The OpenAPI document: what every operation says of itself, and that it is true."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest

from tests.cast import Cast
from tests.web.api.programs import API, Program
from tests.web.conftest import Browser, ClientFor
from workbench.paths import data_dir
from workbench.web.request import WorkbenchFlask

ROOT = Path(__file__).resolve().parents[3]


def _document(browser: Browser, language: str = "en") -> dict[str, Any]:
    answer = browser.get(f"{API}/openapi.json", headers={"Accept-Language": language})
    found: dict[str, Any] = answer.json
    return found


def test_it_has_every_address_of_the_api_and_no_other(
    anonymous: Browser, app: WorkbenchFlask
) -> None:
    paths = _document(anonymous)["paths"]
    told = {(path, method) for path, methods in paths.items() for method in methods}
    there = {
        (re.sub(r"<(?:int:)?(\w+)>", r"{\1}", rule.rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith("/api/") and not rule.rule.endswith("openapi.json")
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert told == there


def test_every_reference_leads_somewhere(anonymous: Browser) -> None:
    found = _document(anonymous)
    for ref in re.findall(r'"\$ref": "#/([^"]+)"', json.dumps(found)):
        place: Any = found
        for part in ref.split("/"):
            place = place[part]


def test_it_is_in_the_language_that_is_asked_for(anonymous: Browser) -> None:
    spanish, english = _document(anonymous, "es"), _document(anonymous, "en")
    assert spanish["paths"]["/api/v1/projects/{slug}/items"]["post"]["summary"] == "Traer tareas"
    assert english["paths"]["/api/v1/projects/{slug}/items"]["post"]["summary"] == "Bring items in"


def _samples() -> list[Path]:
    return sorted(data_dir("sample_tasks").glob("*/items.jsonl"))


@pytest.mark.parametrize("path", _samples(), ids=lambda path: path.parent.name)
def test_real_items_are_what_it_says_of_items(anonymous: Browser, path: Path) -> None:
    found = _document(anonymous)
    schema = {"$ref": "#/components/schemas/ItemIn", "components": found["components"]}
    validator = jsonschema_rs.Draft202012Validator(schema)
    lines = path.read_text(encoding="utf-8").splitlines()
    for line in lines[:50]:
        validator.validate(json.loads(line))
    assert not validator.is_valid({"id": "1"})


def test_its_examples_are_taken(edu: Program, anonymous: Browser) -> None:
    for name in ("items", "judgments"):
        told = _document(anonymous)["paths"][f"/api/v1/projects/{{slug}}/{name}"]["post"]
        value = told["requestBody"]["content"]["application/json"]["examples"]["one"]["value"]
        answer = edu.ask("POST", f"{API}/projects/main/{name}", json=value)
        assert answer.status_code == 200, answer.text
        assert answer.json["new"] == 1


@pytest.mark.parametrize(("locale", "title"), [("es", "Traer tareas"), ("en", "Bring items in")])
def test_the_page_is_made_of_it(client_for: ClientFor, cast: Cast, locale: str, title: str) -> None:
    browser = client_for(cast.edu, locale=locale)
    page = browser.look("/api").text
    found = _document(browser, locale)
    for path, methods in found["paths"].items():
        assert path in page
        for told in methods.values():
            assert told["summary"] in page
            for each in told["parameters"]:
                assert f"<code>{each['name']}</code>" in page
    assert title in page
    # What a problem's type leads to.
    for name in ("invalid", "no-token", "too-large"):
        assert f'id="{name}"' in page
