"""Which answers reviewers give to the same thing: what one takes for what another says."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass

import numpy as np
import pandas as pd
from sqlalchemy.orm import Session

from workbench.errors import NotFound
from workbench.messages import N_, Message
from workbench.models import Project
from workbench.queries.agreement import ids_of, questions_of, table
from workbench.stats import coincidences
from workbench.stats.arrays import Floats

#: Values beyond which a matrix is no picture.
MOST_VALUES = 20
#: Of bias: the one category that somebody saw in an item; none; several.
CATEGORY, NONE, SEVERAL = "category", "none", "several"
_CATEGORY = "category."


@dataclass(frozen=True, eq=False)
class Confusion:
    """Coincidences of the values (n_values, n_values); `undefined` says why there are none."""

    values: tuple[Hashable, ...]
    counts: Floats
    undefined: Message | None
    #: Items (id, external id) in which both asked values were given.
    items: tuple[tuple[int, str], ...] = ()


def confusable(project: Project) -> dict[str, Message]:
    """Questions answered by a category, by their keys: all but those that compare responses."""
    asked = {each.key: each.title for each in questions_of(project) if not each.paired}
    return {CATEGORY: N_("Category"), **asked} if project.type == "bias" else asked


def confusion(
    session: Session, project: Project, key: str, pair: tuple[str, str] | None = None
) -> Confusion:
    """The coincidences of a question's values. `pair`: two of them, as text, whose items to name.

    Raises NotFound for a question that there is not.
    """
    if key not in confusable(project):
        raise NotFound("There is no such question.")
    whole = table(session, project)
    asked = _one_category(whole) if key == CATEGORY else whole[whole["question"] == key]
    asked = asked[asked["value"].notna()]
    unit = asked.groupby(["item", "unit"], observed=True, sort=False).ngroup().to_numpy()
    code, found = pd.factorize(asked["value"].infer_objects(), sort=True)
    values = tuple(found.tolist())
    if len(values) > MOST_VALUES:
        why = N_("There are more than %(n)s different answers.", n=MOST_VALUES)
        return Confusion((), np.zeros((0, 0)), why)
    counts = coincidences(unit.astype(np.int64), code.astype(np.int64), len(values))
    if not counts.sum():
        why = N_("No two reviewers have judged the same thing yet.")
        return Confusion((), np.zeros((0, 0)), why)
    return Confusion(values, counts, None, _items(session, project, asked, unit, pair))


def _one_category(whole: pd.DataFrame) -> pd.DataFrame:
    """A row for each item and reviewer: which category they saw in it."""
    rows = whole[whole["question"].astype(str).str.startswith(_CATEGORY)]
    names = rows["question"].astype(str).str.removeprefix(_CATEGORY)
    seen = rows["value"].astype(bool)
    by = [rows["item"], rows["reviewer"]]
    number = seen.groupby(by, observed=True).sum()
    first = names.where(seen, "").groupby(by, observed=True).max()
    several = np.where(number > 1, SEVERAL, NONE)
    value = np.where(number == 1, first.astype(str), several)
    found: pd.DataFrame = first.rename("value").reset_index()
    return found.assign(value=value, unit="")


def _items(
    session: Session,
    project: Project,
    asked: pd.DataFrame,
    unit: np.ndarray,
    pair: tuple[str, str] | None,
) -> tuple[tuple[int, str], ...]:
    if pair is None:
        return ()
    text = asked["value"].map(str)
    one, other = (set(unit[(text == each).to_numpy()].tolist()) for each in pair)
    both = np.isin(unit, list(one & other))
    names = sorted(set(asked["item"][both].astype(str)))
    found = ids_of(session, project.id, names)
    return tuple((found[name], name) for name in names if name in found)
