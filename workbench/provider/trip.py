"""The secrets of one way to the provider and back.

All follow from the installation's key and the token that the browser was given when the way was
begun, so a code or a state that was seen elsewhere is of no use in another browser, and none of
them has to be stored.
"""

from __future__ import annotations

import hashlib
import hmac
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Trip:
    """What goes along: 256 bits each, in base64url."""

    #: Comes back in the address, and shows that this browser began it.
    state: str = field(repr=False)
    #: Comes back in what the provider signs, and shows that it was signed for this way.
    nonce: str = field(repr=False)
    #: Shown with the code (PKCE): whoever else has the code gets nothing for it.
    verifier: str = field(repr=False)

    @classmethod
    def of(cls, key: str, token: str) -> Trip:
        """The way that was begun with this token."""

        def made(what: str) -> str:
            return _text(hmac.digest(key.encode(), f"provider {what} {token}".encode(), "sha256"))

        return cls(made("state"), made("nonce"), made("verifier"))

    @property
    def challenge(self) -> str:
        """What the provider is told of the verifier (S256)."""
        return _text(hashlib.sha256(self.verifier.encode()).digest())

    def is_back(self, state: str) -> bool:
        """Whether this state is of this way."""
        return hmac.compare_digest(self.state.encode(), state.encode("utf-8", "replace"))


def _text(value: bytes) -> str:
    return urlsafe_b64encode(value).rstrip(b"=").decode()
