"""What an export decides, read from strings: the command line and the web form share this.

Options, all optional: `ties` drop|both, `aggregate` each|majority|weighted, `min_judgments` whole
number of at least 1, `min_agreement` and `min_posterior` numbers in [0, 1], `criterion`,
`decisions` first|only|ignore, `split` as "test=0.1" or "test=0.1,validation=0.05",
`near_duplicates` together|apart, `seed` any short text; and those of `filters`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, TypeVar, cast

from workbench.export.filters import FILTERS, Filters, describe_filters, parse_filters
from workbench.messages import N_, Invalid, Message
from workbench.task_types.base import Policy

T = TypeVar("T")

#: The split of the prompts that no named split takes.
REST = "train"
#: How the one file is called where there are no splits.
WHOLE = "all"

_UNSEEN = N_("There is a character here that cannot be seen.")
_SPLIT_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}")
_NUMBER = re.compile(r"[0-9]{1,7}|[0-9]{0,7}\.[0-9]{1,12}")


#: The options by name, in the order in which people are told of them.
OPTIONS = (
    "decisions",
    "aggregate",
    "ties",
    "criterion",
    "min_judgments",
    "min_agreement",
    "min_posterior",
    "split",
    "near_duplicates",
    "seed",
)
#: Those that say which prompts go where, which every format heeds.
PARTING = ("split", "near_duplicates", "seed")
#: Characters of a seed.
LONGEST_SEED = 40

Decisions = Literal["first", "only", "ignore"]


@dataclass(frozen=True)
class Split:
    """A named share of the prompts. `share` is in (0, 1), exactly as it was written."""

    name: str
    share: Decimal


@dataclass(frozen=True)
class ExportPolicy:
    """What a task type needs to know, and what happens to its records afterwards."""

    policy: Policy = field(default_factory=Policy)
    #: What leads settled: it stands in the place of the judgments where there is one; nothing else
    #: counts; or it does not count.
    decisions: Decisions = "first"
    splits: tuple[Split, ...] = ()
    filters: Filters = field(default_factory=Filters)
    #: Whether prompts that are nearly the same are kept in one split.
    together: bool = True
    #: Draws another parting; "": prompts alone decide.
    seed: str = ""
    #: Whether in the majority each judgment counts by how reliable its reviewer is.
    weighted: bool = False
    #: The least posterior, 0..1, of the likely answer of what is not left out.
    min_posterior: float = 0.0

    @property
    def aggregate(self) -> str:
        """The option: each, majority or weighted."""
        return "weighted" if self.weighted else self.policy.aggregate

    def by_reliability(self, heeds: Collection[str]) -> bool:
        """Whether a format that heeds these options asks how reliable reviewers are."""
        weighted = self.weighted and "aggregate" in heeds
        return weighted or (self.min_posterior > 0 and "min_posterior" in heeds)

    @property
    def split_names(self) -> tuple[str, ...]:
        """Every file's name, the rest first: ("train", "test"), or ("all",) without splits."""
        if not self.splits:
            return (WHOLE,)
        return (REST, *(split.name for split in self.splits))


def parse_policy(options: Mapping[str, str | None]) -> ExportPolicy:
    """Options as strings to a policy; what is missing or blank takes its default.

    Keys that are no option are passed over (a form has others). Raises Invalid with every field
    that is wrong.
    """
    known = (*OPTIONS, *FILTERS)
    # Not every database stores them, and nobody means them.
    unseen = {name for name in known if not (options.get(name) or "").strip().isprintable()}
    errors: dict[str, Message] = dict.fromkeys(unseen, _UNSEEN)
    whole: tuple[Split, ...] = ()

    def read(name: str, parse: Callable[[str], T], default: T) -> T:
        text = (options.get(name) or "").strip()
        if not text:
            return default
        try:
            return parse(text)
        except Invalid as wrong:
            errors.update(wrong.errors)
            return default

    aggregate = read("aggregate", _aggregate, "majority")
    policy = Policy(
        ties=read("ties", _ties, "drop"),
        aggregate="each" if aggregate == "each" else "majority",
        min_judgments=read("min_judgments", _min_judgments, 1),
        min_agreement=read("min_agreement", _number_to_1("min_agreement"), 0.0),
        criterion=read("criterion", str, None),
    )
    first: Decisions = "first"
    decisions = read("decisions", _decisions, first)
    splits = read("split", parse_splits, whole)
    together = read("near_duplicates", _together, default=True)
    seed = read("seed", _seed, "")
    least = read("min_posterior", _number_to_1("min_posterior"), 0.0)
    filters = parse_filters(lambda name: (options.get(name) or "").strip(), errors)
    if errors:
        raise Invalid(errors)
    return ExportPolicy(
        policy,
        decisions,
        splits,
        filters,
        together=together,
        seed=seed,
        weighted=aggregate == "weighted",
        min_posterior=least,
    )


def parse_splits(text: str) -> tuple[Split, ...]:
    """Splits out of "test=0.1,validation=0.05", in the order given. Raises Invalid at "split"."""
    splits = tuple(_split(part.strip()) for part in text.split(","))
    names = [split.name for split in splits]
    if len(set(names)) != len(names):
        raise Invalid({"split": N_("Each split is named once.")})
    if sum(split.share for split in splits) >= 1:
        raise Invalid({"split": N_("The shares of the splits add up to less than 1.")})
    return splits


def _split(part: str) -> Split:
    name, equals, share_text = (piece.strip() for piece in part.partition("="))
    if not equals or not _SPLIT_NAME.fullmatch(name):
        raise Invalid({"split": N_("Write splits as name=share, for example test=0.1.")})
    if name in (REST, WHOLE):
        raise Invalid({"split": N_("“%(name)s” is reserved; choose another name.", name=name)})
    share = _decimal(share_text)
    if share is None or not 0 < share < 1:
        raise Invalid(
            {"split": N_("The share of %(name)s is a number between 0 and 1.", name=name)}
        )
    return Split(name, share)


def _decimal(text: str) -> Decimal | None:
    """A plain number without sign or exponent, or None."""
    return Decimal(text) if _NUMBER.fullmatch(text) else None


def _ties(text: str) -> Literal["drop", "both"]:
    if text not in ("drop", "both"):
        raise Invalid({"ties": N_("Ties are either drop or both.")})
    return cast(Literal["drop", "both"], text)


def _aggregate(text: str) -> str:
    if text not in ("each", "majority", "weighted"):
        raise Invalid({"aggregate": N_("Aggregate is either each, majority or weighted.")})
    return text


def _decisions(text: str) -> Decisions:
    if text not in ("first", "only", "ignore"):
        raise Invalid({"decisions": N_("Decisions are either first, only or ignore.")})
    return cast(Decisions, text)


def _together(text: str) -> bool:
    if text not in ("together", "apart"):
        raise Invalid({"near_duplicates": N_("Near-duplicates are either together or apart.")})
    return text == "together"


def _seed(text: str) -> str:
    if len(text) > LONGEST_SEED:
        raise Invalid(
            {"seed": N_("A seed is a word or a number, at most %(n)s characters.", n=LONGEST_SEED)}
        )
    return text


def _min_judgments(text: str) -> int:
    number = _decimal(text)
    if number is None or number < 1 or number != int(number):
        raise Invalid({"min_judgments": N_("This is a whole number of at least 1.")})
    return int(number)


def _number_to_1(name: str) -> Callable[[str], float]:
    def parse(text: str) -> float:
        number = _decimal(text)
        if number is None or not 0 <= number <= 1:
            raise Invalid({name: N_("This is a number from 0 to 1.")})
        return float(number)

    return parse


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
