"""The formats, one module each, in the order that people see them in."""

from __future__ import annotations

from collections.abc import Mapping

from workbench.export.formats import (
    adversarial_labels,
    argilla,
    attribute_ratings,
    bias_spans,
    helpsteer_preference,
    judgments,
    label_studio,
    listwise,
    llama_factory,
    llama_factory_kto,
    lmarena_battles,
    nemo_rl,
    openai_dpo,
    rewardbench,
    safety,
    trl_implicit,
    trl_preference,
    trl_prompt,
    trl_reward,
    trl_sft,
    trl_stepwise,
    trl_unpaired,
)
from workbench.export.formats.base import (
    ExchangeFormat,
    Format,
    ItemFormat,
    JudgmentFormat,
    RecordFormat,
    Row,
)
from workbench.export.policy import BALLOTS, OPTIONS, ExportPolicy, parse_policy
from workbench.messages import N_, Invalid, Message
from workbench.task_types.base import TaskType

__all__ = [
    "BY_NAME",
    "FORMATS",
    "GROUPS",
    "ExchangeFormat",
    "Format",
    "ItemFormat",
    "JudgmentFormat",
    "RecordFormat",
    "Row",
    "check_fits",
    "format_named",
    "formats_for",
    "groups_for",
    "heeded",
    "policy_for",
]

#: Formats by who reads them, in the order in which people see both.
GROUPS: tuple[tuple[Message, tuple[Format, ...]], ...] = (
    (
        N_("TRL, OpenRLHF, Axolotl"),
        (
            trl_preference.FORMAT,
            trl_unpaired.FORMAT,
            trl_sft.FORMAT,
            trl_implicit.FORMAT,
            trl_reward.FORMAT,
            trl_stepwise.FORMAT,
            trl_prompt.FORMAT,
        ),
    ),
    (
        N_("Other trainers"),
        (
            llama_factory.FORMAT,
            llama_factory_kto.FORMAT,
            nemo_rl.FORMAT,
            openai_dpo.FORMAT,
        ),
    ),
    (
        N_("Bias and safety"),
        (bias_spans.FORMAT, adversarial_labels.FORMAT, safety.FORMAT),
    ),
    (
        N_("Scales, rankings and comparisons of models"),
        (
            attribute_ratings.FORMAT,
            helpsteer_preference.FORMAT,
            listwise.FORMAT,
            lmarena_battles.FORMAT,
            rewardbench.FORMAT,
        ),
    ),
    (N_("Other tools, to go on judging there"), (label_studio.FORMAT, argilla.FORMAT)),
    (N_("Everything, to compute with"), (judgments.FORMAT,)),
)
FORMATS: tuple[Format, ...] = tuple(fmt for _, formats in GROUPS for fmt in formats)
BY_NAME: dict[str, Format] = {fmt.name: fmt for fmt in FORMATS}


def formats_for(task_type: TaskType) -> tuple[Format, ...]:
    """What a project of this type can export: the formats of its record kinds, and judgments."""
    return tuple(fmt for fmt in FORMATS if _can_give(task_type, fmt))


def _can_give(task_type: TaskType, fmt: Format) -> bool:
    if fmt.types and task_type.slug not in fmt.types:
        return False
    return fmt.kind is None or fmt.kind in task_type.record_kinds


def groups_for(task_type: TaskType) -> list[tuple[Message, list[Format]]]:
    """The same by who reads them; groups without a format are left out."""
    offered = formats_for(task_type)
    groups = [(title, [fmt for fmt in formats if fmt in offered]) for title, formats in GROUPS]
    return [(title, formats) for title, formats in groups if formats]


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
    if not _can_give(task_type, fmt):
        unfit = N_(
            "A project of type %(type)s cannot give %(name)s. It can give: %(known)s.",
            type=task_type.slug,
            name=fmt.name,
            known=_names_for(task_type),
        )
        raise Invalid({"format": unfit})


def _names_for(task_type: TaskType) -> str:
    return ", ".join(fmt.name for fmt in formats_for(task_type))


def heeded(fmt: Format, task_type: TaskType) -> tuple[str, ...]:
    """The options that decide anything where a project of that type gives that format."""
    ballots = "ranking" in task_type.record_kinds
    return tuple(option for option in fmt.heeds if ballots or option not in BALLOTS)


def policy_for(fmt: Format, task_type: TaskType, options: Mapping[str, str | None]) -> ExportPolicy:
    """`parse_policy`, and an option that decides nothing there is wrong: whoever gave it believes
    that it does."""
    given = {name for name in OPTIONS if (options.get(name) or "").strip()}
    known = heeded(fmt, task_type)
    idle = [name for name in OPTIONS if name in given and name not in known]
    if idle:
        why = N_(
            "%(format)s of a project of type %(type)s does not go by this; leave it out",
            format=fmt.name,
            type=task_type.slug,
        )
        raise Invalid(dict.fromkeys(idle, why))
    return parse_policy(options)
