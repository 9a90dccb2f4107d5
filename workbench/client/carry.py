"""How calls travel over HTTP: what `Client` and `AsyncClient` share of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, BinaryIO

import httpx2

from workbench.client.exchange import Call, Reply
from workbench.client.problems import WorkbenchError

#: Seconds: until connected, and between two bytes. An import or a snapshot of a large project
#: says nothing until it is done.
_TIMEOUT = httpx2.Timeout(300.0, connect=10.0)

#: What a broken connection raises; an answer that cannot be unpacked is broken too.
BROKEN = (httpx2.TransportError, httpx2.DecodingError)


def settings(url: str | None, token: str | None, language: str) -> dict[str, Any]:
    """Settings of an HTTP client. Raises WorkbenchError where the address or token is not given."""
    address = url or os.environ.get("WORKBENCH_URL", "")
    shown = token or os.environ.get("WORKBENCH_TOKEN", "")
    if not address.startswith(("http://", "https://")):
        raise WorkbenchError("Give the server's address: url or WORKBENCH_URL, with https://")
    if not shown:
        raise WorkbenchError("Give a token: token or WORKBENCH_TOKEN")
    return {
        "base_url": f"{address.rstrip('/')}/api/v1/",
        "headers": {
            "Authorization": f"Bearer {shown}",
            "Accept-Language": language,
            "User-Agent": "workbench-client",
        },
        "timeout": _TIMEOUT,
    }


def request_of(call: Call) -> dict[str, Any]:
    """The arguments that make the request."""
    return {
        "method": call.method,
        "url": call.path,
        "params": dict(call.query),
        "headers": dict(call.headers),
        "content": call.content,
    }


def reply_of(answer: httpx2.Response, body: bytes) -> Reply:
    """The reply; the names of headers are in small letters."""
    return Reply(answer.status_code, _headers(answer.headers), body)


def _headers(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}


def broken(error: Exception) -> Reply:
    """The reply where the connection broke."""
    return Reply(0, {}, f"{type(error).__name__}: {error}".encode())


def opened(path: Path, status: int) -> BinaryIO:
    """Where the body goes: behind what is there, or in its place."""
    return path.open("ab" if status == 206 else "wb")
