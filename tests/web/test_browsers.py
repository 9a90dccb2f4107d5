"""Sessions are told apart by what a person calls their browser."""

from __future__ import annotations

import pytest

from workbench.web.browsers import browser_name

_KIT = "AppleWebKit/537.36 (KHTML, like Gecko)"


@pytest.mark.parametrize(
    ("header", "name"),
    [
        (f"Mozilla/5.0 (X11; Linux x86_64) {_KIT} Chrome/156.0.0.0 Safari/537.36", "Chrome, Linux"),
        (
            f"Mozilla/5.0 (Windows NT 10.0) {_KIT} Chrome/156.0 Safari/537.36 Edg/156.0",
            "Edge, Windows",
        ),
        (f"Mozilla/5.0 (Linux; Android 16) {_KIT} Chrome/156.0 Mobile Safari", "Chrome, Android"),
        ("Mozilla/5.0 (Macintosh; Intel Mac OS X) Version/26.0 Safari/605.1.15", "Safari, macOS"),
        ("Mozilla/5.0 (Windows NT 10.0) Gecko/20100101 Firefox/148.0", "Firefox, Windows"),
        ("Mozilla/5.0 (iPhone; CPU iPhone OS 26) CriOS/156 Safari/604.1", "Chrome, iPhone"),
        ("curl/8.5.0", "curl/8.5.0"),
        ("", ""),
        ("x" * 200, "x" * 40),
    ],
)
def test_a_browser_is_named_as_people_name_it(header: str, name: str) -> None:
    assert browser_name(header) == name
