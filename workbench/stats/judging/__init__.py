"""Bias of the judging itself: what moves a choice between two responses beside their worth.

Every function takes a table (pandas DataFrame) with one row a judgment of a pair of responses:

| column | |
| --- | --- |
| item | what was judged: any hashable id |
| reviewer | who judged: any hashable id; one row an item and reviewer |
| choice | 1 the response shown first is better, 0 a tie, -1 the one shown second |
| length_first, length_second | the lengths of the two texts as shown, in code points |
| at | when it was given, in the reviewer's local time: datetime |
| active_seconds | how long the reviewer looked at it; NaN where it was not measured |
| n_chars | how much text there was to read, in code points; NaN where it is not known |

For several figures of one table, `prepare_choices` it once and pass the result instead.

- `first_position_preference`: whether the response shown first wins more often.
- `length_preference`: whether the longer one does.
- `carry_over`: whether a choice repeats the side of the one before.
- `fatigue`: whether agreement or pace change over a session.
- `speeding`: how many judgments were given faster than anyone reads.

Each gives a `Finding` with a sentence that says what the figure means. Intervals resample clusters
of judgments that are not independent of each other. All judgments of a reviewer share that person's
habits, so what is asked about people's work over time (carry-over, fatigue, speeding) resamples
reviewers, whole: the interval says what other people like these would show. Position and length
are a matter of the item too, whose reviewers choose between the same two texts; they are resampled
both ways, and the wider interval is given. Percentiles are read further out for few clusters, and
there is no interval over fewer than five.
"""

from workbench.stats.judging.choices import GAP_MINUTES, Choices, prepare_choices
from workbench.stats.judging.fatigue import Fatigue, Hour, fatigue
from workbench.stats.judging.findings import Finding
from workbench.stats.judging.preferences import (
    LengthPreference,
    PositionPreference,
    first_position_preference,
    length_preference,
)
from workbench.stats.judging.sequence import CarryOver, carry_over
from workbench.stats.judging.shrinkage import ReviewerShare
from workbench.stats.judging.speed import FASTEST_READING, Speeding, speeding

__all__ = [
    "FASTEST_READING",
    "GAP_MINUTES",
    "CarryOver",
    "Choices",
    "Fatigue",
    "Finding",
    "Hour",
    "LengthPreference",
    "PositionPreference",
    "ReviewerShare",
    "Speeding",
    "carry_over",
    "fatigue",
    "first_position_preference",
    "length_preference",
    "prepare_choices",
    "speeding",
]
