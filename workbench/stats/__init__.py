"""How far judgments can be trusted, as pure numbers.

Every function takes a long table (pandas DataFrame) with one row a value:

| column | |
| --- | --- |
| item | what was judged: any hashable id |
| reviewer | who judged: any hashable id |
| unit | the thing within the item that the value is about, "" for the item itself |
| value | what was said: any hashable; a row with None or NaN counts as no row |

Values are compared within a unit, that is, within (item, unit). For several figures of one table,
`prepare` it once and pass the result instead.

- `krippendorff_alpha`, `gwet_ac`, `percent_agreement`: one figure with its interval, an `Estimate`.
- `pairwise_agreement`, `reviewer_agreement`: who agrees with whom.
- `item_disagreement`: what to talk about first.
- `kendall_tau_b`, `kendall_w`: how alike reviewers order the responses of an item.
- `span_agreement`, `gamma`: whether they mark the same passages; `first_bad_step`: the same step.
- `pair_sign`, `kendall_distance`: rankings with ties and gaps.
- `dawid_skene`: what is likely true, and how often each reviewer says it.
- `one_more`: whether an item needs another judgment; `simulate`: what that rule would have cost.
- `league`: strengths of models from comparisons with ties, a table of its own; `reviewer_noise`:
  how well each reviewer tells models apart; `next_pairs`: which to compare next, and
  `simulate_pairs`: what that is worth; `order_doubts`: how sure the order of each two is.
- `bootstrap`: the interval of any statistic over resampled items.
- `first_position_preference`, `length_preference`, `carry_over`, `fatigue`, `speeding`: what moves
  the judging itself, from a table of choices of its own (see `workbench.stats.judging`).

Rankings become values pair by pair, each pair in both orientations: unit "a>b" with value 1, 0 or
-1 (a better, tied, b better) and unit "b>a" with its negative, under the "interval" distance. So
the figure does not depend on which response is called a, and opposite rankings are as far apart as
can be.
"""

from workbench.stats.agreement import krippendorff_alpha, percent_agreement
from workbench.stats.coincidences import coincidences
from workbench.stats.concordance import kendall_tau_b, kendall_w
from workbench.stats.confusion import PRIOR, Confusion
from workbench.stats.dawid_skene import DawidSkene, dawid_skene
from workbench.stats.discrimination import ReviewerNoise, reviewer_noise
from workbench.stats.disputes import item_disagreement
from workbench.stats.distances import MOST_VALUES, Distance
from workbench.stats.estimates import Estimate
from workbench.stats.gamma import Gamma, gamma
from workbench.stats.gwet import gwet_ac
from workbench.stats.intervals import RESAMPLES, SEED, Interval, bootstrap
from workbench.stats.judging import (
    FASTEST_READING,
    GAP_MINUTES,
    CarryOver,
    Choices,
    Fatigue,
    Finding,
    Hour,
    LengthPreference,
    PositionPreference,
    ReviewerShare,
    Speeding,
    carry_over,
    fatigue,
    first_position_preference,
    length_preference,
    prepare_choices,
    speeding,
)
from workbench.stats.league import League, league
from workbench.stats.next_pairs import next_pairs, order_doubts
from workbench.stats.overlap import (
    Decision,
    OverlapSettings,
    Reliability,
    is_audited,
    one_more,
)
from workbench.stats.pace import Forecast, Times, forecast, times
from workbench.stats.pair_simulation import PairSimulation, simulate_pairs
from workbench.stats.profiles import Prepared, prepare
from workbench.stats.rankings import Tiers, kendall_distance, pair_sign
from workbench.stats.reviewers import pairwise_agreement, reviewer_agreement
from workbench.stats.shares import Share, share
from workbench.stats.simulation import Simulation, simulate
from workbench.stats.spans import FirstBadStep, Span, first_bad_step, span_agreement
from workbench.stats.weights import vote_weight

__all__ = [
    "FASTEST_READING",
    "GAP_MINUTES",
    "MOST_VALUES",
    "PRIOR",
    "RESAMPLES",
    "SEED",
    "CarryOver",
    "Choices",
    "Confusion",
    "DawidSkene",
    "Decision",
    "Distance",
    "Estimate",
    "Fatigue",
    "Finding",
    "FirstBadStep",
    "Forecast",
    "Gamma",
    "Hour",
    "Interval",
    "League",
    "LengthPreference",
    "OverlapSettings",
    "PairSimulation",
    "PositionPreference",
    "Prepared",
    "Reliability",
    "ReviewerNoise",
    "ReviewerShare",
    "Share",
    "Simulation",
    "Span",
    "Speeding",
    "Tiers",
    "Times",
    "bootstrap",
    "carry_over",
    "coincidences",
    "dawid_skene",
    "fatigue",
    "first_bad_step",
    "first_position_preference",
    "forecast",
    "gamma",
    "gwet_ac",
    "is_audited",
    "item_disagreement",
    "kendall_distance",
    "kendall_tau_b",
    "kendall_w",
    "krippendorff_alpha",
    "league",
    "length_preference",
    "next_pairs",
    "one_more",
    "order_doubts",
    "pair_sign",
    "pairwise_agreement",
    "percent_agreement",
    "prepare",
    "prepare_choices",
    "reviewer_agreement",
    "reviewer_noise",
    "share",
    "simulate",
    "simulate_pairs",
    "span_agreement",
    "speeding",
    "times",
    "vote_weight",
]
