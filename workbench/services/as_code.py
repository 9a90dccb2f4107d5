"""What a page does, as a command or as Python: options at their default are left out."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping

from workbench.export.filters import FILTERS
from workbench.export.formats import Format
from workbench.export.policy import ExportPolicy
from workbench.services.make_export import as_options

#: Options that Python is given as numbers.
_NUMBERS = ("guideline", "min_strength", "min_judgments", "min_agreement", "min_posterior")


def export_command(slug: str, fmt: Format, options: Mapping[str, str]) -> str:
    """The command that writes the same rows to a file."""
    file = f"{slug}-{fmt.name}{fmt.suffix}"
    words = ["workbench", "export", slug, "--format", fmt.name, "-o", file]
    return shlex.join([*words, *_flags(fmt, options)])


def snapshot_command(slug: str, name: str, fmt: Format, options: Mapping[str, str]) -> str:
    """The command that keeps the same snapshot."""
    words = ["workbench", "snapshot", "make", slug, name, "--format", fmt.name]
    return shlex.join([*words, *_flags(fmt, options)])


def snapshot_python(url: str, name: str, fmt: Format, options: Mapping[str, str]) -> str:
    """The lines that keep the same snapshot through the API, and fetch its files."""
    given = [repr(name), f"format={fmt.name!r}"]
    for option, value in _chosen(fmt, options):
        given.append(f"{option}={value if option in _NUMBERS else repr(value)}")
    return _python(url, given, name)


def fetch_python(url: str, name: str) -> str:
    """The lines that fetch the files of a snapshot that is there."""
    return _python(url, [repr(name)], name)


def _python(url: str, given: list[str], folder: str) -> str:
    lines = [
        "from workbench.client import Client",
        "",
        f"with Client({url!r}) as client:",
        f"    snapshot = client.snapshot({', '.join(given)})",
        f"    snapshot.download({folder!r})",
    ]
    return "\n".join(lines)


def _flags(fmt: Format, options: Mapping[str, str]) -> Iterator[str]:
    for option, value in _chosen(fmt, options):
        yield from (f"--{option.replace('_', '-')}", value)


def _chosen(fmt: Format, options: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """The options that the format heeds and that are not at their default."""
    default = as_options(ExportPolicy())
    for option in (*FILTERS, *fmt.heeds):
        value = options.get(option, "")
        if value and value != default[option]:
            yield option, value
