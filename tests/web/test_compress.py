"""What goes over a home line is compressed, and says so."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable
from pathlib import Path

import brotli
import pytest
from flask.testing import FlaskClient

from tests.cast import Cast
from tests.web.conftest import ClientFor
from workbench.web.request import WorkbenchFlask

GZIP = {"Accept-Encoding": "gzip, br"}


@pytest.fixture
def client(app: WorkbenchFlask) -> FlaskClient:
    return app.test_client()


def test_a_page_is_compressed_for_who_takes_it(client: FlaskClient) -> None:
    plain, packed = client.get("/login"), client.get("/login", headers=GZIP)
    assert "Content-Encoding" not in plain.headers
    assert packed.headers["Content-Encoding"] == "gzip"
    assert "Accept-Encoding" in packed.headers["Vary"]
    assert len(packed.data) < len(plain.data) / 2
    assert b"<title>" in gzip.decompress(packed.data)
    assert int(packed.headers["Content-Length"]) == len(packed.data)


def test_the_length_of_a_page_tells_nothing_of_what_is_in_it(client: FlaskClient) -> None:
    lengths = {len(client.get("/login", headers=GZIP).data) for _ in range(20)}
    assert max(lengths) - min(lengths) > 10


@pytest.mark.parametrize(
    ("accepted", "sent", "unpack"),
    [
        ("gzip, deflate, br, zstd", "br", brotli.decompress),
        ("gzip", "gzip", gzip.decompress),
        ("br;q=0, gzip", "gzip", gzip.decompress),
    ],
)
def test_a_file_is_compressed_and_asked_for_again_only_when_it_changed(
    client: FlaskClient, accepted: str, sent: str, unpack: Callable[[bytes], bytes]
) -> None:
    path, takes = "/static/vendor/htmx-4.0.1.min.js", {"Accept-Encoding": accepted}
    plain, packed = client.get(path), client.get(path, headers=takes)
    assert packed.headers["Content-Encoding"] == sent
    assert unpack(packed.data) == plain.data
    etag = packed.headers["ETag"]
    again = client.get(path, headers={**takes, "If-None-Match": etag})
    assert (again.status_code, again.data) == (304, b"")
    assert client.get(path, headers=takes).data == packed.data


def test_what_is_small_or_no_text_goes_as_it_is(client: FlaskClient) -> None:
    for path in ("/health", "/session"):
        assert "Content-Encoding" not in client.get(path, headers=GZIP).headers


def test_the_page_behind_the_log_in_is_compressed_too(cast: Cast, client_for: ClientFor) -> None:
    page = client_for(cast.edu).get("/projects/main/data", headers=GZIP)
    assert page.headers["Content-Encoding"] == "gzip"
    assert page.headers["Cache-Control"] == "no-store"


def test_a_file_that_there_is_not_is_no_file_to_compress(client: FlaskClient) -> None:
    assert client.get("/static/nothing.css", headers=GZIP).status_code == 404


@pytest.mark.skipif(sys.platform != "linux", reason="reads what is open from /proc")
def test_a_file_is_closed_before_it_is_sent(client: FlaskClient) -> None:
    reply = client.get("/static/vendor/htmx-4.0.1.min.js", headers=GZIP, buffered=False)
    assert reply.status_code == 200
    opened = [link.readlink().name for link in Path("/proc/self/fd").iterdir() if link.is_symlink()]
    reply.close()
    assert "htmx-4.0.1.min.js" not in opened
