"""What most judgments of an item found, response by response and category by category."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from workbench.task_types.base import Answer, Config
from workbench.task_types.majority import ANY, Found, more_than_half
from workbench.task_types.options import codes


def findings(
    responses: Sequence[str], answers: Sequence[Answer], config: Config
) -> Iterator[Found]:
    """Of each response id: is there any bias; is there any of each category."""
    for response in responses:
        flagged = [
            {flag["category"] for flag in answer["flags"] if flag["response"] == response}
            for answer in answers
        ]
        yield Found(response, ANY, more_than_half(sum(map(bool, flagged)), len(answers)))
        for code in codes(config["taxonomy"]):
            n_for = sum(code in each for each in flagged)
            yield Found(response, code, more_than_half(n_for, len(answers)))
