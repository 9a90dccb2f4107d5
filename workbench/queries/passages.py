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
from workbench.queries.counted import Counted, counted, draw, pseudonyms
from workbench.stats import gamma, span_agreement
from workbench.stats.gamma import Aligned
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


def passages(session: Session, project: Project) -> Passages | None:
    """The figures of all items. None where the task type marks no passages."""
    if not marks_passages(project):
        return None
    found = counted(session, project)
    return found.once(QUESTION.key, lambda: _all(session, project, found))


def _all(session: Session, project: Project, found: Counted) -> Passages:
    drawn, several = draw(found, MOST_ITEMS)
    table = marked_in(session, project, sorted(drawn))
    return figures_of(found, table, len(drawn), several)


def figures_of(found: Counted, table: pd.DataFrame, drawn: int, several: int) -> Passages:
    """The figures of a table that `marked_in` made: of so many items out of those that several
    people judged. Alignments are kept with the judgments, for parts that have the same texts."""
    note = None
    if drawn < several:
        note = N_(
            "These figures are of %(drawn)s items drawn at random out of %(all)s, since reading"
            " what was marked in all takes too long.",
            drawn=drawn,
            all=several,
        )
    known: Aligned = found.once("alignments", dict)
    aligned = gamma(table, aligned=known)
    same, anyhow = span_agreement(table), span_agreement(table, by_category=False)
    return Passages(
        as_measure(QUESTION, "gamma", aligned.figure, aligned.note or note),
        as_measure(QUESTION, "span_f1", same, note),
        as_measure(QUESTION, "span_f1_any_category", anyhow, note),
    )


def marked_in(session: Session, project: Project, ids: list[int]) -> pd.DataFrame:
    """What everyone marked in these items, a row a response of a judgment: item (its external id),
    reviewer (a pseudonym), unit (the response), value, length (in code points)."""
    names = pseudonyms(session, project.id)
    rows = list(_rows(session, MARKERS[project.type], names, ids))
    columns = ["item", "reviewer", "unit", "value", "length"]
    return pd.DataFrame(rows, columns=pd.Index(columns))


def _rows(
    session: Session, marker: Marker, names: Mapping[int, str], ids: list[int]
) -> Iterator[tuple[Any, ...]]:
    for some in np.split(np.array(ids, dtype=np.int64), range(_PAGE, len(ids), _PAGE)):
        page = some.tolist()
        texts = select(ItemRow.id, ItemRow.external_id, ItemRow.responses)
        known = {
            item: (name, {each["id"]: len(each["text"]) for each in responses})
            for item, name, responses in session.execute(texts.where(ItemRow.id.in_(page)))
        }
        answers = (
            select(Assignment.item_id, Assignment.user_id, Judgment.answer)
            .join(Judgment, Judgment.id == Assignment.judgment_id)
            .where(Assignment.item_id.in_(page), Assignment.state == State.JUDGED)
        )
        for item, user, answer in session.execute(answers):
            name, lengths = known[item]
            for response, marked in marker(answer, lengths).items():
                yield name, names.get(user, ""), response, marked, lengths[response]
