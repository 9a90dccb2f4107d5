"""Settings: one row each, read from the environment once, when the application is made."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
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


MIB = 1024 * 1024

SETTINGS: tuple[Setting, ...] = (
    Setting("home", Path, Path("~/.workbench"), "folder of the database, the key and exports"),
    Setting("database_url", str, "", "database; empty: SQLite in the home folder"),
    Setting("https", _flag, True, "served over TLS: Secure cookies with the __Host- prefix, HSTS"),
    Setting("trusted_hosts", _names, (), "host names that are answered; empty: any"),
    Setting("proxy_hops", _count, 0, "reverse proxies in front whose X-Forwarded-* is believed"),
    Setting("session_idle_minutes", _positive, 30, "minutes without a request until log-out"),
    Setting("session_hours", _positive, 12, "hours until log-out in any case"),
    Setting("lease_minutes", _positive, 60, "minutes that an item stays with its reviewer"),
    Setting("upload_mib", _positive, 256, "largest upload in the browser, in MiB"),
    Setting(
        "timezone", _zone, "America/Bogota", "time zone of dates shown, unless a person sets one"
    ),
    Setting(
        "support_contact", str.strip, "", "whom to turn to after hard content; empty: one's lead"
    ),
    Setting(
        "locale", _locale, "es", "language for people whose browser asks for neither es nor en"
    ),
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
    lease_minutes: int
    upload_mib: int
    timezone: str
    support_contact: str
    locale: str

    @property
    def key_file(self) -> Path:
        return self.home / "secret.key"

    @property
    def exports(self) -> Path:
        """Where downloads are put together."""
        return self.home / "exports"

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
    return Config(**values)


def make_key(path: Path) -> bool:
    """Write a new secret to `path` (mode 0600) unless one is there; True when it was written."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return False
    with os.fdopen(handle, "w", encoding="ascii") as file:
        file.write(secrets.token_hex(48) + "\n")
    return True
