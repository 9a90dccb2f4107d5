"""Every form of every page with what no page sends, by everybody: the server never fails, and what
it refuses has changed nothing."""

from __future__ import annotations

import hashlib

import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from tests.cast import Cast
from tests.fuzz import mutate
from tests.fuzz.forms import Fields, Form, as_data, bodies
from tests.web.conftest import (
    Browser,
    ClientFor,
    app,
    client_for,
    database,
    database_url,
)
from tests.web.stage import Things, set_up
from tests.web.test_access import _fill, _routes
from workbench.db import Database
from workbench.models import Base, User
from workbench.web.request import WorkbenchFlask

__all__ = ["app", "client_for", "database", "database_url"]

#: Forms for every address in one round, each by one of four people.
FORMS = 4
#: Rounds through all addresses: one in `make test`, 25 by `make fuzz`.
ROUNDS = max(1, mutate.TIMES // 10)
#: The same forms from the same seed, and what fails as it was drawn: it may take what earlier forms
#: have stored, and a smaller form would meet another state.
AS_DRAWN = settings(
    max_examples=FORMS,
    database=None,
    deadline=None,
    phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)
#: Tables and entries of the trail that tell who is here, or tried to be: a refusal may add to them.
OF_ASKING = {"web_session", "failed_login", "login_throttle", "audit_head"}
OF_LOG_INS = "('login', 'login.refused', 'logout', 'asked')"


class _Person:
    """Somebody who logs in again as soon as a form of theirs has logged them out."""

    def __init__(self, client_for: ClientFor, user: User) -> None:
        self._client_for, self._user = client_for, user
        self._enter()

    def _enter(self) -> None:
        self.browser: Browser = self._client_for(self._user)

    def came_back(self) -> bool:
        """Log in, if that was needed."""
        out: bool = self.browser.get("/session").json["name"] is None
        if out:
            self._enter()
        return out

    def send(self, address: str, form: Form, *, htmx: bool) -> tuple[int, str]:
        headers = {"Accept": "text/html", "Sec-Fetch-Site": "same-origin"}
        if htmx:
            headers["HX-Request"] = "true"
        data = {**as_data(form), "csrf_token": self.browser.csrf()}
        answer = self.browser.post(address, data=data, headers=headers)
        return answer.status_code, answer.text


def _fields(app: WorkbenchFlask, people: dict[str, _Person], things: Things) -> Fields:
    """Of all pages, as everybody sees them."""
    fields = Fields()
    rules = sorted(rule for method, rule in _routes(app) if method == "GET")
    for rule in rules:
        if not rule.startswith(("/api/", "/static/")):
            for name, person in people.items():
                answer = person.browser.look(_fill(rule, things))
                if answer.mimetype == "text/html":
                    fields.read(answer.text, name)
    return fields


def _stored(database: Database) -> dict[str, str]:
    """By table a hash of what is in it, but for what asking itself may write."""
    found = {}
    with database.engine.connect() as connection:
        for table in sorted(Base.metadata.tables.keys() - OF_ASKING):
            which = f"WHERE action NOT IN {OF_LOG_INS}" if table == "audit_entry" else ""
            rows = connection.exec_driver_sql(f"SELECT * FROM {table} {which}").all()  # noqa: S608
            found[table] = hashlib.sha256(repr(rows).encode()).hexdigest()
    return found


class _Sent:
    """What came of the forms so far, by the addresses they were sent to."""

    def __init__(self, people: dict[str, _Person], database: Database) -> None:
        self.let_in: set[str] = set()
        self.refused: set[str] = set()
        self.accepted: set[str] = set()
        self._people, self._database = people, database
        self._before = _stored(database)

    def send(self, address: str, name: str, form: Form, *, htmx: bool) -> None:
        person = self._people[name]
        if person.came_back():
            self._before = _stored(self._database)
        status, text = person.send(address, form, htmx=htmx)
        assert status < 500, f"{address}\n{text}"
        after = _stored(self._database)
        if status >= 400:
            self.refused.add(address)
            assert after == self._before, f"{address}: {status}, and yet stored"
        else:
            self.accepted.add(address)
        if status not in {401, 403, 404}:
            self.let_in.add(address)
        self._before = after


@pytest.mark.parametrize("rounds", mutate.parts(ROUNDS), ids=str)
def test_fact_25_no_form_makes_the_server_fail(
    rounds: range, app: WorkbenchFlask, client_for: ClientFor, cast: Cast, database: Database
) -> None:
    things: Things = set_up(database, cast, client_for)
    team = (cast.ana, cast.luz, cast.edu, cast.ada)
    people = {user.name: _Person(client_for, user) for user in team}
    fields = _fields(app, people, things)
    names = fields.names()
    sent = _Sent(people, database)
    addresses = sorted(
        _fill(rule, things)
        for method, rule in _routes(app)
        if method == "POST" and "/api/" not in rule
    )
    for number in rounds:
        for address in addresses:
            forms = bodies(fields.of.get(address, {}), names)
            everybody = st.sampled_from(sorted(people))
            who = st.sampled_from(sorted(fields.offered.get(address, people))) | everybody

            @seed(f"{number} {address}")
            @AS_DRAWN
            @given(st.just(address), who, forms, st.booleans())
            def one(address: str, name: str, form: Form, htmx: bool) -> None:
                sent.send(address, name, form, htmx=htmx)

            one()
    assert len(sent.let_in & sent.refused) > len(addresses) / 2
    assert len(sent.accepted) > len(addresses) / 5
