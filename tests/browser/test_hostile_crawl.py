"""Every page that anybody can come to, in an installation whose every text is hostile."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import url_for
from playwright.sync_api import Browser, BrowserContext, Dialog, Error, Page, Request
from sqlalchemy import JSON, String, select
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException
from werkzeug.routing import RequestRedirect, Rule

from tests.browser.conftest import Watch, new_context
from tests.browser.hostile_stage import LOGINS, MAIL, PLAIN, Hostile, set_hostile_stage
from tests.browser.site import Site, running
from tests.conftest import NewUrl
from tests.hostile import HOSTILE
from workbench.models import (
    ApiToken,
    Base,
    ExportFile,
    Job,
    Judgment,
    Project,
    Role,
    Source,
    User,
    Webhook,
)
from workbench.permissions import Who, allowed

#: Pages of one address pattern that one person opens.
INSTANCES = 1
#: These look different for each type of task.
OF_TYPES = {"desk.show": 8, "desk.revise": 4, "quality.item": 3, "home.project": 0} | dict.fromkeys(
    ("splits.show", "parts.show", "findings.show", "confusion.show", "passages.show",
     "passages.part", "orders.show", "reviews.correct", "practice.item"), 2,
)  # fmt: skip

#: One only leads on to another page, and the files are for programs.
NOT_OPENED = {"home.project", "api.rejected_lines", "api.snapshot_file"}
#: What pages ask for by themselves.
LOADED = {"static", "passages.show", "desk.next_item", "outbox.upcoming"}


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory, new_url: NewUrl) -> Iterator[Hostile]:
    home = tmp_path_factory.mktemp("hostile") / "home"
    with running(home, database_url=new_url(home)) as site:
        yield set_hostile_stage(site)


@pytest.fixture(scope="module")
def site(stage: Hostile) -> Site:
    """In the place of the server that other tests share: no page of a reviewer names a model."""
    return stage.site


@dataclass
class Crawl:
    """One person's way through the site, breadth first."""

    stage: Hostile
    who: User
    page: Page
    watch: Watch
    opened: Counter[str] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)
    fragments: list[str] = field(default_factory=list)
    loaded: set[str] = field(default_factory=set)

    def endpoint(self, address: str, method: str = "GET") -> str:
        """The name of the view behind an address of this site; "" for none."""
        adapter = self.stage.site.app.url_map.bind("127.0.0.1")
        try:
            return str(adapter.match(urlsplit(address).path, method=method)[0])
        except RequestRedirect:
            return "redirect"
        except HTTPException:
            return ""

    def run(self, *starts: str) -> None:
        self.watch.expect(403, 404, 422)
        waiting, known = deque(starts), set(starts)
        while waiting:
            address = waiting.popleft()
            name = self.endpoint(address)
            most = OF_TYPES.get(name, INSTANCES)
            if self.opened[name] >= most:
                continue
            self.opened[name] += 1
            if name.startswith("api."):  # for programs
                continue
            for link in self.visit(address):
                if link not in known:
                    known.add(link)
                    waiting.append(link)

    def in_pieces(self) -> list[str]:
        """One address for each view that pages ask for pieces of; from now on as htmx asks."""
        self.page.set_extra_http_headers({"HX-Request": "true"})
        self.watch.expect(404, 422)
        return list({self.endpoint(address): address for address in self.fragments}.values())

    def visit(self, address: str) -> list[str]:
        """Open it and look at it; where its links lead."""
        before = len(self.watch.faults)
        try:
            self.page.goto(address, wait_until="domcontentloaded")
        except Error as refused:
            if "Download is starting" not in refused.message:
                raise
            self.faults += self._as_file(address)
            return []
        seen = self.page.evaluate(_LOOK)
        said = self.watch.faults[before:] + seen["wrong"]
        self.faults += [f"{address}: {fault}" for fault in said]
        self.fragments += seen["fragments"]
        return [link for link in seen["links"] if link]

    def _as_file(self, address: str) -> list[str]:
        """What is wrong with an answer that a browser is to keep, and never to show."""
        answer = self.page.request.get(address)
        headers = answer.headers
        kept = headers.get("content-disposition", "").startswith("attachment;")
        whole = answer.status == 200 and headers["x-content-type-options"] == "nosniff"
        return [] if kept and whole else [f"{address}: {answer.status} {headers}"]


_LOOK = """async () => {
    await new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
    const wrong = [];
    if ("pwned" in window) wrong.push("a text was run");
    const strange = "iframe, object, embed, base, math, video, audio, svg script, svg animate," +
        "foreignObject, meta[http-equiv], link[href*=evil], [src*=evil], image," +
        "use:not([href^='/static/'])," +
        "[style*=url], [hx-get^='//'], [data-hx-get], [data-hx-post]," +
        "[hx-post='/logout'], [href^='javascript:' i], [href^='data:' i], noscript p[title]";
    for (const node of document.querySelectorAll(strange))
        wrong.push(`an element out of a text: ${node.outerHTML.slice(0, 90)}`);
    for (const node of document.querySelectorAll("*"))
        for (const {name} of node.attributes)
            if (/^(on|hx-on)/.test(name))
                wrong.push(`it has ${name}: ${node.outerHTML.slice(0, 90)}`);
    for (const node of [...document.links, ...document.forms])
        if (new URL(node.getAttribute("href") ?? node.action, location).origin !== location.origin)
            wrong.push(`it leads away: ${node.outerHTML.slice(0, 90)}`);
    const data = ["application/json", "importmap"];
    for (const node of document.scripts)
        if (!node.src.startsWith(location.origin + "/static/") && !data.includes(node.type))
            wrong.push(`a script: ${node.outerHTML.slice(0, 90)}`);
    const wide = [...document.querySelectorAll("main *")].filter((node) =>
        node.getBoundingClientRect().right > innerWidth && !node.closest(".scroll, .cp"))
        .slice(0, 3).map((node) => node.outerHTML.slice(0, 70));
    const over = document.documentElement.scrollWidth - innerWidth;
    if (over > 0) wrong.push(`runs ${over} px off the side: ${wide.join(" | ")}`);
    const here = (address) => new URL(address, location);
    const links = [...document.links].map((node) => here(node.href))
        .filter((url) => url.origin === location.origin && !url.hash)
        .map((url) => url.pathname + url.search);
    const fragments = [...document.querySelectorAll("[hx-get]")]
        .map((node) => here(node.getAttribute("hx-get")))
        .map((url) => url.pathname + url.search);
    return {wrong, links, fragments};
}"""


@pytest.fixture
def crawl_as(chromium_browser: Browser, stage: Hostile) -> Iterator[Any]:
    contexts: list[BrowserContext] = []

    def crawl(who: User) -> Crawl:
        context = new_context(chromium_browser, stage.site, locale="en")
        contexts.append(context)
        watch = Watch(stage.site)
        watch.attach(context)
        page = context.new_page()
        made = Crawl(stage, who, page, watch)

        def dialog(shown: Dialog) -> None:
            watch.faults.append(f"dialog: {shown.message}")
            shown.dismiss()

        def request(sent: Request) -> None:
            if not sent.is_navigation_request():
                made.loaded.add(made.endpoint(sent.url, sent.method))

        # A browser asks for it by itself where what it shows is no page.
        context.route("**/favicon.ico", lambda route: route.fulfill(status=204))
        context.on("dialog", dialog)
        context.on("request", request)
        context.add_cookies([stage.site.cookie(who)])
        return made

    yield crawl
    for context in contexts:
        context.close()


def _rules(crawl: Crawl) -> Iterator[Rule]:
    """The addresses of pages that this person may open."""
    role = crawl.who.role
    on_project = None if role == Role.ADMIN else role
    app = crawl.stage.site.app
    for rule in app.url_map.iter_rules():
        permission = getattr(app.view_functions[rule.endpoint], "permission", None)
        who = Who(role=role, on_project=on_project if "slug" in rule.arguments else None)
        if "GET" in (rule.methods or ()) and permission and allowed(permission, who):
            yield rule


def _of_projects(crawl: Crawl) -> list[str]:
    """Pages of the project with most in it, and what is found out where passages are marked."""
    rules = [rule.rule for rule in _rules(crawl) if rule.arguments == {"slug"}]
    found = [rule for rule in rules if "/quality/" in rule]
    return [rule.replace("<slug>", "h-single") for rule in rules] + [
        rule.replace("<slug>", "h-bias") for rule in found
    ]


def _filled(crawl: Crawl) -> list[str]:
    """Addresses of the views that no link led to, for things that there are."""
    with crawl.stage.site.database.read() as reading:
        values = _things(reading)
    made = []
    with crawl.stage.site.app.test_request_context():
        for rule in _rules(crawl):
            if crawl.opened[rule.endpoint] or not rule.arguments <= set(values):
                continue
            given = {name: values[name] for name in rule.arguments}
            made.append(url_for(rule.endpoint, **given))
    return made


def _things(session: Session) -> dict[str, Any]:
    """What addresses of the project with most in it can be about, by the name of the argument."""
    project = session.scalars(select(Project.id).where(Project.slug == "h-single")).one()

    def newest(what: Any) -> Any:
        return session.scalars(select(what).order_by(what.desc()).limit(1)).first()

    judged = select(Judgment).where(Judgment.project_id == project).order_by(Judgment.id)
    judgment = session.scalars(judged).first()
    assert judgment is not None
    return {
        "slug": "h-single", "item_id": judgment.item_id, "judgment_id": judgment.id,
        "job_id": newest(Job.id), "export_id": newest(ExportFile.id), "number": 1,
        "source_id": newest(Source.id), "prefix": newest(ApiToken.prefix),
        "hook": newest(Webhook.name), "token": "1-0-nonsense", "upload": "0" * 32,
        "name": "README.md",
    }  # fmt: skip


#: Columns of text that hold nothing that a person or a file wrote, and what they hold.
CHOSEN = "one of a few words"
MADE = "made here: a hash, a number, a name, a seed, a moment"
PLAIN_ONLY = "letters, digits and a few signs by a pattern"
EXEMPT = {
    CHOSEN: """
        project.type user_account.role user_account.locale user_account.timezone api_token.scopes
        audit_entry.action begun.purpose job.kind job.state job.unit mailbox.choices membership.role
        notice.kind qualification.how source.kind webhook.events export_file.format item.copy_kind
        webhook_delivery.event webhook_delivery.state webhook_delivery.error escalation.outcome
        judgment.locale judgment.origin adjudication.outcome assignment.state review.verdict
        passkey.transports
    """,
    MADE: """
        audit_head.hash audit_head.seal login_throttle.key project.seed user_account.password_hash
        api_token.prefix api_token.token_hash audit_entry.subject audit_entry.prev_hash
        audit_entry.hash authenticator_app.seed authenticator_app.pending begun.token_hash
        begun.challenge failed_login.key job.kept job.result learnt.question learnt.chances
        login_code.code_hash membership.pseudonym notice.subject notice.facts passkey.credential_id
        passkey.public_key practice_item.content_hash practice_round.items recovery_code.code_hash
        source.sha256 source.counts web_session.token_hash webhook.name export_file.names
        export_file.folder item.content_hash webhook_delivery.body judgment.digest
        adjudication.digest gold.digest provider_account.issuer
    """,
    PLAIN_ONLY: """
        project.slug user_account.speaks export_file.name item.language item.language_base item.harm
        practice_item.language practice_item.language_base practice_item.harm queue_cursor.language
        reviewer_care.declined judgment.idempotency_key
    """,
}


def test_every_column_of_text_holds_hostile_ones_or_none_that_anybody_wrote(
    stage: Hostile,
) -> None:
    told = {name for names in EXEMPT.values() for name in names.split()}
    wanted = {text.strip() for text in (*HOSTILE, *PLAIN, *MAIL, *LOGINS)}
    filled, bare = set(), set()
    with stage.site.database.read() as reading:
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                if isinstance(column.type, (String, JSON)):
                    stored = "\0".join(_leaves(list(reading.scalars(select(column)))))
                    (filled if any(t in stored for t in wanted) else bare).add(str(column))
    assert bare == told
    assert not filled & told
    assert len(HOSTILE) >= 60
    assert stage.taken.total() > 500


def _leaves(value: Any) -> Iterator[str]:
    """Every text in a value, and every name."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, (dict, list)):
        for each in value:
            yield from _leaves(each)
            if isinstance(value, dict):
                yield from _leaves(value[each])


@pytest.mark.parametrize("name", ["ana", "luz", "edu", "ada"])
def test_no_page_runs_or_loads_anything_out_of_a_text(
    name: str, stage: Hostile, crawl_as: Any
) -> None:
    who = stage.admin if name == "ada" else getattr(stage.people, name)
    crawl = crawl_as(who)
    crawl.run("/", *_of_projects(crawl))
    crawl.run(*_filled(crawl))
    for address in crawl.in_pieces():
        crawl.visit(address)
    missed = {rule.endpoint for rule in _rules(crawl)} - set(crawl.opened)
    assert len(crawl.opened) > 5
    assert missed <= NOT_OPENED
    assert crawl.loaded <= LOADED
    assert not crawl.faults, "\n".join(crawl.faults)
