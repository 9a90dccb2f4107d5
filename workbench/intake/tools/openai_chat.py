"""OpenAI chat logs: {messages: [{role, content}, ...]}, one conversation a line, to be judged here.

https://platform.openai.com/docs/guides/supervised-fine-tuning: the last message, of the assistant,
is the only response, those before it are the prompt. `developer` is read as system and `function`
as tool. There are no judgments. Not carried: tools and calls of them (a last message without text
is wrong), weights, names, pictures (wrong).
"""

from __future__ import annotations

from workbench.intake.tools.base import Given, Made, Place, Tool, language_of, made_id, turn
from workbench.messages import N_

_ROLES = {"developer": "system", "function": "tool"}


def make(record: Place, given: Given) -> Made:
    """One conversation."""
    turns = [turn(message) for message in record["messages"].entries()]
    turns = [{**each, "role": _ROLES.get(each["role"], each["role"])} for each in turns]
    if len(turns) < 2 or turns[-1]["role"] != "assistant":
        raise record["messages"].wrong(N_("must end with an answer to a message"))
    response = {"id": "answer", "text": turns[-1]["content"]}
    if record["model"].given:
        response["model"] = record["model"].text()
    named = record["id"]
    texts = [f"{i} {each['role']} {each['content']}" for i, each in enumerate(turns)]
    item = {
        "id": f"openai-{named.name()}" if named.given else made_id("openai", *texts),
        "language": language_of(given, record["language"]),
        "prompt": turns[:-1],
        "responses": [response],
        "metadata": record["metadata"].value if record["metadata"].given else {},
    }
    return Made(items=[item])


TOOL = Tool(
    name="openai-chat",
    title="OpenAI chat logs",
    types=("rating", "bias", "adversarial", "rewrite"),
    options=("language",),
    without=N_("tools and calls of them, weights and names"),
    make=make,
)
