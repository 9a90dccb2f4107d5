"""Pages, JSON and static files are compressed: reviewers work on home lines.

A page holds both secrets (the token of its forms) and what others wrote, and its compressed length
tells something of both (BREACH, CVE-2013-3587). So every compressed page carries a name of random
length in its gzip header, as Django's middleware does.
"""

from __future__ import annotations

import gzip
import io
import secrets
from contextlib import closing
from functools import lru_cache
from pathlib import Path

from flask import Flask, Response, request

#: Below this many bytes the header costs more than is won.
LEAST = 500
LEVEL = 6
_TYPES = ("text/", "application/json", "application/javascript", "image/svg+xml")
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
    if small or plain or not request.accept_encodings["gzip"]:
        return response
    if request.endpoint == "static" and response.direct_passthrough:
        _as_static(response)
    elif not response.is_streamed:
        response.set_data(_packed(response.get_data(), secrets.randbelow(_LONGEST_NAME)))
    else:
        return response
    response.headers["Content-Encoding"] = "gzip"
    return response


def _as_static(response: Response) -> None:
    """A file's bytes are packed once, for as long as it stays the same."""
    etag, _ = response.get_etag()
    response.direct_passthrough = False
    # Closed here and not when all is sent: where the line breaks before, nobody may come to it.
    with closing(response.response):  # type: ignore[type-var]
        body = response.get_data()
    response.set_data(_packed_file(Path(request.path).name, etag or "", body))
    # Weak: the same address has other bytes for who takes them uncompressed.
    response.set_etag(etag or "", weak=True)


@lru_cache(maxsize=200)
def _packed_file(_name: str, _etag: str, body: bytes) -> bytes:
    return _packed(body, 0)


def _packed(body: bytes, name_length: int) -> bytes:
    packed = io.BytesIO()
    with gzip.GzipFile("a" * name_length, "wb", LEVEL, packed, mtime=0) as file:
        file.write(body)
    return packed.getvalue()
