"""Bringing outputs in by upload: what is stored, what is refused and how that is said."""

from __future__ import annotations

import gzip
import io
import json
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.cast import Cast
from tests.web.conftest import Browser, ClientFor, logged_in_browser
from tests.web.data_pages import DATA, IMPORT, a_line, fetch, folders, stored, upload, without_tags
from workbench.app import create_app
from workbench.config import Config
from workbench.db import Database
from workbench.models import Item, Judgment, Source
from workbench.web.uploads import plain_name


@pytest.fixture
def database_url(either_url: str) -> str:
    """What is refused ends a transaction in the middle."""
    return either_url


@pytest.fixture
def edu(client_for: ClientFor, cast: Cast) -> Browser:
    return client_for(cast.edu)


def _figures(page: str) -> dict[str, str]:
    return dict(re.findall(r"<dt>([^<]+)</dt><dd>([0-9,]+)</dd>", page))


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("items.jsonl", a_line("one") + a_line("two")),
        ("items.jsonl.gz", gzip.compress(a_line("one") + a_line("two"))),
        (
            "items.csv",
            b"id,language,prompt,response.a,response.b\none,en,Why?,A,B\ntwo,en,How?,A,B\n",
        ),
    ],
)
def test_a_file_is_stored_and_its_page_counts_what_came_of_it(
    edu: Browser, database: Database, name: str, content: bytes
) -> None:
    answer = upload(edu, content, name)
    assert answer.status_code == 303
    page = edu.look(answer.location).text
    assert _figures(page) == {
        "New items": "2", "Already here": "0", "Replaced": "0", "Left out": "0",
    }  # fmt: skip
    assert stored(database, Item) == 2
    listed = edu.look(DATA).text.partition('id="past-imports"')[2]
    assert name in listed
    assert "2 new" in listed
    assert "edu" in listed


def test_the_same_again_is_counted_as_already_here(edu: Browser, database: Database) -> None:
    upload(edu, a_line("one"))
    page = edu.look(upload(edu, a_line("one")).location).text
    assert _figures(page)["Already here"] == "1"
    assert stored(database, Item) == 1


def test_other_content_under_the_same_id_replaces_it_only_when_asked(
    edu: Browser, database: Database
) -> None:
    upload(edu, a_line("one"))
    answer = upload(edu, a_line("one", prompt="Another question?"))
    assert answer.status_code == 422
    assert stored(database, Item) == 1
    page = edu.look(upload(edu, a_line("one", prompt="Another?"), revise="on").location).text
    assert _figures(page)["Replaced"] == "1"


def _judgment(item: str, **changes: Any) -> bytes:
    ballot = {
        "tiers": [["b"], ["a"]], "unranked": [], "verdict": None, "strength": 2, "reason": "",
    }  # fmt: skip
    line = {"item": item, "reviewer": "r07", "answer": {**ballot, **changes}}
    return json.dumps(line).encode() + b"\n"


def test_judgments_made_elsewhere_come_in_as_well(edu: Browser, database: Database) -> None:
    upload(edu, a_line("one") + a_line("two"))
    lines = _judgment("one") + _judgment("two")
    answer = upload(edu, lines, "judgments.jsonl", kind="judgments")
    page = edu.look(answer.location).text
    assert _figures(page) == {
        "New judgments": "2", "Already here": "0", "Replaced": "0", "Left out": "0",
    }  # fmt: skip
    assert stored(database, Judgment) == 2
    assert "Make the snapshot" in edu.look(DATA).text


def test_another_answer_of_the_same_reviewer_replaces_theirs_only_when_asked(
    edu: Browser, database: Database
) -> None:
    upload(edu, a_line("one"))
    upload(edu, _judgment("one"), kind="judgments")
    other = _judgment("one", tiers=[["a"], ["b"]])
    assert upload(edu, other, kind="judgments").status_code == 422
    answer = upload(edu, other, kind="judgments", revise="on")
    assert _figures(edu.look(answer.location).text)["Replaced"] == "1"
    assert stored(database, Judgment) == 2


def test_a_bad_judgment_is_refused_by_line_and_field(edu: Browser, database: Database) -> None:
    upload(edu, a_line("one"))
    lines = _judgment("one") + _judgment("nobody-knows") + _judgment("one", verdict="perhaps")
    answer = upload(edu, lines, "judgments.jsonl", kind="judgments")
    assert answer.status_code == 422
    assert [found[:3] for found in _problems(answer.text)] == [
        ("judgments.jsonl", "2", "item"),
        ("judgments.jsonl", "3", "answer.verdict"),
    ]
    assert stored(database, Judgment) == 0


def test_a_file_holds_items_or_judgments_and_nothing_else(edu: Browser) -> None:
    assert upload(edu, a_line("one"), kind="people").status_code == 422


def _problems(page: str) -> list[tuple[str, ...]]:
    """(file, line, field, what) of each row of the report."""
    table = page.partition('class="problems"')[2].partition("</table>")[0]
    rows = re.findall(r"<tr><td.*?</tr>", table, re.DOTALL)
    cells = [re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in rows]
    return [tuple(without_tags(cell) for cell in row) for row in cells]


BOMB = gzip.compress(b'{"id": "' + b"0" * 300_000_000, compresslevel=9)
TRAPS = {
    "a gzip bomb": (BOMB, "items.jsonl.gz", 1),
    "a zip": (b"PK\x03\x04" + b"\0" * 100, "items.jsonl", 1),
    "a NUL": (a_line("good") + b'{"id": "a\\u0000b"}\n', "items.jsonl", 2),
    "a raw NUL": (a_line("good") + b'{"id": "a\x00b"}\n', "items.jsonl", 2),
    "deep nesting": (a_line("good") * 2 + b"[" * 100_000 + b"\n", "items.jsonl", 3),
    "NaN": (a_line("good") + b'{"id": "x", "metadata": {"n": NaN}}\n', "items.jsonl", 2),
    "a huge integer": (b'{"id": "x", "metadata": {"n": 1' + b"0" * 5000 + b"}}\n", "i.jsonl", 1),
    "a lone surrogate": (a_line("good") + b'{"id": "x\\ud800"}\n', "items.jsonl", 2),
    "a key given twice": (a_line("good") + b'{"id": "x", "id": "y"}\n', "items.jsonl", 2),
    "an unknown field": (a_line("good") + a_line("x", admin=True), "items.jsonl", 2),
    "no JSON": (b"<html>\n", "items.jsonl", 1),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(200), "items.jsonl", 1),
    "Parquet in name only": (b"not parquet", "items.parquet", 1),
}


@pytest.mark.parametrize(("content", "name", "line"), TRAPS.values(), ids=TRAPS)
def test_a_trap_is_refused_by_its_line_and_nothing_is_stored(
    edu: Browser, database: Database, content: bytes, name: str, line: int
) -> None:
    answer = upload(edu, content, name)
    assert answer.status_code == 422
    assert "was imported: there" in answer.text
    assert _problems(answer.text)[0][:2] == (name, str(line))
    assert stored(database, Item) == 0
    assert stored(database, Source) == 0


def test_the_report_shows_the_first_hundred_problems_and_counts_the_rest(edu: Browser) -> None:
    answer = upload(edu, b"".join(a_line(f"n{i}", prompt=None) for i in range(130)))
    assert len(_problems(answer.text)) == 100
    assert "there are 130 problems" in answer.text
    assert "not shown: 30; problems in all: 130, on 130 lines" in answer.text


def test_the_good_lines_go_in_and_the_others_come_back_as_a_file(
    edu: Browser, database: Database, config: Config
) -> None:
    content = a_line("one") + b"{nonsense}\n" + a_line("two") + a_line("three", prompt="")
    answer = upload(edu, content, skip_bad="on")
    assert answer.status_code == 303
    page = edu.look(answer.location).text
    assert _figures(page) == {
        "New items": "2", "Already here": "0", "Replaced": "0", "Left out": "2",
    }  # fmt: skip
    [address] = re.findall(r'href="([^"]+-rejects\.jsonl)"', page)
    answer = fetch(edu, address)
    assert answer.headers["Content-Disposition"].startswith("attachment")
    rejects = [json.loads(line) for line in answer.data.splitlines()]
    assert (rejects[0]["line"], rejects[0]["raw"]) == (2, "{nonsense}")
    assert rejects[1]["problems"] == [{"field": "prompt", "why": "is empty"}]
    assert edu.look(address.rpartition("/")[0]).status_code == 404
    assert "rejects" not in edu.look(DATA).text.partition('id="bring-in"')[0]
    assert len(folders(config)) == 1
    assert stored(database, Item) == 2


def test_a_file_without_bad_lines_leaves_no_file_of_rejects(edu: Browser, config: Config) -> None:
    page = edu.look(upload(edu, a_line("one"), skip_bad="on").location).text
    assert "-rejects.jsonl" not in page
    assert folders(config) == []


def test_a_file_that_cannot_be_read_to_its_end_is_refused_even_so(
    edu: Browser, config: Config, database: Database
) -> None:
    half = gzip.compress(a_line("one") * 50)[:-20]
    assert upload(edu, half, "items.jsonl.gz", skip_bad="on").status_code == 422
    assert stored(database, Item) == 0
    assert folders(config) == []


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        ("../../etc/passwd", "passwd"),
        ("<script>alert(1)</script>.jsonl", "script&gt;.jsonl"),
        ("items\u202elnosj.jsonl", "items\\u202elnosj.jsonl"),
        ("x" * 5000 + ".jsonl", "x" * 114 + ".jsonl"),
        ("ítems de mañana.jsonl", "ítems de mañana.jsonl"),
    ],
)
def test_a_hostile_file_name_is_only_ever_text(
    edu: Browser, database: Database, config: Config, given: str, shown: str
) -> None:
    page = edu.look(upload(edu, a_line("one"), given, skip_bad="on").location).text
    assert f'<h1 class="file-name">{shown}</h1>' in page
    assert f">{shown}</a>" in edu.look(DATA).text
    refused = upload(edu, b"{\n", given)
    assert _problems(refused.text)[0][0] == shown
    assert [path.name for path in config.home.iterdir() if "items" in path.name] == []


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("C:\\Users\\luz\\items.jsonl", "items.jsonl"),
        ("/srv/items.jsonl/", "items.jsonl"),
        ("a\x00b\n.csv", "a\\x00b\\n.csv"),
        ("/", "-"),
        ("..", ".."),
    ],
)
def test_only_the_last_part_of_a_name_is_kept(given: str, kept: str) -> None:
    assert plain_name(given) == kept


@pytest.mark.parametrize("file", [None, ""])
def test_without_a_file_the_form_says_to_choose_one(edu: Browser, file: str | None) -> None:
    form = {} if file is None else {"file": (io.BytesIO(b""), file)}
    answer = edu.send(IMPORT, form)
    assert answer.status_code == 422
    assert "Choose a file first." in answer.text


def test_an_empty_file_stores_nothing_and_says_so(edu: Browser, database: Database) -> None:
    answer = upload(edu, b"")
    assert answer.status_code == 303
    assert "Nothing in this file was new." in edu.look(answer.location).text
    assert stored(database, Item) == 0


def test_an_upload_larger_than_the_setting_is_413(
    database: Database, config: Config, cast: Cast
) -> None:
    app = create_app(replace(config, upload_mib=1))
    app.test_client_class = Browser
    answer = logged_in_browser(app, cast.edu).post(
        IMPORT,
        data=b'--x\r\nContent-Disposition: form-data; name="file"\r\n\r\n' + bytes(1_100_000),
        content_type="multipart/form-data; boundary=x",
        headers={"Accept": "text/html", "Sec-Fetch-Site": "same-origin"},
    )
    assert answer.status_code == 413
    assert "That is larger than this server takes." in answer.text
    assert stored(database, Source) == 0
    app.extensions["workbench_database"].dispose()


def test_a_form_that_was_not_sent_from_here_is_refused(edu: Browser, database: Database) -> None:
    answer = edu.post(IMPORT, data={"file": (io.BytesIO(a_line("one")), "items.jsonl")})
    assert answer.status_code == 400
    assert stored(database, Item) == 0


def test_files_that_belong_together_come_in_together(edu: Browser, database: Database) -> None:
    folder = Path(__file__).resolve().parents[1] / "data" / "potato"
    names = ("pairs.jsonl", "pairwise.csv")

    def files() -> list[tuple[io.BytesIO, str]]:
        return [(io.BytesIO((folder / name).read_bytes()), name) for name in names]

    refused = edu.send(IMPORT, {"file": files()})
    assert refused.status_code == 422
    assert "Choose one file." in refused.text
    refused = edu.send(IMPORT, {"file": files(), "from": "label-studio"})
    assert "Choose one file." in refused.text
    assert stored(database, Source) == 0
    answer = edu.send(IMPORT, {"file": files(), "from": "potato"})
    assert answer.status_code == 303
    assert "pairs.jsonl, pairwise.csv" in edu.look(answer.location).text
    assert stored(database, Item) == 2
