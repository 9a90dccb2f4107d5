"""The files of deploy/: what they name exists, and the programs they are for take them."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from tests.support import debian, postgres
from workbench.cli import root
from workbench.config import SETTINGS, load_config
from workbench.serve import GRACE_SECONDS

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
UNITS = DEPLOY / "systemd"
COMMAND = "/opt/workbench/bin/workbench"


def _told(file: Path, name: str) -> list[str]:
    """The values of `name=` in a unit."""
    return re.findall(rf"^{name}=(.*)$", file.read_text(), re.MULTILINE)


def _needs(program: str) -> str:
    found = shutil.which(program)
    if found is None:
        pytest.skip(f"no {program} here")
    return found


def test_every_setting_that_is_named_exists() -> None:
    files = [path for path in DEPLOY.rglob("*") if path.is_file() and not path.is_symlink()]
    named = {
        name for path in files for name in re.findall(r"WORKBENCH_[A-Z_]+[A-Z]", path.read_text())
    }
    assert named <= {setting.variable for setting in SETTINGS}
    assert "WORKBENCH_PROXY_HOPS" in named


def test_the_example_of_settings_can_be_used_with_all_its_lines() -> None:
    lines = re.findall(
        r"^#?(WORKBENCH_\w+)=(.*)$", (DEPLOY / "workbench.env").read_text(), re.MULTILINE
    )
    config = load_config(dict(lines))
    assert (config.https, config.proxy_hops) == (True, 1)
    assert config.database_url.startswith("postgresql+psycopg://")


def test_nginx_takes_what_may_be_uploaded_and_a_little_more() -> None:
    conf = (DEPLOY / "nginx.conf").read_text()
    most = int(re.findall(r"client_max_body_size (\d+)m;", conf)[0])
    assert load_config({}).upload_mib < most <= load_config({}).upload_mib + 8
    assert "non_idempotent;" not in conf


def test_a_stopping_server_is_given_its_time() -> None:
    unit = UNITS / "workbench.service"
    assert int(_told(unit, "TimeoutStopSec")[0]) >= GRACE_SECONDS + 10
    assert _told(unit, "KillMode") == ["mixed"]
    stop = re.findall(r"--stop-timeout (\d+)", (DEPLOY / "Containerfile").read_text())
    assert int(stop[0]) >= GRACE_SECONDS + 10


@pytest.mark.parametrize("unit", sorted(UNITS.glob("*.service")), ids=lambda path: path.stem)
def test_a_unit_calls_a_command_that_there_is(unit: Path) -> None:
    (line,) = _told(unit, "ExecStart")
    (called,) = re.findall(rf"{COMMAND} (\w+(?: run)?)", line)
    done = CliRunner().invoke(root, [*called.split(), "--help"])
    assert done.exit_code == 0
    for option in re.findall(r" (--[a-z]+)", line):
        assert option in done.output


def test_systemd_takes_the_units(tmp_path: Path) -> None:
    analyze = _needs("systemd-analyze")
    shutil.copytree(UNITS, tmp_path / "units", symlinks=True)
    for unit in (tmp_path / "units").glob("*.service"):
        # It looks whether the program is there.
        unit.write_text(unit.read_text().replace(COMMAND, sys.executable))
    units = sorted(str(path) for path in (tmp_path / "units").iterdir() if path.is_file())
    done = subprocess.run([analyze, "verify", *units], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    # With what they share, by its name: 9.6 of 10 without it.
    exposed = [analyze, "security", "--offline=true", "--threshold=20", "workbench.service"]
    env = {**os.environ, "SYSTEMD_UNIT_PATH": f"{tmp_path / 'units'}:"}
    subprocess.run(exposed, env=env, check=True, capture_output=True)


def test_nginx_takes_its_file(tmp_path: Path) -> None:
    nginx, openssl = _needs("nginx"), _needs("openssl")
    key, certificate = tmp_path / "privkey.pem", tmp_path / "fullchain.pem"
    make = ["req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
    subprocess.run(
        [openssl, *make, "-subj", "/CN=judge.example.org", "-keyout", key, "-out", certificate],
        check=True,
        capture_output=True,
    )
    conf = (DEPLOY / "nginx.conf").read_text().replace("#server 10.0.0.2", "server 10.0.0.2")
    conf = conf.replace("/etc/ssl/workbench", str(tmp_path)).replace(
        "/var/log/nginx", str(tmp_path)
    )
    (tmp_path / "workbench.conf").write_text(conf)
    (tmp_path / "nginx.conf").write_text(
        f"pid {tmp_path}/pid; error_log stderr; events {{}} http {{ include workbench.conf; }}"
    )
    command = [nginx, "-t", "-q", "-c", tmp_path / "nginx.conf"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if "bind() to" in done.stderr or "Permission denied" in done.stderr:
        pytest.skip("only root may try nginx on its own ports")
    assert done.returncode == 0, done.stderr


def test_postgresql_takes_its_file(tmp_path: Path) -> None:
    programs = postgres.find()
    if programs is None:
        assert not debian.required()
        pytest.skip("no PostgreSQL here")
    shutil.copy(DEPLOY / "postgresql.conf", tmp_path)
    (tmp_path / "postgresql.auto.conf").touch()
    command = [programs / "postgres", "-C", "max_connections", "-D", tmp_path]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.stdout.strip(), done.stderr) == ("150", "")
