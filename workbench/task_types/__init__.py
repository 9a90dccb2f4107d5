"""The task types that this installation knows, in the order in which they are offered."""

from __future__ import annotations

from workbench.task_types.adversarial import Adversarial
from workbench.task_types.base import TaskType
from workbench.task_types.bias import Bias
from workbench.task_types.conversation import Conversation
from workbench.task_types.ranking import Ranking
from workbench.task_types.rating import Rating
from workbench.task_types.rewrite import Rewrite
from workbench.task_types.steps import Steps

TASK_TYPES: tuple[TaskType, ...] = (
    Ranking(),
    Bias(),
    Adversarial(),
    Rating(),
    Conversation(),
    Rewrite(),
    Steps(),
)

BY_SLUG: dict[str, TaskType] = {task_type.slug: task_type for task_type in TASK_TYPES}


def get(slug: str) -> TaskType:
    """The type of that slug. KeyError if there is none."""
    return BY_SLUG[slug]
