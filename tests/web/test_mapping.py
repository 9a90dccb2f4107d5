"""Matching the columns of a table in the browser: from the upload to its items and judgments."""

from __future__ import annotations

import html
import re
import shlex
from pathlib import Path

import orjson
from sqlalchemy import select, update

from tests.cast import Cast
from tests.web.conftest import Browser, ClientFor
from tests.web.data_pages import stored, upload
from workbench import task_types
from workbench.config import Config
from workbench.db import Database, now
from workbench.intake.mapping import ColumnMapping, table_tool
from workbench.models import AuditEntry, Item, Judgment, Project, SavedMapping, Source
from workbench.services import mappings
from workbench.services.bring_in import Upload, as_parameters, from_parameters

PANDALM = (Path(__file__).parents[1] / "data/columns/pandalm.csv").read_bytes()
TABLE = "pregunta,respuesta a,respuesta b,ganador,persona\n¿Y cómo es el que?,sí,no,a,p1\n".encode()


def fields(page: str) -> dict[str, str]:
    """What a browser would send of the form as it stands, without a button."""
    form = page[page.index('<form id="matching"') : page.rindex("</form>")]
    found = {}
    for name, body in re.findall(
        r'<select id="[^"]*" name="([^"]*)">(.*?)</select>', form, re.DOTALL
    ):
        chosen = re.search(r'<option value="([^"]*)" selected', body)
        found[html.unescape(name)] = chosen[1] if chosen else ""
    for name, value in re.findall(r'<input[^>]* name="([^"]*)" value="([^"]*)"', form):
        found.setdefault(html.unescape(name), html.unescape(value))
    values = re.search(r"<textarea[^>]*>(.*?)</textarea>", form, re.DOTALL)
    return {**found, "values": html.unescape(values[1]) if values else ""}


def test_a_table_of_others_comes_in_with_its_judgments_and_again_by_itself(
    client_for: ClientFor, cast: Cast, database: Database, config: Config
) -> None:
    edu = client_for(cast.edu)
    with database.write() as session:
        session.execute(update(Project).where(Project.id == cast.project.id).values(overlap=3))

    # The upload leads to the page of its columns, with the guess chosen; nothing is stored yet.
    sent = upload(edu, PANDALM, "pandalm.csv")
    assert sent.status_code == 303
    address = sent.location
    page = edu.look(address).text
    assert "12 items" in page
    assert "36 judgments" in page
    form = fields(page)
    assert form["values"] == "0=tie"
    assert [form[f"t:r{place}.id"] for place in range(3)] == ["1", "2", "3"]
    assert stored(database, Item) == 0

    _what_does_not_fit_changes_nothing(edu, address, form)
    assert stored(database, Item) == stored(database, SavedMapping) == 0

    more = edu.send(address, form | {"do": "more"})
    assert 'name="c:judgment.4.winner"' in more.text
    done = edu.send(address, form | {"do": "save", "name": "crowd", "metadata": "1"})
    assert done.status_code == 303
    assert "36" in edu.look(done.location).text
    assert (stored(database, Item), stored(database, Judgment)) == (12, 36)
    with database.read() as session:
        item = session.scalars(select(Item).order_by(Item.id)).first()
        assert item is not None
        assert item.meta == {"motivation_app": "Grammarly"}
        actions = set(session.scalars(select(AuditEntry.action)))
        assert {"items.import", "judgments.import", "mapping.save"} <= actions
        source = session.scalars(select(Source).order_by(Source.id)).first()
        assert source is not None
        assert source.counts["mapping"]["columns"]["prompt"] == "instruction"
    # The file is gone with it.
    assert edu.look(address).status_code == 404
    assert not list(config.uploads.iterdir())

    # The next file with these columns has the saved mapping chosen, and nothing in it is new.
    address = upload(edu, PANDALM, "pandalm.csv").location
    page = edu.look(address).text
    assert "crowd" in page
    again = edu.send(address, fields(page) | {"do": "import", "metadata": "1"})
    assert again.status_code == 303
    assert (stored(database, Item), stored(database, Judgment)) == (12, 36)


def _what_does_not_fit_changes_nothing(edu: Browser, address: str, form: dict[str, str]) -> None:
    # What is missing is said in the preview, and a mapping that does not fit brings nothing in.
    without = form | {"c:prompt": "", "c:r1.text": ""}
    preview = edu.send(address, without, headers={"HX-Request": "true"})
    assert preview.status_code == 200
    assert preview.text.lstrip().startswith('<section id="preview"')
    assert "is missing: say which column it is" in preview.text
    assert edu.send(address, without | {"do": "import"}).status_code == 422
    for wrong in ({"c:prompt": "99"}, {"c:prompt": "-1"}, {"values": "0"}, {"t:r0.id": "2"},
                  {"t:r0.id": ""}, {"c:language": "=", "t:language": ""}):  # fmt: skip
        assert edu.send(address, form | wrong | {"do": "import"}).status_code == 422, wrong
    # A word that means nothing here names file, line and column.
    wrong = edu.send(address, form | {"values": "", "do": "import"})
    assert wrong.status_code == 422
    assert "annotator" in wrong.text
    assert "none of the responses (1, 2)" in html.unescape(wrong.text)
    unnamed = edu.send(address, form | {"do": "save", "name": " "})
    assert unnamed.status_code == 422


def test_a_saved_mapping_can_be_taken_away_and_an_upload_let_go(
    client_for: ClientFor, cast: Cast, database: Database
) -> None:
    edu = client_for(cast.edu)
    with database.write() as session:
        mapping = ColumnMapping({"prompt": "instruction"}, {"language": "en"})
        mappings.save(session, cast.project, "crowd", mapping, now=now(session), actor=None)
    address = upload(edu, PANDALM, "pandalm.csv").location
    removed = edu.send(
        "/projects/main/mapping/saved/remove",
        {"saved": "crowd", "upload": address.rpartition("/")[2]},
    )
    assert removed.location == address
    assert stored(database, SavedMapping) == 0
    assert edu.send(address, {"do": "drop"}).status_code == 303
    assert edu.look(address).status_code == 404


def test_nobody_else_sees_a_file_that_waits(client_for: ClientFor, cast: Cast) -> None:
    address = upload(client_for(cast.edu), TABLE, "tabla.csv").location
    assert client_for(cast.luz).look(address).status_code == 404
    assert client_for(cast.luz).send(address, {"do": "import"}).status_code == 404
    assert client_for(cast.omar).look(address.replace("/main/", "/other/")).status_code == 404
    assert client_for(cast.ana).look(address).status_code == 403


def test_when_columns_are_asked_for(
    client_for: ClientFor, cast: Cast, database: Database, config: Config
) -> None:
    edu = client_for(cast.edu)
    own = b"id,language,prompt,response.a,response.b\n1,en,p,x,y\n"
    assert "/imports/" in upload(edu, own, "own.csv").location
    page = edu.look(upload(edu, own, "own.csv", do="match").location).text
    assert fields(page)["c:prompt"] == "2"
    # JSON lines are not asked about unless somebody wants to.
    flat = b'{"pregunta": "x", "a": "1", "b": "2"}'
    assert upload(edu, flat, "f.jsonl").status_code == 422
    assert "/mapping/" in upload(edu, flat, "f.jsonl", do="match").location
    before = len(list(config.uploads.iterdir()))
    hostile = "<img src=x onerror=alert(1)>,,x,x,\u202eevil,\x00"
    page = edu.look(
        upload(edu, f"\ufeff{hostile}\n1,2,3,4,5,6\n".encode(), "<b>.csv").location
    ).text
    assert "<img src=x" not in page
    assert "\u202e" not in page
    many = ",".join(map(str, range(10_000))).encode()
    for data, name in ((b"", "e.csv"), (b"a,b\n", "h.csv"), (many + b"\n" + many, "many.csv")):
        assert upload(edu, data, name).status_code == 422, name
        assert upload(edu, data, name, do="match").status_code == 422, name
    assert len(list(config.uploads.iterdir())) == before + 1
    assert stored(database, Item) == 1


def test_the_command_on_the_page_is_the_one_that_does_the_same(
    client_for: ClientFor, cast: Cast
) -> None:
    edu = client_for(cast.edu)
    page = edu.look(upload(edu, TABLE, "tabla de María.csv").location).text
    command = html.unescape(re.findall(r'<pre class="wrap"[^>]*><code>(.*?)</code>', page)[0])
    words = shlex.split(command)
    assert words[:4] == ["workbench", "import", "main", "tabla de María.csv"]
    pairs = dict(zip(words[5::2], words[4::2], strict=True))
    assert pairs["judgment.1.reviewer=persona"] == pairs["response.b=respuesta b"] == "--map"


def test_a_mapping_survives_the_way_into_the_background() -> None:
    mapping = ColumnMapping(
        {"prompt": "p", "response.b": "y", "response.a": "x"}, {"language": "en"}
    )
    upload = Upload(
        kind="items",
        tool=table_tool(mapping, task_types.get("ranking")),
        options={},
        files=(("f.csv", Path("f.csv")),),
        revise=True,
        skip_bad=False,
    )
    told = from_parameters(orjson.loads(orjson.dumps(as_parameters(upload))), [Path("f.csv")])
    assert told.tool is not None
    assert upload.tool is not None
    assert list(told.tool.told["mapping"]["columns"]) == list(mapping.columns)
    assert (told.tool.name, told.tool.types, told.revise) == ("mapping", ("ranking",), True)
