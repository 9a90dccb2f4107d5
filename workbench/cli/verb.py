"""What every verb has: examples in its help, and --home."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

from workbench.cli.installation import Installation


def _set_home(ctx: click.Context, _parameter: click.Parameter, value: Path | None) -> None:
    installation = ctx.ensure_object(Installation)
    if value is not None:
        installation.home = value


HOME = click.Option(
    ["--home"],
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    expose_value=False,
    callback=_set_home,
    help="Folder of the database and the key.  [default: WORKBENCH_HOME, else ~/.workbench]",
)


#: A heading, and what stands below it: names, each with what it means.
Section = tuple[str, list[tuple[str, str]]]


class Examples(click.Command):
    """A command whose help ends with lists of names, and with examples, printed as they are."""

    def __init__(
        self,
        *args: Any,
        examples: tuple[str, ...] = (),
        sections: Sequence[Section] = (),
        **kwargs: Any,
    ) -> None:
        self.examples = examples
        self.sections = sections
        super().__init__(*args, **kwargs)

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The lists, and the examples."""
        for title, names in self.sections:
            with formatter.section(title):
                formatter.write_dl(names)
        if self.examples:
            with formatter.section("Examples"):
                for line in self.examples:
                    formatter.write(f"{' ' * formatter.current_indent}{line}\n")


class Verb(Examples):
    """One verb."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.params.append(HOME)


class Family(Examples, click.Group):
    """A verb with verbs of its own, such as `user create`."""

    command_class = Verb
