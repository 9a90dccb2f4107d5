"""How far reviewers mark the same passages of the responses: soft F1, and gamma beyond chance.

Marks are in no fingerprint (decision 11), so answers are read for these figures: of `MOST_ITEMS`
items at most, the same ones until others are judged by two.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from sqlalchemy import select
from sqlalchemy.orm import Session

from workbench.messages import N_, Message
from workbench.models import Assignment, Judgment, Project, State
from workbench.models import Item as ItemRow
from workbench.queries.agreement import Measure, as_measure
from workbench.queries.counted import Counted, counted, draw
from workbench.stats import gamma, span_agreement
from workbench.task_types.base import Answer, Question
from workbench.task_types.bias.agreement import Passage
from workbench.task_types.bias.agreement import passages as flagged

Marker = Callable[[Answer, Mapping[str, int]], dict[str, list[Passage]]]

#: Task types in whose answers passages are marked.
MARKERS: dict[str, Marker] = {"bias": flagged}

QUESTION = Question("passages", N_("Marked passages"))

#: Items whose answers are read; soft F1 and gamma of more take too long for a page.
MOST_ITEMS = 2_000
_PAGE = 500


@dataclass(frozen=True)
class Passages:
    """The figures of some items: gamma, soft F1, and soft F1 whatever the category."""

    gamma: Measure
    same: Measure
    anyhow: Measure

    @property
    def measures(self) -> tuple[Measure, Measure, Measure]:
        return self.gamma, self.same, self.anyhow

    @property
    def notes(self) -> list[Message]:
        """What the figures leave out, each once."""
        notes = [each.note for each in self.measures if each.note is not None]
        return list({str(note): note for note in notes}.values())


def marks_passages(project: Project) -> bool:
    """Whether the answers of this project can mark passages."""
    return project.type in MARKERS


def passages(session: Session, project: Project) -> tuple[Passages, dict[str, Passages]] | None:
    """The figures of all items, and of those of each language, in order, where there are several.

    None where the task type marks no passages.
    """
    if not marks_passages(project):
        return None
    found = counted(session, project)
    return found.once(QUESTION.key, lambda: _made(*_table(session, project, found)))


def _made(table: pd.DataFrame, note: Message | None) -> tuple[Passages, dict[str, Passages]]:
    parts = list(table.groupby("language"))
    several = parts if len(parts) > 1 else []
    return _figures(table, note), {str(name): _figures(part, note) for name, part in several}


def _figures(table: pd.DataFrame, note: Message | None) -> Passages:
    aligned = gamma(table)
    same, anyhow = span_agreement(table), span_agreement(table, by_category=False)
    return Passages(
        as_measure(QUESTION, "gamma", aligned.figure, aligned.note or note),
        as_measure(QUESTION, "span_f1", same, note),
        as_measure(QUESTION, "span_f1_any_category", anyhow, note),
    )


def _table(
    session: Session, project: Project, found: Counted
) -> tuple[pd.DataFrame, Message | None]:
    """What everyone marked: item, reviewer, unit (response), value, length, language; and what is
    left out."""
    drawn, several = draw(found, MOST_ITEMS)
    note = None
    if len(drawn) < several:
        note = N_(
            "These figures are of %(drawn)s items drawn at random out of %(all)s, since reading"
            " what was marked in all takes too long.",
            drawn=len(drawn),
            all=several,
        )
    rows = list(_rows(session, MARKERS[project.type], sorted(drawn)))
    columns = ["item", "reviewer", "unit", "value", "length", "language"]
    return pd.DataFrame(rows, columns=pd.Index(columns)), note


def _rows(session: Session, marker: Marker, ids: list[int]) -> Iterator[tuple[Any, ...]]:
    for some in np.split(np.array(ids, dtype=np.int64), range(_PAGE, len(ids), _PAGE)):
        page = some.tolist()
        texts = select(ItemRow.id, ItemRow.language_base, ItemRow.responses)
        known = {
            item: (language, {each["id"]: len(each["text"]) for each in responses})
            for item, language, responses in session.execute(texts.where(ItemRow.id.in_(page)))
        }
        answers = (
            select(Assignment.item_id, Assignment.user_id, Judgment.answer)
            .join(Judgment, Judgment.id == Assignment.judgment_id)
            .where(Assignment.item_id.in_(page), Assignment.state == State.JUDGED)
        )
        for item, user, answer in session.execute(answers):
            language, lengths = known[item]
            for response, marked in marker(answer, lengths).items():
                yield item, user, response, marked, lengths[response], language
