"""What a figure of agreement allows to be said, in words.

The thresholds are those of K. Krippendorff, "Content Analysis", 2nd ed. (2004), p. 241: rely on
data with an alpha of .800 or more, and draw only tentative conclusions from .667 up. They are held
against the low end of the interval, so that a figure that few items happened to make promises
nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from workbench.messages import N_, Message
from workbench.queries.agreement import Measure
from workbench.web.language import number

RELIABLE, TENTATIVE = 0.8, 0.667


class Level(StrEnum):
    """How far a figure can be trusted. The values name the page's classes."""

    GOOD = "good"
    WARNING = "warning"
    DANGER = "danger"
    UNKNOWN = "unknown"


#: A level in a word, for a line of a table.
WORDS: dict[str, Message] = {
    Level.GOOD: N_("reliable"),
    Level.WARNING: N_("tentative"),
    Level.DANGER: N_("not reliable"),
    Level.UNKNOWN: N_("not known"),
}


@dataclass(frozen=True)
class Verdict:
    """The answer to "can I trust this", and why."""

    level: Level
    heading: Message
    sentence: Message


def level(alpha: Measure) -> Level:
    """What an alpha with its interval allows. A low figure needs no interval to be too low."""
    if alpha.value is None:
        return Level.UNKNOWN
    if alpha.low is None:
        return Level.DANGER if alpha.value < TENTATIVE else Level.UNKNOWN
    if alpha.low < TENTATIVE:
        return Level.DANGER
    return Level.GOOD if alpha.low >= RELIABLE else Level.WARNING


def verdict(alpha: Measure) -> Verdict:
    """The level, with a sentence that a person can act on. Needs a request, for its language."""
    found = level(alpha)
    if found is Level.DANGER:
        return Verdict(found, *_unreliable(alpha))
    if found is Level.UNKNOWN:
        why = alpha.undefined or alpha.no_interval or WORDS[Level.UNKNOWN]
        return Verdict(found, N_("Nothing can be said yet"), why)
    bounds = {"tentative": number(TENTATIVE, 3), "reliable": number(RELIABLE, 3)}
    if found is Level.WARNING:
        return Verdict(
            found,
            N_("Use these judgments with care"),
            N_(
                "The low end of the interval lies between %(tentative)s and %(reliable)s: enough"
                " for first conclusions, not for the last word. Settle the most disputed items"
                " before you export.",
                **bounds,
            ),
        )
    return Verdict(
        found,
        N_("You can rely on these judgments"),
        N_(
            "Even the low end of the interval is %(reliable)s or more, as it should be in what"
            " models learn from.",
            reliable=bounds["reliable"],
        ),
    )


def _unreliable(alpha: Measure) -> tuple[Message, Message]:
    if alpha.value is not None and alpha.value < 0:
        return N_("Reviewers contradict each other"), N_(
            "They agree less often than chance would make them, so these judgments are not"
            " reliable. Look at the most disputed items together: someone may read the question"
            " the other way round."
        )
    bound = number(TENTATIVE, 3)
    high = alpha.value if alpha.high is None else alpha.high
    if high is not None and high < TENTATIVE:
        return N_("Do not rely on these judgments"), N_(
            "They are not reliable: agreement stays under %(tentative)s, even at the high end of"
            " the interval. Look at the most disputed items: often the guideline can be read in"
            " two ways.",
            tentative=bound,
        )
    return N_("Do not rely on these judgments yet"), N_(
        "They are not shown to be reliable: the low end of the interval is under %(tentative)s."
        " It narrows as more items get a second judgment.",
        tentative=bound,
    )
