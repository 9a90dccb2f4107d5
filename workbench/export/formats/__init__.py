"""The formats, one module each, in the order that people see them in."""

from __future__ import annotations

from workbench.export.formats import (
    adversarial_labels,
    attribute_ratings,
    bias_spans,
    judgments,
    openai_dpo,
    trl_preference,
    trl_sft,
    trl_unpaired,
)
from workbench.export.formats.base import Format, JudgmentFormat, RecordFormat, Row
from workbench.messages import N_, Invalid
from workbench.task_types.base import TaskType

__all__ = [
    "BY_NAME",
    "FORMATS",
    "Format",
    "JudgmentFormat",
    "RecordFormat",
    "Row",
    "check_fits",
    "format_named",
    "formats_for",
]

FORMATS: tuple[Format, ...] = (
    trl_preference.FORMAT,
    trl_unpaired.FORMAT,
    trl_sft.FORMAT,
    openai_dpo.FORMAT,
    bias_spans.FORMAT,
    adversarial_labels.FORMAT,
    attribute_ratings.FORMAT,
    judgments.FORMAT,
)
BY_NAME: dict[str, Format] = {fmt.name: fmt for fmt in FORMATS}


def formats_for(task_type: TaskType) -> tuple[Format, ...]:
    """What a project of this type can export: the formats of its record kinds, and judgments."""
    return tuple(fmt for fmt in FORMATS if fmt.kind is None or fmt.kind in task_type.record_kinds)


def format_named(name: str, task_type: TaskType) -> Format:
    """The format of that name. Raises Invalid at "format" if there is none or it does not fit."""
    fmt = BY_NAME.get(name)
    if fmt is None:
        unknown = N_(
            "There is no format “%(name)s”. This project can give: %(known)s.",
            name=name,
            known=_names_for(task_type),
        )
        raise Invalid({"format": unknown})
    check_fits(fmt, task_type)
    return fmt


def check_fits(fmt: Format, task_type: TaskType) -> None:
    """Raises Invalid at "format" where the task type has no records of the format's kind."""
    if fmt not in formats_for(task_type):
        unfit = N_(
            "A project of type %(type)s cannot give %(name)s. It can give: %(known)s.",
            type=task_type.slug,
            name=fmt.name,
            known=_names_for(task_type),
        )
        raise Invalid({"format": unfit})


def _names_for(task_type: TaskType) -> str:
    return ", ".join(fmt.name for fmt in formats_for(task_type))
