"""The engineer's pages: what goes out, what comes in, and who may."""

from __future__ import annotations

import io
import json
import re
import shlex
import shutil
import zipfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pyarrow.parquet
import pytest
from click.testing import CliRunner
from sqlalchemy import select

import workbench
from tests.cast import Cast
from tests.sample_projects import JUDGED, make_sample_project
from tests.web.conftest import Browser, ClientFor
from tests.web.data_pages import (
    DATA,
    a_line,
    command_of,
    commands_of,
    export,
    fetch,
    folders,
    stored,
    upload,
)
from workbench import task_types
from workbench.cli import root
from workbench.config import Config
from workbench.db import Database, now
from workbench.export.formats import BY_NAME, FORMATS, formats_for
from workbench.export.manifest import ExportMeta
from workbench.export.policy import parse_policy
from workbench.export.write import write_export
from workbench.models import AuditEntry, ExportFile, Project
from workbench.queries.export import judged_items, watermark
from workbench.services import projects
from workbench.web.data import clock

BY_TYPE = [(slug, fmt.name) for slug in sorted(JUDGED) for fmt in formats_for(task_types.get(slug))]
#: Nobody wrote a better response there, which is where its preferences come from; and nobody said
#: how much better a response is.
NO_ROWS = {
    *(("adversarial", fmt.name) for fmt in FORMATS if fmt.kind == "preference"),
    *(("ranking", fmt.name) for fmt in FORMATS if fmt.kind == "graded"),
}

MakeProject = Callable[[str], Project]


@pytest.fixture
def make_project(database: Database, cast: Cast) -> MakeProject:
    return lambda type_slug: make_sample_project(database, cast, type_slug)


@pytest.fixture
def edu(client_for: ClientFor, cast: Cast) -> Browser:
    return client_for(cast.edu)


# --- who may --------------------------------------------------------------------------------

PAGES = ("/data", "/exports/1", "/exports/1/x.jsonl", "/imports/1")
FORMS = ("/exports", "/import")


def _answers(browser: Browser, slug: str) -> set[int]:
    seen = {browser.look(f"/projects/{slug}{page}").status_code for page in PAGES}
    return seen | {browser.send(f"/projects/{slug}{form}").status_code for form in FORMS}


def test_a_reviewer_may_not_come_here(client_for: ClientFor, cast: Cast) -> None:
    assert _answers(client_for(cast.ana), "main") == {403}


def test_for_people_of_other_projects_there_is_nothing_here(
    client_for: ClientFor, cast: Cast
) -> None:
    assert _answers(client_for(cast.omar), "main") == {404}
    assert _answers(client_for(cast.ada), "main") == {404}


def test_leads_and_engineers_may(client_for: ClientFor, cast: Cast) -> None:
    for who in (cast.luz, cast.edu):
        browser = client_for(who)
        assert browser.look(DATA).status_code == 200
        assert export(browser, "main", format="judgments").status_code == 303
        assert upload(browser, a_line("one")).status_code == 303


def test_another_projects_export_and_import_are_not_found_under_ones_own(
    client_for: ClientFor, cast: Cast, edu: Browser
) -> None:
    made = export(edu, "main", format="judgments").location
    brought_in = upload(edu, a_line("one")).location
    omar = client_for(cast.omar)
    for address in (made, f"{made}/main-judgments.jsonl", brought_in):
        assert fetch(edu, address).status_code == 200
        assert omar.look(address).status_code == 404
        assert omar.look(address.replace("/main/", "/other/")).status_code == 404


# --- the page -------------------------------------------------------------------------------


def test_an_empty_project_says_to_bring_outputs_in(edu: Browser) -> None:
    page = edu.look(DATA).text
    assert "There are no items yet" in page
    assert 'href="#bring-in"' in page
    assert "Make the snapshot" not in page


def test_a_project_without_judgments_says_what_comes_next(edu: Browser) -> None:
    upload(edu, a_line("one"))
    assert "Nothing is judged yet" in edu.look(DATA).text


def test_the_page_counts_what_can_be_exported(edu: Browser, make_project: MakeProject) -> None:
    project = make_project("ranking")
    page = edu.look(f"/projects/{project.slug}/data").text
    numbers = re.findall(r'<td class="num">([0-9,]+)</td>', page)
    # 24 items, 22 of them judged by 3 of the 5 that they want.
    assert numbers[:3] == ["24", "22", "0"]


def test_the_page_offers_the_formats_of_the_projects_type(
    edu: Browser, make_project: MakeProject
) -> None:
    for type_slug in JUDGED:
        project = make_project(type_slug)
        page = edu.look(f"/projects/{project.slug}/data").text
        offered = re.findall(r'name="format" value="([^"]+)"', page)
        assert offered == [fmt.name for fmt in formats_for(task_types.get(type_slug))]


def test_formats_are_folded_and_those_that_have_no_rows_say_why(
    edu: Browser, make_project: MakeProject, database: Database
) -> None:
    project = make_project("ranking")
    address = f"/projects/{project.slug}/data"

    def folds(query: str) -> str:
        page = edu.look(address + query).text
        opened = re.findall(r'<details class="formats"( open)?>', page)
        return "".join("o" if each else "-" for each in opened)

    def ruled_out(query: str = "") -> list[str]:
        page = edu.look(address + query).text
        assert page.count('class="why-not"') == page.count("does not ask how much better")
        return re.findall(r'name="format" value="([^"]+)"[^>]* disabled', page)

    assert (folds(""), folds("?format=judgments")) == ("o----", "o---o")
    assert ruled_out() == []
    with database.write() as writing:
        row = writing.get_one(Project, project.id)
        row.config = {**row.config, "strengths": []}
    assert ruled_out() == ["trl-reward", "helpsteer-preference"]
    # What was chosen before is sent as it was.
    assert ruled_out("?format=trl-reward") == ["helpsteer-preference"]


def test_the_command_follows_the_form(edu: Browser, make_project: MakeProject) -> None:
    project = make_project("ranking")
    query = "name=november&format=trl-preference&aggregate=each&min_agreement=66,7&split=test%3D0.1"
    fragment = edu.look(f"/projects/{project.slug}/data?{query}", htmx=True).text
    assert "<html" not in fragment
    assert command_of(fragment) == (
        "workbench snapshot make sample-ranking november --format trl-preference"
        " --aggregate each --min-agreement 0.667 --split test=0.1"
    )


def test_instead_of_a_command_the_fragment_says_what_is_wrong(
    edu: Browser, make_project: MakeProject
) -> None:
    project = make_project("ranking")
    fragment = edu.look(f"/projects/{project.slug}/data?split=test", htmx=True).text
    assert "Write splits as name=share, for example test=0.1." in fragment
    assert 'class="command' not in fragment
    fragment = edu.look(f"/projects/{project.slug}/data?name=No+name", htmx=True).text
    assert "A name is of lower-case letters" in fragment
    assert 'class="command' not in fragment


def test_criteria_are_offered_and_the_first_one_stands_in_the_command(
    edu: Browser, database: Database, cast: Cast
) -> None:
    criteria = [
        {"key": key, "title": {"es": key, "en": key.title()}} for key in ("helpful", "safe")
    ]
    with database.write() as writing:
        project = projects.create_project(
            writing, slug="criteria", type_slug="ranking", title={"es": "C", "en": "C"},
            overlap=1, config={"criteria": criteria}, now=now(writing),
        )  # fmt: skip
        projects.add_member(writing, project, cast.edu, role="engineer", now=now(writing))
    fragment = edu.look("/projects/criteria/data", htmx=True).text
    assert command_of(fragment).endswith(" --criterion helpful")


# --- exports --------------------------------------------------------------------------------


@pytest.mark.parametrize(("type_slug", "name"), BY_TYPE)
def test_a_download_is_what_the_exporter_writes_for_the_same_policy(
    edu: Browser, database: Database, make_project: MakeProject, tmp_path: Path,
    type_slug: str, name: str,
) -> None:  # fmt: skip
    project = make_project(type_slug)
    form = {"format": name, "aggregate": "each", "min_agreement": "50", "split": "test=0.25"}
    made = export(edu, project.slug, **form)
    assert made.status_code == 303
    with database.read() as reading:
        mark = watermark(reading, project.id)
    suffix = BY_NAME[name].suffix
    target = tmp_path / f"{project.slug}-{name}{suffix}"
    write_export(
        judged_items(database, project.id, mark),
        task_types.get(type_slug),
        project.config,
        BY_NAME[name],
        # The page keeps what the format does not heed at its default.
        parse_policy(
            {k: v for k, v in {**form, "min_agreement": "0.5"}.items() if k in BY_NAME[name].heeds}
        ),
        target=target,
        meta=ExportMeta(project.slug, workbench.__version__, mark),
    )
    for part in (f".train{suffix}", f".test{suffix}", f"{suffix}.manifest.json"):
        file = target.with_suffix(part)
        assert fetch(edu, f"{made.location}/{file.name}").data == file.read_bytes()
    written = target.with_suffix(f".train{suffix}").stat().st_size > 0
    assert written == ((type_slug, name) not in NO_ROWS)


@pytest.mark.parametrize(
    "form",
    [
        {"format": "trl-preference", "ties": "both", "min_judgments": "2", "min_agreement": "66,7"},
        {"format": "trl-unpaired", "aggregate": "each", "split": "test=0.25,dev=0.1"},
        {"format": "judgments"},
    ],
)
def test_the_command_that_a_page_shows_gives_the_same_bytes(
    edu: Browser, config: Config, make_project: MakeProject, tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch, form: dict[str, str],
) -> None:  # fmt: skip
    project = make_project("ranking")
    made = export(edu, project.slug, **form).location
    *_, last = commands_of(edu.look(made).text)
    program, *words = shlex.split(last)
    folder = tmp_path / "files"
    folder.mkdir()
    monkeypatch.chdir(folder)
    monkeypatch.setenv("WORKBENCH_HOME", str(config.home))
    monkeypatch.setenv("WORKBENCH_DATABASE_URL", config.database_url)
    result = CliRunner().invoke(root, words)
    assert (program, result.exit_code) == ("workbench", 0), result.output
    written = sorted(folder.iterdir())
    assert len(written) >= 2
    for file in written:
        assert fetch(edu, f"{made}/{file.name}").data == file.read_bytes()


def test_the_page_of_an_export_tells_where_its_rows_come_from(
    edu: Browser, make_project: MakeProject
) -> None:
    project = make_project("ranking")
    made = export(edu, project.slug, format="trl-preference", ties="drop", min_judgments="3")
    manifest = fetch(edu, f"{made.location}/{project.slug}-trl-preference.jsonl.manifest.json").json
    assert manifest is not None
    assert manifest["dropped"]["tie"] > 0
    page = edu.look(made.location).text
    rows = dict(
        re.findall(
            r'<th scope="row">([^<]+)</th>.*?<td class="num">([0-9,]+)</td>', page, re.DOTALL
        )
    )
    assert rows["Left out: the judgments ended in a tie"] == str(manifest["dropped"]["tie"])
    assert rows["Rows written"] == str(manifest["rows"])
    assert rows["Items"] == "24"
    assert rows["with a judgment or more"] == "22"
    assert "What has fewer than 3 judgments is left out." in page


def test_an_export_without_rows_warns_by_the_name_of_its_file(
    edu: Browser, make_project: MakeProject
) -> None:
    project = make_project("ranking")
    made = export(edu, project.slug, format="trl-unpaired", min_judgments="1000")
    page = edu.look(made.location).text
    assert "Attention: sample-ranking-trl-unpaired.jsonl has no rows." in page


def test_past_exports_are_listed_newest_first_with_their_policy(
    edu: Browser, make_project: MakeProject
) -> None:
    project = make_project("ranking")
    export(edu, project.slug, format="judgments")
    export(edu, project.slug, format="openai-dpo", ties="both", min_agreement="70")
    page = edu.look(f"/projects/{project.slug}/data").text
    past = page.partition('id="past-exports"')[2]
    assert past.index("openai-dpo") < past.index("judgments.jsonl")
    assert "A tie gives two rows, one in each direction." in past
    assert "Every judgment is written, whatever the policy says." in past
    again = re.findall(r'href="(/projects/[^"]+/data\?[^"]+)"', past)[0].replace("&amp;", "&")
    assert command_of(edu.look(again, htmx=True).text).endswith(" --ties both --min-agreement 0.7")


def test_an_export_is_in_the_audit_trail(edu: Browser, database: Database, cast: Cast) -> None:
    export(edu, "main", format="judgments")
    with database.read() as reading:
        entry = reading.scalars(select(AuditEntry).where(AuditEntry.action == "export")).one()
    assert entry.actor_id == cast.edu.id
    assert entry.detail["format"] == "judgments"


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [
        ("format", "bias-spans", "A project of type ranking cannot give bias-spans."),
        ("format", "../x", "There is no format “../x”."),
        ("ties", "perhaps", "Ties are either drop or both."),
        ("min_judgments", "0", "This is a whole number of at least 1."),
        ("min_agreement", "101", "This is a percentage from 0 to 100."),
        ("min_agreement", "NaN", "This is a percentage from 0 to 100."),
        ("split", "test=1.5", "The share of test is a number between 0 and 1."),
        ("criterion", "helpful", "This project asks one overall question"),
    ],
)
def test_what_is_wrong_stands_beside_its_field_and_nothing_is_made(
    edu: Browser, database: Database, config: Config, make_project: MakeProject,
    field: str, value: str, why: str,
) -> None:  # fmt: skip
    project = make_project("ranking")
    answer = export(edu, project.slug, **{field: value})
    assert answer.status_code == 422
    if field != "criterion":  # a project without criteria has no such field
        assert f'id="{field}-error"' in answer.text
        assert why in answer.text.partition(f'id="{field}-error"')[2].partition("</p>")[0]
    assert stored(database, ExportFile) == 0
    assert folders(config) == []


def test_what_rankings_alone_have_is_asked_and_stands_in_the_command(
    edu: Browser, make_project: MakeProject
) -> None:
    form = {"format": "trl-preference", "all_bad": "tie", "cycles": "drop", "min_strength": "2"}
    project = make_project("ranking")
    data = f"/projects/{project.slug}/data"
    asked = edu.look(data, query_string=form, htmx=True).text
    assert "--all-bad tie --cycles drop --min-strength 2" in command_of(asked)
    # A format that does not go by them is not asked to.
    asked = edu.look(data, query_string={**form, "format": "judgments"}, htmx=True).text
    assert "--all-bad" not in command_of(asked)
    made = edu.look(export(edu, project.slug, **form).location).text
    assert "Pairs whose majorities run in a circle are left out." in made
    assert 'name="cycles"' not in edu.look(f"/projects/{make_project('bias').slug}/data").text


def test_every_wrong_field_is_named_at_once(edu: Browser, make_project: MakeProject) -> None:
    project = make_project("ranking")
    answer = export(edu, project.slug, min_judgments="x", min_agreement="x", split="x")
    for field in ("min_judgments", "min_agreement", "split"):
        assert f'id="{field}-error"' in answer.text


def test_what_the_trainer_reads_first_is_fetched_with_the_rows(
    edu: Browser, make_project: MakeProject
) -> None:
    project = make_project("ranking")
    made = export(edu, project.slug, format="llama-factory", split="test=0.25").location
    page = edu.look(made).text
    files = re.findall(r'href="[^"]*/exports/[0-9]+/([^"?]+[.][a-z]+)"', page)
    rows = f"{project.slug}-llama-factory"
    assert files == [
        f"{rows}.train.jsonl",
        f"{rows}.test.jsonl",
        "dataset_info.json",
        "README.md",
        f"{rows}.jsonl.manifest.json",
    ]
    listed = fetch(edu, f"{made}/dataset_info.json").json
    assert listed is not None
    assert [entry["file_name"] for entry in listed.values()] == files[:2]
    assert "goes into the same folder" in page
    made = export(edu, project.slug, format="label-studio").location
    name = f"{project.slug}-label-studio.labels.xml"
    page = edu.look(made).text
    assert name in page
    assert "set the project up with it" in page
    assert fetch(edu, f"{made}/{name}").content_type == "application/xml; charset=utf-8"


# --- downloads ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "kind"),
    [
        ("main-judgments.jsonl", "application/x-ndjson"),
        ("main-judgments.jsonl.manifest.json", "application/json"),
    ],
)
def test_a_file_is_an_attachment_that_no_browser_opens(edu: Browser, name: str, kind: str) -> None:
    made = export(edu, "main", format="judgments").location
    headers = fetch(edu, f"{made}/{name}").headers
    assert headers["Content-Type"].partition(";")[0] == kind
    assert headers["Content-Disposition"] == f"attachment; filename={name}"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert headers["Cache-Control"] == "no-store"


@pytest.mark.parametrize(
    "name",
    [
        "other.jsonl",
        ".",
        "..",
        "%2e%2e%2fworkbench.db",
        "..%2f..%2fsecret.key",
        "%2fetc%2fpasswd",
        "main-judgments.jsonl%00.json",
        "..%5csecret.key",
    ],
)
def test_a_name_that_is_not_in_the_manifest_is_not_found(edu: Browser, name: str) -> None:
    made = export(edu, "main", format="judgments").location
    assert edu.look(f"{made}/{name}", follow_redirects=True).status_code == 404


def test_a_link_put_into_the_folder_is_not_followed(
    edu: Browser, config: Config, tmp_path: Path
) -> None:
    made = export(edu, "main", format="judgments").location
    [folder] = folders(config)
    (folder / "key.jsonl").symlink_to(config.key_file)
    assert edu.look(f"{made}/key.jsonl").status_code == 404


def test_a_file_that_is_gone_says_what_to_do(edu: Browser, config: Config) -> None:
    made = export(edu, "main", format="judgments").location
    [folder] = folders(config)
    (folder / "main-judgments.jsonl").unlink()
    answer = edu.look(f"{made}/main-judgments.jsonl")
    assert answer.status_code == 404
    assert "This file is no longer on the server. Make the snapshot again." in answer.text


@pytest.mark.parametrize("rows", ["", "parquet"])
def test_all_files_come_at_once_with_their_rows_as_they_are_or_as_parquet(
    edu: Browser, make_project: MakeProject, config: Config, rows: str
) -> None:
    project = make_project("ranking")
    made = export(edu, project.slug, format="trl-preference", split="test=0.25", name="november")
    page = edu.look(made.location).text
    address = f"{made.location}/all-files{'?rows=parquet' if rows else ''}"
    assert f'href="{address}"' in page
    answer = edu.get(address)
    assert answer.headers["Content-Disposition"].startswith("attachment;")
    archive = zipfile.ZipFile(io.BytesIO(answer.data))
    [folder] = config.exports.iterdir()
    for file in folder.iterdir():
        if rows and file.suffix == ".jsonl":
            found = pyarrow.parquet.read_table(io.BytesIO(archive.read(f"{file.stem}.parquet")))
            lines = file.read_bytes().splitlines()
            assert found.to_pylist() == [json.loads(line) for line in lines]
        elif file.name != "README.md":
            assert archive.read(file.name) == file.read_bytes()
    assert len(archive.namelist()) == len(list(folder.iterdir()))
    ending = "parquet" if rows else "jsonl"
    assert f'test.{ending}"' in archive.read("README.md").decode()
    assert edu.get(address).data == answer.data
    shutil.rmtree(folder)
    assert "no longer on the server" in edu.look(address).text


def test_a_snapshot_says_how_long_after_the_last_judgment_it_was_made(
    edu: Browser, make_project: MakeProject, database: Database
) -> None:
    project = make_project("ranking")
    export(edu, project.slug, format="trl-preference", name="at-once")
    with database.read() as reading:
        [row] = reading.scalars(select(ExportFile))
        # Not when an imported judgment says that it was made.
        last = reading.get_one(AuditEntry, watermark(reading, project.id)).at
    length = clock(row.created_at - last)
    assert re.fullmatch(r"0[0-9]:[0-5][0-9]", length)
    assert f"{length} after the last judgment" in edu.look(f"/projects/{project.slug}/data").text


@pytest.mark.parametrize(
    ("seconds", "told"), [(-3, "00:00"), (0.4, "00:00"), (42, "00:42"), (3_600, "1:00:00"),
                          (90_061, "25:01:01")],
)  # fmt: skip
def test_lengths_of_time(seconds: float, told: str) -> None:
    assert clock(timedelta(seconds=seconds)) == told
