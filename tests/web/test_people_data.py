"""Terms come before everything else; people take their data and ask to be erased."""

from __future__ import annotations

import json

import pytest

from tests.cast import Cast
from tests.web.conftest import ClientFor, log_in, new_browser
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import User
from workbench.services.terms import publish
from workbench.web.access import BEFORE_TERMS
from workbench.web.request import WorkbenchFlask


def _publish(database: Database, text: str) -> None:
    with database.write() as session:
        publish(session, es=f"# {text} es", en=f"# {text} en", now=database_now(session))


def test_nothing_else_is_reached_until_the_terms_are_agreed_to(
    client_for: ClientFor, cast: Cast, database: Database, app: WorkbenchFlask
) -> None:
    ana = client_for(cast.ana)
    token = ana.csrf()
    _publish(database, "First")
    for path in ("/", "/account", "/projects/main/desk", "/messages", "/my-work"):
        answer = ana.look(path)
        assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (303, "/terms")
        assert ana.look(path, htmx=True).headers["HX-Redirect"].startswith("/terms")
    for path in ("/projects/main/desk/next", "/account/data", "/account/care"):
        answer = ana.post(path, data={"csrf_token": token}, headers={"Accept": "text/html"})
        assert (answer.status_code, answer.text) == (403, "Agree to the terms first.\n")
    page = ana.look("/terms?next=/my-work")
    assert "<h1>First en</h1>" in page.text or "First en" in page.text
    form = {"csrf_token": token, "version": "1", "next": "/my-work"}
    wrong = ana.post("/terms", data={**form, "version": "2"})
    assert wrong.status_code == 409
    agreed = ana.post("/terms", data=form)
    assert (agreed.status_code, agreed.headers["Location"]) == (303, "/my-work")
    assert ana.look("/my-work").status_code == 200
    assert "You have agreed" in ana.look("/terms").text
    _publish(database, "Second")
    assert ana.look("/").status_code == 303
    assert {"terms.show", "terms.agree", "auth.logout"} <= BEFORE_TERMS


@pytest.mark.parametrize("locale", ["en", "es"])
def test_the_terms_are_read_in_ones_own_language(
    client_for: ClientFor, cast: Cast, database: Database, locale: str
) -> None:
    _publish(database, "Text")
    assert f"Text {locale}" in client_for(cast.ana, locale).look("/terms").text


def test_a_copy_of_ones_data_is_a_file(client_for: ClientFor, cast: Cast) -> None:
    answer = client_for(cast.ana).send("/account/data")
    assert answer.headers["Content-Disposition"] == "attachment; filename=my-data.json"
    assert answer.headers["Cache-Control"] == "no-store"
    assert json.loads(answer.data)["account"]["name"] == "ana"


def test_from_the_request_to_the_erasure(
    client_for: ClientFor, with_passwords: Cast, database: Database, app: WorkbenchFlask
) -> None:
    cast = with_passwords
    ana, ada, luz = client_for(cast.ana), client_for(cast.ada), client_for(cast.luz)
    ana.send("/account/erasure")
    assert "You asked to be erased" in ana.look("/account").text
    assert "/people?name=ana" in ada.look("/people").text
    for form, field in (
        ({"name": "ana", "again": "beto"}, "again"),
        ({"name": "", "again": ""}, "again"),
        ({"name": "ada", "again": "ada"}, "name"),
    ):
        refused = ada.send("/people/erase", form)
        assert refused.status_code == 422
        assert f'id="{field}-more" class="error-text"' in refused.text
    unknown = ada.send("/people/erase", {"name": "zoe", "again": "zoe"})
    assert unknown.status_code == 422
    assert "There is no person called zoe." in unknown.text
    assert ada.send("/people/erase", {"name": "ana", "again": "ana"}).status_code == 303
    assert ana.look("/account").status_code == 303
    assert log_in(new_browser(app), cast.ana).status_code == 401
    assert f"erased-{cast.ana.id}" in ada.look("/audit").text
    for path in ("/projects/main/quality", "/projects/main/quality/pace", "/projects/main/care"):
        assert ">ana<" not in luz.look(path).text
    with database.read() as session:
        assert session.get_one(User, cast.ana.id).name == f"erased-{cast.ana.id}"
