"""What an answer says, in brief: a number that equal answers share, whatever words go with them.

A million judgments of few kinds are read as numbers, and each kind is looked up once.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from operator import itemgetter
from typing import Any

import orjson

from workbench.task_types.base import Answer, Config, Item, Question, TaskType, Unit
from workbench.task_types.ranking.agreement import is_forward

#: What was said of each unit: (pseudonym, value) each.
Said = dict[str, list[tuple[str, Any]]]


def units_of(task_type: TaskType, answer: Answer, item: Item, config: Config) -> tuple[Unit, ...]:
    """The units of an answer, ordered by question and name."""
    found = task_type.units(answer, item, config)
    return tuple(sorted(found, key=itemgetter(0, 1)))


def fingerprint(task_type: TaskType, config: Config, units: Iterable[Unit]) -> int:
    """63 bits of BLAKE2b over units as `units_of` orders them.

    It holds for one version of the task type and one configuration: under others the same answer
    has another, so that what was worked out by different rules is never taken for the same.
    """
    said = [tuple(unit) for unit in units]
    content = [task_type.slug, task_type.version, config, said]
    packed = orjson.dumps(content, option=orjson.OPT_SORT_KEYS)
    return int.from_bytes(hashlib.blake2b(packed, digest_size=8).digest()) >> 1


def said_in(task_type: TaskType, answer: Answer, item: Item, config: Config) -> int:
    """The fingerprint of what an answer says."""
    return fingerprint(task_type, config, units_of(task_type, answer, item, config))


def said_of(
    task_type: TaskType,
    config: Config,
    question: Question,
    item: Item,
    answers: Iterable[tuple[str, Answer]],
) -> Said:
    """What the answers, (pseudonym, answer) each, say of each unit of a question; of a pair of
    responses in one orientation, which says it all."""
    said: Said = {}
    for who, answer in answers:
        for unit in task_type.units(answer, item, config):
            if unit.question == question.key and (not question.paired or is_forward(unit.unit)):
                said.setdefault(unit.unit, []).append((who, unit.value))
    return said
