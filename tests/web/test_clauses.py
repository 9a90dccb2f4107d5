"""A guideline cut at its headings: nothing is lost, and what is no heading cuts nothing."""

from __future__ import annotations

import pytest

from workbench.web.clauses import Clause, clauses


def test_a_guideline_is_cut_at_its_headings() -> None:
    text = "Before.\n\n# One\n\nText.\n\n### Deep *one*\n- a\n- b\n\nUnder\n-----\nEnd."
    assert clauses(text) == [
        Clause("", "Before."),
        Clause("One", "Text."),
        Clause("Deep one", "- a\n- b"),
        Clause("Under", "End."),
    ]


@pytest.mark.parametrize(
    "text",
    [
        "```\n# not a heading\n```",
        "- # in a list",
        "> # quoted",
        "#### too deep to cut",
        "#nothing",
    ],
)
def test_what_is_no_heading_of_the_text_cuts_nothing(text: str) -> None:
    assert clauses(text) == [Clause("", text)]


@pytest.mark.parametrize("text", ["", "\n\n", "# Only a heading", "# One\n## Two\n"])
def test_where_nothing_is_said_there_is_no_clause(text: str) -> None:
    assert clauses(text) == []
