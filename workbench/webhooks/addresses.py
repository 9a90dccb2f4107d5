"""Which addresses webhooks are sent to: nobody may reach into the house by way of this server."""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Sequence

IPAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

#: IPv6 that carries an IPv4 address in it: NAT64, 6to4, Teredo, IPv4-compatible.
_CARRIERS = tuple(
    ipaddress.ip_network(net)
    for net in ("64:ff9b::/96", "64:ff9b:1::/48", "2002::/16", "2001::/32", "::/96")
)


class NoAddress(Exception):
    """The name has none."""


class Refused(Exception):
    """An address that nothing is sent to."""


def is_open(address: IPAddress, networks: Sequence[str] = ()) -> bool:
    """Whether it may be sent to: one of the internet, or of these networks."""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped is not None:
        address = address.ipv4_mapped
    if any(address in ipaddress.ip_network(net) for net in networks):
        return True
    # `is_global` holds for multicast and for what carries an inner IPv4 address.
    return (
        address.is_global
        and not address.is_multicast
        and not address.is_reserved
        and not any(address in net for net in _CARRIERS)
    )


def resolve(host: str, port: int, networks: Sequence[str] = ()) -> list[str]:
    """The addresses of that host, to be connected to as they are: a name that is looked up a second
    time may have others by then.

    Raises NoAddress; Refused if any of them may not be sent to.
    """
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        raise NoAddress(host) from None
    texts = list(dict.fromkeys(str(place[4][0]) for place in found))
    for text in texts:
        if not is_open(ipaddress.ip_address(text.partition("%")[0]), networks):
            raise Refused(text)
    return texts
