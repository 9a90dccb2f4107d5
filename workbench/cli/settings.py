"""A file of a project's settings."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from workbench import task_types
from workbench.cli.failures import Failure, said
from workbench.intake.strict_json import read_json
from workbench.messages import Invalid

_LARGEST = 8_000_000


def read_settings(file: Path, type_slug: str) -> dict[str, Any]:
    """The settings in a file, as the task type reads them. Raises Failure."""
    if file.stat().st_size > _LARGEST:
        raise Failure(f"{file}: is too large for a project's settings")
    value, faults, _ = read_json(file.read_bytes())
    if faults:
        raise Failure(f"{file}: {said(Invalid(faults))}")
    if not isinstance(value, dict):
        raise Failure(f"{file}: must be one JSON object")
    try:
        return task_types.get(type_slug).parse_config(value)
    except Invalid as error:
        raise Failure(f"{file}: {said(error)}") from None
