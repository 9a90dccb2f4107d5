"""The page of how long contents are kept; the watermark over what is sensitive."""

from __future__ import annotations

from tests.cast import Cast, make_item
from tests.web.conftest import Browser, ClientFor
from workbench.db import Database
from workbench.models import Project

PAGE = "/projects/main/keeping"
STAMP = '<svg class="watermark"'


def test_a_lead_sets_the_days_closes_and_opens(luz: Browser, database: Database) -> None:
    for days in ("-1", "4001", "x", "1e3"):
        refused = luz.send(PAGE, {"keep_days": days})
        assert refused.status_code == 422
        assert 'id="keep_days-more" class="error-text"' in refused.text
    saved = luz.send(PAGE, {"keep_days": "30", "legal_hold": "1"}, follow_redirects=True)
    assert "Saved." in saved.text
    assert luz.send(f"{PAGE}/close", {"name": "other"}).status_code == 422
    closed = luz.send(f"{PAGE}/close", {"name": "main"}, follow_redirects=True)
    assert "It is on legal hold" in closed.text
    luz.send(PAGE, {"keep_days": "30"})
    assert "Its contents may be removed from" in luz.look(PAGE).text
    luz.send(f"{PAGE}/close")
    with database.read() as session:
        main = session.query(Project).filter_by(slug="main").one()
        assert (main.closed_at, main.keep_days, main.legal_hold) == (None, 30, False)


def test_a_closed_project_gives_nothing_and_says_so(
    ana: Browser, luz: Browser, cast: Cast, database: Database
) -> None:
    with database.write() as session:
        make_item(session, cast.project, "one")
    to_desk = 'class="button primary" href="/projects/main/desk"'
    assert to_desk in ana.look("/").text
    luz.send(f"{PAGE}/close", {"name": "main"})
    home = ana.look("/").text
    assert to_desk not in home
    assert '<span class="badge">closed</span>' in home
    ana.send("/projects/main/desk/next")
    assert "This project is closed" in ana.look("/projects/main/desk").text
    assert luz.look("/projects/main/quality").status_code == 200


def test_who_looks_stands_over_what_is_sensitive_and_over_nothing_else(
    client_for: ClientFor, cast: Cast, database: Database
) -> None:
    with database.write() as session:
        plain = make_item(session, cast.project, "plain").id
        hard = make_item(session, cast.project, "hard", severity=1).id
        covered = make_item(session, cast.project, "covered", harm="violence").id
    luz, ana = client_for(cast.luz), client_for(cast.ana)
    address = "/projects/main/items/{}"
    assert STAMP not in luz.look(address.format(hard)).text
    luz.send(PAGE, {"watermark": "1"})
    page = luz.look(address.format(hard))
    assert f"{STAMP} aria-hidden" in page.text
    assert ">luz · " in page.text
    assert page.headers["Cache-Control"] == "no-store"
    for without in (plain, covered):
        assert STAMP not in luz.look(address.format(without)).text
    assert STAMP in luz.send(address.format(covered) + "/uncover").text
    seen = []
    for _ in range(3):
        ana.send("/projects/main/desk/next")
        desk = ana.look("/projects/main/desk").text
        seen.append((STAMP in desk, ">ana · " in desk))
        item = desk.split("/desk/items/")[1].split("/")[0]
        ana.send(f"/projects/main/desk/items/{item}/skip", {"reason": "no"})
    assert sorted(seen) == [(False, False), (False, False), (True, True)]  # one is covered
