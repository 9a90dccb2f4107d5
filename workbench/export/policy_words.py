"""A policy in plain words, one sentence a decision."""

from __future__ import annotations

from collections.abc import Collection
from decimal import Decimal

from workbench.export.filters import describe_filters
from workbench.export.policy import OPTIONS, REST, Decisions, ExportPolicy, Split
from workbench.messages import N_, Message
from workbench.task_types.base import Policy

_DECISIONS: dict[Decisions, Message] = {
    "first": N_("What a lead has settled counts in the place of the judgments of that item."),
    "only": N_("Only what a lead has settled counts."),
    "ignore": N_("Judgments count as they are, whatever a lead has settled."),
}


def describe(policy: ExportPolicy, heeds: Collection[str] = OPTIONS) -> list[Message]:
    """The policy in plain words, one sentence a decision; of the options in `heeds` alone."""
    sentences = {
        "decisions": [_DECISIONS[policy.decisions]],
        "aggregate": [_describe_aggregate(policy)],
        "ties": [_describe_ties(policy.policy)],
        **_describe_ballots(policy.policy),
        "criterion": _describe_criterion(policy.policy),
        "min_judgments": _describe_min_judgments(policy.policy),
        "min_agreement": _describe_min_agreement(policy),
        "min_posterior": _describe_min_posterior(policy),
        "split": _describe_splits(policy.splits),
        "near_duplicates": _describe_near(policy),
        "seed": _describe_seed(policy),
    }
    decided = [line for option in OPTIONS if option in heeds for line in sentences[option]]
    return [*describe_filters(policy.filters), *decided]


def _describe_aggregate(policy: ExportPolicy) -> Message:
    if policy.weighted:
        return N_(
            "The judgments of an item are counted together, each by how reliable its reviewer is, "
            "and the majority decides."
        )
    if policy.aggregate == "each":
        return N_("Every judgment speaks for itself.")
    return N_("The judgments of an item are counted together and the majority decides.")


def _describe_ties(policy: Policy) -> Message:
    if policy.ties == "both":
        return N_("A tie gives two rows, one in each direction.")
    return N_("Ties are left out.")


def _describe_ballots(policy: Policy) -> dict[str, list[Message]]:
    """What only rankings have, where it is not as usual."""
    return {
        "all_bad": [N_("Where all responses are judged bad, every pair counts as a tie.")]
        if policy.all_bad == "tie"
        else [],
        "unranked": [N_("A response left unranked stands below those that are ranked.")]
        if policy.unranked == "last"
        else [],
        "cycles": [N_("Pairs whose majorities run in a circle are left out.")]
        if policy.cycles == "drop"
        else [],
        "min_strength": [
            N_(
                "What is better by less than %(strength)s of 3, in the mean, is left out.",
                strength=f"{policy.min_strength:g}",
            )
        ]
        if policy.min_strength > 0
        else [],
    }


def _describe_criterion(policy: Policy) -> list[Message]:
    if policy.criterion is None:
        return []
    return [N_("The criterion is “%(name)s”.", name=policy.criterion)]


def _describe_min_judgments(policy: Policy) -> list[Message]:
    if policy.min_judgments <= 1:
        return []
    return [N_("What has fewer than %(count)s judgments is left out.", count=policy.min_judgments)]


def _describe_min_agreement(policy: ExportPolicy) -> list[Message]:
    share = policy.policy.min_agreement
    if share <= 0:
        return []
    percent = _percent(Decimal(str(share)))
    if policy.weighted:
        return [
            N_(
                "At least %(percent)s %% of the weight of the deciding judgments must be on the "
                "winning side.",
                percent=percent,
            )
        ]
    return [
        N_(
            "At least %(percent)s %% of the deciding judgments must be on the winning side.",
            percent=percent,
        )
    ]


def _describe_min_posterior(policy: ExportPolicy) -> list[Message]:
    if policy.min_posterior <= 0:
        return []
    return [
        N_(
            "What is less than %(percent)s %% sure, given who said what and how reliable they are, "
            "is left out.",
            percent=_percent(Decimal(str(policy.min_posterior))),
        )
    ]


def _describe_splits(splits: tuple[Split, ...]) -> list[Message]:
    """Which prompts go where, in plain words; nothing where there are no splits."""
    if not splits:
        return []
    shares = [
        N_(
            "About %(percent)s %% of the prompts go to %(name)s.",
            percent=_percent(s.share),
            name=s.name,
        )
        for s in splits
    ]
    return [*shares, N_("All other prompts go to %(name)s. No prompt is in two splits.", name=REST)]


def _describe_near(policy: ExportPolicy) -> list[Message]:
    if not policy.splits:
        return []
    if policy.together:
        return [N_("Prompts that are nearly the same are in one split.")]
    return [N_("Prompts that are nearly the same may be in different splits.")]


def _describe_seed(policy: ExportPolicy) -> list[Message]:
    if not policy.splits or not policy.seed:
        return []
    return [N_("The seed of the splits is “%(seed)s”.", seed=policy.seed)]


def _percent(share: Decimal) -> str:
    """0.125 as "12.5", 0.10 as "10"."""
    return f"{(share * 100).normalize():f}"
