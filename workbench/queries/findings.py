"""What reviewers found in the models' responses: rates by kind, model and language.

Kinds are the categories of a bias project, and the techniques of an adversarial one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, TypeAlias
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from workbench.models import Assignment, Judgment, Project, State
from workbench.models import Item as ItemRow
from workbench.queries.splits import week_of
from workbench.stats import Share, share
from workbench.task_types.adversarial.findings import findings as successes
from workbench.task_types.base import Answer, Config
from workbench.task_types.bias.findings import findings as flags
from workbench.task_types.majority import ANY, Found
from workbench.task_types.options import Option

Finder: TypeAlias = Callable[[Sequence[str], Sequence[Answer], Config], Iterator[Found]]

#: How a type's judgments are counted, and the list in its settings that names the kinds.
FINDERS: dict[str, tuple[Finder, str]] = {
    "bias": (flags, "taxonomy"),
    "adversarial": (successes, "techniques"),
}
#: Rows that are fetched at once.
_PAGE = 10_000


@dataclass(frozen=True)
class Filters:
    """What to count alone; "" is everything. `week`: of judgments, such as 2026-W47."""

    language: str = ""
    tag: str = ""
    model: str = ""
    kind: str = ""
    week: str = ""


@dataclass(frozen=True)
class Rate:
    """How often something of a kind (`ANY`: of all) is in a model's responses in a language."""

    kind: str
    model: str
    language: str
    share: Share
    #: Responses of which exactly half of the judgments say so: left out of the share.
    undecided: int
    #: Items in which it was found: (id, external id), in order of their names.
    items: tuple[tuple[int, str], ...]


@dataclass(frozen=True)
class Findings:
    """Rates by kind, then model, then language; and what can be asked for alone."""

    kinds: tuple[Option, ...]
    rates: tuple[Rate, ...]
    languages: tuple[str, ...]
    tags: tuple[str, ...]
    models: tuple[str, ...]
    weeks: tuple[str, ...]


def kinds_of(project: Project) -> tuple[Option, ...]:
    """What can be found in a project's responses; () for types that look for nothing."""
    if project.type not in FINDERS:
        return ()
    return tuple(project.config[FINDERS[project.type][1]])


def findings(session: Session, project: Project, chosen: Filters, zone: ZoneInfo) -> Findings:
    """What more than half of an item's judgments found, each response counted once.

    Formula: hits / (hits + misses), where a response is a hit of a kind when more than half of its
    judgments say so and a miss when fewer than half do; the interval is that of `share` with the
    items as clusters. With a week chosen only judgments of that ISO week in `zone` count.
    """
    items, judged = _items(session, project.id), _answers(session, project.id, zone)
    finder = FINDERS[project.type][0]
    rows: list[tuple[Any, ...]] = []
    for item_id, (name, language, tags, models) in items.items():
        answers = [each for week, each in judged.get(item_id, ()) if chosen.week in {"", week}]
        if not answers or chosen.language not in {"", language}:
            continue
        if chosen.tag and chosen.tag not in tags:
            continue
        for found in finder(list(models), answers, project.config):
            model = models[found.response]
            if chosen.model in {"", model} and chosen.kind in {"", found.kind}:
                rows.append((found.kind, model, language, item_id, name, found.there))
    order = {ANY: -1, **{option["code"]: n for n, option in enumerate(kinds_of(project))}}
    columns = ["kind", "model", "language", "item_id", "name", "there"]
    table = pd.DataFrame(rows, columns=pd.Index(columns), dtype=object)
    rates = [
        _rate(str(kind), str(model), str(language), part)
        for (kind, model, language), part in table.groupby(["kind", "model", "language"])
    ]
    rates.sort(key=lambda rate: (order.get(rate.kind, len(order)), rate.model, rate.language))
    return Findings(
        kinds=kinds_of(project),
        rates=tuple(rates),
        languages=_names(language for _, language, _, _ in items.values()),
        tags=_names(tag for _, _, tags, _ in items.values() for tag in tags),
        models=_names(model for _, _, _, models in items.values() for model in models.values()),
        weeks=_names(week for answers in judged.values() for week, _ in answers),
    )


def _rate(kind: str, model: str, language: str, part: pd.DataFrame) -> Rate:
    decided = part[part["there"].notna()]
    hits = decided["there"].to_numpy(dtype=np.float64)
    cluster = pd.factorize(decided["item_id"])[0].astype(np.int64)
    where = decided[hits > 0]
    items = sorted(set(zip(where["item_id"], where["name"], strict=True)), key=lambda it: it[1])
    return Rate(kind, model, language, share(hits, cluster), len(part) - len(decided), tuple(items))


def _names(found: Iterator[str]) -> tuple[str, ...]:
    return tuple(sorted(set(filter(None, found))))


def _items(
    session: Session, project_id: int
) -> dict[int, tuple[str, str, list[str], dict[str, str]]]:
    """Judged items: (external id, language, tags, models by response id)."""
    judged = exists().where(Assignment.item_id == ItemRow.id, Assignment.state == State.JUDGED)
    query = (
        select(ItemRow.id, ItemRow.external_id, ItemRow.language_base, ItemRow.tags,
               ItemRow.responses)
        .where(ItemRow.project_id == project_id, ItemRow.is_current, judged)
        .execution_options(yield_per=_PAGE)
    )  # fmt: skip
    return {
        row.id: (
            row.external_id,
            row.language_base,
            row.tags,
            {each["id"]: each.get("model") or "" for each in row.responses},
        )
        for row in session.execute(query)
    }


def _answers(
    session: Session, project_id: int, zone: ZoneInfo
) -> dict[int, list[tuple[str, Answer]]]:
    """By item: (week, answer) of every judgment that counts."""
    query = (
        select(Assignment.item_id, Judgment.made_at, Judgment.answer)
        .join(Judgment, Judgment.id == Assignment.judgment_id)
        .where(Assignment.project_id == project_id, Assignment.state == State.JUDGED)
        .execution_options(yield_per=_PAGE)
    )
    rows = session.execute(query).all()
    if not rows:
        return {}
    weeks = week_of(pd.Series([row.made_at for row in rows], dtype=object), zone)
    found: dict[int, list[tuple[str, Answer]]] = {}
    for row, week in zip(rows, weeks, strict=True):
        if row.answer is not None:
            found.setdefault(row.item_id, []).append((str(week), row.answer))
    return found
