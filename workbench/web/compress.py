"""Pages, JSON and static files are compressed: reviewers work on home lines.

A page holds both secrets (the token of its forms) and what others wrote, and its compressed length
tells something of both (BREACH, CVE-2013-3587). So every compressed page carries a name of random
length in its gzip header, as Django's middleware does. Static files hold neither, and are packed
once, as tightly as it goes: with Brotli where the browser takes it.
"""

from __future__ import annotations

import gzip
import io
import secrets
from contextlib import closing
from functools import lru_cache
from pathlib import Path

import brotli
from flask import Flask, Response, request

#: Below this many bytes the header costs more than is won.
LEAST = 500
#: A page of the desk is 4 % longer than at 6, and packed in two thirds of the time.
LEVEL = 4
_TYPES = (
    "text/",
    "application/json",
    "application/x-ndjson",
    "application/javascript",
    "image/svg+xml",
)
_LONGEST_NAME = 100


def install(app: Flask) -> None:
    """Compress what the browser takes compressed."""
    app.after_request(_compressed)


def _compressed(response: Response) -> Response:
    if not (response.mimetype or "").startswith(_TYPES):
        return response
    response.vary.add("Accept-Encoding")
    small = response.content_length is not None and response.content_length < LEAST
    plain = "Content-Encoding" in response.headers or response.status_code in (204, 206, 304)
    is_file = request.endpoint == "static" and response.direct_passthrough
    encoding = request.accept_encodings.best_match(["br", "gzip"] if is_file else ["gzip"])
    if small or plain or encoding is None or (response.is_streamed and not is_file):
        return response
    if is_file:
        _as_static(response, encoding)
    else:
        response.set_data(_packed(response.get_data(), secrets.randbelow(_LONGEST_NAME)))
    response.headers["Content-Encoding"] = encoding
    return response


def _as_static(response: Response, encoding: str) -> None:
    """A file's bytes are packed once, for as long as it stays the same."""
    etag, _ = response.get_etag()
    response.direct_passthrough = False
    # Closed here and not when all is sent: where the line breaks before, nobody may come to it.
    with closing(response.response):  # type: ignore[type-var]
        body = response.get_data()
    response.set_data(_packed_file(Path(request.path).name, etag or "", encoding, body))
    # Weak: the same address has other bytes for who takes them uncompressed.
    response.set_etag(etag or "", weak=True)


@lru_cache(maxsize=400)
def _packed_file(_name: str, _etag: str, encoding: str, body: bytes) -> bytes:
    if encoding == "br":
        return bytes(brotli.compress(body, mode=brotli.MODE_TEXT))
    return _packed(body, 0)


def _packed(body: bytes, name_length: int) -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile("a" * name_length, "wb", LEVEL, packed, mtime=0) as file:
        file.write(body)
    return packed.getvalue()
