from __future__ import annotations

import pytest
from sqlalchemy import func, select

from tests.cast import Cast
from tests.cli.conftest import Run, good
from tests.support.mail_server import MailServer, Manners, listening
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import Kind, Mailbox, Notice, Watch
from workbench.services.tell import tell


@pytest.fixture
def told(database: Database, cast: Cast) -> Database:
    """Luz wants escalations by e-mail at once, and was told of one."""
    with database.write() as session:
        address = "luz@example.org"
        choices = {"escalation": "at_once"}
        session.add(Mailbox(user_id=cast.luz.id, address=address, asked=0, choices=choices))
        tell(session, cast.project.id, Kind.ESCALATION, 1, database_now(session))
    return database


def _mail(monkeypatch: pytest.MonkeyPatch, server: MailServer) -> None:
    for name, value in (
        ("SMTP_HOST", "127.0.0.1"),
        ("SMTP_PORT", str(server.port)),
        ("SMTP_TLS", "none"),
        ("MAIL_FROM", "workbench@example.org"),
        ("SITE_ADDRESS", "https://judge.example.org"),
    ):
        monkeypatch.setenv(f"WORKBENCH_{name}", value)


def test_a_run_sends_what_is_due_and_the_next_one_nothing(
    run: Run, told: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening() as server:
        _mail(monkeypatch, server)
        assert "Letters sent: 1, with 1 messages." in good(run("digest"))
        assert "Letters sent: 0, with 0 messages." in good(run("digest"))
        assert [got.to for got in server.taken] == ["luz@example.org"]


def test_a_trial_says_what_would_be_sent_and_neither_sends_nor_stores(
    run: Run, told: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening() as server:
        _mail(monkeypatch, server)
        for _ in range(2):
            said = good(run("digest", "--dry-run"))
            assert said.splitlines() == ["luz: 1 messages", "Letters that would be sent: 1."]
        assert server.taken == []
    with told.read() as session:
        assert session.scalars(select(Notice.mailed_at)).all() == [None]
        assert session.scalars(select(Mailbox.held_until)).all() == [None]


def test_without_a_mail_server_leads_are_told_on_their_page(run: Run, told: Database) -> None:
    said = good(run("digest"))
    assert "No e-mail is sent: WORKBENCH_SMTP_HOST is empty." in said
    with told.read() as session:
        assert session.scalar(select(func.count()).select_from(Notice)) == 1


def test_a_server_that_is_away_ends_with_1_and_keeps_everything(
    run: Run, told: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening() as server:
        _mail(monkeypatch, server)
    failed = run("digest")
    assert failed.exit_code == 1
    assert f"The mail server 127.0.0.1:{server.port} cannot be used: " in failed.stderr
    with listening() as server:
        _mail(monkeypatch, server)
        assert "Letters sent: 1" in good(run("digest"))


def test_a_letter_that_is_refused_is_named_and_ends_with_1(
    run: Run, told: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    with listening(Manners(refuses={"luz@example.org": "550 nobody here"})) as server:
        _mail(monkeypatch, server)
        failed = run("digest")
    assert failed.exit_code == 1
    assert "luz: The mail server refused it: 550 nobody here" in failed.stderr
    assert "1 letters were not taken; they stay due" in failed.stderr


def test_settings_that_do_not_fit_end_with_2(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WORKBENCH_SMTP_HOST", "127.0.0.1")
    assert run("digest").exit_code == 2


def test_what_leads_are_told_of_is_set_and_shown(run: Run, prefs: Database) -> None:
    assert "agreement floor  none\ndays of work     2" in good(run("project", "alerts", "prefs"))
    good(run("project", "alerts", "prefs", "--agreement-floor", "0.6", "--queue-days", "0"))
    assert "0.6\ndays of work     never" in good(run("project", "alerts", "prefs"))
    good(run("project", "alerts", "prefs", "--agreement-floor", "none"))
    with prefs.read() as session:
        row = session.scalars(select(Watch)).one()
        assert (row.agreement_floor, row.queue_days) == (None, 0)


@pytest.mark.parametrize("floor", ["high", "1.5", "nan"])
def test_a_floor_that_cannot_be_ends_with_2(run: Run, prefs: Database, floor: str) -> None:
    assert run("project", "alerts", "prefs", "--agreement-floor", floor).exit_code == 2
