"""One POST, to receivers of every manner."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from tests.support.mail_server import certificate
from tests.support.receiver import Receiver, receiving
from workbench.models import Why
from workbench.webhooks.post import Outcome, post

HERE = ("127.0.0.0/8", "::1/128")


def _post(url: str, **how: Any) -> Outcome:
    return post(url, b'{"a":1}', {"webhook-id": "x"}, networks=HERE, **how)


def test_what_arrives(receiver: Receiver) -> None:
    assert _post(f"{receiver.url}/hooks/one?key=a%20b") == Outcome(204, None)
    [got] = receiver.got
    assert got.path == "/hooks/one?key=a%20b"
    assert got.body == b'{"a":1}'
    assert got.headers["host"] == receiver.url.removeprefix("http://")
    assert got.headers["content-type"] == "application/json"
    assert got.headers["user-agent"].startswith("workbench/")


@pytest.mark.parametrize(
    ("status", "error"),
    [
        (200, None),
        (299, None),
        (301, Why.REDIRECT),
        (307, Why.REDIRECT),
        (400, Why.STATUS),
        (410, Why.STATUS),
        (500, Why.STATUS),
    ],
)
def test_only_2xx_counts_and_no_redirect_is_followed(
    receiver: Receiver, status: int, error: Why | None
) -> None:
    receiver.statuses = [status]
    assert _post(receiver.url) == Outcome(status, error)
    assert len(receiver.got) == 1


def test_one_that_hangs_is_left(receiver: Receiver) -> None:
    receiver.wait = 20
    began = time.monotonic()
    assert _post(receiver.url, seconds=0.5) == Outcome(None, Why.TIMEOUT)
    assert time.monotonic() - began < 5


def test_one_that_drips_is_left_though_there_is_always_another_byte(receiver: Receiver) -> None:
    receiver.manner = "drip"
    began = time.monotonic()
    assert _post(receiver.url, seconds=0.8) == Outcome(None, Why.TIMEOUT)
    assert time.monotonic() - began < 5


def test_a_body_without_an_end_is_not_read(receiver: Receiver) -> None:
    receiver.manner = "huge"
    began = time.monotonic()
    assert _post(receiver.url, seconds=9) == Outcome(204, None)
    assert time.monotonic() - began < 5


def test_one_that_hangs_up(receiver: Receiver) -> None:
    receiver.manner = "cut"
    assert _post(receiver.url) == Outcome(None, Why.CONNECTION)


def test_one_where_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    assert _post(f"http://127.0.0.1:{port}/") == Outcome(None, Why.CONNECTION)


def test_one_that_speaks_something_else() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def speak() -> None:
            line, _ = server.accept()
            line.sendall(b"220 mail.example ESMTP\r\n")
            line.recv(1000)
            line.close()

        thread = threading.Thread(target=speak, daemon=True)
        thread.start()
        found = _post(f"http://127.0.0.1:{server.getsockname()[1]}/")
        thread.join(10)
    assert found == Outcome(None, Why.CONNECTION)


def test_tls_is_checked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = certificate(tmp_path)
    with receiving(made) as receiver:
        assert _post(receiver.url) == Outcome(None, Why.TLS)
        assert receiver.got == []
        monkeypatch.setenv("SSL_CERT_FILE", str(made))
        assert _post(receiver.url) == Outcome(204, None)
        other = receiver.url.replace("127.0.0.1", "localhost")
        assert _post(other) == Outcome(None, Why.TLS), (
            "it is not the one that the certificate names"
        )
        assert len(receiver.got) == 1
