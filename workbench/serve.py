"""Serving the application by gunicorn: several processes with several threads each.

Each process makes its own application and with it its own connections, after the fork.
"""

from __future__ import annotations

import ipaddress
import os
import random
import re
import socket
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import gunicorn.config
import gunicorn.glogging
import gunicorn.http.message
import gunicorn.http.wsgi
from gunicorn.app.base import BaseApplication

from workbench.app import create_app
from workbench.background.keep import GRACE
from workbench.config import Config, ConfigError
from workbench.db import Database
from workbench.telemetry import lines
from workbench.telemetry.counts import Counts
from workbench.turns import Turns
from workbench.web.request import WorkbenchFlask
from workbench.webhooks.post import SECONDS

#: What a stopping worker gives its requests to end, and how long a worker may be silent.
GRACE_SECONDS, TIMEOUT_SECONDS = 30, 60

#: How long a thread may compute before another one of its process takes over. Requests take some
#: ten milliseconds: with Python's five they are cut into pieces, while one of them holds the write
#: gate. A fifth more answers are stored a second.
SWITCH_SECONDS = 0.02

#: How many requests come on a connection, on the average, before it is closed. A browser stays with
#: the process that took its connection; left to that, one of two may have three fifths of 500 and
#: keep them waiting while the other rests. Whichever is not at work takes the new connection.
ON_A_CONNECTION = 20

#: What goes on beside the requests until it is told to stop.
KeepDoing = Callable[[Database, Config, threading.Event], None]

_BIND = re.compile(r"(?:(?P<host>[A-Za-z0-9.-]*)|\[(?P<six>[0-9A-Fa-f:.]+)\]):(?P<port>[0-9]{1,5})")


class Busy(Exception):
    """The address cannot be served on. The text is a sentence."""


@dataclass(frozen=True)
class Address:
    """A host and a port to listen on."""

    host: str
    port: int

    @property
    def bind(self) -> str:
        """As HOST:PORT."""
        return f"[{self.host}]:{self.port}" if ":" in self.host else f"{self.host}:{self.port}"

    @property
    def is_loopback(self) -> bool:
        """Whether only this machine reaches it."""
        try:
            return ipaddress.ip_address(self.host).is_loopback
        except ValueError:
            return self.host == "localhost"

    @property
    def url(self) -> str:
        """For the browser's address line, on this machine: by a name, since browsers make no
        passkey for a number."""
        here = self.host in {"127.0.0.1", "::1", "0.0.0.0", "::"}  # noqa: S104 - compared, not bound
        return f"http://{Address('localhost' if here else self.host, self.port).bind}"


def parse_bind(text: str) -> Address:
    """HOST:PORT or [IPv6]:PORT; an empty host is every address. Raises ConfigError."""
    found = _BIND.fullmatch(text)
    port = int(found["port"]) if found else 0
    if found is None or port > 65_535:
        raise ConfigError(f"{text!r} is no address: write HOST:PORT, such as 127.0.0.1:8000.")
    return Address(found["six"] or found["host"] or "0.0.0.0", port)  # noqa: S104


def check_free(address: Address) -> Address:
    """The address, with a real port where 0 was asked for. Raises Busy, with what to do."""
    try:
        family, _, _, _, place = socket.getaddrinfo(
            address.host, address.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(place)
            return Address(address.host, int(probe.getsockname()[1]))
    except OSError as error:
        why = error.strerror or str(error)
        raise Busy(
            f"Nothing can be served on {address.bind} ({why}): name another with --bind HOST:PORT."
        ) from None


def https_setting(address: Address, environ: Mapping[str, str]) -> bool | None:
    """Whether cookies are for HTTPS alone: not on one's own machine. None: WORKBENCH_HTTPS says."""
    return None if environ.get("WORKBENCH_HTTPS") else not address.is_loopback


class Log(gunicorn.glogging.Logger):  # type: ignore[misc]
    """gunicorn's own lines, without the addresses and headers that it quotes in them: these may
    hold what opens something."""

    def exception(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """That a request failed outside the application, and how."""
        if msg.startswith("Error handling request"):
            msg, args = "a request failed outside the application", ()
        super().exception(msg, *args, **kwargs)

    def warning(self, msg: str, *args: Any, **kwargs: Any) -> None:
        """Who sent what is no request, and not what it was."""
        if msg.startswith("Invalid request from"):
            msg = msg.partition(": ")[0]
        super().warning(msg, *args, **kwargs)


class JsonLog(Log):
    """The same as JSON."""

    def setup(self, cfg: gunicorn.config.Config) -> None:
        """As gunicorn's own; then the shape of a line."""
        super().setup(cfg)
        for handler in self.error_log.handlers:
            handler.setFormatter(lines.formatter("json"))


class Server(BaseApplication):  # type: ignore[misc]
    """gunicorn with our settings; it takes none from files or the environment."""

    def __init__(
        self, config: Config, settings: Mapping[str, Any], beside: Sequence[KeepDoing]
    ) -> None:
        self._config = config
        self._to_do = beside
        self._beside: Beside | None = None
        self._settings = settings
        # Before the fork. While workers take one another's place there are twice as many.
        self._counts = Counts(rows=4 * settings["workers"] + 8)
        super().__init__()

    def load_config(self) -> None:
        for name, value in self._settings.items():
            self.cfg.set(name, value)
        self.cfg.set("worker_exit", lambda _server, _worker: self._end())
        self.cfg.set("pre_request", _let_go_now_and_then)

    def load(self) -> WorkbenchFlask:
        """Called in each worker."""
        sys.setswitchinterval(SWITCH_SECONDS)
        app = create_app(self._config, self._counts)
        app.wsgi_app = Turns(app.wsgi_app)  # type: ignore[method-assign]
        if self._to_do:
            database = app.extensions["workbench_database"]
            self._beside = Beside(database, self._config, self._to_do)
        return app

    def _end(self) -> None:
        """Called in each worker that ends in peace."""
        if self._beside is not None:
            self._beside.end()


def _let_go_now_and_then(_worker: object, asked: gunicorn.http.message.Request) -> None:
    if random.random() * ON_A_CONNECTION < 1:  # noqa: S311 - guessing it is of no use
        asked.force_close()


class Beside:
    """Webhooks are sent, and long work is done, each by a thread of the worker that has the lock
    for it. When that dies, however it dies, another worker gets the lock: what was on its way is
    sent again, and what was half done is done anew."""

    def __init__(self, database: Database, config: Config, to_do: Sequence[KeepDoing]) -> None:
        self._stop = threading.Event()
        self._threads = [
            threading.Thread(target=each, args=(database, config, self._stop), daemon=True)
            for each in to_do
        ]
        for thread in self._threads:
            thread.start()

    def end(self) -> None:
        """Let what is on its way arrive, and what is half done be put back."""
        self._stop.set()
        until = time.monotonic() + max(SECONDS, GRACE) + 2
        for thread in self._threads:
            thread.join(max(0.0, until - time.monotonic()))


def serve(
    config: Config,
    address: Address,
    *,
    workers: int,
    threads: int,
    beside: Sequence[KeepDoing],
    ready: Callable[[], None],
) -> None:
    """Serve until told to stop: SIGTERM lets requests end, an interrupt does not. Never returns.

    `beside`: what else is done, each by one of the workers.
    `ready` is called when the port is open. The caller has checked that the application can start.
    """
    gunicorn.http.wsgi.SERVER = "workbench"
    lines.install(config.log_format)
    settings = {
        "bind": address.bind,
        "workers": workers,
        "threads": threads,
        "worker_class": "gthread",
        "timeout": TIMEOUT_SECONDS,
        "graceful_timeout": GRACE_SECONDS,
        "keepalive": 15,
        "accesslog": None,
        "errorlog": "-",
        "loglevel": "warning",
        "logger_class": JsonLog if config.log_format == "json" else Log,
        "proc_name": "workbench",
        "control_socket_disable": True,
        # The application itself believes as many proxies as its settings say.
        "forwarded_allow_ips": "",
        "umask": 0o077,
        "when_ready": lambda _server: ready(),
    }
    if Path("/dev/shm").is_dir() and os.access("/dev/shm", os.W_OK):  # noqa: S108
        # A worker's sign of life must not wait for a disk.
        settings["worker_tmp_dir"] = "/dev/shm"  # noqa: S108
    Server(config, settings, beside).run()
