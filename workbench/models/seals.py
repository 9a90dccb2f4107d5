"""Hashes that make an edit show: of judgments, decisions, audit entries and the trail's end."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterable
from datetime import UTC

from workbench.db import canonical
from workbench.models.audit import AuditEntry
from workbench.models.decision import Adjudication
from workbench.models.gold import Gold
from workbench.models.judgment import Judgment

#: `prev_hash` of the first entry.
GENESIS = "0" * 64


def digest(judgment: Judgment) -> str:
    """sha256 (hex) over what makes up a judgment: `workbench verify` finds any edit by it."""
    content = [
        judgment.project_id,
        judgment.item_id,
        judgment.user_id,
        judgment.revision,
        judgment.answer,
        judgment.type_version,
        judgment.guideline_version,
        judgment.shown,
        judgment.active_ms,
        judgment.locale,
        judgment.origin,
        judgment.idempotency_key,
        judgment.made_at.astimezone(UTC).isoformat(),
    ]
    return hashlib.sha256(canonical(content)).hexdigest()


def decision_digest(decision: Adjudication) -> str:
    """sha256 (hex) over what makes up a lead's decision on an item."""
    content = [
        decision.project_id,
        decision.item_id,
        decision.revision,
        decision.outcome,
        decision.answer,
        decision.type_version,
        decision.taken_from,
        decision.note,
        decision.guideline_version,
        decision.user_id,
        decision.made_at.astimezone(UTC).isoformat(),
    ]
    return hashlib.sha256(canonical(content)).hexdigest()


def gold_digest(gold: Gold) -> str:
    """sha256 (hex) over what makes up an answer that is known."""
    content = [
        gold.project_id,
        gold.item_id,
        gold.answer,
        gold.type_version,
        gold.note,
        gold.adjudication_id,
        gold.user_id,
        gold.made_at.astimezone(UTC).isoformat(),
    ]
    return hashlib.sha256(canonical(content)).hexdigest()


def digest_of_digests(digests: Iterable[str]) -> str:
    """sha256 (hex) over many judgments' digests, joined in the order of their ids.

    The audit entry of an import holds it as `detail["digests"]`.
    """
    whole = hashlib.sha256()
    for each in digests:
        whole.update(each.encode())
    return whole.hexdigest()


def entry_hash(entry: AuditEntry) -> str:
    """sha256 (hex) over everything in the entry and the hash of the one before."""
    content = [
        entry.seq,
        entry.at.astimezone(UTC).isoformat(),
        entry.actor_id,
        entry.action,
        entry.subject,
        entry.detail,
        entry.prev_hash,
    ]
    return hashlib.sha256(canonical(content)).hexdigest()


def seal(key: str, seq: int, digest: str) -> str:
    """HMAC-SHA256 (hex) of the head: only who holds the installation's key can move it."""
    return hmac.new(key.encode(), f"audit|{seq}|{digest}".encode(), hashlib.sha256).hexdigest()
