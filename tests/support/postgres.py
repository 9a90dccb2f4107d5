"""A real PostgreSQL for tests: find its programs, start a throw-away server, make databases in it.

    with running_server() as server:
        url = fresh_database(server)                       # empty
        url = fresh_database(server, template="migrated")  # a copy of another one, in milliseconds

Each test process has its own server, so that parallel workers share nothing. The server is the
child of a keeper, a process of its own that stops it and deletes its files as soon as the test
process is gone, even killed.

`python -m tests.support.postgres` installs PostgreSQL where it can. `WORKBENCH_POSTGRES` names the
folder of its programs.
"""

from __future__ import annotations

import contextlib
import os
import pwd
import re
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path

import psycopg
from psycopg import sql

from tests.support import debian

ROOT = Path(__file__).resolve().parents[2]
PLACES = (
    "/usr/lib/postgresql/*/bin",
    "/usr/pgsql-*/bin",
    "/opt/homebrew/opt/postgresql*/bin",
    "/usr/local/opt/postgresql*/bin",
)
USER = "workbench"
START_ATTEMPTS = 3
START_SECONDS = 60.0
STOP_SECONDS = 10.0
#: How it is told to stop: with what was asked ended, or like a machine that loses its power.
STOPS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT}

#: What is written is on disk, as in production; the rest is small, since a test's data is.
SETTINGS = {
    "fsync": "on",
    "synchronous_commit": "on",
    "shared_buffers": "16MB",
    "max_connections": "100",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "max_wal_size": "128MB",
    "min_wal_size": "32MB",
    "timezone": "UTC",
    "log_min_messages": "warning",
    "listen_addresses": "127.0.0.1",
}

_numbers = count(1)


@dataclass(frozen=True)
class Server:
    """A running server. `url_prefix` is a SQLAlchemy URL that only lacks a database's name."""

    port: int
    password: str
    keeper: subprocess.Popen[str] | None = field(default=None, compare=False, repr=False)

    def restart(self, how: str) -> None:
        """Stop it, in mode `fast` or `immediate`, and start it again on the same port.

        Raises:
            RuntimeError: it did not come up again.
        """
        assert self.keeper is not None
        assert self.keeper.stdin is not None
        assert self.keeper.stdout is not None
        print(how, file=self.keeper.stdin, flush=True)
        if self.keeper.stdout.readline() != "up\n":
            raise RuntimeError("PostgreSQL did not come up again")

    @property
    def url_prefix(self) -> str:
        return f"postgresql+psycopg://{USER}:{self.password}@127.0.0.1:{self.port}/"

    def connect(self, database: str = "postgres") -> psycopg.Connection[tuple[object, ...]]:
        """A connection of the superuser, in autocommit."""
        return psycopg.connect(
            host="127.0.0.1",
            port=self.port,
            user=USER,
            password=self.password,
            dbname=database,
            autocommit=True,
        )


def find() -> Path | None:
    """The folder of PostgreSQL's server programs, of the newest version where there are several."""
    named = os.environ.get("WORKBENCH_POSTGRES")
    if named:
        return Path(named) if _has_server(Path(named)) else None
    on_path = shutil.which("initdb")
    known = [Path(on_path).resolve().parent] if on_path else []
    for pattern in PLACES:
        known += sorted(Path("/").glob(pattern.lstrip("/")), key=_version, reverse=True)
    return next((folder for folder in known if _has_server(folder)), None)


def _has_server(folder: Path) -> bool:
    return all(os.access(folder / name, os.X_OK) for name in ("initdb", "postgres"))


def _version(folder: Path) -> tuple[int, ...]:
    return tuple(int(digits) for digits in re.findall(r"\d+", str(folder)))


@contextlib.contextmanager
def running_server(environ: Mapping[str, str] | None = None) -> Iterator[Server]:
    """A throw-away server on a free loopback port, gone when the block ends. `environ` is added
    to its environment.

    Raises:
        RuntimeError: there is no PostgreSQL here (ask `find` first), or it did not start.
    """
    keeper = subprocess.Popen(
        [sys.executable, "-m", "tests.support.postgres", "--keep"],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
        env={**os.environ, **(environ or {})},
        start_new_session=True,  # an interrupt from the keyboard is not for the keeper
    )
    assert keeper.stdin is not None
    assert keeper.stdout is not None
    try:
        answer = keeper.stdout.readline().split()
        if len(answer) != 2:
            raise RuntimeError("PostgreSQL did not start; its own words are above")
        yield Server(int(answer[0]), answer[1], keeper)
    finally:
        keeper.stdin.close()  # which tells the keeper to stop
        keeper.wait()
        keeper.stdout.close()


def fresh_database(server: Server, template: str = "template1") -> str:
    """Make a database, a copy of `template`, and return its SQLAlchemy URL.

    Nobody may be connected to `template` at that moment.
    """
    name = f"test_{os.getpid()}_{next(_numbers)}"
    with server.connect() as connection:
        # Copying files is twice as fast as logging them, and older servers know no other way.
        how = sql.SQL("STRATEGY FILE_COPY" if connection.info.server_version >= 150_000 else "")
        statement = sql.SQL("CREATE DATABASE {} TEMPLATE {} {}")
        connection.execute(statement.format(sql.Identifier(name), sql.Identifier(template), how))
    return server.url_prefix + name


def drop_database(server: Server, url: str) -> None:
    """Delete the database of `url`, with whoever is still connected to it."""
    statement = sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)")
    with server.connect() as connection:
        connection.execute(statement.format(sql.Identifier(database_name(url))))


def database_name(url: str) -> str:
    """The database that `url` names: what `fresh_database` takes as `template`."""
    return url.rpartition("/")[2]


# What follows runs in the keeper.


def keep() -> int:
    """Start a server, print its port and password, and stop it when standard input ends. A line
    there has it start again."""
    programs = find()
    if programs is None:
        print("no PostgreSQL: python -m tests.support.postgres installs one", file=sys.stderr)
        return 1
    owner = _owner()
    home = Path(tempfile.mkdtemp(prefix="workbench-pg-", dir=_place(owner)))
    try:
        if owner is not None:
            shutil.chown(home, owner, None)
        password = secrets.token_hex(16)
        _make_cluster(programs, home, password, owner)
        process, port = _start(programs, home, password, owner)
        try:
            print(port, password, flush=True)
            for line in sys.stdin:
                _stop(process, STOPS[line.strip()])
                process, port = _start(programs, home, password, owner, port)
                print("up", flush=True)
        finally:
            _stop(process)
    finally:
        shutil.rmtree(home, ignore_errors=True)
    return 0


def _place(owner: str | None) -> str:
    """The folder for temporary files, in memory where `make test` found room; else /tmp, where its
    path is too long for a socket or closed to the server's user."""
    folder = Path(tempfile.gettempdir()).resolve()
    is_open = all(each.stat().st_mode & stat.S_IXOTH for each in (folder, *folder.parents))
    return str(folder) if len(str(folder)) < 60 and (owner is None or is_open) else "/tmp"


def _owner() -> str | None:
    """Whom the server runs as: PostgreSQL refuses root, so a user who may do nothing else."""
    if os.geteuid() != 0:
        return None
    users = {user.pw_name for user in pwd.getpwall()}
    return "postgres" if "postgres" in users else "nobody"


def _make_cluster(programs: Path, home: Path, password: str, owner: str | None) -> None:
    secret = home / "password"
    secret.write_text(password)
    secret.chmod(0o600)
    if owner is not None:
        shutil.chown(secret, owner, None)
    locale = "C.UTF-8" if sys.platform == "linux" else "en_US.UTF-8"
    command = [
        *(str(programs / "initdb"), "-D", str(home / "data"), "-U", USER),
        *("--no-sync", "--encoding=UTF8", f"--locale={locale}"),
        *("--auth=scram-sha-256", f"--pwfile={secret}"),
    ]
    subprocess.run(command, check=True, stdout=subprocess.DEVNULL, user=owner, cwd=home)
    secret.unlink()


def _start(
    programs: Path, home: Path, password: str, owner: str | None, port: int = 0
) -> tuple[subprocess.Popen[bytes], int]:
    """Start on that port, or on a free one; on another one, if somebody took it meanwhile."""
    settings = [f"--{name}={value}" for name, value in SETTINGS.items()]
    log = home / "log"
    for _ in range(START_ATTEMPTS):
        port = port or _free_port()
        command = [str(programs / "postgres"), "-D", str(home / "data"), "-p", str(port)]
        with log.open("ab") as out:
            process = subprocess.Popen(
                [*command, "-k", str(home), *settings], stdout=out, stderr=out, user=owner, cwd=home
            )
        if _is_up(process, Server(port, password)):
            return process, port
        _stop(process)
        port = 0
    print(log.read_text(errors="replace"), file=sys.stderr)
    raise RuntimeError("PostgreSQL did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def _is_up(process: subprocess.Popen[bytes], server: Server) -> bool:
    """Wait until the server takes connections. False when it ended, or took too long."""
    deadline = time.monotonic() + START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(psycopg.OperationalError):
            server.connect().close()
            return True
        time.sleep(0.05)
    return False


def _stop(process: subprocess.Popen[bytes], first: signal.Signals = signal.SIGQUIT) -> None:
    """Immediate shutdown, which writes nothing: the data goes anyway; then the harder way."""
    for how in (first, signal.SIGKILL):
        if process.poll() is not None:
            return
        process.send_signal(how)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(STOP_SECONDS)


def main() -> int:
    if find() is None and debian.installable() and not os.environ.get("WORKBENCH_POSTGRES"):
        debian.install("postgresql")
    programs = find()
    if programs is None:
        remedy = (
            "Install the PostgreSQL server, or name the folder of initdb in WORKBENCH_POSTGRES."
        )
        return debian.report_missing("PostgreSQL", "TESTS ON POSTGRESQL", remedy)
    print(f"PostgreSQL: {programs}")
    return 0


if __name__ == "__main__":
    sys.exit(keep() if sys.argv[1:] == ["--keep"] else main())
