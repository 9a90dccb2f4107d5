"""The brief line on the cover of a harmful item."""

from __future__ import annotations

from functools import cache

from workbench.task_types.adversarial import Adversarial


@cache
def harm_titles() -> dict[str, dict[str, str]]:
    """Titles of the default harm categories by code: {"vcr": {"es": ..., "en": ...}}."""
    config = Adversarial().parse_config({})
    return {option["code"]: dict(option["title"]) for option in config["harms"]}
