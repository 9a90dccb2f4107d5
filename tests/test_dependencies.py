"""What the product is built on: documented, locked, free of the GPL, and vendored unchanged."""

from __future__ import annotations

import base64
import hashlib
import re
import tomllib
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).resolve().parents[1]
LOCKS = (
    "requirements.lock",
    "requirements-test.lock",
    "requirements-audit.lock",
    "requirements-trainers.lock",
    "requirements-trainers-stepwise.lock",
    "requirements-trainers-readers.lock",
    "requirements-trainers-readers-alone.lock",
)
VENDORED = (ROOT / "static" / "vendor", ROOT / "tests" / "vendor")

#: Packages whose metadata names no licence, and the licence that their own file states.
UNSAID = {"huey": "MIT", "pysqlite3": "Zlib"}

#: GPL and AGPL; the LGPL has another letter before it.
COPYLEFT = re.compile(r"\bA?GPL|GNU (Affero )?General Public", re.IGNORECASE)


def _project() -> dict[str, list[str]]:
    """Names of the direct dependencies, by what they are for."""
    data = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    groups = {"runtime": data["project"]["dependencies"], **data["dependency-groups"]}
    return {
        group: [Requirement(line).name.lower() for line in lines] for group, lines in groups.items()
    }


def _documented() -> dict[str, str]:
    """Package to release, as docs/dependencies.md says."""
    text = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")
    return dict(
        re.findall(r"^\| ([a-z0-9-]+) \|.*\| ([0-9.]+), \d{4}-\d{2} \|", text, re.MULTILINE)
    )


def _locked(lock: str) -> list[Requirement]:
    """The pinned packages of a lock file, with their markers."""
    text = (ROOT / lock).read_text(encoding="utf-8")
    pins = re.findall(r"^([a-z0-9][^\\\n]*?) *\\?$", text, re.MULTILINE)
    return [Requirement(pin) for pin in pins]


def _licence(package: str) -> str:
    """What `package` says of its licence: the SPDX expression, else classifiers, else a line.

    The free text may be the full licence of everything that a wheel bundles, so only its first
    line counts.
    """
    about = metadata.metadata(package)
    expression = "".join(about.get_all("License-Expression") or [])
    classifiers = [c for c in about.get_all("Classifier") or [] if c.startswith("License ::")]
    line = "".join(about.get_all("License") or []).strip().partition("\n")[0]
    return expression or "; ".join(classifiers) or line or UNSAID.get(package, "")


def _applies(pin: Requirement) -> bool:
    return pin.marker is None or pin.marker.evaluate()


def _vendored_table(folder: Path) -> dict[str, str]:
    """File name to sha384, as the folder's README says."""
    readme = (folder / "README.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \|.*\| `([A-Za-z0-9+/=]{64})` \|$", readme, re.MULTILINE)
    return dict(rows)


@pytest.mark.parametrize("group", ["runtime", "build", "audit", "test"])
def test_every_direct_dependency_has_its_line_in_the_documentation(group: str) -> None:
    assert set(_project()[group]) <= set(_documented())


def test_the_documentation_names_no_dependency_that_is_gone() -> None:
    assert set(_documented()) <= {name for names in _project().values() for name in names}


def test_the_documentation_names_the_locked_releases() -> None:
    pins = {
        pin.name: str(pin.specifier).removeprefix("==")
        for pin in _locked(LOCKS[2]) + _locked(LOCKS[1])
    }
    assert {n: r for n, r in _documented().items() if not pins[n].startswith(r)} == {}


def test_every_direct_dependency_is_locked() -> None:
    project = _project()
    runtime = {pin.name for pin in _locked("requirements.lock")}
    testing = {pin.name for pin in _locked("requirements-test.lock")}
    assert {*project["runtime"], *project["build"]} <= runtime
    assert {*runtime, *project["test"]} <= testing


def test_the_lock_files_agree_on_what_they_share() -> None:
    # Not their markers: what the tests need too may be wanted on more platforms.
    runtime = {pin.name: pin.specifier for pin in _locked("requirements.lock")}
    testing = {pin.name: pin.specifier for pin in _locked("requirements-test.lock")}
    assert {name: testing[name] for name in runtime} == runtime


@pytest.mark.parametrize("lock", LOCKS)
def test_every_locked_package_has_its_version_and_hashes(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    entries = re.split(r"^(?=[a-z0-9])", text, flags=re.MULTILINE)[1:]
    assert entries
    for entry in entries:
        assert re.match(r"[a-z0-9-]+==[^ ]+ ", entry), entry.partition("\n")[0]
        assert re.search(r"--hash=sha256:[0-9a-f]{64}", entry), entry.partition("\n")[0]


@pytest.mark.parametrize("lock", LOCKS)
def test_the_lock_files_name_no_place_to_take_packages_from(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    assert not re.search(r"://|--(extra-)?index|--find-links|file:", text)


def test_what_is_installed_is_what_is_locked() -> None:
    pins = {pin.name: pin for pin in _locked("requirements-test.lock") if _applies(pin)}
    other = {
        name: metadata.version(name)
        for name, pin in pins.items()
        if not pin.specifier.contains(metadata.version(name), prereleases=True)
    }
    assert other == {}


def test_nothing_that_is_installed_with_the_product_is_under_the_gpl() -> None:
    licences = {pin.name: _licence(pin.name) for pin in _locked(LOCKS[0]) if _applies(pin)}
    assert [name for name, licence in licences.items() if not licence] == []
    assert {name: said for name, said in licences.items() if COPYLEFT.search(said)} == {}


def test_the_gpl_would_be_seen() -> None:
    assert COPYLEFT.search(_licence("krippendorff"))
    assert not COPYLEFT.search(_licence("psycopg"))


@pytest.mark.parametrize("folder", VENDORED, ids=lambda folder: folder.parent.name)
def test_vendored_files_are_what_their_packages_published(folder: Path) -> None:
    table = _vendored_table(folder)
    for name, said in table.items():
        digest = hashlib.sha384((folder / name).read_bytes()).digest()
        assert base64.b64encode(digest).decode() == said, name


@pytest.mark.parametrize("folder", VENDORED, ids=lambda folder: folder.parent.name)
def test_every_vendored_file_is_in_the_table_and_has_its_licence(folder: Path) -> None:
    files = {path.name for path in folder.iterdir() if path.suffix in {".js", ".svg", ".css"}}
    assert files == set(_vendored_table(folder))
    licences = {path.name.partition(".LICENSE")[0] for path in folder.glob("*.LICENSE*.txt")}
    for name in files - {"hx-csp-4.0.1.min.js"}:  # a part of htmx's package
        assert re.sub(r"(\.min)?\.(js|svg|css)$", "", name) in licences
