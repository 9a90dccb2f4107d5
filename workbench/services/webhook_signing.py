"""Secrets and signatures of webhooks, as Standard Webhooks has them (standardwebhooks.com).

A secret follows from the installation's key, the webhook's name and its turn, so that none is
stored: whoever has the database alone can sign nothing.
"""

from __future__ import annotations

import hmac
from base64 import b64encode
from datetime import datetime, timedelta

from workbench.models import Webhook

#: After a turn the secret before signs beside the new one for so long.
BOTH = timedelta(days=1)


def secret_of(key: str, name: str, turn: int) -> str:
    """The secret, as a person gets to see it once: "whsec_" and 32 bytes in Base64."""
    return "whsec_" + b64encode(_secret(key, name, turn)).decode()


def _secret(key: str, name: str, turn: int) -> bytes:
    return hmac.digest(key.encode(), f"webhook\n{name}\n{turn}".encode(), "sha256")


def headers(key: str, hook: Webhook, message_id: str, body: bytes, now: datetime) -> dict[str, str]:
    """What says who sends this body, and when: one signature, two within BOTH after a turn."""
    seconds = int(now.timestamp())
    signed = f"{message_id}.{seconds}.".encode() + body
    turns = [hook.turn]
    if hook.turned_at is not None and now - hook.turned_at < BOTH:
        turns.append(hook.turn - 1)
    marks = [hmac.digest(_secret(key, hook.name, turn), signed, "sha256") for turn in turns]
    return {
        "webhook-id": message_id,
        "webhook-timestamp": str(seconds),
        "webhook-signature": " ".join(f"v1,{b64encode(mark).decode()}" for mark in marks),
    }
