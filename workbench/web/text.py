"""Model output made safe and honest to read.

What the reviewer sees is all of what the model wrote and nothing else: HTML stays text, images and
links are named but never followed, characters that cannot be seen are made visible.
"""

from __future__ import annotations

import html as entities
import re
from collections.abc import Sequence
from functools import lru_cache

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup, escape

from workbench.web import formulas

#: Every control and format character but tab and line end, separators of lines, variation
#: selectors, fillers, blanks of other scripts and tags. (Unicode: Cc, Cf, Zl, Zp, and
#: Default_Ignorable_Code_Point.)
_UNSEEN = (
    "\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u00ad\u034f\u0600-\u0605\u061c\u06dd\u070f\u0890\u0891"
    "\u08e2\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u2028-\u202e\u2060-\u206f\u2800"
    "\u3164\ufe00-\ufe0d\ufeff\uffa0\ufff0-\ufffb\U000110bd\U000110cd\U00013430-\U0001343f"
    "\U0001bca0-\U0001bca3\U0001d173-\U0001d17a\U000e0000-\U000e0fff"
)
#: An emoji may say how it is drawn, once; that selector hides nothing there.
_EMOJI = "#*0-9\u00a9\u00ae\u203c-\u3299\U0001f000-\U0001faff"
_INVISIBLE = re.compile(f"[{_UNSEEN}]|(?<![{_EMOJI}])[\ufe0e\ufe0f]|\r(?!\n)")
_TAGS = {
    "p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li",
    "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "span", "div",
}  # fmt: skip
_ATTRIBUTES = {
    "span": {"class", "data-cp"},
    "ol": {"start"},
    "li": {"value"},
    "p": {"class"},
    "div": {"class"},
}

#: Beyond these, formatting takes time: brackets by their square (each may open a link), cells of a
#: table by columns and rows.
_LONGEST = 200_000
_MOST_BRACKETS = 2_000
_MOST_CELLS = 20_000
_UNDER_HEADER = re.compile(r"^[ \t>|:*+-]+$", re.MULTILINE)

#: How long a text may be for its formatted form to be kept: all of them take some megabytes.
_REMEMBERED_CHARS = 8_000

_TAG = re.compile(r"<[^>]*>")
#: Elements other than paragraphs, line ends, and what shows a character or a whole text as it is.
_FORM = re.compile(r"<(?!/|p>|p class=\"formula\"|br\b|span class=\"cp\"|pre class=\"wrap\")")
#: Anything but blanks and the punctuation that Markdown is written with.
_WORD = re.compile(r"[^\s!-/:-@\[-`{-~]+")
_ENTITY = re.compile(r"&#?[0-9A-Za-z]+;")
#: The number of a list's line, which the browser writes itself.
_LIST_NUMBER = re.compile(r"^([ \t>*+-]*)[0-9]{1,9}(?=[.)](\s|$))", re.MULTILINE)


def raw(text: str) -> Markup:
    """The text as it is, invisible characters shown; the characters themselves stay in place."""
    # A bare carriage return in a page would be read as a line end.
    return Markup(_show_invisible(str(escape(text))).replace("\r", "&#13;"))  # noqa: S704 - escaped


def _show_invisible(html: str) -> str:
    return _INVISIBLE.sub(
        lambda found: f'<span class="cp" data-cp="U+{ord(found[0]):04X}">{found[0]}</span>', html
    )


def markdown(text: str) -> Markup:
    """Markdown as HTML with a fixed set of tags; as written where formatting would hide a word."""
    return _remembered(text) if len(text) <= _REMEMBERED_CHARS else _formatted(text)


def _formatted(text: str) -> Markup:
    html = _renderer.render(text) if _is_quick(text) else ""
    if not _holds(_TAG.sub(" ", html), text):
        return Markup('<pre class="wrap">\n{}</pre>').format(raw(text))
    clean = nh3.clean(_show_invisible(html), tags=_TAGS, attributes=_ATTRIBUTES, link_rel=None)
    return Markup(clean)  # noqa: S704 - cleaned on the line above


#: An item is shown to a few people one after the other, and to each more than once.
_remembered = lru_cache(maxsize=1024)(_formatted)


def content(html: str) -> str:
    """The characters that the page shows of what `raw` or `markdown` gave: its text nodes."""
    return entities.unescape(_TAG.sub("", html))


def has_form(html: str) -> bool:
    """Whether what `markdown` gave has more than paragraphs, so that it looks unlike the source."""
    return _FORM.search(html) is not None


def _is_quick(text: str) -> bool:
    widest = max((line[0].count("|") for line in _UNDER_HEADER.finditer(text)), default=0)
    if len(text) > _LONGEST or text.count("[") > _MOST_BRACKETS:
        return False
    return widest * text.count("\n") <= _MOST_CELLS


def _holds(shown: str, text: str) -> bool:
    """Whether every word of the text is shown, in its order."""
    plain = _LIST_NUMBER.sub(r"\1", text)
    written = _WORD.findall(_ENTITY.sub(lambda found: entities.unescape(found[0]), plain))
    there = iter(_WORD.findall(entities.unescape(shown)))
    return all(word in there for word in written)


class _Renderer(RendererHTML):
    """Links and images as text: what they say and where they point, never followed."""

    def list_item_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        """With the number that was written, right or wrong."""
        number = tokens[idx].info
        return f'<li value="{int(number)}">' if number.isdecimal() else "<li>"

    def link_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        env.setdefault("links", []).append(_address(tokens[idx], "href"))
        return '<span class="link">'

    def link_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return f'</span> <span class="address">({escape(env["links"].pop())})</span>'

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        shown = f"[🖼 {tokens[idx].content} — {_address(tokens[idx], 'src')}]"
        return f'<span class="address">{escape(shown)}</span>'

    def fence(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        """A block of code, under what was written beside its fence."""
        token = tokens[idx]
        label = f'<span class="address">{escape(token.info.strip())}</span>' if token.info else ""
        return f"{label}<pre><code>{escape(token.content)}</code></pre>\n"

    def formula(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        return f'<p class="formula">{escape(tokens[idx].content)}</p>\n'

    def table_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        """In a box of its own, which scrolls where the table is wider than the text."""
        return '<div class="scroll"><table>\n'

    def table_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        return "</table></div>\n"


def _address(token: Token, name: str) -> str:
    """Where a link or an image points, with its title."""
    title = token.attrGet("title")
    return f"{token.attrGet(name) or ''}" + (f' "{title}"' if title else "")


def _as_written(address: str) -> str:
    return address


_renderer = (
    MarkdownIt(
        "commonmark",
        {"html": False, "linkify": False, "breaks": True},
        renderer_cls=_Renderer,
    )
    .enable(["table", "strikethrough"])
    # A definition of a link is no part of what a page shows: here it stays text.
    .disable("reference")
)
formulas.install(_renderer)
_renderer.normalizeLink = _as_written  # type: ignore[assignment, method-assign]
_renderer.normalizeLinkText = _as_written  # type: ignore[assignment, method-assign]
