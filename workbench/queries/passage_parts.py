"""Agreement on marked passages part by part: of the judgments of a language, tag, week or site."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy.orm import Session

from workbench.models import Project
from workbench.queries import agreement as figures
from workbench.queries.counted import Counted, counted
from workbench.queries.orders import lowest
from workbench.queries.parts import Which, rows_in
from workbench.queries.passages import Passages, figures_of, marked_in, marks_passages, passages
from workbench.queries.splits import ORDERED, By, apart, labelled, lowest_first, standing

#: Parts whose marks are aligned: the latest weeks and versions, of others those with most
#: judgments. Every part has a chance of its own, which takes a tenth of a second or more.
MOST_PARTS = 12

#: Items of a part whose answers are read.
MOST_ITEMS = 500


@dataclass(frozen=True)
class PassagesPart:
    """A part, by its key as `splits.Part` has it, and its figures."""

    key: str | None
    passages: Passages

    def as_dict(self) -> dict[str, Any]:
        """The part as JSON holds it."""
        return {"part": self.key, "measures": [each.as_dict() for each in self.passages.measures]}


@dataclass(frozen=True)
class PassagesSplit:
    """The figures by `by`, beside those of everything together."""

    by: By
    whole: Passages
    #: Weeks and versions in their order; of others the lowest gamma first, undefined ones last.
    parts: tuple[PassagesPart, ...]
    #: Parts beyond `MOST_PARTS`, which are not worked out.
    left_off: int

    def as_dict(self) -> dict[str, Any]:
        """The split as JSON holds it."""
        return {
            "by": self.by,
            "whole": [each.as_dict() for each in self.whole.measures],
            "parts": [part.as_dict() for part in self.parts],
            "left_off": self.left_off,
        }


def split_passages(
    session: Session, project: Project, by: By, zone: ZoneInfo
) -> PassagesSplit | None:
    """Gamma and soft F1 by language, tag or model of the items, or by the judgments' own week,
    guideline version or site. None where the task type marks no passages.

    A judgment is in the parts that `splits.split` puts it in, and its marks are compared with those
    of that part alone, of `MOST_ITEMS` items at most. Each part has a chance sample of its own, out
    of its own marks (see `stats.gamma`).
    """
    whole = passages(session, project)
    if whole is None:
        return None
    return counted(session, project).once(
        ("passages", by, zone.key, standing(session, project, by)),
        lambda: _split(session, project, by, zone, whole),
    )


def passages_in(
    session: Session, project: Project, which: Which, zone: ZoneInfo
) -> PassagesPart | None:
    """The figures of one part, also of one that a split leaves off. Raises NotFound for a part
    without judgments."""
    if not marks_passages(project):
        return None
    return counted(session, project).once(
        ("passages in", which, zone.key, standing(session, project, which.by)),
        lambda: _part(session, project, which, zone),
    )


def _split(
    session: Session, project: Project, by: By, zone: ZoneInfo, whole: Passages
) -> PassagesSplit:
    judged = _judged(session, project)
    rows_of, left_off = apart(labelled(session, project, judged, by, zone), by, MOST_PARTS)
    # A part that all judgments are in is no other than the whole.
    some = [(key, rows) for key, rows in rows_of if len(rows) < len(judged)]
    found = dict(_figures(session, project, some))
    parts = [PassagesPart(key, found.get(key, whole)) for key, _ in rows_of]
    if by not in ORDERED:
        parts.sort(key=lambda part: lowest_first(part.passages.gamma))
    return PassagesSplit(by, whole, tuple(parts), left_off)


def _part(session: Session, project: Project, which: Which, zone: ZoneInfo) -> PassagesPart:
    judged = _judged(session, project)
    rows = rows_in(session, project, judged, which, zone)
    whole = passages(session, project) if len(rows) == len(judged) else None
    [found] = [whole] if whole else dict(_figures(session, project, [(which.key, rows)])).values()
    return PassagesPart(which.key, found)


def _judged(session: Session, project: Project) -> pd.DataFrame:
    """Every judgment that counts, once: item, reviewer, language."""
    question = figures.questions_of(project)[0]
    table = figures.table(session, project, question=question)
    return table[["item", "reviewer", "language"]].drop_duplicates(["item", "reviewer"])


def _figures(
    session: Session, project: Project, parts: Sequence[tuple[str | None, pd.DataFrame]]
) -> list[tuple[str | None, Passages]]:
    """The figures of parts (key, its judgments). An item that several have is read once."""
    found = counted(session, project)
    drawn = {key: _drawn(rows) for key, rows in parts}
    ids = figures.ids_of(
        session, project.id, sorted({n for names, _ in drawn.values() for n in names})
    )
    marked = marked_in(session, project, sorted(ids.values()))
    return [(key, _of_part(found, marked, rows, *drawn[key])) for key, rows in parts]


def _drawn(rows: pd.DataFrame) -> tuple[list[str], int]:
    """Names of at most `MOST_ITEMS` items that two people or more judged in the part, and how many
    of these there are; where there is none, of one item, so that the figures can say so."""
    times = rows["item"].value_counts()
    several = times.index[times > 1].astype(str).tolist()
    return lowest(several, MOST_ITEMS) or rows["item"].astype(str).head(1).tolist(), len(several)


def _of_part(
    found: Counted, marked: pd.DataFrame, rows: pd.DataFrame, names: list[str], several: int
) -> Passages:
    here = rows.loc[rows["item"].isin(names), ["item", "reviewer"]].astype(object)
    table = marked.merge(here, on=["item", "reviewer"], how="inner")
    return figures_of(found, table, min(len(names), several), several)
