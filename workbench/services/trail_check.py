"""Whether a signed copy of the audit trail is whole and unchanged. Needs no database."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, BinaryIO

import orjson

from workbench.db import canonical
from workbench.messages import N_, Message
from workbench.models import AuditEntry
from workbench.models.seals import entry_hash
from workbench.services.trail_keys import is_signed

#: Longest line, in bytes: an entry has no texts of items.
LONGEST = 4 * 1024 * 1024
#: More problems of one file tell nothing new.
MOST = 20

_IN_FULL = {"seq", "at", "actor", "action", "subject", "detail", "prev_hash", "hash"}
_HASHES = {"seq", "prev_hash", "hash"}


@dataclass
class Checked:
    """What was found; a good copy has no problems."""

    first: int = 0
    last: int = 0
    shown: int = 0
    last_hash: str = ""
    problems: list[Message] = field(default_factory=list)


def check_trail(stream: BinaryIO, public: str) -> Checked:
    """Look at each line, at how they follow each other, and at the signature on all of it.

    Raises Invalid where `public` is no key.
    """
    found, whole, last = Checked(), hashlib.sha256(), b""
    for number, (line, is_last) in enumerate(_lines(stream), 1):
        if is_last:
            last = line
            break
        whole.update(line)
        if len(found.problems) < MOST:
            found.problems += _wrong_entry(found, line, number)
    found.problems += _wrong_manifest(found, last, whole.hexdigest(), public)
    return found


def _lines(stream: BinaryIO) -> Iterator[tuple[bytes, bool]]:
    """Each line, and whether it is the last one."""
    line = stream.readline(LONGEST)
    while line:
        following = stream.readline(LONGEST)
        yield line, not following
        line = following


def _wrong_entry(found: Checked, line: bytes, number: int) -> list[Message]:
    entry = _object(line)
    if set(entry) not in (_IN_FULL, _HASHES) or type(entry["seq"]) is not int:
        return [N_("line %(number)s is no entry", number=number)]
    wrong = []
    seq = entry["seq"]
    if found.last and seq != found.last + 1:
        wrong.append(N_("line %(number)s: entry %(seq)s does not follow entry %(before)s",
                        number=number, seq=seq, before=found.last))  # fmt: skip
    elif found.last and entry["prev_hash"] != found.last_hash:
        wrong.append(N_("line %(number)s: entry %(seq)s does not follow the one before it",
                        number=number, seq=seq))  # fmt: skip
    if set(entry) == _IN_FULL:
        found.shown += 1
        if not _is_what_it_was(entry):
            wrong.append(N_("line %(number)s: entry %(seq)s was changed", number=number, seq=seq))
    found.first = found.first or seq
    found.last, found.last_hash = seq, str(entry["hash"])
    return wrong


def _is_what_it_was(entry: dict[str, Any]) -> bool:
    try:
        row = AuditEntry(
            seq=entry["seq"],
            at=datetime.fromisoformat(entry["at"]),
            actor_id=entry["actor"],
            action=entry["action"],
            subject=entry["subject"],
            detail=entry["detail"],
            prev_hash=entry["prev_hash"],
        )
        return bool(entry_hash(row) == entry["hash"])
    except (TypeError, ValueError):
        return False


def _wrong_manifest(found: Checked, line: bytes, sha256: str, public: str) -> list[Message]:
    signed = _object(line)
    manifest, signature = signed.get("manifest"), signed.get("signature")
    if not isinstance(manifest, dict) or not isinstance(signature, str):
        return [N_("the last line is no manifest: the end of the file is missing")]
    if not is_signed(public, signature, canonical(manifest)):
        return [N_("the signature was not made with this key, or the manifest was changed")]
    said = [manifest.get(name) for name in ("sha256", "first", "last", "last_hash", "shown")]
    if said != [sha256, found.first, found.last, found.last_hash, found.shown]:
        return [N_("the entries are not those that were signed")]
    return []


def _object(line: bytes) -> dict[str, Any]:
    """The line's object; {} for what is none."""
    try:
        found = orjson.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
