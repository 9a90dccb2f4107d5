"""What a client reads from the desk's page, as the desk's script does."""

from __future__ import annotations

import re

#: (name, value) of what the page's forms hide.
HIDDEN = re.compile(r'name="(csrf_token|key|base|guideline|mode)" value="([^"]*)"')
#: The token of the item that it shows.
ITEM = re.compile(r'data-item-id="([a-z2-7]+)"')
#: Where an answer is posted without a script.
ACTION = re.compile(r'action="([^"]*/answer)"')


def answer_of(page: str) -> tuple[str, dict[str, str]]:
    """Where the script sends the answer to the item on the page, and what goes with it."""
    form = dict(HIDDEN.findall(page[page.index('id="answer"') :]))
    return ACTION.findall(page)[0].replace("/answer", "/send"), form
