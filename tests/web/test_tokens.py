"""The page of a project's tokens."""

from __future__ import annotations

import html
import re

import pytest
from sqlalchemy import select

from tests.cast import Cast
from tests.web.conftest import PASSWORD, Browser, ClientFor
from workbench.db import Database
from workbench.models import ApiToken
from workbench.services.api_tokens import TOKEN

PAGE = "/projects/main/tokens"


@pytest.fixture
def edu(with_passwords: Cast, client_for: ClientFor) -> Browser:
    return client_for(with_passwords.edu)


def _tokens(database: Database) -> list[ApiToken]:
    with database.read() as reading:
        return list(reading.scalars(select(ApiToken)))


def _form(**changes: object) -> dict[str, object]:
    form = {"name": "nightly", "scopes": ["read", "import"], "days": "30", "present": PASSWORD}
    return {**form, **changes}


def test_a_token_is_made_shown_once_and_revoked(edu: Browser, database: Database) -> None:
    assert "There is no token yet" in edu.look(PAGE).text
    made = edu.send(PAGE, _form())
    assert made.status_code == 201
    text = html.unescape(made.text)
    secrets = {found[0] for found in re.finditer(TOKEN.pattern, text)}
    [secret] = secrets
    assert f'curl -H "Authorization: Bearer {secret}" http://localhost/api/v1/projects' in text
    [row] = _tokens(database)
    assert (row.name, row.scopes) == ("nightly", ["read", "import"])
    listed = edu.look(PAGE).text
    assert row.prefix in listed
    assert not re.search(TOKEN.pattern, listed)
    asked = edu.look(f"{PAGE}/{row.prefix}/revoke")
    assert "Revoke “nightly”?" in asked.text
    assert _tokens(database)[0].revoked_at is None
    answer = edu.send(f"{PAGE}/{row.prefix}/revoke")
    assert answer.status_code == 303
    assert _tokens(database)[0].revoked_at is not None
    after = edu.look(answer.location or "").text
    assert f"{row.prefix} is good no more" in after
    assert "revoked on" in after
    assert edu.look(f"{PAGE}/{row.prefix}/revoke").status_code == 404


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": " "}, "Say what the token is for"),
        ({"scopes": []}, "Choose from read, import, export and judge."),
        ({"scopes": ["root"]}, "Choose from read, import, export and judge."),
        ({"days": "366"}, "From 1 to 365 days."),
        ({"days": "1e3"}, "From 1 to 365 days."),
        ({"days": ""}, "From 1 to 365 days."),
        ({"present": "guess"}, "This is not your present password."),
    ],
)
def test_what_is_wrong_with_the_form_is_said_beside_it(
    edu: Browser, database: Database, changes: dict[str, object], said: str
) -> None:
    answer = edu.send(PAGE, _form(**changes))
    assert answer.status_code == 422
    assert said in answer.text
    assert PASSWORD not in answer.text
    assert _tokens(database) == []


def test_a_lead_ends_the_token_of_an_engineer(
    edu: Browser, with_passwords: Cast, client_for: ClientFor, database: Database
) -> None:
    edu.send(PAGE, _form())
    [row] = _tokens(database)
    assert client_for(with_passwords.ana).send(f"{PAGE}/{row.prefix}/revoke").status_code == 403
    assert client_for(with_passwords.omar).send(f"{PAGE}/{row.prefix}/revoke").status_code == 404
    theirs = f"/projects/other/tokens/{row.prefix}/revoke"
    assert client_for(with_passwords.omar).send(theirs).status_code == 404
    assert _tokens(database)[0].revoked_at is None
    assert client_for(with_passwords.luz).send(f"{PAGE}/{row.prefix}/revoke").status_code == 303
    assert _tokens(database)[0].revoked_at is not None


def test_a_name_is_text_and_no_markup(edu: Browser) -> None:
    edu.send(PAGE, _form(name="<script>alert(1)</script>"))
    assert "<script>alert" not in edu.look(PAGE).text
