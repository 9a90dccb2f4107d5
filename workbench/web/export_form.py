"""The form of an export: what it holds, and what that means.

A share is asked for in percent here and given from 0 to 1 on the command line; all else is alike.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal

from workbench import task_types
from workbench.export.filters import FILTERS
from workbench.export.formats import Format, format_named, formats_for
from workbench.export.policy import ExportPolicy, parse_policy
from workbench.messages import N_, Invalid
from workbench.models import Project
from workbench.services.make_export import as_options

Form = dict[str, str]

#: Enough for any value of a field; the rest of a longer one is not looked at.
LONGEST = 500

_PERCENT = re.compile(r"[0-9]{1,3}([.,][0-9]{1,8})?")
_NO_PERCENT = N_("This is a percentage from 0 to 100.")


def filled(values: Mapping[str, str], project: Project) -> Form:
    """Every field, as it was sent or else at its default."""
    criteria = [criterion["key"] for criterion in project.config.get("criteria", [])]
    empty = {
        "format": formats_for(task_types.get(project.type))[0].name,
        "name": "",
        **as_options(ExportPolicy()),
        "min_agreement": "",
        "criterion": criteria[0] if criteria else "",
    }
    return {name: (values.get(name) or default)[:LONGEST] for name, default in empty.items()}


def filled_like(format_name: str, options: Mapping[str, str]) -> Form:
    """The form of an export that was made."""
    share = Decimal(options["min_agreement"]) * 100
    percent = f"{share.normalize():f}" if share else ""
    return {"format": format_name, "name": "", **options, "min_agreement": percent}


def chosen(form: Form, project: Project) -> tuple[Format, ExportPolicy]:
    """What the form asks for. Raises Invalid with every field that is wrong."""
    fmt = format_named(form["format"], task_types.get(project.type))
    options = {name: form[name] for name in (*FILTERS, *fmt.heeds)}
    wrong = {}
    try:
        options["min_agreement"] = _share(options.get("min_agreement", ""))
    except Invalid as error:
        wrong.update(error.errors)
        options["min_agreement"] = ""
    try:
        policy = parse_policy(options)
    except Invalid as error:
        raise Invalid({**error.errors, **wrong}) from None
    if wrong:
        raise Invalid(wrong)
    return fmt, policy


def _share(percent: str) -> str:
    """Percent as a share: "66,7" gives "0.667". Raises Invalid."""
    text = percent.strip().removesuffix("%").strip()
    if not text:
        return ""
    if not _PERCENT.fullmatch(text):
        raise Invalid({"min_agreement": _NO_PERCENT})
    share = Decimal(text.replace(",", ".")) / 100
    if share > 1:
        raise Invalid({"min_agreement": _NO_PERCENT})
    return f"{share:f}"
