"""What a vote is worth, by how often who casts it is right."""

from __future__ import annotations

from math import log

#: Nobody is taken to be right or wrong for certain.
_NEVER = 1e-6


def vote_weight(accuracy: float) -> float:
    """The log-odds of being right, never below 0.

    Of votes between two values by people who err independently, the side of more such weight is
    right most often (S. Nitzan, J. Paroush, "Optimal Decision Rules in Uncertain Dichotomous Choice
    Situations", International Economic Review 23, 1982). A vote that is right half the time or less
    weighs nothing: it is not counted against what it says. Raises ValueError beyond 0..1.
    """
    if not 0 <= accuracy <= 1:
        raise ValueError("an accuracy is a share")
    right = min(max(accuracy, _NEVER), 1 - _NEVER)
    return max(0.0, log(right / (1 - right)))
