"""What a reviewer must never be sent, by any route: fact 28 of the checklist.

Names of models, ids of responses, others' answers and names, and the seed of the order are planted
as canaries, and everything that a reviewer can get the server to say is searched for them.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from sqlalchemy import select
from werkzeug.test import TestResponse

from tests.cast import Cast, make_cast, make_item
from tests.web.conftest import Browser, ClientFor, logged_in_browser
from tests.web.stage import Things, judge, set_up
from workbench import task_types
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import Membership, Project, Verdict
from workbench.services.resolve import resolve
from workbench.services.review_judgment import Look, review
from workbench.task_types.base import TaskType
from workbench.veil import Veil
from workbench.web.request import WorkbenchFlask

MODELS = ("canary-model-uno", "canary-model-dos")
#: Items are numbered from here on.
FIRST = 73_400_000
IDS = ("canary-id-uno", "canary-id-dos")
ANSWERS = {
    "ranking": {"reason": "canary-answer-of-beto"},
    "bias": {"none": False, "flags": []},
    "adversarial": {"better_response": "canary-answer-of-beto"},
    "rating": {"reason": "canary-answer-of-beto"},
    "conversation": {
        "turns": [{"turn": 2, "better": IDS[0], "verdict": None, "note": "canary-answer-of-beto"}]
    },
    "rewrite": {"text": "canary-answer-of-beto", "reason": "canary-answer-of-beto"},
    "steps": {"comment": "canary-answer-of-beto"},
}
#: Forms that store an answer.
GOOD = {
    "ranking": {"pair": "0>1:2"},
    "bias": {"none": "1"},
    "adversarial": {"attack": "no", "outcome": "harmless", "severity": "0"},
    "rating": {f"{part}-{place}": "1" for part in ("cannot", "why") for place in (0, 1)},
    "conversation": {"pair": "0>1:2", "turn-1": "0", "turn-2": "tie"},
    "rewrite": {"verdict": "edited", "text": "What should have been said."},
    "steps": {"step-1": "1", "step-2": "-1"},
}
#: Forms that are refused, in words that may quote what is stored.
BAD: dict[str, list[dict[str, str]]] = {
    "ranking": [{}, {"pair": "0>9"}, {"tier-0": "7", "tier-1": "x"}, {"verdict": "nonsense"}],
    "bias": [
        {},
        {"none": "1", "flag-0-response": "0", "flag-0-category": "nonsense"},
        {"flag-0-response": "9", "flag-0-quote": "nothing"},
        {"flag-0-response": "0", "flag-0-start": "0", "flag-0-end": "5", "flag-0-quote": "no"},
    ],
    "adversarial": [{}, {"attack": "perhaps"}, {"attack": "yes", "outcome": "?"}],
    "rating": [{}, {"rating-0-helpfulness": "9"}, {"cannot-0": "1"}, {"why-1": "nothing"}],
    "conversation": [{}, {"pair": "=", "turn-1": "9"}, {"turn-1": "0"}, {"pair": "0>9"}],
    "rewrite": [{}, {"verdict": "edited"}, {"verdict": "good_as_is", "text": "Changed."}],
    "steps": [
        {},
        {"step-1": "2"},
        {"step-1": "1"},
        {"cannot": "1"},
        {"step-1": "1", "cannot": "1"},
    ],
}


@dataclass
class Listener:
    """A reviewer's browser that remembers everything it was sent."""

    browser: Browser
    heard: list[str] = field(default_factory=list)

    def hear(self, answer: TestResponse) -> TestResponse:
        self.heard.append(f"{answer.request.method} {answer.request.path}\n{_all_of(answer)}")
        return answer

    def look(self, path: str) -> TestResponse:
        """The page, and what htmx gets of it."""
        self.hear(self.browser.look(path, htmx=True))
        return self.hear(self.browser.look(path))

    def send(self, path: str, form: dict[str, str] | None = None) -> TestResponse:
        return self.hear(self.browser.send(path, form, htmx=True))


def _all_of(answer: TestResponse) -> str:
    """Status, headers with cookies opened up, and body, as text."""
    headers = "\n".join(f"{name}: {value}" for name, value in answer.headers)
    cookies = "\n".join(_opened(value) for value in answer.headers.getlist("Set-Cookie"))
    return f"{answer.status}\n{headers}\n{cookies}\n{answer.text}"


def _opened(cookie: str) -> str:
    """What a signed cookie carries."""
    payload = cookie.partition("=")[2].lstrip(".").partition(".")[0]
    packed = base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4))
    return (zlib.decompress(packed) if cookie.partition("=")[2][:1] == "." else packed).decode()


@pytest.fixture(params=list(GOOD))
def type_slug(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def cast(database: Database, type_slug: str) -> Cast:
    with database.write() as writing:
        return make_cast(writing, type_slug=type_slug)


@pytest.fixture
def things(database: Database, cast: Cast, client_for: ClientFor, type_slug: str) -> Things:
    """`main` with canaries; Beto's answer and a settled question of his are there too."""
    task_type = task_types.get(type_slug)
    responses = [
        {"id": ids, "model": model, **_said(task_type, n), "metadata": {"k": "canary-metadata"}}
        for n, (ids, model) in enumerate(zip(IDS, MODELS, strict=True))
    ][: task_type.responses[1] or 2]
    asked = [{"role": "user", "content": "Which?"}]
    values = {"prompt": asked, "responses": responses, "meta": {"k": "canary-metadata"}}
    values["tags"] = ["canary-tag"]
    with database.write() as writing:
        # Those that follow have numbers that a page holds for no other reason.
        first = make_item(writing, cast.other_project, "the-first")
        first.id = FIRST
        writing.flush()
    found = set_up(database, cast, client_for, **values)
    with database.write() as writing:
        judge(writing, cast.project, found.fresh, cast.beto, **_answer(type_slug))
        now = database_now(writing)
        resolve(writing, found.escalation, cast.luz.id, "answered", "For Ana to read", now)
        look = Look(found.judgment, cast.luz.id, Verdict.RETURNED, "For Ana to look at")
        review(writing, look, now)
    return found


def _said(task_type: TaskType, n: int) -> dict[str, Any]:
    """The text of a response, its conversation, or its steps."""
    if task_type.shape == "text":
        return {"text": f"Answer {n}."}
    if task_type.shape == "steps":
        return {"steps": [f"Answer {n}.", "So."]}
    more = [{"role": "user", "content": "And?"}, {"role": "assistant", "content": "So."}]
    return {"messages": [{"role": "assistant", "content": f"Answer {n}."}, *more]}


def _answer(type_slug: str) -> dict[str, Any]:
    if type_slug != "bias":
        return dict(ANSWERS[type_slug])
    flag = {
        "response": IDS[0], "start": None, "end": None, "quote": "", "category": "gender",
        "direction": "against", "severity": 2, "reason": "canary-answer-of-beto",
    }  # fmt: skip
    return {"none": False, "flags": [flag]}


def _canaries(database: Database, cast: Cast) -> Iterator[str]:
    yield from (*MODELS, *IDS, "canary-answer", "canary-metadata", "canary-tag")
    yield from ("beto", "luz", "edu")
    yield from (f"{cast.project.slug}-{name}" for name in ("held", "judged", "asked", "skipped"))
    with database.read() as reading:
        yield reading.get_one(Project, cast.project.id).seed
        yield from reading.scalars(select(Membership.pseudonym))


def _links(page: str) -> set[str]:
    return {
        address.partition("#")[0].replace("&amp;", "&")
        for address in re.findall(r'(?:href|action|hx-get|hx-post)="(/[^"]*)"', page)
    }


def _follow_everything(listener: Listener, start: str) -> set[str]:
    """Open every page that is linked from `start` on; the addresses that were seen."""
    seen: set[str] = set()
    waiting = {start}
    while waiting:
        address = waiting.pop()
        seen.add(address)
        if address.startswith(("/static/", "/logout")):
            continue
        waiting |= _links(listener.look(address).text) - seen
    return seen


def _do_everything(listener: Listener, things: Things, type_slug: str, veil: Veil) -> None:
    """Every action of the desk, done wrongly and rightly."""
    desk = f"/projects/{things.slug}/desk"
    for number in (things.held, things.judged, things.skipped, things.asked, things.fresh):
        item = veil.token(number)
        for form in [*BAD[type_slug], {**GOOD[type_slug], "key": "a-key-of-a-form"}]:
            listener.send(f"{desk}/items/{item}/answer", form)
        for action in ("skip", "escalate", "uncover"):
            listener.send(f"{desk}/items/{item}/{action}")
        listener.look(f"/projects/{things.slug}/mine/{item}")
    for _ in range(4):
        shown = listener.send(f"{desk}/next").text
        held = re.search(r"/desk/items/([a-z2-7]+)/answer", shown)
        if held:
            form = {**GOOD[type_slug], "key": f"key-of-{held[1]}"}
            listener.send(f"{desk}/items/{held[1]}/answer", form)
    listener.send(f"{desk}/undo")
    listener.send(f"{desk}/undo")


def _knock_everywhere(app: WorkbenchFlask, listener: Listener, things: Things) -> None:
    """Every route, also those of others' roles, with every number there is."""
    values = {"slug": things.slug, "name": things.file, "filename": "icon.svg"}
    for rule in app.url_map.iter_rules():
        # One that has no number in it is the same address each time.
        for number in range(1, 5 if rule.arguments - set(values) else 2):
            address = rule.build({name: values.get(name, number) for name in rule.arguments})
            assert address is not None
            if "GET" in (rule.methods or ()):
                listener.hear(listener.browser.look(address[1]))
            elif rule.endpoint not in {"auth.logout", "account.password"}:
                listener.hear(listener.browser.send(address[1]))


def test_a_reviewer_is_never_sent_what_would_sway_them(
    app: WorkbenchFlask, cast: Cast, database: Database, things: Things, type_slug: str
) -> None:
    browser = logged_in_browser(app, cast.ana)
    browser.as_sent = True
    listener = Listener(browser)
    veil: Veil = app.extensions["workbench_veil"]
    seen = _follow_everything(listener, "/")
    mine = f"/projects/{things.slug}/mine/{veil.token(things.judged)}"
    assert mine in seen
    assert mine in _links(browser.look("/messages").text)
    _do_everything(listener, things, type_slug, veil)
    _follow_everything(listener, "/")
    told = [said for said in listener.heard if re.search(rf"{FIRST // 1000}\d\d\d", said)]
    assert not told, told[0][:2000]
    _knock_everywhere(app, listener, things)
    assert any("Answer 0." in said for said in listener.heard)
    assert any("For Ana to read" in said for said in listener.heard)
    for canary in _canaries(database, cast):
        whole_word = re.compile(rf"(?<![A-Za-z0-9_]){re.escape(canary)}(?![A-Za-z0-9_])")
        told = [said for said in listener.heard if whole_word.search(said)]
        assert not told, f"{canary}\n{told[0][:2000]}"


def test_the_canaries_are_there_to_be_found(
    client_for: ClientFor, cast: Cast, things: Things, type_slug: str
) -> None:
    luz = client_for(cast.luz)
    pages = "".join(
        luz.look(f"/projects/{things.slug}/items/{item}").text
        for item in (things.fresh, things.judged)
    )
    assert MODELS[0] in pages
    assert IDS[0] in pages
    assert "canary-answer-of-beto" in pages
    assert "beto" in pages


def test_a_reviewer_takes_no_export_out(client_for: ClientFor, cast: Cast, things: Things) -> None:
    ana = client_for(cast.ana)
    for page in ("data", f"exports/{things.export}", f"exports/{things.export}/{things.file}"):
        assert ana.look(f"/projects/{things.slug}/{page}").status_code == 403


def test_ones_own_judgment_is_shown_by_places_and_not_by_ids(
    client_for: ClientFor, cast: Cast, things: Things
) -> None:
    page = client_for(cast.ana).look(f"/projects/{things.slug}/mine/{things.judged}")
    assert page.status_code == 200
    assert "Answer 0." in page.text
    assert not [name for name in (*IDS, *MODELS) if name in page.text]
