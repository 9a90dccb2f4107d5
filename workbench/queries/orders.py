"""How alike people order all responses of an item: Kendall's tau-b and W of whole rankings."""

from __future__ import annotations

import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from workbench.messages import N_, Message
from workbench.models import Project
from workbench.queries import agreement as figures
from workbench.queries.agreement import Measure, as_measure
from workbench.queries.counted import Counted, counted, draw
from workbench.stats import Prepared, kendall_tau_b, kendall_w
from workbench.task_types.base import Question

#: Items whose rankings are compared, in all and in one part; more of them take longer than anybody
#: waits, and there are many parts. The interval of as many is narrow.
MOST_ITEMS, MOST_OF_PART = 20_000, 2_000

#: Units of an answer to two responses: the pair, both ways round. With more there is an order.
_PAIR = 2


@dataclass(frozen=True)
class Orders:
    """The figures of one question."""

    question: Question
    w: Measure
    tau: Measure

    @property
    def measures(self) -> tuple[Measure, Measure]:
        return self.w, self.tau


def orders(session: Session, project: Project) -> list[Orders]:
    """The figures of each question that orders responses, of the items that two people judged.

    None of a question that was only ever asked of two responses: there alpha says all.
    """
    found = counted(session, project)
    return [
        found.once(("orders", question.key), partial(_orders, session, project, found, question))
        for question in ordering(found, project)
    ]


def orders_of(session: Session, project: Project, question: Question) -> Orders | None:
    """The figures of one question of the project; None where it orders no more than two."""
    return next((each for each in orders(session, project) if each.question == question), None)


def ordering(found: Counted, project: Project) -> list[Question]:
    """Questions to which somebody put three responses or more in an order."""
    paired = [question for question in figures.questions_of(project) if question.paired]
    return [
        question
        for question in paired
        if found.once(("is order", question.key), partial(_is_order, found, question))
    ]


def _is_order(found: Counted, question: Question) -> bool:
    return any(
        sum(unit.question == question.key for unit in said) > _PAIR for said in found.sayings
    )


def _orders(session: Session, project: Project, found: Counted, question: Question) -> Orders:
    drawn, several = draw(found, MOST_ITEMS)
    table = figures.table(session, project, question=question, items=drawn)
    return _compared(figures.of_question(table, question), question, len(drawn), several)


def orders_in(rows: pd.DataFrame, prepared: Prepared, question: Question) -> Orders:
    """The figures of some rows of a table of `agreement`, all of the question: of those judgments
    alone, and of `MOST_OF_PART` of their items at most. `prepared`: the same rows, coded.

    Which items are drawn goes by their names, so that a judgment more changes none of them.
    """
    coded = prepared.coded
    compared = np.bincount(coded.unit, minlength=coded.item_of_unit.size) > 1
    several = coded.items[np.unique(coded.item_of_unit[compared])]
    if len(several) <= MOST_OF_PART:
        return _compared(prepared, question, len(several), len(several))
    drawn = lowest(several.astype(str).tolist(), MOST_OF_PART)
    some = figures.of_question(rows[rows["item"].isin(drawn)], question)
    return _compared(some, question, len(drawn), len(several))


def lowest(names: Sequence[str], most: int) -> list[str]:
    """At most so many of these items, as good as at random and always the same."""
    return sorted(names, key=lambda name: (zlib.crc32(name.encode()), name))[:most]


def _compared(prepared: Prepared, question: Question, drawn: int, several: int) -> Orders:
    note: Message | None = None
    if drawn < several:
        note = N_(
            "These figures are of %(drawn)s items drawn at random out of %(all)s, since comparing "
            "the rankings of all takes too long.",
            drawn=drawn,
            all=several,
        )
    return Orders(
        question,
        as_measure(question, "kendall_w", kendall_w(prepared), note),
        as_measure(question, "kendall_tau_b", kendall_tau_b(prepared), note),
    )
