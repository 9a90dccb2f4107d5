"""Whether people find the same first bad step of a solution, and how far apart the steps are."""

from __future__ import annotations

from dataclasses import dataclass

import pandas as pd
from sqlalchemy.orm import Session

from workbench.messages import N_, Message
from workbench.models import Project
from workbench.queries import agreement as figures
from workbench.queries.agreement import Measure, as_measure
from workbench.queries.counted import counted, draw
from workbench.stats import first_bad_step
from workbench.task_types.base import Question

#: Items that are looked at, of all together and of a part: the interval of as many is narrow.
MOST_ITEMS = 20_000


@dataclass(frozen=True)
class FirstBad:
    """The figures of one question."""

    question: Question
    #: The share (0..1) of pairs of reviewers who name the same step, or both none.
    same: Measure
    #: How many steps apart two are who both name one.
    apart: Measure

    @property
    def measures(self) -> tuple[Measure, Measure]:
        return self.same, self.apart


def first_bad(session: Session, project: Project) -> FirstBad | None:
    """The figures of all items. None where the task type asks for no step."""
    asked = [question for question in figures.questions_of(project) if question.place]
    return first_bad_of(session, project, asked[0]) if asked else None


def first_bad_of(session: Session, project: Project, question: Question) -> FirstBad | None:
    """The figures of one question of the project; None where its answer is no step."""
    if not question.place:
        return None
    found = counted(session, project)
    return found.once(("first bad", question.key), lambda: _all(session, project, question))


def _all(session: Session, project: Project, question: Question) -> FirstBad:
    drawn, several = draw(counted(session, project), MOST_ITEMS)
    rows = figures.table(session, project, question=question, items=drawn)
    note = None
    if len(drawn) < several:
        note = N_(
            "These figures are of %(drawn)s items drawn at random out of %(all)s.",
            drawn=len(drawn),
            all=several,
        )
    return first_bad_in(rows, question, note)


def first_bad_in(rows: pd.DataFrame, question: Question, note: Message | None = None) -> FirstBad:
    """The figures of rows of a table of `agreement`, all of the question."""
    # Here steps are counted from 1 and 0 is none; the statistics count from 0.
    places = [number - 1 if number else None for number in rows["value"]]
    found = first_bad_step(rows.assign(value=pd.Series(places, index=rows.index, dtype=object)))
    return FirstBad(
        question,
        as_measure(question, "first_bad_step", found.exact, note),
        as_measure(question, "first_bad_distance", found.distance, note),
    )
