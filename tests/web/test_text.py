"""Text of models, shown whole and without effect. Facts 33 and 34 of the checklist."""

from __future__ import annotations

import re
import string
import unicodedata
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markupsafe import Markup

from tests.hostile import HOSTILE
from tests.support.ending import ends
from workbench.web.text import content, markdown, raw

ALLOWED = {
    "p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li",
    "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "span", "div",
}  # fmt: skip
ALLOWED_ATTRIBUTES = {
    ("span", "class"), ("span", "data-cp"), ("ol", "start"), ("li", "value"), ("pre", "class"),
    ("p", "class"), ("div", "class"),
}  # fmt: skip
CLASSES = {"cp", "link", "address", "wrap", "formula", "scroll"}


class _Reader(HTMLParser):
    """The elements and the text of a piece of HTML, as a browser reads it."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.strange: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.text += data

    def handle_comment(self, data: str) -> None:
        self.strange.append(data)

    handle_decl = handle_pi = unknown_decl = handle_comment


def _read(html: Markup) -> _Reader:
    reader = _Reader()
    reader.feed(str(html))
    reader.close()
    return reader


def _holds(shown: str, written: str) -> bool:
    """Whether all letters that were written are shown, in their order."""
    plain = re.sub(r"&#?\w+;", " ", written)
    there = iter(shown)
    return all(letter in there for letter in plain if letter.isalpha() or letter == "🙂")


@pytest.mark.parametrize("show", [raw, markdown])
@pytest.mark.parametrize("payload", HOSTILE)
def test_hostile_text_has_no_effect(payload: str, show: type) -> None:
    reader = _read(show(payload))
    assert {tag for tag, _ in reader.elements} <= ALLOWED
    assert not reader.strange
    for tag, attributes in reader.elements:
        assert {(tag, name) for name in attributes} <= ALLOWED_ATTRIBUTES
        assert attributes.get("class") in CLASSES | {None}


@pytest.mark.parametrize("payload", HOSTILE)
def test_no_word_of_a_hostile_text_is_lost(payload: str) -> None:
    assert _holds(_read(markdown(payload)).text, payload)


@pytest.mark.parametrize("payload", HOSTILE)
def test_as_written_means_as_written(payload: str) -> None:
    assert _read(raw(payload)).text == payload


def test_there_are_enough_hostile_texts() -> None:
    assert len(HOSTILE) == len(set(HOSTILE)) >= 60


# --- links and images -----------------------------------------------------------------------


def test_a_link_is_named_with_where_it_points_and_cannot_be_followed() -> None:
    shown = markdown('[see **here**](https://evil.test/ñ?a=1&b=2 "a title")')
    assert not [tag for tag, _ in _read(shown).elements if tag == "a"]
    assert _read(shown).text.strip() == 'see here (https://evil.test/ñ?a=1&b=2 "a title")'


def test_an_image_is_named_and_never_loaded() -> None:
    shown = markdown('before ![a **cat**](https://evil.test/cat.png "Tom") after')
    assert "<img" not in shown
    assert _read(shown).text.strip() == (
        'before [🖼 a **cat** — https://evil.test/cat.png "Tom"] after'
    )


@pytest.mark.parametrize(
    "address", ["/logout", "?x=1", "#top", "../x", "//evil.test", "mailto:a@b"]
)
def test_no_address_of_any_kind_becomes_a_link(address: str) -> None:
    shown = markdown(f"[x]({address}) <https://x.test> https://x.test")
    assert "href" not in shown
    assert "src" not in shown
    assert address in _read(shown).text


# --- nothing is hidden ----------------------------------------------------------------------

HIDING = {
    "a definition of a link": "[//]: # (hidden words here)",
    "the title of a definition": '[x]: https://x.test "hidden words here"\n\ntext',
    "what stands beside a fence": "```python hidden words here\ncode\n```",
    "cells beyond the header": "| a | b |\n|---|---|\n| 1 | 2 | hidden words here |",
    "below twenty quotations": "> " * 30 + "hidden words here",
    "below twenty lists": "- " * 30 + "hidden words here",
    "a title of a link": '[x](https://x.test "hidden words here")',
    "a title of an image": '![x](https://x.test "hidden words here")',
    "an empty link": "[](https://x.test/hidden-words-here)",
    "a comment": "<!-- hidden words here -->",
    "an attribute": "<p title='hidden words here'>",
    "an unknown element": "<hidden>words</hidden> here",
    "a processing instruction": "<?hidden words here?>",
    "an escape": "hidden \\\nwords here",
    "a setext heading": "hidden words here\n===",
    "emoji beyond the header": "| a |\n|---|\n| 1 | 🙈🙉 | hidden words here |",
}


@pytest.mark.parametrize("text", HIDING.values(), ids=HIDING)
def test_formatting_hides_no_words(text: str) -> None:
    shown = _read(markdown(text)).text
    for word in ("hidden", "words", "here"):
        assert word in shown


@given(
    st.lists(
        st.one_of(
            st.text(string.ascii_letters + "áñ漢🙂", min_size=1, max_size=5),
            st.sampled_from(
                ["\n", "\n\n", " ", "    ", "\t", "# ", "> ", "- ", "* ", "1. ", "```", "~~~", "`",
                 "**", "_", "~~", "[", "]", "(", ")", "![", "](", "<", ">", "|", "|-|-|", "---",
                 "===", "\\", "&", ";", ":", '"', "'", "!", "http://", "www.", "@", "[x]: ",
                 "$", "$$", "\\(", "\\)", "\\["]
            ),
        ),
        max_size=30,
    ).map("".join)
)  # fmt: skip
def test_no_word_is_ever_lost_and_no_other_element_made(text: str) -> None:
    reader = _read(markdown(text))
    assert _holds(reader.text, text)
    assert "".join(content(markdown(text)).split()) == "".join(reader.text.split())
    assert {tag for tag, _ in reader.elements} <= ALLOWED
    assert all(
        (tag, name) in ALLOWED_ATTRIBUTES
        for tag, attributes in reader.elements
        for name in attributes
    )


@given(st.text())
def test_any_text_as_written_reads_back_as_it_is(text: str) -> None:
    # HTMLParser, as browsers, takes NUL and lone surrogates otherwise; no stored text has them.
    stored = text.replace("\0", "").encode("utf-8", "ignore").decode()
    assert _read(raw(stored)).text == stored


# --- what it shows --------------------------------------------------------------------------


def test_markdown_is_formatted() -> None:
    shown = markdown("# T\n\n**b** *i* ~~s~~ `c`\n\n- x\n\n> q\n\n| a |\n|---|\n| 1 |\n\na\nb")
    for piece in ("<h1>T</h1>", "<strong>b</strong>", "<em>i</em>", "<s>s</s>", "<code>c</code>",
                  "<li>x</li>", "<blockquote>", "<td>1</td>", "a<br>"):  # fmt: skip
        assert piece in shown


def test_a_list_keeps_the_numbers_that_were_written() -> None:
    shown = markdown("3. three\n3. three again\n7. seven")
    assert re.findall(r'value="(\d+)"', shown) == ["3", "3", "7"]


def test_a_definition_of_a_link_stays_text_among_what_is_formatted() -> None:
    shown = markdown("**bold** [a][b]\n\n[b]: https://x.test")
    assert "<strong>bold</strong>" in shown
    assert "[b]: https://x.test" in shown


def test_html_is_shown_as_text() -> None:
    assert "&lt;b&gt;bold&lt;/b&gt;" in markdown("<b>bold</b>")


def test_a_line_end_of_windows_keeps_its_two_characters_so_that_places_can_be_counted() -> None:
    assert _read(raw("a\r\nb")).text == "a\r\nb"
    assert "\r" not in str(raw("a\r\nb"))  # a parser of pages would make it one line end


# --- characters that cannot be seen ---------------------------------------------------------


def _marked(html: Markup) -> list[tuple[str, str]]:
    return re.findall(r'<span class="cp" data-cp="(U\+[0-9A-F]+)">(.)</span>', html, re.DOTALL)


def _is_unseen(code: int) -> bool:
    """By Unicode's own categories: controls, formats and separators of lines."""
    return unicodedata.category(chr(code)) in {"Cc", "Cf", "Zl", "Zp"} and chr(code) not in "\t\n\r"


def test_every_character_that_cannot_be_seen_is_marked_and_still_there() -> None:
    unseen = [chr(code) for code in range(1, 0x110000) if _is_unseen(code)]
    assert len(unseen) > 200
    text = "a".join(unseen)
    assert _marked(raw(text)) == [(f"U+{ord(c):04X}", c) for c in unseen]
    assert _read(raw(text)).text == text


@pytest.mark.parametrize(
    "code",
    [0x034F, 0x115F, 0x1160, 0x17B4, 0x180B, 0x2800, 0x3164, 0xFFA0, 0xFE00, 0xFE0D, 0xE0100,
     0xE01EF, 0xE0041, 0xE007F, 0x2065],
)  # fmt: skip
def test_fillers_selectors_and_tags_are_marked_too(code: int) -> None:
    assert _marked(raw(f"a{chr(code)}b")) == [(f"U+{code:04X}", chr(code))]


@pytest.mark.parametrize("control", "\u202a\u202b\u202d\u202e\u2066\u2067\u2068\u2069\u200f\u061c")
def test_what_turns_the_direction_is_marked_in_both_views(control: str) -> None:
    text = f"pay {control}999 now"
    for shown in (
        raw(text),
        markdown(text),
        markdown(f"`{text}`"),
        markdown(f"[x](http://{control})"),
    ):
        assert (f"U+{ord(control):04X}", control) in _marked(shown)


def test_text_hidden_in_selectors_is_marked() -> None:
    hidden = "".join(chr(0xFE00 + byte % 16) + chr(0xE0100 + byte) for byte in b"ignore the rubric")
    assert len(_marked(raw(f"😊{hidden}"))) >= len(hidden) - 1


def test_an_emoji_may_say_how_it_is_drawn() -> None:
    for plain in ("❤️", "⚠️ ok", "1️⃣", "☀︎", "©️"):
        assert not _marked(raw(plain))
    assert _marked(raw("a\ufe0f"))
    assert _marked(raw("❤\ufe0f\ufe0f"))


@pytest.mark.parametrize(
    "plain",
    ["¿Qué tal, señor Núñez?", "“quotes” – dashes … × ½", "漢字 العربية", "🇨🇴 👍🏽", "\t\n x"],
)
def test_ordinary_text_is_left_alone(plain: str) -> None:
    assert not _marked(raw(plain))


def test_a_marker_does_not_break_the_element_that_it_is_in() -> None:
    shown = markdown("```py\u200bthon\ncode\n```")
    assert _marked(shown) == [("U+200B", "\u200b")]
    assert "code" in _read(shown).text


# --- time -----------------------------------------------------------------------------------

SLOW = {
    "brackets": "[" * 100_000,
    "images": "![" * 50_000,
    "links": "[a](" * 50_000,
    "stars": "*a_" * 40_000,
    "ticks": "".join("`" * n + "a" for n in range(400)),
    "quotations": "> x\n" * 25_000,
    "a wide table": "|a" * 3_000 + "\n" + "|-" * 3_000 + "\n" + "|x\n" * 3_000,
    "angles": "<" * 100_000,
    "autolinks": "<http://" * 20_000,
    "dollars": "$a " * 60_000,
    "formulas": "\\( " * 60_000 + "\n\n" + "- $$\n" * 20_000,
    "unseen": "\u200b" * 100_000,
    "a million characters": "word " * 200_000,
}


@pytest.mark.parametrize("text", SLOW.values(), ids=SLOW)
def test_no_text_takes_long_to_show(text: str) -> None:
    with ends():
        shown = markdown(text)
    assert len(shown) < 60 * len(text)
