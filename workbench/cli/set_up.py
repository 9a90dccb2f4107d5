"""`workbench init`, `demo` and `serve`: from nothing to a running server."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from workbench import migrate
from workbench.background.anchoring import keep_anchoring
from workbench.background.keep import keep_working
from workbench.cli.console import table
from workbench.cli.failures import Failure
from workbench.cli.installation import Installation, SetUp, set_up
from workbench.cli.people import say_code
from workbench.cli.verb import Verb
from workbench.config import Config
from workbench.db import Database, now
from workbench.models import Role, User
from workbench.paths import data_dir
from workbench.serve import Address, Busy, KeepDoing, check_free, https_setting, parse_bind
from workbench.serve import serve as serve_application
from workbench.services import accounts
from workbench.services import demo as demo_service
from workbench.services.watch import look, note
from workbench.webhooks.deliver import keep_delivering

FIRST_ADMIN = "admin"


@click.command(
    cls=Verb,
    examples=("workbench init", "workbench --home /srv/workbench init"),
)
@click.pass_obj
def init(installation: Installation) -> None:
    """Set up an installation, or upgrade one.

    Makes the home folder, the key and the database where they are missing. Prints a one-time code
    for the first administrator while there is none.
    """
    done = set_up(installation.config())
    _say_set_up(done)
    with installation.database() as database, database.write() as session:
        code = _first_admin(session)
    if code:
        say_code(code, FIRST_ADMIN, "15 minutes")


def _say_set_up(done: SetUp) -> None:
    if done.new:
        click.echo(f"Workbench is set up in {done.config.home}.")
    elif done.upgraded:
        click.echo(f"The database is at version {migrate.head()} now.")
    else:
        click.echo(f"Workbench is set up in {done.config.home} already, and it is up to date.")
    if done.config.home.stat().st_mode & 0o077:
        click.echo(
            f"Others on this machine can look into it: chmod 700 {done.config.home}", err=True
        )


def _first_admin(session: Session) -> str | None:
    """A code for the first administrator; None when there is one, who asks for codes alone."""
    if session.scalar(select(User.id).where(User.role == Role.ADMIN).limit(1)) is not None:
        return None
    at = now(session)
    admin = accounts.create_user(session, name=FIRST_ADMIN, role=Role.ADMIN, now=at)
    return accounts.issue_code(session, admin, at, accounts.FIRST_CODE_VALID)


_BIND = click.option(
    "--bind",
    default="127.0.0.1:8000",
    show_default=True,
    metavar="HOST:PORT",
    help="Where to listen.",
)
_WORKERS = click.option(
    "--workers",
    default=2,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Processes.",
)
_THREADS = click.option(
    "--threads",
    default=8,
    show_default=True,
    type=click.IntRange(1, 64),
    help="Threads of each process.",
)


@click.command(
    cls=Verb,
    examples=(
        "workbench serve",
        "workbench serve --bind 127.0.0.1:9000 --workers 4",
        "WORKBENCH_PROXY_HOPS=1 workbench serve --bind 0.0.0.0:8000   behind a proxy with TLS",
    ),
)
@_BIND
@_WORKERS
@_THREADS
@click.option("--deliver/--no-deliver", default=True, show_default=True,
              help="Send webhooks, too.")  # fmt: skip
@click.option("--work/--no-work", default=True, show_default=True,
              help="Do long imports and snapshots, too.")  # fmt: skip
@click.pass_obj
def serve(
    installation: Installation, *, bind: str, workers: int, threads: int, deliver: bool, work: bool
) -> None:
    """Serve the pages until stopped.

    On an address of this machine alone plain HTTP will do. Elsewhere cookies are for HTTPS only,
    unless WORKBENCH_HTTPS=off: put a proxy with TLS in front.
    """
    address = _free(bind)
    config = _config(installation, address)
    with installation.database():
        pass
    beside = [keep_anchoring, *[keep_delivering] * deliver, *[keep_working] * work]
    _serve(config, address, workers, threads, beside)


def _free(bind: str) -> Address:
    try:
        return check_free(parse_bind(bind))
    except Busy as error:
        raise Failure(str(error)) from None


def _config(installation: Installation, address: Address) -> Config:
    return installation.config(https=https_setting(address, os.environ))


def _serve(
    config: Config, address: Address, workers: int, threads: int, beside: Sequence[KeepDoing]
) -> None:
    def ready() -> None:
        click.echo(f"Workbench is at {address.url} (Ctrl-C stops it)")
        if config.https:
            click.echo(
                "People can log in over HTTPS only: put TLS in front, or set WORKBENCH_HTTPS=off.",
                err=True,
            )

    serve_application(config, address, workers=workers, threads=threads, beside=beside, ready=ready)


@click.command(
    cls=Verb,
    examples=("workbench demo", "workbench --home /tmp/demo demo --bind 127.0.0.1:9000"),
)
@_BIND
@_WORKERS
@_THREADS
@click.pass_obj
def demo(installation: Installation, bind: str, workers: int, threads: int) -> None:
    """Try it, with real model outputs and four log-ins.

    A second run keeps all that was done and gives the four people new passwords.
    """
    address = _free(bind)
    config = _config(installation, address)
    _say_set_up(set_up(config))
    with installation.database() as database:
        _load(database, data_dir("sample_tasks"))
        people = demo_service.let_in(database)
        seen = look(database, ZoneInfo(config.timezone))
        with database.write() as session:
            note(session, seen)
    _say_log_ins(people, address)
    _serve(config, address, workers, threads, [keep_anchoring, keep_delivering, keep_working])


def _load(database: Database, folder: Path) -> None:
    demo_service.check(database)
    for sample in demo_service.samples(folder):
        counts = demo_service.load(database, sample)
        if counts is not None:
            items, judgments = counts
            click.echo(f"{sample.slug}: {items:,} items, {judgments:,} judgments")


def _say_log_ins(people: list[demo_service.LogIn], address: Address) -> None:
    rows = [("log in as", "password", "role", "pages in")]
    rows += [(p.name, p.password, p.role, p.locale) for p in people]
    lines = table(rows)
    click.echo(f"\nOpen {address.url} and log in. The passwords are of this run alone:\n")
    for line in lines:
        click.echo(f"  {line}")
    click.echo("")


VERBS = {"init": init, "demo": demo, "serve": serve}
