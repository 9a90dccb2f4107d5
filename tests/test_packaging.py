"""The wheel: everything is in it, and it works where there is no checkout."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import venv
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
DATA = ("templates", "static", "sample_tasks")
#: pip as `make` uses it, without writing bytecode, which costs as long as the rest.
PIP = ("-m", "pip", "install", "--quiet", "--quiet", "--no-input", "--no-compile")

LOOK_AROUND = """
import json, workbench
from workbench.paths import data_dir
found = {n: [str(p.relative_to(data_dir(n))) for p in data_dir(n).rglob("*") if p.is_file()]
         for n in ("templates", "static", "sample_tasks")}
print(json.dumps({"package": workbench.__file__, "found": found}))
"""
MAKE_DATABASE = """
from workbench import migrate
from workbench.db import Database
migrate.upgrade(Database("sqlite:///fresh.db", key="k" * 96))
"""


def _files(folder: Path) -> set[str]:
    """What belongs to the product below `folder`: not what tools leave in hidden folders."""
    paths = (path.relative_to(folder) for path in folder.rglob("*") if path.is_file())
    return {
        path.as_posix()
        for path in paths
        if not any(part.startswith(".") or part == "__pycache__" for part in path.parts)
    }


def _elsewhere() -> dict[str, str]:
    """An environment that knows nothing of the checkout nor of the one that runs the tests."""
    kept = {name: os.environ[name] for name in os.environ if not name.startswith("PYTHON")}
    return {**kept, "PYTHONDONTWRITEBYTECODE": "1"}


def _run(*command: str | Path, cwd: Path) -> str:
    done = subprocess.run(
        command, cwd=cwd, env=_elsewhere(), capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The wheel, built from the source archive that is built from the checkout."""
    out = tmp_path_factory.mktemp("dist")
    _run(sys.executable, "-m", "build", "--no-isolation", "--outdir", out, ROOT, cwd=out)
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def python(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of an environment that has the locked dependencies and the wheel only."""
    home = tmp_path_factory.mktemp("empty") / "venv"
    venv.create(home, with_pip=True)
    interpreter = home / "bin" / "python"
    lock = ROOT / "requirements.lock"
    _run(interpreter, *PIP, "--require-hashes", "-r", lock, cwd=home)
    _run(interpreter, *PIP, "--no-deps", wheel, cwd=home)
    return interpreter


@pytest.mark.parametrize("name", DATA)
def test_every_file_beside_the_package_is_in_the_wheel(wheel: Path, name: str) -> None:
    packed = zipfile.ZipFile(wheel).namelist()
    start = f"workbench/{name}/"
    inside = {path.removeprefix(start) for path in packed if path.startswith(start)}
    assert inside == _files(ROOT / name)
    assert inside


def test_every_file_of_the_package_is_in_the_wheel(wheel: Path) -> None:
    packed = zipfile.ZipFile(wheel).namelist()
    beside = tuple(f"workbench/{name}/" for name in DATA)
    own = {path for path in packed if path.startswith("workbench/")}
    inside = {path.removeprefix("workbench/") for path in own if not path.startswith(beside)}
    assert inside == _files(ROOT / "workbench")


def test_the_wheel_has_nothing_else_but_its_metadata_and_the_licences(wheel: Path) -> None:
    packed = zipfile.ZipFile(wheel).namelist()
    rest = [path for path in packed if not path.startswith("workbench/")]
    assert all(".dist-info/" in path for path in rest)
    assert any(path.endswith("/licenses/LICENSE") for path in rest)
    assert any(path.endswith("htmx-4.0.1.LICENSE.txt") for path in rest)


@pytest.mark.slow
def test_an_empty_environment_finds_the_installed_files(python: Path, tmp_path: Path) -> None:
    seen = _run(python, "-c", LOOK_AROUND, cwd=tmp_path)
    about = json.loads(seen)
    assert str(python.parents[1]) in about["package"]
    assert {name: set(files) for name, files in about["found"].items()} == {
        name: _files(ROOT / name) for name in DATA
    }


@pytest.mark.slow
def test_an_empty_environment_makes_a_database(python: Path, tmp_path: Path) -> None:
    _run(python, "-c", MAKE_DATABASE, cwd=tmp_path)
    assert (tmp_path / "fresh.db").stat().st_size > 0


@pytest.mark.slow
def test_an_empty_environment_has_the_command(python: Path, tmp_path: Path) -> None:
    said = _run(python.with_name("workbench"), "--help", cwd=tmp_path)
    for verb in ("init", "import", "export", "serve"):
        assert verb in said


@pytest.mark.slow
def test_the_lock_satisfies_what_the_wheel_asks_for(python: Path, tmp_path: Path) -> None:
    _run(python, "-m", "pip", "check", cwd=tmp_path)
