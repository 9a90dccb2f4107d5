"""Where to go on after a form: on this server, whatever the form says."""

from __future__ import annotations

from urllib.parse import urlsplit

from flask import url_for


def local_path(address: str | None) -> str:
    """`address` when it is a path on this server, else the home page."""
    home = url_for("home.index")
    if not address or not address.startswith("/"):
        return home
    if address.startswith(("//", "/\\")) or any(ord(c) < 33 or c == "\\" for c in address):
        return home
    parts = urlsplit(address)
    return home if parts.scheme or parts.netloc else address
