"""Settings: one row each, read from the environment once, when the application is made."""

from __future__ import annotations

import ipaddress
import os
import re
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError


class ConfigError(Exception):
    """A setting cannot be used. The text is a sentence for the person who starts the program."""


@dataclass(frozen=True)
class Setting:
    """One row of SETTINGS. The environment variable is WORKBENCH_ and the name in capitals."""

    name: str
    parse: Callable[[str], Any]
    default: Any
    help: str

    @property
    def variable(self) -> str:
        return f"WORKBENCH_{self.name.upper()}"


def _flag(text: str) -> bool:
    value = text.strip().lower()
    if value in {"1", "true", "yes", "on"}:
        return True
    if value in {"0", "false", "no", "off"}:
        return False
    raise ValueError("write on or off")


def _names(text: str) -> tuple[str, ...]:
    return tuple(part.strip() for part in text.split(",") if part.strip())


def _positive(text: str) -> int:
    value = int(text)
    if value < 1:
        raise ValueError("write a whole number above 0")
    return value


def _count(text: str) -> int:
    value = int(text)
    if value < 0:
        raise ValueError("write a whole number, 0 or more")
    return value


def _zone(text: str) -> str:
    try:
        return ZoneInfo(text).key
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError("write a time zone such as America/Bogota") from None


def _locale(text: str) -> str:
    if text not in {"es", "en"}:
        raise ValueError("write es or en")
    return text


def _hour(text: str) -> int:
    value = int(text)
    if not 0 <= value <= 23:
        raise ValueError("write an hour from 0 to 23")
    return value


def _log_format(text: str) -> str:
    if text not in {"text", "json"}:
        raise ValueError("write text or json")
    return text


def _tls(text: str) -> str:
    if text not in {"starttls", "tls", "none"}:
        raise ValueError("write starttls, tls or none")
    return text


def _site(text: str) -> str:
    parts = urlsplit(text.strip())
    if parts.scheme not in {"https", "http"} or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("write an address such as https://judge.example.org")
    return text.strip().rstrip("/")


def _issuer(text: str) -> str:
    parts = urlsplit(text.strip())
    here = parts.scheme == "http" and parts.hostname in _HERE
    if not (parts.scheme == "https" or here) or not parts.netloc or parts.query or parts.fragment:
        raise ValueError("write an https address such as https://login.example.org")
    # As it is written, a slash at the end too: the provider's own word is compared with it.
    return text.strip()


def _networks(text: str) -> tuple[str, ...]:
    try:
        return tuple(str(ipaddress.ip_network(name)) for name in _names(text))
    except ValueError:
        raise ValueError("write networks such as 10.20.0.0/16,fd00:1::/32") from None


def _sender(text: str) -> str:
    if not re.fullmatch(r"[!-;=?A-~]+@[A-Za-z0-9.-]+", text.strip()):
        raise ValueError("write an address such as workbench@example.org")
    return text.strip()


def _roles(text: str) -> tuple[str, ...]:
    names = _names(text)
    if not set(names) <= ROLES:
        raise ValueError("write roles such as admin,lead")
    return names


MIB = 1024 * 1024

#: What a person can be, in the installation and on a project.
ROLES = frozenset({"reviewer", "lead", "engineer", "admin"})

#: Names of this machine itself: what is sent there passes no network.
_HERE = frozenset({"localhost", "127.0.0.1", "::1"})

SETTINGS: tuple[Setting, ...] = (
    Setting("home", Path, Path("~/.workbench"), "folder of the database, the key and exports"),
    Setting("database_url", str, "", "database; empty: SQLite in the home folder"),
    Setting("https", _flag, True, "served over TLS: Secure cookies with the __Host- prefix, HSTS"),
    Setting("trusted_hosts", _names, (), "host names that are answered; empty: any"),
    Setting("proxy_hops", _count, 0, "reverse proxies in front whose X-Forwarded-* is believed"),
    Setting("session_idle_minutes", _positive, 30, "minutes without a request until log-out"),
    Setting("session_hours", _positive, 12, "hours until log-out in any case"),
    Setting(
        "second_factor_roles",
        _roles,
        (),
        "roles that must have a second factor, such as admin,lead; empty: nobody must",
    ),
    Setting("lease_minutes", _positive, 60, "minutes that an item stays with its reviewer"),
    Setting("upload_mib", _positive, 256, "largest upload in the browser, in MiB"),
    Setting(
        "at_once_kib",
        _count,
        4096,
        "largest file of items that a page waits for, in KiB; others go to the background",
    ),
    Setting(
        "at_once_rows",
        _count,
        10_000,
        "items and judgments of the largest project whose snapshot a page waits for",
    ),
    Setting(
        "timezone", _zone, "America/Bogota", "time zone of dates shown, unless a person sets one"
    ),
    Setting(
        "support_contact", str.strip, "", "whom to turn to after hard content; empty: one's lead"
    ),
    Setting(
        "locale", _locale, "es", "language for people whose browser asks for neither es nor en"
    ),
    Setting("smtp_host", str.strip, "", "mail server; empty: no e-mail is sent"),
    Setting("smtp_port", _positive, 587, "its port"),
    Setting("smtp_tls", _tls, "starttls", "starttls, tls (from the first byte) or none"),
    Setting("smtp_user", str, "", "whom to log in to it as; empty: no log-in"),
    Setting("smtp_password", str, "", "the password of that log-in"),
    Setting("smtp_password_file", Path, None, "a file with that password, in its place"),
    Setting("mail_from", _sender, "", "sender of e-mail, such as workbench@example.org"),
    Setting("site_address", _site, "", "where people reach this server; links in e-mail"),
    Setting(
        "webhook_networks",
        _networks,
        (),
        "inner networks that webhooks may be sent to; empty: none",
    ),
    Setting(
        "anchor_file", Path, None, "where the audit trail is anchored; empty: in the home folder"
    ),
    Setting("anchor_minutes", _positive, 60, "minutes between two anchors of the audit trail"),
    Setting("oidc_issuer", _issuer, "", "OpenID provider that people may log in by; empty: none"),
    Setting("oidc_client_id", str.strip, "", "what this server is called there"),
    Setting("oidc_client_secret", str.strip, "", "its secret there; empty: a public client"),
    Setting("oidc_client_secret_file", Path, None, "a file with that secret, in its place"),
    Setting("oidc_label", str.strip, "OpenID", "what the button calls the provider"),
    Setting(
        "oidc_second_factor",
        _names,
        (),
        "values of amr or acr by which its log-in counts as second factor too; empty: none does",
    ),
    Setting(
        "oidc_hosts", _names, (), "hosts of the provider's own, beside the issuer's, that are asked"
    ),
    Setting("oidc_networks", _networks, (), "inner networks that the provider may be on"),
    Setting("digest_hour", _hour, 7, "hour of people's own day from which their digest is sent"),
    Setting(
        "log_format", _log_format, "text", "lines of the log: text, or json with every request"
    ),
    Setting("metrics_token", str.strip, "", "who shows it may read /metrics; empty: nobody"),
    Setting("metrics_token_file", Path, None, "a file with that token, in its place"),
)


@dataclass(frozen=True)
class Config:
    """All settings, with what follows from them."""

    home: Path
    database_url: str
    https: bool
    trusted_hosts: tuple[str, ...]
    proxy_hops: int
    session_idle_minutes: int
    session_hours: int
    second_factor_roles: tuple[str, ...]
    lease_minutes: int
    upload_mib: int
    at_once_kib: int
    at_once_rows: int
    timezone: str
    support_contact: str
    locale: str
    smtp_host: str
    smtp_port: int
    smtp_tls: str
    smtp_user: str
    smtp_password: str = field(repr=False)
    smtp_password_file: Path | None
    mail_from: str
    site_address: str
    webhook_networks: tuple[str, ...]
    anchor_file: Path | None
    anchor_minutes: int
    oidc_issuer: str
    oidc_client_id: str
    oidc_client_secret: str = field(repr=False)
    oidc_client_secret_file: Path | None
    oidc_label: str
    oidc_second_factor: tuple[str, ...]
    oidc_hosts: tuple[str, ...]
    oidc_networks: tuple[str, ...]
    digest_hour: int
    log_format: str
    metrics_token: str = field(repr=False)
    metrics_token_file: Path | None

    @property
    def sends_mail(self) -> bool:
        """Whether there is a mail server."""
        return bool(self.smtp_host)

    def read_smtp_password(self) -> str:
        """The mail server's password. Raises ConfigError when it cannot be read or used."""
        password = _from_file("SMTP_PASSWORD_FILE", self.smtp_password_file, self.smtp_password)
        if not (password + self.smtp_user).isascii():  # smtplib sends no other
            raise ConfigError("The log-in at the mail server can be of ASCII letters only.")
        return password

    def read_oidc_secret(self) -> str:
        """This server's secret at the provider, "" for none. Raises ConfigError."""
        file = self.oidc_client_secret_file
        return _from_file("OIDC_CLIENT_SECRET_FILE", file, self.oidc_client_secret)

    def read_metrics_token(self) -> str:
        """What opens /metrics, "" where nothing does. Raises ConfigError."""
        token = _from_file("METRICS_TOKEN_FILE", self.metrics_token_file, self.metrics_token)
        wanted = token or self.metrics_token_file
        if wanted and not re.fullmatch(r"[!-~]{16,}", token):
            raise ConfigError("The token of /metrics must be 16 letters, digits or signs at least.")
        return token

    @property
    def key_file(self) -> Path:
        return self.home / "secret.key"

    @property
    def provider_label(self) -> str:
        """What the button calls the OpenID provider; "" where there is none."""
        return self.oidc_label if self.oidc_issuer else ""

    @property
    def keys_file(self) -> Path:
        """What secrets are sealed by that must be read again, beside what follows from the key."""
        return self.home / "sealing.keys"

    @property
    def anchors(self) -> Path:
        """The file of the audit trail's anchors."""
        return self.anchor_file or self.home / "anchors.jsonl"

    @property
    def signing_key(self) -> Path:
        """The private key by which exports of the audit trail are signed."""
        return self.home / "audit.key"

    @property
    def exports(self) -> Path:
        """Where downloads are put together."""
        return self.home / "exports"

    @property
    def uploads(self) -> Path:
        """Where files that were sent wait until they are read."""
        return self.home / "uploads"

    def read_key(self) -> str:
        """The installation's secret. Raises ConfigError when it is missing or too short."""
        try:
            key = self.key_file.read_text(encoding="utf-8", errors="replace").strip()
        except FileNotFoundError:
            raise ConfigError(
                f"There is no Workbench in {self.home}: run `workbench init`, "
                "or name another folder with --home or WORKBENCH_HOME."
            ) from None
        if len(key) < 64 or not key.isascii():
            raise ConfigError(
                f"The key in {self.key_file} is too short to be safe, or no plain text "
                "(64 signs wanted)."
            )
        return key


def _from_file(name: str, file: Path | None, otherwise: str) -> str:
    if file is None:
        return otherwise
    try:
        return file.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeError):
        raise ConfigError(f"WORKBENCH_{name}={file}: it cannot be read.") from None


def load_config(environ: Mapping[str, str] | None = None, **overrides: Any) -> Config:
    """Settings from the environment; `overrides` (not None) win. Raises ConfigError."""
    source = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    for setting in SETTINGS:
        values[setting.name] = setting.default
        text = source.get(setting.variable, "")
        if text:
            try:
                values[setting.name] = setting.parse(text)
            except ValueError as error:
                raise ConfigError(f"{setting.variable}={text!r} cannot be used: {error}.") from None
    values.update({name: value for name, value in overrides.items() if value is not None})
    values["home"] = Path(values["home"]).expanduser().absolute()
    if not values["database_url"]:
        values["database_url"] = f"sqlite:///{values['home'] / 'workbench.db'}"
    config = Config(**values)
    _check_mail(config)
    _check_provider(config)
    return config


def _check_provider(config: Config) -> None:
    if config.oidc_issuer and not (config.oidc_client_id and config.site_address):
        raise ConfigError(
            "With WORKBENCH_OIDC_ISSUER there must be WORKBENCH_OIDC_CLIENT_ID, and "
            "WORKBENCH_SITE_ADDRESS, where the provider sends people back to."
        )


def _check_mail(config: Config) -> None:
    if config.sends_mail and not (config.mail_from and config.site_address):
        raise ConfigError(
            "With WORKBENCH_SMTP_HOST there must be WORKBENCH_MAIL_FROM, which e-mail is sent "
            "from, and WORKBENCH_SITE_ADDRESS, for its links."
        )
    if config.smtp_user and config.smtp_tls == "none" and config.smtp_host not in _HERE:
        raise ConfigError(
            "WORKBENCH_SMTP_TLS=none would send the mail server's password in the clear: "
            "write starttls or tls."
        )


def make_key(path: Path) -> bool:
    """Write a new secret to `path` (mode 0600) unless one is there; True when it was written."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(48) + "\n")
    return True
