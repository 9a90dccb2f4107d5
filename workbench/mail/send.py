"""Send what is due: one letter a person and run, each message once as far as SMTP allows.

A message is marked after the server has taken its letter. Who is killed in between sends that
letter again, with the same Message-ID: at least once, never not at all.
"""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from zoneinfo import ZoneInfo

from workbench.config import Config
from workbench.db import Database
from workbench.db import now as database_now
from workbench.mail import letters
from workbench.mail.language import Language
from workbench.mail.letters import Site
from workbench.mail.server import AddressRefused, Connection, MailServer, NoServer
from workbench.queries.digests import Clock, Due, everyone_due
from workbench.services import mailbox, sending
from workbench.services.watch import Look, note
from workbench.veil import Veil


@dataclass(frozen=True)
class Sent:
    """What a run did: letters that were taken, messages in them; people's names and why not."""

    letters: int
    messages: int
    failed: dict[str, str]


def clock_of(config: Config) -> Clock:
    """When daily letters go out, by the settings."""
    return Clock(config.digest_hour, ZoneInfo(config.timezone))


class _Leave(Exception):
    """Leaves a transaction without what was written in it."""


def would_send(database: Database, config: Config, seen: Look) -> list[Due]:
    """The letters that would be sent now, after that look at the projects; nothing is stored."""
    due: list[Due] = []
    with suppress(_Leave), database.write() as session:
        note(session, seen)
        everyone = everyone_due(session, database_now(session), clock_of(config))
        due = [each for each in everyone if each.ids]
        raise _Leave
    return due


def send_due(database: Database, config: Config) -> Sent:
    """Send what is due now. Raises NoServer when the server cannot be used: what it has not taken
    by then stays for the next run."""
    clock = clock_of(config)
    with database.read() as session:
        everyone = everyone_due(session, database_now(session), clock)
    people = [due.user_id for due in everyone if due.ids]
    for due in everyone:
        if not due.ids:
            _hold(database, due.user_id, clock)
    if not people:
        return Sent(0, 0, {})
    taken, failed = [], {}
    with MailServer.of(config).connect() as connection:
        for user_id in people:
            held = _hold(database, user_id, clock)
            if held is None:
                continue
            try:
                _send(database, connection, held, Site.of(config))
            except AddressRefused as error:
                failed[held.name] = str(error)
            else:
                taken.append(held)
    return Sent(len(taken), sum(len(due.ids) for due in taken), failed)


def _hold(database: Database, user_id: int, clock: Clock) -> Due | None:
    with database.write() as session:
        return sending.hold(session, user_id, database_now(session), clock)


def _send(database: Database, connection: Connection, due: Due, site: Site) -> None:
    """Nothing is locked while the server is waited for."""
    with database.read() as session:
        letter = _letter(session.info["key"], due, site, database_now(session))
    try:
        connection.send(letter)
    except (AddressRefused, NoServer) as error:
        for_good = isinstance(error, AddressRefused) and error.for_good
        with database.write() as session:
            sending.not_taken(session, due, database_now(session), for_good=for_good)
        raise
    with database.write() as session:
        sending.taken(session, due, database_now(session))


def _letter(key: str, due: Due, site: Site, now: datetime) -> EmailMessage:
    stop = mailbox.stop_token(key, due.user_id, due.address)
    language = Language(due.locale, due.zone)
    told = letters.Told(due.lines, due.more, stop, Veil(key))
    return letters.digest(site, language, due.address, told, now)


def send_confirmation(
    config: Config, language: Language, address: str, whose: tuple[str, str], now: datetime
) -> None:
    """Send the link that confirms an address. `whose`: a log-in name, and the link's token.

    Raises AddressRefused, NoServer.
    """
    letter = letters.confirmation(Site.of(config), language, address, whose, now)
    with MailServer.of(config).connect() as connection:
        connection.send(letter)
