"""Model output made safe and honest to read.

What the reviewer sees is all of what the model wrote and nothing else: HTML stays text, images and
links are named but never followed, characters that cannot be seen are made visible.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

import nh3
from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.token import Token
from markdown_it.utils import EnvType, OptionsDict
from markupsafe import Markup, escape

#: Zero-width, bidirectional controls, variation selectors, tags and other format characters.
_INVISIBLE = re.compile(
    "[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b-\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\U000e0000-\U000e0fff\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]"
)
_TAGS = {
    "p", "br", "hr", "strong", "em", "s", "code", "pre", "blockquote", "ul", "ol", "li",
    "h1", "h2", "h3", "h4", "h5", "h6", "table", "thead", "tbody", "tr", "th", "td", "span",
}  # fmt: skip
_ATTRIBUTES = {"span": {"class", "data-cp"}, "ol": {"start"}}


def raw(text: str) -> Markup:
    """The text as it is, invisible characters shown; the characters themselves stay in place."""
    return Markup(_show_invisible(str(escape(text))))  # noqa: S704 - escaped on this line


def _show_invisible(html: str) -> str:
    return _INVISIBLE.sub(
        lambda found: f'<span class="cp" data-cp="U+{ord(found[0]):04X}">{found[0]}</span>', html
    )


def markdown(text: str) -> Markup:
    """Markdown as HTML with a fixed set of tags."""
    html = nh3.clean(
        _show_invisible(_renderer.render(text)),
        tags=_TAGS,
        attributes=_ATTRIBUTES,
        link_rel=None,
    )
    return Markup(html)  # noqa: S704 - cleaned on the line above


class _Renderer(RendererHTML):
    """Links and images as text: what they say and where they point, never followed."""

    def link_open(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        env.setdefault("links", []).append(str(tokens[idx].attrGet("href") or ""))
        return '<span class="link">'

    def link_close(
        self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType
    ) -> str:
        address = env["links"].pop()
        return f'</span> <span class="address">({escape(address)})</span>'

    def image(self, tokens: Sequence[Token], idx: int, options: OptionsDict, env: EnvType) -> str:
        address = str(tokens[idx].attrGet("src") or "")
        return f'<span class="address">[🖼 {escape(tokens[idx].content)} — {escape(address)}]</span>'


_renderer = MarkdownIt(
    "commonmark", {"html": False, "linkify": False, "breaks": True}, renderer_cls=_Renderer
).enable(["table", "strikethrough"])
