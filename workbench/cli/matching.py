"""What `workbench import --map` and `workbench mapping` ask of a table with columns of its own."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import click

from workbench import task_types
from workbench.db import Database
from workbench.intake.mapping import ColumnMapping, parse_mapping, table_tool
from workbench.intake.tools import Tool
from workbench.queries.mappings import mapping_named
from workbench.queries.projects import find_project

EXAMPLE = "--map prompt=question --map response.a=one --map response.b=two --with language=es"


def _pairs(_ctx: click.Context, parameter: click.Parameter, value: Sequence[str]) -> dict[str, str]:
    """FIELD=COLUMN, or WORD=MEANING where the word may have a = of its own."""
    found = {}
    for each in value:
        name, equals, said = (
            each.rpartition("=") if parameter.name == "words" else each.partition("=")
        )
        if not (name and equals and said):
            raise click.BadParameter(f"{each} is not written {parameter.metavar}.")
        found[name] = said
    return found


MAPPING = click.option(
    "--mapping", "saved", metavar="NAME", help="A saved mapping of columns; see workbench mapping."
)
MAP = click.option(
    "--map",
    "columns",
    multiple=True,
    metavar="FIELD=COLUMN",
    callback=_pairs,
    help="The column that a field is read from: prompt, response.a, judgment.1.winner, ...",
)
VALUE = click.option(
    "--value",
    "words",
    multiple=True,
    metavar="WORD=MEANING",
    callback=_pairs,
    help="What a word in a column of judgments means, such as 0=tie.",
)


@dataclass(frozen=True)
class Asked:
    """A mapping as it was asked for: a saved one, and what is said beside it."""

    saved: str | None
    said: ColumnMapping


def asked(other: Mapping[str, Any], constants: dict[str, str], *, with_tool: bool) -> Asked | None:
    """What was asked for; None where no columns are to be matched. Raises UsageError."""
    saved, columns, words = other["saved"], other["columns"], other["words"]
    if not (saved or columns or words):
        if constants and not with_tool:
            raise click.UsageError("--with goes with --from, --map or --mapping.")
        return None
    if with_tool:
        raise click.UsageError("--from knows the columns; take it or --map and --mapping away.")
    return Asked(saved, ColumnMapping(columns, constants, words))


def tool_for(database: Database, slug: str, wanted: Asked) -> Tool:
    """What reads tables of the project so. Raises Invalid and NotFound."""
    with database.read() as session:
        project = find_project(session, slug)
        saved = None
        if wanted.saved is not None:
            saved = mapping_named(session, project.id, wanted.saved).mapping
    mapping = wanted.said if saved is None else _over(saved, wanted.said)
    return table_tool(parse_mapping(mapping.as_dict()), task_types.get(project.type))


def _over(saved: ColumnMapping, said: ColumnMapping) -> ColumnMapping:
    """A saved mapping in which what is said has taken the place of what was."""
    kept = {name: column for name, column in saved.columns.items() if name not in said.constants}
    constants = {name: text for name, text in saved.constants.items() if name not in said.columns}
    return ColumnMapping(
        {**kept, **said.columns},
        {**constants, **said.constants},
        {**saved.values, **said.values},
    )
