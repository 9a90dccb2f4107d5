"""Learn how reliable reviewers are, for an export that goes by it.

It is learnt from what the export reads: from the judgments that counted at its watermark, and of
these the ones that its filters take. So the same data and policy give the same bytes, and whoever
is left out has no part in it.
"""

from __future__ import annotations

from array import array
from collections.abc import Callable, Hashable, Iterator
from typing import Any

import numpy as np
import pandas as pd

from workbench import task_types
from workbench.db import Database
from workbench.export.formats import Format
from workbench.export.policy import ExportPolicy
from workbench.export.trust import Trust, question_of
from workbench.messages import N_, Invalid
from workbench.models import Project
from workbench.queries.export import Judged, judged_items
from workbench.queries.overlap import why_fixed
from workbench.stats import Reliability, dawid_skene
from workbench.task_types.base import Question
from workbench.task_types.said import said_of

NO_ONE_TRUTH = N_(
    "The main question of this project has no one true answer, so it cannot be told how reliable "
    "reviewers are."
)


#: Passes items on to somebody who counts them.
Watch = Callable[[Iterator[Judged]], Iterator[Judged]]


def trusted(
    database: Database,
    project: Project,
    fmt: Format,
    policy: ExportPolicy,
    mark: int,
    *,
    watch: Watch = iter,
) -> Trust | None:
    """Whom to trust how far, as `write_export` takes it; None where the policy does not ask.

    One pass over the items, holding some 32 bytes of each value. Raises Invalid at "aggregate" or
    "min_posterior" where there is nothing to learn.
    """
    if not policy.by_reliability(fmt.heeds):
        return None
    field = "aggregate" if policy.weighted else "min_posterior"
    if why_fixed(project) is not None:
        raise Invalid({field: NO_ONE_TRUTH})
    kind = task_types.get(project.type)
    question = question_of(kind, project.config, policy.policy.criterion)
    items = watch(judged_items(database, project.id, mark))
    learnt = dawid_skene(_values(items, project, question, policy), intervals=False)
    known = Reliability.learnt(learnt)
    if known is None:
        raise Invalid({field: N_("It cannot be told how reliable reviewers are: %(why)s",
                                 why=learnt.undefined)})  # fmt: skip
    return Trust.learnt(question.key, known)


def _values(
    items: Iterator[Judged], project: Project, question: Question, policy: ExportPolicy
) -> pd.DataFrame:
    """The question's values, as `dawid_skene` takes them."""
    kind, filters = task_types.get(project.type), policy.filters
    columns = {name: _Column() for name in ("item", "reviewer", "unit", "value")}
    for item, answers, _ in items:
        if not filters.takes(item):
            continue
        counting = [(each.reviewer, each.answer) for each in answers if filters.counts(each)]
        for unit, said in said_of(kind, project.config, question, item, counting).items():
            for who, value in said:
                for column, each in zip(columns.values(), (item.id, who, unit, value), strict=True):
                    column.add(each)
    return pd.DataFrame({name: column.values() for name, column in columns.items()})


class _Column:
    """A column of values as codes: 8 bytes a row, whatever they are."""

    def __init__(self) -> None:
        self._codes = array("q")
        self._known: dict[Hashable, int] = {}

    def add(self, value: Hashable) -> None:
        self._codes.append(self._known.setdefault(value, len(self._known)))

    def values(self) -> Any:
        known = np.empty(len(self._known), dtype=object)
        known[:] = list(self._known)
        return known[np.array(self._codes, dtype=np.int64)]
