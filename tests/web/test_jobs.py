"""What takes long goes to the background, with the same answers in the end."""

from __future__ import annotations

import gzip
import json
import threading
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from tests.cast import Cast, make_item
from tests.web.conftest import HTMX, Browser, ClientFor
from tests.web.data_pages import DATA, a_line, export, stored, upload
from tests.web.stage import judge
from workbench.background.keep import LOCK
from workbench.background.run import Bench, run
from workbench.background.waker import Waker
from workbench.config import Config
from workbench.db import Database
from workbench.models import ExportFile, Item, Job, Judgment
from workbench.models import Source as SourceRow
from workbench.only_one import only_one
from workbench.services import kept_uploads


@pytest.fixture
def database_url(one_url: str) -> str:
    """One kind: how jobs are stored is looked at in tests/background."""
    return one_url


@pytest.fixture
def config(config: Config) -> Config:
    """A page waits for 1 KiB, and for a project of two rows."""
    return replace(config, at_once_kib=1, at_once_rows=2)


@pytest.fixture
def bench(database: Database, config: Config) -> Bench:
    """Where what was asked for is done."""
    return Bench(database, config, Waker.at(config.home), threading.Event())


@pytest.fixture
def edu(client_for: ClientFor, cast: Cast) -> Browser:
    return client_for(cast.edu)


MANY = b"".join(a_line(f"item-{n}") for n in range(8))


def _asked(browser: Browser, content: bytes = MANY, **form: str) -> tuple[str, int]:
    """Send a file; the page and the number of the job that reads it."""
    answer = upload(browser, content, **form)
    assert answer.status_code == 303, answer.text
    place = str(answer.location)
    assert "/jobs/" in place
    return place, int(place.rpartition("/")[2])


def test_a_large_file_goes_to_the_background_and_a_small_one_does_not(
    edu: Browser, database: Database, bench: Bench
) -> None:
    small = upload(edu, a_line("small"))
    assert "/imports/" in str(small.location)
    assert "/jobs/" in str(upload(edu, gzip.compress(MANY), "items.jsonl.gz").location)
    place, job_id = _asked(edu)
    page = edu.look(place)
    assert "It waits for its turn" in page.text
    assert "Nobody works" not in page.text
    assert "<html" not in edu.look(place, headers=HTMX).text
    run(bench, job_id)
    assert edu.look(place, headers=HTMX).headers["HX-Redirect"] == place
    done = edu.look(place)
    assert "/imports/" in str(done.location)
    assert "8" in edu.look(str(done.location)).text
    assert stored(database, Item) == 9
    page = edu.look(DATA).text
    assert place in page
    assert place in edu.look("/messages").text


def test_the_file_of_another_tool_goes_the_same_way(
    edu: Browser, config: Config, bench: Bench, database: Database
) -> None:
    chosen = {"from_name": "pw", "type": "pairwise", "value": {"selected": "left"}}
    task = {
        "id": 1,
        "data": {"prompt": "Why?" * 300, "text1": "Yes.", "text2": "No."},
        "annotations": [{"completed_by": 1, "result": [chosen]}],
    }
    words = {"from": "label-studio", "with": "language=en"}
    nonsense = upload(edu, json.dumps([task]).encode(), **words | {"with": "nonsense=1"})
    assert nonsense.status_code == 422
    assert not config.uploads.exists()
    place, job_id = _asked(edu, json.dumps([task]).encode(), **words)
    run(bench, job_id)
    assert "From Label Studio" in edu.look(str(edu.look(place).location)).text
    assert (stored(database, Item), stored(database, Judgment)) == (1, 1)


def test_what_is_wrong_is_shown_with_the_form_as_it_was_sent(edu: Browser, bench: Bench) -> None:
    place, job_id = _asked(edu, MANY + b'{"id": 7}\n', revise="on")
    run(bench, job_id)
    page = edu.look(place).text
    assert "Nothing of items.jsonl was imported" in page
    assert 'name="revise" checked' in page
    place, job_id = _asked(edu, MANY + b'{"id": 7}\n', skip_bad="on")
    run(bench, job_id)
    assert "rejects.jsonl" in edu.look(str(edu.look(place).location)).text


def test_a_snapshot_of_much_is_made_in_the_background(
    edu: Browser, database: Database, cast: Cast, bench: Bench
) -> None:
    with database.write() as session:
        for name in ("one", "two"):
            judge(session, cast.project, make_item(session, cast.project, name).id, cast.ana)
    asked = export(edu, "main", format="trl-preference", name="november", split="test=0.5")
    place = str(asked.location)
    assert "november" in edu.look(place).text
    run(bench, int(place.rpartition("/")[2]))
    assert "/exports/" in str(edu.look(place).location)
    assert stored(database, ExportFile) == 1
    again = export(edu, "main", format="trl-preference", name="november")
    assert again.status_code == 422
    assert "already" in again.text
    other = export(edu, "main", format="trl-preference", name="december")
    assert edu.send(f"{other.location}/cancel").status_code == 303
    page = edu.look(str(other.location)).text
    assert "nothing was changed" in page
    assert "name=december" in page


def test_what_is_given_up_leaves_nothing(
    edu: Browser, database: Database, config: Config, bench: Bench
) -> None:
    place, job_id = _asked(edu)
    assert "Give it up" in edu.look(f"{place}/giving-up").text
    assert edu.send(f"{place}/cancel").location == place
    assert not list(config.uploads.iterdir())
    run(bench, job_id)
    assert "nothing was changed" in edu.look(place).text
    assert edu.look(f"{place}/giving-up").location == place
    assert stored(database, SourceRow) == 0


def test_a_full_disk_starts_nothing(
    edu: Browser, database: Database, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_path: Path, _stream: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(kept_uploads, "_write", full)
    assert upload(edu, MANY).status_code == 507
    assert stored(database, Job) == 0
    assert not list(config.uploads.iterdir())


def test_that_nobody_works_is_said_after_a_while(
    edu: Browser, database: Database, config: Config, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("workbench.web.jobs.PATIENCE", timedelta(days=-1))
    place, _ = _asked(edu)
    assert "Nobody works" in edu.look(place).text
    with only_one(config.home / LOCK, database):
        assert "Nobody works" not in edu.look(place).text
