"""Exports put together for download: the files, the row, and what the row gives back."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path
from zoneinfo import ZoneInfo

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select

import workbench
from tests.cast import Cast
from tests.sample_projects import JUDGED, make_sample_project
from workbench import task_types
from workbench.db import Database, now
from workbench.export.formats import FORMATS, Format, formats_for
from workbench.export.manifest import ExportMeta, in_words
from workbench.export.policy import ExportPolicy, parse_policy
from workbench.export.write import write_export
from workbench.messages import Invalid
from workbench.models import AuditEntry, ExportFile, Project
from workbench.queries.export import judged_items, watermark
from workbench.services.make_export import (
    Place,
    alike,
    as_options,
    build,
    new_folder,
    preview,
    record,
    stored_manifest,
)

BY_TYPE = [(slug, fmt.name) for slug in sorted(JUDGED) for fmt in formats_for(task_types.get(slug))]
UTC_ZONE = ZoneInfo("UTC")
SPLIT = parse_policy({"aggregate": "each", "min_agreement": "0.5", "split": "test=0.25"})

MakeProject = Callable[[str], Project]


@pytest.fixture
def make_project(database: Database, cast: Cast) -> MakeProject:
    return lambda type_slug: make_sample_project(database, cast, type_slug)


def _format(name: str) -> Format:
    return next(fmt for fmt in FORMATS if fmt.name == name)


@pytest.mark.parametrize(("type_slug", "name"), BY_TYPE)
def test_the_files_are_those_that_the_exporter_writes(
    database: Database, make_project: MakeProject, tmp_path: Path, type_slug: str, name: str
) -> None:
    project, fmt = make_project(type_slug), _format(name)
    with database.read() as reading:
        mark = watermark(reading, project.id)
    write_export(
        judged_items(database, project.id, mark),
        task_types.get(type_slug),
        project.config,
        fmt,
        SPLIT,
        target=tmp_path / f"{project.slug}-{name}{fmt.suffix}",
        meta=ExportMeta(project.slug, workbench.__version__, mark),
        alike=alike(database, project, SPLIT),
    )
    with build(database, project, fmt, SPLIT, Place(tmp_path / "exports", UTC_ZONE)) as built:
        assert built.manifest.judgments > 0
        assert len(built.names) == (5 if fmt.companion else 4)
        for file in set(built.names) - {"README.md"}:
            assert (built.folder / file).read_bytes() == (tmp_path / file).read_bytes()


def test_two_exports_of_the_same_data_are_the_same_bytes_manifest_included(
    database: Database, make_project: MakeProject, cast: Cast, tmp_path: Path
) -> None:
    project, fmt = make_project("ranking"), _format("trl-preference")
    with (
        build(database, project, fmt, SPLIT, Place(tmp_path, UTC_ZONE)) as first,
        database.write() as writing,
    ):
        record(writing, project, first, name="", now=now(writing), actor=cast.edu.id)
    with build(database, project, fmt, SPLIT, Place(tmp_path, UTC_ZONE)) as second:
        assert second.folder != first.folder
        for name in first.names:
            assert (first.folder / name).read_bytes() == (second.folder / name).read_bytes()


def test_a_policy_that_does_not_fit_leaves_no_folder(
    database: Database, make_project: MakeProject, tmp_path: Path
) -> None:
    project = make_project("ranking")
    wrong = parse_policy({"criterion": "helpful"})
    with (
        pytest.raises(Invalid) as caught,
        build(
            database,
            project,
            _format("trl-preference"),
            wrong,
            Place(tmp_path / "exports", UTC_ZONE),
        ),
    ):
        pytest.fail("nothing was to be built")
    assert set(caught.value.errors) == {"criterion"}
    assert list((tmp_path / "exports").iterdir()) == []


def test_a_folder_goes_away_when_what_follows_fails(tmp_path: Path) -> None:
    def fail() -> None:
        with new_folder(tmp_path / "exports") as folder:
            (folder / "prefs.jsonl").write_bytes(b"{}\n")
            raise RuntimeError

    with pytest.raises(RuntimeError):
        fail()
    assert list((tmp_path / "exports").iterdir()) == []


def test_only_the_owner_of_the_server_can_look_into_a_folder(tmp_path: Path) -> None:
    with new_folder(tmp_path / "exports") as folder:
        assert folder.stat().st_mode & 0o777 == 0o700
        assert folder.parent.stat().st_mode & 0o777 == 0o700


def test_an_export_is_noted_with_its_hashes_and_in_the_audit_trail(
    database: Database, make_project: MakeProject, cast: Cast, tmp_path: Path
) -> None:
    project = make_project("adversarial")
    fmt = _format("adversarial-labels")
    with (
        build(database, project, fmt, ExportPolicy(), Place(tmp_path, UTC_ZONE)) as built,
        database.write() as writing,
    ):
        record(writing, project, built, name="", now=now(writing), actor=cast.edu.id)
    with database.read() as reading:
        row = reading.scalars(select(ExportFile)).one()
        entry = reading.scalars(select(AuditEntry).where(AuditEntry.action == "export")).one()
    file = tmp_path / row.folder / row.names[0]
    assert row.manifest["files"][0]["sha256"] == hashlib.sha256(file.read_bytes()).hexdigest()
    assert entry.actor_id == cast.edu.id
    assert entry.subject == f"project:{project.id}"
    assert entry.detail["sha256"] == [row.manifest["files"][0]["sha256"]]
    assert entry.detail["rows"] == built.manifest.rows


@pytest.mark.parametrize(("type_slug", "name"), BY_TYPE)
def test_a_stored_manifest_comes_back_as_it_was(
    database: Database, make_project: MakeProject, tmp_path: Path, type_slug: str, name: str
) -> None:
    project = make_project(type_slug)
    with (
        build(database, project, _format(name), SPLIT, Place(tmp_path, UTC_ZONE)) as built,
        database.write() as writing,
    ):
        record(writing, project, built, name="", now=now(writing), actor=None)
    with database.read() as reading:
        row = reading.scalars(select(ExportFile)).one()
    assert stored_manifest(row) == built.manifest
    assert stored_manifest(row).to_bytes() == (tmp_path / row.folder / row.names[-1]).read_bytes()


shares = st.integers(1, 9999).map(lambda n: f"0.{n:04d}")
options = st.fixed_dictionaries(
    {
        "ties": st.sampled_from(["drop", "both"]),
        "aggregate": st.sampled_from(["each", "majority"]),
        "min_judgments": st.integers(1, 9999).map(str),
        "min_agreement": st.one_of(st.just("0"), st.just("1"), shares),
        "criterion": st.sampled_from(["", "helpful"]),
        "split": st.one_of(st.just(""), shares.map(lambda share: f"test={share}")),
    }
)


@given(options)
def test_the_options_of_a_policy_give_the_policy_back(given_options: dict[str, str]) -> None:
    policy = parse_policy(given_options)
    assert parse_policy(as_options(policy)) == policy


def test_an_export_of_all_judgments_says_that_no_policy_stood_between() -> None:
    [line] = in_words(_format("judgments"), ExportPolicy())
    assert str(line) == "Every judgment is written, whatever the policy says."


def test_a_preview_of_an_array_shows_its_rows(
    database: Database, make_project: MakeProject
) -> None:
    project = make_project("ranking")
    shown = preview(database, project, _format("label-studio"), ExportPolicy(), 2)
    assert [list(orjson.loads(line)) for line in shown.rows] == [["data", "annotations"]] * 2
