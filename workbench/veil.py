"""Numbers of items as reviewers see them: they tell neither which item it is nor what came first.

A number becomes 16 bytes by deterministic authenticated encryption (SIV, Rogaway and Shrimpton
2006, with keyed BLAKE2b): 8 bytes that are a keyed hash of it, and the number hidden under a keyed
hash of those. Whoever lacks the key can neither tell a number nor make a token that is taken.
"""

from __future__ import annotations

import hmac
import re
from base64 import b32decode, b32encode
from functools import lru_cache
from hashlib import blake2b

#: Characters of a token: 16 bytes in base 32.
TOKEN = "[a-z2-7]{26}"  # noqa: S105 - a pattern, no secret
#: So much of a token is what people call an item by.
CODE_LENGTH = 6
_HALF = 8


class Veil:
    """Turns numbers of items into tokens and back, with a key made from the installation's."""

    def __init__(self, secret: str) -> None:
        self._key = hmac.digest(secret.encode(), b"item numbers", "sha256")
        # A page names its item some ten times.
        self.token = lru_cache(maxsize=1024)(self._token)

    def _hash(self, what: bytes, half: bytes) -> bytes:
        return blake2b(half, digest_size=_HALF, key=self._key, person=what).digest()

    def _token(self, number: int) -> str:
        plain = number.to_bytes(_HALF)
        tag = self._hash(b"tag", plain)
        hidden = _xor(plain, self._hash(b"mask", tag))
        return b32encode(tag + hidden).decode().rstrip("=").lower()

    def number(self, token: str) -> int:
        """The number behind a token. Raises ValueError for what is not exactly one."""
        if re.fullmatch(TOKEN, token) is None:
            raise ValueError("no token of an item")
        whole = b32decode(token.upper() + "======")
        tag, hidden = whole[:_HALF], whole[_HALF:]
        number = int.from_bytes(_xor(hidden, self._hash(b"mask", tag)))
        # The last character has bits to spare: another one there is another token.
        if not hmac.compare_digest(self._token(number), token):
            raise ValueError("no token of an item")
        return number

    def code(self, number: int) -> str:
        """What people call the item by: short, so that now and then two items share one."""
        return self.token(number)[:CODE_LENGTH].upper()


def _xor(one: bytes, other: bytes) -> bytes:
    return bytes(a ^ b for a, b in zip(one, other, strict=True))
