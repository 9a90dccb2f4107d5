"""One reviewer's browser: what the desk's script would send, and nothing else."""

from __future__ import annotations

import gzip
import http.client
import re
from collections.abc import Callable
from contextlib import suppress
from urllib.parse import urlencode

import orjson

from tests.support.desk_page import HIDDEN, ITEM, answer_of

PROJECT = "/projects/main"
_ASSET = re.compile(r'(?:href|src)="(/static/[^"]+\.(?:css|js))"')
#: A reply that does not come by then has been lost.
PATIENCE = 60.0

#: Called around each request, with what it is for ("send", "next", ...): see `crowd.Log`.
Timed = Callable[[str, Callable[[], int]], int]


class Refused(Exception):
    """The server said something else than that it was done. The text has its status."""


def _untimed(_name: str, send: Callable[[], int]) -> int:
    return send()


class Desk:
    """A browser with cookies of its own, on the desk of the project `main`.

    Raises Refused where the server says anything but 200 or a redirect.
    """

    def __init__(self, port: int, cookie: str = "", timed: Timed = _untimed) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)
        self._cookie = cookie
        self._timed = timed
        self._body = ""
        self._token = self._page = self._following = ""

    def log_in(self, name: str, password: str) -> None:
        """By the form, with what its page needs."""
        self._send("log-in page", "GET", "/login")
        for asset in dict.fromkeys(_ASSET.findall(self._body)):
            self._send("asset", "GET", asset)
        form = {**dict(HIDDEN.findall(self._body)), "name": name, "password": password}
        self._send("log-in page", "GET", "/login")
        form |= dict(HIDDEN.findall(self._body))
        self._send("log-in", "POST", "/login", form)

    def open(self) -> None:
        """The desk, its first item, and the one after it, which is fetched ahead."""
        self._send("desk", "GET", f"{PROJECT}/desk")
        self._token = dict(HIDDEN.findall(self._body))["csrf_token"]
        self._send("next", "POST", f"{PROJECT}/desk/next", {"csrf_token": self._token})
        self._page = self._body
        self._ahead("upcoming", f"{PROJECT}/desk/upcoming", {"showing": _item(self._page)})

    def submit(self) -> None:
        """Judge the item at hand, and go on with the one that was kept ready."""
        path, form = answer_of(self._page)
        following = self._following
        self._ahead("send", path, {**form, "pair": "0>1:2", "showing": _item(following)})
        self._page = following

    def _ahead(self, name: str, path: str, form: dict[str, str]) -> None:
        self._send(name, "POST", path, {**form, "csrf_token": self._token}, "application/json")
        self._following = orjson.loads(self._body)["upcoming"]

    def _send(self, name: str, method: str, path: str, form: dict[str, str] | None = None,
              accept: str = "text/html") -> None:  # fmt: skip
        headers = {"Accept": accept, "Accept-Encoding": "gzip", "Cookie": self._cookie}
        if form is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        if path.startswith(f"{PROJECT}/desk/"):
            headers["HX-Request"] = "true"
        body = urlencode(form) if form is not None else None
        status = self._timed(name, lambda: self._exchange(method, path, body, headers))
        if status not in {200, 303}:
            raise Refused(f"{method} {path}: {status} {self._body[:300]!r}")

    def _exchange(self, method: str, path: str, body: str | None, headers: dict[str, str]) -> int:
        try:
            self._connection.request(method, path, body, headers)
            reply = self._connection.getresponse()
            read = reply.read()
        except (OSError, http.client.HTTPException):
            with suppress(OSError):
                self._connection.close()
            raise
        compressed = reply.headers["Content-Encoding"] == "gzip"
        self._body = (gzip.decompress(read) if compressed else read).decode()
        cookie = reply.headers.get("Set-Cookie")
        if cookie:
            self._cookie = cookie.partition(";")[0]
        return reply.status


def _item(html: str) -> str:
    found = ITEM.search(html)
    if found is None:
        raise Refused(f"no item on the page: {html[:300]!r}")
    return found[1]
