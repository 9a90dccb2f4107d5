"""A small OpenID provider that really listens: discovery, authorize, token and keys.

It keeps to the standard unless told otherwise, and checks what a client must send (PKCE, redirect
address, secret) by code that shares nothing with the product's.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa

CLIENT_ID, CLIENT_SECRET = "workbench test", "tinto: y páramo"


def _b64(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


@cache
def key(name: str) -> rsa.RSAPrivateKey:
    """An RSA key of that name, the same in the whole process: making one takes a while."""
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def public(name: str) -> dict[str, str]:
    """Its public half as a JWK."""
    numbers = key(name).public_key().public_numbers()
    n = numbers.n.to_bytes((numbers.n.bit_length() + 7) // 8, "big")
    return {"kty": "RSA", "use": "sig", "kid": name, "n": _b64(n), "e": "AQAB"}


@dataclass
class Provider:
    """What it does, and what was asked of it."""

    issuer: str = ""
    #: Who logs in there next, and what is put into the id token beside or in the place of the rest.
    subject: str = "sub-1"
    claims: dict[str, Any] = field(default_factory=dict)
    #: The name of the key that signs, and those that it publishes.
    signs: str = "one"
    published: list[str] = field(default_factory=lambda: ["one"])
    #: "none" or "HS256": how an attacker would sign.
    algorithm: str = "RS256"
    about: dict[str, Any] = field(default_factory=dict)
    #: Status of every answer but 200 where it is out of order.
    status: int = 200
    asked: list[str] = field(default_factory=list)
    _codes: dict[str, dict[str, str]] = field(default_factory=dict)

    def authorize(self, address: str) -> dict[str, str]:
        """What comes back of a person who logs in at the address that the browser was sent to."""
        parts = urlsplit(address)
        assert f"{parts.scheme}://{parts.netloc}{parts.path}" == f"{self.issuer}/authorize"
        asked = dict(parse_qsl(parts.query, strict_parsing=True))
        assert asked["response_type"] == "code"
        assert asked["client_id"] == CLIENT_ID
        assert "openid" in asked["scope"].split()
        assert asked["code_challenge_method"] == "S256"
        assert min(len(asked["state"]), len(asked["nonce"]), len(asked["code_challenge"])) >= 43
        code = secrets.token_urlsafe(16)
        self._codes[code] = asked
        return {"code": code, "state": asked["state"], "iss": self.issuer}

    def token(self, headers: Any, form: dict[str, str]) -> tuple[int, dict[str, Any]]:
        """The answer of the token endpoint; a code is good once."""
        pair = "workbench+test:tinto%3A+y+p%C3%A1ramo"
        if headers["Authorization"] != f"Basic {base64.b64encode(pair.encode()).decode()}":
            return 401, {"error": "invalid_client"}
        asked = self._codes.pop(form["code"], None)
        shown = _b64(hashlib.sha256(form["code_verifier"].encode()).digest())
        if asked is None or shown != asked["code_challenge"] \
                or form["redirect_uri"] != asked["redirect_uri"]:  # fmt: skip
            return 400, {"error": "invalid_grant"}
        claims = {
            "iss": self.issuer, "sub": self.subject, "aud": CLIENT_ID, "nonce": asked["nonce"],
            "iat": int(time.time()), "exp": int(time.time()) + 300, **self.claims,
        }  # fmt: skip
        signed = self._sign({name: value for name, value in claims.items() if value is not None})
        return 200, {"token_type": "Bearer", "access_token": "unused", "id_token": signed}

    def _sign(self, claims: dict[str, Any]) -> str:
        header = {"alg": self.algorithm, "kid": self.signs}
        text = ".".join(_b64(json.dumps(part).encode()) for part in (header, claims))
        if self.algorithm == "none":
            return f"{text}."
        if self.algorithm == "HS256":
            form = serialization.PublicFormat.SubjectPublicKeyInfo
            pem = key(self.signs).public_key().public_bytes(serialization.Encoding.PEM, form)
            mark = hmac.digest(pem, text.encode(), "sha256")
        else:
            mark = key(self.signs).sign(text.encode(), padding.PKCS1v15(), hashes.SHA256())
        return f"{text}.{_b64(mark)}"


class _Handler(BaseHTTPRequestHandler):
    provider: Provider

    def do_GET(self) -> None:
        mine = self.provider
        mine.asked.append(self.path)
        if self.path == "/.well-known/openid-configuration":
            self._answer(mine.status, {
                "issuer": mine.issuer,
                "authorization_endpoint": f"{mine.issuer}/authorize",
                "token_endpoint": f"{mine.issuer}/token",
                "jwks_uri": f"{mine.issuer}/keys",
                "authorization_response_iss_parameter_supported": True,
                **mine.about,
            })  # fmt: skip
        elif self.path == "/keys":
            self._answer(mine.status, {"keys": [public(name) for name in mine.published]})
        elif self.path.startswith("/authorize?"):
            asked = dict(parse_qsl(urlsplit(self.path).query))
            back = mine.authorize(mine.issuer + self.path)
            self.send_response(303)
            self.send_header("Location", f"{asked['redirect_uri']}?{urlencode(back)}")
            self.end_headers()
        else:
            self._answer(404, {})

    def do_POST(self) -> None:
        self.provider.asked.append(self.path)
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        self._answer(*self.provider.token(self.headers, dict(parse_qsl(body))))

    def _answer(self, status: int, values: dict[str, Any]) -> None:
        body = json.dumps(values).encode()
        self.send_response(status)
        if 300 <= status < 400:
            self.send_header("Location", f"{self.provider.issuer}/elsewhere")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Says nothing."""


@contextmanager
def providing() -> Iterator[Provider]:
    """A provider on a port of this machine."""
    provider = Provider()
    handler = type("Handler", (_Handler,), {"provider": provider})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    server.daemon_threads = True
    provider.issuer = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True)
    thread.start()
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
