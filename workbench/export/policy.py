"""What an export decides, read from strings: the command line and the web form share this.

Options, all optional: `ties` drop|both, `aggregate` each|majority|weighted, `min_judgments` whole
number of at least 1, `min_agreement` and `min_posterior` numbers in [0, 1], `criterion`,
`decisions` first|only|ignore, `split` as "test=0.1" or "test=0.1,validation=0.05",
`near_duplicates` together|apart, `seed` any short text; of rankings `all_bad` drop|tie, `unranked`
skip|last, `cycles` keep|drop and `min_strength` a number in [0, 3]; and those of `filters`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Literal, TypeVar, cast

from workbench.export.filters import FILTERS, Filters, parse_filters
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
    "all_bad",
    "unranked",
    "cycles",
    "min_strength",
    "criterion",
    "min_judgments",
    "min_agreement",
    "min_posterior",
    "split",
    "near_duplicates",
    "seed",
)
#: Those that only rankings have something for.
BALLOTS = ("all_bad", "unranked", "cycles", "min_strength")
#: What any records can go by.
GENERAL = tuple(option for option in OPTIONS if option not in BALLOTS)
#: Those that say which prompts go where, which every format heeds.
PARTING = ("split", "near_duplicates", "seed")
#: Characters of a seed.
LONGEST_SEED = 40
#: How much better a response can be.
MOST_STRENGTH = 3

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
        all_bad=read("all_bad", _all_bad, "drop"),
        unranked=read("unranked", _unranked, "skip"),
        cycles=read("cycles", _cycles, "keep"),
        min_strength=read("min_strength", _strength, 0.0),
    )
    first: Decisions = "first"
    decisions = read("decisions", _decisions, first)
    splits = read("split", parse_splits, whole)
    near = read("near_duplicates", _near_duplicates, "together")
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
        together=near == "together",
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


def _one_of(name: str, values: tuple[T, ...], why: Message) -> Callable[[str], T]:
    """What reads one of these words; another one is wrong at `name`."""

    def parse(text: str) -> T:
        if text not in values:
            raise Invalid({name: why})
        return cast(T, text)

    return parse


_ties: Callable[[str], Literal["drop", "both"]] = _one_of(
    "ties", ("drop", "both"), N_("Ties are either drop or both.")
)
_all_bad: Callable[[str], Literal["drop", "tie"]] = _one_of(
    "all_bad", ("drop", "tie"), N_("Where all are bad, it is either drop or tie.")
)
_unranked: Callable[[str], Literal["skip", "last"]] = _one_of(
    "unranked", ("skip", "last"), N_("Unranked responses are either skip or last.")
)
_cycles: Callable[[str], Literal["keep", "drop"]] = _one_of(
    "cycles", ("keep", "drop"), N_("Circles are either keep or drop.")
)
_aggregate = _one_of(
    "aggregate",
    ("each", "majority", "weighted"),
    N_("Aggregate is either each, majority or weighted."),
)
_decisions: Callable[[str], Decisions] = _one_of(
    "decisions", ("first", "only", "ignore"), N_("Decisions are either first, only or ignore.")
)
_near_duplicates = _one_of(
    "near_duplicates",
    ("together", "apart"),
    N_("Near-duplicates are either together or apart."),
)


def _strength(text: str) -> float:
    number = _decimal(text)
    if number is None or number > MOST_STRENGTH:
        raise Invalid({"min_strength": N_("This is a number from 0 to 3.")})
    return float(number)


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
