"""What `workbench import --from` asks, lists and says beside the import itself."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import click

from workbench.intake.mapping import ITEM_FIELDS, known_parts
from workbench.intake.tools import BY_NAME, OPTIONS, TOOLS, Tool
from workbench.services.import_from_tool import ToolCounts
from workbench.task_types import TASK_TYPES


def _tool(_ctx: click.Context, _parameter: click.Parameter, value: str | None) -> Tool | None:
    return None if value is None else BY_NAME[value]


def _options(
    _ctx: click.Context, _parameter: click.Parameter, value: Sequence[str]
) -> dict[str, str]:
    found = {}
    for each in value:
        name, equals, said = each.partition("=")
        if not (name and equals and said):
            raise click.BadParameter(f"{each} is not written NAME=VALUE.")
        found[name] = said
    return found


def _list(ctx: click.Context, _parameter: click.Parameter, value: bool) -> None:
    """Print the tools and what can be said of their files, and stop."""
    if not value:
        return
    for tool in TOOLS:
        click.echo(f"{tool.name}: {tool.title}, for projects of {', '.join(tool.types)}")
        click.echo(f"  not carried: {tool.without}")
        click.echo(f"  --with: {', '.join(tool.options) or 'nothing'}")
    click.echo("What --with says:")
    for name, meaning in OPTIONS.items():
        click.echo(f"  {name}: {meaning}")
    click.echo("What --map reads from a column, and --with says of every row:")
    click.echo(f"  of an item: {', '.join(ITEM_FIELDS)}")
    for task_type in TASK_TYPES:
        parts = ", ".join(known_parts(task_type.slug))
        click.echo(f"  of a judgment in {task_type.slug}: judgment.<n>. and {parts}")
    ctx.exit()


FROM = click.option(
    "--from",
    "tool",
    type=click.Choice([tool.name for tool in TOOLS]),
    callback=_tool,
    help="Another tool that wrote the file. Its judgments come in with its items.",
)
WITH = click.option(
    "--with",
    "options",
    multiple=True,
    metavar="NAME=VALUE",
    callback=_options,
    help="What the file does not say: a name of --list, or with --map a field of every row.",
)
LIST = click.option(
    "--list",
    is_flag=True,
    is_eager=True,
    expose_value=False,
    callback=_list,
    help="List the tools, what each does not carry, and the names for --with.",
)


def say_left(tool: Tool, counts: Sequence[ToolCounts]) -> None:
    """On standard error: what was in the files and did not come over, and what never does."""
    left: Counter[str] = Counter()
    for each in counts:
        left.update(each.left)
    for what, n in sorted(left.items()):
        click.echo(f"Not carried: {n:,} × {what}", err=True)
    click.echo(f"Never carried from {tool.title}: {tool.without}.", err=True)
