"""`workbench digest`: look at every project, tell people, and send the e-mail that is due."""

from __future__ import annotations

from zoneinfo import ZoneInfo

import click

from workbench.cli.failures import WRONG_DATA, Failure
from workbench.cli.installation import Installation
from workbench.cli.verb import Verb
from workbench.config import Config
from workbench.db import Database
from workbench.mail.send import Sent, send_due, would_send
from workbench.services.overlap import refit_due
from workbench.services.pairs import choose_due
from workbench.services.watch import Look, look, note


@click.command(
    cls=Verb,
    examples=(
        "workbench digest",
        "workbench digest --dry-run          what would be sent; nothing is sent or stored",
        "*/5 * * * * workbench digest        in a crontab: every five minutes",
    ),
)
@click.option("--dry-run", is_flag=True, help="Say what would be sent. Sends and stores nothing.")
@click.pass_obj
def digest(installation: Installation, *, dry_run: bool) -> None:
    """Tell leads where their projects stand, and send the e-mail that people asked for.

    To be run by a timer, every few minutes: "at once" means with the next run. Daily letters go out
    with the first run after WORKBENCH_DIGEST_HOUR of a person's own day. Runs may overlap. Where
    the mail server does not answer, all is kept for the next run. Where overlap adapts and enough
    judgments are new, how reliable reviewers are is learnt anew; where items stand ahead of the
    queue, they are chosen anew.
    """
    config = installation.config()
    config.read_smtp_password()
    with installation.database() as database:
        seen = look(database, ZoneInfo(config.timezone))
        if dry_run:
            _preview(database, config, seen)
        else:
            _run(database, config, seen)


def _run(database: Database, config: Config, seen: Look) -> None:
    with database.write() as session:
        new = note(session, seen)
    click.echo(f"New messages on leads' pages: {new:,}.")
    learnt = refit_due(database)
    if learnt:
        click.echo(f"Reliability learnt anew for overlap that adapts: {learnt:,} projects.")
    chosen = choose_due(database)
    if chosen:
        click.echo(f"Items ahead of the queue chosen anew: {chosen:,} projects.")
    if not config.sends_mail:
        click.echo("No e-mail is sent: WORKBENCH_SMTP_HOST is empty.")
        return
    sent = send_due(database, config)
    click.echo(f"Letters sent: {sent.letters:,}, with {sent.messages:,} messages.")
    _say_failed(sent)


def _say_failed(sent: Sent) -> None:
    for name, why in sent.failed.items():
        click.echo(f"{name}: {why}", err=True)
    if sent.failed:
        raise Failure(f"{len(sent.failed):,} letters were not taken; they stay due", WRONG_DATA)


def _preview(database: Database, config: Config, seen: Look) -> None:
    due = would_send(database, config, seen)
    for each in due:
        click.echo(f"{each.name}: {len(each.ids):,} messages")
    click.echo(f"Letters that would be sent: {len(due):,}.")
    if not config.sends_mail:
        click.echo("No e-mail is sent: WORKBENCH_SMTP_HOST is empty.")


VERBS = {"digest": digest}
