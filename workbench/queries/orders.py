"""How alike people order all responses of an item: Kendall's tau-b and W of whole rankings."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from sqlalchemy.orm import Session

from workbench.messages import N_, Message
from workbench.models import Project
from workbench.queries import agreement as figures
from workbench.queries.agreement import Measure, as_measure
from workbench.queries.counted import Counted, counted, draw
from workbench.stats import kendall_tau_b, kendall_w, prepare
from workbench.task_types.base import Question

#: Items whose rankings are compared; more of them take longer than anybody waits.
MOST_ITEMS = 20_000

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
    note: Message | None = None
    if len(drawn) < several:
        note = N_(
            "These figures are of %(drawn)s items drawn at random out of %(all)s, since comparing "
            "the rankings of all takes too long.",
            drawn=len(drawn),
            all=several,
        )
    table = figures.table(session, project, question=question, items=drawn)
    prepared = prepare(table.assign(value=table["value"].infer_objects()))
    return Orders(
        question,
        as_measure(question, "kendall_w", kendall_w(prepared), note),
        as_measure(question, "kendall_tau_b", kendall_tau_b(prepared), note),
    )
