"""The pages of a project's webhooks."""

from __future__ import annotations

import html
import re
from dataclasses import replace

import pytest
from sqlalchemy import select

from tests.cast import Cast
from tests.support.receiver import is_signed, receiving
from tests.web.conftest import PASSWORD, Browser, ClientFor
from workbench.config import Config
from workbench.db import Database
from workbench.models import AuditEntry, Webhook
from workbench.services.webhooks import MOST
from workbench.webhooks.deliver import Passed, deliver

PAGE = "/projects/main/webhooks"
SECRET = re.compile(r"whsec_[A-Za-z0-9+/]{43}=")


@pytest.fixture
def edu(with_passwords: Cast, client_for: ClientFor) -> Browser:
    return client_for(with_passwords.edu)


def _form(**changes: object) -> dict[str, object]:
    form = {"url": "https://pipeline.example/hooks", "present": PASSWORD,
            "events": ["judgment.created", "snapshot.ready"]}  # fmt: skip
    return {**form, **changes}


def _hooks(database: Database) -> list[Webhook]:
    with database.read() as reading:
        return list(reading.scalars(select(Webhook)))


def _actions(database: Database) -> list[str]:
    with database.read() as reading:
        found = select(AuditEntry.action).where(AuditEntry.action.startswith("webhook."))
        return list(reading.scalars(found.order_by(AuditEntry.seq)))


def test_a_webhook_from_its_making_to_its_end(
    edu: Browser, database: Database, config: Config
) -> None:
    inside = replace(config, webhook_networks=("127.0.0.0/8",))
    with receiving() as receiver:
        assert "There is no webhook yet" in edu.look(PAGE).text
        made = edu.send(PAGE, _form(url=receiver.url))
        assert made.status_code == 201
        [secret] = SECRET.findall(html.unescape(made.text))
        [row] = _hooks(database)
        one = f"{PAGE}/{row.name}"
        assert not SECRET.search(html.unescape(edu.look(PAGE).text + edu.look(one).text))
        assert "Nothing was sent yet" in edu.look(one).text
        answer = edu.send(f"{one}/ping")
        assert "A ping is on its way" in edu.look(answer.location or "").text
        assert deliver(database, inside) == Passed(1, 0)
        assert is_signed(receiver.got[0], secret)
        text = html.unescape(edu.look(one).text)
        assert "delivered" in text
        assert receiver.got[0].body.decode() in text
        assert edu.send(f"{one}/deliveries/1/replay").status_code == 303
        assert deliver(database, inside) == Passed(1, 0)
        assert receiver.ids() == [f"{row.name}_1"] * 2
        assert edu.send(f"{one}/deliveries/2/replay").status_code == 404
        assert "paused" in edu.look(edu.send(f"{one}/pause").location or "").text
        assert "goes on" in edu.look(edu.send(f"{one}/resume").location or "").text
    assert edu.send(f"{one}/secret", {"present": "guess"}).status_code == 422
    turned = edu.send(f"{one}/secret", {"present": PASSWORD})
    [new] = SECRET.findall(html.unescape(turned.text))
    assert new != secret
    assert f"Remove {row.name}?" in edu.look(f"{one}/remove").text
    assert _hooks(database)[0].removed_at is None
    after = edu.look(edu.send(f"{one}/remove").location or "").text
    assert "The webhook is removed" in after
    assert edu.look(one).status_code == 404
    assert _actions(database) == [
        f"webhook.{act}" for act in ("make", "replay", "pause", "resume", "turn", "remove")
    ]


def test_the_lines_of_python_on_the_page_tell_what_is_signed_from_what_is_not(
    edu: Browser, database: Database, config: Config
) -> None:
    with receiving() as receiver:
        made = html.unescape(edu.send(PAGE, _form(url=receiver.url)).text)
        [row] = _hooks(database)
        edu.send(f"{PAGE}/{row.name}/ping")
        deliver(database, replace(config, webhook_networks=("127.0.0.0/8",)))
        [got] = receiver.got
    lines = made[made.index("import base64") :].partition("</code>")[0]
    names: dict[str, object] = {}
    exec(lines, names)  # noqa: S102 - what the page tells people to run
    check = names["is_from_workbench"]
    assert callable(check)
    [secret] = SECRET.findall(made)
    assert check(got.headers, got.body, secret)
    assert not check(got.headers, got.body + b" ", secret)
    late = {**got.headers, "webhook-timestamp": str(int(got.headers["webhook-timestamp"]) - 600)}
    assert not check(late, got.body, secret)


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"url": ""}, "Write an address such as"),
        ({"url": "file:///etc/passwd"}, "Write an address such as"),
        ({"url": "https://u:p@a.example/"}, "An address without a user name"),
        ({"url": "https://a.example/" + "x" * 500}, "At most 500 characters."),
        ({"events": []}, "Choose at least one"),
        ({"events": ["ping"]}, "Choose at least one"),
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
    assert _hooks(database) == []


def test_a_project_has_only_so_many(edu: Browser, database: Database) -> None:
    for _ in range(MOST):
        assert edu.send(PAGE, _form()).status_code == 201
    assert edu.send(PAGE, _form()).status_code == 409
    assert len(_hooks(database)) == MOST


def test_another_projects_lead_and_a_reviewer_reach_none_of_it(
    edu: Browser, with_passwords: Cast, client_for: ClientFor, database: Database
) -> None:
    edu.send(PAGE, _form())
    [row] = _hooks(database)
    ana, omar = client_for(with_passwords.ana), client_for(with_passwords.omar)
    for act in ("ping", "pause", "resume", "secret", "remove", "deliveries/1/replay"):
        assert ana.send(f"{PAGE}/{row.name}/{act}").status_code == 403
        assert omar.send(f"{PAGE}/{row.name}/{act}").status_code == 404
        assert omar.send(f"/projects/other/webhooks/{row.name}/{act}",
                         {"present": PASSWORD}).status_code == 404  # fmt: skip
    assert omar.look(f"/projects/other/webhooks/{row.name}").status_code == 404
    assert _actions(database) == ["webhook.make"]
    assert client_for(with_passwords.luz).send(f"{PAGE}/{row.name}/pause").status_code == 303


def test_an_address_is_text_and_no_markup(edu: Browser, database: Database) -> None:
    edu.send(PAGE, _form(url="https://a.example/<script>alert(1)</script>"))
    [row] = _hooks(database)
    for page in (PAGE, f"{PAGE}/{row.name}", f"{PAGE}/{row.name}/remove"):
        assert "<script>alert" not in edu.look(page).text
