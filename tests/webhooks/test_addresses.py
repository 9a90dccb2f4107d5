"""Nobody reaches into the house by a webhook: by an address, a name, a spelling, or a redirect."""

from __future__ import annotations

import ipaddress
import socket
from typing import Any

import pytest

from tests.support.receiver import Receiver
from workbench.models import Why
from workbench.webhooks.addresses import NoAddress, Refused, is_open, resolve
from workbench.webhooks.post import Outcome, post

INNER = [
    "127.0.0.1", "127.8.8.8", "0.0.0.0",  # noqa: S104 - compared
    "10.0.0.1", "172.16.0.1", "192.168.1.1",
    "169.254.169.254", "100.64.0.1", "224.0.0.1", "255.255.255.255", "192.0.2.1", "240.0.0.1",
    "::1", "::", "fe80::1", "fd00::1", "fc00::1", "ff02::1", "::ffff:127.0.0.1",
    "::ffff:169.254.169.254", "64:ff9b::7f00:1", "2002:7f00:1::", "2001::1", "::127.0.0.1",
]  # fmt: skip
#: Ways of writing this machine that a resolver understands.
SPELLINGS = ["127.0.0.1", "127.1", "0x7f.1", "2130706433", "0", "localhost", "[::1]",
             "[::ffff:127.0.0.1]"]  # fmt: skip


def _answers(*addresses: str) -> Any:
    def getaddrinfo(_host: str, port: int, **_: Any) -> list[Any]:
        return [(2, 1, 6, "", (address, port)) for address in addresses]

    return getaddrinfo


@pytest.mark.parametrize("address", INNER)
def test_an_inner_address_is_closed(address: str) -> None:
    assert not is_open(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", ["8.8.8.8", "1.1.1.1", "2606:4700:4700::1111"])
def test_one_of_the_internet_is_open(address: str) -> None:
    assert is_open(ipaddress.ip_address(address))


def test_a_setting_opens_a_network_and_no_other() -> None:
    assert is_open(ipaddress.ip_address("10.20.1.2"), ("10.20.0.0/16",))
    assert is_open(ipaddress.ip_address("::ffff:10.20.1.2"), ("10.20.0.0/16",))
    assert not is_open(ipaddress.ip_address("10.21.1.2"), ("10.20.0.0/16",))
    assert not is_open(ipaddress.ip_address("fd00:1::2"), ("10.20.0.0/16",))


@pytest.mark.parametrize("host", SPELLINGS)
def test_no_spelling_of_this_machine_gets_through(receiver: Receiver, host: str) -> None:
    url = receiver.url.replace("127.0.0.1", host)
    assert post(url, b"{}", {}) == Outcome(None, Why.ADDRESS)
    assert receiver.got == []


def test_one_inner_address_among_others_is_enough_to_refuse(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", _answers("8.8.8.8", "127.0.0.1"))
    with pytest.raises(Refused):
        resolve("mixed.test", 80)


def test_a_name_that_points_elsewhere_when_asked_again_is_asked_once(
    monkeypatch: pytest.MonkeyPatch, receiver: Receiver
) -> None:
    asked: list[str] = []
    dialled: list[Any] = []

    def getaddrinfo(host: str, port: int, **_: Any) -> list[Any]:
        asked.append(host)
        return [(2, 1, 6, "", ("8.8.8.8" if len(asked) == 1 else "127.0.0.1", port))]

    def connect(place: Any, timeout: float | None = None) -> Any:
        dialled.append(place)
        raise ConnectionRefusedError

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    monkeypatch.setattr(socket, "create_connection", connect)
    port = int(receiver.url.rpartition(":")[2])
    assert post(f"http://rebinds.test:{port}/", b"{}", {}) == Outcome(None, Why.CONNECTION)
    assert asked == ["rebinds.test"]
    assert dialled == [("8.8.8.8", port)]
    assert receiver.got == []


@pytest.mark.parametrize("host", ["nowhere.invalid", "a" * 70 + ".example", "-"])
def test_a_name_without_an_address(host: str) -> None:
    with pytest.raises(NoAddress):
        resolve(host, 80)
