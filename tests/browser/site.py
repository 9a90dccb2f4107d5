"""A live server in this process, with real items, for browser tests and for pictures."""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from pathlib import Path
from typing import Any

from flask import Response, g, request
from playwright._impl._api_structures import SetCookieParam
from sqlalchemy import select
from sqlalchemy.orm import Session
from werkzeug.serving import WSGIRequestHandler, make_server

from workbench import migrate, task_types
from workbench.app import create_app
from workbench.config import Config, load_config
from workbench.db import Database
from workbench.db import now as database_now
from workbench.intake import open_source
from workbench.models import Assignment, Judgment, Project, Role, User
from workbench.paths import data_dir
from workbench.services import accounts, import_items, login, projects
from workbench.services.claim import Reviewer, claim
from workbench.services.guideline import Draft, publish
from workbench.services.submit import Submission, latest_revision, submit
from workbench.veil import Veil
from workbench.web.request import WorkbenchFlask

SAMPLES = data_dir("sample_tasks")
PASSWORD = "una clave bastante larga"
#: Of every installation here, so that a test can tell an item by what its page calls it.
KEY = "k" * 96
VEIL = Veil(KEY)

Line = dict[str, Any]

_numbers = count(1)


def sample(slug: str, *ids: str) -> list[Line]:
    """Items of a sample project, as its file has them: those of `ids`, in that order."""
    with (SAMPLES / slug / "items.jsonl").open(encoding="utf-8") as lines:
        by_id = {item["id"]: item for item in map(json.loads, lines)}
    return [by_id[i] for i in ids] if ids else list(by_id.values())


def guideline(slug: str) -> dict[str, str]:
    """A sample project's guideline in both languages."""
    return {
        language: (SAMPLES / slug / f"guideline.{language}.md").read_text(encoding="utf-8")
        for language in ("es", "en")
    }


def talk(name: str, answers: int = 2, *, language: str = "es") -> Line:
    """An item of two conversations with as many answers each. A test wrote them, no model."""
    asked = [{"role": "user", "content": f"Pregunta {n}"} for n in range(2, answers + 1)]
    responses = [
        {"id": one, "model": f"secret-{one}", "messages": [_answer(one, 1)]} for one in ("l", "r")
    ]
    for response in responses:
        for n, question in enumerate(asked, 2):
            response["messages"] += [question, _answer(response["id"], n)]  # type: ignore[operator]
    prompt = [
        {"role": "system", "content": "Sea breve."},
        {"role": "user", "content": "Pregunta 1"},
    ]
    return {"id": name, "language": language, "prompt": prompt, "responses": responses}


def _answer(one: str, number: int) -> dict[str, str]:
    """Long enough to scroll on a telephone; the left one is the longer."""
    lines = "\n\n".join([f"**Parte** {i} de la respuesta." for i in range(6 if one == "l" else 3)])
    return {"role": "assistant", "content": f"Respuesta {one}{number}.\n\n{lines}"}


@dataclass(frozen=True)
class People:
    """Ana reviews in Spanish and English, Ben in English; Luz leads, Edu is the engineer."""

    ana: User
    ben: User
    luz: User
    edu: User


@dataclass
class Site:
    """The server, and what it sent to reviewers: (path, HTML) of every page and fragment."""

    url: str
    app: WorkbenchFlask
    sent: list[tuple[str, str]] = field(default_factory=list)
    #: Models whose names no reviewer may read.
    models: set[str] = field(default_factory=set)

    @property
    def database(self) -> Database:
        opened: Database = self.app.extensions["workbench_database"]
        return opened

    def people(self) -> People:
        """Four new people who are on no project."""
        number = next(_numbers)
        with self.database.write() as writing:
            made = {
                name: accounts.create_user(
                    writing,
                    name=f"{name}-{number}",
                    role=role,
                    now=database_now(writing),
                    locale=locale,
                    speaks=speaks,
                )
                for name, role, locale, speaks in (
                    ("ana", "reviewer", "es", ("es", "en")),
                    ("ben", "reviewer", "en", ("en",)),
                    ("luz", "lead", "es", ("es", "en")),
                    ("edu", "engineer", "en", ("es", "en")),
                )
            }
        return People(**made)

    def project(
        self,
        type_slug: str,
        items: Sequence[Line],
        *teams: People,
        slug: str = "",
        title: dict[str, str] | None = None,
        overlap: int = 3,
        config: dict[str, Any] | None = None,
        texts: dict[str, str] | None = None,
    ) -> Project:
        """A project with its items in this order, its guideline, and these people on it."""
        slug = slug or f"{type_slug}-{next(_numbers)}"
        self.models |= {r["model"] for item in items for r in item["responses"] if r.get("model")}
        task_type = task_types.get(type_slug)
        with self.database.write() as writing:
            now = database_now(writing)
            project = projects.create_project(
                writing,
                slug=slug,
                type_slug=type_slug,
                title=title or {"es": f"Proyecto {slug}", "en": f"Project {slug}"},
                overlap=overlap,
                config=config or {},
                now=now,
            )
            if texts:
                publish(writing, project, Draft(texts["es"], texts["en"]), now=now)
            for role, members in (
                ("reviewer", [who for team in teams for who in (team.ana, team.ben)]),
                ("lead", [team.luz for team in teams]),
                ("engineer", [team.edu for team in teams]),
            ):
                for member in members:
                    projects.add_member(writing, project, member, role=role, now=now)
        with (
            import_items.prepare(_as_file(items), task_type, project.config) as prepared,
            self.database.write() as writing,
        ):
            now = database_now(writing)
            import_items.import_items(writing, project, prepared, now=now, actor=None)
        return project

    def cookie(self, user: User) -> SetCookieParam:
        """The cookie of a new session of that person; the log-in form has tests of its own."""
        with self.database.write() as writing:
            row = writing.get_one(User, user.id)
            now = database_now(writing)
            token = login.open_session(writing, row, now, timedelta(hours=12), "Chromium")
        serializer = self.app.session_interface.get_signing_serializer(self.app)  # type: ignore[attr-defined]
        value = serializer.dumps({"_user_id": token, "_fresh": True, "_permanent": True})
        return {"name": "workbench", "value": value, "url": self.url}

    def set_password(self, user: User, password: str = PASSWORD) -> None:
        """Let them log in by the form."""
        hashed = login.hash_password(password)
        with self.database.write() as writing:
            row = writing.get_one(User, user.id)
            accounts.set_password(writing, row, hashed, database_now(writing), None)

    def leave(
        self, project: Project, who: User, how: Callable[..., Assignment], reason: str
    ) -> int:
        """`who` takes the next item and leaves it by `leave_item.skip` or `escalate`."""
        with self.database.write() as writing:
            lease = _take(writing, project, who)
            how(writing, lease.item_id, who.id, reason, database_now(writing))
            return lease.item_id

    def judge(self, project: Project, who: User, answer: Callable[[Any], dict[str, Any]]) -> int:
        """`who` takes the next item and answers it; the item's number."""
        with self.database.write() as writing:
            now = database_now(writing)
            lease = _take(writing, project, who)
            given = answer(lease)
            submission = Submission(
                item_id=lease.item_id,
                user_id=who.id,
                answer=given,
                type_version=1,
                idempotency_key=f"by-hand-{next(_numbers)}",
                base_revision=latest_revision(writing, lease.item_id, who.id),
                active_ms=30_000,
            )
            submit(writing, submission, now)
            return lease.item_id

    def judgments(self, project: Project, who: User | None = None) -> list[Judgment]:
        """What was stored, in the order it was."""
        query = select(Judgment).where(Judgment.project_id == project.id).order_by(Judgment.id)
        if who is not None:
            query = query.where(Judgment.user_id == who.id)
        with self.database.read() as reading:
            return list(reading.scalars(query))

    def assignments(self, project: Project, who: User) -> list[Assignment]:
        """The items that were on the screen of `who`, in that order: not what is kept ready."""
        query = (
            select(Assignment)
            .where(
                Assignment.project_id == project.id,
                Assignment.user_id == who.id,
                Assignment.shown_at.is_not(None),
            )
            .order_by(Assignment.created_at, Assignment.item_id)
        )
        with self.database.read() as reading:
            return list(reading.scalars(query))


def _take(writing: Session, project: Project, who: User) -> Assignment:
    reviewer = Reviewer(who.id, tuple(who.speaks))
    lease = claim(writing, project, reviewer, database_now(writing), timedelta(hours=1))
    if lease is None:
        raise LookupError("nothing waits")
    return lease


def _as_file(items: Iterable[Line]) -> Any:
    lines = "".join(json.dumps(item, ensure_ascii=False) + "\n" for item in items)
    return open_source(io.BytesIO(lines.encode()), "items.jsonl")


class _Quiet(WSGIRequestHandler):
    def log_request(self, code: int | str = "-", size: int | str = "-") -> None:
        """Say nothing."""


def install(home: Path, **settings: Any) -> Config:
    """The settings of an empty installation for plain HTTP; its database is in `home`, unless a
    `database_url` names another one, which is empty."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "secret.key").write_text(KEY)
    config = load_config({}, home=home, https=False, **settings)
    database = Database(config.database_url, key=config.read_key())
    migrate.upgrade(database)
    database.dispose()
    return config


@contextmanager
def running(home: Path, **settings: Any) -> Iterator[Site]:
    """A server on a free port of this machine, on a database as `install` says."""
    app = create_app(install(home, **settings))
    site = Site("", app)
    app.after_request(lambda response: _note(site, response))
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=_Quiet)
    server.daemon_threads = True  # type: ignore[attr-defined]
    site.url = f"http://127.0.0.1:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, name="site", daemon=True)
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
        site.database.dispose()


def _note(site: Site, response: Response) -> Response:
    """Keep a page, unless it goes to somebody who may know the models."""
    place = g.get("place")
    if response.mimetype in {"text/html", "application/json"} and (
        place is None or place.member.role == Role.REVIEWER
    ):
        site.sent.append((request.path, response.get_data(as_text=True)))
    return response
