"""A mail server that listens, people who want e-mail, and settings between the two."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import pytest

from tests.cast import Cast
from tests.support.mail_server import MailServer, listening
from workbench.config import Config
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import Mailbox, User

Wants = Callable[..., None]
LONG_AGO = timedelta(days=2)


@pytest.fixture
def mail_server() -> Iterator[MailServer]:
    """A plain one that takes everything."""
    with listening() as server:
        yield server


def settings(config: Config, server: MailServer, **other: object) -> Config:
    """The configuration with that mail server."""
    given = {
        "smtp_host": "127.0.0.1",
        "smtp_port": server.port,
        "smtp_tls": server.manners.tls,
        "mail_from": "workbench@example.org",
        "site_address": "https://judge.example.org",
        **other,
    }
    return replace(config, **given)  # type: ignore[arg-type]


@pytest.fixture
def mailing(config: Config, mail_server: MailServer) -> Config:
    """The settings of an installation that sends e-mail."""
    return settings(config, mail_server)


@pytest.fixture
def wants(database: Database, cast: Cast) -> Wants:
    """`wants(cast.ana, returned="at_once")`: she has an address, and chose this two days ago."""

    def choose(user: User, *, locale: str = "en", since: datetime | None = None,
               **choices: str) -> None:  # fmt: skip
        with database.write() as session:
            session.get_one(User, user.id).locale = locale
            row = session.get(Mailbox, user.id) or Mailbox(user_id=user.id, asked=0)
            row.address = f"{user.name}@example.org"
            row.choices = choices
            row.digest_at = since or database_now(session) - LONG_AGO
            session.add(row)

    return choose
