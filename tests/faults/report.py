"""What became of what was acknowledged, and the line that says so."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

from sqlalchemy import func, select

from tests.faults.crowd import Told
from workbench.db import Database
from workbench.models import Judgment
from workbench.queries.verify import Finding, verify

#: Statuses that a fault may bring about: all of them say whether something was stored.
HONEST = {"409", "503", "507", "cut off"}
_LINE = "{:<14} {:<10} {:<62} {:>8} {:>6} {:>5} {:>7} {:>5}  {}"


@dataclass(frozen=True)
class Found:
    """The judgments beside what the clients were told, and what `workbench verify` says."""

    requests: int
    acknowledged: int
    lost: int
    doubled: int
    over: int
    replies: dict[str, int]
    findings: list[Finding]


def look(database: Database, key: str, told: Told) -> Found:
    """Compare all that was acknowledged with all that is stored."""
    with database.read() as session:
        rows = session.execute(select(Judgment.user_id, Judgment.idempotency_key))
        stored = Counter((row[0], row[1]) for row in rows)
        # Nobody of the crowd changes an answer: a second one of an item is one too many.
        again = select(Judgment.item_id).group_by(Judgment.item_id, Judgment.user_id)
        twice = session.execute(again.having(func.count() > 1)).all()
        findings = verify(session, key)
    acknowledged = set(told.acknowledged)
    return Found(
        requests=told.requests,
        acknowledged=len(acknowledged),
        lost=sum(not stored[each] for each in acknowledged),
        doubled=sum(count > 1 for count in stored.values()) + len(twice),
        over=sum(each.rule == "slots" for each in findings),
        replies={status: n for status, n in told.faults.items() if n},
        findings=findings,
    )


def heading() -> None:
    """The names of the columns."""
    columns = ("fault", "database", "injected", "requests", "acked", "lost", "doubled", "over", "")
    print(_LINE.format(*columns), flush=True)


def skipped(name: str, url: str | None, why: str) -> None:
    """A fault that cannot be brought about here."""
    print(_LINE.format(name, _kind(url), "SKIPPED", "", "", "", "", "", why), flush=True)


def line(name: str, url: str | None, said: tuple[str, str], found: Found) -> bool:
    """Print what was injected (what was wrong with it, in second place) and found; whether all of
    it is good."""
    injected, wrong = said
    dishonest = {status: n for status, n in found.replies.items() if status not in HONEST}
    bad = found.lost or found.doubled or found.findings or dishonest or wrong
    good = found.acknowledged > 0 and not bad
    verdict = f"good {found.replies or ''}"
    if not good:
        verdict = f"OFF {wrong} {found.replies} {found.findings[:2]}"
    counts = (found.requests, found.acknowledged, found.lost, found.doubled, found.over)
    print(_LINE.format(name, _kind(url), injected, *counts, verdict), flush=True)
    return good


def _kind(url: str | None) -> str:
    return "postgresql" if url else "sqlite"
