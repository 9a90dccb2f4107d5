"""Policies come from strings, are refused field by field, and can be said in words."""

from __future__ import annotations

from decimal import Decimal

import pytest

from workbench.export.policy import ExportPolicy, Split, parse_policy, parse_splits
from workbench.export.policy_words import describe
from workbench.messages import Invalid
from workbench.task_types.base import Policy


def test_no_options_give_the_defaults() -> None:
    assert parse_policy({}) == ExportPolicy(Policy(), "first", ())
    assert parse_policy({"ties": "", "split": "  ", "min_judgments": None}) == ExportPolicy()


def test_every_option_is_read() -> None:
    parsed = parse_policy(
        {
            "ties": "both",
            "aggregate": "each",
            "min_judgments": "3",
            "min_agreement": " 0.75 ",
            "criterion": "helpful",
            "split": "test=0.1, validation=.05",
            "csrf_token": "x",
        }
    )
    assert parsed.policy == Policy("both", "each", 3, 0.75, "helpful")
    assert parsed.splits == (Split("test", Decimal("0.1")), Split("validation", Decimal("0.05")))
    assert parsed.split_names == ("train", "test", "validation")


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("ties", "half"),
        ("aggregate", "mean"),
        ("decisions", "all"),
        ("min_judgments", "0"),
        ("min_judgments", "1.5"),
        ("min_judgments", "-1"),
        ("min_judgments", "1e999999"),
        ("min_judgments", "three"),
        ("min_agreement", "1.01"),
        ("min_agreement", "nan"),
        ("min_agreement", "-0.1"),
        ("min_agreement", "0,5"),
        ("split", "0.1"),
        ("split", "test"),
        ("split", "test=0"),
        ("split", "test=1"),
        ("split", "test=nan"),
        ("split", "test=0.6,validation=0.4"),
        ("split", "test=0.1,test=0.1"),
        ("split", "test=0.1,"),
        ("split", "train=0.5"),
        ("split", "../up=0.1"),
        ("split", "Test=0.1"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_own_field(field: str, value: str) -> None:
    with pytest.raises(Invalid) as caught:
        parse_policy({field: value})
    assert list(caught.value.errors) == [field]


def test_all_wrong_fields_are_named_at_once() -> None:
    with pytest.raises(Invalid) as caught:
        parse_policy({"ties": "x", "aggregate": "y", "min_judgments": "z", "split": "w"})
    assert set(caught.value.errors) == {"ties", "aggregate", "min_judgments", "split"}


def test_shares_that_leave_nothing_but_a_millionth_still_fit() -> None:
    assert sum(s.share for s in parse_splits("a=0.5,b=0.499999")) < 1


@pytest.mark.parametrize("name", ["tags", "without", "languages", "criterion", "seed", "split"])
def test_what_no_database_may_store_is_refused_where_it_stands(name: str) -> None:
    for text in ("a\x00b", "a\u202eb", "a\nb"):
        with pytest.raises(Invalid) as caught:
            parse_policy({name: text})
        assert set(caught.value.errors) == {name}


def test_a_policy_reads_as_plain_sentences() -> None:
    strict = parse_policy(
        {
            "ties": "both",
            "aggregate": "each",
            "min_judgments": "2",
            "min_agreement": "0.667",
            "criterion": "safe",
            "decisions": "only",
            "split": "test=0.10",
            "seed": "lluvia",
        }
    )
    assert [str(line) for line in describe(strict)] == [
        "Only what a lead has settled counts.",
        "Every judgment speaks for itself.",
        "A tie gives two rows, one in each direction.",
        "The criterion is “safe”.",
        "What has fewer than 2 judgments is left out.",
        "At least 66.7 % of the deciding judgments must be on the winning side.",
        "About 10 % of the prompts go to test.",
        "All other prompts go to train. No prompt is in two splits.",
        "Prompts that are nearly the same are in one split.",
        "The seed of the splits is “lluvia”.",
    ]


def test_the_default_policy_says_what_it_does_and_no_more() -> None:
    assert [str(line) for line in describe(ExportPolicy())] == [
        "What a lead has settled counts in the place of the judgments of that item.",
        "The judgments of an item are counted together and the majority decides.",
        "Ties are left out.",
    ]
