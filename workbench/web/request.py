"""One request, one transaction, and pages that are rendered after it has been committed."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from datetime import datetime
from typing import Any, cast

from flask import Flask, Request, Response, current_app, g, render_template, request
from flask.typing import ResponseReturnValue
from jinja2_fragments.flask import render_block
from sqlalchemy.orm import Session
from werkzeug.datastructures import ImmutableMultiDict, MultiDict
from werkzeug.routing import IntegerConverter
from werkzeug.utils import cached_property

from workbench.background.waker import Waker
from workbench.config import Config
from workbench.db import Database, dump_json
from workbench.db import now as database_now

SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})
#: The largest key that a row can have.
LARGEST_ID = 2**31 - 1


class RowId(IntegerConverter):
    """A number in an address that may be the key of a row: what no database holds is no page."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **{"max": LARGEST_ID, **kwargs})


class Page(Response):
    """What a view answers: a template and plain values. Filled in when nothing is locked any more.

    `block`: what htmx gets instead of the whole page; the server chooses it, never the client.
    """

    def __init__(
        self,
        template: str,
        context: dict[str, Any] | None = None,
        block: str | None = None,
        status: int = 200,
        headers: dict[str, str] | None = None,
    ) -> None:
        super().__init__(status=status, headers=headers, mimetype="text/html")
        self.template = template
        self.context = context or {}
        self.block = block

    def fill(self) -> Page:
        """Render the whole page, or its block for htmx."""
        if self.block is not None and is_htmx():
            self.set_data(render_block(self.template, self.block, **self.context))
        else:
            self.set_data(render_template(self.template, **self.context))
        if self.block is not None:
            self.vary.add("HX-Request")
        return self


class Parts(Page):
    """JSON for scripts: plain values, and blocks of pages as the HTML that htmx would get."""

    def __init__(
        self, values: dict[str, Any], blocks: dict[str, Page | None], status: int = 200
    ) -> None:
        super().__init__("", status=status)
        self.mimetype = "application/json"
        self.values = values
        self.blocks = blocks

    def fill(self) -> Parts:
        """Render the blocks; a block without a page is null."""
        made = {
            name: page and render_block(page.template, str(page.block), **page.context)
            for name, page in self.blocks.items()
        }
        self.set_data(dump_json({**self.values, **made}))
        return self


def database() -> Database:
    """The application's database."""
    return cast(Database, current_app.extensions["workbench_database"])


def config() -> Config:
    """The application's settings."""
    return cast(Config, current_app.extensions["workbench_config"])


def waker() -> Waker:
    """The line to whoever works in the background."""
    return cast(Waker, current_app.extensions["workbench_waker"])


def session(*, patient: bool = False) -> Session:
    """The transaction of this request: it writes when the method may, and is opened on first use.

    `patient`, of a request that has long work behind it: see `Database.write`.
    Committed by `WorkbenchFlask` when the answer is below 400, rolled back otherwise.
    """
    found = g.get("session")
    if found is not None:
        return cast(Session, found)
    know_who_asks()
    g.unit = ExitStack()
    opened = (
        database().read()
        if request.method in SAFE_METHODS
        else database().write(patient=patient, together=not patient)
    )
    g.session = g.unit.enter_context(opened)
    return cast(Session, g.session)


def read_session(stack: ExitStack) -> Session:
    """A transaction for finding out who asks and for what.

    In a request that writes it is a short one of its own, so that nothing waits for the write
    gate before it is known to be allowed.
    """
    if request.method in SAFE_METHODS:
        return session()
    return stack.enter_context(database().read())


def asking() -> Session:
    """The transaction in which a request finds out who asks, when, and for what: all of it in one,
    which in a request that writes has ended when its view begins (`know_who_asks`)."""
    if request.method in SAFE_METHODS or "session" in g:
        return session()
    if "asking" not in g:
        g.asked = ExitStack()
        g.asking = g.asked.enter_context(database().read())
    return cast(Session, g.asking)


def know_who_asks() -> None:
    """End that transaction: what follows may take long, or writes."""
    if g.pop("asking", None) is not None:
        g.pop("asked").close()


def now() -> datetime:
    """The time of this request in UTC, by the database host's clock."""
    if "now" not in g:
        with ExitStack() as stack:
            g.now = database_now(asking() if "asking" in g else read_session(stack))
    return cast(datetime, g.now)


def commit() -> None:
    """End the request's transaction for good."""
    if "session" in g:
        _let_go()
        g.stored = request.method not in SAFE_METHODS


def let_others_store() -> None:
    """Commit what was written before the next item is looked for, where others wait for it: on a
    server the audit trail is locked since. SQLite has one writer at a time anyway, and would wait
    for the disk twice."""
    if not database().is_sqlite:
        commit()


@contextmanager
def afterwards() -> Iterator[Session]:
    """End the request's transaction for good, and read what is to be shown after it: nothing is
    locked meanwhile, and nobody waits for it."""
    commit()
    with database().read() as reading:
        yield reading


def roll_back() -> None:
    """Forget what the request's transaction did. What it read can still be shown."""
    if "session" in g:
        # Not rollback(), which would have every row read again from a session that is gone.
        g.session.close()
        _let_go()


def _let_go() -> None:
    unit = g.pop("unit")
    g.pop("session")
    unit.close()


def close(_error: BaseException | None = None) -> None:
    """Let go of what was opened outside the view: to find out who asks, or to fill a page."""
    know_who_asks()
    roll_back()


class TextRequest(Request):
    """A request whose fields are text: NUL, which no text has and PostgreSQL cannot store, is left
    out of what a form or an address says."""

    @cached_property
    def form(self) -> ImmutableMultiDict[str, str]:
        """The posted fields."""
        return _without_nul(super().form)

    @cached_property
    def args(self) -> MultiDict[str, str]:
        """What the address asks for."""
        return _without_nul(super().args)


def _without_nul(given: MultiDict[str, str]) -> ImmutableMultiDict[str, str]:
    if not any("\0" in text for pair in given.items(multi=True) for text in pair):
        return cast(ImmutableMultiDict[str, str], given)
    pairs = given.items(multi=True)
    return ImmutableMultiDict(
        [(name.replace("\0", ""), value.replace("\0", "")) for name, value in pairs]
    )


class WorkbenchFlask(Flask):
    """Flask with the one place where a request's transaction ends."""

    request_class = TextRequest

    def ensure_sync(self, func: Callable[..., Any]) -> Callable[..., Any]:
        """As it is: no view and no hook is a coroutine, which Flask would find out of each of them
        at every request."""
        return func

    def dispatch_request(self) -> ResponseReturnValue:
        """Run the view; commit below 400, roll back otherwise; then render."""
        try:
            answer = self.make_response(super().dispatch_request())
            commit() if answer.status_code < 400 else roll_back()
        except BaseException:
            roll_back()
            raise
        return answer.fill() if isinstance(answer, Page) else answer


def is_htmx() -> bool:
    """Whether htmx asks for a fragment."""
    return request.headers.get("HX-Request") == "true"


def is_api() -> bool:
    """Whether a program asks, under the address of the API."""
    return request.path.startswith("/api/")
