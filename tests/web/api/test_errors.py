"""Whatever goes wrong is told to programs as RFC 9457 has it, in the language they ask for."""

from __future__ import annotations

import pytest
from sqlalchemy.exc import OperationalError

from tests.web.api.programs import API, LINES, MAIN, Program, an_item, is_problem
from workbench.web.request import WorkbenchFlask

PATHS = ("/api/", "/api/v1", "/api/v2/projects", f"{API}/nowhere", f"{MAIN}/items/1")


@pytest.mark.parametrize("path", PATHS)
def test_an_unknown_address(edu: Program, path: str) -> None:
    told = is_problem(edu.get(path, headers={"Accept": "text/html"}), 404)
    assert told["instance"] == path


@pytest.mark.parametrize("method", ["DELETE", "PUT", "PATCH", "POST", "TRACE"])
def test_another_method(edu: Program, method: str) -> None:
    answer = edu.ask(method, MAIN)
    is_problem(answer, 405)
    assert {"GET", "HEAD"} <= set(answer.headers["Allow"].split(", "))


def test_another_form(edu: Program) -> None:
    is_problem(edu.get(MAIN, headers={"Accept": "text/csv"}), 406)
    is_problem(edu.get(MAIN, headers={"Accept": "application/x-ndjson"}), 406)
    for accept in ("*/*", "application/*", "text/html, */*;q=0.1", "application/json", ""):
        assert edu.get(MAIN, headers={"Accept": accept}).status_code == 200, accept


@pytest.mark.parametrize(
    ("asked", "title", "detail"),
    [
        ("es", "Algo de lo enviado está mal", "no es un cursor de este proyecto"),
        ("es-CO,en;q=0.5", "Algo de lo enviado está mal", "no es un cursor de este proyecto"),
        ("en-GB", "Something that was sent is wrong", "is no cursor of this project"),
        ("de, en;q=0.1", "Something that was sent is wrong", "is no cursor of this project"),
    ],
)
def test_in_the_language_that_is_asked_for(
    edu: Program, asked: str, title: str, detail: str
) -> None:
    # What a browser once chose is nothing to a program.
    edu.client.set_cookie("lang", "es" if "en" in asked else "en")
    headers = {"Accept-Language": asked}
    told = is_problem(edu.get(f"{MAIN}/judgments?since=x", headers=headers), 422)
    assert (told["title"], told["detail"]) == (title, detail)
    assert told["errors"] == [{"line": None, "field": "since", "message": detail}]


def test_a_fault_tells_nothing_of_itself(edu: Program, app: WorkbenchFlask) -> None:
    def broken(**_: object) -> None:
        raise ZeroDivisionError("inner secret")

    app.view_functions["api.status"] = broken
    answer = edu.get(MAIN)
    is_problem(answer, 500)
    assert "secret" not in answer.text


def test_a_busy_database_may_be_asked_again(edu: Program, app: WorkbenchFlask) -> None:
    def busy(**_: object) -> None:
        raise OperationalError("SELECT", {}, Exception("database is locked"))

    app.view_functions["api.status"] = busy
    answer = edu.get(MAIN)
    is_problem(answer, 503)
    assert answer.headers["Retry-After"] == "2"


def test_a_request_that_a_browser_sent_from_elsewhere(edu: Program) -> None:
    headers = {**LINES, "Origin": "https://evil.example"}
    is_problem(edu.ask("POST", f"{MAIN}/items", data=b"\n", headers=headers), 403)


def test_a_good_answer_is_kept_by_nobody(edu: Program) -> None:
    for answer in (edu.get(MAIN), edu.get(f"{API}/projects"), edu.send([an_item("1")])):
        assert answer.headers["Cache-Control"] == "no-store"
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in answer.headers
        assert "Access-Control-Allow-Origin" not in answer.headers
