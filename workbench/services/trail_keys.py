"""The key pair by which copies of the audit trail are signed: Ed25519 (RFC 8032)."""

from __future__ import annotations

import os
from base64 import b64decode, b64encode
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from workbench.messages import Invalid


def signing_key(path: Path) -> Ed25519PrivateKey:
    """The private key in that file, which is made (mode 0600) where there is none."""
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        pass
    else:
        with os.fdopen(handle, "wb") as file:
            file.write(b64encode(Ed25519PrivateKey.generate().private_bytes_raw()) + b"\n")
    try:
        return Ed25519PrivateKey.from_private_bytes(b64decode(path.read_bytes(), validate=False))
    except ValueError:
        raise Invalid.at("key", "The key in %(file)s is none.", file=path.name) from None


def public_key(private: Ed25519PrivateKey) -> str:
    """What is given to an auditor: base64 of 32 bytes."""
    return b64encode(private.public_key().public_bytes_raw()).decode()


def signature(private: Ed25519PrivateKey, content: bytes) -> str:
    """base64 of the signature."""
    return b64encode(private.sign(content)).decode()


def is_signed(public: str, signed: str, content: bytes) -> bool:
    """Whether it was signed by the owner of that key. Raises Invalid where it is no key."""
    try:
        key = Ed25519PublicKey.from_public_bytes(b64decode(public.strip(), validate=True))
    except ValueError:
        raise Invalid.at("key", "Give the public key as `workbench audit key` prints it.") from None
    try:
        key.verify(b64decode(signed, validate=True), content)
    except (InvalidSignature, ValueError):
        return False
    return True
