"""The form of an export: what it holds, and what that means.

A share is asked for in percent here and given from 0 to 1 on the command line; all else is alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

from workbench import task_types
from workbench.export.filters import FILTERS
from workbench.export.formats import Format, format_named, formats_for, groups_for
from workbench.export.policy import ExportPolicy, parse_policy
from workbench.messages import N_, Invalid, Message
from workbench.models import Project
from workbench.services.make_export import as_options

Form = dict[str, str]

#: What is asked for in percent.
SHARES = ("min_agreement", "min_posterior")
#: Enough for any value of a field; the rest of a longer one is not looked at.
LONGEST = 500

_PERCENT = re.compile(r"[0-9]{1,3}([.,][0-9]{1,8})?")
_NO_PERCENT = N_("This is a percentage from 0 to 100.")


@dataclass(frozen=True)
class Group:
    """Formats that the same people read, as the form shows them."""

    title: Message
    #: Each with why it has no rows under the project's settings, if that is so.
    formats: list[tuple[Format, Message | None]]
    #: Whether it is unfolded from the first.
    is_open: bool


def groups(form: Form, project: Project) -> list[Group]:
    """The formats of the project's type; the first group and that of the chosen one unfolded."""
    task_type = task_types.get(project.type)
    never = task_type.never_gives(project.config)
    return [
        Group(
            title,
            [(fmt, never.get(fmt.kind) if fmt.kind else None) for fmt in formats],
            number == 0 or form["format"] in {fmt.name for fmt in formats},
        )
        for number, (title, formats) in enumerate(groups_for(task_type))
    ]


def filled(values: Mapping[str, str], project: Project) -> Form:
    """Every field, as it was sent or else at its default."""
    criteria = [criterion["key"] for criterion in project.config.get("criteria", [])]
    empty = {
        "format": formats_for(task_types.get(project.type))[0].name,
        "name": "",
        **as_options(ExportPolicy()),
        **dict.fromkeys(SHARES, ""),
        "criterion": criteria[0] if criteria else "",
    }
    return {name: (values.get(name) or default)[:LONGEST] for name, default in empty.items()}


def filled_like(format_name: str, options: Mapping[str, str]) -> Form:
    """The form of an export that was made."""
    percents = {name: _percent(options[name]) for name in SHARES}
    return {"format": format_name, "name": "", **options, **percents}


def chosen(form: Form, project: Project) -> tuple[Format, ExportPolicy]:
    """What the form asks for. Raises Invalid with every field that is wrong."""
    fmt = format_named(form["format"], task_types.get(project.type))
    options = {name: form[name] for name in (*FILTERS, *fmt.heeds)}
    wrong = {}
    for name in SHARES:
        try:
            options[name] = _share(options.get(name, ""))
        except ValueError:
            wrong[name] = _NO_PERCENT
            options[name] = ""
    try:
        policy = parse_policy(options)
    except Invalid as error:
        raise Invalid({**error.errors, **wrong}) from None
    if wrong:
        raise Invalid(wrong)
    return fmt, policy


def _percent(share: str) -> str:
    """A share in percent: "0.667" gives "66.7", and 0 nothing."""
    percent = Decimal(share) * 100
    return f"{percent.normalize():f}" if percent else ""


def _share(percent: str) -> str:
    """Percent as a share: "66,7" gives "0.667". Raises ValueError."""
    text = percent.strip().removesuffix("%").strip()
    if not text:
        return ""
    if not _PERCENT.fullmatch(text):
        raise ValueError(percent)
    share = Decimal(text.replace(",", ".")) / 100
    if share > 1:
        raise ValueError(percent)
    return f"{share:f}"
