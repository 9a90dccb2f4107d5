"""What harmful content is called: its categories, and how hard it is to read."""

from __future__ import annotations

from functools import cache

from workbench.messages import N_, Message
from workbench.task_types.adversarial import Adversarial

#: Names of the severities 0..3.
SEVERITY_NAMES: tuple[Message, ...] = (
    N_("not upsetting"),
    N_("mild"),
    N_("serious"),
    N_("severe"),
)
#: What each of them means.
SEVERITY_MEANINGS: tuple[Message, ...] = (
    N_("nothing in it upsets an adult who reads it at work"),
    N_("it names something upsetting without describing it"),
    N_("it describes harm to people, or insults or threatens them"),
    N_("it is graphic, cruel or sexual violence, or stays with whoever reads it"),
)


@cache
def harm_titles() -> dict[str, dict[str, str]]:
    """Titles of the default harm categories by code: {"vcr": {"es": ..., "en": ...}}."""
    config = Adversarial().parse_config({})
    return {option["code"]: dict(option["title"]) for option in config["harms"]}
