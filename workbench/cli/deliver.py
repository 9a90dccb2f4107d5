"""`workbench deliver`: send what webhooks are to be told."""

from __future__ import annotations

import signal
import threading

import click

from workbench.cli.failures import Failure
from workbench.cli.installation import Installation
from workbench.cli.verb import Verb
from workbench.telemetry import lines
from workbench.webhooks.deliver import deliver as one_pass
from workbench.webhooks.deliver import keep_delivering


@click.command(
    cls=Verb,
    examples=(
        "workbench deliver",
        "workbench deliver --watch            beside `serve --no-deliver`",
        "* * * * * workbench deliver          in a crontab: every minute",
    ),
)
@click.option("--watch", is_flag=True, help="Go on, every few seconds, until stopped.")
@click.pass_obj
def deliver(installation: Installation, *, watch: bool) -> None:
    """Send webhooks what has happened since they were last told, and what did not arrive.

    `serve` and `demo` do this by themselves. Runs may overlap: nothing is sent by two at once. What
    was on its way when a run was killed is sent again.
    """
    config = installation.config()
    lines.install(config.log_format)
    with installation.database() as database:
        if watch:
            stop = threading.Event()
            for number in (signal.SIGTERM, signal.SIGINT):
                signal.signal(number, lambda *_: stop.set())
            keep_delivering(database, config, stop)
            return
        passed = one_pass(database, config)
    click.echo(f"Delivered: {passed.delivered:,}.")
    if passed.failed:
        raise Failure(f"{passed.failed:,} did not arrive; they are tried again")


VERBS = {"deliver": deliver}
