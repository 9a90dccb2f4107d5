"""A mail server: how it is reached, and what it may say to a letter."""

from __future__ import annotations

import smtplib
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from email.message import EmailMessage

from workbench.config import Config
from workbench.errors import Refused


class NoServer(Refused):
    """The mail server cannot be reached or used: nothing more is sent for now."""


class AddressRefused(Refused):
    """The server does not take this letter; others it may."""

    def __init__(self, text: str, *, for_good: bool, **values: object) -> None:
        super().__init__(text, **values)
        #: A later try would be refused as well.
        self.for_good = for_good


@dataclass(frozen=True)
class MailServer:
    """Where letters are handed in. `tls`: "starttls", "tls" (from the first byte) or "none"."""

    host: str
    port: int
    tls: str = "starttls"
    user: str = ""
    password: str = field(default="", repr=False)
    #: Seconds without an answer after which the server counts as gone.
    patience: float = 20

    @classmethod
    def of(cls, config: Config) -> MailServer:
        """The one of the settings. Raises ConfigError when its password cannot be read."""
        return cls(
            config.smtp_host,
            config.smtp_port,
            config.smtp_tls,
            config.smtp_user,
            config.read_smtp_password(),
        )

    @contextmanager
    def connect(self) -> Iterator[Connection]:
        """Log in, and hand letters in over the one connection. Raises NoServer."""
        try:
            smtp = self._greet()
        except (OSError, smtplib.SMTPException) as error:
            raise self.gone(error) from None
        try:
            yield Connection(smtp, self)
        finally:
            with suppress(OSError, smtplib.SMTPException):
                smtp.quit()

    def _greet(self) -> smtplib.SMTP:
        if self.tls == "tls":
            secured = ssl.create_default_context()
            smtp: smtplib.SMTP = smtplib.SMTP_SSL(
                self.host, self.port, timeout=self.patience, context=secured
            )
        else:
            smtp = smtplib.SMTP(self.host, self.port, timeout=self.patience)
        try:
            if self.tls == "starttls":
                smtp.starttls(context=ssl.create_default_context())
            if self.user:
                smtp.login(self.user, self.password)
        except BaseException:
            smtp.close()
            raise
        return smtp

    def gone(self, error: Exception) -> NoServer:
        """What there is to say when it cannot be used."""
        # Only what the server itself said: what was sent to it may hold the password.
        why = str(error) if not isinstance(error, smtplib.SMTPException) else _words(error)
        return NoServer(
            "The mail server %(host)s:%(port)s cannot be used: %(why)s",
            host=self.host,
            port=self.port,
            why=why or type(error).__name__,
        )


@dataclass(frozen=True)
class Connection:
    """A mail server that listens."""

    smtp: smtplib.SMTP
    server: MailServer

    def send(self, letter: EmailMessage) -> None:
        """Hand a letter in; when this returns, the server has it. Raises AddressRefused, NoServer.

        After AddressRefused the next letter can be sent.
        """
        try:
            self.smtp.send_message(letter)
        except smtplib.SMTPRecipientsRefused as error:
            code, text = next(iter(error.recipients.values()))
            raise _refused(code, text) from None
        except (smtplib.SMTPSenderRefused, smtplib.SMTPDataError) as error:
            if error.smtp_code == 421:
                raise self.server.gone(error) from None
            raise _refused(error.smtp_code, error.smtp_error) from None
        except (OSError, smtplib.SMTPException) as error:
            raise self.server.gone(error) from None


def _refused(code: int, text: bytes | str) -> AddressRefused:
    return AddressRefused(
        "The mail server refused it: %(why)s", why=f"{code} {_plain(text)}", for_good=code >= 500
    )


def _words(error: smtplib.SMTPException) -> str:
    if isinstance(error, smtplib.SMTPResponseException):
        return f"{error.smtp_code} {_plain(error.smtp_error)}"
    return str(error)


def _plain(text: bytes | str) -> str:
    said = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
    return " ".join(said.split())[:300]
