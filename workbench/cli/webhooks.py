"""`workbench webhooks`: addresses that are told what happens on a project."""

from __future__ import annotations

import click
from sqlalchemy.orm import Session

from workbench.cli.console import table
from workbench.cli.failures import Failure
from workbench.cli.installation import Installation
from workbench.cli.verb import Family
from workbench.db import now
from workbench.errors import NotFound
from workbench.models import Event, Sending, Webhook, WebhookDelivery
from workbench.queries.projects import find_project
from workbench.queries.webhooks import deliveries, hook_named, hooks_of
from workbench.services import webhooks as service
from workbench.webhooks.deliver import send_due

_MAKE = (
    "workbench webhooks make prefs https://pipeline.example.org/hooks --event snapshot.ready",
    "workbench webhooks make prefs https://a.example.org/h --event judgment.created",
)


@click.group(
    "webhooks",
    cls=Family,
    examples=(
        *_MAKE,
        "workbench webhooks list prefs",
        "workbench webhooks test prefs hook_abcd2345",
        "workbench webhooks replay prefs hook_abcd2345 17",
    ),
)
def webhooks() -> None:
    """Addresses that are told of judgments, finished items, snapshots and agreement."""


@webhooks.command(examples=_MAKE)
@click.argument("slug")
@click.argument("url")
@click.option("--event", "events", required=True, multiple=True,
              type=click.Choice([str(event) for event in Event]),
              help="What it is told of; may be given several times.")  # fmt: skip
@click.pass_obj
def make(installation: Installation, *, slug: str, url: str, events: tuple[str, ...]) -> None:
    """Make a webhook and print its secret, once: it is not stored.

    The secret alone goes to standard output: SECRET=$(workbench webhooks make ...).
    """
    with installation.database() as database, database.write() as session:
        project, wanted = find_project(session, slug), service.Wanted(url, events)
        row, secret = service.make(session, project, wanted, now=now(session), actor=None)
        said = f"{row.name} is told of {', '.join(row.events)} from now on"
    click.echo(secret)
    click.echo(said, err=True)


@webhooks.command("list", examples=("workbench webhooks list prefs",))
@click.argument("slug")
@click.option("--deliveries", "name", metavar="NAME",
              help="What that one was sent of late, instead.")  # fmt: skip
@click.pass_obj
def list_webhooks(installation: Installation, *, slug: str, name: str | None) -> None:
    """The project's webhooks, newest first."""
    with installation.database() as database, database.read() as session:
        project = find_project(session, slug)
        if name is not None:
            rows = _deliveries(session, project.id, name)
        else:
            rows = [
                (line.hook.name, line.state, ",".join(line.hook.events), line.hook.url)
                for line in hooks_of(session, project.id)
            ]
    if not rows:
        click.echo("There is none yet.")
        return
    head = ("webhook", "state", "events", "address")
    if name is not None:
        head = ("number", "event", "state", "attempts, last answer")
    for text in table([head, *rows]):
        click.echo(text)


def _deliveries(session: Session, project_id: int, name: str) -> list[tuple[str, str, str, str]]:
    found = hook_named(session, project_id, name)
    if found is None:
        raise NotFound("This project has no webhook of that name.")
    return [
        (str(each.number), each.event, each.state, f"{each.attempts}, {_answer(each)}")
        for each in deliveries(session, found.hook.id)
    ]


def _answer(delivery: WebhookDelivery) -> str:
    """The status, else why there is none."""
    return str(delivery.status or delivery.error or "-")


@webhooks.command(examples=("workbench webhooks test prefs hook_abcd2345",))
@click.argument("slug")
@click.argument("name")
@click.pass_obj
def test(installation: Installation, slug: str, name: str) -> None:
    """Send a ping now, though it be paused, and say what was answered."""
    config = installation.config()
    with installation.database() as database:
        with database.write() as session:
            row = service.find(session, find_project(session, slug).id, name)
            sent = service.ping(session, row, now=now(session))
        send_due(database, config, row.id)
        with database.read() as session:
            sent = session.get_one(WebhookDelivery, sent.id)
    _say_arrived(sent)


def _say_arrived(sent: WebhookDelivery) -> None:
    if sent.state == Sending.DELIVERED:
        click.echo(f"It arrived: {sent.status}.")
    elif sent.error:
        raise Failure(f"it did not arrive: {_answer(sent)}")
    else:
        click.echo("Another run is sending to this webhook; it is sent next.")


@webhooks.command(examples=("workbench webhooks replay prefs hook_abcd2345 17",))
@click.argument("slug")
@click.argument("name")
@click.argument("number", type=click.IntRange(1, 2**31 - 1))
@click.pass_obj
def replay(installation: Installation, *, slug: str, name: str, number: int) -> None:
    """Have a delivery sent again, with the same id and body."""
    with installation.database() as database, database.write() as session:
        row = service.find(session, find_project(session, slug).id, name)
        service.replay(session, row, number, now=now(session), actor=None)
    click.echo("It is sent with the next run." if row.open else "It is sent when it is resumed.")


def _change(installation: Installation, slug: str, name: str, act: str) -> Webhook:
    with installation.database() as database, database.write() as session:
        row = service.find(session, find_project(session, slug).id, name)
        change = {"pause": service.pause, "resume": service.resume, "remove": service.remove}[act]
        change(session, row, now=now(session), actor=None)
    return row


@webhooks.command(examples=("workbench webhooks pause prefs hook_abcd2345",))
@click.argument("slug")
@click.argument("name")
@click.pass_obj
def pause(installation: Installation, slug: str, name: str) -> None:
    """Send nothing until it is resumed; what happens meanwhile is told then."""
    click.echo(f"{_change(installation, slug, name, 'pause').name} is paused.")


@webhooks.command(examples=("workbench webhooks resume prefs hook_abcd2345",))
@click.argument("slug")
@click.argument("name")
@click.pass_obj
def resume(installation: Installation, slug: str, name: str) -> None:
    """Go on where it was paused or given up."""
    click.echo(f"{_change(installation, slug, name, 'resume').name} goes on.")


@webhooks.command(examples=("workbench webhooks turn prefs hook_abcd2345",))
@click.argument("slug")
@click.argument("name")
@click.pass_obj
def turn(installation: Installation, slug: str, name: str) -> None:
    """Give it another secret and print that, once. For a day both sign."""
    with installation.database() as database, database.write() as session:
        row = service.find(session, find_project(session, slug).id, name)
        secret = service.turn(session, row, now=now(session), actor=None)
    click.echo(secret)


@webhooks.command(examples=("workbench webhooks remove prefs hook_abcd2345",))
@click.argument("slug")
@click.argument("name")
@click.pass_obj
def remove(installation: Installation, slug: str, name: str) -> None:
    """Send it nothing any more. This cannot be taken back."""
    click.echo(f"{_change(installation, slug, name, 'remove').name} is removed.")


VERBS = {"webhooks": webhooks}
