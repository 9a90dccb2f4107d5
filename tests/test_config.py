"""Settings and the installation's key."""

from __future__ import annotations

import re
from dataclasses import fields
from pathlib import Path

import pytest

from workbench.config import SETTINGS, Config, ConfigError, Setting, load_config, make_key

README = Path(__file__).resolve().parents[1] / "README.md"

every_setting = pytest.mark.parametrize("setting", SETTINGS, ids=lambda setting: setting.name)


def _documented() -> set[str]:
    """Settings with a row in README.md's table."""
    rows = [line for line in README.read_text("utf-8").splitlines() if line.startswith("| `WORK")]
    return {name for row in rows for name in re.findall(r"`(WORKBENCH_[A-Z_]+)`", row)}


def test_every_setting_has_a_row_in_the_readme_and_every_row_is_a_setting() -> None:
    assert _documented() == {setting.variable for setting in SETTINGS}


def test_every_setting_is_a_field_with_a_line_of_help() -> None:
    assert [field.name for field in fields(Config)] == [setting.name for setting in SETTINGS]
    assert all(setting.help for setting in SETTINGS)


def test_without_an_environment_the_defaults_hold() -> None:
    config = load_config({})
    assert config.home == Path.home() / ".workbench"
    assert config.database_url == f"sqlite:///{config.home}/workbench.db"
    assert (config.https, config.trusted_hosts, config.proxy_hops) == (True, (), 0)
    assert (config.session_idle_minutes, config.session_hours, config.lease_minutes) == (30, 12, 60)
    assert (config.upload_mib, config.timezone, config.locale) == (256, "America/Bogota", "es")


def test_the_environment_is_read(tmp_path: Path) -> None:
    given = {
        "WORKBENCH_HOME": str(tmp_path),
        "WORKBENCH_DATABASE_URL": "postgresql+psycopg://h/d",
        "WORKBENCH_HTTPS": " OFF ",
        "WORKBENCH_TRUSTED_HOSTS": "a.example.org, b.example.org,",
        "WORKBENCH_PROXY_HOPS": "2",
        "WORKBENCH_SESSION_IDLE_MINUTES": "15",
        "WORKBENCH_SESSION_HOURS": "8",
        "WORKBENCH_SECOND_FACTOR_ROLES": "admin, lead",
        "WORKBENCH_LEASE_MINUTES": "45",
        "WORKBENCH_UPLOAD_MIB": "10",
        "WORKBENCH_AT_ONCE_KIB": "64",
        "WORKBENCH_AT_ONCE_ROWS": "0",
        "WORKBENCH_SUPPORT_CONTACT": " Sofía, ext. 12 ",
        "WORKBENCH_TIMEZONE": "Europe/Madrid",
        "WORKBENCH_LOCALE": "en",
        "WORKBENCH_SMTP_HOST": " mail.example.org ",
        "WORKBENCH_SMTP_PORT": "465",
        "WORKBENCH_SMTP_TLS": "tls",
        "WORKBENCH_SMTP_USER": "workbench",
        "WORKBENCH_SMTP_PASSWORD": "páramo",
        "WORKBENCH_SMTP_PASSWORD_FILE": str(tmp_path / "password"),
        "WORKBENCH_MAIL_FROM": "workbench@example.org",
        "WORKBENCH_SITE_ADDRESS": "https://judge.example.org/",
        "WORKBENCH_WEBHOOK_NETWORKS": "10.0.0.0/8, fd00::/8",
        "WORKBENCH_ANCHOR_FILE": str(tmp_path / "anchors"),
        "WORKBENCH_ANCHOR_MINUTES": "5",
        "WORKBENCH_OIDC_ISSUER": "https://login.example.org/realm/",
        "WORKBENCH_OIDC_CLIENT_ID": "workbench",
        "WORKBENCH_OIDC_CLIENT_SECRET": "páramo y tinto",
        "WORKBENCH_OIDC_CLIENT_SECRET_FILE": str(tmp_path / "secret"),
        "WORKBENCH_OIDC_LABEL": "Universidad",
        "WORKBENCH_OIDC_SECOND_FACTOR": "mfa, hwk",
        "WORKBENCH_OIDC_HOSTS": "keys.example.org",
        "WORKBENCH_OIDC_NETWORKS": "10.1.0.0/16",
        "WORKBENCH_DIGEST_HOUR": "0",
        "WORKBENCH_LOG_FORMAT": "json",
        "WORKBENCH_METRICS_TOKEN": " for-the-scraper-1 ",
        "WORKBENCH_METRICS_TOKEN_FILE": str(tmp_path / "token"),
    }
    assert load_config(given) == Config(
        home=tmp_path,
        database_url="postgresql+psycopg://h/d",
        https=False,
        trusted_hosts=("a.example.org", "b.example.org"),
        proxy_hops=2,
        session_idle_minutes=15,
        session_hours=8,
        second_factor_roles=("admin", "lead"),
        lease_minutes=45,
        upload_mib=10,
        at_once_kib=64,
        at_once_rows=0,
        support_contact="Sofía, ext. 12",
        timezone="Europe/Madrid",
        locale="en",
        smtp_host="mail.example.org",
        smtp_port=465,
        smtp_tls="tls",
        smtp_user="workbench",
        smtp_password="páramo",
        smtp_password_file=tmp_path / "password",
        mail_from="workbench@example.org",
        site_address="https://judge.example.org",
        webhook_networks=("10.0.0.0/8", "fd00::/8"),
        anchor_file=tmp_path / "anchors",
        anchor_minutes=5,
        oidc_issuer="https://login.example.org/realm/",
        oidc_client_id="workbench",
        oidc_client_secret="páramo y tinto",
        oidc_client_secret_file=tmp_path / "secret",
        oidc_label="Universidad",
        oidc_second_factor=("mfa", "hwk"),
        oidc_hosts=("keys.example.org",),
        oidc_networks=("10.1.0.0/16",),
        digest_hour=0,
        log_format="json",
        metrics_token="for-the-scraper-1",
        metrics_token_file=tmp_path / "token",
    )
    assert set(given) == {setting.variable for setting in SETTINGS}


@every_setting
def test_an_empty_variable_is_as_good_as_none(setting: Setting) -> None:
    assert load_config({setting.variable: ""}) == load_config({})


@pytest.mark.parametrize("text", ["1", "true", "YES", "on"])
def test_on_is_written_in_several_ways(text: str) -> None:
    assert load_config({"WORKBENCH_HTTPS": text}).https


@pytest.mark.parametrize(
    ("variable", "text"),
    [
        ("WORKBENCH_HTTPS", "maybe"),
        ("WORKBENCH_PROXY_HOPS", "-1"),
        ("WORKBENCH_PROXY_HOPS", "one"),
        ("WORKBENCH_SESSION_IDLE_MINUTES", "0"),
        ("WORKBENCH_SESSION_HOURS", "1.5"),
        ("WORKBENCH_LEASE_MINUTES", "-60"),
        ("WORKBENCH_UPLOAD_MIB", "256 MiB"),
        ("WORKBENCH_SMTP_TLS", "ssl"),
        ("WORKBENCH_SMTP_PORT", "smtp"),
        ("WORKBENCH_MAIL_FROM", "Workbench <w@example.org>"),
        ("WORKBENCH_MAIL_FROM", "w@example.org\nBcc: x@example.org"),
        ("WORKBENCH_SITE_ADDRESS", "judge.example.org"),
        ("WORKBENCH_SITE_ADDRESS", "javascript:alert(1)"),
        ("WORKBENCH_WEBHOOK_NETWORKS", "10.0.0.1/8"),
        ("WORKBENCH_WEBHOOK_NETWORKS", "pipeline.example.org"),
        ("WORKBENCH_DIGEST_HOUR", "24"),
        ("WORKBENCH_LOG_FORMAT", "xml"),
    ],
)
def test_a_value_that_cannot_be_used_is_named_with_its_variable(variable: str, text: str) -> None:
    with pytest.raises(ConfigError) as refused:
        load_config({variable: text})
    assert str(refused.value).startswith(f"{variable}={text!r} cannot be used: ")


MAIL = {
    "WORKBENCH_SMTP_HOST": "mail.example.org",
    "WORKBENCH_MAIL_FROM": "workbench@example.org",
    "WORKBENCH_SITE_ADDRESS": "https://judge.example.org",
}


@pytest.mark.parametrize("missing", ["WORKBENCH_MAIL_FROM", "WORKBENCH_SITE_ADDRESS"])
def test_a_mail_server_needs_a_sender_and_the_sites_address(missing: str) -> None:
    assert load_config(MAIL).sends_mail
    assert not load_config({}).sends_mail
    with pytest.raises(ConfigError, match=missing):
        load_config({**MAIL, missing: ""})


def test_a_password_is_never_sent_in_the_clear_over_a_network() -> None:
    given = {**MAIL, "WORKBENCH_SMTP_USER": "w", "WORKBENCH_SMTP_TLS": "none"}
    with pytest.raises(ConfigError, match="in the clear"):
        load_config(given)
    assert load_config({**given, "WORKBENCH_SMTP_HOST": "127.0.0.1"}).smtp_tls == "none"


def test_the_mail_servers_password_may_lie_in_a_file_and_is_never_shown(tmp_path: Path) -> None:
    path = tmp_path / "password"
    path.write_text("pramo-azul\n", encoding="utf-8")
    config = load_config({**MAIL, "WORKBENCH_SMTP_PASSWORD_FILE": str(path)})
    assert config.read_smtp_password() == "pramo-azul"
    assert load_config({**MAIL, "WORKBENCH_SMTP_PASSWORD": "x-y-z"}).read_smtp_password() == "x-y-z"
    assert "x-y-z" not in repr(load_config({**MAIL, "WORKBENCH_SMTP_PASSWORD": "x-y-z"}))
    path.write_text("páramo", encoding="utf-8")
    with pytest.raises(ConfigError, match="ASCII"):
        config.read_smtp_password()
    path.unlink()
    with pytest.raises(ConfigError, match="cannot be read"):
        config.read_smtp_password()


def test_the_token_of_the_figures_is_long_may_lie_in_a_file_and_is_never_shown(
    tmp_path: Path,
) -> None:
    path = tmp_path / "token"
    path.write_text("for-the-scraper-1\n", encoding="utf-8")
    by_file = {"WORKBENCH_METRICS_TOKEN_FILE": str(path)}
    assert load_config(by_file).read_metrics_token() == "for-the-scraper-1"
    assert load_config({}).read_metrics_token() == ""
    short = load_config({"WORKBENCH_METRICS_TOKEN": "short-one"})
    assert "short-one" not in repr(short)
    with pytest.raises(ConfigError, match="16") as refused:
        short.read_metrics_token()
    assert "short-one" not in str(refused.value)
    path.write_text("\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="16"):
        load_config(by_file).read_metrics_token()


def test_what_the_caller_gives_wins_and_none_gives_nothing(tmp_path: Path) -> None:
    config = load_config(
        {"WORKBENCH_HTTPS": "on", "WORKBENCH_PROXY_HOPS": "3"},
        home=tmp_path, https=False, proxy_hops=None,
    )  # fmt: skip
    assert (config.home, config.https, config.proxy_hops) == (tmp_path, False, 3)


def test_the_home_folder_is_made_absolute(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path / "ana"))
    assert load_config({"WORKBENCH_HOME": "here"}).home == tmp_path / "here"
    assert load_config({"WORKBENCH_HOME": "~/work"}).home == tmp_path / "ana" / "work"


def test_the_key_and_the_exports_are_in_the_home_folder(tmp_path: Path) -> None:
    config = load_config({}, home=tmp_path)
    assert (config.key_file, config.exports) == (tmp_path / "secret.key", tmp_path / "exports")


def test_a_key_is_made_that_its_owner_alone_can_read(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    assert make_key(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert re.fullmatch(r"[0-9a-f]{96}", load_config({}, home=tmp_path).read_key())


def test_a_key_that_is_there_is_never_written_over(tmp_path: Path) -> None:
    path = tmp_path / "secret.key"
    make_key(path)
    before = path.read_bytes()
    assert not make_key(path)
    assert path.read_bytes() == before


def test_no_two_installations_have_the_same_key(tmp_path: Path) -> None:
    for name in ("one", "two"):
        make_key(tmp_path / name)
    assert (tmp_path / "one").read_text() != (tmp_path / "two").read_text()


@pytest.mark.parametrize("key", ["", "k" * 63, " " * 100])
def test_a_short_key_is_refused(tmp_path: Path, key: str) -> None:
    (tmp_path / "secret.key").write_text(key)
    with pytest.raises(ConfigError, match="too short to be safe"):
        load_config({}, home=tmp_path).read_key()


def test_a_key_of_64_signs_is_taken_without_the_space_around_it(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_text(" " + "k" * 64 + "\n")
    assert load_config({}, home=tmp_path).read_key() == "k" * 64


def test_without_a_key_one_is_told_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="run `workbench init`") as refused:
        load_config({}, home=tmp_path).read_key()
    assert str(tmp_path) in str(refused.value)


@pytest.mark.parametrize(
    ("variable", "value"), [("WORKBENCH_TIMEZONE", "Mars/Base"), ("WORKBENCH_LOCALE", "xx")]
)
def test_a_zone_or_a_language_that_is_none_is_refused_by_name(variable: str, value: str) -> None:
    with pytest.raises(ConfigError, match=variable):
        load_config({variable: value})


def test_a_key_that_is_no_text_is_refused(tmp_path: Path) -> None:
    (tmp_path / "secret.key").write_bytes(b"\xff" * 96)
    with pytest.raises(ConfigError, match="no plain text"):
        load_config({}, home=tmp_path).read_key()
