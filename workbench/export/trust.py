"""Whom an export trusts how far: learnt once, of what it reads, and kept in its manifest.

The rows of a weighted majority, and what is left out as unsure, follow from the answers, the policy
and this. So whoever makes the rows anew takes it from the manifest and learns nothing.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np

from workbench.stats import Reliability, vote_weight
from workbench.stats.overlap import value_chances
from workbench.task_types.base import AnswerRecord, Config, Question, TaskType
from workbench.task_types.said import Said

#: Digits of chances and weights, so that machines which differ in the last bits give one result.
DIGITS, _WHOLE = 6, 1_000_000


@dataclass(frozen=True)
class Trust:
    """What was learnt, as the manifest has it.

    `question` it was learnt of; `weights` by pseudonym, and `weight_of_others`; `values`, the
    `prevalence` of each, and the chances that `reviewers` (by pseudonym) and `others` say the value
    of the column where that of the row is true.
    """

    told: Mapping[str, Any]

    @classmethod
    def learnt(cls, question: str, known: Reliability) -> Trust:
        """Weights are worked out of the rounded chances, so that these say it all."""
        rounded = Reliability(
            values=tuple(_plain(value) for value in known.values),
            prevalence=_rounded(known.prevalence),
            default=_rounded(known.default),
            of={str(who): _rounded(says) for who, says in known.of.items()},
        )
        of = {who: rounded.of[who] for who in sorted(map(str, rounded.of))}
        return cls(
            {
                "question": question,
                "weights": {who: _weight(rounded, who) for who in of},
                "weight_of_others": _weight(rounded, None),
                "values": list(rounded.values),
                "prevalence": rounded.prevalence.tolist(),
                "others": rounded.default.tolist(),
                "reviewers": {who: says.tolist() for who, says in of.items()},
            }
        )

    @classmethod
    def read(cls, told: Mapping[str, Any]) -> Trust:
        """What a manifest has. Raises ValueError, KeyError, TypeError or AttributeError where it is
        not what `learnt` gives."""
        trust = cls(told)
        known, n = trust.known, len(trust.known.values)
        square = all(each.shape == (n, n) for each in (known.default, *known.of.values()))
        weights = (trust.weight_of_others, *trust.weights.values())
        if known.prevalence.shape != (n,) or not square or min(weights) < 0:
            raise ValueError("chances and weights that do not fit each other")
        return trust

    @cached_property
    def known(self) -> Reliability:
        """The chances, for whoever works with them."""
        return Reliability(
            values=tuple(self.told["values"]),
            prevalence=np.array(self.told["prevalence"], dtype=float),
            default=np.array(self.told["others"], dtype=float),
            of={who: np.array(says, float) for who, says in self.told["reviewers"].items()},
        )

    @cached_property
    def weights(self) -> dict[str, int]:
        """What the judgments of each reviewer count for, in millionths."""
        return {who: round(float(weight) * _WHOLE) for who, weight in self.told["weights"].items()}

    @cached_property
    def weight_of_others(self) -> int:
        """What those of a reviewer who is not known count for: as of one like all."""
        return round(float(self.told["weight_of_others"]) * _WHOLE)

    def weighed(self, answers: Iterable[AnswerRecord]) -> list[AnswerRecord]:
        """The same answers, each with its reviewer's weight."""
        return [
            replace(each, weight=self.weights.get(each.reviewer, self.weight_of_others))
            for each in answers
        ]

    def unsure(self, said: Said, least: float) -> frozenset[str]:
        """The units whose likely value has a lower chance than `least` (0..1)."""
        return frozenset(unit for unit, values in said.items() if self.chance(values) < least)

    def chance(self, said: Sequence[tuple[Hashable, Hashable]]) -> float:
        """The posterior of the likely value, in `DIGITS`; 0 where a value is one never seen."""
        if any(value not in self.known.values for _, value in said):
            return 0.0
        return round(float(value_chances(said, self.known).max()), DIGITS)


def question_of(task_type: TaskType, config: Config, criterion: str | None) -> Question:
    """The criterion's question where the export is of one, else the main one."""
    questions = task_type.questions(config)
    return next((each for each in questions if each.key == criterion), questions[0])


def _weight(known: Reliability, who: str | None) -> float:
    return round(vote_weight(known.accuracy(who)), DIGITS)


def _rounded(chances: Any) -> Any:
    return np.round(chances, DIGITS)


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else value
