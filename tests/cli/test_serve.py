"""Serving for real: `demo` and `serve` as processes of their own."""

# ruff: noqa: S104 - addresses are read here, and none is listened on

from __future__ import annotations

import contextlib
import http.client
import os
import re
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from http.cookiejar import CookieJar
from pathlib import Path

import pytest
from sqlalchemy import func, select

from tests.cli.conftest import call, good, refused
from tests.conftest import NewUrl
from workbench.config import ConfigError
from workbench.db import Database, now
from workbench.models import Assignment, Item, Judgment, Project, User
from workbench.serve import Address, check_free, https_setting, parse_bind
from workbench.services import accounts

ROOT = Path(__file__).parents[2]
PEOPLE = ("revisora-es", "reviewer-en", "lider", "ingeniera")


class Running:
    """A `workbench` that serves, and what it has printed."""

    def __init__(self, process: subprocess.Popen[str], log: Path) -> None:
        self.process = process
        self.log = log

    @property
    def printed(self) -> str:
        return self.log.read_text()

    @property
    def url(self) -> str:
        """Waits until it says that it is there."""
        deadline = time.monotonic() + 90
        while time.monotonic() < deadline and self.process.poll() is None:
            found = re.search(r"Workbench is at (\S+)", self.printed)
            if found:
                return found[1]
            time.sleep(0.1)
        pytest.fail(f"it does not serve: {self.printed}")

    def stop(self) -> int:
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)


@pytest.fixture
def new_home(tmp_path: Path, new_url: NewUrl, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where nothing is yet, with the address of a database that is empty."""
    home = tmp_path / "home"
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", new_url(home))
    return home


def _database(key: str) -> Database:
    return Database(os.environ["WORKBENCH_DATABASE_URL"], key=key)


@contextlib.contextmanager
def running(home: Path, *words: str) -> Iterator[Running]:
    """`workbench WORDS` on a free port until the block ends."""
    environ = {
        name: value
        for name, value in os.environ.items()
        if "WORKBENCH" not in name or name == "WORKBENCH_DATABASE_URL"
    }
    log = home.parent / f"{home.name}.log"
    with log.open("w") as out:
        process = subprocess.Popen(
            [sys.executable, "-m", "workbench.cli", "--home", str(home), *words],
            stdout=out,
            stderr=subprocess.STDOUT,
            text=True,
            cwd=ROOT,
            env=environ,
        )
    try:
        yield Running(process, log)
    finally:
        if process.poll() is None:
            process.terminate()
        process.wait(60)


def _log_in(url: str, name: str, password: str) -> str:
    """The page that a person comes to; the log-in form again if that is not their password."""
    browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
    with browser.open(f"{url}/login") as page:
        token = re.findall(r'name="csrf_token" value="([^"]+)"', page.read().decode())[0]
    form = {"csrf_token": token, "name": name, "password": password}
    browser.addheaders = [("Sec-Fetch-Site", "same-origin")]
    try:
        with browser.open(f"{url}/login", urllib.parse.urlencode(form).encode()) as page:
            return str(page.url)
    except urllib.error.HTTPError as error:
        error.close()
        return f"{error.code}"


def _passwords(printed: str) -> dict[str, str]:
    return {name: re.findall(rf"^  {name} +(\S+)", printed, re.MULTILINE)[-1] for name in PEOPLE}


def _counts(database: Database) -> tuple[int, ...]:
    with database.read() as session:
        return tuple(
            session.scalar(select(func.count()).select_from(table)) or 0
            for table in (Project, Item, Judgment, Assignment)
        )


@pytest.mark.slow
def test_the_demo_lets_four_people_in_and_keeps_everything_for_a_second_run(
    new_home: Path,
) -> None:
    with running(new_home, "demo", "--bind", "127.0.0.1:0") as first:
        url = first.url
        old = _passwords(first.printed)
        for name, password in old.items():
            assert _log_in(url, name, password) == f"{url}/", name
        assert first.stop() == 0
    database = _database("k")
    counts = _counts(database)
    assert counts[:3] == (9, 1110, 2541)
    with running(new_home, "demo", "--bind", "127.0.0.1:0") as second:
        url = second.url
        new = _passwords(second.printed)
        assert set(new.values()).isdisjoint(old.values())
        assert _log_in(url, "lider", new["lider"]) == f"{url}/"
        assert _log_in(url, "lider", old["lider"]) == "401"
        assert "items," not in second.printed
    assert _counts(database) == counts
    database.dispose()
    assert good(call("--home", str(new_home), "verify")) == "Everything is as it must be.\n"


def _closings(port: int, of: int) -> int:
    """After how many of so many good replies the server closed the connection, and had said so."""
    line, closed = http.client.HTTPConnection("127.0.0.1", port, timeout=60), 0
    for _ in range(of):
        line.request("GET", "/health")
        with line.getresponse() as reply:
            assert reply.status == 200
            closed += reply.will_close
            reply.read()
    line.close()
    return closed


@pytest.mark.slow
def test_serving_tells_no_more_than_it_must_and_ends_well(new_home: Path) -> None:
    good(call("--home", str(new_home), "init"))
    with running(new_home, "serve", "--bind", "127.0.0.1:0", "--workers", "1") as server:
        with urllib.request.urlopen(f"{server.url}/login") as page:  # noqa: S310 - our own
            assert page.headers["Server"] == "workbench"
            assert "Secure" not in page.headers["Set-Cookie"]
        port = urllib.parse.urlsplit(server.url).port
        # So that browsers come to another process some time, of which one is at rest.
        assert 0 < _closings(port or 0, of=300) < 60
        said = refused(call("--home", str(new_home), "serve", "--bind", f"127.0.0.1:{port}"), 1)
        assert "Address already in use" in said
        assert server.stop() == 0
    assert "Traceback" not in server.printed


def test_a_busy_port_is_told_before_anything_is_made(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        bind = f"127.0.0.1:{other.getsockname()[1]}"
        said = refused(call("--home", str(tmp_path / "home"), "demo", "--bind", bind), 1)
    assert "already in use" in said
    assert "--bind" in said
    assert not (tmp_path / "home").exists()


def test_the_demo_leaves_an_installation_in_use_alone(new_home: Path) -> None:
    good(call("--home", str(new_home), "init"))
    database = _database((new_home / "secret.key").read_text().strip())
    with database.write() as session:
        at = now(session)
        user = accounts.create_user(session, name="lider", role="lead", now=at)
        accounts.set_password(session, user, "hash", at, actor=None)
    result = call("--home", str(new_home), "demo", "--bind", "127.0.0.1:0")
    assert result.exit_code == 1
    assert "in use" in result.stderr
    with database.read() as session:
        assert session.scalars(select(Project)).all() == []
        found = session.scalars(select(User.password_hash).where(User.name == "lider")).one()
    database.dispose()
    assert found == "hash"


def test_serving_what_is_not_set_up_ends_with_2(tmp_path: Path) -> None:
    words = ("--home", str(tmp_path / "home"), "serve", "--bind", "127.0.0.1:0")
    assert "workbench init" in refused(call(*words), 2)


@pytest.mark.parametrize(
    ("text", "host", "port"),
    [
        ("127.0.0.1:8000", "127.0.0.1", 8000),
        ("localhost:80", "localhost", 80),
        ("[::1]:8000", "::1", 8000),
        (":8000", "0.0.0.0", 8000),
    ],
)
def test_an_address_is_a_host_and_a_port(text: str, host: str, port: int) -> None:
    assert parse_bind(text) == Address(host, port)


@pytest.mark.parametrize(
    "text", ["", "8000", "host", "host:", "host:x", "::1:80", "h:70000", "unix:/x", "a b:80"]
)
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="HOST:PORT"):
        parse_bind(text)


def test_port_0_becomes_a_free_one() -> None:
    address = check_free(Address("127.0.0.1", 0))
    assert address.port > 1023
    assert address.url == f"http://localhost:{address.port}"


@pytest.mark.parametrize(
    ("host", "url"),
    [
        ("127.0.0.1", "http://localhost:80"),
        ("::1", "http://localhost:80"),
        ("0.0.0.0", "http://localhost:80"),
        ("127.0.0.2", "http://127.0.0.2:80"),
        ("judge.example.org", "http://judge.example.org:80"),
    ],
)
def test_what_is_printed_is_an_address_where_passkeys_work(host: str, url: str) -> None:
    assert Address(host, 80).url == url


@pytest.mark.parametrize(
    ("host", "environ", "https"),
    [
        ("127.0.0.1", {}, False),
        ("127.8.8.8", {}, False),
        ("::1", {}, False),
        ("localhost", {}, False),
        ("0.0.0.0", {}, True),
        ("192.0.2.1", {}, True),
        ("workbench.example", {}, True),
        ("0.0.0.0", {"WORKBENCH_HTTPS": "off"}, None),
        ("127.0.0.1", {"WORKBENCH_HTTPS": "on"}, None),
    ],
)
def test_cookies_are_for_https_alone_wherever_others_can_listen(
    host: str, environ: dict[str, str], https: bool | None
) -> None:
    assert https_setting(Address(host, 8000), environ) is https
