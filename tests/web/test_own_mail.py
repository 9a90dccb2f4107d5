"""One's own e-mail: nobody subscribes another, everybody chooses, and it ends with one click."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cast import Cast
from tests.mail.conftest import settings
from tests.support.mail_server import MailServer, Manners, listening
from tests.web.conftest import Browser, ClientFor, new_browser
from workbench.config import Config, load_config
from workbench.db import Database
from workbench.db import now as database_now
from workbench.mail.send import send_due
from workbench.models import Kind, Mailbox
from workbench.services import mailbox, signed
from workbench.services.tell import tell
from workbench.web.request import WorkbenchFlask

ADDRESS, CHOICES = "/account/mail/address", "/account/mail/choices"
ALL_REVIEWER = {"returned": "page", "answered": "page", "paused": "page"}


@pytest.fixture
def server() -> Iterator[MailServer]:
    with listening(Manners()) as made:
        yield made


@pytest.fixture
def config(home: Path, database_url: str, server: MailServer) -> Config:
    """Settings of a server that sends e-mail."""
    made = load_config({}, home=home, database_url=database_url, https=False)
    return settings(made, server)


def _mailbox(database: Database, user_id: int) -> Mailbox:
    with database.read() as reading:
        return reading.get_one(Mailbox, user_id)


def _has_none(database: Database, user_id: int) -> bool:
    with database.read() as reading:
        return reading.get(Mailbox, user_id) is None


def _link(server: MailServer) -> str:
    """The path of the link in the last letter."""
    found = re.search(r"https://judge.example.org(/account/mail/confirm/\S+)",
                      server.taken[-1].part("plain"))  # fmt: skip
    assert found
    return found[1]


def test_an_address_counts_when_its_reader_has_confirmed_it(
    ana: Browser, database: Database, cast: Cast, server: MailServer
) -> None:
    answer = ana.send(ADDRESS, {"address": " Ana@example.org "})
    assert answer.location == "/account?saved=link#mail"
    assert "A link is on its way to Ana@example.org" in ana.look("/account?saved=link").text
    [got] = server.taken
    assert got.to == "Ana@example.org"
    assert "ana, on Workbench, wants to get e-mail at this address." in got.part("plain")
    own = _mailbox(database, cast.ana.id)
    assert (own.address, own.pending) == (None, "Ana@example.org")
    link = _link(server)
    page = ana.look(link)
    assert "Is Ana@example.org yours?" in page.text
    own = _mailbox(database, cast.ana.id)
    assert own.address is None
    assert ana.send(link).location == "/account?saved=confirmed#mail"
    own = _mailbox(database, cast.ana.id)
    assert (own.address, own.pending, own.choices) == ("Ana@example.org", None, {})
    # Once.
    assert ana.look(link).status_code == ana.send(link).status_code == 404


def test_nobody_confirms_for_another(
    ana: Browser, client_for: ClientFor, database: Database, cast: Cast, server: MailServer,
    app: WorkbenchFlask,
) -> None:  # fmt: skip
    """The owner of the mailbox is not Ana: her link does nothing in their hands."""
    ana.send(ADDRESS, {"address": "luz@example.org"})
    link = _link(server)
    for browser in (client_for(cast.luz), client_for(cast.beto)):
        assert browser.look(link).status_code == browser.send(link).status_code == 404
    assert (new_browser(app).look(link).location or "").startswith("/login")
    own = _mailbox(database, cast.ana.id)
    assert own.address is None


@pytest.mark.parametrize("how", ["other address", "changed", "old", "of the other kind"])
def test_a_link_is_good_for_its_address_for_three_days(
    ana: Browser, database: Database, cast: Cast, server: MailServer, how: str
) -> None:
    ana.send(ADDRESS, {"address": "ana@example.org"})
    link = _link(server)
    if how == "other address":
        ana.send(ADDRESS, {"address": "ana@example.net"})
    elif how == "changed":
        link = link[:-1] + ("A" if link[-1] != "A" else "B")
    else:
        with database.read() as reading:
            key, then = reading.info["key"], database_now(reading) - timedelta(days=3, minutes=1)
        token = mailbox.link_token(key, cast.ana.id, "ana@example.org", then)
        if how == "of the other kind":
            token = signed.sign(key, signed.STOP, cast.ana.id, "ana@example.org")
        link = f"/account/mail/confirm/{token}"
    assert ana.send(link).status_code == 404
    own = _mailbox(database, cast.ana.id)
    assert own.address is None


def test_an_address_that_is_none_is_named_beside_its_field(
    ana: Browser, database: Database, cast: Cast, server: MailServer
) -> None:
    answer = ana.send(ADDRESS, {"address": "ana at example"})
    assert answer.status_code == 422
    assert re.search(r'value="ana at example"[^>]*aria-invalid="true"', answer.text)
    assert "Write an e-mail address such as" in answer.text
    assert server.taken == []
    assert _has_none(database, cast.ana.id)


def test_nobody_fills_anothers_mailbox(
    ana: Browser, database: Database, cast: Cast, server: MailServer
) -> None:
    for _ in range(mailbox.LINKS_A_DAY):
        assert ana.send(ADDRESS, {"address": "victim@example.org"}).status_code == 303
    answer = ana.send(ADDRESS, {"address": "victim@example.org"})
    assert answer.status_code == 422
    assert "enough tries for today" in answer.text
    assert len(server.taken) == mailbox.LINKS_A_DAY
    with database.write() as writing:
        row = writing.get_one(Mailbox, cast.ana.id)
        assert row.asked_at is not None
        row.asked_at -= timedelta(days=1)
    assert ana.send(ADDRESS, {"address": "victim@example.org"}).status_code == 303


def test_a_mail_server_that_is_away_or_refuses_is_said_and_nothing_is_stored(
    ana: Browser, database: Database, cast: Cast, server: MailServer
) -> None:
    server.manners.refuses["no@example.org"] = "550 no"
    answer = ana.send(ADDRESS, {"address": "no@example.org"})
    assert answer.status_code == 422
    assert "does not take this address" in answer.text
    server.manners.after_data = ""
    answer = ana.send(ADDRESS, {"address": "ana@example.org"})
    assert answer.status_code == 422
    assert "could not be sent just now" in answer.text
    assert _has_none(database, cast.ana.id)


# --- choices ------------------------------------------------------------------------------------


def _with_address(database: Database, user_id: int, **choices: str) -> str:
    """A mailbox of that person; the path of the link that ends its e-mail."""
    with database.write() as writing:
        writing.add(Mailbox(user_id=user_id, address="a@example.org", asked=0, choices=choices))
        key = writing.info["key"]
    return f"/unsubscribe/{mailbox.stop_token(key, user_id, 'a@example.org')}"


def test_one_chooses_kind_by_kind_among_those_of_ones_role(
    ana: Browser, luz: Browser, database: Database, cast: Cast
) -> None:
    for user in (cast.ana, cast.luz):
        _with_address(database, user.id)
    page = ana.look("/account").text
    assert set(re.findall(r'<select id="(\w+)" name="\1"', page)) >= set(ALL_REVIEWER)
    assert 'name="escalation"' not in page
    assert 'name="returned"' not in luz.look("/account").text
    answer = ana.send(CHOICES, {**ALL_REVIEWER, "returned": "daily", "answered": "at_once"})
    assert answer.location == "/account?saved=mail#mail"
    own = _mailbox(database, cast.ana.id)
    assert own.choices == {"returned": "daily", "answered": "at_once"}
    assert own.digest_at is not None
    page = ana.look("/account").text
    assert re.findall(r'<option value="(\w+)" selected', page)[-3:] == ["daily", "at_once", "page"]
    ana.send(CHOICES, ALL_REVIEWER)
    own = _mailbox(database, cast.ana.id)
    assert own.choices == {}


def test_a_kind_of_another_role_cannot_be_chosen(
    ana: Browser, database: Database, cast: Cast
) -> None:
    _with_address(database, cast.ana.id)
    assert ana.send(CHOICES, {**ALL_REVIEWER, "escalation": "at_once"}).status_code == 303
    own = _mailbox(database, cast.ana.id)
    assert own.choices == {}
    assert ana.send(CHOICES, {**ALL_REVIEWER, "returned": "hourly"}).status_code == 422


def test_an_address_is_forgotten_when_one_wants_it(
    ana: Browser, database: Database, cast: Cast
) -> None:
    _with_address(database, cast.ana.id, returned="daily")
    assert ana.send("/account/mail/forget").location == "/account?saved=mail#mail"
    own = _mailbox(database, cast.ana.id)
    assert own.address is None


def test_an_address_that_was_refused_is_said_on_ones_page(
    ana: Browser, database: Database, cast: Cast
) -> None:
    _with_address(database, cast.ana.id)
    assert "refused your address" not in ana.look("/account").text
    with database.write() as writing:
        writing.get_one(Mailbox, cast.ana.id).refused_at = database_now(writing)
    assert "refused your address" in ana.look("/account").text


# --- the end of it ------------------------------------------------------------------------------


def test_one_click_ends_all_e_mail_without_a_log_in(
    app: WorkbenchFlask, database: Database, cast: Cast
) -> None:
    """As a mailbox does by itself (RFC 8058): no cookie, no token of the site, this body."""
    link = _with_address(database, cast.ana.id, returned="daily")
    nobody = app.test_client()
    assert nobody.get(link, headers={"Accept": "text/html"}).status_code == 200
    own = _mailbox(database, cast.ana.id)
    assert own.choices == {"returned": "daily"}
    for _ in range(2):
        answer = nobody.post(link, data={"List-Unsubscribe": "One-Click"})
        assert answer.status_code == 200
    assert "Nothing more is sent to this address" in answer.text
    own = _mailbox(database, cast.ana.id)
    assert (own.address, own.choices) == ("a@example.org", {})


def test_the_link_ends_no_other_persons_e_mail(
    app: WorkbenchFlask, database: Database, cast: Cast
) -> None:
    link = _with_address(database, cast.ana.id, returned="daily")
    _with_address(database, cast.beto.id, returned="daily")
    wrong = link.replace(f"/{cast.ana.id}-", f"/{cast.beto.id}-", 1)
    assert app.test_client().post(wrong).status_code == 404
    for user_id in (cast.ana.id, cast.beto.id):
        own = _mailbox(database, user_id)
        assert own.choices == {"returned": "daily"}


@pytest.mark.parametrize("token", ["x", "1-0-", "1-0-é", "-1-0-x", f"{2**40}-0-x", "1--x", "²-0-x"])
def test_nonsense_is_not_found(app: WorkbenchFlask, token: str) -> None:
    assert app.test_client().post(f"/unsubscribe/{token}").status_code == 404


def test_a_letters_link_is_the_one_that_the_page_answers(
    app: WorkbenchFlask, database: Database, cast: Cast, config: Config, server: MailServer
) -> None:
    _with_address(database, cast.ana.id, answered="at_once")
    with database.write() as writing:
        now = database_now(writing)
        tell(writing, cast.project.id, Kind.ANSWERED, 1, now, to=(cast.ana.id,))
    assert send_due(database, config).letters == 1
    letter = server.taken[-1].letter
    assert letter["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    end = letter["List-Unsubscribe"]
    found = re.fullmatch(r"<https://judge.example.org(/unsubscribe/\S+)>", end)
    assert found
    assert app.test_client().post(found[1]).status_code == 200
    own = _mailbox(database, cast.ana.id)
    assert own.choices == {}
