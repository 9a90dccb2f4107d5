"""A judgment of an attack as comparable values, one an item and question."""

from __future__ import annotations

from collections.abc import Iterator

from workbench.task_types.base import N_, Answer, Question, Unit

QUESTIONS = (
    Question("attack", N_("Attack or not")),
    Question("outcome", N_("What the response did")),
    Question("harm", N_("Harm category")),
    Question("technique", N_("Technique")),
    Question("severity", N_("Severity"), "ordinal", (0, 3)),
)


def units(answer: Answer) -> Iterator[Unit]:
    """Harm and technique only of attacks, and only where one was named."""
    for question in QUESTIONS:
        value = answer[question.key]
        if value is not None:
            yield Unit(question.key, "", value)
