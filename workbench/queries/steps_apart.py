"""How far apart the first bad steps are that people name. How often they name the same one is the
share of equal answers to that question, as of every other."""

from __future__ import annotations

import pandas as pd
from sqlalchemy.orm import Session

from workbench.messages import N_, Message
from workbench.models import Project
from workbench.queries import agreement as figures
from workbench.queries.agreement import Measure, as_measure
from workbench.queries.counted import counted, draw
from workbench.stats import first_bad_step
from workbench.task_types.base import Question

#: Items that are looked at: the interval of as many is narrow.
MOST_ITEMS = 20_000


def place_asked(project: Project) -> Question | None:
    """The question of this project whose answer is the number of a step."""
    return next((each for each in figures.questions_of(project) if each.place), None)


def steps_apart(session: Session, project: Project, question: Question | None) -> Measure | None:
    """How many steps apart two people are who both name one, on average, of all items. None where
    the answer to the question is no step."""
    if question is None or not question.place:
        return None
    found = counted(session, project)
    return found.once(("steps apart", question.key), lambda: _all(session, project, question))


def _all(session: Session, project: Project, question: Question) -> Measure:
    drawn, several = draw(counted(session, project), MOST_ITEMS)
    rows = figures.table(session, project, question=question, items=drawn)
    note = None
    if len(drawn) < several:
        note = N_(
            "These figures are of %(drawn)s items drawn at random out of %(all)s.",
            drawn=len(drawn),
            all=several,
        )
    return steps_apart_in(rows, question, note)


def steps_apart_in(rows: pd.DataFrame, question: Question, note: Message | None = None) -> Measure:
    """The same of rows of a table of `agreement`, all of the question."""
    # Here steps are counted from 1 and 0 is none; the statistics count from 0.
    places = [number - 1 if number else None for number in rows["value"]]
    found = first_bad_step(rows.assign(value=pd.Series(places, index=rows.index, dtype=object)))
    return as_measure(question, "first_bad_distance", found.distance, note)
