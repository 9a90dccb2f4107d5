"""Who reaches what: every route for every role. Facts 17 and 26-28 of the checklist."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator

import pytest
from sqlalchemy import inspect, text

from tests.cast import Cast
from tests.web.conftest import Browser, ClientFor, app_of_its_own, new_browser
from tests.web.stage import Things, set_up
from workbench.config import Config
from workbench.db import Database
from workbench.db import now as database_now
from workbench.models import User
from workbench.services import accounts, projects
from workbench.web import access
from workbench.web.request import WorkbenchFlask

# nobody    not logged in
# reviewer  Ana, of the project `main`      lead      Luz, of `main`
# engineer  Edu, of `main`                  admin     Ada, of the installation, on no project
# other     Omar, lead of another project   left      Beto, who reviewed on `main` until now
# disabled  Dora, whose account was closed while she was logged in
#
# login: sent to the log-in. POSTs send a form that is not good enough to change anything, so 422
# or 404 means: let in. No log-in opens the API: who does is in tests/web/api/test_door.py.
ROLES = ("nobody", "reviewer", "lead", "engineer", "admin", "other", "left", "disabled")
MATRIX = """
                                             nobody reviewer lead engineer admin other left disabled
GET  /health                                   200    200    200    200    200    200   200   200
GET  /health/live                              200    200    200    200    200    200   200   200
GET  /health/ready                             200    200    200    200    200    200   200   200
GET  /metrics                                  404    404    404    404    404    404   404   404
GET  /static/<path:filename>                   200    200    200    200    200    200   200   200
GET  /login                                    200    303    303    303    303    303   303   200
POST /login                                    401    401    401    401    401    401   401   401
GET  /session                                  200    200    200    200    200    200   200   200
GET  /welcome                                  200    200    200    200    200    200   200   200
POST /welcome                                  422    422    422    422    422    422   422   422
POST /language                                 422    422    422    422    422    422   422   422
GET  /                                       login    200    200    200    200    200   200 login
GET  /login/second                            login  login  login  login  login  login login  login
POST /login/second                              303    303    303    303    303    303   303    303
POST /login/second/options                      303    303    303    303    303    303   303    303
POST /login/passkey                             401    401    401    401    401    401   401    401
POST /passkeys/options                          200    200    200    200    200    200   200    200
POST /login/provider                            404    404    404    404    404    404   404    404
GET  /login/provider/back                       404    404    404    404    404    404   404    404
POST /login/provider/back                       404    404    404    404    404    404   404    404
POST /account/provider/link                     401    404    404    404    404    404   404    401
POST /account/provider/unlink                   401    404    404    404    404    404   404    401
GET  /account/second-factor                   login    200    200    200    200    200   200  login
GET  /account/second-factor/app               login    303    303    303    303    303   303  login
POST /account/second-factor/app                 401    303    303    303    303    303   303    401
POST /account/second-factor/app/confirm         401    422    422    422    422    422   422    401
POST /account/second-factor/app/remove          401    303    303    303    303    303   303    401
POST /account/second-factor/codes               401    409    409    409    409    409   409    401
POST /account/second-factor/passkeys/options    401    200    200    200    200    200   200    401
POST /account/second-factor/passkeys            401    422    422    422    422    422   422    401
POST /account/second-factor/passkeys/<int:passkey_id>/name
                                                401    404    404    404    404    404   404    401
POST /account/second-factor/passkeys/<int:passkey_id>/remove
                                                401    404    404    404    404    404   404    401
POST /account/sessions/end-others               401    303    303    303    303    303   303    401
GET  /account                                login    200    200    200    200    200   200 login
POST /account/care                             401    422    422    422    422    422   422   401
GET  /audit                                  login    403    403    403    200    403   403 login
POST /audit/table                              401    403    403    403    200    403   403   401
POST /audit/copy                               401    403    403    403    200    403   403   401
GET  /audit/key                              login    403    403    403    200    403   403 login
GET  /terms                                  login    303    303    303    303    303   303 login
POST /terms                                    401    409    409    409    409    409   409   401
GET  /people                                 login    403    403    403    200    403   403 login
POST /people/erase                             401    403    403    403    422    403   403   401
POST /account/data                             401    200    200    200    200    200   200   401
POST /account/erasure                          401    303    303    303    303    303   303   401
GET  /my-work                                login    200    200    200    200    200   200 login
GET  /messages                               login    200    200    200    200    200   200 login
POST /messages/<int:message_id>/read           401    404    404    404    404    404   404   401
POST /messages/read                            401    303    303    303    303    303   303   401
POST /account/mail/address                     401    422    422    422    422    422   422   401
POST /account/mail/forget                      401    303    303    303    303    303   303   401
POST /account/mail/choices                     401    422    422    422    422    422   422   401
GET  /account/mail/confirm/<token>           login    404    404    404    404    404   404 login
POST /account/mail/confirm/<token>             401    404    404    404    404    404   404   401
GET  /unsubscribe/<token>                      404    404    404    404    404    404   404   404
POST /unsubscribe/<token>                      404    404    404    404    404    404   404   404
POST /account/password                         401    422    422    422    422    422   422   401
POST /account/sessions/<int:session_id>/end    401    404    404    404    404    404   404   401
GET  /projects/<slug>                        login    303    303    303    404    404   404 login
GET  /projects/<slug>/desk                   login    200    403    403    404    404   404 login
POST /projects/<slug>/desk/next                401    303    403    403    404    404   404   401
POST /projects/<slug>/desk/items/<item:item_id>/answer
                                               401    422    403    403    404    404   404   401
POST /projects/<slug>/desk/items/<item:item_id>/send
                                               401    422    403    403    404    404   404   401
POST /projects/<slug>/desk/items/<item:item_id>/entered
                                               401    200    403    403    404    404   404   401
POST /projects/<slug>/desk/upcoming            401    200    403    403    404    404   404   401
POST /projects/<slug>/desk/items/<item:item_id>/skip
                                               401    422    403    403    404    404   404   401
POST /projects/<slug>/desk/items/<item:item_id>/escalate
                                               401    422    403    403    404    404   404   401
POST /projects/<slug>/desk/items/<item:item_id>/uncover
                                               401    200    403    403    404    404   404   401
GET  /projects/<slug>/desk/items/<item:item_id>/differences
                                             login    422    403    403    404    404   404 login
POST /projects/<slug>/desk/items/<item:item_id>/pause
                                               401    303    403    403    404    404   404   401
GET  /projects/<slug>/desk/items/<item:item_id>/paused
                                             login    200    403    403    404    404   404 login
POST /projects/<slug>/desk/items/<item:item_id>/resume
                                               401    303    403    403    404    404   404   401
GET  /projects/<slug>/mine                   login    200    403    403    404    404   404 login
GET  /projects/<slug>/mine/<item:item_id>     login    200    403    403    404    404   404 login
GET  /projects/<slug>/mine/<int:item_id>      login    303    403    403    404    404   404 login
POST /projects/<slug>/desk/items/<int:item_id>/send
                                               401    422    403    403    404    404   404   401
POST /projects/<slug>/desk/items/<int:item_id>/address
                                               401    200    403    403    404    404   404   401
POST /projects/<slug>/desk/undo                401    303    403    403    404    404   404   401
GET  /projects/<slug>/quality                login    403    200    200    404    404   404 login
GET  /projects/<slug>/quality/judging        login    403    200    200    404    404   404 login
GET  /projects/<slug>/quality/splits         login    403    200    200    404    404   404 login
GET  /projects/<slug>/quality/part           login    403    404    404    404    404   404 login
GET  /projects/<slug>/quality/pace           login    403    200    200    404    404   404 login
GET  /projects/<slug>/quality/confusion      login    403    200    200    404    404   404 login
GET  /projects/<slug>/quality/pairs          login    403    200    200    404    404   404 login
GET  /projects/<slug>/quality/findings       login    403    404    404    404    404   404 login
GET  /projects/<slug>/quality/passages       login    403    404    404    404    404   404 login
GET  /projects/<slug>/quality/passages/part  login    403    404    404    404    404   404 login
GET  /projects/<slug>/quality/orders         login    403    404    404    404    404   404 login
GET  /projects/<slug>/items/<int:item_id>    login    403    200    200    404    404   404 login
POST /projects/<slug>/items/<int:item_id>/uncover
                                               401    403    200    200    404    404   404   401
POST /projects/<slug>/items/<int:item_id>/severity
                                               401    403    422    403    404    404   404   401
GET  /projects/<slug>/care                   login    403    200    403    404    404   404 login
GET  /projects/<slug>/alerts                 login    403    200    403    404    404   404 login
POST /projects/<slug>/alerts                   401    403    422    403    404    404   404   401
GET  /projects/<slug>/keeping                login    403    200    403    404    404   404 login
POST /projects/<slug>/keeping                  401    403    303    403    404    404   404   401
POST /projects/<slug>/keeping/close            401    403    422    403    404    404   404   401
GET  /projects/<slug>/overlap                login    403    200    403    404    404   404 login
POST /projects/<slug>/overlap                  401    403    422    403    404    404   404   401
POST /projects/<slug>/overlap/pairs            401    403    303    403    404    404   404   401
POST /projects/<slug>/care                     401    403    422    403    404    404   404   401
GET  /projects/<slug>/escalations            login    403    200    403    404    404   404 login
POST /projects/<slug>/escalations/<int:escalation_id>/resolve
                                               401    403    422    403    404    404   404   401
POST /projects/<slug>/escalations/<int:escalation_id>/own
                                               401    403    303    403    404    404   404   401
GET  /projects/<slug>/disputes               login    403    200    403    404    404   404 login
GET  /projects/<slug>/disputes/settled       login    403    200    403    404    404   404 login
POST /projects/<slug>/disputes/<int:item_id>   401    403    422    403    404    404   404   401
POST /projects/<slug>/disputes/<int:item_id>/uncover
                                               401    403    404    403    404    404   404   401
GET  /projects/<slug>/disputes/<int:item_id>/own
                                             login    403    200    403    404    404   404 login
POST /projects/<slug>/disputes/<int:item_id>/answer
                                               401    403    422    403    404    404   404   401
POST /projects/<slug>/disputes/<int:item_id>/own/uncover
                                               401    403    200    403    404    404   404   401
GET  /projects/<slug>/reviews                login    403    200    403    404    404   404 login
POST /projects/<slug>/reviews/sample           401    403    422    403    404    404   404   401
POST /projects/<slug>/reviews/<int:judgment_id>
                                               401    403    422    403    404    404   404   401
POST /projects/<slug>/reviews/<int:judgment_id>/uncover
                                               401    403    200    403    404    404   404   401
GET  /projects/<slug>/reviews/<int:judgment_id>/correct
                                             login    403    200    403    404    404   404 login
POST /projects/<slug>/reviews/<int:judgment_id>/corrected
                                               401    403    422    403    404    404   404   401
POST /projects/<slug>/reviews/<int:judgment_id>/correct/uncover
                                               401    403    200    403    404    404   404   401
GET  /projects/<slug>/gold                   login    403    200    403    404    404   404 login
POST /projects/<slug>/gold/settings            401    403    422    403    404    404   404   401
POST /projects/<slug>/gold/<int:item_id>/mark
                                               401    403    409    403    404    404   404   401
POST /projects/<slug>/gold/<int:item_id>/unmark
                                               401    403    303    403    404    404   404   401
GET  /projects/<slug>/data                   login    403    200    200    404    404   404 login
POST /projects/<slug>/exports                  401    403    422    422    404    404   404   401
POST /projects/<slug>/exports/preview          401    403    422    422    404    404   404   401
GET  /projects/<slug>/card                   login    403    200    200    404    404   404 login
POST /projects/<slug>/card                     401    403    422    422    404    404   404   401
GET  /projects/<slug>/exports/<int:export_id>
                                             login    403    200    200    404    404   404 login
GET  /projects/<slug>/exports/<int:export_id>/lines
                                             login    403    422    422    404    404   404 login
GET  /projects/<slug>/exports/<int:export_id>/lines/<int:number>
                                             login    403    200    200    404    404   404 login
GET  /projects/<slug>/exports/<int:export_id>/<name>
                                             login    403    200    200    404    404   404 login
GET  /projects/<slug>/exports/<int:export_id>/all-files
                                             login    403    200    200    404    404   404 login
GET  /projects/<slug>/jobs/<int:job_id>      login    403    200    200    404    404   404 login
GET  /projects/<slug>/jobs/<int:job_id>/giving-up
                                             login    403    200    200    404    404   404 login
POST /projects/<slug>/jobs/<int:job_id>/cancel
                                               401    403    303    303    404    404   404   401
POST /projects/<slug>/import                   401    403    422    422    404    404   404   401
GET  /projects/<slug>/mapping/<upload>       login    403    404    404    404    404   404 login
POST /projects/<slug>/mapping/<upload>         401    403    404    404    404    404   404   401
POST /projects/<slug>/mapping/saved/remove     401    403    404    404    404    404   404   401
GET  /projects/<slug>/imports/<int:source_id>
                                             login    403    200    200    404    404   404 login
GET  /projects/<slug>/tokens                 login    403    200    200    404    404   404 login
POST /projects/<slug>/tokens                   401    403    422    422    404    404   404   401
GET  /projects/<slug>/tokens/<prefix>/revoke
                                             login    403    404    404    404    404   404 login
POST /projects/<slug>/tokens/<prefix>/revoke
                                               401    403    404    404    404    404   404   401
GET  /projects/<slug>/webhooks               login    403    200    200    404    404   404 login
POST /projects/<slug>/webhooks                 401    403    422    422    404    404   404   401
GET  /projects/<slug>/webhooks/<hook>        login    403    404    404    404    404   404 login
POST /projects/<slug>/webhooks/<hook>/ping     401    403    404    404    404    404   404   401
POST /projects/<slug>/webhooks/<hook>/pause    401    403    404    404    404    404   404   401
POST /projects/<slug>/webhooks/<hook>/resume   401    403    404    404    404    404   404   401
POST /projects/<slug>/webhooks/<hook>/deliveries/<int:number>/replay
                                               401    403    404    404    404    404   404   401
GET  /projects/<slug>/webhooks/<hook>/secret login    403    404    404    404    404   404 login
POST /projects/<slug>/webhooks/<hook>/secret   401    403    404    404    404    404   404   401
GET  /projects/<slug>/webhooks/<hook>/remove login    403    404    404    404    404   404 login
POST /projects/<slug>/webhooks/<hook>/remove   401    403    404    404    404    404   404   401
GET  /projects/<slug>/guideline              login    200    200    200    404    404   404 login
GET  /projects/<slug>/guideline/changes      login    200    200    200    404    404   404 login
GET  /projects/<slug>/guideline/edit         login    403    200    403    404    404   404 login
POST /projects/<slug>/guideline/preview        401    403    422    403    404    404   404   401
POST /projects/<slug>/guideline/entries        401    403    422    403    404    404   404   401
POST /projects/<slug>/guideline/publish        401    403    422    403    404    404   404   401
POST /projects/<slug>/desk/guideline           401    404    403    403    404    404   404   401
POST /projects/<slug>/desk/practice/begin      401    303    403    403    404    404   404   401
GET  /projects/<slug>/desk/practice/<int:number>
                                             login    303    403    403    404    404   404 login
POST /projects/<slug>/desk/practice/<int:number>/<int:item_id>/answer
                                               401    422    403    403    404    404   404   401
GET  /projects/<slug>/desk/practice/<int:number>/<int:item_id>
                                             login    200    403    403    404    404   404 login
POST /projects/<slug>/desk/practice/<int:number>/<int:item_id>/uncover
                                               401    303    403    403    404    404   404   401
GET  /projects/<slug>/practice               login    403    200    403    404    404   404 login
POST /projects/<slug>/practice/items           401    403    422    403    404    404   404   401
POST /projects/<slug>/practice/pass-mark       401    403    422    403    404    404   404   401
POST /projects/<slug>/practice/people/<int:user_id>/let-in
                                               401    403    409    403    404    404   404   401
POST /projects/<slug>/practice/people/<int:user_id>/send-back
                                               401    403    409    403    404    404   404   401
GET  /projects/<slug>/practice/items/<int:item_id>
                                             login    403    200    403    404    404   404 login
POST /projects/<slug>/practice/items/<int:item_id>/uncover
                                               401    403    200    403    404    404   404   401
POST /projects/<slug>/practice/items/<int:item_id>/retire
                                               401    403    303    403    404    404   404   401
GET  /api                                    login    200    200    200    200    200   200 login
GET  /api/v1/openapi.json                      200    200    200    200    200    200   200   200
GET  /api/v1/projects                          401    401    401    401    401    401   401   401
GET  /api/v1/projects/<slug>                   401    401    401    401    401    401   401   401
GET  /api/v1/projects/<slug>/agreement         401    401    401    401    401    401   401   401
GET  /api/v1/projects/<slug>/judgments         401    401    401    401    401    401   401   401
POST /api/v1/projects/<slug>/judgments         401    401    401    401    401    401   401   401
GET  /api/v1/projects/<slug>/imports/<int:source>/rejected
                                               401    401    401    401    401    401   401   401
GET  /api/v1/projects/<slug>/items             401    401    401    401    401    401   401   401
POST /api/v1/projects/<slug>/items             401    401    401    401    401    401   401   401
GET  /api/v1/projects/<slug>/snapshots         401    401    401    401    401    401   401   401
POST /api/v1/projects/<slug>/snapshots         401    401    401    401    401    401   401   401
GET  /api/v1/projects/<slug>/snapshots/<name>  401    401    401    401    401    401   401   401
GET  /api/v1/projects/<slug>/snapshots/<name>/changed
                                               401    401    401    401    401    401   401   401
GET  /api/v1/projects/<slug>/snapshots/<name>/files/<file>
                                               401    401    401    401    401    401   401   401
POST /logout                                   401    303    303    303    303    303   303   401
"""
#: What a POST of the matrix sends beside the token.
FORMS: dict[str, dict[str, str]] = {
    "/projects/<slug>/exports": {"format": "nonsense"},
    "/projects/<slug>/card": {"pay": "x" * 2001},
    "/projects/<slug>/exports/preview": {"format": "nonsense"},
    "/projects/<slug>/practice/pass-mark": {"pass_mark": "most"},
}


@pytest.fixture
def things(database: Database, cast: Cast, client_for: ClientFor) -> Things:
    """What there is on `main`."""
    return set_up(database, cast, client_for)


def _rows() -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """(method, rule, expected status by role) of each row of the matrix."""
    words = MATRIX.split()
    assert tuple(words[: len(ROLES)]) == ROLES
    for method, rule, *statuses in zip(
        *[iter(words[len(ROLES) :])] * (2 + len(ROLES)), strict=True
    ):
        yield method, rule, tuple(statuses)


def _routes(app: WorkbenchFlask) -> set[tuple[str, str]]:
    return {
        (method, rule.rule)
        for rule in app.url_map.iter_rules()
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }


def _fill(rule: str, things: Things) -> str:
    """The rule's address with this project's things."""
    values = {
        "slug": things.slug,
        "path:filename": "css/base.css",
        "token": "1-0-nonsense",
        "int:session_id": 10**6,
        "int:passkey_id": 10**6,
        "int:message_id": 10**6,
        "item:item_id": things.judged if "/mine/" in rule else things.held,
        "int:item_id": (
            things.practised
            if "/practice/" in rule
            else things.judged
            if "/mine/" in rule
            else things.held
        ),
        "int:judgment_id": things.judgment,
        "int:number": things.number,
        "int:user_id": things.person,
        "int:escalation_id": things.escalation,
        "int:export_id": things.export,
        "name": things.file,
        "file": things.file,
        "int:source_id": things.source,
        "int:source": things.source,
        "int:job_id": things.job,
        "prefix": "wbk_nonsense",
        "hook": "hook_nonsense",
        "upload": "0" * 32,
    }
    return re.sub(r"<([^>]+)>", lambda found: str(values[found[1]]), rule)


@pytest.fixture
def browsers(
    app: WorkbenchFlask, client_for: ClientFor, cast: Cast, database: Database, things: Things
) -> dict[str, Browser]:
    """A browser of every role."""
    people = (cast.ana, cast.luz, cast.edu, cast.ada, cast.omar, cast.beto, cast.dora)
    found = dict(zip(ROLES, [new_browser(app), *map(client_for, people)], strict=True))
    with database.write() as writing:
        now = database_now(writing)
        projects.remove_member(writing, cast.project, writing.get_one(User, cast.beto.id), now=now)
        accounts.disable_user(writing, writing.get_one(User, cast.dora.id), now)
    return found


def _status(browser: Browser, method: str, rule: str, role: str, things: Things) -> str:
    address = _fill(rule, things)
    browser.as_sent = "<int:" in rule
    if method == "GET":
        answer = browser.look(address)
    else:
        # Names of their own, so that nobody has to wait after a wrong log-in.
        answer = browser.send(address, FORMS.get(rule, {"name": role}))
    to_login = method == "GET" and (answer.location or "").startswith("/login")
    return "login" if to_login else str(answer.status_code)


def test_every_route_answers_every_role_as_the_matrix_says(
    browsers: dict[str, Browser], things: Things
) -> None:
    wrong = []
    for method, rule, statuses in _rows():
        for role, expected in zip(ROLES, statuses, strict=True):
            found = _status(browsers[role], method, rule, role, things)
            if found != expected:
                wrong.append(f"{method} {rule} as {role}: {found}, not {expected}")
    assert not wrong


def test_the_matrix_has_a_row_for_every_route_and_no_other(app: WorkbenchFlask) -> None:
    rows = [(method, rule) for method, rule, _ in _rows()]
    assert sorted(rows) == sorted(_routes(app))


def test_every_route_says_what_it_requires_or_is_open(app: WorkbenchFlask) -> None:
    closed = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if hasattr(app.view_functions[rule.endpoint], "permission")
    }
    everything = {rule.endpoint for rule in app.url_map.iter_rules()}
    assert everything - closed == access.OPEN


def test_the_program_does_not_start_with_a_route_that_requires_nothing(config: Config) -> None:
    with app_of_its_own(config) as app:
        app.add_url_rule("/forgotten", "forgotten", lambda: "open to all")
        with pytest.raises(RuntimeError, match="/forgotten"):
            access.check_every_route(app)


def test_a_forgotten_route_is_closed_all_the_same(config: Config) -> None:
    with app_of_its_own(config) as app:
        app.add_url_rule("/forgotten", "forgotten", lambda: "open to all")
        assert new_browser(app).get("/forgotten").status_code == 401


@pytest.mark.parametrize("method", ["OPTIONS", "HEAD", "PUT", "DELETE", "PATCH", "TRACE", "POST"])
def test_no_method_gets_the_unknown_past_the_door(
    anonymous: Browser, things: Things, method: str
) -> None:
    for page in ("/account", f"/projects/{things.slug}/desk", f"/projects/{things.slug}/data"):
        answer = anonymous.open(page, method=method)
        assert answer.status_code in {401, 405}
        assert "Project" not in answer.text


# --- things of other projects ---------------------------------------------------------------


def _rules_about_things(app: WorkbenchFlask) -> list[tuple[str, str]]:
    # No log-in opens the API: tests/web/api/test_door.py.
    pages = (route for route in _routes(app) if not route[1].startswith("/api/"))
    return sorted(route for route in pages if re.search("<slug>.*<(int|item):", route[1]))


def test_a_thing_of_another_project_is_not_found_under_ones_own(
    app: WorkbenchFlask, things: Things, database: Database, cast: Cast, client_for: ClientFor
) -> None:
    theirs = set_up(database, cast, client_for, other=True)
    # Dora and Omar, whose things they are, are on both projects.
    with database.write() as writing:
        for person, role in ((cast.dora, "reviewer"), (cast.omar, "lead")):
            row, now = writing.get_one(User, person.id), database_now(writing)
            projects.add_member(writing, cast.project, row, role=role, now=now)
    reviewers, leads = (cast.ana, cast.dora), (cast.luz, cast.omar)
    for method, rule in _rules_about_things(app):
        for person in reviewers if "/desk/" in rule or "/mine/" in rule else leads:
            browser = client_for(person)
            browser.as_sent = "<int:" in rule
            address = _fill(rule.replace("<slug>", things.slug), theirs)
            answer = browser.look(address) if method == "GET" else browser.send(address)
            assert answer.status_code == 404, f"{method} {address} as {person.name}"


def test_an_item_that_a_reviewer_was_not_shown_is_not_found(
    app: WorkbenchFlask, things: Things, cast: Cast, client_for: ClientFor
) -> None:
    ana, beto = client_for(cast.ana), client_for(cast.beto)
    for method, rule in _rules_about_things(app):
        if "/desk/" not in rule and "/mine/" not in rule:
            continue
        for browser, item in ((ana, things.fresh), (beto, things.held), (beto, things.asked)):
            browser.as_sent = "<int:" in rule
            address = re.sub("<(int|item):item_id>", str(item), rule).replace("<slug>", things.slug)
            answer = browser.look(address) if method == "GET" else browser.send(address)
            assert answer.status_code == 404, f"{method} {address}"


@pytest.mark.parametrize("slug", ["other", "nowhere", "MAIN", "main%00", "%00", "..", "ma%0Ain"])
def test_a_project_one_is_not_on_is_as_one_that_is_not_there(
    client_for: ClientFor, cast: Cast, slug: str
) -> None:
    answer = client_for(cast.ana).look(f"/projects/{slug}/desk")
    assert answer.status_code == 404
    assert "There is no such page" in answer.text


@pytest.mark.parametrize("number", [0, 2**31, 2**63, 10**30])
def test_a_number_that_no_row_can_have_is_not_found(
    app: WorkbenchFlask, client_for: ClientFor, cast: Cast, things: Things, number: int
) -> None:
    luz = client_for(cast.luz)
    for method, rule in _rules_about_things(app):
        address = re.sub("<(int|item):[a-z_]+>", str(number), rule).replace("<slug>", things.slug)
        answer = luz.look(address) if method == "GET" else luz.send(address)
        assert answer.status_code in {403, 404}, f"{method} {address}"


def test_a_project_that_one_leads_gives_no_right_on_one_that_one_reviews(
    client_for: ClientFor, cast: Cast, database: Database
) -> None:
    with database.write() as writing:
        omar = writing.get_one(User, cast.omar.id)
        now = database_now(writing)
        projects.add_member(writing, cast.project, omar, role="reviewer", now=now)
    browser = client_for(cast.omar)
    assert browser.look("/projects/other/quality").status_code == 200
    assert browser.look("/projects/main/quality").status_code == 403
    assert browser.look("/projects/main/desk").status_code == 200


def test_the_home_page_names_only_ones_own_projects(client_for: ClientFor, cast: Cast) -> None:
    assert "/projects/other" not in client_for(cast.luz).look("/").text
    assert "/projects/main" not in client_for(cast.omar).look("/").text
    assert "/projects/" not in client_for(cast.ada).look("/").text


# --- a look changes nothing -----------------------------------------------------------------


def _fingerprint(database: Database) -> str:
    """A hash over all rows of all tables, but for when sessions were last used, and for what is
    noted of the very look: who saw a sensitive item, who took a file."""
    digest = hashlib.sha256()
    noted = {"audit_entry", "audit_head", "sensitive_view"}
    with database.engine.connect() as connection:
        for name in sorted(set(inspect(connection).get_table_names()) - noted):
            rows = connection.execute(text(f'SELECT * FROM "{name}"')).mappings()  # noqa: S608
            for row in sorted(repr({**row, "last_seen_at": None}) for row in rows):
                digest.update(row.encode())
    return digest.hexdigest()


def test_no_get_changes_anything(
    app: WorkbenchFlask, browsers: dict[str, Browser], things: Things, database: Database
) -> None:
    before = _fingerprint(database)
    for method, rule in sorted(_routes(app)):
        if method != "GET":
            continue
        for role, browser in browsers.items():
            for htmx in (False, True):
                browser.look(_fill(rule, things), htmx=htmx)
            assert _fingerprint(database) == before, f"{role} {rule}"
