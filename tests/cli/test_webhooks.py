from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.cli.conftest import Run, good, refused
from tests.support.receiver import Receiver, is_signed, receiving
from workbench.db import Database

HOOK = re.compile(r"hook_[a-z2-7]{8}")


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Receiver]:
    monkeypatch.setenv("WORKBENCH_WEBHOOK_NETWORKS", "127.0.0.0/8")
    with receiving() as made:
        yield made


def _make(run: Run, url: str) -> tuple[str, str]:
    made = run("webhooks", "make", "prefs", url, "--event", "snapshot.ready")
    found = HOOK.search(made.stderr)
    assert found
    return found[0], good(made).strip()


def test_a_webhook_from_its_making_to_its_end(
    run: Run, prefs: Database, receiver: Receiver
) -> None:
    assert good(run("webhooks", "list", "prefs")) == "There is none yet.\n"
    name, secret = _make(run, receiver.url)
    assert good(run("webhooks", "test", "prefs", name)) == "It arrived: 204.\n"
    assert is_signed(receiver.got[0], secret)
    listed = good(run("webhooks", "list", "prefs"))
    assert name in listed
    assert secret not in listed
    assert "1, 204" in good(run("webhooks", "list", "prefs", "--deliveries", name))
    assert "next run" in good(run("webhooks", "replay", "prefs", name, "1"))
    assert good(run("deliver")) == "Delivered: 1.\n"
    assert receiver.ids() == [f"{name}_1"] * 2
    assert "is paused" in good(run("webhooks", "pause", "prefs", name))
    assert "paused" in good(run("webhooks", "list", "prefs"))
    assert "goes on" in good(run("webhooks", "resume", "prefs", name))
    assert good(run("webhooks", "turn", "prefs", name)).strip() != secret
    receiver.statuses = [500]
    assert "did not arrive: 500" in refused(run("webhooks", "test", "prefs", name), 1)
    good(run("webhooks", "replay", "prefs", name, "1"))
    result = run("deliver")
    assert result.exit_code == 1
    assert "1 did not arrive" in result.stderr
    assert "is removed" in good(run("webhooks", "remove", "prefs", name))
    assert "no webhook of that name" in refused(run("webhooks", "test", "prefs", name), 2)
    assert good(run("webhooks", "list", "prefs")) == "There is none yet.\n"
    assert good(run("deliver")) == "Delivered: 0.\n"


@pytest.mark.parametrize(
    "url",
    ["", "pipeline", "ftp://a.example/", "file:///etc/passwd", "https://", "https://u:p@a.example/",
     "https://a.example/#x", "https://a.example/a b", "https://a.example:99999/",
     "https://a.example/\r\nX: y", "https://añejo.example/", "https://[::1/", "javascript:alert(1)",
     "https://a.example/" + "x" * 500, "https://a.example\\@b.example/"],
)  # fmt: skip
def test_what_is_no_address(run: Run, prefs: Database, url: str) -> None:
    said = refused(run("webhooks", "make", "prefs", "--event", "snapshot.ready", "--", url), 2)
    assert said.startswith("url: ")


def test_what_is_not_there(run: Run, prefs: Database) -> None:
    assert refused(run("webhooks", "replay", "prefs", "hook_aaaaaaaa", "1"), 2)
    assert refused(run("webhooks", "list", "prefs", "--deliveries", "hook_aaaaaaaa"), 2)
    name, _ = _make(run, "https://pipeline.example/")
    assert "no delivery of that number" in refused(run("webhooks", "replay", "prefs", name, "7"), 2)
    assert run("webhooks", "make", "prefs", "https://a.example/", "--event", "all").exit_code == 2
    assert refused(run("webhooks", "list", "nowhere"), 2)
