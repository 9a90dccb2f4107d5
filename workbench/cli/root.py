"""The root of the command: its verbs, and what becomes of an error."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence
from typing import Any, NoReturn, cast

import click

import workbench
from workbench import collector
from workbench.cli.failures import INTERRUPTED, explain
from workbench.cli.installation import Installation
from workbench.cli.verb import HOME, Examples

#: Verb to the module that has it. A module is imported when its verb is called, so that a quick
#: verb does not wait for what a slow one needs.
VERBS = {
    "init": "set_up",
    "demo": "set_up",
    "serve": "set_up",
    "user": "people",
    "keys": "keys",
    "terms": "terms",
    "project": "projects",
    "guideline": "guideline",
    "import": "bring_in",
    "import-judgments": "bring_in",
    "mapping": "mappings",
    "practice": "practice",
    "gold": "gold",
    "agreement": "quality",
    "reliability": "standing",
    "disputes": "standing",
    "league": "standing",
    "simulate": "simulate",
    "export": "take_out",
    "snapshot": "snapshot",
    "trace": "trace",
    "tokens": "tokens",
    "webhooks": "webhooks",
    "digest": "digest",
    "deliver": "deliver",
    "work": "work",
    "retention": "retention",
    "verify": "quality",
    "backup": "back_up",
    "restore": "back_up",
    "move": "move",
    "audit": "audit",
    "anchor": "audit",
}


class Root(Examples, click.Group):
    """Verbs in the order above; every error is one sentence on standard error."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"workbench.cli.{VERBS[cmd_name]}")
        return cast(click.Command, module.VERBS[cmd_name])

    def main(
        self,
        args: Sequence[str] | None = None,
        prog_name: str | None = None,
        complete_var: str | None = None,
        standalone_mode: bool = True,
        **extra: Any,
    ) -> NoReturn:
        """Run, say what went wrong if anything did, and end the process."""
        collector.relax()
        try:
            code = super().main(
                args, prog_name or "workbench", complete_var, standalone_mode=False, **extra
            )
        except (click.Abort, KeyboardInterrupt):
            sys.exit(INTERRUPTED)
        except Exception as error:  # noqa: BLE001 - no traceback reaches a person
            text, code = explain(error)
            click.echo(text, err=True)
        sys.exit(code if isinstance(code, int) else 0)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb. Whoever reads its output may stop reading: that is no error."""
        try:
            value = super().invoke(ctx)
            sys.stdout.flush()
        except BrokenPipeError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            raise click.exceptions.Exit(1) from None
        return value


@click.group(
    cls=Root,
    params=[HOME],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
    examples=(
        "workbench demo                       try it with real sample data",
        "workbench init                       set up an installation of one's own",
        "workbench project create prefs --type ranking --title 'Preferencias'",
        "workbench import prefs outputs.jsonl",
        "workbench export prefs --format trl-preference -o prefs.jsonl",
    ),
)
@click.version_option(workbench.__version__, prog_name="workbench")
@click.pass_context
def root(ctx: click.Context) -> None:
    """People judge what language models wrote, and trainers can use it."""
    ctx.ensure_object(Installation)
