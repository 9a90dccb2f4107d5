"""Whether an id token says what it seems to say (OpenID Connect Core 1.0, 3.1.3.7)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from joserfc import jwt
from joserfc.errors import InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

#: Signatures with a public key alone. None of them can be made with what everybody may read.
ALGORITHMS = ("RS256", "PS256", "ES256")
#: Seconds by which the provider's clock may differ.
LEEWAY = 60


class Untrue(Exception):
    """What came back is not to be believed. The text is for the log: it holds no value of it."""


class UnknownKey(Untrue):
    """Signed by a key that is not known, or not yet."""


@dataclass(frozen=True)
class Verified:
    """Who it is there, and how they showed it."""

    subject: str
    #: Values of amr, and of acr.
    methods: frozenset[str]


def verify(token: str, keys: KeySet, *, issuer: str, client_id: str, nonce: str) -> Verified:
    """Check signature, issuer, audience, times and nonce. Raises Untrue, UnknownKey."""
    rules = jwt.JWTClaimsRegistry(
        leeway=LEEWAY,
        iss={"essential": True, "value": issuer},
        sub={"essential": True},
        aud={"essential": True, "value": client_id},
        exp={"essential": True},
        iat={"essential": True},
        nonce={"essential": True, "value": nonce},
    )
    try:
        claims = jwt.decode(token, keys, algorithms=ALGORITHMS).claims
        rules.validate(claims)
    except InvalidKeyIdError:
        raise UnknownKey("its key is not known") from None
    except JoseError as error:
        raise Untrue(f"{type(error).__name__}: {error.description}") from None
    except (ValueError, TypeError, KeyError) as error:  # no token at all
        raise Untrue(type(error).__name__) from None
    _check_for_us(claims, client_id, nonce)
    return Verified(_subject(claims), _methods(claims))


def _check_for_us(claims: dict[str, Any], client_id: str, nonce: str) -> None:
    """Other audiences may be named beside this one only where it is said that this one asked."""
    several = isinstance(claims["aud"], list) and len(claims["aud"]) > 1
    if claims.get("azp", None if several else client_id) != client_id:
        raise Untrue("azp is another, or is missing")
    if claims["nonce"] != nonce:  # a list with it among others is none
        raise Untrue("the nonce is another")


def _subject(claims: dict[str, Any]) -> str:
    subject: str = claims["sub"]
    if not 0 < len(subject) <= 255 or not subject.isascii() or not subject.isprintable():
        raise Untrue("sub is empty, too long, or no ASCII")
    return subject


def _methods(claims: dict[str, Any]) -> frozenset[str]:
    amr = claims.get("amr")
    found = [*(amr if isinstance(amr, list) else ()), claims.get("acr")]
    return frozenset(value for value in found if isinstance(value, str))
