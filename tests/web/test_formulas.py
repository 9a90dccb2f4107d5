"""Formulas in formatted text are left as they were written, and money is no formula."""

from __future__ import annotations

import pytest

from workbench.web.text import content, has_form, markdown

BLOCKS = [
    "$$\na_1 * b_2 * c\n$$",
    "\\[\n\\begin{aligned}\n- a_1 &= b \\\\\n= c_2 *d* e\n\\end{aligned}\n\\]",
    "$$\nx\n\n# y\n$$",
    "\\[ x_1 * y_1 * z \\]",
    "$$x_1 * y_1 * z$$",
]


@pytest.mark.parametrize(
    "formula",
    [
        "$a_1 * b * c_2$",
        "\\(x_i * y_j * z\\)",
        "$$p_1 * q_1 * r$$",
        "\\[a_1 * b\\]",
        "$\\{x\\}\\,y$",
    ],
)
def test_within_a_line_nothing_of_a_formula_is_read_as_markdown(formula: str) -> None:
    html = markdown(f"Sea {formula} y *esto*.")
    assert content(html).strip() == f"Sea {formula} y esto."
    assert html.count("<em>") == 1


@pytest.mark.parametrize("block", BLOCKS)
@pytest.mark.parametrize("before", ["", "Así:\n", "Así:\n\n", "- uno\n- dos\n\n"])
def test_on_lines_of_its_own_a_formula_keeps_its_lines(block: str, before: str) -> None:
    html = markdown(f"{before}{block}\ny *esto*")
    assert block in content(html)
    assert html.count("<em>") == 1
    assert "<h1>" not in html


@pytest.mark.parametrize(
    "text",
    ["$5 y *esto* por $6", "$20-$30 o *esto*", "vale 5$ y *esto* 6$", "\\(sin *fin*", "$ *a* $"],
)
def test_money_and_what_never_closes_is_no_formula(text: str) -> None:
    assert "<em>" in markdown(text)


@pytest.mark.parametrize("text", ["$$\nsin *fin*", "\\[\nsin *fin*\n\n- x", "> $$\n> *a*\n\nb\n$$"])
def test_a_block_that_never_closes_is_no_formula(text: str) -> None:
    assert "<em>" in markdown(text)


def test_code_comes_before_formulas() -> None:
    assert "<code>$a</code>" in markdown("`$a` y $b$")
    assert "<pre>" in markdown("```\n$$\n```\n\n$$\nx\n$$")


@pytest.mark.parametrize(
    ("text", "form"),
    [
        ("Una línea.\nOtra.\n\nY otra\u200b.", False),
        ("$$\nx\n$$", False),
        ("**fuerte**", True),
        ("- uno", True),
        ("```\nx\n```", True),
        ("| a |\n|---|\n| b |", True),
    ],
)
def test_what_formatting_adds_to_a_text_is_known(text: str, form: bool) -> None:
    assert has_form(markdown(text)) is form


def test_a_table_comes_in_a_box_that_can_scroll() -> None:
    assert markdown("| a |\n|---|\n| b |").startswith('<div class="scroll"><table>')
