"""What changed between two texts."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from workbench.web.text_changes import Piece, difference

TEXTS = st.lists(st.text("ab ñ.\n", max_size=12), max_size=12).map("\n".join)


def _side(pieces: list[Piece], gone: str) -> str:
    """One side again; only what is unchanged may be skipped, so whole texts are given none."""
    return "".join(piece.text for piece in pieces if piece.kind != gone).replace("¶\n", "\n")


def test_the_same_text_has_no_difference() -> None:
    assert difference("a\nb\n", "a\nb") == []
    assert difference("", "\n") == []


def test_within_a_line_words_are_marked() -> None:
    assert difference("Be very kind.", "Be really kind, always.") == [
        Piece("same", "Be "),
        Piece("removed", "very"),
        Piece("added", "really"),
        Piece("same", " kind"),
        Piece("added", ", always"),
        Piece("same", ".\n"),
    ]


def test_words_with_only_a_blank_between_them_are_marked_together() -> None:
    pieces = difference("Choose the one text that helps", "Choose a better text that helps")
    assert pieces[1:3] == [Piece("removed", "the one"), Piece("added", "a better")]


def test_a_line_that_became_another_is_shown_whole() -> None:
    assert difference("Ties are rare.", "Escalate whatever is broken!") == [
        Piece("removed", "Ties are rare.\n"),
        Piece("added", "Escalate whatever is broken!\n"),
    ]


def test_far_from_a_change_lines_are_counted_and_not_shown() -> None:
    lines = [f"line {n}" for n in range(20)]
    pieces = difference("\n".join(lines), "\n".join([*lines[:10], "new", *lines[10:]]))
    assert pieces == [
        Piece("skipped", lines=8),
        Piece("same", "line 8\nline 9\n"),
        Piece("added", "new\n"),
        Piece("same", "line 10\nline 11\n"),
        Piece("skipped", lines=8),
    ]


def test_an_empty_line_that_came_or_went_can_be_seen() -> None:
    assert Piece("removed", "¶\n") in difference("a\n\nb", "a\nb")


@given(TEXTS, TEXTS)
def test_nothing_is_lost_and_nothing_is_made_up(before: str, after: str) -> None:
    pieces = difference(before, after)
    if any(piece.kind == "skipped" for piece in pieces):
        return
    for text, gone in ((before, "added"), (after, "removed")):
        body = text.strip("\n")
        assert not pieces or _side(pieces, gone) == (body + "\n" if body else "")
    if not pieces:
        assert before.strip("\n") == after.strip("\n")


def test_texts_that_are_too_long_to_compare_are_shown_whole() -> None:
    before, after = ("\n".join(f"{side}{n}" for n in range(1_500)) for side in "ab")
    assert [piece.kind for piece in difference(before, after)] == ["removed", "added"]
