"""Every figure of agreement that a project has: of its questions, rankings, steps and passages."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy.orm import Session

from workbench.models import Project
from workbench.queries.agreement import Agreement, agreement
from workbench.queries.orders import orders
from workbench.queries.passages import passages
from workbench.queries.steps_apart import place_asked, steps_apart


def whole_agreement(session: Session, project: Project) -> Agreement:
    """The figures of every question; with Kendall's W and tau-b where three responses or more are
    ranked, how far apart the first bad steps are where steps are judged, and gamma and soft F1
    where passages are marked."""
    found = agreement(session, project)
    more = [one for each in orders(session, project) for one in each.measures]
    apart = steps_apart(session, project, place_asked(project))
    more += [] if apart is None else [apart]
    marked = passages(session, project)
    if marked is not None:
        more += marked.measures
    return replace(found, measures=(*found.measures, *more))
