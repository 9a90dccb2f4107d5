"""One part of a project's judgments: how far people agree there, on what they differ, and who."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import pandas as pd
from sqlalchemy.orm import Session

from workbench.errors import NotFound
from workbench.models import Project
from workbench.queries import agreement as figures
from workbench.queries.agreement import Dispute
from workbench.queries.counted import counted
from workbench.queries.splits import (
    By,
    Part,
    asked_of,
    labelled,
    measured,
    part_of,
    standing,
    whole_of,
)
from workbench.stats import item_disagreement, reviewer_agreement
from workbench.task_types.base import Question

#: By what a part is looked at more closely.
INSIDE: tuple[By, ...] = ("week", "tag", "model")

_NO_PART = "There is no such part: no judgment is in it."


@dataclass(frozen=True)
class Which:
    """A part: of the way of splitting, the one with that key; None: what has none."""

    by: By
    key: str | None


@dataclass(frozen=True)
class ReviewerHere:
    """How often others say the same as a reviewer (0..1), in the part and outside; None: nobody
    else judged the same there."""

    pseudonym: str
    n_items: int
    here: float | None
    elsewhere: float | None


@dataclass(frozen=True)
class Found:
    """What is in a part."""

    part: Part
    whole: Part
    #: The items on which people differ, the furthest apart first; how many there are.
    disputes: tuple[Dispute, ...]
    n_disputed: int
    #: Those on whom the part rests most, the least like the others first.
    reviewers: tuple[ReviewerHere, ...]
    #: The part by something else, where that tells parts apart.
    inside: Mapping[By, tuple[Part, ...]]


def look_into(
    session: Session,
    project: Project,
    question: Question,
    which: Which,
    *,
    zone: ZoneInfo,
    most: int,
) -> Found:
    """What is in a part of the judgments of one question. `most`: disputes, and parts of the part,
    that are named. Raises NotFound for a part without judgments.
    """
    asked = asked_of(session, project, question)
    rows = rows_in(session, project, asked, which, zone)
    values = figures.known_values(asked, question)
    whole = whole_of(session, project, asked, question)
    ordered = whole.orders is not None
    prepared = figures.of_question(rows, question)
    differ = item_disagreement(prepared, question.distance)
    differ = differ[differ["disagreement"] > 0]
    return Found(
        part=part_of(which.key, rows, question, values, ordered=ordered),
        whole=whole,
        disputes=_disputes(session, project, differ.head(most)),
        n_disputed=len(differ),
        reviewers=_reviewers(asked, rows, question),
        inside={
            by: parts[:most]
            for by in INSIDE
            if by != which.by
            for split in [labelled(session, project, rows, by, zone)]
            for parts, _ in [measured(split, question, by, values, ordered=False)]
            if len(parts) > 1
        },
    )


def items_in(session: Session, project: Project, which: Which, zone: ZoneInfo) -> frozenset[int]:
    """Ids of the items of which a judgment of the main question is in the part."""
    found = counted(session, project)
    return found.once(
        ("items in", which, zone.key, standing(session, project, which.by)),
        lambda: _items_in(session, project, which, zone),
    )


def _items_in(session: Session, project: Project, which: Which, zone: ZoneInfo) -> frozenset[int]:
    question = figures.questions_of(project)[0]
    asked = figures.table(session, project, question=question)
    names = rows_in(session, project, asked, which, zone)["item"].unique()
    return frozenset(figures.ids_of(session, project.id, names.tolist()).values())


def rows_in(
    session: Session, project: Project, asked: pd.DataFrame, which: Which, zone: ZoneInfo
) -> pd.DataFrame:
    """The rows of the table that are in the part. Raises NotFound where there are none."""
    parts = labelled(session, project, asked, which.by, zone)
    key = parts["part"]
    rows = parts[key.isna() if which.key is None else key.astype(str) == which.key]
    if rows.empty:
        raise NotFound(_NO_PART)
    return rows.drop(columns="part")


def _disputes(session: Session, project: Project, differ: pd.DataFrame) -> tuple[Dispute, ...]:
    ids = figures.ids_of(session, project.id, differ["item"].astype(str).tolist())
    return tuple(
        Dispute(
            ids[str(row["item"])],
            str(row["item"]),
            int(row["n_reviewers"]),
            float(row["disagreement"]),
            float(row["share"]),
        )
        for row in differ.to_dict("records")
    )


def _reviewers(
    asked: pd.DataFrame, rows: pd.DataFrame, question: Question
) -> tuple[ReviewerHere, ...]:
    pairs = rows[["item", "reviewer"]].drop_duplicates()
    beside = asked.merge(pairs, on=["item", "reviewer"], how="left", indicator=True)
    outside = asked[(beside["_merge"] == "left_only").to_numpy()]
    elsewhere = _same(outside, question)
    found = [
        ReviewerHere(who, n, share, elsewhere.get(who, (0, None))[1])
        for who, (n, share) in _same(rows, question).items()
    ]
    return tuple(sorted(found, key=lambda each: (each.here is None, each.here or 0.0)))


def _same(rows: pd.DataFrame, question: Question) -> dict[str, tuple[int, float | None]]:
    """Items in common with others and the share of equal answers, by pseudonym."""
    if rows.empty:
        return {}
    found = reviewer_agreement(figures.of_question(rows, question))
    return {
        str(row["reviewer"]): (
            int(row["n_items"]),
            None if math.isnan(row["agreement"]) else float(row["agreement"]),
        )
        for row in found.to_dict("records")
    }
