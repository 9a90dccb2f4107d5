"""Asking the provider: what it is like, who stands behind a code, and which keys it signs with.

Only hosts that are named in the settings are asked, by the guard of webhooks: at an address that
was checked, within a time, with no redirect followed.
"""

from __future__ import annotations

import http.client
import json
import threading
import time
from base64 import b64encode
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote_plus, urlencode, urlsplit

from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from workbench.config import Config
from workbench.provider.id_token import UnknownKey, Untrue, Verified, verify
from workbench.provider.trip import Trip
from workbench.webhooks.addresses import NoAddress, Refused
from workbench.webhooks.post import Ask, fetch

#: Seconds until what the provider says of itself, and its keys, are asked for again.
MAX_AGE = 3600.0
#: Seconds between two looks for a key that is not known: anybody may send a token that names one.
BETWEEN_LOOKS = 30.0
#: Seconds in which it is not asked again after it did not answer: each who waits holds a thread.
AFTER_FAILURE = 5.0
#: Bytes of an answer, and seconds for it.
MOST, SECONDS = 256 * 1024, 8.0


class Unreachable(Exception):
    """There was no answer, or none that can be used. The text is for the log."""


class Provider:
    """The provider of the settings, and what a process remembers of it."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self._lock = threading.Lock()
        self._about: tuple[float, dict[str, Any]] | None = None
        self._keys: tuple[float, KeySet] | None = None
        self._away_until = 0.0

    # --- the two steps ----------------------------------------------------------------------

    def address(self, trip: Trip, back: str) -> str:
        """Where the browser goes to log in; `back`: where it is sent on to. Raises Unreachable."""
        start = self._endpoint("authorization_endpoint")
        asked = {
            "response_type": "code",
            "client_id": self._config.oidc_client_id,
            "redirect_uri": back,
            "scope": "openid",
            "state": trip.state,
            "nonce": trip.nonce,
            "code_challenge": trip.challenge,
            "code_challenge_method": "S256",
        }
        return f"{start}{'&' if urlsplit(start).query else '?'}{urlencode(asked)}"

    def identify(self, trip: Trip, back: str, code: str, iss: str | None) -> Verified:
        """Who stands behind the code that came back; `iss`: who it came from, as the address said.

        Raises Unreachable, Untrue.
        """
        about = self._read_about()
        wanted = about.get("authorization_response_iss_parameter_supported") is True
        if iss != self._config.oidc_issuer and (iss is not None or wanted):  # RFC 9207
            raise Untrue("it came from another issuer, or does not say from which")
        token = self._redeem(trip, back, code)
        try:
            return self._verify(token, trip, self._read_keys())
        except UnknownKey:
            return self._verify(token, trip, self._read_keys(BETWEEN_LOOKS))

    def _verify(self, token: str, trip: Trip, keys: KeySet) -> Verified:
        config = self._config
        return verify(
            token, keys, issuer=config.oidc_issuer, client_id=config.oidc_client_id,
            nonce=trip.nonce,
        )  # fmt: skip

    def _redeem(self, trip: Trip, back: str, code: str) -> str:
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "code_verifier": trip.verifier,
        }
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        secret, client_id = self._config.read_oidc_secret(), self._config.oidc_client_id
        ways = self._read_about().get("token_endpoint_auth_methods_supported")
        if secret and (not isinstance(ways, list) or "client_secret_basic" in ways):
            pair = f"{quote_plus(client_id)}:{quote_plus(secret)}".encode()
            headers["Authorization"] = f"Basic {b64encode(pair).decode()}"
        else:
            form["client_id"] = client_id
            if secret:
                form["client_secret"] = secret
        status, answer = self._ask(
            Ask("POST", self._endpoint("token_endpoint"), urlencode(form).encode(), headers)
        )
        token = answer.get("id_token")
        if status != 200 or not isinstance(token, str):
            raise Untrue(f"the code was not redeemed: status {status}")
        return token

    # --- what is remembered -----------------------------------------------------------------

    def _read_about(self) -> dict[str, Any]:
        """What the provider says of itself (OpenID Connect Discovery 1.0)."""
        with self._lock:
            if self._about is None or time.monotonic() - self._about[0] > MAX_AGE:
                issuer = self._config.oidc_issuer
                found = self._get(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
                if found.get("issuer") != issuer:
                    raise Unreachable("it says that it is another issuer")
                self._about = time.monotonic(), found
            return self._about[1]

    def _read_keys(self, max_age: float = MAX_AGE) -> KeySet:
        address = self._endpoint("jwks_uri")
        with self._lock:
            if self._keys is None or time.monotonic() - self._keys[0] > max_age:
                found = self._get(address)
                try:
                    keys = KeySet.import_key_set({"keys": _for_signatures(found)})
                except (JoseError, ValueError, TypeError, KeyError):
                    raise Unreachable("its keys cannot be read") from None
                self._keys = time.monotonic(), keys
            return self._keys[1]

    def _endpoint(self, name: str) -> str:
        """An address that the provider gives; held to the hosts of the settings."""
        address = self._read_about().get(name)
        issuer = urlsplit(self._config.oidc_issuer)
        parts = urlsplit(address if isinstance(address, str) else "")
        if parts.scheme != issuer.scheme or parts.netloc not in {
            issuer.netloc, *self._config.oidc_hosts,
        }:  # fmt: skip
            raise Unreachable(f"{name} is on a host that is not among WORKBENCH_OIDC_HOSTS")
        return parts.geturl()

    # --- one request ------------------------------------------------------------------------

    def _get(self, address: str) -> dict[str, Any]:
        """Under the lock."""
        if time.monotonic() < self._away_until:
            raise Unreachable("it did not answer a moment ago")
        try:
            return self._get_object(address)
        except Unreachable:
            self._away_until = time.monotonic() + AFTER_FAILURE
            raise

    def _get_object(self, address: str) -> dict[str, Any]:
        status, found = self._ask(Ask("GET", address, None, {}))
        if status != 200:
            raise Unreachable(f"{urlsplit(address).path}: status {status}")
        return found

    def _ask(self, ask: Ask) -> tuple[int, dict[str, Any]]:
        """(status, the object that was answered). Raises Unreachable."""
        headers: Mapping[str, str] = {"Accept": "application/json", **ask.headers}
        ask = Ask(ask.method, ask.url, ask.body, headers)
        networks = self._config.oidc_networks
        try:
            status, body = fetch(ask, most=MOST, networks=networks, seconds=SECONDS)
            found = json.loads(body) if status == 200 else {}
        except (NoAddress, Refused, OSError, http.client.HTTPException, ValueError,
                RecursionError) as error:  # fmt: skip
            raise Unreachable(f"{urlsplit(ask.url).path}: {type(error).__name__}") from None
        if not isinstance(found, dict):
            raise Unreachable(f"{urlsplit(ask.url).path}: no object")
        return status, found


def _for_signatures(found: dict[str, Any]) -> list[Any]:
    """The keys that may sign; others, and secret ones, are passed over."""
    keys = found.get("keys")
    if not isinstance(keys, list):
        raise Unreachable("its keys cannot be read")
    return [
        key
        for key in keys
        if isinstance(key, dict) and key.get("kty") in {"RSA", "EC"} and key.get("use") != "enc"
    ]
