"""Who is reliable, which model is better, and what moves the judging itself: from the judgments
of a project's main question."""

from __future__ import annotations

from array import array
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd
from sqlalchemy import bindparam, select
from sqlalchemy.orm import Session

from workbench import task_types
from workbench.db import listed
from workbench.messages import N_, Message
from workbench.models import Assignment, Judgment, Membership, Project, State
from workbench.models import Item as ItemRow
from workbench.queries.agreement import questions_of
from workbench.queries.agreement import table as table_of
from workbench.queries.items import as_item
from workbench.stats import (
    Finding,
    League,
    carry_over,
    dawid_skene,
    fatigue,
    first_position_preference,
    league,
    length_preference,
    prepare_choices,
    reviewer_noise,
    speeding,
)
from workbench.task_types.ranking.agreement import ids_of, is_forward, pair_name

#: From so many judgments on a reviewer's accuracy is told; with fewer its interval says nothing.
FEWEST = 10

COMPARES_NONE = N_("This type of task compares no two responses, so it has no league of models.")
_PAGE = 500


@dataclass(frozen=True)
class Reliability:
    """How often each reviewer says what is likely true. `undefined` says why nothing is told."""

    question: Message
    reviewers: tuple[ReviewerLine, ...]
    undefined: Message | None = None
    #: Why nobody's discrimination is told, or None.
    noise_undefined: Message | None = None

    def as_dict(self) -> dict[str, Any]:
        """What JSON holds beside the project and why nothing is told."""
        why = self.noise_undefined
        return {
            "question": str(self.question),
            "reviewers": [line.as_dict() for line in self.reviewers],
            "noise_undefined": None if why is None else str(why),
        }


@dataclass(frozen=True)
class ReviewerLine:
    """One reviewer: accuracy (0..1) with its 95 % interval, and units judged.

    None for all three where there are fewer than `FEWEST` judgments. `noise` says how well they
    tell models apart, None where it is undefined or as few comparisons were decided.
    """

    pseudonym: str
    accuracy: float | None
    low: float | None
    high: float | None
    n_judgments: int
    noise: Noise | None = None

    def as_dict(self) -> dict[str, Any]:
        """The line as JSON holds it."""
        return {
            "reviewer": self.pseudonym,
            "accuracy": self.accuracy,
            "low": self.low,
            "high": self.high,
            "n_judgments": self.n_judgments,
            "noise": None if self.noise is None else asdict(self.noise),
        }


@dataclass(frozen=True)
class Noise:
    """How well a reviewer tells models apart, with its 95 % interval: 1 like all, 0 like a coin.

    `n_decided` comparisons without a tie are what it rests on.
    """

    discrimination: float
    low: float
    high: float
    n_decided: int


def reliability(session: Session, project: Project) -> Reliability:
    """Dawid-Skene over the main question: accuracy against the likely truth, shrunk."""
    question = questions_of(project)[0]
    values = main_values(session, project)
    found = dawid_skene(values)
    if found.reviewers is None:
        return Reliability(question.title, (), found.undefined)
    noise, why = _noise(session, project, values)
    lines = [_line(row, noise) for row in found.reviewers.to_dict("records")]
    lines.sort(key=lambda line: line.pseudonym)
    return Reliability(question.title, tuple(lines), noise_undefined=why)


def _line(row: dict[Any, Any], noise: dict[str, Noise]) -> ReviewerLine:
    who, judged = str(row["reviewer"]), int(row["n_judgments"])
    if judged < FEWEST:
        return ReviewerLine(who, None, None, None, judged)
    return ReviewerLine(who, row["accuracy"], row["low"], row["high"], judged, noise.get(who))


def _noise(
    session: Session, project: Project, values: pd.DataFrame
) -> tuple[dict[str, Noise], Message | None]:
    """By reviewer, of those with enough decided comparisons; and why there is none."""
    if not questions_of(project)[0].paired:
        return {}, COMPARES_NONE
    found = reviewer_noise(battles_of(session, project, values))
    if found.reviewers is None:
        return {}, found.undefined
    names = ["discrimination", "low", "high", "n_decided"]
    told = found.reviewers[found.reviewers["n_decided"] >= FEWEST]
    rows = zip(told["reviewer"], told[names].to_dict("records"), strict=True)
    return {str(who): Noise(**{str(k): v for k, v in row.items()}) for who, row in rows}, None


def main_values(session: Session, project: Project) -> pd.DataFrame:
    """The main question's values; pairs of responses in one orientation, which says it all."""
    question = questions_of(project)[0]
    table = table_of(session, project, question=question)
    if question.paired:
        forward = np.array(
            [is_forward(str(name)) for name in table["unit"].cat.categories], dtype=bool
        )
        table = table[forward[table["unit"].cat.codes]]
    return table.assign(value=table["value"].infer_objects())


def model_league(session: Session, project: Project) -> League | Message:
    """The models of a project that compares responses, by strength; else why there is none."""
    if not questions_of(project)[0].paired:
        return COMPARES_NONE
    values = main_values(session, project)
    return league(battles_of(session, project, values))


def battles_of(session: Session, project: Project, values: pd.DataFrame) -> pd.DataFrame:
    """The comparisons of models among the values of `main_values`."""
    return compared(values, _models(session, project.id))


def compared(values: pd.DataFrame, models: Mapping[tuple[str, str], str]) -> pd.DataFrame:
    """One row a compared pair of responses of two models, as `league` takes it.

    `values` has item, reviewer, unit and value; `models` the model of each (item, response).
    """
    rows = []
    for row in values.itertuples(index=False):
        a, b = ids_of(str(row.unit))
        pair = models.get((str(row.item), a), ""), models.get((str(row.item), b), "")
        if all(pair) and pair[0] != pair[1]:
            rows.append((row.item, row.reviewer, *pair, row.value))
    columns = ["item", "reviewer", "model_a", "model_b", "value"]
    return pd.DataFrame(rows, columns=columns)


def _models(session: Session, project_id: int) -> dict[tuple[str, str], str]:
    """The model of each response of the judged items, by their external id and the response's."""
    judged = select(Assignment.item_id).where(
        Assignment.project_id == project_id, Assignment.state == State.JUDGED
    )
    rows = session.execute(
        select(ItemRow.external_id, ItemRow.responses).where(
            ItemRow.project_id == project_id,
            ItemRow.retired_at.is_(None),
            ItemRow.id.in_(judged),
        )
    )
    return {
        (row.external_id, response["id"]): response.get("model", "")
        for row in rows
        for response in row.responses
    }


# --- what moves the judging -----------------------------------------------------------------


#: What each of `findings` is about, in its order.
FINDINGS: tuple[Message, ...] = (
    N_("The response shown first"),
    N_("The longer response"),
    N_("The item before"),
    N_("Hours at work: agreement"),
    N_("Hours at work: pace"),
    N_("Too fast to have read"),
)


def findings(session: Session, project: Project, zone: ZoneInfo) -> list[Finding]:
    """What moves the judging of pairs, of the judgments that were made at the desk; [] where the
    project compares no two responses."""
    if not questions_of(project)[0].paired:
        return []
    choices = prepare_choices(_choices(session, project, zone))
    return [
        first_position_preference(choices),
        length_preference(choices),
        carry_over(choices),
        fatigue(choices, of="agreement"),
        fatigue(choices, of="pace"),
        speeding(choices),
    ]


def _choices(session: Session, project: Project, zone: ZoneInfo) -> pd.DataFrame:
    """One row a judgment of an item with two responses, as `workbench.stats.judging` takes it."""
    rows: list[tuple[Any, ...]] = []
    ids = array("q", session.scalars(_AT_THE_DESK, {"project_id": project.id}))
    for start in range(0, len(ids), _PAGE):
        page = session.execute(_JUDGED_PAIRS, {"ids": ids[start : start + _PAGE].tolist()})
        rows += filter(None, (_choice(project, row, zone) for row in page))
    columns = ["item", "reviewer", "choice", "length_first", "length_second", "at"]
    return pd.DataFrame(rows, columns=[*columns, "active_seconds", "n_chars"]).astype(
        {"active_seconds": float, "n_chars": float}
    )


#: All at once, which is few numbers: a database that is asked for the next page in this order may
#: sort all judgments for each.
_AT_THE_DESK = (
    select(Judgment.id)
    .join(Assignment, Assignment.judgment_id == Judgment.id)
    .where(
        Judgment.project_id == bindparam("project_id"),
        # Of what was judged elsewhere nobody knows the order on the screen.
        Judgment.origin == "desk",
        Assignment.state == State.JUDGED,
    )
    .order_by(Judgment.id)
    .execution_options(yield_per=10_000)
)
_JUDGED_PAIRS = (
    select(Judgment, ItemRow, Membership.pseudonym)
    .join(ItemRow, ItemRow.id == Judgment.item_id)
    .join(
        Membership,
        (Membership.project_id == Judgment.project_id) & (Membership.user_id == Judgment.user_id),
    )
    .where(Judgment.id.in_(listed("ids")), ItemRow.is_current)
    .order_by(Judgment.id)
)


def _choice(project: Project, row: Any, zone: ZoneInfo) -> tuple[Any, ...] | None:
    judgment: Judgment = row.Judgment
    shown = [str(each) for each in judgment.shown]
    if len(shown) != 2:
        return None
    item = as_item(row.Item)
    key, pair = questions_of(project)[0].key, pair_name(*shown)
    units = task_types.get(project.type).units(judgment.answer or {}, item, project.config)
    value = next((each.value for each in units if (each.question, each.unit) == (key, pair)), None)
    if value is None:
        return None
    lengths = [sum(len(turn.content) for turn in item.response(i).completion) for i in shown]
    asked = sum(len(turn.content) for turn in item.prompt)
    seconds = None if judgment.active_ms is None else judgment.active_ms / 1000
    at = judgment.made_at.astimezone(zone).replace(tzinfo=None)
    return (item.id, row.pseudonym, value, *lengths, at, seconds, asked + sum(lengths))
