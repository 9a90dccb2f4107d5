"""`workbench work`: do what was asked for in the browser and takes long."""

from __future__ import annotations

import signal
import threading

import click

from workbench.background.keep import keep_working
from workbench.cli.installation import Installation
from workbench.cli.verb import Verb
from workbench.telemetry import lines


@click.command(
    cls=Verb,
    examples=("workbench work                       beside `serve --no-work`",),
)
@click.pass_obj
def work(installation: Installation) -> None:
    """Do long imports and snapshots that were asked for in the browser, until stopped.

    `serve` and `demo` do this by themselves. In a process of its own it takes no time from the
    pages. One of a machine works, another one waits for its turn. What was under way when it was
    stopped is taken up again by the next one.
    """
    config = installation.config()
    lines.install(config.log_format)
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    with installation.database() as database:
        keep_working(database, config, stop)


VERBS = {"work": work}
