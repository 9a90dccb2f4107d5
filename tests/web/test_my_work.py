"""A reviewer's own page: for their eyes alone."""

from __future__ import annotations

from tests.cast import Cast
from tests.web.conftest import ClientFor
from tests.web.desk_pages import make_items, send_answer, take
from tests.web.seen import words
from workbench.db import Database


def test_it_shows_todays_work_and_no_one_elses(
    database: Database, cast: Cast, client_for: ClientFor
) -> None:
    make_items(database, cast, "one", "two")
    ana, beto = client_for(cast.ana), client_for(cast.beto)
    form = take(ana)
    form.fields["active_ms"] = str(2 * 60_000)
    send_answer(ana, form)
    page = ana.look("/my-work").text
    assert "0 h 2 min" in page
    assert "not yet" in page
    others = beto.look("/my-work").text
    assert "0 h 2 min" not in others
    for text in (page, others):
        assert cast.luz.name not in words(text)


def test_who_reviews_nowhere_is_told_so(cast: Cast, client_for: ClientFor) -> None:
    assert "You review on no project now." in client_for(cast.luz).look("/my-work").text
