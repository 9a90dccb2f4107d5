"""Letters, through a mail server that really listens: to whom, once, and what when it fails."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from tests.cast import Cast
from tests.mail.conftest import Wants, settings
from tests.support.mail_server import MailServer, Manners, certificate, listening
from workbench.config import Config
from workbench.db import Database
from workbench.db import now as database_now
from workbench.mail.send import Sent, send_due
from workbench.mail.server import NoServer
from workbench.models import Kind, Mailbox, Notice, Project, User
from workbench.queries.digests import NAMED, Clock
from workbench.services import accounts, mailbox, projects, sending
from workbench.services.tell import mark_read, over, tell
from workbench.veil import Veil

FACTS = {
    "item": 73_400_007, "person": 1, "value": 0.414, "floor": 0.6, "left": 12, "days": 1.25
}  # fmt: skip


def told(database: Database, cast: Cast, kind: Kind, subject: int = 1, **how: object) -> None:
    """Everybody whom it concerns on `main` is told of it."""
    with database.write() as session:
        now = database_now(session)
        tell(session, cast.project.id, kind, subject, now, facts=FACTS, **how)  # type: ignore[arg-type]


def unsent(database: Database, user: User) -> int:
    with database.read() as session:
        query = select(Notice).where(Notice.user_id == user.id, Notice.mailed_at.is_(None))
        return len(session.scalars(query).all())


# --- a letter -----------------------------------------------------------------------------------


def test_a_letter_tells_what_waits_and_where_and_nothing_else(
    database: Database, cast: Cast, mailing: Config, mail_server: MailServer, wants: Wants
) -> None:
    wants(cast.luz, escalation="at_once", agreement="at_once", queue="at_once")
    for kind in (Kind.ESCALATION, Kind.AGREEMENT, Kind.QUEUE):
        told(database, cast, kind)
    assert send_due(database, mailing) == Sent(1, 3, {})
    [got] = mail_server.taken
    assert (got.sender, got.to) == ("workbench@example.org", "luz@example.org")
    letter = got.letter
    assert letter["Subject"] == "Workbench: 3 new messages"
    assert letter["From"] == "Workbench <workbench@example.org>"
    assert letter["Auto-Submitted"] == "auto-generated"
    for kind in ("plain", "html"):
        text = got.part(kind)
        assert "Project main" in text
        assert "an escalation waits for an answer" in text
        assert "is 0.41, below the floor of 0.60" in text
        assert "judgments left: 12, days of work: 1.2" in text
        links = set(re.findall(r"https?://[^\s\"<>]+", text))
        own = {"escalations", "quality", "data"}
        wanted = {f"https://judge.example.org/projects/main/{page}" for page in own}
        assert wanted < links
        assert all(link.startswith("https://judge.example.org/") for link in links)
    assert "<img" not in got.part("html")
    assert unsent(database, cast.luz) == 0


def test_a_letter_is_in_the_persons_language_and_time(
    database: Database, cast: Cast, mailing: Config, mail_server: MailServer, wants: Wants
) -> None:
    wants(cast.luz, locale="es", agreement="at_once")
    with database.write() as session:
        session.get_one(User, cast.luz.id).timezone = "Asia/Kathmandu"
    told(database, cast, Kind.AGREEMENT)
    send_due(database, mailing)
    [got] = mail_server.taken
    assert got.letter["Subject"] == "Workbench: 1 mensaje nuevo"
    text = got.part("plain")
    assert "El acuerdo (alfa de Krippendorff) es 0,41" in text
    assert "Proyecto main" in text
    with database.read() as session:
        at = session.scalars(select(Notice.made_at)).one().astimezone(ZoneInfo("Asia/Kathmandu"))
    assert f"{at.hour % 12 or 12}:{at.minute:02}" in text
    assert '<html lang="es">' in got.part("html")


def test_no_subject_names_a_project_and_no_letter_an_item(
    database: Database, cast: Cast, mailing: Config, mail_server: MailServer, wants: Wants
) -> None:
    wants(cast.ana, returned="at_once", answered="at_once", paused="at_once")
    for kind in (Kind.RETURNED, Kind.ANSWERED, Kind.PAUSED):
        told(database, cast, kind, to=(cast.ana.id,))
    send_due(database, mailing)
    [got] = mail_server.taken
    assert "main" not in got.letter["Subject"]
    with database.read() as session:
        token = Veil(session.info["key"]).token(FACTS["item"])
    for part in ("plain", "html"):
        assert f"/projects/main/mine/{token}" in got.part(part)
    everything = [*map(str, got.letter.values()), got.part("plain"), got.part("html")]
    assert not [text for text in everything if str(FACTS["item"]) in text]


def test_names_cannot_put_anything_into_a_letters_head(
    database: Database, cast: Cast, mailing: Config, mail_server: MailServer, wants: Wants
) -> None:
    evil = "X\r\nBcc: spy@example.net\r\n\r\n<script>alert(1)</script>"
    wants(cast.luz, queue="at_once")
    with database.write() as session:
        session.get_one(Project, cast.project.id).title = {"es": evil, "en": evil}
    told(database, cast, Kind.QUEUE)
    send_due(database, mailing)
    [got] = mail_server.taken
    assert got.to == "luz@example.org"
    assert got.letter["Bcc"] is None
    assert "X Bcc: spy@example.net <script>" in got.part("plain")
    assert "<script" not in got.part("html")


@pytest.mark.parametrize(
    "address",
    ["", "ana", "ana@", "@example.org", "ana@localhost", "a b@example.org", "ana@exa mple.org",
     "ana@example.org\r\nBcc: x@example.net", "ana@example.org,x@example.net",
     "<ana@example.org>", "añá@example.org", "a" * 65 + "@example.org", "ana@example.org\0"],
)  # fmt: skip
def test_an_address_that_could_be_more_than_one_is_refused(address: str) -> None:
    with pytest.raises(Exception, match="Write an e-mail address"):
        mailbox.clean_address(address)


def test_many_messages_make_one_letter_that_counts_the_rest(
    database: Database, cast: Cast, mailing: Config, mail_server: MailServer, wants: Wants
) -> None:
    wants(cast.luz, escalation="at_once")
    for number in range(NAMED + 3):
        told(database, cast, Kind.ESCALATION, number)
    assert send_due(database, mailing) == Sent(1, NAMED + 3, {})
    [got] = mail_server.taken
    assert "3 more messages" in got.part("plain")
    assert got.part("plain").count("/projects/main/escalations") == NAMED
    assert send_due(database, mailing) == Sent(0, 0, {})


# --- who and when -------------------------------------------------------------------------------


def test_nobody_gets_what_they_did_not_choose(
    database: Database, cast: Cast, mailing: Config, mail_server: MailServer, wants: Wants
) -> None:
    wants(cast.ana)  # an address, and nothing chosen
    wants(cast.luz, agreement="at_once")
    told(database, cast, Kind.RETURNED, to=(cast.ana.id,))
    told(database, cast, Kind.RETURNED, to=(cast.beto.id,))  # no address at all
    told(database, cast, Kind.ESCALATION)
    assert send_due(database, mailing) == Sent(0, 0, {})
    assert mail_server.taken == []


@pytest.mark.parametrize(
    "gone", ["left", "another role", "disabled", "read", "over", "not confirmed"]
)
def test_what_no_longer_concerns_a_person_is_not_sent(
    database: Database, cast: Cast, mailing: Config, mail_server: MailServer, wants: Wants,
    gone: str,
) -> None:  # fmt: skip
    wants(cast.luz, escalation="at_once")
    told(database, cast, Kind.ESCALATION)
    with database.write() as session:
        now, luz = database_now(session), session.get_one(User, cast.luz.id)
        if gone == "left":
            projects.remove_member(session, cast.project, luz, now=now)
        elif gone == "another role":
            projects.add_member(session, cast.project, luz, role="reviewer", now=now)
        elif gone == "disabled":
            accounts.disable_user(session, luz, now)
        elif gone == "read":
            mark_read(session, luz.id, session.scalars(select(Notice.id)).one(), now)
        elif gone == "over":
            over(session, cast.project.id, Kind.ESCALATION, (1,), now)
        else:
            session.get_one(Mailbox, luz.id).address = None
    assert send_due(database, mailing) == Sent(0, 0, {})
    assert mail_server.taken == []


def test_a_daily_letter_comes_once_a_day_and_then_waits(
    database: Database, cast: Cast, mailing: Config, mail_server: MailServer, wants: Wants
) -> None:
    wants(cast.luz, escalation="daily", queue="at_once")
    told(database, cast, Kind.ESCALATION, 1)
    assert send_due(database, mailing) == Sent(1, 1, {})
    told(database, cast, Kind.ESCALATION, 2)
    told(database, cast, Kind.QUEUE)
    # Only what is wanted at once; the rest waits for tomorrow.
    assert send_due(database, mailing) == Sent(1, 1, {})
    assert "nearly empty" in mail_server.taken[-1].part("plain")
    assert unsent(database, cast.luz) == 1
    with database.write() as session:
        row = session.get_one(Mailbox, cast.luz.id)
        assert row.digest_at is not None
        row.digest_at -= timedelta(days=1)
    assert send_due(database, mailing) == Sent(1, 1, {})


def test_a_day_without_messages_is_over_without_a_letter(
    database: Database, cast: Cast, mailing: Config, mail_server: MailServer, wants: Wants
) -> None:
    wants(cast.luz, escalation="daily")
    assert send_due(database, mailing) == Sent(0, 0, {})
    told(database, cast, Kind.ESCALATION)
    assert send_due(database, mailing) == Sent(0, 0, {})
    assert mail_server.taken == []


@pytest.mark.parametrize(
    ("zone", "now", "last"),
    [
        ("America/Bogota", "2026-11-20T11:59+00:00", "2026-11-19T12:00+00:00"),
        ("America/Bogota", "2026-11-20T12:00+00:00", "2026-11-20T12:00+00:00"),
        ("Asia/Kathmandu", "2026-11-20T01:14+00:00", "2026-11-19T01:15+00:00"),
        ("Asia/Kathmandu", "2026-11-20T01:15+00:00", "2026-11-20T01:15+00:00"),
    ],
)
def test_a_day_begins_at_that_hour_where_the_person_is(zone: str, now: str, last: str) -> None:
    clock = Clock(7, ZoneInfo("UTC"))
    assert clock.last(datetime.fromisoformat(now), ZoneInfo(zone)) == datetime.fromisoformat(last)


# --- once ---------------------------------------------------------------------------------------


def test_a_run_that_was_killed_after_the_server_took_the_letter_sends_the_same_letter_again(
    database: Database, cast: Cast, mailing: Config, mail_server: MailServer, wants: Wants,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    wants(cast.luz, escalation="at_once")
    told(database, cast, Kind.ESCALATION)

    class Killed(BaseException):
        pass

    def kill(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(sending, "taken", kill)
        with pytest.raises(Killed):
            send_due(database, mailing)
    # For ten minutes another run takes it that the first one is at it.
    assert send_due(database, mailing) == Sent(0, 0, {})
    with database.write() as session:
        session.get_one(Mailbox, cast.luz.id).held_until = database_now(session)
    assert send_due(database, mailing) == Sent(1, 1, {})
    first, second = mail_server.taken
    assert first.letter["Message-ID"] == second.letter["Message-ID"]
    assert send_due(database, mailing) == Sent(0, 0, {})


def test_two_runs_at_once_send_a_letter_once(
    database: Database, cast: Cast, mailing: Config, mail_server: MailServer, wants: Wants
) -> None:
    wants(cast.luz, escalation="at_once")
    told(database, cast, Kind.ESCALATION)
    clock = Clock(7, ZoneInfo("UTC"))
    with database.write() as session:
        assert sending.hold(session, cast.luz.id, database_now(session), clock) is not None
    assert send_due(database, mailing) == Sent(0, 0, {})
    assert mail_server.taken == []


# --- what fails ---------------------------------------------------------------------------------


def test_a_server_that_does_not_answer_is_named_and_all_is_kept(
    database: Database, cast: Cast, mailing: Config, mail_server: MailServer, wants: Wants
) -> None:
    wants(cast.luz, escalation="at_once")
    told(database, cast, Kind.ESCALATION)
    with listening() as other:
        nobody = replace(mailing, smtp_port=other.port)
    with pytest.raises(NoServer, match=f"127.0.0.1:{nobody.smtp_port} cannot be used"):
        send_due(database, nobody)
    assert unsent(database, cast.luz) == 1
    assert send_due(database, mailing) == Sent(1, 1, {})


@pytest.mark.parametrize("answer", ["", "421 4.3.2 going down"])
def test_a_server_that_breaks_off_keeps_what_it_has_not_taken(
    config: Config, database: Database, cast: Cast, mail_server: MailServer, wants: Wants,
    answer: str,
) -> None:  # fmt: skip
    wants(cast.ana, returned="at_once")
    wants(cast.luz, escalation="at_once")
    told(database, cast, Kind.RETURNED, to=(cast.ana.id,))
    told(database, cast, Kind.ESCALATION)
    with listening(Manners(after_data=answer, takes_first=1)) as server:
        with pytest.raises(NoServer, match="cannot be used"):
            send_due(database, settings(config, server))
        assert [got.to for got in server.taken] == ["ana@example.org"]
    assert (unsent(database, cast.ana), unsent(database, cast.luz)) == (0, 1)
    # At once, and not only when the first run would have been long enough ago.
    assert send_due(database, settings(config, mail_server)) == Sent(1, 1, {})


@pytest.mark.parametrize(
    ("answer", "again"), [("550 5.1.1 No such person", 0), ("450 4.2.1 Come later", 1)]
)
def test_one_bad_address_stops_no_other(
    config: Config, database: Database, cast: Cast, wants: Wants, answer: str, again: int
) -> None:
    wants(cast.ana, returned="at_once")
    wants(cast.luz, escalation="at_once")
    told(database, cast, Kind.RETURNED, to=(cast.ana.id,))
    told(database, cast, Kind.ESCALATION)
    with listening(Manners(refuses={"ana@example.org": answer})) as server:
        mailing = settings(config, server)
        sent = send_due(database, mailing)
        assert (sent.letters, sent.messages) == (1, 1)
        assert answer in sent.failed["ana"]
        assert [got.to for got in server.taken] == ["luz@example.org"]
        server.manners.refuses.clear()
        assert send_due(database, mailing).letters == again
        with database.write() as session:
            row = session.get_one(Mailbox, cast.ana.id)
            if row.refused_at is not None:
                row.refused_at -= timedelta(days=1, minutes=1)
        assert send_due(database, mailing).letters == 1 - again
        with database.read() as session:
            assert session.get_one(Mailbox, cast.ana.id).refused_at is None


# --- encrypted, and logged in -------------------------------------------------------------------


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return certificate(tmp_path_factory.mktemp("certificate"))


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_the_line_is_encrypted_and_somebody_logs_in(
    config: Config, database: Database, cast: Cast, wants: Wants, pem: Path, tls: str,
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path,
) -> None:  # fmt: skip
    wants(cast.luz, escalation="at_once")
    told(database, cast, Kind.ESCALATION)
    monkeypatch.setenv("SSL_CERT_FILE", str(pem))
    secret = tmp_path / "smtp-password"
    secret.write_text("paramo azul\n", encoding="utf-8")
    manners = Manners(tls=tls, certificate=pem, user="workbench", password="paramo azul")
    with listening(manners) as server:
        mailing = settings(config, server, smtp_user="workbench", smtp_password_file=secret)
        wrong = replace(mailing, smtp_password_file=None, smtp_password="guess")
        with pytest.raises(NoServer, match="wrong name or password") as refused:
            send_due(database, wrong)
        assert "guess" not in str(refused.value)
        assert send_due(database, mailing) == Sent(1, 1, {})
        [got] = server.taken
    assert (got.secured, got.user) == (True, "workbench")


@pytest.mark.parametrize("tls", ["starttls", "tls"])
def test_a_server_that_nobody_vouches_for_gets_nothing(
    config: Config, database: Database, cast: Cast, wants: Wants, pem: Path, tls: str
) -> None:
    wants(cast.luz, escalation="at_once")
    told(database, cast, Kind.ESCALATION)
    with listening(Manners(tls=tls, certificate=pem)) as server:
        with pytest.raises(NoServer, match=r"(?i)certificate"):
            send_due(database, settings(config, server))
        assert server.taken == []


def test_a_server_without_starttls_gets_nothing_where_it_is_asked_for(
    database: Database, cast: Cast, mailing: Config, mail_server: MailServer, wants: Wants
) -> None:
    wants(cast.luz, escalation="at_once")
    told(database, cast, Kind.ESCALATION)
    with pytest.raises(NoServer, match="STARTTLS"):
        send_due(database, replace(mailing, smtp_tls="starttls"))
    assert mail_server.taken == []
