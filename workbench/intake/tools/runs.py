"""Outputs of several models, or several of one, for the same prompt: one item with its responses.

What evaluation harnesses log. Their scores are of machines, and so are kept beside the responses,
never as judgments.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from workbench.intake.tools.base import Place
from workbench.messages import N_

NO_ANSWER = N_("samples without an answer in text")

#: The task types that an item of outputs can be judged for here.
TYPES = ("ranking", "rating", "bias", "adversarial", "rewrite")


@dataclass(slots=True)
class Run:
    """One output."""

    model: str
    text: str
    scores: dict[str, Any] = field(default_factory=dict)


def responses_of(runs: Sequence[Run]) -> list[dict[str, Any]]:
    """Responses numbered from 1, by model and text: in whatever order files are named, they are
    the same."""
    ordered = sorted(runs, key=lambda run: (run.model, run.text))
    return [
        {
            "id": str(number),
            "model": run.model,
            "text": run.text,
            "metadata": {"scores": run.scores} if run.scores else {},
        }
        for number, run in enumerate(ordered, 1)
    ]


def check_same(prompts: Sequence[tuple[Place, Any]]) -> None:
    """Raises Invalid at the first prompt that is another one than the first: outputs for different
    prompts cannot be compared."""
    for place, prompt in prompts[1:]:
        if prompt != prompts[0][1]:
            raise place.wrong(
                N_("is another prompt than that of the first record of this id, which stands apart")
            )
